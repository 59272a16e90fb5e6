"""SINS per lesion, its value for the patient, and its codes for structured export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from oncospine.base import Level, read_yaml
from oncospine.scores.additive import evaluated, not_applicable, read_inputs
from oncospine.scores.score import OneOf, Score
from oncospine.scores.table import score_table

TRANSITIONAL = {Level.T13: "T12", Level.L6: "L5"}
"""A supernumerary vertebra is scored as its usual neighbour (reference 0.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionInputs:
    """SINS inputs of one vertebra; None is unknown, `OneOf` is one of several."""

    level: Level | str
    pain: object | None = None
    bone: object | None = None
    alignment: object | None = None
    collapse: object | None = None
    posterolateral: object | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSins:
    """SINS of every involved vertebra and the patient's value: the maximum, ties to the more cranial.

    `contiguous_block` holds, for each run of neighbouring vertebrae, the worst option of every component; it is not
    a published SINS.
    """

    lesions: tuple[Score, ...]
    patient: Score | None
    contiguous_block: tuple[Score, ...]


def sins(
    *,
    level: Level | str | OneOf | None = None,
    pain: object | None = None,
    bone: object | None = None,
    alignment: object | None = None,
    collapse: object | None = None,
    posterolateral: object | None = None,
) -> Score:
    """Spinal Instability Neoplastic Score of one lesion, 0 to 18, higher is less stable.

    Notes
    -----
    Fisher et al., Spine 2010;35:E1221, doi:10.1097/BRS.0b013e3181e16ae2. Missing inputs give a range; the band is
    given only where both ends agree. The coccyx is not covered by the score.
    """
    given = {
        "level": level, "pain": pain, "bone": bone, "alignment": alignment, "collapse": collapse,
        "posterolateral": posterolateral,
    }  # fmt: skip
    table = score_table("sins")
    values = read_inputs(table, given)
    levels = values["level"]
    if levels == (Level.CO,):
        return replace(not_applicable(table, "SINS does not cover the coccyx", values=values), subject="Co")
    if levels is not None:
        values["level"] = tuple(item for item in levels if item != Level.CO)
    notes = tuple(
        f"transitional anatomy: {item} scored as {TRANSITIONAL[item]}"
        for item in levels or ()
        if isinstance(item, Level) and item in TRANSITIONAL
    )
    subject = str(levels[0]) if levels is not None and len(levels) == 1 else None
    return replace(evaluated(table, values, notes=notes), subject=subject, codes=_codes())


def patient_sins(lesions: Iterable[LesionInputs]) -> PatientSins:
    """SINS of each vertebra, the patient's maximum with its level, and the block values; never a sum over levels."""
    ordered = sorted(lesions, key=_place)
    scores = tuple(sins(**_given(item)) for item in ordered)
    rated = [score for score in scores if score.applicable and score.range is not None]
    return PatientSins(
        lesions=scores,
        patient=_worst(rated) if rated else None,
        contiguous_block=tuple(_block_score(block) for block in _blocks(ordered) if len(block) > 1),
    )


def radelement(score: Score) -> dict[str, object]:
    """A SINS score in the codes of RadElement set RDES21; pain carries a local code, because the set has none."""
    rules = sins_rules()["radelement"]
    coded: dict[str, object] = {"set": rules["set"], "note": rules["note"]}
    elements: dict[str, object] = {}
    for component in score.components:
        known = "indeterminate/unknown" if component.points is None else component.value
        if component.input == "level":
            elements[rules["elements"]["level"]] = known
            elements[rules["elements"]["location"]] = component.points
        else:
            elements[rules["elements"].get(component.input) or rules["local"][component.input]] = known
    return coded | {"elements": elements, "total": score.value, "range": score.range}


@cache
def sins_rules() -> Mapping[str, Any]:
    """Thresholds that turn measurements into options, and export codes."""
    return MappingProxyType(read_yaml("oncospine.scores", "data", "sins_rules.yaml"))


def _worst(rated: list[Score]) -> Score:
    """The maximum over lesions. Where ranges overlap the patient's range is the range of the maximum."""
    ranges = [score.range for score in rated if score.range is not None]
    low, high = max(item[0] for item in ranges), max(item[1] for item in ranges)
    worst = max(rated, key=lambda score: ((score.range or (0, 0))[1], (score.range or (0, 0))[0]))
    table = score_table("sins")
    bands = tuple(band.name for band in table.bands if band.low <= high and band.high >= low)
    note = f"patient value: maximum over {len(rated)} lesion(s), taken at {worst.subject}"
    return replace(
        worst,
        range=(low, high),
        value=low if low == high else None,
        band=bands[0] if len(bands) == 1 else None,
        bands=bands,
        missing=tuple(dict.fromkeys(item for score in rated for item in score.missing)),
        notes=(note, *worst.notes),
    )


def _blocks(ordered: list[LesionInputs]) -> list[list[LesionInputs]]:
    blocks: list[list[LesionInputs]] = []
    for item in ordered:
        previous = blocks[-1][-1].level if blocks else None
        touches = isinstance(previous, Level) and isinstance(item.level, Level) and previous.neighbour(1) is item.level
        if touches:
            blocks[-1].append(item)
        else:
            blocks.append([item])
    return blocks


def _block_score(block: list[LesionInputs]) -> Score:
    """Worst option of every component over the block: the end points of the worst are the maxima of the ends."""
    scores = [sins(**_given(item)) for item in block]
    parts = []
    for rows in zip(*(score.components for score in scores), strict=True):
        low = max(min(row.possible) for row in rows)
        high = max(max(row.possible) for row in rows)
        worst = max(rows, key=lambda row: (max(row.possible), min(row.possible)))
        parts.append(replace(worst, points=low if low == high else None, possible=tuple(sorted({low, high}))))
    ends = (sum(min(row.possible) for row in parts), sum(max(row.possible) for row in parts))
    bands = tuple(band.name for band in score_table("sins").bands if band.low <= ends[1] and band.high >= ends[0])
    return replace(
        scores[0],
        id="sins_contiguous_block",
        subject=f"{block[0].level}-{block[-1].level}",
        components=tuple(parts),
        range=ends,
        value=ends[0] if ends[0] == ends[1] else None,
        band=bands[0] if len(bands) == 1 else None,
        bands=bands,
        missing=tuple(dict.fromkeys(item for score in scores for item in score.missing)),
        notes=("worst option of each component over adjacent vertebrae: not a published SINS",),
    )


def _given(item: LesionInputs) -> dict[str, Any]:
    names = ("level", "pain", "bone", "alignment", "collapse", "posterolateral")
    return {name: getattr(item, name) for name in names}


def _place(item: LesionInputs) -> int:
    return -1 if str(item.level) == "C0" else Level(item.level).order


def _codes() -> Mapping[str, str]:
    rules = sins_rules()["radelement"]
    return MappingProxyType({"set": rules["set"], **rules["elements"], **rules["local"]})
