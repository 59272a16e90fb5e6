"""Canal space before and after bone is taken away, perpendicular to the canal's own centreline.

From every station rays go out to the walls. Where the bone that a ray met has been taken, the canal is open there: the
space then reaches to the outer surface of what was taken, at most `ROOM_MM` beyond the old wall (behind it stand the
muscles), or to bone that stays. What is opened is counted in rays that had bone and lost it: foramina and discs, where
none stood, are no decompression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oncospine.anatomy import Canal, Spine
from oncospine.base import Level, Verification
from oncospine.geometry import Box, Mask, cropped_grid, sampled_at, section_points, voxels_of, widened
from oncospine.surgery.bone_field import SOLID

REACH_MM = 16.0
"""Rays end here: the reach of the canal's walls (half the widest canal not rejected, morphometry.md section 13)."""

RAY_STEP_MM = 0.5
"""Sampling along a ray."""

SECTION_STEP_MM = 0.5
"""Sampling of sections across the canal."""

START_MM = 2.0
"""Rays start here, as those that found the canal's walls."""

SAME_MM = 1.0
"""A first bone that moved outwards by less is the same bone: two samples."""

ROOF_RAYS = 3
"""Rays to each side of straight behind that count as the roof: 15 degrees, the spinous process and the laminae."""

