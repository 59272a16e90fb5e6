"""Parts of a vertebra from its instance mask alone: planes laid through the walls of its own canal.

The body is what lies in front of the posterior wall. Behind it, on each side: the pedicle reaches from the wall back
to the plane where the bone widens into the articular mass; the transverse process is what sticks out lateral of the
pedicle; the spinous process lies behind the lamina between the two halves of the canal; the articular processes are
above and below the lamina, behind the pedicle; the lamina is what is left, the roof of the canal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import Block
from oncospine.anatomy.parts import Part, sided
from oncospine.base import Side

WALL_STRIP_MM = 4.0
"""Half-width of the midline strip in which the front and back walls of the canal are read."""

FARTHEST_WALL_MM = 16.0
"""A canal wall further than this from the canal centre is missing: above half the plausible canal (28 mm)."""

USUAL_HALF_DEPTH_MM = 8.0
"""Half the depth of a thoracic canal (morphometry.md section 12), used only where a wall is missing."""

USUAL_HALF_WIDTH_MM = 9.5
"""Half the width of a thoracic canal (morphometry.md section 12), used only where a wall is missing."""


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
    met_front, met_back = _front_wall(block, solid), _first_hit(strip, -block.a_mm, block.step_mm)
    front = USUAL_HALF_DEPTH_MM if met_front is None else met_front
    back = USUAL_HALF_DEPTH_MM if met_back is None else met_back
    across = shadow[:, (block.a_mm >= -back / 2) & (block.a_mm <= front / 2)]
    met_side = {side: _first_hit(across.T, side.sign * block.r_mm, block.step_mm) for side in Side}
    half_width = {side: USUAL_HALF_WIDTH_MM if met is None else met for side, met in met_side.items()}
    walls = {"front": met_front, "back": met_back, **{str(side): met for side, met in met_side.items()}}
    assumed = [name for name, met in walls.items() if met is None]
    return CanalWalls(front_mm=front, back_mm=-back, half_width_mm=half_width, assumed=tuple(assumed))


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


def _first_hit(rows: NDArray[np.bool_], distance_mm: NDArray[np.float64], step_mm: float) -> float | None:
    """Median over rows of the smallest positive distance at which a row is bone; None if most rows meet none."""
    order = np.argsort(distance_mm)
    ahead = order[distance_mm[order] > step_mm / 2]
    rays = rows[:, ahead]
    met = rays.any(axis=1)
    if np.count_nonzero(met) * 2 <= len(rays):
        return None
    hit = float(np.median(distance_mm[ahead][rays[met].argmax(axis=1)])) - step_mm / 2
    return hit if hit <= FARTHEST_WALL_MM else None


LAMINA_THICKNESS_MM = 6.0
"""Thickness of a thoracic lamina (morphometry.md section 12): behind it in the midline the spinous process begins."""

CONCAVITY_MM = 1.5
"""The back of the body is hollow: beside the midline it reaches this much further back (morphometry.md 12.1 [D])."""

PEDICLE_SHARE_OF_CANAL = 0.55
"""The pedicle reaches back over this share of the canal's depth; behind stands the articular mass [D]."""

TRANSVERSE_BEYOND_PEDICLE_MM = 1.5
"""Bone this far lateral of the pedicle's outer wall belongs to the transverse process [D]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBorders:
    """The planes between the parts, in coordinates of the canal (mm along right, anterior, superior)."""

    walls: CanalWalls
    pedicle_end_mm: float
    pedicle_outer_mm: dict[Side, float]
    pedicle_middle_mm: float
    pedicle_height_mm: float


def part_borders(block: Block, walls: CanalWalls, pedicle_outer_mm: dict[Side, float]) -> PartBorders:
    """Borders of the parts; `pedicle_outer_mm` is the distance from the midline to the outer wall of each pedicle."""
    middle, height = _pedicle_band(block, walls)
    return PartBorders(
        walls=walls,
        pedicle_end_mm=walls.front_mm - PEDICLE_SHARE_OF_CANAL * (walls.front_mm - walls.back_mm),
        pedicle_outer_mm=pedicle_outer_mm,
        pedicle_middle_mm=middle,
        pedicle_height_mm=height,
    )


def part_codes(local_mm: tuple[NDArray[np.float64], ...], borders: PartBorders) -> NDArray[np.uint8]:
    """Part code at every point (broadcast of r, a, s); the points are taken to be bone."""
    r, a, s = local_mm
    walls = borders.walls
    height = borders.pedicle_height_mm
    beyond = np.abs(s - borders.pedicle_middle_mm)
    codes = np.zeros(np.broadcast_shapes(r.shape, a.shape, s.shape), np.uint8)
    for side in Side:
        lateral = side.sign * r
        half = walls.half_width_mm[side]
        on_side = lateral >= 0 if side is Side.RIGHT else lateral > 0
        outer = lateral > borders.pedicle_outer_mm[side] + TRANSVERSE_BEYOND_PEDICLE_MM
        pedicle = (a >= borders.pedicle_end_mm) & ~outer
        spinous = (a < walls.back_mm - LAMINA_THICKNESS_MM) & (lateral <= half) & ~outer
        beside = (lateral > half) & (beyond > height / 4)
        far = (lateral > 0.6 * half) & (beyond > height)
        chosen = np.select(
            [pedicle, outer, spinous, beside | far],
            [_code("pedicle", side), _code("transverse", side), Part.SPINOUS.code, _code("articular", side)],
            default=_code("lamina", side),
        )
        np.copyto(codes, chosen.astype(np.uint8), where=on_side)
    is_body = a >= walls.front_mm - CONCAVITY_MM
    np.copyto(codes, np.uint8(Part.BODY.code), where=np.broadcast_to(is_body, codes.shape))
    return codes


def _code(part: str, side: Side) -> int:
    return sided(part, side).code


def _pedicle_band(block: Block, walls: CanalWalls) -> tuple[float, float]:
    """Centre and height along superior of the bone beside the front of the canal, both sides together."""
    beside = np.abs(block.r_mm) > min(walls.half_width_mm.values())
    front = (block.a_mm < walls.front_mm) & (block.a_mm > walls.front_mm - PEDICLE_BAND_MM)
    counts = block.solid[np.ix_(beside, front)].sum(axis=(0, 1)).astype(np.float64)
    if counts.sum() == 0:
        return 0.0, USUAL_PEDICLE_HEIGHT_MM
    centre = float((counts * block.s_mm).sum() / counts.sum())
    spread = float(np.sqrt((counts * (block.s_mm - centre) ** 2).sum() / counts.sum()))
    return centre, 4 * spread


PEDICLE_BAND_MM = 6.0
"""Depth behind the posterior wall in which the height of the pedicles is read."""

USUAL_PEDICLE_HEIGHT_MM = 12.0
"""Height of a thoracic pedicle (morphometry.md section 12), used only where both pedicles are missing."""
