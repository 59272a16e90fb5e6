"""The pedicle isthmus: the neck of bone between body and arch.

Two steps. The neck is the plane section of least area that separates body from arch, over position and direction: a
section that leaks into body or arch is larger, so leaks lose by themselves. Its area hardly changes with a few degrees
of tilt, so the axis is then the line through the centroids of the sections on both sides of that neck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy.block import SOLID, STEP_MM, Block
from oncospine.anatomy.vertebra import Pedicle
from oncospine.anatomy.walls import CanalWalls
from oncospine.base import Side
from oncospine.geometry import unit

SECTION_REACH_MM = 12.0
"""Half-width of a section: above half the tallest pedicle (L5, 19.4 mm; morphometry.md section 1.1)."""

CONVERGENCES_DEG = (-10.0, 5.0, 20.0, 35.0)
"""Transverse angles tried for the neck; the plausible range is -15 to 45 (morphometry.md section 13)."""

SLOPES_DEG = (-10.0, 5.0, 20.0)
"""Sagittal angles tried for the neck (range of morphometry.md section 5.4)."""

TUNNEL_MM = 6.0
"""Half-length of the tunnel: a pedicle proper is about 16 mm (morphometry.md section 5.5), its straight part less."""

SMALLEST_SECTION_MM2 = 6.0
"""Below this there is no bridge of bone (the narrowest plausible pedicle, 1.5 x 4 mm: morphometry.md section 13)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """Connected bone of one plane: area, centroid and the two directions in the plane."""

    area_mm2: float
    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    weights: NDArray[np.float64]


def measured_pedicle(block: Block, walls: CanalWalls, side: Side) -> Pedicle | None:
    """Isthmus and axis of one pedicle; None where there is no continuous bridge of bone beside the canal."""
    neck = _neck(block, walls, side)
    if neck is None:
        return None
    axis = _neck_axis(block, neck)
    section = _isthmus(block, neck, axis)
    width, height = _chords(section)
    return Pedicle(
        side=side,
        isthmus_mm=block.frame.to_world(section.centre),
        axis=block.frame.axes.T @ axis,
        width_mm=width,
        height_mm=height,
        transverse_deg=float(np.degrees(np.arctan2(-side.sign * axis[0], axis[1]))),
        sagittal_deg=float(np.degrees(np.arctan2(-axis[2], axis[1]))),
    )


def _neck(block: Block, walls: CanalWalls, side: Side) -> Section | None:
    """Section of least area beside the canal, between the posterior wall of the body and the middle of the canal."""
    depth = walls.front_mm - walls.back_mm
    axes = [direction(side, convergence, slope) for convergence in CONVERGENCES_DEG for slope in SLOPES_DEG]
    tried = [(start, axis) for start in _starts(block, walls, side) for axis in axes]
    best: Section | None = None
    for section in sections_of(block, tried):
        if section is None or section.area_mm2 < SMALLEST_SECTION_MM2:
            continue
        inside = walls.front_mm - FRONT_SHARE * depth < section.centre[1] < walls.front_mm + 2.0
        if inside and (best is None or section.area_mm2 < best.area_mm2):
            best = section
    return best


def _isthmus(block: Block, neck: Section, axis: NDArray[np.float64]) -> Section:
    """Smallest section across the axis near the neck; the neck itself where all of them leak into body or arch."""
    offsets = np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    across = [section for section in sections_of(block, [(neck.centre + o * axis, axis) for o in offsets]) if section]
    best = min(across, key=lambda section: section.area_mm2, default=neck)
    return best if best.area_mm2 <= LEAK * neck.area_mm2 else neck


ALONG_MM = 4.0
"""How far from the neck along the axis the smallest perpendicular section is looked for."""

FRONT_SHARE = 0.5
"""The isthmus lies beside the front half of the canal; further back the pars of a lumbar vertebra is narrower [D]."""

LEAK = 1.3
"""A section this much larger than the neck runs into body or arch [D]."""


def direction(side: Side, convergence_deg: float, slope_deg: float) -> NDArray[np.float64]:
    """Unit axis from posterior to anterior; `slope_deg` positive points caudally."""
    across, down = np.tan(np.radians([convergence_deg, slope_deg]))
    return unit(np.array([-side.sign * across, 1.0, -down]))


