"""The intact bone of one vertebra as a distance field, and its surface as points: what a screw is planned in.

Intact bone is the vertebra's label without the tumour. Its surface is where the occupancy, interpolated between voxels,
falls to one half; distances to it are therefore finer than a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Part, Spine, Vertebra, sided
from oncospine.base import Level, MeasurementError, Side
from oncospine.geometry import Box, Frame, Mask, Volume, bounding_box, cropped_grid, resampled_to, sampled_at, widened

SOLID = 0.5 - 1e-6
"""Occupancy from which a sample is bone: one half, a hair lower so that rounding cannot decide an exact tie."""

SMOOTHING_VOXELS = 0.6
"""Blur (standard deviation in voxels along each axis) that takes the stairs off a label; see docs/surgery.md."""

SMOOTHING_MARGIN = 3
"""Voxels around the bone that the blur can reach."""

DECIMALS = 6
"""Digits kept of the grid's place (a nanometre), so that a mirrored patient has the mirrored grid to the last bit."""

SURFACE_DECIMALS = 2
"""Digits kept of surface points (10 micrometres): rounding of the interpolation must not send the search elsewhere."""

GRID_MARGIN = 3
"""Samples kept around the bone: the surface and the reach of the blur."""

BESIDE_MM = 20.0
"""Bone kept lateral of the pedicles: further than any entry."""

BEHIND_MM = 28.0
"""Bone kept behind the pedicles: further than any entry."""

DEPTH_BEHIND_MM = 8.0
"""Depths are found from this far behind the pedicles: further than any depth that counts (`CENTRED_MM`)."""

CANAL_BINS = 72
"""Angles around the canal at which its wall is looked for: 5 degrees, under 1 mm of wall each."""

CANAL_REACH_MM = 16.0
"""Walls further from the canal's centre do not face it: half the widest canal not rejected (morphometry.md 13)."""

CANAL_WALL_MM = 1.0
"""Surface points this much behind the nearest one still belong to the canal's wall: about one voxel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneField:
    """One vertebra's intact bone on its own grid. Local coordinates run right, anterior, superior from `frame`.

    `parts` are part codes; `occupancy` is 0..1; `depth_mm` the distance of a bone sample to the nearest sample outside,
    less half a step, from the pedicles forwards; `surface_mm` (n, 3) points of the surface and `faces_canal` (n,)
    whether each bounds the canal; `pedicle_back_mm` and `pedicle_front_mm` the anterior coordinates between which each
    pedicle runs, from the arch to the back of the body; `body_front_mm` the anterior end of the whole body;
    `destroyed` the share of each pedicle that is tumour.
    """

    vertebra: Vertebra
    frame: Frame
    first_mm: NDArray[np.float64]
    step_mm: float
    parts: NDArray[np.uint8]
    occupancy: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    surface_mm: NDArray[np.float64]
    faces_canal: NDArray[np.bool_]
    pedicle_back_mm: dict[Side, float]
    pedicle_front_mm: dict[Side, float]
    body_front_mm: float
    destroyed: dict[Side, float]
    has_tumour: bool

    @property
    def level(self) -> Level:
        return self.vertebra.level

    def occupancy_at(self, local_mm: NDArray[np.float64]) -> NDArray[np.float32]:
        """Occupancy (...,) at local points (..., 3), linear."""
        return _sampled(self.occupancy, (local_mm - self.first_mm) / self.step_mm)

    def inward_at(self, local_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit directions (n, 3) in which the occupancy grows fastest at local points (n, 3)."""
        offsets = np.concatenate([np.eye(3), -np.eye(3)]) * self.step_mm / 2
        values = self.occupancy_at(local_mm[:, None, :] + offsets).astype(np.float64)
        slope = values[:, :3] - values[:, 3:]
        return np.asarray(slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9))

    def depth_at(self, local_mm: NDArray[np.float64]) -> NDArray[np.float32]:
        """Depth (...,) below the surface at the samples nearest to local points (..., 3); 0 outside."""
        voxel = np.rint((local_mm - self.first_mm) / self.step_mm).astype(np.intp)
        shape = np.array(self.depth_mm.shape)
        inside = ((voxel >= 0) & (voxel < shape)).all(axis=-1)
        voxel = np.clip(voxel, 0, shape - 1)
        flat = (voxel[..., 0] * shape[1] + voxel[..., 1]) * shape[2] + voxel[..., 2]
        return np.asarray(np.where(inside, self.depth_mm.ravel()[flat], np.float32(0)))


