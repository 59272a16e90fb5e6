"""Slices of a tilted gantry as an upright volume: each slice is moved in its own plane, nothing is stacked askew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import Affine, as_affine
from oncospine.imaging.byte_stream import MAX_VOXELS


def straightened(
    array: NDArray[Any], affine: Affine, *, shift_px: NDArray[np.float64], fill: float
) -> tuple[NDArray[Any], Affine]:
    """Voxels (i, j, k) on the orthogonal grid of the first slice, widened to hold every slice whole.

    `shift_px` (n, 2) is where each slice lies against the first, in pixels along i and j. Values between pixels are
    linear; what no slice covers, or covers only in part, is `fill` (a mixture would look like tissue).
    Integer arrays stay integer (rounded).
    """
    low = np.floor(shift_px.min(axis=0)).astype(int)
    high = np.ceil(shift_px.max(axis=0)).astype(int)
    ni, nj, nk = array.shape
    wide = (ni + high[0] - low[0], nj + high[1] - low[1], nk)
    if math.prod(wide) > MAX_VOXELS:
        raise InputError(f"straightening the tilted series needs {math.prod(wide)} voxels; export fewer slices")
    result = np.full(wide, fill, array.dtype, order="F")
    for k in range(nk):
        moved = array[:, :, k].astype(np.float32)
        origin = [0, 0]
        for axis in range(2):
            shift = float(shift_px[k, axis] - low[axis])
            moved, origin[axis] = _moved(moved, axis=axis, shift=shift, fill=fill)
        block = np.rint(moved) if array.dtype.kind in "iu" else moved
        i, j = origin
        part = result[i : i + block.shape[0], j : j + block.shape[1], k]
        part[:] = block[: part.shape[0], : part.shape[1]]
    start = affine.copy()
    start[:3, 3] += affine[:3, 0] * low[0] + affine[:3, 1] * low[1]
    return result, as_affine(start)


def _moved(plane: NDArray[np.float32], *, axis: int, shift: float, fill: float) -> tuple[NDArray[np.float32], int]:
    """The plane one pixel longer along `axis`, its content moved by the fraction of `shift`, and the whole part."""
    whole = math.floor(shift)
    part = np.float32(shift - whole)
    if part == 0:
        return plane, whole
    ends, starts, edges = ([slice(None), slice(None)] for _ in range(3))
    ends[axis], starts[axis], edges[axis] = slice(0, -1), slice(1, None), slice(1, -1)
    size = list(plane.shape)
    size[axis] += 1
    moved = np.full(size, fill, np.float32)
    moved[tuple(edges)] = plane[tuple(ends)] * part + plane[tuple(starts)] * (1 - part)
    return moved, whole
