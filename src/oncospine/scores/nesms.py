"""New England Spinal Metastasis Score (Ghori 2015)."""

from __future__ import annotations

from collections.abc import Mapping

from oncospine.scores.additive import Derived, evaluated, not_applicable, read_inputs
from oncospine.scores.bauer import modified_bauer
from oncospine.scores.score import OneOf, Score
from oncospine.scores.table import ScoreTable, score_table

BAUER_FROM = 3
"""Modified Bauer from which two points are given."""

CAP = 3


def nesms(
    *,
    visceral: object | None = None,
    bone_metastases: object | None = None,
    histology: object | None = None,
    ambulatory: object | None = None,
    albumin_g_dl: object | None = None,
) -> Score:
    """NESMS, 0 to 3, higher is better: modified Bauer, walking and albumin; the sum is capped at 3."""
    table = score_table("nesms")
    given = {
        "visceral": visceral, "bone_metastases": bone_metastases, "histology": histology, "ambulatory": ambulatory,
        "albumin_g_dl": albumin_g_dl,
    }  # fmt: skip
    values = read_inputs(table, given)
    inner = {name: _again(values[name]) for name in ("visceral", "bone_metastases", "histology")}
    bauer = modified_bauer(**inner)
    if bauer.range is None:
        return not_applicable(table, bauer.notes[0], values=values)
    derived = {"modified Bauer": _bauer(bauer), "albumin": _albumin(table, values)}
    return evaluated(table, values, derived=derived, total_of=lambda total: min(total, CAP))


def _bauer(bauer: Score) -> Derived:
    assert bauer.range is not None
    low, high = bauer.range
    reached = sorted({2 if value >= BAUER_FROM else 0 for value in range(low, high + 1)})
    shown = bauer.value if bauer.value is not None else f"{low}-{high}"
    return Derived(value=shown, possible=tuple(reached), missing=bauer.missing, note="modified Bauer total")


def _albumin(table: ScoreTable, values: Mapping[str, tuple[object, ...] | None]) -> Derived:
    known = values["albumin_g_dl"]
    if known is None:
        return Derived(value=None, possible=(0, 1), missing=("albumin_g_dl",))
    limit = float(table.raw["albumin_at_least"])
    points = sorted({int(float(str(value)) >= limit) for value in known})
    return Derived(value=known[0] if len(known) == 1 else known, possible=tuple(points))


def _again(values: tuple[object, ...] | None) -> object | None:
    return None if values is None else OneOf(values)
