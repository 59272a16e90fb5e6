"""Graded scales: Frankel, AIS, Nurick, McCormick, Karnofsky, ECOG, walking, pain; and sums: mJOA-18, thoracic JOA."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from oncospine.base import How, InputError, Verification
from oncospine.neurology.tables import table

LATER = {"later_better": 1, "later_worse": -1, "higher_better": 1, "higher_worse": -1}
"""Sign of improvement along the order of a scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleValue:
    """One value on one scale. Labels stay labels: `order` is for sorting only.

    `range` is given for sums with missing items; `band` only where both ends of the range lie in it.
    """

    scale: str
    name: str
    value: str | int | float | None
    text: str | None
    order: float | None
    better: int
    band: str | None = None
    range: tuple[int, int] | None = None
    maximum: int | None = None
    items: Mapping[str, int | None] | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    how: How = How.ENTERED
    citations: tuple[str, ...] = ()
    verification: Verification = Verification.V2

    @property
    def shown(self) -> str:
        """The value as printed; a sum with missing items as its range."""
        if self.value is not None:
            return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)
        return "unknown" if self.range is None else f"{self.range[0]}-{self.range[1]}"


def scale_names() -> tuple[str, ...]:
    """Every scale that `on_scale` or `on_sum` knows."""
    return (*table("scales"), *table("sums"))


def on_scale(scale: str, value: object, *, how: How = How.ENTERED) -> ScaleValue:
    """A checked value of a graded scale; an impossible value names the possible ones."""
    row = table("scales").get(scale)
    if row is None:
        close = difflib.get_close_matches(scale, scale_names(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(scale_names())}"
        raise InputError(f"unknown scale '{scale}'; {hint}")
    grades = row.get("grades")
    if grades is None:
        return _number(scale, value, how=how)
    key = _grade(scale, value, grades)
    keys = list(grades)
    order = float(key) if row["kind"] == "integer" else float(keys.index(key))
    return ScaleValue(
        scale=scale,
        name=row["name"],
        value=key,
        text=grades[key],
        order=order,
        better=LATER[row["direction"]],
        how=how,
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )


def mjoa_18(**items: int | None) -> ScaleValue:
    """mJOA of Benzel: upper_motor 0-5, lower_motor 0-7, hand_sensation 0-3, sphincter 0-3; 18 is normal."""
    return on_sum("mjoa_18", items)


def joa_t_11(**items: int | None) -> ScaleValue:
    """Thoracic JOA: lower_motor 0-4, leg_sensation 0-2, trunk_sensation 0-2, bladder 0-3; 11 is normal."""
    return on_sum("joa_t_11", items)


def on_sum(scale: str, items: Mapping[str, int | None]) -> ScaleValue:
    """A scale that is a sum of items; a missing item gives the range."""
    row = table("sums")[scale]
    known: dict[str, int | None] = {}
    for name in items:
        if name not in row["items"]:
            raise InputError(f"{scale}: unknown item '{name}'; items are {', '.join(row['items'])}")
    for name, texts in row["items"].items():
        value = items.get(name)
        if value is not None and (isinstance(value, bool) or value not in range(len(texts))):
            raise InputError(f"{scale}: {name} = {value!r} is outside 0 to {len(texts) - 1}")
        known[name] = value
    low = sum(value for value in known.values() if value is not None)
    high = sum(len(row["items"][name]) - 1 if value is None else value for name, value in known.items())
    bands = {name for name, first, last in row["bands"] if first <= high and last >= low}
    return ScaleValue(
        scale=scale,
        name=row["name"],
        value=low if low == high else None,
        text=None,
        order=float(low) if low == high else None,
        better=1,
        band=bands.pop() if len(bands) == 1 else None,
        range=(low, high),
        maximum=row["maximum"],
        items=known,
        missing=tuple(name for name, value in known.items() if value is None),
        notes=tuple(row["notes"]),
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )


def motor_score(scale: str, value: int) -> ScaleValue:
    """A motor sub-score of the ISNCSCI examination (uems, lems), 50 is normal."""
    row = table("isncsci")["motor_scores"]
    low, high = row["limits"]
    if scale not in row["names"] or not low <= value <= high:
        raise InputError(f"{scale}: {value!r} is not a motor score ({', '.join(row['names'])}) from {low} to {high}")
    return ScaleValue(
        scale=scale,
        name=row["names"][scale],
        value=value,
        text=None,
        order=float(value),
        better=1,
        maximum=high,
        how=How.DERIVED,
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )


def kps_of_ecog(ecog: int, *, convention: str) -> tuple[int, int]:
    """Karnofsky range of an ECOG grade under a named convention (A, B or prasad); there is no default one."""
    rows = table("conversions")["ecog_to_kps"]
    if convention not in rows:
        raise InputError(f"unknown convention '{convention}'; published ones: {', '.join(rows)}")
    grade = on_scale("ecog", ecog).value
    if grade not in rows[convention]["rows"]:
        raise InputError(f"ECOG {grade} has no Karnofsky range in convention {convention}")
    low, high = rows[convention]["rows"][grade]
    return low, high


def frankel_of_ais(ais: str) -> ScaleValue:
    """Frankel grade of the same letter: a convention, not an equivalence, and marked as derived."""
    same = on_scale("frankel", on_scale("ais", ais).value, how=How.DERIVED)
    note = "converted from AIS by letter: Frankel has no sacral-sparing rule and no muscle counts"
    return replace(same, notes=(note,), verification=Verification.PROJECT)


def recovery_rate(before: int, after: int, *, scale: str) -> float | None:
    """Hirabayashi recovery rate in percent: 100 (after - before) / (maximum - before); None where nothing to gain.

    May be negative. 50 % and more is often called good.
    """
    maxima = table("conversions")["recovery_rate"]["maximum"]
    if scale not in maxima:
        raise InputError(f"recovery rate is defined for {', '.join(maxima)}, not for '{scale}'")
    top = maxima[scale]
    for name, value in (("before", before), ("after", after)):
        if not 0 <= value <= top:
            raise InputError(f"{name}: {value} is outside 0 to {top} of {scale}")
    return None if before == top else 100.0 * (after - before) / (top - before)


def _number(scale: str, value: object, *, how: How) -> ScaleValue:
    row = table("scales")[scale]
    low, high = row["limits"]
    whole = row["kind"] == "integer"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise InputError(f"{scale}: {value!r} is not {kind} from {low} to {high}")
    band = next(name for name, first, last in row["bands"] if first <= value < last)
    return ScaleValue(
        scale=scale,
        name=row["name"],
        value=value,
        text=None,
        order=float(value),
        better=LATER[row["direction"]],
        band=band,
        maximum=high,
        how=how,
        notes=("record pain on movement and at rest apart: SINS needs the first",),
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )


def _grade(scale: str, value: object, grades: Mapping[str | int, str]) -> str | int:
    if value in grades and not isinstance(value, bool):
        return value  # type: ignore[return-value]  # a key of the table
    text = str(value).strip()
    for key in grades:
        if str(key).lower() == text.lower():
            return key
    raise InputError(f"{scale}: {value!r} is not a grade; grades are {', '.join(str(key) for key in grades)}")
