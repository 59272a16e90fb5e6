"""The pedicle isthmus: the neck of bone between body and arch.

The neck is the plane section of least area that separates body from arch, over position and direction: a section that
leaks into body or arch is larger, so leaks lose by themselves. Its area hardly changes with a few degrees of tilt, so
the axis is then the line through the middles of the sections on both sides of that neck. The isthmus is the smallest
section across that axis; read again about the isthmus, the line is the axis of the pedicle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy.block import STEP_MM, Block
from oncospine.anatomy.bone_sections import SECTION_REACH_MM, Section, plane_axes, reach_of, sections_of
from oncospine.anatomy.pedicle_axis import ALONG_MM, axis_through
from oncospine.anatomy.vertebra import Endplate, Pedicle
from oncospine.anatomy.walls import CanalWalls
from oncospine.base import Side
from oncospine.geometry import unit

WIDE_REACH_MM = 16.5
"""The same beside a wide canal: pedicles of L5 are up to 27 mm wide (morphometry.md section 13)."""

WIDE_CANAL_MM = 12.0
"""Half-width of a canal from which on the wide reach is used: above it lie L4 and L5 only [D]."""

BESIDE_MM = 3.0
"""The middle of a pedicle lies no further than the reach less this beside the canal [D]."""

CONVERGENCES_DEG = (-10.0, 5.0, 20.0, 35.0)
"""Transverse angles tried for the neck; the plausible range is -15 to 45 (morphometry.md section 13)."""

SLOPES_DEG = (-10.0, 5.0, 20.0)
"""Sagittal angles tried for the neck (range of morphometry.md section 5.4)."""

TUNNEL_MM = 6.0
"""Half-length of the tunnel: a pedicle proper is about 16 mm (morphometry.md section 5.5), its straight part less."""

SMALLEST_SECTION_MM2 = 6.0
"""Below this there is no bridge of bone (the narrowest plausible pedicle, 1.5 x 4 mm: morphometry.md section 13)."""


def measured_pedicle(block: Block, walls: CanalWalls, side: Side, *, upper: Endplate | None = None) -> Pedicle | None:
    """Isthmus and axis of one pedicle; None where there is no continuous bridge of bone beside the canal.

    Its sagittal angle is read from the `upper` endplate, or across the block's superior axis where there is none.
    """
    neck = _neck(block, walls, side)
    if neck is None:
        return None
    first = axis_through(block, neck)
    section = _isthmus(block, walls, neck, first)
    axis = unit(first + axis_through(block, section))
    width, height = _chords(section)
    world = block.frame.axes.T @ axis
    plate = block.frame.superior if upper is None else upper.plane.normal
    return Pedicle(
        side=side,
        isthmus_mm=block.frame.to_world(section.centre),
        axis=world,
        width_mm=width,
        height_mm=height,
        transverse_deg=float(np.degrees(np.arctan2(-side.sign * axis[0], axis[1]))),
        sagittal_deg=float(-np.degrees(np.arcsin(np.clip(world @ plate, -1, 1)))),
    )


def _neck(block: Block, walls: CanalWalls, side: Side) -> Section | None:
    """Section of least area beside the canal, between the posterior wall of the body and the middle of the canal.

    A section counts where the next one behind it in its own direction is larger: one that still shrinks towards the
    end of the range runs on into the pars, which may be narrower than a wide pedicle. Where all of them shrink the
    least of all stands.
    """
    axes = [direction(side, convergence, slope) for convergence in CONVERGENCES_DEG for slope in SLOPES_DEG]
    starts = _starts(block, walls, side)
    found = sections_of(block, [(start, axis) for start in starts for axis in axes], reach_mm=_reach_mm(walls, side))
    if not found:
        return None
    sections = np.array([section if _is_neck(section, walls) else None for section in found], dtype=object)
    sections = sections.reshape(len(starts), len(axes))
    areas = np.array([[np.inf if section is None else section.area_mm2 for section in row] for row in sections])
    if not np.isfinite(areas).any():
        return None
    behind = np.vstack([areas[1:], np.full((1, len(axes)), np.inf)])
    minimal = np.isfinite(behind) & (behind >= areas)
    chosen = np.where(minimal, areas, np.inf) if minimal.any() else areas
    best: Section = sections[np.unravel_index(int(chosen.argmin()), chosen.shape)]
    return best


def _is_neck(section: Section | None, walls: CanalWalls) -> bool:
    """Whether a section is a bridge of bone that lies beside the front of the canal."""
    if section is None or section.area_mm2 < SMALLEST_SECTION_MM2:
        return False
    hindmost = walls.front_mm - FRONT_SHARE * (walls.front_mm - walls.back_mm)
    return hindmost < float(section.centre[1]) < walls.front_mm + AHEAD_MM


AHEAD_MM = 2.0
"""The middle of a neck lies no further than this in front of the posterior wall."""


def _isthmus(block: Block, walls: CanalWalls, neck: Section, axis: NDArray[np.float64]) -> Section:
    """Smallest section across the axis near the neck; the neck itself where all of them leak into body or arch."""
    offsets = np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    cuts = [(neck.centre + o * axis, axis) for o in offsets]
    across = [
        section
        for section in sections_of(block, cuts, reach_mm=reach_of(neck.weights))
        if section and _is_neck(section, walls)
    ]
    best = min(across, key=lambda section: section.area_mm2, default=neck)
    return best if best.area_mm2 <= LEAK * neck.area_mm2 else neck


FRONT_SHARE = 0.5
"""The isthmus lies beside the front half of the canal; further back the pars of a lumbar vertebra is narrower [D]."""

LEAK = 1.3
"""A section this much larger than the neck runs into body or arch [D]."""


def direction(side: Side, convergence_deg: float, slope_deg: float) -> NDArray[np.float64]:
    """Unit axis from posterior to anterior; `slope_deg` positive points caudally."""
    across, down = np.tan(np.radians([convergence_deg, slope_deg]))
    return unit(np.array([-side.sign * across, 1.0, -down]))


def _starts(block: Block, walls: CanalWalls, side: Side) -> list[NDArray[np.float64]]:
    """Centres of the bone beside the canal in coronal planes, every 1.5 mm, front to back.

    A plane without bone between the first and the last means a broken bridge: then there are no starts.
    """
    depth = walls.front_mm - walls.back_mm
    half = walls.half_width_mm[side]
    lateral = side.sign * block.r_mm
    beside = np.flatnonzero((lateral > half - 1.5) & (lateral < half + _reach_mm(walls, side) - BESIDE_MM))
    planes = np.flatnonzero((block.a_mm < walls.front_mm) & (block.a_mm > walls.front_mm - FRONT_SHARE * depth))[::2][
        ::-1
    ]
    starts = []
    for plane in planes:
        section = block.solid[beside, plane, :]
        pieces, count = ndimage.label(section)
        if count == 0:
            return []
        sizes = np.bincount(pieces.ravel())[1:]
        rows, columns = np.nonzero(pieces == int(sizes.argmax()) + 1)
        starts.append(np.array([block.r_mm[beside[rows]].mean(), block.a_mm[plane], block.s_mm[columns].mean()]))
    return starts


def _reach_mm(walls: CanalWalls, side: Side) -> float:
    return WIDE_REACH_MM if walls.half_width_mm[side] > WIDE_CANAL_MM else SECTION_REACH_MM


def _chords(section: Section) -> tuple[float, float]:
    """Lengths of bone through the centroid: transverse (width) and sagittal (height)."""
    steps, _, _ = plane_axes(section.axis, reach_of(section.weights))
    return _middle_chord(section.weights, steps), _middle_chord(section.weights.T, steps)


def _middle_chord(weights: NDArray[np.float64], steps: NDArray[np.float64]) -> float:
    """Length of the bone along the first axis in the middle of the second.

    Chords shorten with the square of their distance from the middle of a round section: their squares, against that of
    the distance, are a line, which is read at the middle.
    """
    chords = weights.sum(axis=0) * STEP_MM
    off = steps - chords @ steps / chords.sum()
    near = np.abs(off) <= NEAR_MIDDLE * chords.sum() * STEP_MM / chords.max()
    if np.count_nonzero(near) < FEWEST_CHORDS:
        near = np.abs(off) <= STEP_MM
        return float(chords[near].mean())
    squared = np.polynomial.polynomial.polyfit(off[near] ** 2, chords[near] ** 2, 1)[0]
    return float(np.sqrt(max(squared, 0.0)))


NEAR_MIDDLE = 0.25
"""Chords within this share of the section's mean size from its middle are read."""

FEWEST_CHORDS = 4
"""Fewer chords than this give no line: their mean is read."""
