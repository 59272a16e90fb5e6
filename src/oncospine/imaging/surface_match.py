"""Rigid motion that lays one surface on another: signed distances in a band about both surfaces made equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from oncospine.geometry import Affine, Grid, as_affine

BANDS_MM = (8.0, 2.0)
"""Distance from the surface of the voxels that are compared: wide to find the way, narrow to be exact."""

MAX_POINTS = 6000
"""Voxels of a band that are compared; more cost time and give no accuracy."""

_STEPS = 40
_DONE_MM = 1e-4
_DAMPING = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistanceMap:
    """Signed distance to a surface in mm (inside negative), cut off far from it, on an upright grid."""

    values: NDArray[np.float32]
    grid: Grid

    def band(self, width_mm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centres (n, 3) of voxels within `width_mm` of the surface, evenly taken, and their distances (n,)."""
        voxel = np.argwhere(np.abs(self.values) <= width_mm)
        voxel = voxel[:: max(1, len(voxel) // MAX_POINTS)]
        return self.grid.to_world(voxel), self.values[tuple(voxel.T)].astype(np.float64)

    def at(self, points_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance (n,) and its gradient (n, 3) at points; beyond the grid the distance of the nearest voxel."""
        voxel = self.grid.to_voxel(points_mm).T
        distance = map_coordinates(self.values, voxel, order=1, mode="nearest").astype(np.float64)
        gradient = np.empty((len(points_mm), 3))
        for axis, step in enumerate(self.grid.spacing_mm):
            shift = np.zeros((3, 1))
            shift[axis] = 0.5
            ahead, behind = (
                map_coordinates(self.values, voxel + way * shift, order=1, mode="nearest") for way in (1, -1)
            )
            gradient[:, axis] = (ahead - behind) / step
        return distance, gradient


def matched(fixed: DistanceMap, moving: DistanceMap, start: Affine) -> Affine:
    """The rigid motion (moving to fixed) near `start` that makes the signed distances agree, in both directions.

    Notes
    -----
    Gauss-Newton with Levenberg-Marquardt damping over three turns and three shifts. Points near either surface are
    compared, so that a piece that only one of the masks has pulls from its own side alone.
    """
    pose = np.array(start, np.float64)
    for width in BANDS_MM:
        ones, others = fixed.band(width), moving.band(width)
        if not len(ones[0]) or not len(others[0]):
            return as_affine(pose)
        pose = _descended(fixed, moving, pose, ones, others)
    return as_affine(pose)


_Band = tuple[NDArray[np.float64], NDArray[np.float64]]


def _descended(
    fixed: DistanceMap, moving: DistanceMap, pose: NDArray[np.float64], ones: _Band, others: _Band
) -> NDArray[np.float64]:
    """The pose at the bottom, by steps that are taken only where they improve the agreement."""
    middle = ones[0].mean(axis=0)
    reach = float(np.linalg.norm(ones[0] - middle, axis=1).max())
    damping = _DAMPING
    cost, slope, curvature = _agreement(fixed, moving, pose, ones, others, middle)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature) + 1e-12), -slope).astype(np.float64)
        tried = _moved(pose, step, middle)
        result = _agreement(fixed, moving, tried, ones, others, middle)
        if result[0] < cost:
            pose, (cost, slope, curvature), damping = tried, result, damping / 5
        else:
            damping *= 5
        if np.abs(step[3:]).max() + reach * np.abs(step[:3]).max() < _DONE_MM:
            break
    return pose


def _agreement(
    fixed: DistanceMap,
    moving: DistanceMap,
    pose: NDArray[np.float64],
    ones: _Band,
    others: _Band,
    middle: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Mean squared difference of distances, its slope over a further turn and shift about `middle`, its curvature."""
    back = np.linalg.inv(pose)
    moved = others[0] @ pose[:3, :3].T + pose[:3, 3]
    there, uphill = fixed.at(moved)
    here, uphill_moving = moving.at(ones[0] @ back[:3, :3].T + back[:3, 3])
    parts = (
        (there - others[1], np.hstack([np.cross(moved - middle, uphill), uphill])),
        (here - ones[1], -np.hstack([np.cross(ones[0] - middle, turned := uphill_moving @ pose[:3, :3].T), turned])),
    )
    cost, slope, curvature = 0.0, np.zeros(6), np.zeros((6, 6))
    for left, rows in parts:
        cost += float((left**2).mean())
        slope += rows.T @ left / len(left)
        curvature += rows.T @ rows / len(left)
    return cost, slope, curvature


def _moved(pose: NDArray[np.float64], step: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """`pose` followed by a turn (rotation vector) about `middle` and a shift."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_rotvec(step[:3]).as_matrix()
    change = np.eye(4)
    change[:3, :3] = turn
    change[:3, 3] = middle - turn @ middle + step[3:]
    return np.asarray(change @ pose)