ROOM_MM = 6.0
"""Space gained behind the old wall at most: the thickness of a lamina (morphometry.md section 12) [D]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalSpace:
    """Along the canal (n stations): wall distances (n, 72) and whether bone stands there, areas, arcs.

    `radii_mm` and `walled` as in `Canal`; `area_mm2` of the canal; `tumour_mm2` within it; `ventral_tumour_mm2` the
    tumour in front of the centreline, which posterior removal leaves; `first_bone_mm` (n, 72) the first bone along each
    ray, infinite where none is within reach.
    """

    arc_mm: NDArray[np.float64]
    levels: tuple[Level, ...]
    radii_mm: NDArray[np.float64]
    walled: NDArray[np.bool_]
    area_mm2: NDArray[np.float64]
    tumour_mm2: NDArray[np.float64]
    ventral_tumour_mm2: NDArray[np.float64]
    first_bone_mm: NDArray[np.float64]

    @property
    def room_mm2(self) -> NDArray[np.float64]:
        """Area of the canal that is not tumour: the room of the sac."""
        return np.asarray(np.maximum(self.area_mm2 - self.tumour_mm2, 0))

    @property
    def wall_deg(self) -> NDArray[np.float64]:
        """Degrees of the circumference where bone bounds the canal."""
        return np.asarray(self.walled.sum(axis=1) * (360.0 / self.walled.shape[1]))

    @property
    def roofed(self) -> NDArray[np.bool_]:
        """Whether bone stands straight behind the canal."""
        straight = self.walled.shape[1] // 2
        return np.asarray(self.walled[:, straight - ROOF_RAYS : straight + ROOF_RAYS + 1].any(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDecompression:
    """One level before and after, at the station of that level with the least room before.

    Areas in mm2. `wall_before_deg` is how much of the circumference is bone, `opened_deg` how much of that was taken;
    `roofed_before_mm` and `roofed_after_mm` the length of the level's canal with bone straight behind it.
    """

    level: Level
    area_before_mm2: float
    area_after_mm2: float
    room_before_mm2: float
    room_after_mm2: float
    tumour_before_mm2: float
    tumour_after_mm2: float
    ventral_tumour_after_mm2: float
    wall_before_deg: float
    opened_deg: float
    roofed_before_mm: float
    roofed_after_mm: float
    bone_removed_ml: float

    @property
    def gain_mm2(self) -> float:
        """Room gained for the sac."""
        return self.room_after_mm2 - self.room_before_mm2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decompression:
    """What a removal does to the canal, along it and per level; `verification` is that of the definitions."""

    before: CanalSpace
    after: CanalSpace
    levels: Mapping[Level, LevelDecompression]
    bone_removed_ml: float
    verification: Verification = Verification.PROJECT

    def to_plain(self) -> dict[str, object]:
        return {
            "levels": self.levels,
            "bone_removed_ml": self.bone_removed_ml,
            "verification": self.verification,
            "profile": {
                "arc_mm": self.before.arc_mm,
                "levels": self.before.levels,
                "room_before_mm2": self.before.room_mm2,
                "room_after_mm2": self.after.room_mm2,
                "wall_before_deg": self.before.wall_deg,
                "wall_after_deg": self.after.wall_deg,
            },
        }


def canal_space(spine: Spine, *, tumour: Mask | None = None) -> CanalSpace:
    """The canal as it is; `tumour` is what stands in it."""
    canal = spine.canal
    first = _first_bone(canal, Mask(spine.level_codes > 0, spine.grid.affine), np.arange(len(canal.frames)))
    return _space(canal, canal.radii_mm, canal.walled & np.isfinite(first), first, tumour)


def opened_canal(spine: Spine, before: CanalSpace, removed: Mask, *, tumour: Mask | None = None) -> CanalSpace:
    """The canal once the bone of `removed` has been taken; `tumour` is what is still there.

    `before` is the canal with all bone in place: stations that no removed voxel is near stay as they are there.
    """
    canal, block = spine.canal, _block(spine)
    bone = spine.level_codes[block] > 0
    taken = removed.array[block] & bone
    affine = cropped_grid(spine.grid, block).affine
    removal = Mask(taken, affine)
    rows = _stations_near(canal, removal)
    if rows.size == 0:
        return _space(canal, before.radii_mm, before.walled, before.first_bone_mm, tumour)
    first, ends = before.first_bone_mm.copy(), np.full(before.first_bone_mm.shape, np.nan)
    first[rows] = _first_bone(canal, Mask(bone & ~taken, affine), rows)
    ends[rows] = _ends(canal, removal, before.first_bone_mm[rows], rows)
    gone = np.isfinite(before.first_bone_mm) & (first > before.first_bone_mm + SAME_MM)
    limit = canal.radii_mm + ROOM_MM
    outer = np.minimum(np.where(np.isfinite(ends), np.minimum(ends, limit), limit), first)
    radii = np.where(gone, np.maximum(outer, canal.radii_mm), canal.radii_mm)
    return _space(canal, radii, before.walled & ~gone, first, tumour)


def _block(spine: Spine) -> Box:
    """The voxels that the rays of the canal can meet."""
    frames = np.array([frame.origin_mm for frame in spine.canal.frames])
    places = spine.grid.to_voxel(frames)
    low, high = np.floor(places.min(axis=0)).astype(int), np.ceil(places.max(axis=0)).astype(int) + 1
    low, high = np.clip(low, 0, spine.grid.shape), np.clip(high, 0, spine.grid.shape)
    core = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    return widened(core, spine.grid, REACH_MM + 2 * max(spine.grid.spacing_mm))


def _space(
    canal: Canal,
    radii: NDArray[np.float64],
    walled: NDArray[np.bool_],
    first: NDArray[np.float64],
    tumour: Mask | None,
) -> CanalSpace:
    tumour_mm2, ventral = _tumour_areas(canal, tumour)
    return CanalSpace(
        arc_mm=canal.arc_mm,
        levels=canal.levels,
        radii_mm=radii,
        walled=walled,
        area_mm2=_areas(radii),
        tumour_mm2=tumour_mm2,
        ventral_tumour_mm2=ventral,
        first_bone_mm=first,
    )


def decompression(
    spine: Spine,
    removed: Mask,
    *,
    before: CanalSpace | None = None,
    tumour_before: Mask | None = None,
    tumour_after: Mask | None = None,
) -> Decompression:
    """What the removal of bone (and of tumour, where before and after differ) does to the canal.

    `before` is `canal_space` of the patient with `tumour_before`; it is measured here if not given.
    """
    before = before or canal_space(spine, tumour=tumour_before)
    after = opened_canal(spine, before, removed, tumour=tumour_before if tumour_after is None else tumour_after)
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    taken = np.bincount(spine.level_codes[removed.array].ravel(), minlength=int(spine.level_codes.max()) + 1)
    levels = {}
    for level in spine.levels:
        rows = np.array([index for index, name in enumerate(before.levels) if name is level], dtype=np.intp)
        if rows.size:
            levels[level] = _at_level(level, rows, before, after, float(taken[level.code]) * voxel_ml)
    return Decompression(before=before, after=after, levels=levels, bone_removed_ml=float(taken[1:].sum()) * voxel_ml)


def _at_level(
    level: Level, rows: NDArray[np.intp], before: CanalSpace, after: CanalSpace, taken_ml: float
) -> LevelDecompression:
    worst = int(rows[before.room_mm2[rows].argmin()])
    return LevelDecompression(
        level=level,
        area_before_mm2=float(before.area_mm2[worst]),
        area_after_mm2=float(after.area_mm2[worst]),
        room_before_mm2=float(before.room_mm2[worst]),
        room_after_mm2=float(after.room_mm2[worst]),
        tumour_before_mm2=float(before.tumour_mm2[worst]),
        tumour_after_mm2=float(after.tumour_mm2[worst]),
        ventral_tumour_after_mm2=float(after.ventral_tumour_mm2[worst]),
        wall_before_deg=float(before.wall_deg[worst]),
        opened_deg=float(before.wall_deg[worst] - after.wall_deg[worst]),
        roofed_before_mm=_length(before, rows[before.roofed[rows]]),
        roofed_after_mm=_length(before, rows[after.roofed[rows]]),
        bone_removed_ml=taken_ml,
    )


def _length(space: CanalSpace, rows: NDArray[np.intp]) -> float:
    """Length of canal that these stations stand for."""
    return float(np.gradient(space.arc_mm)[rows].sum())


def _stations_near(canal: Canal, mask: Mask) -> NDArray[np.intp]:
    """Stations whose rays can meet a voxel of the mask."""
    points = mask.points_mm()
    if len(points) == 0:
        return np.array([], np.intp)
    origins = np.array([frame.origin_mm for frame in canal.frames])
    away = np.asarray(cKDTree(points).query(origins)[0])
    return np.flatnonzero(away <= REACH_MM + float(np.linalg.norm(mask.grid.spacing_mm)))


def _ray_values(
    canal: Canal, mask: Mask, stations: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Occupancy (n, 72, steps) along the rays of n stations, and the distances of the steps."""
    count = canal.radii_mm.shape[1]
    angles = np.arange(count) * 2 * np.pi / count
    steps = np.arange(START_MM, REACH_MM + RAY_STEP_MM / 2, RAY_STEP_MM)
    frames = [canal.frames[index] for index in stations]
    origins = np.array([frame.origin_mm for frame in frames])
    rights = np.array([frame.right for frame in frames])
    anteriors = np.array([frame.anterior for frame in frames])
    rays = np.cos(angles)[:, None] * anteriors[:, None, :] + np.sin(angles)[:, None] * rights[:, None, :]
    points = origins[:, None, None, :] + steps[None, None, :, None] * rays[:, :, None, :]
    return sampled_at(mask, points), steps


