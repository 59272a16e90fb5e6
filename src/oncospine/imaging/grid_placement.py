"""A mask that covers a part of the scan (or has its axes turned) put onto the scan's grid, voxel by voxel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import SAME_GRID_MM, Grid
from oncospine.imaging.segments import Segment, Segmentation


def placed_on(segmentation: Segmentation, grid: Grid, *, name: str) -> Segmentation:
    """The same segments on `grid`; refused where the voxels do not coincide, because nothing is resampled here."""
    if segmentation.grid.is_same_as(grid):
        return segmentation
    order, signs, offset = _voxel_map(segmentation.grid, grid, name=name)
    return replace(
        segmentation,
        grid=grid,
        segments=tuple(
            Segment(
                number=item.number,
                name=item.name,
                structure=item.structure,
                voxels=_moved(item, grid.shape, order=order, signs=signs, offset=offset, name=name),
            )
            for item in segmentation.segments
        ),
    )


def _voxel_map(own: Grid, grid: Grid, *, name: str) -> tuple[tuple[int, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Axis order, direction and offset that lead from own voxels to those of `grid`."""
    matrix = grid.voxel_from_world @ own.affine
    whole = np.rint(matrix)
    corners = own.corners_mm()
    linear = np.abs(whole[:3, :3])
    is_turn = bool((linear.sum(axis=0) == 1).all() and (linear.sum(axis=1) == 1).all())
    ends = np.array([[i, j, k, 1.0] for i, j, k in np.rint(own.to_voxel(corners))])
    off_mm = np.linalg.norm(grid.to_world((ends @ whole.T)[:, :3]) - corners, axis=1).max()
    if not is_turn or off_mm > SAME_GRID_MM:
        raise InputError(
            f"{name} does not lie on the voxels of the scan.\n  scan: {grid.described()}\n  {name}: {own.described()}\n"
            "Use a segmentation made on this scan."
        )
    order = tuple(int(np.abs(whole[axis, :3]).argmax()) for axis in range(3))
    signs = np.array([int(whole[axis, order[axis]]) for axis in range(3)])
    return order, signs, whole[:3, 3].astype(np.int64)


def _moved(
    item: Segment,
    shape: tuple[int, int, int],
    *,
    order: tuple[int, ...],
    signs: NDArray[np.int64],
    offset: NDArray[np.int64],
    name: str,
) -> Callable[[], NDArray[np.bool_]]:
    def voxels() -> NDArray[np.bool_]:
        own = np.transpose(item.voxels(), order)
        result = np.zeros(shape, np.bool_, order="F")
        source: list[Any] = []
        target: list[Any] = []
        for axis in range(3):
            if signs[axis] < 0:
                own = np.flip(own, axis)
            start = int(offset[axis]) - (own.shape[axis] - 1 if signs[axis] < 0 else 0)
            low, high = max(start, 0), min(start + own.shape[axis], shape[axis])
            target.append(slice(low, max(high, low)))
            source.append(slice(low - start, max(high, low) - start))
        part = own[tuple(source)]
        if np.count_nonzero(part) != np.count_nonzero(own):
            raise InputError(f"{name}: segment {item.number} reaches beyond the scan; it was made on another one")
        result[tuple(target)] = part
        return result

    return voxels
