"""Rades score for best supportive care (2013). The ambulatory and survival scores are not coded: points unverified."""

from __future__ import annotations

from oncospine.scores.additive import evaluated, not_applicable, read_inputs
from oncospine.scores.score import Score
from oncospine.scores.table import score_table

LOWEST_ECOG = 2
"""The cohort held nobody better, so nobody better is scored."""


def rades_bsc(
    *,
    ecog: object | None = None,
    histology: object | None = None,
    other_bone_metastases: object | None = None,
    visceral: object | None = None,
    months_to_compression: object | None = None,
    ambulatory: object | None = None,
    motor_deficit_days: object | None = None,
) -> Score:
    """Rades best-supportive-care score, 6 to 25, higher is worse; refuses ECOG 0 and 1."""
    table = score_table("rades_bsc")
    given = {
        "ecog": ecog, "histology": histology, "other_bone_metastases": other_bone_metastases, "visceral": visceral,
        "months_to_compression": months_to_compression, "ambulatory": ambulatory,
        "motor_deficit_days": motor_deficit_days,
    }  # fmt: skip
    values = read_inputs(table, given)
    known = values["ecog"]
    kept = None if known is None else tuple(value for value in known if int(str(value)) >= LOWEST_ECOG)
    if kept == ():
        return not_applicable(table, f"refused: the cohort held nobody with ECOG below {LOWEST_ECOG}", values=values)
    return evaluated(table, {**values, "ecog": kept})
