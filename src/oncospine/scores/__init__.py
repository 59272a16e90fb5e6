"""Published scores, one module each, one shape for all; missing inputs give ranges, never defaults."""

from oncospine.scores.bauer import modified_bauer, original_bauer
from oncospine.scores.bollen import bollen
from oncospine.scores.escc import Escc, escc, n_classes, possible_grades, worst_escc
from oncospine.scores.histology import Histology, histologies, histology
from oncospine.scores.katagiri import katagiri
from oncospine.scores.mizumoto import mizumoto
from oncospine.scores.nesms import nesms
from oncospine.scores.osri import osri
from oncospine.scores.prism import prism
from oncospine.scores.rades import rades_bsc
from oncospine.scores.registry import SCORES, UNVERIFIED, compute, input_schema, score_inputs
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
from oncospine.scores.survival import (
    Ensemble,
    Recalibration,
    SurvivalRange,
    ensemble_survival,
    recalibration,
    survival_range,
)
from oncospine.scores.tokuhashi import original_tokuhashi, revised_tokuhashi
from oncospine.scores.tomita import tomita
from oncospine.scores.van_der_linden import van_der_linden

__all__ = [
    "SCORES",
    "UNVERIFIED",
    "Band",
    "Choice",
    "Component",
    "Direction",
    "Ensemble",
    "Escc",
    "Histology",
    "LesionInputs",
    "NeedsRoundingError",
    "OneOf",
    "PatientSins",
    "Recalibration",
    "Score",
    "Sensitivity",
    "SurvivalRange",
    "UnverifiedScoreError",
    "bollen",
    "compute",
    "ensemble_survival",
    "escc",
    "histologies",
    "histology",
    "input_schema",
    "katagiri",
    "mizumoto",
    "modified_bauer",
    "n_classes",
    "nesms",
    "original_bauer",
    "original_tokuhashi",
    "osri",
    "patient_sins",
    "possible_grades",
    "prism",
    "radelement",
    "rades_bsc",
    "recalibration",
    "revised_tokuhashi",
    "score_inputs",
    "sins",
    "suggested_alignment",
    "suggested_bone",
    "suggested_collapse",
    "suggested_posterolateral",
    "survival_range",
    "tomita",
    "van_der_linden",
    "worst_escc",
]
