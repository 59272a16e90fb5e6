"""Parts of a vertebra from its instance mask alone: planes laid through the walls of its own canal.

The body is what lies in front of the posterior wall, its flanks included, as segmentation programs draw it. Behind it,
on each side: the pedicle reaches from the wall back to the plane where the bone widens into the articular mass; the
transverse process is what sticks out lateral of the pedicle; the spinous process lies behind the lamina between the two
halves of the canal; the articular processes are above and below the lamina, behind the pedicle; the lamina is what is
left, the roof of the canal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import Block
from oncospine.anatomy.parts import Part, sided
from oncospine.anatomy.walls import CanalWalls
from oncospine.base import Level, Side

CONCAVITY_MM = 2.0
"""The back of the body is hollow: beside the midline it reaches this much further back (1.5-3 mm, section 12.1)."""

PEDICLE_SHARE_OF_CANAL = 0.55
"""The pedicle reaches back over this share of the canal's depth; behind stands the articular mass [D]."""

SUPERIOR_SHARE = 0.1
"""The superior articular process starts this share of the pedicle's height above its middle [D]."""

INFERIOR_SHARE = 0.75
"""The inferior articular process starts this share of the pedicle's height below its middle [D]."""

SUPERIOR_BESIDE = 0.8
"""The superior articular process lies lateral of this share of the canal's half width [D]."""

INFERIOR_BESIDE = 0.4
"""The inferior articular process lies lateral of this share of the canal's half width [D]."""

