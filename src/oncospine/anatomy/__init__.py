"""The spine as objects: vertebrae with frames and parts, the canal and what runs in it, names and their doubts."""

from oncospine.anatomy.build import spine_from_labels
from oncospine.anatomy.parts import PARTS, POSTERIOR_ELEMENTS, Part, part_of_code, sided
from oncospine.anatomy.spine import Canal, Confidence, Doubt, LevelNaming, Severity, Spine, Tube, TubeKind
from oncospine.anatomy.summary import spine_summary
from oncospine.anatomy.tubes import section_areas_mm2
from oncospine.anatomy.vertebra import BodyHeights, Completeness, Endplate, Pedicle, Vertebra

__all__ = [
    "PARTS",
    "POSTERIOR_ELEMENTS",
    "BodyHeights",
    "Canal",
    "Completeness",
    "Confidence",
    "Doubt",
    "Endplate",
    "LevelNaming",
    "Part",
    "Pedicle",
    "Severity",
    "Spine",
    "Tube",
    "TubeKind",
    "Vertebra",
    "part_of_code",
    "section_areas_mm2",
    "sided",
    "spine_from_labels",
    "spine_summary",
]
