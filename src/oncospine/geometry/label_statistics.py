"""Exact statistics of every label of a volume in one pass over its non-zero voxels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry.grid import Box
from oncospine.geometry.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class LabelStatistics:
    """Of one label: voxel count, volume, centroid in patient space, smallest block, faces of the array it touches."""

    voxels: int
    volume_ml: float
    centroid_mm: NDArray[np.float64]
    box: Box
    touches: frozenset[str]


FACES = (("i-", "i+"), ("j-", "j+"), ("k-", "k+"))
"""Names of the faces of the array: first and last slice of each axis."""


def label_statistics(volume: Volume) -> Mapping[int, LabelStatistics]:
    """Statistics of every label above 0 of an integer volume."""
    array = volume.array
    occupied = np.flatnonzero(array)
    if occupied.size == 0:
        return {}
    labels = array.ravel()[occupied].astype(np.intp)
    voxels = np.unravel_index(occupied, array.shape)
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    sums = [np.bincount(labels, weights=axis) for axis in voxels]
    lows, highs = _extents(labels, voxels, len(counts))
    means = np.stack([total[present] / counts[present] for total in sums], axis=-1)
    centroids = volume.grid.to_world(means)
    voxel_ml = volume.grid.voxel_volume_mm3 / 1000
    found = {}
    for row, label in enumerate(present):
        low, high = lows[:, label], highs[:, label]
        touches = [FACES[axis][0] for axis in range(3) if low[axis] == 0]
        touches += [FACES[axis][1] for axis in range(3) if high[axis] == array.shape[axis] - 1]
        found[int(label)] = LabelStatistics(
            voxels=int(counts[label]),
            volume_ml=float(counts[label]) * voxel_ml,
            centroid_mm=centroids[row],
            box=(
                slice(int(low[0]), int(high[0]) + 1),
                slice(int(low[1]), int(high[1]) + 1),
                slice(int(low[2]), int(high[2]) + 1),
            ),
            touches=frozenset(touches),
        )
    return found


def _extents(
    labels: NDArray[np.intp], voxels: tuple[NDArray[np.intp], ...], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lowest and highest index (3, size) of each label along each axis."""
    lows = np.full((3, size), np.iinfo(np.intp).max, dtype=np.intp)
    highs = np.full((3, size), -1, dtype=np.intp)
    for axis in range(3):
        np.minimum.at(lows[axis], labels, voxels[axis])
        np.maximum.at(highs[axis], labels, voxels[axis])
    return lows, highs
