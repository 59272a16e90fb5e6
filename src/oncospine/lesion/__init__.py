"""The tumour against the anatomy: involvement, compression, stages, neighbours; finding and outlining it."""

from oncospine.lesion.breach import WALLS
from oncospine.lesion.cauda import levels_below_conus
from oncospine.lesion.compression import direction_words
from oncospine.lesion.enneking import Enneking, enneking, measured_compartment
from oncospine.lesion.extent_findings import (
    Breach,
    CaudaCompromise,
    Contact,
    DiscInvasion,
    ForamenInvasion,
    Piece,
    Posterolateral,
    RibContact,
    Tomita,
    TubeDistance,
    Wbb,
)
from oncospine.lesion.finder import Proposal, Search, proposed_lesions
from oncospine.lesion.findings import (
    BodyShape,
    BoneDensity,
    Compartment,
    CompressionProfile,
    EsccEstimate,
    Findings,
    LevelFinding,
    PartInvolvement,
    WorstLevel,
)
from oncospine.lesion.impression import impression
from oncospine.lesion.measure import measured_findings, on_spine_grid
from oncospine.lesion.myelopathy import MyelopathyMatch, compressed_levels, myelopathy_match
from oncospine.lesion.normal_values import NormalSize, normal_sizes
from oncospine.lesion.outlining import Outline, outlined
from oncospine.lesion.restored import restored_vertebrae
from oncospine.lesion.summary import findings_summary
from oncospine.lesion.tomita import tomita_type
from oncospine.lesion.validation import FindingsTruth, Subject, ValidationRow, outcome, validation_rows
from oncospine.lesion.wbb import LAYERS, sector_directions, wbb_data
from oncospine.lesion.wbb_resections import Resection, Verdict, resections, resections_of

__all__ = [
    "LAYERS",
    "WALLS",
    "BodyShape",
    "BoneDensity",
    "Breach",
    "CaudaCompromise",
    "Compartment",
    "CompressionProfile",
    "Contact",
    "DiscInvasion",
    "Enneking",
    "EsccEstimate",
    "Findings",
    "FindingsTruth",
    "ForamenInvasion",
    "LevelFinding",
    "MyelopathyMatch",
    "NormalSize",
    "Outline",
    "PartInvolvement",
    "Piece",
    "Posterolateral",
    "Proposal",
    "Resection",
    "RibContact",
    "Search",
    "Subject",
    "Tomita",
    "TubeDistance",
    "ValidationRow",
    "Verdict",
    "Wbb",
    "WorstLevel",
    "compressed_levels",
    "direction_words",
    "enneking",
    "findings_summary",
    "impression",
    "levels_below_conus",
    "measured_compartment",
    "measured_findings",
    "myelopathy_match",
    "normal_sizes",
    "on_spine_grid",
    "outcome",
    "outlined",
    "proposed_lesions",
    "resections",
    "resections_of",
    "restored_vertebrae",
    "sector_directions",
    "tomita_type",
    "validation_rows",
    "wbb_data",
]
