"""Mizumoto score (2008), radiotherapy of spinal metastases."""

from __future__ import annotations

from oncospine.base import InputError
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
    """Mizumoto, 0 to 14, higher is worse. Hypercalcaemia is taken as stated, else from the calcium value.

    Raises `InputError` where both are given and contradict each other.
    """
    table = score_table("mizumoto")
    given = {
        "histology": histology, "ecog": ecog, "hypercalcaemia": hypercalcaemia, "calcium_mg_dl": calcium_mg_dl,
        "visceral": visceral, "previous_chemotherapy": previous_chemotherapy, "bone_metastases": bone_metastases,
        "age_years": age_years,
    }  # fmt: skip
    values = read_inputs(table, given)
    measured = values["calcium_mg_dl"]
    if measured is not None:
        limit = float(table.raw["hypercalcaemia_from_mg_dl"])
        found = tuple(dict.fromkeys(float(str(value)) >= limit for value in measured))
        stated = values["hypercalcaemia"]
        if stated is not None and not set(stated) & set(found):
            word = "yes" if stated[0] else "no"
            raise InputError(
                f"hypercalcaemia = {word} contradicts calcium_mg_dl = {calcium_mg_dl}; correct one of them"
            )
        values["hypercalcaemia"] = found if stated is None else stated
    return evaluated(table, values)