def bone_field(spine: Spine, level: Level, *, tumour: Mask | None = None) -> BoneField:
    """`BoneField` of one vertebra of the spine; `tumour` (any grid) is taken out of its bone."""
    vertebra = spine.vertebrae[level]
    box = _needed_box(vertebra)
    grid, parts = cropped_grid(vertebra.parts.grid, box), vertebra.parts.array[box]
    label, whole = _intact_label(spine, level, tumour)
    occupancy = resampled_to(_smoothed(label), grid)
    frame = vertebra.frame.moved_to(vertebra.canal_mm)
    first = np.round(frame.to_local(grid.affine[:3, 3]), DECIMALS)
    step = round(float(grid.spacing_mm[0]), DECIMALS)
    surface = np.round(_surface(occupancy) * step + first, SURFACE_DECIMALS)
    body = np.flatnonzero((parts == Part.BODY.code).any(axis=(0, 2)))
    wall = float(first[1] + step * (body[0] - 0.5)) if body.size else np.inf
    back, front, destroyed = {}, {}, {}
    for side in Side:
        pedicle = parts == sided("pedicle", side).code
        planes = np.flatnonzero(pedicle.any(axis=(0, 2)))
        if planes.size:
            back[side] = float(first[1] + step * (planes[0] - 0.5))
            front[side] = min(wall, float(first[1] + step * (planes[-1] + 0.5)))
            destroyed[side] = _destroyed_share(spine, level, side, label, whole)
    return BoneField(
        vertebra=vertebra,
        frame=frame,
        first_mm=first,
        step_mm=step,
        parts=parts,
        occupancy=occupancy,
        depth_mm=_depth(occupancy, step, _ahead(first[1], step, back)),
        surface_mm=surface,
        faces_canal=_faces_canal(surface, step),
        pedicle_back_mm=back,
        pedicle_front_mm=front,
        body_front_mm=float(first[1] + step * (body[-1] + 0.5)) if body.size else 0.0,
        destroyed=destroyed,
        has_tumour=not np.array_equal(label.array, whole),
    )


def _needed_box(vertebra: Vertebra) -> Box:
    """The block of the vertebra's grid that a screw and its entry can need: without the ends of the processes."""
    grid, parts = vertebra.parts.grid, vertebra.parts.array
    tight = bounding_box(parts, margin=GRID_MARGIN)
    if tight is None:
        raise MeasurementError(f"{vertebra.level} has no bone on its own grid")
    pedicles = [sided("pedicle", side).code for side in Side]
    planes = np.flatnonzero(np.isin(parts, pedicles).any(axis=(0, 2)))
    columns = np.flatnonzero(np.isin(parts, pedicles).any(axis=(1, 2)))
    if planes.size == 0:
        return tight
    step = grid.spacing_mm[0]
    middle = (grid.shape[0] - 1) / 2
    reach = max(middle - columns[0], columns[-1] - middle) + BESIDE_MM / step
    low, high = int(np.floor(middle - reach)), int(np.ceil(middle + reach)) + 1
    behind = int(planes[0] - BEHIND_MM / step)
    return (
        slice(max(tight[0].start, low), min(tight[0].stop, high)),
        slice(max(tight[1].start, behind), tight[1].stop),
        tight[2],
    )


def _block(spine: Spine, level: Level) -> Box:
    """The voxels of a vertebra, with those that smoothing reaches as far as the scan goes."""
    return widened(spine.level_boxes[level], spine.grid, SMOOTHING_MARGIN * max(spine.grid.spacing_mm))


