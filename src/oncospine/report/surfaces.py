"""Surfaces of structures for the 3-D picture: closed triangle meshes in patient space, normals outward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.geometry import Grid, Mask, Point, as_affine, bounding_box, resampled_to, unit

SURFACE_STEP_MM = 1.2
"""Grid of the surfaces in the picture; nothing is measured on them."""

SMOOTHED_MM = 0.9
"""Gaussian that takes the steps between thick slices out of the picture."""

_gaussian_filter: Any = ndimage.gaussian_filter  # the stubs know no in-place output of a float32 array


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles: `vertices_mm` (n, 3) and `faces` (m, 3), counter-clockwise seen from outside."""

    vertices_mm: NDArray[np.float64]
    faces: NDArray[np.int64]

    @property
    def volume_ml(self) -> float:
        """Enclosed volume; negative where the surface is inside out."""
        triangles = self.vertices_mm[self.faces]
        signed = np.einsum("ij,ij->i", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2]))
        return float(signed.sum()) / 6000


def mask_surface(mask: Mask) -> Surface | None:
    """Smoothed surface of a mask; None for an empty one (or one that smoothing leaves nothing of)."""
    import skimage.measure

    marching_cubes: Any = skimage.measure.marching_cubes
    box = bounding_box(mask.array)
    if box is None:
        return None
    padded = _padded(mask.cropped_to(box))
    grid = _fine_grid(padded.grid)
    values = resampled_to(padded, grid)
    _gaussian_filter(values, SMOOTHED_MM / SURFACE_STEP_MM, output=values, mode="constant")
    if not values.max() > LEVEL:
        return None
    vertices, faces, _, _ = marching_cubes(values, LEVEL, gradient_direction="ascent")
    return _outward(Surface(grid.to_world(vertices), faces.astype(np.int64)))


LEVEL = 0.5
"""Occupancy at which a surface lies."""


def rod_surface(start_mm: Point, end_mm: Point, *, diameter_mm: float, around: int = 24) -> Surface:
    """A straight cylinder with closed ends: a screw as the picture has it."""
    start, end = np.asarray(start_mm, dtype=np.float64), np.asarray(end_mm, dtype=np.float64)
    axis = unit(end - start)
    aside = unit(np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())]))
    upright = np.cross(axis, aside)
    angle = np.arange(around) * 2 * np.pi / around
    ring = diameter_mm / 2 * (np.cos(angle)[:, None] * aside + np.sin(angle)[:, None] * upright)
    index = np.arange(around)
    following = np.roll(index, -1)
    first, last = np.full(around, 2 * around), np.full(around, 2 * around + 1)
    faces = np.concatenate(
        [
            np.stack([index, following, index + around], axis=1),
            np.stack([following, following + around, index + around], axis=1),
            np.stack([index, first, following], axis=1),
            np.stack([index + around, following + around, last], axis=1),
        ]
    )
    return _outward(Surface(np.vstack([start + ring, end + ring, start[None], end[None]]), faces))


def _padded(mask: Mask) -> Mask:
    """The same mask with one empty voxel on every side, so that voxels at the edge of a scan keep their outer half."""
    affine = mask.affine.copy()
    affine[:3, 3] = mask.grid.to_world((-1, -1, -1))
    return Mask(np.pad(mask.array, 1), as_affine(affine))


def _outward(surface: Surface) -> Surface:
    """The same surface with its normals outward: a closed surface encloses a positive volume."""
    return surface if surface.volume_ml >= 0 else Surface(surface.vertices_mm, surface.faces[:, ::-1])


def _fine_grid(grid: Grid) -> Grid:
    """Isotropic grid along the same axes with a margin on every side, so that the surface closes."""
    axes = grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0)
    margin = 3 * SMOOTHED_MM + 2 * SURFACE_STEP_MM
    sizes = (np.array(grid.shape) - 1) * grid.spacing_mm
    margins = np.maximum(margin, np.array(grid.spacing_mm) + SURFACE_STEP_MM)
    counts = np.ceil((sizes + 2 * margins) / SURFACE_STEP_MM).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = axes * SURFACE_STEP_MM
    affine[:3, 3] = grid.affine[:3, 3] - axes @ margins
    return Grid((int(counts[0]), int(counts[1]), int(counts[2])), as_affine(affine))
