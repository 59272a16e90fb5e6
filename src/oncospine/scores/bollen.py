"""Bollen model (2014): class A to D; the boxes are not verified against the primary paper."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

from oncospine.base import How, Verification, read_yaml
from oncospine.scores.additive import ALLOW_UNVERIFIED
from oncospine.scores.histology import histologies
from oncospine.scores.inputs import alternatives
from oncospine.scores.score import Component, Direction, NeedsRoundingError, Score, UnverifiedScoreError

CLASSES = "ABCD"
INPUTS = ("histology", "kps", "visceral", "brain_metastases")


@cache
def bollen_table() -> Mapping[str, Any]:
    """The model as data."""
    table: Mapping[str, Any] = read_yaml("oncospine.scores", "data", "bollen.yaml")
    return table


def bollen(
    *,
    histology: object | None = None,
    kps: object | None = None,
    visceral: object | None = None,
    brain_metastases: object | None = None,
    allow_unverified: bool = False,
) -> Score:
    """Bollen class, A (best) to D; has to be asked for. Profiles are known for breast, prostate and lung only."""
    if not allow_unverified:
        raise UnverifiedScoreError(
            f"bollen: its boxes were not verified against the primary paper; pass {ALLOW_UNVERIFIED}=true to compute"
        )
    given = {"histology": histology, "kps": kps, "visceral": visceral, "brain_metastases": brain_metastases}
    values = {name: alternatives(name, value) for name, value in given.items()}
    profiles = _profiles(values["histology"])
    if not profiles:
        return _result(set(), values, reason="the clinical profile of this primary is not verified")
    kinds = {_condition(value) for value in values["kps"] or ()} or {"good", "poor"}
    spread = _spread(values["visceral"], values["brain_metastases"])
    boxes = bollen_table()["boxes"]
    return _result({boxes[profile][kps][some] for profile, kps, some in product(profiles, kinds, spread)}, values)


def _profiles(known: tuple[object, ...] | None) -> set[str]:
    table: Mapping[str, str] = bollen_table()["profiles"]
    if known is None:
        return set(table.values())
    groups = [histologies()[str(entity)].group for entity in known]
    return {table[group] for group in groups} if all(group in table for group in groups) else set()


def _condition(kps: object) -> str:
    number = int(str(kps))
    for name in ("good", "poor"):
        low, high = bollen_table()[f"kps_{name}"]
        if low <= number <= high:
            return name
    raise NeedsRoundingError(f"needs_rounding: kps = {number} lies between the published classes 10-70 and 80-100")


def _spread(organs: tuple[object, ...] | None, brain: tuple[object, ...] | None) -> set[str]:
    found = set()
    for organ in organs or ("none", "treatable"):
        for cerebral in brain or (True, False):
            found.add("some" if organ != "none" or cerebral is True else "none")
    return found


def _result(found: set[str], values: Mapping[str, tuple[object, ...] | None], *, reason: str | None = None) -> Score:
    table = bollen_table()
    classes = tuple(sorted(found))
    settled = classes[0] if len(classes) == 1 else None
    medians = [f"class {name}: median {table['classes'][name]['median_months']} months" for name in classes]
    places = [CLASSES.index(name) for name in classes]
    return Score(
        id=table["id"],
        name=table["name"],
        unit=table["unit"],
        value=settled,
        band=settled,
        direction=Direction.HIGHER_WORSE,
        components=tuple(
            Component(
                name=name,
                input=name,
                value=None if known is None else known[0] if len(known) == 1 else known,
                points=None,
                possible=(),
                how=None if known is None else How.ENTERED,
            )
            for name, known in values.items()
        ),
        missing=() if settled else tuple(name for name, known in values.items() if known is None),
        range=(places[0], places[-1]) if places else None,
        limits=(0, len(CLASSES) - 1),
        bands=classes,
        notes=(*((reason,) if reason else ()), *medians, *table["notes"]),
        citations=tuple(table["citations"]),
        verification=Verification(table["verification"]),
        rule_version=str(table["version"]),
        era=table["era"],
        applicable=reason is None,
        survival_classes=tuple(dict.fromkeys(table["classes"][name]["survival_class"] for name in classes)),
    )
