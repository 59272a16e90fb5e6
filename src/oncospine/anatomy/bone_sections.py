"""Plane sections of one vertebra: the connected bone around a place, across a direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy.block import SOLID, STEP_MM, Block
from oncospine.geometry import unit

SECTION_REACH_MM = 12.0
"""Half-width of a section: above half the tallest pedicle (L5, 19.4 mm; morphometry.md section 1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """Connected bone of one plane: area, centroid and the two directions in the plane."""

    area_mm2: float
    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    weights: NDArray[np.float64]


Cut = tuple[NDArray[np.float64], NDArray[np.float64]]
"""A plane: centre and axis across it."""


def sections_of(block: Block, cuts: list[Cut], *, reach_mm: float = SECTION_REACH_MM) -> list[Section | None]:
    """The piece of bone around the centre of each plane; None where there is none within 2 mm."""
    if not cuts:
        return []
    axes = [plane_axes(axis, reach_mm) for _, axis in cuts]
    points = np.array(
        [
            centre + steps[:, None, None] * u + steps[None, :, None] * v
            for (centre, _), (steps, u, v) in zip(cuts, axes, strict=True)
        ]
    )
    values = sampled(block, points)
    return [
        _section(plane, centre, axis, frame) for plane, (centre, axis), frame in zip(values, cuts, axes, strict=True)
    ]


def _section(
    values: NDArray[np.float32],
    centre: NDArray[np.float64],
    axis: NDArray[np.float64],
    frame: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> Section | None:
    steps, u, v = frame
    pieces, found = ndimage.label(values > SOLID)
    if found == 0:
        return None
    middle = len(steps) // 2
    near = pieces[middle - 2 : middle + 3, middle - 2 : middle + 3]
    if not near.any():
        return None
    inside = ndimage.binary_dilation(pieces == np.bincount(near[near > 0]).argmax())
    weights = np.where(inside, np.clip(values, 0, 1), 0.0).astype(np.float64)
    total = weights.sum()
    shift = (weights.sum(axis=1) @ steps / total) * u + (weights.sum(axis=0) @ steps / total) * v
    return Section(area_mm2=float(total) * STEP_MM**2, centre=centre + shift, axis=axis, weights=weights)


def reach_of(weights: NDArray[np.float64]) -> float:
    return (len(weights) // 2) * STEP_MM


def plane_axes(
    axis: NDArray[np.float64], reach_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sample offsets and the directions across the axis: u nearest to right, v nearest to superior."""
    count = round(reach_mm / STEP_MM)
    v = unit(np.array([0.0, 0.0, 1.0]) - axis[2] * axis)
    steps = np.arange(-count, count + 1, dtype=np.float64) * STEP_MM
    return steps, np.cross(axis, v), v


def sampled(block: Block, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Occupancy at local points (..., 3), linear."""
    first = np.array([block.r_mm[0], block.a_mm[0], block.s_mm[0]])
    voxels = np.moveaxis((points - first) / STEP_MM, -1, 0)
    values = ndimage.map_coordinates(block.occupancy, voxels, order=1, mode="constant", prefilter=False)
    return np.asarray(values, dtype=np.float32)
