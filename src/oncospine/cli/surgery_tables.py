"""Results of the commands about operations as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oncospine.base import InputError, Side, parse_level
from oncospine.geometry import Point
from oncospine.operation_edit import EditResult
from oncospine.surgery import Comparison, Criterion, PlannedScrew, ScrewEdit, Wall

WIDEST = 46
"""Characters of a criterion's sentence; what does not fit goes on below."""


def compared_lines(comparison: Comparison) -> list[str]:
    """A row per criterion, a column per alternative, then what each asks and leaves, then which none beats."""
    rows = comparison.alternatives
    lines = [f"{chr(ord('A') + index)}  {row.name}" for index, row in enumerate(rows)]
    letters = {row.name: chr(ord("A") + index) for index, row in enumerate(rows)}
    lines.append(" " * WIDEST + "".join(f"{letter:>8}" for letter in letters.values()) + "  better")
    for item in comparison.criteria:
        cells = "".join(f"{_value(item, row.values[item.id]):>8}" for row in rows)
        first, *more = _wrapped(item.text)
        lines.append(f"{first:<{WIDEST}}{cells}  {item.better}")
        lines += [f"  {line}" for line in more]
    for row in rows:
        beaten = (
            f"; {', '.join(letters[name] for name in row.dominated_by)} is nowhere worse" if row.dominated_by else ""
        )
        lines.append(f"{letters[row.name]}  {'; '.join(row.trade_offs)}{beaten}")
    lines += [f"left out: {name}: {reason}" for name, reason in comparison.left_out.items()]
    free = ", ".join(letters[name] for name in comparison.pareto)
    return [*lines, f"not beaten on every criterion by another: {free}; {comparison.note}"]


def _value(item: Criterion, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.0f} %" if item.unit == "1" else f"{value:.0f}"


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, WIDEST - 2)


def edit_of(
    place: Sequence[str],
    *,
    entry: str | None,
    target: str | None,
    diameter: float | None,
    length: float | None,
    remove: bool,
) -> ScrewEdit:
    """The edit that the words of a command ask for."""
    if len(place) != 2 or place[1] not in set(Side):
        raise InputError(f"a screw is named by level and side, such as 'T2 left'; found '{' '.join(place)}'")
    for name, value in (("--diameter", diameter), ("--length", length)):
        if value is not None and not value > 0:
            raise InputError(f"{name} is {value:g}; it is above 0 mm")
    return ScrewEdit(
        level=parse_level(place[0]),
        side=Side(place[1]),
        entry_mm=_point("--entry", entry),
        target_mm=_point("--target", target),
        diameter_mm=diameter,
        length_mm=length,
        remove=remove,
    )


def _point(name: str, text: str | None) -> Point | None:
    if text is None:
        return None
    try:
        values = np.array([float(part) for part in text.split(",")])
    except ValueError:
        values = np.array([])
    if values.shape != (3,) or not np.isfinite(values).all():
        raise InputError(f"{name} is '{text}'; expected three numbers R,A,S in mm such as 12.5,-40,103")
    return values


def edited_lines(result: EditResult) -> list[str]:
    """The screw before and after, then what the rods come to."""
    lines = [f"before: {_screw(result.before)}", f"after:  {_screw(result.after)}"]
    if result.after is not None:
        lines += [f"  {note}" for note in result.after.notes]
    for rod in result.plan.rods:
        bends = ", ".join(f"{bend.level} {bend.total_deg:.0f} deg" for bend in rod.bends) or "none"
        lines.append(f"rod {rod.side}: {rod.length_mm:.0f} mm, bends {bends}")
        lines += [f"  {note}" for note in rod.notes]
    return lines


def _screw(screw: PlannedScrew | None) -> str:
    if screw is None:
        return "no screw"
    if screw.refusal is not None or screw.margins is None:
        return f"{screw.name}: no screw ({screw.refusal})"
    if screw.grade is None:
        size = f"{screw.diameter_mm:.1f} x {screw.length_mm:.0f} mm"
        return f"{screw.name}: {size}, {screw.path}, not graded; canal {screw.margins.canal_mm or 0.0:.1f} mm away"
    margins = [f"{wall} {margin:.1f}" for wall in Wall if (margin := screw.margins.of(wall)) is not None]
    worst = "" if screw.grade.at_worst is screw.grade.gertzbein else f", at worst {screw.grade.at_worst}"
    return (
        f"{screw.name}: {screw.diameter_mm:.1f} x {screw.length_mm:.0f} mm, grade {screw.grade.gertzbein}{worst}; "
        f"margins in mm: {', '.join(margins) or 'not through the pedicle'}"
    )
