"""One vertebra resampled on its own frame: the form in which it is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Frame, Grid, Volume, frame_grid, resampled_to

STEP_MM = 0.75
"""Sampling of a vertebra on its own frame: near the in-plane voxel of a spine CT, the same for every scan."""

COARSE_STEP_MM = 1.5
"""Sampling while the frame is still being found; heights are interpolated between samples all the same."""

SOLID = 0.5 - 1e-6
"""Occupancy from which a sample is bone: one half, a hair lower so that rounding cannot decide an exact tie."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Occupancy 0..1 (nr, na, ns) of one vertebra on a frame whose origin is the centre of its canal.

    `r_mm`, `a_mm`, `s_mm` are the coordinates of the samples along right, anterior and superior, `step_mm` apart.
    """

    frame: Frame
    grid: Grid
    step_mm: float
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


def block_of(bone: Volume, points_mm: NDArray[np.float64], frame: Frame, *, step_mm: float = STEP_MM) -> Block:
    """Resample the bone of one vertebra (0/1) on `frame`, symmetric to its left and right, all of it in view.

    `points_mm` are the centres of its voxels.
    """
    margin = float(np.linalg.norm(bone.affine[:3, :3].sum(axis=1))) + step_mm
    local = frame.to_local(points_mm)
    low, high = local.min(axis=0) - margin, local.max(axis=0) + margin
    reach = max(-low[0], high[0])
    low_mm, high_mm = (-reach, low[1], low[2]), (reach, high[1], high[2])
    grid = frame_grid(frame, low_mm=low_mm, high_mm=high_mm, step_mm=step_mm)
    first = np.rint(frame.to_local(grid.affine[:3, 3]) / step_mm) * step_mm
    return Block(
        frame=frame,
        grid=grid,
        step_mm=step_mm,
        r_mm=first[0] + step_mm * np.arange(grid.shape[0]),
        a_mm=first[1] + step_mm * np.arange(grid.shape[1]),
        s_mm=first[2] + step_mm * np.arange(grid.shape[2]),
        occupancy=resampled_to(bone, grid),
    )
