"""Sampling volumes on other grids: aligned blocks, oblique planes, sections perpendicular to a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.geometry.frame import Frame
from oncospine.geometry.grid import Affine, Grid, as_affine
from oncospine.geometry.volume import Mask, Volume

_affine_transform: Any = ndimage.affine_transform  # the stubs know no float32 output of integer input
_map_coordinates: Any = ndimage.map_coordinates


def resampled_to(volume: Volume | Mask, grid: Grid, *, order: int = 1, outside: float = 0.0) -> NDArray[np.float32]:
    """Values (float32) of `volume` at the voxel centres of `grid`; `order` 0 is nearest, 1 linear.

    A mask sampled linearly gives an occupancy 0..1, whose sum times the voxel volume is a partial-volume measure.
    """
    to_source = volume.grid.voxel_from_world @ grid.affine
    box, shifted = _needed_block(to_source, grid.shape, volume.array.shape)
    source: NDArray[Any] = np.ascontiguousarray(volume.array[box])
    if source.dtype == np.bool_:
        source = source.view(np.uint8)
    result: NDArray[np.float32] = np.empty(grid.shape, np.float32)
    if source.size == 0:
        result.fill(outside)
        return result
    _affine_transform(
        source,
        shifted[:3, :3],
        offset=shifted[:3, 3],
        output_shape=grid.shape,
        output=result,
        order=order,
        mode="constant",
        cval=outside,
        prefilter=False,
    )
    return result


def frame_grid(frame: Frame, *, low_mm: Sequence[float], high_mm: Sequence[float], step_mm: float) -> Grid:
    """Grid aligned with a frame, axes right, anterior, superior, covering low..high (mm from the origin).

    Samples lie on multiples of the step, so a block from -x to x is symmetric about the origin.
    """
    first = np.ceil(np.asarray(low_mm, dtype=np.float64) / step_mm - 1e-9)
    last = np.floor(np.asarray(high_mm, dtype=np.float64) / step_mm + 1e-9)
    affine = np.eye(4)
    affine[:3, :3] = frame.axes.T * step_mm
    affine[:3, 3] = frame.to_world(first * step_mm)
    counts = (last - first).astype(int) + 1
    return Grid((int(counts[0]), int(counts[1]), int(counts[2])), as_affine(affine))


def section_points(frames: Sequence[Frame], *, half_width_mm: float, step_mm: float) -> NDArray[np.float64]:
    """World points (n, m, m, 3) of square sections across the superior axes of n frames.

    Axis 1 runs to the right, axis 2 anteriorly, both from -half_width to +half_width; the origin is a sample.
    """
    half = round(half_width_mm / step_mm)
    offsets = np.arange(-half, half + 1) * step_mm
    origins = np.array([frame.origin_mm for frame in frames])
    rights = np.array([frame.right for frame in frames])
    anteriors = np.array([frame.anterior for frame in frames])
    to_right = offsets[None, :, None, None] * rights[:, None, None, :]
    forwards = offsets[None, None, :, None] * anteriors[:, None, None, :]
    return np.asarray(origins[:, None, None, :] + to_right + forwards)


def sampled_at(
    volume: Volume | Mask, points_mm: NDArray[np.float64], *, order: int = 1, outside: float = 0.0
) -> NDArray[np.float32]:
    """Values (...,) of `volume` at world points (..., 3)."""
    voxels = volume.grid.to_voxel(points_mm)
    low = np.floor(voxels.reshape(-1, 3).min(axis=0)).astype(int) - 1
    high = np.ceil(voxels.reshape(-1, 3).max(axis=0)).astype(int) + 2
    box = tuple(
        slice(min(max(a, 0), n), max(min(b, n), 0)) for a, b, n in zip(low, high, volume.array.shape, strict=True)
    )
    source: NDArray[Any] = np.ascontiguousarray(volume.array[box])
    if source.size == 0:
        return np.full(points_mm.shape[:-1], outside, np.float32)
    if source.dtype == np.bool_:
        source = source.view(np.uint8)
    shifted = np.moveaxis(voxels - [part.start for part in box], -1, 0)
    result = np.empty(points_mm.shape[:-1], np.float32)
    _map_coordinates(source, shifted, output=result, order=order, mode="constant", cval=outside, prefilter=False)
    return result


def _needed_block(
    to_source: NDArray[np.float64], shape: tuple[int, int, int], source_shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], Affine]:
    """Block of the source that the target needs (one voxel wider), and the map into that block."""
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    corners = to_source[:3, :3] @ ends + to_source[:3, 3:4]
    low = np.clip(np.floor(corners.min(axis=1)).astype(int) - 1, 0, source_shape)
    high = np.clip(np.ceil(corners.max(axis=1)).astype(int) + 2, 0, source_shape)
    shifted = to_source.copy()
    shifted[:3, 3] -= low
    box = tuple(slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    return box, shifted
