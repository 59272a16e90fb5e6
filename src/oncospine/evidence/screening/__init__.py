"""Screening: order of reading, decisions, agreement, stopping, simulation."""

from oncospine.evidence.screening.agreement import Agreement, agreement, settled
from oncospine.evidence.screening.journal import STOPPED, Choice, Decision, Journal, decided
from oncospine.evidence.screening.ranker import Ranked, Ranker, ScreeningText, TextRanker, ranked_unread, screening_text
from oncospine.evidence.screening.simulation import (
    ScreeningMetrics,
    Simulation,
    random_priors,
    recall_curve,
    repeated_simulation,
    screening_metrics,
    simulated,
)
from oncospine.evidence.screening.stopping import (
    MissedEstimate,
    StopAdvice,
    consecutive_irrelevant,
    missed_estimate,
    sample_needed,
    share_read,
)

__all__ = [
    "STOPPED",
    "Agreement",
    "Choice",
    "Decision",
    "Journal",
    "MissedEstimate",
    "Ranked",
    "Ranker",
    "ScreeningMetrics",
    "ScreeningText",
    "Simulation",
    "StopAdvice",
    "TextRanker",
    "agreement",
    "consecutive_irrelevant",
    "decided",
    "missed_estimate",
    "random_priors",
    "ranked_unread",
    "recall_curve",
    "repeated_simulation",
    "sample_needed",
    "screening_metrics",
    "screening_text",
    "settled",
    "share_read",
    "simulated",
]
