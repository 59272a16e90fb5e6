"""Mizumoto score (2008), radiotherapy of spinal metastases."""

from __future__ import annotations

from oncospine.scores.additive import evaluated, read_inputs
from oncospine.scores.score import Score
from oncospine.scores.table import score_table


def mizumoto(
    *,
    histology: object | None = None,
    ecog: object | None = None,
    hypercalcaemia: object | None = None,
    calcium_mg_dl: object | None = None,
    visceral: object | None = None,
    previous_chemotherapy: object | None = None,
    bone_metastases: object | None = None,
    age_years: object | None = None,
) -> Score:
    """Mizumoto, 0 to 14, higher is worse. Hypercalcaemia is taken as stated, else from the calcium value."""
    table = score_table("mizumoto")
    given = {
        "histology": histology, "ecog": ecog, "hypercalcaemia": hypercalcaemia, "calcium_mg_dl": calcium_mg_dl,
        "visceral": visceral, "previous_chemotherapy": previous_chemotherapy, "bone_metastases": bone_metastases,
        "age_years": age_years,
    }  # fmt: skip
    values = read_inputs(table, given)
    measured = values["calcium_mg_dl"]
    if values["hypercalcaemia"] is None and measured is not None:
        limit = float(table.raw["hypercalcaemia_from_mg_dl"])
        values["hypercalcaemia"] = tuple(dict.fromkeys(float(str(value)) >= limit for value in measured))
    return evaluated(table, values)
