"""The bony canal along its own centreline: its walls, and its area across the line instead of across slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline

from oncospine.anatomy.spine import Canal
from oncospine.base import Level
from oncospine.geometry import Box, Frame, Grid, Mask, Polyline, frames_along, sampled_at, unit

STEP_MM = 1.0
"""Distance between stations along the canal."""

ANGLES = 72
"""Rays per station: 5 degrees apart, under 1 mm of wall each."""

REACH_MM = 16.0
"""Rays end here: half the widest canal not rejected (32 mm, morphometry.md section 13)."""

RAY_STEP_MM = 0.5
"""Sampling along a ray; the wall is interpolated between samples."""

START_MM = 2.0
"""Rays start here, so that a stray voxel on the line itself is no wall."""

USUAL_OVER_MM = 41.0
"""Length of canal over which the usual wall is read: about two levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WallRule:
    """Which walls count: those within `tolerance` times the `quantile` of the walls around at the same angle [D]."""

    quantile: float
    tolerance: float


MIDLINE_RULE = WallRule(quantile=0.5, tolerance=1.35)
"""Towards bodies, discs and laminae most walls are real: only the far side of a gap is further out."""

LATERAL_RULE = WallRule(quantile=0.1, tolerance=1.1)
"""Towards the foramina only the pedicles are wall, a third of the length; a ray beside one runs on into the foramen."""

LATERAL_DEG = (35, 125)
"""Angles from anterior, to both sides, under which the foramina lie."""


def canal_along(at: Mapping[Level, Frame], half_heights_mm: Mapping[Level, float], bone: Mask) -> Canal:
    """Canal through the canal centres of the vertebrae, from the top of the first to the end of the last.

    `at` has the frame of each vertebra with its origin in the canal; `bone` is the union of all vertebrae.
    """
    levels = sorted(at, key=lambda level: level.order)
    curve, knots = _centreline(levels, at, half_heights_mm, bone.grid)
    count = max(round(curve.length_mm / STEP_MM), 1) + 1
    arc = np.linspace(0.0, curve.length_mm, count)
    facing = _interpolated_directions(arc, knots, np.array([at[level].anterior for level in levels]))
    frames = tuple(frames_along(curve, arc, anterior=facing))
    radii, walled = _walls(frames, bone)
    borders = (knots[1:] + knots[:-1]) / 2
    names = tuple(levels[index] for index in np.searchsorted(borders, arc))
    return Canal(
        centreline=curve,
        step_mm=float(arc[1] - arc[0]),
        frames=frames,
        arc_mm=arc,
        levels=names,
        radii_mm=radii,
        walled=walled,
        mask=_mask(curve, frames, arc, radii, bone),
    )


def _centreline(
    levels: list[Level], at: Mapping[Level, Frame], half_heights_mm: Mapping[Level, float], grid: Grid
) -> tuple[Polyline, NDArray[np.float64]]:
    """Spline through the centres, straight for half a vertebra beyond both ends; and the arc length of each centre."""
    points = np.array([at[level].origin_mm for level in levels])
    if len(points) == 1:
        along = at[levels[0]].superior * STEP_MM / 2
        inner = np.array([points[0] + along, points[0] - along])
    elif len(points) == 2:
        inner = points
    else:
        chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        fine = np.linspace(0.0, chord[-1], max(int(chord[-1] / STEP_MM), 2) + 1)
        inner = np.asarray(CubicSpline(chord, points, bc_type="natural")(fine))
    first, last = half_heights_mm[levels[0]], half_heights_mm[levels[-1]]
    head = inner[0] + first * unit(inner[0] - inner[1])
    tail = inner[-1] + last * unit(inner[-1] - inner[-2])
    whole = Polyline(np.vstack([head, inner, tail])).resampled(STEP_MM)
    curve = Polyline(_inside(whole.points_mm, grid)).resampled(STEP_MM)
    return curve, curve.nearest_arc_mm(points)


