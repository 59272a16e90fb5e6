"""Grids whose voxels coincide although one covers more than the other: a crop, a shorter series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry.grid import SAME_GRID_MM, Box, Grid, cropped_grid
from oncospine.geometry.volume import Volume


def offset_between(grid: Grid, other: Grid) -> NDArray[np.intp] | None:
    """Voxel of `grid` that is the first voxel of `other`; None where the voxels of the two do not coincide."""
    first = grid.to_voxel(other.affine[:3, 3])
    offset = np.rint(first).astype(np.intp)
    reach = float(max(*grid.shape, *other.shape))
    shift = np.abs(grid.to_world(offset) - other.affine[:3, 3]).max()
    turn = np.abs(grid.affine[:3, :3] - other.affine[:3, :3]).max() * reach
    return offset if shift <= SAME_GRID_MM and turn <= SAME_GRID_MM * 10 else None


def common_grid(one: Grid, other: Grid) -> Grid | None:
    """The grid of the voxels that both have; None where they do not coincide or do not overlap."""
    offset = offset_between(one, other)
    if offset is None:
        return None
    low = np.maximum(offset, 0)
    high = np.minimum(offset + np.array(other.shape), np.array(one.shape))
    if (high <= low).any():
        return None
    return cropped_grid(one, _box(low, high))


def regridded(volume: Volume, grid: Grid) -> Volume | None:
    """`volume` on `grid`, voxels copied without interpolation and 0 where it has none; None where they do not coincide.

    The affine is that of `grid`, so that two images of one grid share it exactly.
    """
    offset = offset_between(volume.grid, grid)
    if offset is None:
        return None
    low = np.maximum(offset, 0)
    high = np.minimum(offset + np.array(grid.shape), np.array(volume.array.shape))
    if (low == offset).all() and (high == offset + np.array(grid.shape)).all():
        return Volume(volume.array[_box(low, high)], grid.affine)
    array = np.zeros(grid.shape, volume.array.dtype)
    if (high > low).all():
        array[_box(low - offset, high - offset)] = volume.array[_box(low, high)]
    return Volume(array, grid.affine)


def _box(low: NDArray[np.intp], high: NDArray[np.intp]) -> Box:
    parts = [slice(int(a), int(b)) for a, b in zip(low, high, strict=True)]
    return parts[0], parts[1], parts[2]
