"""The spine as objects: vertebrae with frames and parts, the canal and what runs in it, names and their doubts."""

from oncospine.anatomy.alignment import Alignment, CoronalCurve, Joint, RegionalAngle, Slip, alignment_of
from oncospine.anatomy.bone import Metal, PartDensity, metal_near, part_densities
from oncospine.anatomy.build import block_around_spine, spine_from_labels
from oncospine.anatomy.compression import CompressionRatio, maximum_compression, reduction_percent
from oncospine.anatomy.kyphosis_apex import kyphosis_apex
from oncospine.anatomy.limits import Limits, limits_at, plausibility_limits
from oncospine.anatomy.normal_sizes import NormalSize, area_z_scores, normal_sizes
from oncospine.anatomy.parts import PARTS, POSTERIOR_ELEMENTS, Part, part_of_code, sided
from oncospine.anatomy.profiles import SectionProfile, canal_profile, tube_profile
from oncospine.anatomy.spine import Canal, Confidence, Doubt, LevelNaming, Severity, Spine, Tube, TubeKind
from oncospine.anatomy.subparts import SUBPARTS, Subpart, subpart_volumes_ml, subparts_of
from oncospine.anatomy.summary import spine_summary
from oncospine.anatomy.table import level_rows, level_table_csv
from oncospine.anatomy.tubes import section_areas_mm2
from oncospine.anatomy.vertebra import BodyHeights, Completeness, Endplate, Pedicle, Vertebra

__all__ = [
    "PARTS",
    "POSTERIOR_ELEMENTS",
    "SUBPARTS",
    "Alignment",
    "BodyHeights",
    "Canal",
    "Completeness",
    "CompressionRatio",
    "Confidence",
    "CoronalCurve",
    "Doubt",
    "Endplate",
    "Joint",
    "LevelNaming",
    "Limits",
    "Metal",
    "NormalSize",
    "Part",
    "PartDensity",
    "Pedicle",
    "RegionalAngle",
    "SectionProfile",
    "Severity",
    "Slip",
    "Spine",
    "Subpart",
    "Tube",
    "TubeKind",
    "Vertebra",
    "alignment_of",
    "area_z_scores",
    "block_around_spine",
    "canal_profile",
    "kyphosis_apex",
    "level_rows",
    "level_table_csv",
    "limits_at",
    "maximum_compression",
    "metal_near",
    "normal_sizes",
    "part_densities",
    "part_of_code",
    "plausibility_limits",
    "reduction_percent",
    "section_areas_mm2",
    "sided",
    "spine_from_labels",
    "spine_summary",
    "subpart_volumes_ml",
    "subparts_of",
    "tube_profile",
]
