"""Where each vertebral body is, before anything else is known: its thickest place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level
from oncospine.geometry import Grid, LabelStatistics

DEPTH_POWER = 4
"""Weight of a voxel is its depth in bone to this power: the body outweighs the arch, without the jump of a maximum."""


def body_seeds(
    level_codes: NDArray[np.uint8], grid: Grid, statistics: Mapping[Level, LabelStatistics]
) -> dict[Level, NDArray[np.float64]]:
    """Depth-weighted centre of each vertebra (world mm): it lies in the body, the thickest part.

    A weighted mean rather than the deepest voxel, so that it moves smoothly and mirrors exactly.
    """
    import edt

    seeds = {}
    for level, found in statistics.items():
        inside = np.ascontiguousarray(level_codes[found.box] == level.code)
        depth = edt.edt(np.pad(inside, 1), anisotropy=grid.spacing_mm, black_border=True)[1:-1, 1:-1, 1:-1]
        voxels = np.argwhere(inside)
        weights = depth[inside].astype(np.float64) ** DEPTH_POWER
        mean = (voxels * weights[:, None]).sum(axis=0) / weights.sum()
        seeds[level] = grid.to_world(mean + [part.start for part in found.box])
    return seeds


def column_directions(seeds: Mapping[Level, NDArray[np.float64]]) -> dict[Level, NDArray[np.float64]]:
    """Cranial unit direction of the column at each level, from the neighbouring bodies.

    A lone vertebra gets the scanner's cranial direction, to be refined by its endplates. C1, whose thickest places are
    beside the canal, has no body to line up with: it gets the direction of C2.
    """
    ordered = sorted((level for level in seeds if level is not Level.C1), key=lambda level: level.order)
    atlas = (Level.C1,) if Level.C1 in seeds else ()
    if len(ordered) <= 1:
        return {level: np.array([0.0, 0.0, 1.0]) for level in (*atlas, *ordered)}
    points = np.array([seeds[level] for level in ordered])
    tangents = np.gradient(points, axis=0) if len(points) > 2 else np.repeat(np.diff(points, axis=0), 2, axis=0)
    directions = -tangents / np.linalg.norm(tangents, axis=1, keepdims=True)
    return dict(zip((*atlas, *ordered), [*directions[: len(atlas)], *directions], strict=True))