def _starts(block: Block, walls: CanalWalls, side: Side) -> list[NDArray[np.float64]]:
    """Centres of the bone beside the canal in coronal planes, every 1.5 mm from the body's wall backwards.

    A plane without bone between the first and the last means a broken bridge: then there are no starts.
    """
    depth = walls.front_mm - walls.back_mm
    half = walls.half_width_mm[side]
    lateral = side.sign * block.r_mm
    beside = np.flatnonzero((lateral > half - 1.5) & (lateral < half + 9.0))
    planes = np.flatnonzero((block.a_mm < walls.front_mm) & (block.a_mm > walls.front_mm - FRONT_SHARE * depth))[::2]
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


Cut = tuple[NDArray[np.float64], NDArray[np.float64]]
"""A plane: centre and axis across it."""


def sections_of(block: Block, cuts: list[Cut]) -> list[Section | None]:
    """The piece of bone around the centre of each plane; None where there is none within 2 mm."""
    if not cuts:
        return []
    axes = [_plane_axes(axis) for _, axis in cuts]
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


def _plane_axes(axis: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sample offsets and the directions across the axis: u nearest to right, v nearest to superior."""
    count = round(SECTION_REACH_MM / STEP_MM)
    v = unit(np.array([0.0, 0.0, 1.0]) - axis[2] * axis)
    steps = np.arange(-count, count + 1, dtype=np.float64) * STEP_MM
    return steps, np.cross(axis, v), v


def sampled(block: Block, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Occupancy at local points (..., 3), linear."""
    first = np.array([block.r_mm[0], block.a_mm[0], block.s_mm[0]])
    voxels = np.moveaxis((points - first) / STEP_MM, -1, 0)
    values = ndimage.map_coordinates(block.occupancy, voxels, order=1, mode="constant", prefilter=False)
    return np.asarray(values, dtype=np.float32)


def _neck_axis(block: Block, neck: Section) -> NDArray[np.float64]:
    """Weighted line through the centroids of the sections around the neck.

    Each section is read within the neck's own outline, `WINDOW_MM` wider; the more it fills the window, the more it
    runs into body or arch and the less it counts.
    """
    axis, offsets = neck.axis, np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    window = _outline(neck)
    for _ in range(ROUNDS):
        steps, u, v = _plane_axes(axis)
        plane = steps[:, None, None] * u + steps[None, :, None] * v
        values = sampled(block, neck.centre + offsets[:, None, None, None] * axis + plane) * window
        areas = values.sum(axis=(1, 2)).astype(np.float64)
        if not areas.min() > 0:
            break
        weights = np.clip((FULL - areas / areas.min()) / (FULL - 1), 0, 1)
        if np.count_nonzero(weights) < FEWEST_SECTIONS:
            break
        across = [np.einsum("nij,i->n", values, steps) / areas, np.einsum("nij,j->n", values, steps) / areas]
        slopes = [np.polyfit(offsets, shift, 1, w=np.sqrt(weights))[0] for shift in across]
        axis = unit(axis + slopes[0] * u + slopes[1] * v)
    return axis


def _outline(neck: Section) -> NDArray[np.bool_]:
    """The neck's section, `WINDOW_MM` wider, shifted so that its centroid is in the middle."""
    wide = ndimage.binary_dilation(neck.weights > SOLID, iterations=round(WINDOW_MM / STEP_MM))
    samples = np.arange(wide.shape[0])
    total = neck.weights.sum()
    centroid = (neck.weights.sum(axis=1) @ samples / total, neck.weights.sum(axis=0) @ samples / total)
    shift = [round(float(wide.shape[0] // 2 - value)) for value in centroid]
    return np.roll(wide, shift, axis=(0, 1))


ROUNDS = 4
"""The axis moves by less than a degree after the fourth round on phantoms."""

WINDOW_MM = 0.75
"""How much wider than the neck a section is read: room for the flare of the pedicle and for a turned axis [D]."""

FULL = 1.4
"""A section of this times the smallest area no longer counts [D]."""

FEWEST_SECTIONS = 4
"""Fewer sections than this give no line."""


def _chords(section: Section) -> tuple[float, float]:
    """Lengths of bone through the centroid: transverse (width) and sagittal (height)."""
    steps, _, _ = _plane_axes(section.axis)
    total = section.weights.sum()
    cu = section.weights.sum(axis=1) @ steps / total
    cv = section.weights.sum(axis=0) @ steps / total
    width = section.weights[:, np.abs(steps - cv) <= STEP_MM].sum(axis=0).mean() * STEP_MM
    height = section.weights[np.abs(steps - cu) <= STEP_MM].sum(axis=1).mean() * STEP_MM
    return float(width), float(height)