def _inside(points: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Points within the scan, half a voxel beyond its outer centres; the ends of the curve are cut where it leaves."""
    voxels = grid.to_voxel(points)
    inside = ((voxels >= -0.5) & (voxels <= np.array(grid.shape) - 0.5)).all(axis=1)
    kept = np.flatnonzero(inside)
    return points[kept[0] : kept[-1] + 1] if len(kept) >= 2 else points


def _interpolated_directions(
    arc: NDArray[np.float64], knots: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    found = np.stack([np.interp(arc, knots, directions[:, axis]) for axis in range(3)], axis=-1)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _walls(frames: tuple[Frame, ...], bone: Mask) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Distance to bone along every ray, gaps bridged along the canal; and where bone was really met."""
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    steps = np.arange(START_MM, REACH_MM + RAY_STEP_MM / 2, RAY_STEP_MM)
    origins = np.array([frame.origin_mm for frame in frames])
    rights = np.array([frame.right for frame in frames])
    anteriors = np.array([frame.anterior for frame in frames])
    rays = np.cos(angles)[:, None] * anteriors[:, None, :] + np.sin(angles)[:, None] * rights[:, None, :]
    points = origins[:, None, None, :] + steps[None, None, :, None] * rays[:, :, None, :]
    values = sampled_at(bone, points)
    solid = values > 0.5 - 1e-6
    met: NDArray[np.bool_] = np.any(solid, axis=2)
    first = solid.argmax(axis=2)
    before = np.take_along_axis(values, np.maximum(first - 1, 0)[..., None], axis=2)[..., 0].astype(np.float64)
    there = np.take_along_axis(values, first[..., None], axis=2)[..., 0].astype(np.float64)
    back = np.where(first > 0, np.clip((there - 0.5) / np.maximum(there - before, 1e-6), 0, 1), 0.0)
    radii = np.where(met, steps[first] - RAY_STEP_MM * back, np.nan)
    return _bridged(radii, met)


def _bridged(radii: NDArray[np.float64], met: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Replace missing and far walls by interpolation along the canal at the same angle, then by the neighbours'."""
    walled = met & (radii <= _farthest_walls(radii))
    filled = np.full_like(radii, np.nan)
    stations = np.arange(len(radii))
    for angle in range(radii.shape[1]):
        known = walled[:, angle]
        if known.any():
            filled[:, angle] = np.interp(stations, stations[known], radii[known, angle])
    around = np.arange(radii.shape[1])
    for row in filled:
        known = np.isfinite(row)
        if known.any() and not known.all():
            row[:] = np.interp(around, around[known], row[known], period=radii.shape[1])
    if not np.isfinite(filled).all():
        filled = np.where(np.isfinite(filled), filled, START_MM)
    wrapped = np.pad(filled, ((0, 0), (1, 1)), mode="wrap")
    return ndimage.median_filter(wrapped, size=(3, 3), mode="nearest")[:, 1:-1], walled


def _farthest_walls(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far out a wall counts, from the walls at one angle within `USUAL_OVER_MM`; infinite where none is known."""
    half = int(USUAL_OVER_MM / STEP_MM) // 2
    degrees = np.arange(radii.shape[1]) * 360 / radii.shape[1]
    lateral = (np.minimum(degrees, 360 - degrees) >= LATERAL_DEG[0]) & (
        np.minimum(degrees, 360 - degrees) <= LATERAL_DEG[1]
    )
    farthest = np.full(radii.shape, np.inf)
    known = np.where(np.isfinite(radii), radii, np.inf)
    for station in range(len(radii)):
        window = np.sort(known[max(station - half, 0) : station + half + 1], axis=0)
        for rule, angles in ((MIDLINE_RULE, ~lateral), (LATERAL_RULE, lateral)):
            farthest[station, angles] = rule.tolerance * _quantile(window[:, angles], rule.quantile)
    return farthest


def _quantile(sorted_walls: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Quantile (m,) of the finite values of each sorted column (n, m); infinite where there are none."""
    counts = np.isfinite(sorted_walls).sum(axis=0)
    place = share * np.maximum(counts - 1, 0)
    lower = np.floor(place).astype(np.intp)
    upper = np.minimum(lower + 1, np.maximum(counts - 1, 0))
    columns = np.arange(sorted_walls.shape[1])
    low, high = sorted_walls[lower, columns], sorted_walls[upper, columns]
    found = np.full(low.shape, np.inf)
    some = counts > 0
    found[some] = low[some] + (place - lower)[some] * (high[some] - low[some])
    return found


def _mask(
    curve: Polyline, frames: tuple[Frame, ...], arc: NDArray[np.float64], radii: NDArray[np.float64], bone: Mask
) -> Mask:
    """Voxels inside the walls that are not bone."""
    from scipy.spatial import cKDTree

    grid = bone.grid
    reach = REACH_MM + max(grid.spacing_mm)
    directions = np.array(np.meshgrid(*[(-reach, reach)] * 3)).T.reshape(-1, 1, 3)
    corners = grid.to_voxel((curve.points_mm + directions).reshape(-1, 3))
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, np.array(grid.shape) - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 1, np.array(grid.shape))
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    voxels = np.argwhere(_near_curve(curve, grid, box, reach) & ~bone.array[box]) + low
    points = grid.to_world(voxels)
    origins = np.array([frame.origin_mm for frame in frames])
    found = cKDTree(origins).query(points, distance_upper_bound=reach)
    distance, nearest = np.atleast_1d(found[0]), np.atleast_1d(found[1])
    near = np.isfinite(distance)
    voxels, points, nearest = voxels[near], points[near], nearest[near]
    axes = np.array([frame.axes for frame in frames])[nearest]
    local = np.einsum("nij,nj->ni", axes, points - origins[nearest])
    angle = np.arctan2(local[:, 0], local[:, 1]) % (2 * np.pi) / (2 * np.pi) * ANGLES
    lower = np.floor(angle).astype(int) % ANGLES
    share = angle - np.floor(angle)
    wall = (1 - share) * radii[nearest, lower] + share * radii[nearest, (lower + 1) % ANGLES]
    end = float(arc[1] - arc[0])
    inside = (np.hypot(local[:, 0], local[:, 1]) <= wall) & (np.abs(local[:, 2]) <= end)
    array = np.zeros(grid.shape, bool)
    array[tuple(voxels[inside].T)] = True
    return Mask(array, grid.affine)


def _near_curve(curve: Polyline, grid: Grid, box: Box, reach_mm: float) -> NDArray[np.bool_]:
    """Voxels of the block within `reach_mm` of the curve, a little generously (the curve is rounded to voxels)."""
    import edt

    shape = tuple(part.stop - part.start for part in box)
    voxels = np.rint(grid.to_voxel(curve.points_mm)).astype(int) - [part.start for part in box]
    inside = ((voxels >= 0) & (voxels < shape)).all(axis=1)
    away = np.ones(shape, np.uint8)
    away[tuple(voxels[inside].T)] = 0
    distance = edt.edt(away, anisotropy=grid.spacing_mm)
    return np.asarray(distance <= reach_mm + float(np.linalg.norm(grid.spacing_mm)))
