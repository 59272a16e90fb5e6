"""Sections across the canal's own centreline, sampled once and read by everything that measures along the canal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Canal, Spine, TubeKind
from oncospine.geometry import Mask, bounding_box
from oncospine.lesion.along_canal import pooled, squared_steps_mm2

SECTION_STEP_MM = 0.5
"""Sampling of a section: below the in-plane voxel of a spine CT."""

BEYOND_WALL_MM = 1.0
"""Sections reach this far beyond the widest wall, so that a sac drawn slightly too wide is counted whole."""

_map_coordinates: Any = ndimage.map_coordinates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sections:
    """Occupancies (n stations, k samples) across the canal; `right_mm` and `anterior_mm` (k) place the samples.

    `within` is True inside the bony walls. `sac` and `cord` are None where not labelled. `tumour` is what is epidural;
    `sac_taken` is where it lies inside the label of the sac. `at_wall` is `within` and half a voxel more, where linear
    interpolation lets the edge of a mask fade. `squared_steps_mm2` (n) and `station_mm` are for `pooled`.
    """

    right_mm: NDArray[np.float64]
    anterior_mm: NDArray[np.float64]
    within: NDArray[np.bool_]
    tumour: NDArray[np.float32]
    sac: NDArray[np.float32] | None
    cord: NDArray[np.float32] | None
    sac_taken: NDArray[np.float32] | None
    at_wall: NDArray[np.bool_]
    squared_steps_mm2: NDArray[np.float64]
    station_mm: float

    @property
    def cell_mm2(self) -> float:
        return SECTION_STEP_MM**2

    def pooled(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (n, ...) of the stations without the noise of voxels (see `along_canal`)."""
        return pooled(values, self.squared_steps_mm2, self.station_mm)

    @property
    def inside(self) -> NDArray[np.float32]:
        """Tumour in the canal, with what its mask fades beyond the walls: cut there, the area reads too small."""
        return np.where(self.at_wall, self.tumour, np.float32(0))

    def area_mm2(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Area (n,) of an occupancy (n, k)."""
        return np.asarray(values.sum(axis=1, dtype=np.float64) * self.cell_mm2)


def canal_sections(spine: Spine, tumour: Mask) -> Sections:
    """Sections at every station of the canal; `tumour` is the epidural tumour, on the spine's grid."""
    canal = spine.canal
    right, anterior = _samples(float(canal.radii_mm.max()) + BEYOND_WALL_MM)
    voxels = _voxels(canal, spine, right, anterior)
    sac, cord = spine.tube(TubeKind.DURAL_SAC), spine.tube(TubeKind.CORD)
    return Sections(
        right_mm=right,
        anterior_mm=anterior,
        within=_within_walls(canal, right, anterior, beyond_mm=0.0),
        at_wall=_within_walls(canal, right, anterior, beyond_mm=min(spine.grid.spacing_mm) / 2),
        tumour=_occupancy(tumour.array, voxels),
        sac=None if sac is None else _occupancy(sac.mask.array, voxels),
        cord=None if cord is None else _occupancy(cord.mask.array, voxels),
        squared_steps_mm2=squared_steps_mm2(canal, spine.grid),
        station_mm=canal.step_mm,
        sac_taken=None if sac is None else _occupancy(sac.mask.array & tumour.array, voxels),
    )


def _samples(reach_mm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Samples of a round section; the centre is one, and left mirrors right."""
    half = int(np.ceil(reach_mm / SECTION_STEP_MM))
    offsets = np.arange(-half, half + 1) * SECTION_STEP_MM
    right, anterior = np.meshgrid(offsets, offsets, indexing="ij")
    disc = np.hypot(right, anterior) <= reach_mm
    return right[disc], anterior[disc]


def _voxels(
    canal: Canal, spine: Spine, right: NDArray[np.float64], anterior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Voxel coordinates (3, n, k) of every sample on the spine's grid."""
    inverse = spine.grid.voxel_from_world
    origins = spine.grid.to_voxel([frame.origin_mm for frame in canal.frames])
    rights = np.array([frame.right for frame in canal.frames]) @ inverse[:3, :3].T
    anteriors = np.array([frame.anterior for frame in canal.frames]) @ inverse[:3, :3].T
    return np.stack(
        [
            origins[:, axis, None] + rights[:, axis, None] * right + anteriors[:, axis, None] * anterior
            for axis in range(3)
        ]
    )


def _occupancy(mask: NDArray[np.bool_], voxels: NDArray[np.float64]) -> NDArray[np.float32]:
    """Linear occupancy (n, k) of a mask at voxel coordinates; only stations that can meet the mask are sampled."""
    found: NDArray[np.float32] = np.zeros(voxels.shape[1:], np.float32)
    box = bounding_box(mask, margin=1)
    if box is None:
        return found
    low, high = voxels.min(axis=2), voxels.max(axis=2)
    near = np.ones(voxels.shape[1], np.bool_)
    for axis, part in enumerate(box):
        near &= (high[axis] >= part.start) & (low[axis] <= part.stop - 1)
    if near.any():
        starts = np.array([part.start for part in box])[:, None, None]
        source = np.ascontiguousarray(mask[box]).view(np.uint8)
        values = np.empty((int(near.sum()), voxels.shape[2]), np.float32)
        _map_coordinates(source, voxels[:, near] - starts, output=values, order=1, mode="constant", prefilter=False)
        found[near] = values
    return found


def _within_walls(
    canal: Canal, right: NDArray[np.float64], anterior: NDArray[np.float64], *, beyond_mm: float
) -> NDArray[np.bool_]:
    """True (n, k) for the samples that lie within the walls of the canal, or up to `beyond_mm` outside them."""
    count = canal.radii_mm.shape[1]
    angle = np.arctan2(right, anterior) % (2 * np.pi) / (2 * np.pi) * count
    lower = np.floor(angle).astype(int) % count
    share = angle - np.floor(angle)
    walls = (1 - share) * canal.radii_mm[:, lower] + share * canal.radii_mm[:, (lower + 1) % count]
    return np.asarray(np.hypot(right, anterior) <= walls + beyond_mm)
