"""New Katagiri score (2014): the default for sarcoma, which it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncospine.scores.additive import Derived, evaluated, read_inputs
from oncospine.scores.score import Score
from oncospine.scores.table import score_table

Known = Mapping[str, tuple[object, ...] | None]

LABORATORY_WORDS = ("normal", "abnormal", "critical")


def katagiri(
    *,
    histology: object | None = None,
    visceral: object | None = None,
    brain_metastases: object | None = None,
    crp_mg_dl: object | None = None,
    ldh_iu_l: object | None = None,
    albumin_g_dl: object | None = None,
    platelets_per_ul: object | None = None,
    calcium_mg_dl: object | None = None,
    bilirubin_mg_dl: object | None = None,
    ecog: object | None = None,
    previous_chemotherapy: object | None = None,
    bone_metastases: object | None = None,
) -> Score:
    """New Katagiri, 0 to 10, higher is worse (Cancer Med 2014;3:1359).

    The two laboratory tiers use different analytes: critical (platelets, calcium, bilirubin) overrides abnormal
    (CRP, LDH, albumin); together they never give more than 2.
    """
    table = score_table("katagiri")
    given = {
        "histology": histology, "visceral": visceral, "brain_metastases": brain_metastases, "crp_mg_dl": crp_mg_dl,
        "ldh_iu_l": ldh_iu_l, "albumin_g_dl": albumin_g_dl, "platelets_per_ul": platelets_per_ul,
        "calcium_mg_dl": calcium_mg_dl, "bilirubin_mg_dl": bilirubin_mg_dl, "ecog": ecog,
        "previous_chemotherapy": previous_chemotherapy, "bone_metastases": bone_metastases,
    }  # fmt: skip
    values = read_inputs(table, given)
    derived = {
        "visceral or cerebral metastases": _metastases(values),
        "laboratory": _laboratory(values, table.raw["laboratory"]),
    }
    return evaluated(table, values, derived=derived)


def _metastases(values: Known) -> Derived:
    """None 0, nodular (visceral or cerebral) 1, disseminated 2."""
    organs, brain = values["visceral"], values["brain_metastases"]
    missing = tuple(name for name in ("visceral", "brain_metastases") if values[name] is None)
    points: set[int] = set()
    for organ in organs or ("none", "treatable", "untreatable", "disseminated"):
        for cerebral in brain or (True, False):
            points.add(2 if organ == "disseminated" else int(organ != "none" or cerebral is True))
    settled = len(points) == 1
    words = {0: "none", 1: "nodular", 2: "disseminated"}
    value = words[next(iter(points))] if settled else None
    return Derived(value=value, possible=tuple(sorted(points)), missing=() if settled else missing)


def _laboratory(values: Known, tiers: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Derived:
    """Every tier the known analytes allow."""
    critical, lacking_critical = _tier(values, tiers["critical"])
    if critical == {True}:
        return Derived(value=LABORATORY_WORDS[2], possible=(2,))
    abnormal, lacking_abnormal = _tier(values, tiers["abnormal"])
    points = {int(found) for found in abnormal} | ({2} if True in critical else set())
    missing = (*(lacking_abnormal if len(abnormal) > 1 else ()), *(lacking_critical if True in critical else ()))
    settled = len(points) == 1
    return Derived(
        value=LABORATORY_WORDS[next(iter(points))] if settled else None,
        possible=tuple(sorted(points)),
        missing=missing,
    )


def _tier(values: Known, tests: Mapping[str, Mapping[str, float]]) -> tuple[set[bool], tuple[str, ...]]:
    """Whether any analyte of a tier can be, and can fail to be, beyond its limit; and which are missing."""
    can_hold, can_lack = False, True
    for name, test in tests.items():
        outcomes = {_beyond(value, test) for value in values[name] or ()} or {True, False}
        can_hold = can_hold or True in outcomes
        can_lack = can_lack and False in outcomes
    missing = tuple(name for name in tests if values[name] is None)
    return {*([True] if can_hold else []), *([False] if can_lack else [])}, missing


def _beyond(value: Any, test: Mapping[str, float]) -> bool:
    ((operator, limit),) = test.items()
    return float(value) >= limit if operator == "at_least" else float(value) < limit
