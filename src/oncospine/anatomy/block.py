"""One vertebra resampled on its own frame: the form in which it is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Frame, Grid, Volume, frame_grid, resampled_to

STEP_MM = 0.75
"""Sampling of a vertebra on its own frame: near the in-plane voxel of a spine CT, the same for every scan."""

SOLID = 0.5 - 1e-6
"""Occupancy from which a sample is bone: one half, a hair lower so that rounding cannot decide an exact tie."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Occupancy 0..1 (nr, na, ns) of one vertebra on a frame whose origin is the centre of its canal.

    `r_mm`, `a_mm`, `s_mm` are the coordinates of the samples along right, anterior and superior.
    """

    frame: Frame
    grid: Grid
    r_mm: NDArray[np.float64]
    a_mm: NDArray[np.float64]
    s_mm: NDArray[np.float64]
    occupancy: NDArray[np.float32]

    @property
    def solid(self) -> NDArray[np.bool_]:
        return np.asarray(self.occupancy > SOLID)

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates broadcastable to the block: (nr, 1, 1), (1, na, 1), (1, 1, ns)."""
        return self.r_mm[:, None, None], self.a_mm[None, :, None], self.s_mm[None, None, :]


def block_of(bone: Volume, frame: Frame) -> Block:
    """Resample the bone of one vertebra (0/1) on `frame`, symmetric to its left and right, all of it in view."""
    low, high = _extent(bone, frame)
    reach = max(-low[0], high[0])
    low_mm, high_mm = (-reach, low[1], low[2]), (reach, high[1], high[2])
    grid = frame_grid(frame, low_mm=low_mm, high_mm=high_mm, step_mm=STEP_MM)
    first = frame.to_local(grid.affine[:3, 3])
    return Block(
        frame=frame,
        grid=grid,
        r_mm=first[0] + STEP_MM * np.arange(grid.shape[0]),
        a_mm=first[1] + STEP_MM * np.arange(grid.shape[1]),
        s_mm=first[2] + STEP_MM * np.arange(grid.shape[2]),
        occupancy=resampled_to(bone, grid),
    )


def _extent(bone: Volume, frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest local coordinates of the bone, one voxel diagonal and one step wider."""
    voxels = np.argwhere(bone.array)
    local = frame.to_local(bone.grid.to_world(voxels))
    margin = float(np.linalg.norm(bone.affine[:3, :3].sum(axis=1))) + STEP_MM
    return local.min(axis=0) - margin, local.max(axis=0) + margin
