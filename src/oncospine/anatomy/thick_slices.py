"""Labels of thick slices, interpolated by shape: a leaning surface is a slope between slices, not a flight of steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Grid, Volume

THICK_RATIO = 1.5
"""Slices thicker than this many voxels of their own plane are interpolated; below it the steps are those of a voxel."""


def are_thick(grid: Grid) -> bool:
    """Whether the slices of a grid are so thick that they are interpolated."""
    return _parts(grid) > 1


def _parts(grid: Grid) -> int:
    """Into how many a slice is divided to make its voxels near cubes."""
    spacing = np.array(grid.spacing_mm)
    axis = int(spacing.argmax())
    in_plane = float(np.delete(spacing, axis).max())
    return 1 if spacing[axis] <= THICK_RATIO * in_plane else round(float(spacing[axis]) / in_plane)


def interpolated_by_shape(bone: Volume) -> Volume:
    """The bone (0/1, with an empty border) with each thick slice divided into as many as make its voxels near cubes.

    The signed distance to the surface is interpolated from slice to slice (Raya and Udupa, IEEE Trans Med Imaging
    1990;9:32, there in the plane, here in space, so that flat ends stay midway between two slices).
    """
    import edt

    spacing, parts = np.array(bone.grid.spacing_mm), _parts(bone.grid)
    if parts < 2:
        return bone
    axis = int(spacing.argmax())
    inside = np.ascontiguousarray(bone.array > 0)
    anisotropy = tuple(float(step) for step in spacing)
    depth = edt.edt(inside, anisotropy=anisotropy) - edt.edt(~inside, anisotropy=anisotropy)
    return Volume(_divided(np.moveaxis(depth, axis, 0), parts, axis), _divided_affine(bone, parts, axis))


def _divided(depth: NDArray[np.float32], parts: int, axis: int) -> NDArray[np.uint8]:
    """Bone (0/1) where the distance, interpolated along the first axis, is positive; that axis goes back to `axis`."""
    count = len(depth)
    places = np.clip((np.arange(count * parts) + 0.5) / parts - 0.5, 0, count - 1)
    lower = np.minimum(places.astype(int), count - 2)
    share = (places - lower).astype(np.float32)[:, None, None]
    between = (1 - share) * depth[lower] + share * depth[lower + 1]
    return np.ascontiguousarray(np.moveaxis((between > 0).astype(np.uint8), 0, axis))


def _divided_affine(bone: Volume, parts: int, axis: int) -> NDArray[np.float64]:
    affine = bone.affine.copy()
    affine[:3, axis] /= parts
    affine[:3, 3] -= affine[:3, axis] * (parts - 1) / 2
    return affine
