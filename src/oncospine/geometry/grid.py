"""A voxel grid in patient space: its shape and its affine, without data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import GeometryError

Affine = NDArray[np.float64]
"""(4, 4) matrix from voxel indices (i, j, k, 1) to patient space, RAS+ millimetres."""

SAME_GRID_MM = 0.01
"""Two grids are one when no corner differs by more: the rounding of headers, far below a voxel."""


def as_affine(value: ArrayLike) -> Affine:
    """Copy `value` into a read-only `Affine`, or say why it is not one."""
    affine = np.array(value, dtype=np.float64)
    if affine.shape != (4, 4):
        raise GeometryError(f"an affine needs shape (4, 4), got {affine.shape}")
    if not np.isfinite(affine).all():
        raise GeometryError(f"the affine holds numbers that are not finite: {affine.tolist()}")
    if not np.allclose(affine[3], (0, 0, 0, 1)):
        raise GeometryError(f"the last row of an affine is 0 0 0 1, got {affine[3].tolist()}")
    if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise GeometryError(f"the affine is singular (voxels without volume): {affine[:3].tolist()}")
    affine.flags.writeable = False
    return affine


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Shape (ni, nj, nk) and affine of a 3-D image, RAS+ mm."""

    shape: tuple[int, int, int]
    affine: Affine

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise GeometryError(f"a grid has three axes of at least one voxel, got shape {shape}")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", as_affine(self.affine))

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along each array axis."""
        steps = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(steps[0]), float(steps[1]), float(steps[2])

    @property
    def voxel_volume_mm3(self) -> float:
        """|det| of the affine, so also right for sheared grids."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def voxel_from_world(self) -> Affine:
        """Inverse of the affine."""
        return np.asarray(np.linalg.inv(self.affine), dtype=np.float64)

    @property
    def is_orthogonal(self) -> bool:
        """True if the array axes stand at right angles (no shear, no gantry tilt)."""
        axes = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-4))

    def to_world(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """World points (..., 3) of voxel indices (..., 3)."""
        indices = np.asarray(ijk, dtype=np.float64)
        return indices @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_voxel(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional voxel indices (..., 3) of world points (..., 3)."""
        inverse = self.voxel_from_world
        return np.asarray(points_mm, dtype=np.float64) @ inverse[:3, :3].T + inverse[:3, 3]

    def corners_mm(self) -> NDArray[np.float64]:
        """World positions (8, 3) of the centres of the corner voxels."""
        ends = [(0, n - 1) for n in self.shape]
        return self.to_world(np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3))

    def is_same_as(self, other: Grid) -> bool:
        """True if both grids have one shape and their corners agree within `SAME_GRID_MM`."""
        if self.shape != other.shape:
            return False
        return bool(np.abs(self.corners_mm() - other.corners_mm()).max() <= SAME_GRID_MM)

    def described(self) -> str:
        """One line for error messages: shape, spacing, axes, origin."""
        from nibabel.orientations import aff2axcodes

        axes = "".join(code or "?" for code in aff2axcodes(self.affine))
        spacing = " x ".join(f"{step:.3f}" for step in self.spacing_mm)
        origin = ", ".join(f"{value:.2f}" for value in self.affine[:3, 3])
        return f"shape {self.shape}, voxels {spacing} mm, axes {axes}, first voxel at RAS ({origin}) mm"


Box = tuple[slice, slice, slice]
"""A block of voxels, one slice per axis, with explicit start and stop."""


def cropped_grid(grid: Grid, box: Box) -> Grid:
    """The grid of the block `box` of `grid`."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.to_world([part.start for part in box])
    return Grid((box[0].stop - box[0].start, box[1].stop - box[1].start, box[2].stop - box[2].start), affine)


def bounding_box(mask: NDArray[Any], *, margin: int = 0) -> Box | None:
    """Smallest block that holds all non-zero voxels, `margin` voxels wider on each side; None if all are zero."""
    parts = []
    for axis in range(3):
        other = tuple(a for a in range(3) if a != axis)
        found = np.flatnonzero(mask.any(axis=other))
        if found.size == 0:
            return None
        start = max(int(found[0]) - margin, 0)
        parts.append(slice(start, min(int(found[-1]) + 1 + margin, mask.shape[axis])))
    return parts[0], parts[1], parts[2]


def voxels_of(mask: NDArray[Any]) -> NDArray[np.intp]:
    """Indices (n, 3) of the non-zero voxels in the order of the array, looked for in the block that holds them."""
    box = bounding_box(mask)
    if box is None:
        return np.empty((0, 3), np.intp)
    return np.asarray(np.argwhere(mask[box]) + [part.start for part in box], dtype=np.intp)


def widened(box: Box, grid: Grid, margin_mm: float) -> Box:
    """The block of `grid` at least `margin_mm` wider on each side, ending where the grid ends."""
    parts = []
    for part, step, size in zip(box, grid.spacing_mm, grid.shape, strict=True):
        margin = int(np.ceil(margin_mm / step))
        parts.append(slice(max(part.start - margin, 0), min(part.stop + margin, size)))
    return parts[0], parts[1], parts[2]


def united(boxes: Iterable[Box]) -> Box:
    """The smallest block that holds all of one or more blocks."""
    axes = [(min(p.start for p in parts), max(p.stop for p in parts)) for parts in zip(*boxes, strict=True)]
    return slice(*axes[0]), slice(*axes[1]), slice(*axes[2])


def overlap(one: Box, other: Box) -> Box | None:
    """The block that two blocks share; None where they share no voxel."""
    axes = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True)]
    if any(stop <= start for start, stop in axes):
        return None
    return slice(*axes[0]), slice(*axes[1]), slice(*axes[2])


def shifted(box: Box, into: Box) -> Box:
    """The block `box`, counted from the first voxel of the block `into`."""
    axes = [(part.start - origin.start, part.stop - origin.start) for part, origin in zip(box, into, strict=True)]
    return slice(*axes[0]), slice(*axes[1]), slice(*axes[2])


def label_boxes(labels: NDArray[Any]) -> dict[int, Box]:
    """The smallest block that holds each positive label of an integer array, from one pass over it."""
    from scipy.ndimage import find_objects

    turned = labels.ndim > 0 and labels.flags.f_contiguous
    found = find_objects(labels.T if turned else labels)
    boxes = {code: (part[::-1] if turned else part) for code, part in enumerate(found, start=1) if part is not None}
    return {code: (part[0], part[1], part[2]) for code, part in boxes.items()}
