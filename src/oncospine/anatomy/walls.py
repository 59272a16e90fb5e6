"""The walls of a vertebra's canal, from which its parts are laid out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import Block
from oncospine.base import Side

WALL_STRIP_MM = 4.0
"""Half-width of the midline strip in which the front and back walls of the canal are read."""

FARTHEST_WALL_MM = 16.0
"""A front or back wall further than this from the canal centre is missing: above half the plausible depth (28 mm)."""

FARTHEST_SIDE_MM = 20.0
"""A side wall further than this is missing: thoracic canals are up to 32 mm wide, those of L5 wider still [D]."""

USUAL_HALF_DEPTH_MM = 8.0
"""Half the depth of a thoracic canal (morphometry.md section 12), used only where a wall is missing."""

USUAL_HALF_WIDTH_MM = 9.5
"""Half the width of a thoracic canal (morphometry.md section 12), used only where a wall is missing."""


TIE_MM = 1e-6
"""Walls are moved by this, so that no sample lies exactly on one and rounding cannot decide its part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalWalls:
    """Walls of the canal in the block's coordinates: front and back along anterior, half-widths to each side."""

    front_mm: float
    back_mm: float
    half_width_mm: dict[Side, float]
    assumed: tuple[str, ...]


def canal_walls(block: Block) -> CanalWalls:
    """Distances from the canal centre to bone, read on the shadow of the vertebra along its superior axis.

    The front wall is read over the middle half of the body's height, so that the lips of the endplates do not count.
    """
    solid = block.solid
    shadow: NDArray[np.bool_] = np.any(solid, axis=2)
    strip = shadow[np.abs(block.r_mm) <= WALL_STRIP_MM]
    met_front, met_back = _front_wall(block, solid), _first_hit(strip, -block.a_mm, block.step_mm, FARTHEST_WALL_MM)
    front = USUAL_HALF_DEPTH_MM if met_front is None else met_front
    back = USUAL_HALF_DEPTH_MM if met_back is None else met_back
    across = shadow[:, (block.a_mm >= -back / 2) & (block.a_mm <= front / 2)]
    met_side = {side: _first_hit(across.T, side.sign * block.r_mm, block.step_mm, FARTHEST_SIDE_MM) for side in Side}
    half_width = {side: USUAL_HALF_WIDTH_MM if met is None else met for side, met in met_side.items()}
    walls = {"front": met_front, "back": met_back, **{str(side): met for side, met in met_side.items()}}
    assumed = [name for name, met in walls.items() if met is None]
    return CanalWalls(front_mm=front - TIE_MM, back_mm=-back - TIE_MM, half_width_mm=half_width, assumed=tuple(assumed))


def _front_wall(block: Block, solid: NDArray[np.bool_]) -> float | None:
    """Median distance from the canal centre forwards to bone in the midline, at mid-height of the body."""
    strip = np.abs(block.r_mm) <= WALL_STRIP_MM
    ahead = block.a_mm > block.step_mm / 2
    midline = solid[strip][:, ahead]
    heights = np.flatnonzero(midline.any(axis=(0, 1)))
    if heights.size == 0:
        return None
    low, high = np.percentile(heights, [25, 75]).round().astype(int)
    rays = midline[:, :, low : high + 1].transpose(0, 2, 1).reshape(-1, int(ahead.sum()))
    rays = rays[rays.any(axis=1)]
    if len(rays) == 0:
        return None
    wall = float(np.median(block.a_mm[ahead][rays.argmax(axis=1)])) - block.step_mm / 2
    return wall if wall <= FARTHEST_WALL_MM else None


def _first_hit(
    rows: NDArray[np.bool_], distance_mm: NDArray[np.float64], step_mm: float, farthest_mm: float
) -> float | None:
    """Median over rows of the smallest positive distance at which a row is bone; None if most rows meet none."""
    order = np.argsort(distance_mm)
    ahead = order[distance_mm[order] > step_mm / 2]
    rays = rows[:, ahead]
    met = rays.any(axis=1)
    if np.count_nonzero(met) * 2 <= len(rays):
        return None
    hit = float(np.median(distance_mm[ahead][rays[met].argmax(axis=1)])) - step_mm / 2
    return hit if hit <= farthest_mm else None
