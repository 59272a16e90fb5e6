"""Published scores, one module each, one shape for all; missing inputs give ranges, never defaults."""

from oncospine.scores.escc import Escc, escc, n_classes, possible_grades, worst_escc
from oncospine.scores.histology import Histology, histologies, histology
from oncospine.scores.score import (
    Band,
    Choice,
    Component,
    Direction,
    NeedsRoundingError,
    OneOf,
    Score,
    Sensitivity,
    UnverifiedScoreError,
)
from oncospine.scores.sins import LesionInputs, PatientSins, patient_sins, radelement, sins
from oncospine.scores.sins_suggest import (
    suggested_alignment,
    suggested_bone,
    suggested_collapse,
    suggested_posterolateral,
)

__all__ = [
    "Band",
    "Choice",
    "Component",
    "Direction",
    "Escc",
    "Histology",
    "LesionInputs",
    "NeedsRoundingError",
    "OneOf",
    "PatientSins",
    "Score",
    "Sensitivity",
    "UnverifiedScoreError",
    "escc",
    "histologies",
    "histology",
    "n_classes",
    "patient_sins",
    "possible_grades",
    "radelement",
    "sins",
    "suggested_alignment",
    "suggested_bone",
    "suggested_collapse",
    "suggested_posterolateral",
    "worst_escc",
]
