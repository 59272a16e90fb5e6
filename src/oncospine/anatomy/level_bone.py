"""The bone of one vertebra as it is measured: its voxels, and the same with thick slices interpolated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.thick_slices import interpolated_by_shape
from oncospine.base import Level
from oncospine.geometry import Box, Volume


@dataclass(frozen=True, kw_only=True, eq=False)
class BoneOfLevel:
    """The voxels of one vertebra: its block of the crop and a 0/1 volume of that block."""

    level: Level
    box: Box
    volume: Volume

    @cached_property
    def padded(self) -> Volume:
        """The volume with one empty voxel around it: interpolation needs it to find the outer half voxel of bone.

        Thick slices are interpolated by shape.
        """
        affine = self.volume.affine.copy()
        affine[:3, 3] = self.volume.grid.to_world([-1, -1, -1])
        return interpolated_by_shape(Volume(np.pad(self.volume.array, 1), affine))

    @cached_property
    def ends_mm(self) -> NDArray[np.float64]:
        """Centres of the first and last voxel of every column of bone: no voxel lies beyond them in any direction."""
        bone = self.padded.array > 0
        i, j = np.nonzero(bone.any(axis=2))
        first = bone[i, j].argmax(axis=1)
        last = bone.shape[2] - 1 - bone[i, j, ::-1].argmax(axis=1)
        voxels = np.concatenate([np.column_stack([i, j, first]), np.column_stack([i, j, last])])
        return self.padded.grid.to_world(voxels)

    def extent_mm(self, direction: NDArray[np.float64]) -> float:
        """Extent of a voxel of the scan along a unit direction."""
        return float(np.abs(direction @ self.volume.affine[:3, :3]).max())


def interpolated(bone: BoneOfLevel) -> BoneOfLevel:
    """The same bone with its thick slices interpolated already."""
    assert bone.padded is not None
    return bone
