"""Where a screw enters, said as a surgeon would find it: by part, distance from the midline, transverse process."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Part, part_of_code, sided
from oncospine.base import Side
from oncospine.surgery.bone_field import BoneField

ROOT_MM = 8.0
"""Length of the transverse process, from the pedicle outwards, whose height counts as that of its root."""

SEARCH_MM = 3.0
"""Furthest bone whose part gives the entry its name: a few voxels, as the entry lies on the surface."""

THIRDS = ("lower third", "middle third", "upper third")
"""Thirds of the transverse process from caudal to cranial."""


def entry_in_words(field: BoneField, side: Side, entry_local_mm: NDArray[np.float64]) -> str:
    """One sentence for an entry point (local coordinates)."""
    lateral = side.sign * float(entry_local_mm[0])
    words = [f"{lateral:.0f} mm {side} of the midline"]
    part = _part_at(field, entry_local_mm)
    if part is not None:
        words.append(f"on the {_surgical_name(part)}")
    height = _against_transverse(field, side, float(entry_local_mm[2]))
    if height is not None:
        words.append(height)
    pedicle = field.vertebra.pedicles[side]
    inner = side.sign * float(field.frame.to_local(pedicle.isthmus_mm)[0]) - pedicle.width_mm / 2
    words.append(f"{lateral - inner:.0f} mm lateral to the inner edge of the pedicle")
    return ", ".join(words)


def _part_at(field: BoneField, local_mm: NDArray[np.float64]) -> Part | None:
    """Part of the nearest bone."""
    parts = field.parts
    centre = np.rint((local_mm - field.first_mm) / field.step_mm).astype(int)
    reach = round(SEARCH_MM / field.step_mm)
    low = np.clip(centre - reach, 0, np.array(parts.shape))
    high = np.clip(centre + reach + 1, 0, np.array(parts.shape))
    block = parts[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    bone = np.argwhere(block > 0)
    if len(bone) == 0:
        return None
    nearest = bone[((bone + low - centre) ** 2).sum(axis=1).argmin()]
    return part_of_code(int(block[tuple(nearest)]))


def _surgical_name(part: Part) -> str:
    name = part.value.rsplit(" ", 1)[0]
    return {"transverse": "base of the transverse process", "articular": "articular mass"}.get(name, name)


def _against_transverse(field: BoneField, side: Side, height_mm: float) -> str | None:
    """Height against the root of the transverse process."""
    process = field.parts == sided("transverse", side).code
    columns = np.flatnonzero(process.any(axis=(1, 2)))
    if columns.size == 0:
        return None
    root = round(ROOT_MM / field.step_mm)
    kept = columns[:root] if side is Side.RIGHT else columns[-root:]
    heights = np.flatnonzero(process[kept].any(axis=(0, 1)))
    low = field.first_mm[2] + field.step_mm * (heights[0] - 0.5)
    high = field.first_mm[2] + field.step_mm * (heights[-1] + 0.5)
    if height_mm > high:
        return f"{height_mm - high:.0f} mm above the upper border of the transverse process"
    if height_mm < low:
        return f"{low - height_mm:.0f} mm below the lower border of the transverse process"
    third = THIRDS[min(int(3 * (height_mm - low) / (high - low)), 2)]
    return f"at the {third} of the transverse process"
