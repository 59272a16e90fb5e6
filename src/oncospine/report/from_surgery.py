"""Screw tables out of planned screws."""

from __future__ import annotations

from collections.abc import Iterable

from oncospine.anatomy import Spine
from oncospine.base import Side
from oncospine.report.slices import displayed
from oncospine.report.view_surgery import ScrewCell, ScrewRow, ScrewTable
from oncospine.report.words import ABSENT, decimal, typeset
from oncospine.surgery import PlannedScrew, ScrewPath, Wall


def screw_table(title: str, screws: Iterable[PlannedScrew], spine: Spine) -> ScrewTable:
    """Both sides of every level that was asked for, cranial to caudal."""
    found = {(screw.level, screw.side): screw for screw in screws}
    levels = sorted({level for level, _ in found}, key=lambda level: level.order)
    rows = tuple(
        ScrewRow(
            level=displayed(level, spine),
            right=_cell(found.get((level, Side.RIGHT))),
            left=_cell(found.get((level, Side.LEFT))),
        )
        for level in levels
    )
    notes = [
        "Least margin: bone between the screw and the nearest wall of the pedicle (negative: how far it stands "
        "outside); ahead: bone beyond the tip. Predicted grade: Gertzbein-Robbins; at worst: if every wall stood half "
        "a voxel nearer. Angles in the vertebra's own frame.",
    ]
    for screw in found.values():
        told = [*screw.notes, *(f"touches {name}" for name in screw.touches)]
        notes += [typeset(f"{displayed(screw.level, spine)} {screw.side}: {text}") for text in told]
    return ScrewTable(title=title, rows=rows, notes=tuple(dict.fromkeys(notes)))


def least_margin(screw: PlannedScrew) -> tuple[float, Wall] | None:
    """The smallest of the margins to the four walls of the pedicle, and the wall."""
    if screw.margins is None:
        return None
    known = [(value, wall) for wall in Wall if (value := screw.margins.of(wall)) is not None]
    return min(known, key=lambda item: item[0]) if known else None


def _cell(screw: PlannedScrew | None) -> ScrewCell | None:
    if screw is None:
        return None
    if screw.refusal is not None:
        return ScrewCell(size="", margin="", grade="", angles="", doubt="", refused=typeset(screw.refusal))
    least = least_margin(screw)
    ahead = screw.margins.anterior_mm if screw.margins is not None else None
    return ScrewCell(
        size=f"{decimal(screw.diameter_mm)} × {decimal(screw.length_mm, 'mm')}",
        margin=ABSENT if least is None else f"{decimal(least[0], 'mm')} {least[1]}; {decimal(ahead, 'mm')} ahead",
        grade=_grade(screw),
        angles=f"{decimal(screw.convergence_deg, '°')} / {decimal(screw.caudal_deg, '°')}",
        doubt="" if screw.path in {None, ScrewPath.INTRAPEDICULAR} else str(screw.path),
    )


def _grade(screw: PlannedScrew) -> str:
    grade = screw.grade
    if grade is None:
        return ABSENT
    worst = f", at worst {grade.at_worst}" if grade.at_worst is not grade.gertzbein else ""
    others = [f"{name} {value}" for name, value in (("Heary", grade.heary), ("Neo", grade.neo)) if value is not None]
    return "; ".join([f"{grade.gertzbein}{worst}", *others])
