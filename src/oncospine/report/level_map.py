"""The level map: one row per vertebra, one cell per part, in the order of an axial image (right on the left)."""

from __future__ import annotations

from dataclasses import replace

from oncospine.anatomy import Part, Spine, sided
from oncospine.base import Level, Side, described_levels
from oncospine.lesion import Compartment, Findings, LevelFinding
from oncospine.report.slices import displayed
from oncospine.report.view import Cell, CellState, Column, LevelMapView, LevelRow
from oncospine.report.words import decimal, percent

ARCH = (("transverse", "TP"), ("articular", "artic."), ("lamina", "lamina"), ("pedicle", "pedicle"))
"""Paired parts from lateral to medial, with their headings."""

FULL_SOFT_TISSUE_ML = 4.0
"""Soft-tissue cells are darkest from this volume on; the number in the cell is what counts."""


def level_map_view(spine: Spine, findings: Findings | None) -> LevelMapView:
    """All vertebrae in view; without findings every part is free of measured tumour, and the summary says why."""
    rows = [_row(spine, findings, level) for level in spine.levels]
    rows += [_fragment(spine, level) for level in spine.fragments]
    rows.sort(key=lambda item: item[0])
    return LevelMapView(
        columns=_columns(),
        rows=tuple(row for _, row in rows),
        summary=_summary(findings),
    )


def _columns() -> tuple[Column, ...]:
    right = [Column(heading="beside", side=Side.RIGHT, name="paravertebral right, ml")]
    right += [Column(heading=short, side=Side.RIGHT, name=f"{part} right") for part, short in ARCH]
    left = [replace(column, side=Side.LEFT, name=column.name.replace("right", "left")) for column in right]
    middle = [
        Column(heading="body", side=None, name="body"),
        Column(heading="canal", side=None, name="epidural, ml"),
        Column(heading="spinous", side=None, name="spinous process"),
    ]
    return (*right, *middle, *reversed(left))


def _row(spine: Spine, findings: Findings | None, level: Level) -> tuple[int, LevelRow]:
    found = findings.levels.get(level) if findings is not None else None
    vertebra = spine.vertebrae[level]
    note = "" if vertebra.completeness.is_complete else f"cut {', '.join(vertebra.completeness.cut)}"

    def part(name: Part) -> Cell:
        return _bone_cell(found, name, seen=vertebra.volumes_ml.get(name, 0.0) > 0)

    right = [_soft_cell(found.paravertebral_ml.get(Side.RIGHT, 0.0) if found else 0.0, "paravertebral right")]
    right += [part(sided(name, Side.RIGHT)) for name, _ in ARCH]
    left = [part(sided(name, Side.LEFT)) for name, _ in reversed(ARCH)]
    left.append(_soft_cell(found.paravertebral_ml.get(Side.LEFT, 0.0) if found else 0.0, "paravertebral left"))
    middle = [part(Part.BODY), _soft_cell(found.epidural_ml if found else 0.0, "epidural"), part(Part.SPINOUS)]
    involved = bool(found and found.involved_parts)
    name = displayed(level, spine)
    return level.order, LevelRow(level=name, note=note, involved=involved, cells=(*right, *middle, *left))


def _fragment(spine: Spine, level: Level) -> tuple[int, LevelRow]:
    return level.order, LevelRow(
        level=displayed(level, spine), note="only a fragment in view, not measured", involved=False, cells=()
    )


def _bone_cell(found: LevelFinding | None, part: Part, *, seen: bool) -> Cell:
    here = found.parts.get(part) if found is not None else None
    if here is None:
        state = CellState.FREE if seen else CellState.UNSEEN
        return Cell(text="" if seen else "?", shade=0.0, state=state, spoken=f"{part}: {state}")
    involved = found is not None and found.involves(part)
    return Cell(
        text=percent(here.fraction).removesuffix(" %"),
        shade=here.fraction,
        state=CellState.INVOLVED if involved else CellState.TOUCHED,
        spoken=f"{part}: {percent(here.fraction)} of the part, {decimal(here.volume_ml, 'ml', digits=2)}",
    )


def _soft_cell(volume_ml: float, where: str) -> Cell:
    if volume_ml <= 0:
        return Cell(text="", shade=0.0, state=CellState.FREE, spoken=f"{where}: none")
    return Cell(
        text="<0.1" if volume_ml < 0.05 else decimal(volume_ml),
        shade=min(volume_ml / FULL_SOFT_TISSUE_ML, 1.0),
        state=CellState.INVOLVED if volume_ml >= 0.05 else CellState.TOUCHED,
        spoken=f"{where}: {decimal(volume_ml, 'ml', digits=2)}",
    )


def _summary(findings: Findings | None) -> str:
    if findings is None:
        return "No tumour mask: nothing was measured of a tumour."
    levels = described_levels(findings.involved_levels) or "no vertebra"
    ml = {part: findings.compartment_ml[part].value for part in Compartment}
    side = f"mostly {findings.dominant_side}" if findings.dominant_side else "no dominant side"
    return (
        f"{levels} ({findings.distribution}); tumour {decimal(findings.volume_ml.value, 'ml')}: "
        f"bone {decimal(ml[Compartment.BONE])}, epidural {decimal(ml[Compartment.EPIDURAL])}, "
        f"paravertebral {decimal(ml[Compartment.PARAVERTEBRAL])}; {side} ({findings.side_reason})."
    )
