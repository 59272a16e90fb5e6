"""The per-level table a radiologist reads: one row per vertebra, the same columns in every patient."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.normal_sizes import area_z_scores
from oncospine.anatomy.spine import Spine, TubeKind
from oncospine.anatomy.vertebra import Endplate, Vertebra
from oncospine.base import Level, Side

Cell = str | float | None
"""A value of the table; None where it was not measured."""

DECIMALS = 1
"""Digits after the point in the CSV: a tenth of a millimetre or degree, below what any scan supports."""


def level_rows(spine: Spine) -> tuple[Mapping[str, Cell], ...]:
    """One row per level, cranial to caudal; lengths in mm, areas in mm2, angles in degrees, `_z` in SD."""
    return tuple(_row(spine, vertebra) for vertebra in spine.vertebrae.values())


def level_table_csv(spine: Spine) -> str:
    """`level_rows` as CSV; empty cells were not measured."""
    rows = level_rows(spine)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: _printed(value) for name, value in row.items()} for row in rows])
    return text.getvalue()


def _printed(value: Cell) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.{DECIMALS}f}"


def _row(spine: Spine, vertebra: Vertebra) -> dict[str, Cell]:
    level, heights = vertebra.level, vertebra.heights
    row: dict[str, Cell] = {
        "level": level.value,
        "in_view": vertebra.completeness.reason or "complete",
        "anterior_height_mm": None if heights is None else heights.anterior_mm,
        "middle_height_mm": None if heights is None else heights.middle_mm,
        "posterior_height_mm": None if heights is None else heights.posterior_mm,
        "wedge_deg": vertebra.wedge_deg,
    }
    for name, plate in (("upper", vertebra.upper_endplate), ("lower", vertebra.lower_endplate)):
        row |= _plate_cells(name, plate)
    for side in Side:
        row |= _pedicle_cells(vertebra, side)
    row |= _section_cells(spine, level)
    return row | _joint_cells(spine, level) | {"notes": "; ".join(vertebra.notes)}


def _plate_cells(name: str, plate: Endplate | None) -> dict[str, Cell]:
    return {
        f"{name}_endplate_width_mm": None if plate is None else plate.width_mm,
        f"{name}_endplate_depth_mm": None if plate is None else plate.depth_mm,
    }


def _pedicle_cells(vertebra: Vertebra, side: Side) -> dict[str, Cell]:
    pedicle = vertebra.pedicles.get(side)
    return {
        f"pedicle_{side}_width_mm": None if pedicle is None else pedicle.width_mm,
        f"pedicle_{side}_height_mm": None if pedicle is None else pedicle.height_mm,
        f"pedicle_{side}_transverse_deg": None if pedicle is None else pedicle.transverse_deg,
        f"pedicle_{side}_sagittal_deg": None if pedicle is None else pedicle.sagittal_deg,
    }


def _section_cells(spine: Spine, level: Level) -> dict[str, Cell]:
    """Smallest sections at the level; the z-score of the cord only from MR (the norm is from MR)."""
    canal = spine.canal.profile
    here = canal.at_level(level)
    cells: dict[str, Cell] = {
        "canal_area_mm2": _smallest(canal.area_mm2[here]),
        "canal_ap_mm": _smallest(canal.ap_mm[here]),
        "canal_transverse_mm": _smallest(canal.transverse_mm[here]),
    }
    sac, cord = spine.tube(TubeKind.DURAL_SAC), spine.tube(TubeKind.CORD)
    cells |= dict.fromkeys(("sac_area_mm2", "cord_area_mm2", "cord_ap_mm", "cord_transverse_mm", "cord_area_z"))
    if sac is not None:
        cells["sac_area_mm2"] = _smallest(sac.profile.area_mm2[here & sac.profile.inner])
    if cord is not None:
        here &= cord.profile.inner
        cells["cord_area_mm2"] = _smallest(cord.profile.area_mm2[here])
        cells["cord_ap_mm"] = _smallest(cord.profile.ap_mm[here])
        cells["cord_transverse_mm"] = _smallest(cord.profile.transverse_mm[here])
        if spine.modality == "MR":
            cells["cord_area_z"] = _smallest(area_z_scores(cord.profile, "cord")[here])
    return cells


def _smallest(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.min()) if known.size else None


def _joint_cells(spine: Spine, level: Level) -> dict[str, Cell]:
    joint = spine.alignment.joint_below(level)
    slip = None if joint is None else joint.slip
    return {
        "disc_height_below_mm": None if joint is None else joint.disc_height_mm,
        "kyphosis_with_next_deg": None if joint is None else joint.kyphosis_deg,
        "slip_on_next_mm": None if slip is None else slip.forwards_mm,
        "slip_grade": None if slip is None else slip.grade,
    }