def _intact_label(spine: Spine, level: Level, tumour: Mask | None) -> tuple[Mask, NDArray[np.bool_]]:
    """The vertebra's bone in the block around it without tumour, and with it."""
    box = _block(spine, level)
    bone = spine.level_codes[box] == level.code
    grid = cropped_grid(spine.grid, box)
    if tumour is None:
        return Mask(bone, grid.affine), bone
    if tumour.grid.is_same_as(spine.grid):
        return Mask(bone & ~tumour.array[box], grid.affine), bone
    voxels = np.argwhere(bone)
    hit = sampled_at(tumour, grid.to_world(voxels), order=0) > SOLID
    intact = bone.copy()
    intact[tuple(voxels[hit].T)] = False
    return Mask(intact, grid.affine), bone


def _destroyed_share(spine: Spine, level: Level, side: Side, intact: Mask, bone: NDArray[np.bool_]) -> float:
    """Share of the pedicle's voxels that are not intact bone."""
    pedicle = bone & (spine.part_codes[_block(spine, level)] == sided("pedicle", side).code)
    count = np.count_nonzero(pedicle)
    return float(np.count_nonzero(pedicle & ~intact.array) / count) if count else 0.0


def _smoothed(label: Mask) -> Volume:
    """Occupancy of the label without the stairs of its voxels."""
    blurred = ndimage.gaussian_filter(label.array.astype(np.float32), SMOOTHING_VOXELS, mode="constant", truncate=3.0)
    return Volume(blurred, label.affine)


def _ahead(first_mm: float, step: float, back: dict[Side, float]) -> int:
    """Index of the coronal plane from which depths are needed: a little behind the pedicles."""
    if not back:
        return 0
    return max(int((min(back.values()) - DEPTH_BEHIND_MM - first_mm) / step), 0)


def _depth(occupancy: NDArray[np.float32], step: float, start: int) -> NDArray[np.float32]:
    """Depth below the surface from coronal plane `start` forwards; 0 behind it."""
    import edt

    solid = np.ascontiguousarray(occupancy[:, start:] > SOLID)
    found = edt.edt(solid, anisotropy=(step, step, step), black_border=True)
    depth = np.zeros(occupancy.shape, np.float32)
    depth[:, start:] = np.maximum(found - np.float32(step / 2), 0)
    return depth


def _surface(occupancy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Voxel coordinates (n, 3) where the occupancy crosses one half between neighbouring samples."""
    solid = occupancy > SOLID
    found = []
    for axis in range(3):
        one = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        other = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        crossing = np.argwhere(solid[one] != solid[other])
        low = occupancy[one][tuple(crossing.T)].astype(np.float64)
        high = occupancy[other][tuple(crossing.T)].astype(np.float64)
        points = crossing.astype(np.float64)
        points[:, axis] += np.clip((SOLID - low) / (high - low), 0, 1)
        found.append(points)
    return np.concatenate(found)


def _faces_canal(surface_mm: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """True where no other surface lies nearer to the canal's centre at the same height and angle.

    Angles are counted from the front on either side, so that a mirrored patient has the mirrored wall.
    """
    radius = np.hypot(surface_mm[:, 0], surface_mm[:, 1])
    half = CANAL_BINS // 2
    sector = np.minimum(
        (np.abs(np.arctan2(surface_mm[:, 0], surface_mm[:, 1])) / np.pi * half).astype(np.intp), half - 1
    )
    height = np.rint(surface_mm[:, 2] / step).astype(np.intp)
    height -= height.min(initial=0)
    left, right = height * CANAL_BINS + sector, height * CANAL_BINS + half + sector
    on_left, on_right = surface_mm[:, 0] <= 0, surface_mm[:, 0] >= 0
    nearest = np.full(int(right.max(initial=0)) + 1, np.inf)
    np.minimum.at(nearest, left[on_left], radius[on_left])
    np.minimum.at(nearest, right[on_right], radius[on_right])
    wall = np.minimum(np.where(on_left, nearest[left], np.inf), np.where(on_right, nearest[right], np.inf))
    return np.asarray((radius <= wall + CANAL_WALL_MM) & (radius <= CANAL_REACH_MM))


def _sampled(values: NDArray[np.float32], voxels: NDArray[np.float64]) -> NDArray[np.float32]:
    found = ndimage.map_coordinates(values, np.moveaxis(voxels, -1, 0), order=1, mode="constant", prefilter=False)
    return np.asarray(found, dtype=np.float32)
