"""How far a screw is from every wall: samples of its outer surface against the surface of the bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oncospine.anatomy import Spine
from oncospine.base import Side
from oncospine.geometry import Mask, sampled_at
from oncospine.imaging import StructureKind
from oncospine.surgery.bone_field import SOLID, BoneField
from oncospine.surgery.screw import Margins, Screw, Wall
from oncospine.surgery.trajectory_search import relevant_surface

ALONG_MM = 0.75
"""Distance between rings of samples: the step of the vertebra's grid."""

FLAT_STEPS = 0.7
"""Steps of the grid around a surface point within which the surface is taken as flat: half the diagonal of a face."""

ANGLES = 24
"""Samples per ring: under 1 mm apart on the thickest screw."""

AXIS_STEP_MM = 0.1
"""Sampling along the axis where it leaves the bone."""

FARTHEST_MM = 90.0
"""No bone is looked for further along an axis: longer than any vertebra."""

WALL_ORDER = (Wall.MEDIAL, Wall.SUPERIOR, Wall.LATERAL, Wall.INFERIOR)
"""Quarters around the axis, starting medially and turning cranially."""

DANGEROUS = frozenset(
    {
        StructureKind.AORTA,
        StructureKind.HEART,
        StructureKind.BRACHIOCEPHALIC_TRUNK,
        StructureKind.SUBCLAVIAN_ARTERY,
        StructureKind.COMMON_CAROTID_ARTERY,
        StructureKind.BRACHIOCEPHALIC_VEIN,
        StructureKind.SUPERIOR_VENA_CAVA,
        StructureKind.INFERIOR_VENA_CAVA,
        StructureKind.AZYGOS_VEIN,
        StructureKind.VERTEBRAL_ARTERY,
        StructureKind.PULMONARY_ARTERY,
        StructureKind.PULMONARY_VEIN,
        StructureKind.ILIAC_ARTERY,
        StructureKind.ILIAC_VEIN,
        StructureKind.OESOPHAGUS,
        StructureKind.TRACHEA,
    }
)
"""Labelled neighbours that a screw endangers when it meets them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScrewSurface:
    """Samples of a screw's outer surface in local coordinates (rings, angles, 3), and the direction of each angle.

    `outward` (angles, 3) are unit vectors across the axis; `quarter` (angles,) indexes `WALL_ORDER`.
    """

    points: NDArray[np.float64]
    outward: NDArray[np.float64]
    quarter: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walls:
    """The surface of one side's bone, ready to be asked for distances."""

    field: BoneField
    side: Side
    all_walls: cKDTree
    canal_wall: cKDTree | None

    def depths(self, local_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """How deep local points (..., 3) lie in the bone, mm; negative outside.

        The surface is known at points half a step to a step apart. Between them it is taken as flat, so that the depth
        goes through 0 at the surface and not only near it.
        """
        points = local_mm.reshape(-1, 3)
        distance, index = self.all_walls.query(points)
        used, place = np.unique(index, return_inverse=True)
        feet = np.asarray(self.all_walls.data)[used]
        inward = self.field.inward_at(feet)[place]
        straight = ((points - feet[place]) * inward).sum(axis=1)
        aside = np.sqrt(np.maximum(distance**2 - straight**2, 0))
        beyond = np.maximum(aside - self.field.step_mm * FLAT_STEPS, 0)
        inside = np.where(distance < self.field.step_mm, straight > 0, self.field.occupancy_at(points) > SOLID)
        depth = np.hypot(straight, beyond)
        return np.asarray(np.where(inside, depth, -depth).reshape(local_mm.shape[:-1]))


def walls_of(field: BoneField, side: Side) -> Walls:
    """`Walls` of one side; made once for many screws."""
    canal = field.surface_mm[field.faces_canal]
    surface = relevant_surface(field, side) * [side.sign, 1.0, 1.0]
    return Walls(
        field=field,
        side=side,
        all_walls=cKDTree(surface),
        canal_wall=cKDTree(canal) if len(canal) else None,
    )


def screw_surface(field: BoneField, screw: Screw) -> ScrewSurface:
    """Samples of the outer surface of a screw."""
    entry = field.frame.to_local(screw.entry_mm)
    axis = field.frame.axes @ screw.direction
    medial = np.array([-float(screw.side.sign), 0.0, 0.0])
    across = medial - (medial @ axis) * axis
    across /= np.linalg.norm(across)
    up = np.cross(axis, across)
    if up[2] < 0:
        up = -up
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    outward = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * up
    rings = np.linspace(0.0, screw.length_mm, max(round(screw.length_mm / ALONG_MM), 1) + 1)
    centres = entry + rings[:, None] * axis
    points = centres[:, None, :] + screw.diameter_mm / 2 * outward
    quarter = np.floor(((angles + np.pi / 4) % (2 * np.pi)) / (np.pi / 2)).astype(np.intp)
    return ScrewSurface(points=points, outward=outward, quarter=quarter)


def margins_of(walls: Walls, spine: Spine, screw: Screw) -> Margins:
    """Margins of a screw to the walls of pedicle, body and canal."""
    field, side = walls.field, walls.side
    samples = screw_surface(field, screw)
    end = end_of_bone_mm(field, screw)
    signed = walls.depths(samples.points)
    ahead = samples.points[..., 1]
    in_pedicle = (ahead >= field.pedicle_back_mm[side]) & (ahead <= field.pedicle_front_mm[side])
    rings = np.linspace(0.0, screw.length_mm, len(samples.points))
    in_body = (ahead > field.pedicle_front_mm[side]) & (rings[:, None] < (np.inf if end is None else end))
    found = {wall: _least(signed[in_pedicle & (samples.quarter == q)]) for q, wall in enumerate(WALL_ORDER)}
    return Margins(
        medial_mm=found[Wall.MEDIAL],
        lateral_mm=found[Wall.LATERAL],
        superior_mm=found[Wall.SUPERIOR],
        inferior_mm=found[Wall.INFERIOR],
        body_mm=_least(signed[in_body]),
        anterior_mm=None if end is None else end - screw.length_mm,
        canal_mm=_canal_margin(walls, spine, samples.points),
        tip_mm=_least(signed[-1][in_body[-1]]),
    )


def _canal_margin(walls: Walls, spine: Spine, points: NDArray[np.float64]) -> float | None:
    """Least distance to the canal's wall; negative where a sample stands in the canal."""
    if walls.canal_wall is None:
        return None
    distance = walls.canal_wall.query(points)[0]
    inside = walls.field.occupancy_at(points) > SOLID
    in_canal = ~inside & (sampled_at(spine.canal.mask, walls.field.frame.to_world(points)) > SOLID)
    return _least(np.where(in_canal, -distance, distance))


def end_of_bone_mm(field: BoneField, screw: Screw) -> float | None:
    """Distance from the entry along the axis to where the intact bone ends in front; None where it meets none.

    Gaps behind the front of the pedicle do not end it: they are breaches of the pedicle, not the anterior cortex.
    """
    entry = field.frame.to_local(screw.entry_mm)
    axis = field.frame.axes @ screw.direction
    along = np.arange(0.0, FARTHEST_MM, AXIS_STEP_MM)
    points = entry + along[:, None] * axis
    values = field.occupancy_at(points)
    ahead = (points[:, 1] >= field.pedicle_front_mm[screw.side]) & (values > SOLID)
    if not ahead.any():
        return None
    first = int(ahead.argmax())
    outside = np.flatnonzero(values[first:] <= SOLID)
    return float(along[first + outside[0]]) if outside.size else FARTHEST_MM


def end_of_bone_from_mm(field: BoneField, screw: Screw) -> float | None:
    """Distance from the entry along the axis to where the bone that the screw enters first ends; None without any."""
    entry, axis = field.frame.to_local(screw.entry_mm), field.frame.axes @ screw.direction
    along = np.arange(0.0, FARTHEST_MM, AXIS_STEP_MM)
    solid = field.occupancy_at(entry + along[:, None] * axis) > SOLID
    if not solid.any():
        return None
    first = int(solid.argmax())
    outside = np.flatnonzero(~solid[first:])
    return float(along[first + outside[0]]) if outside.size else FARTHEST_MM


def half_voxel_mm(spine: Spine, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half the extent of the scan's voxel along world directions (..., 3): how far a wall may stand elsewhere."""
    return np.asarray(0.5 * np.linalg.norm(direction @ spine.grid.affine[:3, :3], axis=-1))


def structures_met(spine: Spine, field: BoneField, screw: Screw) -> tuple[str, ...]:
    """Names of the sac, the cord and the labelled vessels or viscera that the screw's surface enters."""
    points = field.frame.to_world(screw_surface(field, screw).points).reshape(-1, 3)
    found = [str(tube.kind) for tube in spine.tubes if _enters(tube.mask, points)]
    voxels = np.rint(spine.grid.to_voxel(points)).astype(np.intp)
    inside = ((voxels >= 0) & (voxels < np.array(spine.grid.shape))).all(axis=1)
    codes = np.unique(spine.other_codes[tuple(voxels[inside].T)])
    met = [spine.other_structures[int(code)] for code in codes if code]
    found += [structure.name for structure in met if structure.kind in DANGEROUS]
    return tuple(found)


def _enters(mask: Mask, points_mm: NDArray[np.float64]) -> bool:
    return bool((sampled_at(mask, points_mm) > SOLID).any())


def out_of_view(
    spine: Spine, field: BoneField, screw: Screw, *, beyond_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> bool:
    """True where part of the screw lies beyond the scan, or within `beyond_mm` (along each axis) of its border."""
    points = field.frame.to_world(screw_surface(field, screw).points).reshape(-1, 3)
    voxels = spine.grid.to_voxel(points)
    kept = np.array(beyond_mm) / np.array(spine.grid.spacing_mm)
    return bool(((voxels < kept - 0.5) | (voxels > np.array(spine.grid.shape) - 0.5 - kept)).any())


def _least(values: NDArray[np.float64]) -> float | None:
    return float(values.min()) if values.size else None
