"""The tumour against the anatomy: involvement by level and part, compartments, compression of the canal."""

from oncospine.lesion.compression import direction_words
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
from oncospine.lesion.measure import measured_findings, on_spine_grid
from oncospine.lesion.normal_values import NormalSize, normal_sizes
from oncospine.lesion.summary import findings_summary

__all__ = [
    "BodyShape",
    "BoneDensity",
    "Compartment",
    "CompressionProfile",
    "EsccEstimate",
    "Findings",
    "LevelFinding",
    "NormalSize",
    "PartInvolvement",
    "WorstLevel",
    "direction_words",
    "findings_summary",
    "measured_findings",
    "normal_sizes",
    "on_spine_grid",
]
