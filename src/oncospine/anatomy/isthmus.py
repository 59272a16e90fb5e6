"""The pedicle isthmus: the neck of bone between body and arch.

The neck is the plane section of least area that separates body from arch, over position and direction: a section that
leaks into body or arch is larger, so leaks lose by themselves. Its area hardly changes with a few degrees of tilt, so
the axis is then the line through the middles of the sections on both sides of that neck. The isthmus is the smallest
section across that axis; read again about the isthmus, the line is the axis of the pedicle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy.block import SOLID, STEP_MM, Block
from oncospine.anatomy.vertebra import Endplate, Pedicle
from oncospine.anatomy.walls import CanalWalls
from oncospine.base import Side
from oncospine.geometry import angle_deg, unit

SECTION_REACH_MM = 12.0
"""Half-width of a section: above half the tallest pedicle (L5, 19.4 mm; morphometry.md section 1.1)."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """Connected bone of one plane: area, centroid and the two directions in the plane."""

    area_mm2: float
    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    weights: NDArray[np.float64]


def measured_pedicle(block: Block, walls: CanalWalls, side: Side, *, upper: Endplate | None = None) -> Pedicle | None:
    """Isthmus and axis of one pedicle; None where there is no continuous bridge of bone beside the canal.

    Its sagittal angle is read from the `upper` endplate, or across the block's superior axis where there is none.
    """
    neck = _neck(block, walls, side)
    if neck is None:
        return None
    first = _axis_through(block, neck)
    section = _isthmus(block, neck, first)
    axis = unit(first + _axis_through(block, section))
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
    """Section of least area beside the canal, between the posterior wall of the body and the middle of the canal."""
    depth = walls.front_mm - walls.back_mm
    axes = [direction(side, convergence, slope) for convergence in CONVERGENCES_DEG for slope in SLOPES_DEG]
    tried = [(start, axis) for start in _starts(block, walls, side) for axis in axes]
    best: Section | None = None
    for section in sections_of(block, tried, reach_mm=_reach_mm(walls, side)):
        if section is None or section.area_mm2 < SMALLEST_SECTION_MM2:
            continue
        inside = walls.front_mm - FRONT_SHARE * depth < section.centre[1] < walls.front_mm + 2.0
        if inside and (best is None or section.area_mm2 < best.area_mm2):
            best = section
    return best


def _isthmus(block: Block, neck: Section, axis: NDArray[np.float64]) -> Section:
    """Smallest section across the axis near the neck; the neck itself where all of them leak into body or arch."""
    offsets = np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    cuts = [(neck.centre + o * axis, axis) for o in offsets]
    across = [section for section in sections_of(block, cuts, reach_mm=_reach_of(neck.weights)) if section]
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
    beside = np.flatnonzero((lateral > half - 1.5) & (lateral < half + _reach_mm(walls, side) - BESIDE_MM))
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


def sections_of(block: Block, cuts: list[Cut], *, reach_mm: float = SECTION_REACH_MM) -> list[Section | None]:
    """The piece of bone around the centre of each plane; None where there is none within 2 mm."""
    if not cuts:
        return []
    axes = [_plane_axes(axis, reach_mm) for _, axis in cuts]
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


def _reach_mm(walls: CanalWalls, side: Side) -> float:
    return WIDE_REACH_MM if walls.half_width_mm[side] > WIDE_CANAL_MM else SECTION_REACH_MM


def _reach_of(weights: NDArray[np.float64]) -> float:
    return (len(weights) // 2) * STEP_MM


def _plane_axes(
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


def _axis_through(block: Block, neck: Section) -> NDArray[np.float64]:
    """Weighted line through the middles of the sections around the neck.

    Each section is read within the neck's own outline, `NARROW_MM` wider. The more bone there is within `WIDE_MM` of
    that outline, the more the section runs into body or arch and the less it counts: for the height of its middle much
    sooner than for its place from side to side, because body and arch spread up and down first.
    """
    axis, offsets = neck.axis, np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    reach = _reach_of(neck.weights)
    steps, _, _ = _plane_axes(axis, reach)
    wide = np.nonzero(_outline(neck, WIDE_MM))
    beside, above = steps[wide[0]], steps[wide[1]]
    narrow = _outline(neck, NARROW_MM)[wide]
    strip = narrow & (np.abs(beside) <= STRIP_MM)
    for _ in range(ROUNDS):
        _, u, v = _plane_axes(axis, reach)
        plane = neck.centre + beside[:, None] * u + above[:, None] * v
        bone = sampled(block, plane + offsets[:, None, None] * axis).astype(np.float64)
        total, middle = bone @ narrow, bone @ strip
        if not total.min() > 0 or not middle.min() > 0:
            break
        spread = bone.sum(axis=1)
        across = bone @ (narrow * beside) / total
        height = (bone @ (narrow * above) / total + bone @ (strip * above) / middle) / 2
        axis = unit(
            axis + _slope(offsets, across, spread, FULL_BESIDE) * u + _slope(offsets, height, spread, FULL_ABOVE) * v
        )
    return axis if angle_deg(axis, neck.axis) <= LARGEST_TURN_DEG else neck.axis


def _slope(
    offsets: NDArray[np.float64], middles: NDArray[np.float64], spread: NDArray[np.float64], full: float
) -> float:
    """Slope of the middles along the axis; a section with `full` times the least bone does not count."""
    weights = np.clip((full - spread / spread.min()) / (full - 1), 0, 1)
    if np.count_nonzero(weights) < FEWEST_SECTIONS:
        return 0.0
    middle = weights @ offsets / weights.sum()
    apart = weights * (offsets - middle)
    return float(apart @ middles / (apart @ offsets))


def _outline(neck: Section, wider_mm: float) -> NDArray[np.bool_]:
    """The neck's section, `wider_mm` wider, shifted so that its centroid is in the middle."""
    wide = ndimage.binary_dilation(neck.weights > SOLID, iterations=round(wider_mm / STEP_MM))
    samples = np.arange(wide.shape[0])
    total = neck.weights.sum()
    centroid = (neck.weights.sum(axis=1) @ samples / total, neck.weights.sum(axis=0) @ samples / total)
    shift = [round(float(wide.shape[0] // 2 - value)) for value in centroid]
    return np.roll(wide, shift, axis=(0, 1))


LARGEST_TURN_DEG = 30.0
"""A line that turns further than this from the direction of the neck has left the pedicle: the neck's stands [D]."""

ROUNDS = 4
"""The axis moves by less than a degree after the fourth round on phantoms."""

NARROW_MM = 0.75
"""How much wider than the neck a section is read: room for the flare of the pedicle and for a turned axis [D]."""

WIDE_MM = 4.5
"""How much wider than the neck bone is looked for that is body or arch [D]."""

STRIP_MM = 2.2
"""Half-width of the middle strip whose height counts as much as that of the whole section [D]."""

FULL_BESIDE = 1.8
"""A section with this times the least bone no longer counts from side to side [D]."""

FULL_ABOVE = 1.2
"""A section with this times the least bone no longer counts up and down [D]."""

FEWEST_SECTIONS = 4
"""Fewer sections than this give no line."""


def _chords(section: Section) -> tuple[float, float]:
    """Lengths of bone through the centroid: transverse (width) and sagittal (height)."""
    steps, _, _ = _plane_axes(section.axis, _reach_of(section.weights))
    total = section.weights.sum()
    cu = section.weights.sum(axis=1) @ steps / total
    cv = section.weights.sum(axis=0) @ steps / total
    width = section.weights[:, np.abs(steps - cv) <= STEP_MM].sum(axis=0).mean() * STEP_MM
    height = section.weights[np.abs(steps - cu) <= STEP_MM].sum(axis=1).mean() * STEP_MM
    return float(width), float(height)
