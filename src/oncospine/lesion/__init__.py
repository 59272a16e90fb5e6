"""The tumour against the anatomy: involvement by level and part, compartments, compression of the canal."""

from oncospine.lesion.compression import direction_words
from oncospine.lesion.findings import (
    Compartment,
    CompressionProfile,
    Findings,
    LevelFinding,
    PartInvolvement,
    WorstLevel,
)
from oncospine.lesion.measure import measured_findings

__all__ = [
    "Compartment",
    "CompressionProfile",
    "Findings",
    "LevelFinding",
    "PartInvolvement",
    "WorstLevel",
    "direction_words",
    "measured_findings",
]
