"""PRISM: survival after spine stereotactic radiotherapy (Tang 2015, Florez 2024)."""

from __future__ import annotations

from oncospine.base import InputError
from oncospine.scores.additive import evaluated, read_inputs
from oncospine.scores.score import Score
from oncospine.scores.table import score_table


def prism(
    *,
    sex: object | None = None,
    kps: object | None = None,
    previous_surgery: object | None = None,
    previous_radiotherapy: object | None = None,
    organ_systems: object | None = None,
    solitary_metastasis: object | None = None,
    years_to_metastasis: object | None = None,
) -> Score:
    """PRISM, higher is better; only for patients treated with spine SBRT. Solitary excludes other organ systems."""
    table = score_table("prism")
    given = {
        "sex": sex, "kps": kps, "previous_surgery": previous_surgery, "previous_radiotherapy": previous_radiotherapy,
        "organ_systems": organ_systems, "solitary_metastasis": solitary_metastasis,
        "years_to_metastasis": years_to_metastasis,
    }  # fmt: skip
    values = read_inputs(table, given)
    organs, solitary = values["organ_systems"], values["solitary_metastasis"]
    if solitary == (True,) and organs is not None and min(int(str(value)) for value in organs) > 0:
        raise InputError(f"solitary_metastasis = yes contradicts organ_systems = {organ_systems}; correct one of them")
    if solitary == (True,) and organs is None:
        values["organ_systems"] = (0,)
    if organs is not None and min(int(str(value)) for value in organs) > 0 and solitary is None:
        values["solitary_metastasis"] = (False,)
    return evaluated(table, values)
