"""The per-level table a radiologist reads, as text: bodies and joints first, then pedicles and canal."""

from __future__ import annotations

from collections.abc import Mapping

from oncospine.anatomy import Spine, level_rows

Row = Mapping[str, str | float | None]


def level_lines(spine: Spine) -> list[str]:
    """Two tables, one line per vertebra each; a dash where nothing could be measured."""
    rows = level_rows(spine)
    lines = [
        "bodies (mm, deg)  heights a/m/p     wedge   upper w x d     lower w x d     disc below kyphosis slip  note"
    ]
    lines += [_body_line(row) for row in rows]
    lines.append(
        "pedicles, canal   left w x h  trans/sag    right w x h trans/sag     canal    AP x RL       sac      cord (z)"
    )
    return [*lines, *(_canal_line(row) for row in rows)]


def _body_line(row: Row) -> str:
    heights = " ".join(_number(row[f"{name}_height_mm"], 5) for name in ("anterior", "middle", "posterior"))
    plates = "   ".join(_size(row, f"{name}_endplate_width_mm", f"{name}_endplate_depth_mm") for name in PLATES)
    slip = _number(row["slip_on_next_mm"], 5)
    note = "" if row["in_view"] == "complete" else row["in_view"]
    return (
        f"  {row['level']:14}  {heights}  {_number(row['wedge_deg'], 5)}   {plates}    "
        f"{_number(row['disc_height_below_mm'], 5)}      {_number(row['kyphosis_with_next_deg'], 5)}  {slip}  {note}"
    ).rstrip()


PLATES = ("upper", "lower")


def _canal_line(row: Row) -> str:
    sides = "  ".join(
        f"{_size(row, f'pedicle_{side}_width_mm', f'pedicle_{side}_height_mm')} "
        f"{_number(row[f'pedicle_{side}_transverse_deg'], 5)}/{_number(row[f'pedicle_{side}_sagittal_deg'], 5)}"
        for side in ("left", "right")
    )
    z = "" if row["cord_area_z"] is None else f" ({_number(row['cord_area_z'], 4)})"
    return (
        f"  {row['level']:14}  {sides}    {_number(row['canal_area_mm2'], 6)}  "
        f"{_size(row, 'canal_ap_mm', 'canal_transverse_mm')}   {_number(row['sac_area_mm2'], 6)}    "
        f"{_number(row['cord_area_mm2'], 6)}{z}"
    ).rstrip()


def _size(row: Row, one: str, other: str) -> str:
    return f"{_number(row[one], 5)} x{_number(row[other], 5)}"


def _number(value: str | float | None, width: int) -> str:
    if not isinstance(value, float):
        return f"{'-':>{width}}"
    return f"{round(value, 1) + 0.0:{width}.1f}"