SPINOUS_HALF_WIDTH_MM = 5.5
"""Half the width of the root of the spinous process: blades are 5-7 mm wide (morphometry.md 12.1), the root more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalSizes:
    """What differs along the column.

    `lamina_mm` is where the spinous process begins behind the canal, `transverse_beyond_mm` where the transverse
    process begins beside the pedicle's outer wall, `transverse_ahead_mm` how far in front of the canal it reaches
    (beside the body in the neck).
    """

    lamina_mm: float
    transverse_beyond_mm: float
    transverse_ahead_mm: float


CERVICAL = RegionalSizes(lamina_mm=3.0, transverse_beyond_mm=1.5, transverse_ahead_mm=15.0)
"""C3-C6: thin laminae (1.9 mm at C5, Xu in morphometry.md section 6.1)."""

THORACIC = RegionalSizes(lamina_mm=6.0, transverse_beyond_mm=1.5, transverse_ahead_mm=0.0)
"""C7-T10: lamina of 5-6.5 mm (morphometry.md section 12); the transverse process springs from the pillar [D]."""

LUMBAR = RegionalSizes(lamina_mm=6.0, transverse_beyond_mm=-0.5, transverse_ahead_mm=0.0)
"""T11-L6: small tubercles or thin processes close to the pedicle; kidney-shaped bodies, widest far back [D]."""


def regional_sizes(level: Level) -> RegionalSizes:
    """Sizes for the region of `level`."""
    if level.order < Level.C7.order:
        return CERVICAL
    return THORACIC if level.order < Level.T11.order else LUMBAR


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleBand:
    """Where a pedicle is: distance of its outer wall from the midline, its middle along superior, its height."""

    outer_mm: float
    middle_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBorders:
    """The borders between the parts, in coordinates of the canal (mm along right, anterior, superior)."""

    level: Level
    walls: CanalWalls
    sizes: RegionalSizes
    pedicle_end_mm: float
    transverse_front_mm: float
    pedicle_outer_mm: dict[Side, float]
    pedicle_middle_mm: float
    pedicle_height_mm: float


def part_borders(block: Block, walls: CanalWalls, pedicles: Mapping[Side, PedicleBand], level: Level) -> PartBorders:
    """Borders of the parts; `pedicles` has the place of each measured pedicle."""
    if pedicles:
        middle = float(np.mean([band.middle_mm for band in pedicles.values()]))
        height = float(np.mean([band.height_mm for band in pedicles.values()]))
    else:
        middle, height = _pedicle_band(block, walls)
    sizes = regional_sizes(level)
    outer = {side: walls.half_width_mm[side] + USUAL_PEDICLE_WIDTH_MM for side in Side}
    return PartBorders(
        level=level,
        walls=walls,
        sizes=sizes,
        pedicle_end_mm=walls.front_mm - PEDICLE_SHARE_OF_CANAL * (walls.front_mm - walls.back_mm),
        transverse_front_mm=walls.front_mm + sizes.transverse_ahead_mm,
        pedicle_outer_mm=outer | {side: band.outer_mm for side, band in pedicles.items()},
        pedicle_middle_mm=middle,
        pedicle_height_mm=height,
    )


def part_codes(local_mm: tuple[NDArray[np.float64], ...], borders: PartBorders) -> NDArray[np.uint8]:
    """Part code at every point (broadcast of r, a, s); the points are taken to be bone."""
    r, a, s = local_mm
    if borders.level is Level.C1:
        return _atlas_codes(r, a, s, borders.walls)
    walls, sizes = borders.walls, borders.sizes
    rise = (s - borders.pedicle_middle_mm) / borders.pedicle_height_mm
    codes = np.zeros(np.broadcast_shapes(r.shape, a.shape, s.shape), np.uint8)
    for side in Side:
        lateral = side.sign * r
        half = walls.half_width_mm[side]
        on_side = lateral >= 0 if side is Side.RIGHT else lateral > 0
        outer = (lateral > borders.pedicle_outer_mm[side] + sizes.transverse_beyond_mm) & (
            a < borders.transverse_front_mm
        )
        body = a >= walls.front_mm - CONCAVITY_MM
        spinous = (a < walls.back_mm - sizes.lamina_mm) & (lateral <= SPINOUS_HALF_WIDTH_MM)
        superior = (lateral > SUPERIOR_BESIDE * half) & (rise > SUPERIOR_SHARE)
        inferior = (lateral > INFERIOR_BESIDE * half) & (rise < -INFERIOR_SHARE)
        chosen = np.select(
            [body, outer, a >= borders.pedicle_end_mm, spinous, superior | inferior],
            [
                Part.BODY.code,
                _code("transverse", side),
                _code("pedicle", side),
                Part.SPINOUS.code,
                _code("articular", side),
            ],
            default=_code("lamina", side),
        )
        np.copyto(codes, chosen.astype(np.uint8), where=on_side)
    return codes


def _atlas_codes(
    r: NDArray[np.float64], a: NDArray[np.float64], s: NDArray[np.float64], walls: CanalWalls
) -> NDArray[np.uint8]:
    """Parts of C1: anterior arch (body), posterior arch (lamina), lateral masses (articular), transverse processes."""
    codes = np.zeros(np.broadcast_shapes(r.shape, a.shape, s.shape), np.uint8)
    for side in Side:
        lateral, half = side.sign * r, walls.half_width_mm[side]
        on_side = lateral >= 0 if side is Side.RIGHT else lateral > 0
        chosen = np.select(
            [lateral > half + LATERAL_MASS_MM, (lateral > half) & (a > walls.back_mm / 2), a > 0],
            [_code("transverse", side), _code("articular", side), Part.BODY.code],
            default=_code("lamina", side),
        )
        np.copyto(codes, chosen.astype(np.uint8), where=on_side)
    return codes


LATERAL_MASS_MM = 15.0
"""Width of a lateral mass of C1; beyond it lies the transverse process [D]."""


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

USUAL_PEDICLE_WIDTH_MM = 6.0
"""Width of a thoracic pedicle (morphometry.md section 12), to place the transverse process where one is missing."""

USUAL_PEDICLE_HEIGHT_MM = 12.0
"""Height of a thoracic pedicle (morphometry.md section 12), used only where both pedicles are missing."""
