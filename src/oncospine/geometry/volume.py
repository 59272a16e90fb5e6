"""Images and masks that own their place in the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import GeometryError
from oncospine.geometry.grid import Affine, Box, Grid, as_affine, cropped_grid, voxels_of


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A 3-D array (i, j, k) with its affine (RAS+ mm). The array is shared, not copied, and read-only here."""

    array: NDArray[Any]
    affine: Affine

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            raise GeometryError(f"a volume has three axes, got an array of shape {self.array.shape}")
        array = self.array.view()
        array.flags.writeable = False
        object.__setattr__(self, "array", array)
        object.__setattr__(self, "affine", as_affine(self.affine))

    @property
    def grid(self) -> Grid:
        ni, nj, nk = self.array.shape
        return Grid((ni, nj, nk), self.affine)

    def cropped_to(self, box: Box) -> Volume:
        """The block `box` of this volume; world positions are kept."""
        return Volume(self.array[box], cropped_grid(self.grid, box).affine)

    def canonical(self) -> Volume:
        """The same voxels with axes reordered and flipped to run closest to Right, Anterior, Superior.

        No interpolation: every voxel keeps its value and its world position, so results computed on the canonical
        volume do not depend on the axis order or direction in the file.
        """
        order, flips = canonical_axes(self.affine)
        array = np.transpose(self.array, order)
        affine = self.affine[:, [*order, 3]].copy()
        for axis, flip in enumerate(flips):
            if flip:
                array = np.flip(array, axis)
                affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
                affine[:3, axis] *= -1
        return Volume(array, affine)


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A boolean volume: one structure."""

    array: NDArray[np.bool_]
    affine: Affine

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.dtype != np.bool_:
            raise GeometryError(f"a mask is a 3-D boolean array, got {self.array.dtype} of shape {self.array.shape}")
        array = self.array.view()
        array.flags.writeable = False
        object.__setattr__(self, "array", array)
        object.__setattr__(self, "affine", as_affine(self.affine))

    @property
    def grid(self) -> Grid:
        ni, nj, nk = self.array.shape
        return Grid((ni, nj, nk), self.affine)

    @property
    def volume_ml(self) -> float:
        return float(np.count_nonzero(self.array)) * self.grid.voxel_volume_mm3 / 1000

    def points_mm(self) -> NDArray[np.float64]:
        """World positions (n, 3) of the voxel centres inside the mask."""
        return self.grid.to_world(voxels_of(self.array))

    def centroid_mm(self) -> NDArray[np.float64]:
        """Mean world position; `GeometryError` for an empty mask."""
        points = self.points_mm()
        if len(points) == 0:
            raise GeometryError("an empty mask has no centroid")
        return np.asarray(points.mean(axis=0))

    def cropped_to(self, box: Box) -> Mask:
        return Mask(self.array[box], cropped_grid(self.grid, box).affine)


def canonical_axes(affine: Affine) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Array axes in the order R, A, S, and which of them must be flipped to run that way.

    The assignment maximises the sum of |cosines|; for an oblique scan it is the nearest one.
    """
    from itertools import permutations

    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    orders = list(permutations(range(3)))
    best = max(orders, key=lambda order: sum(abs(cosines[axis, order[axis]]) for axis in range(3)))
    i, j, k = best
    flips = (bool(cosines[0, i] < 0), bool(cosines[1, j] < 0), bool(cosines[2, k] < 0))
    return (i, j, k), flips