def _first_bone(canal: Canal, bone: Mask, stations: NDArray[np.intp]) -> NDArray[np.float64]:
    """First bone along each ray (n, 72) of n stations, mm; infinite where none is met within reach."""
    values, steps = _ray_values(canal, bone, stations)
    solid = values > SOLID
    return np.where(solid.any(axis=2), steps[solid.argmax(axis=2)], np.inf)


def _ends(
    canal: Canal, removed: Mask, first_bone: NDArray[np.float64], stations: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Outer end (n, 72) of the removed bone that each ray meets first, mm; NaN where its first bone is not removed."""
    values, steps = _ray_values(canal, removed, stations)
    solid = values > SOLID
    first = solid.argmax(axis=2)
    met = solid.any(axis=2) & (np.abs(steps[first] - first_bone) <= SAME_MM)
    beyond = ~solid & (np.arange(len(steps)) > first[..., None])
    last = np.where(beyond.any(axis=2), steps[beyond.argmax(axis=2)], steps[-1])
    return np.where(met, last, np.nan)


def _areas(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    step = 2 * np.pi / radii.shape[1]
    return np.asarray(0.5 * np.sin(step) * (radii * np.roll(radii, -1, axis=1)).sum(axis=1))


def _tumour_areas(canal: Canal, tumour: Mask | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Area (n,) of tumour inside the canal across the centreline, and of its part in front of the centreline.

    `tumour` lies on the canal's grid.
    """
    whole, ventral = np.zeros(len(canal.arc_mm)), np.zeros(len(canal.arc_mm))
    inside = np.zeros(canal.mask.array.shape, np.bool_) if tumour is None else tumour.array & canal.mask.array
    if not inside.any():
        return whole, ventral
    points = canal.mask.grid.to_world(voxels_of(inside))
    origins = np.array([frame.origin_mm for frame in canal.frames])
    near = cKDTree(points).query(origins)[0] <= REACH_MM * np.sqrt(2)
    rows = np.flatnonzero(near)
    sections = section_points([canal.frames[row] for row in rows], half_width_mm=REACH_MM, step_mm=SECTION_STEP_MM)
    values = sampled_at(Mask(inside, canal.mask.affine), sections)
    whole[rows] = values.sum(axis=(1, 2), dtype=np.float64) * SECTION_STEP_MM**2
    ahead = values.shape[2] // 2 + 1
    ventral[rows] = values[:, :, ahead:].sum(axis=(1, 2), dtype=np.float64) * SECTION_STEP_MM**2
    return whole, ventral
