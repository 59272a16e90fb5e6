"""What lies around the tumour: the block of the scan near it with the distance of every voxel to the tumour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.base import read_yaml
from oncospine.geometry import Box, Grid, bounding_box, cropped_grid

NEAR_MM = 12.0
"""How far around the tumour is looked for what it may touch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """The block `box` of the spine's grid around the tumour.

    `distance_mm` is from each voxel's centre to the surface of the tumour, 0 inside; `depth_mm` is how deep a tumour
    voxel's centre lies below the surface, 0 outside.
    """

    box: Box
    grid: Grid
    tumour: NDArray[np.bool_]
    distance_mm: NDArray[np.float32]
    depth_mm: NDArray[np.float32]

    @property
    def voxel_ml(self) -> float:
        return self.grid.voxel_volume_mm3 / 1000


@cache
def surroundings_rules() -> Mapping[str, Any]:
    """`value` of every row of data/surroundings.yaml."""
    rows = read_yaml("oncospine.lesion", "data", "surroundings.yaml")
    return MappingProxyType({name: row["value"] for name, row in rows.items()})


def surroundings(tumour: NDArray[np.bool_], spine: Spine) -> Surroundings:
    """The block around a tumour that has at least one voxel."""
    tight = bounding_box(tumour)
    assert tight is not None
    parts = []
    for part, step, size in zip(tight, spine.grid.spacing_mm, tumour.shape, strict=True):
        margin = int(np.ceil(NEAR_MM / step))
        parts.append(slice(max(part.start - margin, 0), min(part.stop + margin, size)))
    box: Box = (parts[0], parts[1], parts[2])
    block = np.ascontiguousarray(tumour[box])
    half = min(spine.grid.spacing_mm) / 2
    outwards, inwards = distance_to(block, spine.grid.spacing_mm), distance_to(~block, spine.grid.spacing_mm)
    return Surroundings(
        box=box,
        grid=cropped_grid(spine.grid, box),
        tumour=block,
        distance_mm=np.where(block, np.float32(0), np.maximum(outwards - np.float32(half), np.float32(0))),
        depth_mm=np.where(block, np.maximum(inwards - np.float32(half), np.float32(0)), np.float32(0)),
    )


def distance_to(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Distance from every voxel centre to the nearest voxel centre of `mask`; infinite where the mask is empty."""
    import edt

    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return np.asarray(edt.edt(~mask, anisotropy=spacing_mm, parallel=1), np.float32)
