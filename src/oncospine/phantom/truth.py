"""What is true of a phantom, as plain numbers: the oracle of everything that measures spines.

Sizes that define the model (endplates, isthmus, canal, areas) are exact. Volumes are sums of coverage over a lattice of
`TRUTH_STEP_MM` along each vertebra's own axes, so they do not depend on the scanner's grid; halving the step changes
them by well under 1 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Side
from oncospine.geometry import Frame, Grid
from oncospine.phantom.bone import Bone, SpineModel, bone_on
from oncospine.phantom.shapes import Lattice, coverage
from oncospine.phantom.spec import PART_CODES
from oncospine.phantom.truth_canal import CanalTruth, EsccTruth, canal_truth, escc_truth, level_arcs
from oncospine.phantom.truth_tumour import TumourTruth, truth_lattice, tumour_truth
from oncospine.phantom.tumour import TRUTH_STEP_MM, TumourModel
from oncospine.phantom.vertebra import VertebraModel

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleTruth:
    """The isthmus (narrowest section) of one pedicle; points and directions in the world, RAS+ mm.

    Angles follow morphometry.md section 0.2: transverse positive where the axis converges to the front, sagittal
    against the upper endplate, positive where the axis rises towards the back. `chord_mm` runs along the axis from the
    posterior cortex (`entry_mm`) to the anterior cortex of the body.
    """

    centre_mm: Triple
    axis: Triple
    width_mm: float
    height_mm: float
    area_mm2: float
    transverse_angle_deg: float
    sagittal_angle_deg: float
    chord_mm: float
    entry_mm: Triple


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraTruth:
    """One vertebra. `frame` is that of morphometry.md section 0.1; lists of three are world coordinates, RAS+ mm."""

    level: Level
    origin_mm: Triple
    right: Triple
    anterior: Triple
    superior: Triple
    upper_width_mm: float
    lower_width_mm: float
    upper_depth_mm: float
    lower_depth_mm: float
    anterior_height_mm: float
    posterior_height_mm: float
    wedge_deg: float
    canal_width_mm: float
    canal_depth_mm: float
    canal_area_mm2: float
    canal_centre_mm: Triple
    pedicles: Mapping[Side, PedicleTruth]
    volume_mm3: float
    part_volume_mm3: Mapping[str, float]
    fraction_in_view: float

    @property
    def frame(self) -> Frame:
        return Frame(np.asarray(self.origin_mm), np.array([self.right, self.anterior, self.superior]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomTruth:
    """Everything known about one phantom; `to_json` of it is truth.json."""

    seed: int
    levels: tuple[Level, ...]
    modality: str
    vertebrae: Mapping[Level, VertebraTruth]
    canal: CanalTruth
    escc: Mapping[Level, EsccTruth]
    tumour: TumourTruth | None
    kyphosis_deg: float
    """Sagittal angle between the upper endplate of the first level and the lower endplate of the last."""
    volumes_by: str = f"coverage on a lattice of {TRUTH_STEP_MM} mm along each vertebra's own axes"


def truth_of(model: SpineModel, tumour: TumourModel | None, grid: Grid) -> PhantomTruth:
    """Measure the model itself; nothing here looks at the painted voxels."""
    bones = {level: truth_bone(model, level) for level in model.spec.levels}
    vertebrae = {level: _vertebra(model, level, *bones[level], grid) for level in model.spec.levels}
    return PhantomTruth(
        seed=model.spec.seed,
        levels=model.spec.levels,
        modality=model.spec.modality.value,
        vertebrae=vertebrae,
        canal=canal_truth(model),
        escc=escc_truth(model),
        tumour=None if tumour is None else tumour_truth(model, tumour, bones),
        kyphosis_deg=_kyphosis(model),
    )


def truth_bone(model: SpineModel, level: Level) -> tuple[Lattice, Bone]:
    """The vertebra on its truth lattice."""
    lattice = truth_lattice(model.vertebrae[level])
    bone = bone_on(model, level, lattice)
    assert bone is not None
    return lattice.cropped_to(bone.box), bone


def _vertebra(model: SpineModel, level: Level, lattice: Lattice, bone: Bone, grid: Grid) -> VertebraTruth:
    vertebra = model.vertebrae[level]
    sizes, body = vertebra.shape.sizes, vertebra.body
    own = _defined_frame(model, vertebra)
    factors = sum(side.body_half_width_factor for side in vertebra.shape.sides.values()) / 2
    share = coverage(bone.distance, lattice.step_mm) * lattice.cell_mm3
    upper_front, lower_front = body.back + sizes["EPDu"], body.back + sizes["EPDl"]
    upper_back, lower_back = (_posterior_wall(model, vertebra, upper=flag) for flag in (True, False))
    slope, height = math.tan(vertebra.shape.half_wedge), vertebra.shape.mean_height
    arc = float(np.mean(level_arcs(model, vertebra)))
    section = model.neural.curve.frame_at(arc)
    half_u, half_v = _half_sizes(model, arc)
    world = model.pose.to_world
    return VertebraTruth(
        level=level,
        origin_mm=_triple(world(own.origin_mm)),
        right=_triple(own.right @ model.pose.axes),
        anterior=_triple(own.anterior @ model.pose.axes),
        superior=_triple(own.superior @ model.pose.axes),
        upper_width_mm=sizes["EPWu"] * factors,
        lower_width_mm=sizes["EPWl"] * factors,
        upper_depth_mm=upper_front - upper_back,
        lower_depth_mm=lower_front - lower_back,
        anterior_height_mm=height - slope * (upper_front + lower_front),
        posterior_height_mm=height - slope * (upper_back + lower_back),
        wedge_deg=math.degrees(2 * vertebra.shape.half_wedge),
        canal_width_mm=2 * half_u,
        canal_depth_mm=2 * half_v,
        canal_area_mm2=math.pi * half_u * half_v,
        canal_centre_mm=_triple(world(section.origin_mm)),
        pedicles={side: _pedicle(model, vertebra, own, side) for side in Side},
        volume_mm3=float(share.sum(dtype=np.float64)),
        part_volume_mm3={
            name: float(share[bone.part == code].sum(dtype=np.float64)) for name, code in PART_CODES.items()
        },
        fraction_in_view=_in_view(model, lattice, share, grid),
    )


def _defined_frame(model: SpineModel, vertebra: VertebraModel) -> Frame:
    """Origin: mean of the endplate centroids; anterior: from the canal's centre to it; superior: the model's own."""
    middle = np.mean([_endplate_centroid(model, vertebra, upper=flag) for flag in (True, False)], axis=0)
    origin = vertebra.frame.to_world(middle)
    curve = model.neural.curve
    canal = vertebra.frame.to_local(curve.at(curve.nearest_arc(vertebra.frame.origin_mm), curve.points))
    forward = middle - canal
    forward[2] = 0
    forward /= np.linalg.norm(forward)
    local = np.array([[forward[1], -forward[0], 0.0], forward, [0.0, 0.0, 1.0]])
    return Frame(origin, local @ vertebra.frame.axes)


def _endplate_centroid(model: SpineModel, vertebra: VertebraModel, *, upper: bool) -> NDArray[np.float64]:
    (x0, y0, _), (x1, y1, _) = vertebra.body.bounds
    step = 0.25
    x, y = np.meshgrid(np.arange(x0, x1, step), np.arange(y0, y1, step), indexing="ij")
    x, y = x.astype(np.float32), y.astype(np.float32)
    z = vertebra.body.upper_z(x, y) if upper else vertebra.body.lower_z(x, y)
    outline = vertebra.body.section(x, y, 1.0 if upper else 0.0, waist=0.0)
    share = coverage(np.maximum(outline, -_canal_at(model, vertebra, x, y, z)), step)
    return np.array([np.average(values, weights=share) for values in (x, y, z)])


def _canal_at(
    model: SpineModel, vertebra: VertebraModel, x: NDArray[np.float32], y: NDArray[np.float32], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    from oncospine.phantom.canal import position_of

    points = vertebra.frame.to_world(np.stack([x, y, z], -1)).astype(np.float32)
    s, u, v = model.neural.curve.section_coordinates((points[..., 0], points[..., 1], points[..., 2]))
    return model.neural.canal.distance(u, v, position_of(s))


def _posterior_wall(model: SpineModel, vertebra: VertebraModel, *, upper: bool) -> float:
    """Where the midline of an endplate ends at the canal."""
    y = np.arange(vertebra.body.back - 4, vertebra.body.back + 4, 0.02, dtype=np.float32)[None, :]
    x = np.zeros_like(y)
    z = vertebra.body.upper_z(x, y) if upper else vertebra.body.lower_z(x, y)
    distance = _canal_at(model, vertebra, x, y, z)
    return float(np.interp(0.0, distance[0], y[0]))


def _pedicle(model: SpineModel, vertebra: VertebraModel, own: Frame, side: Side) -> PedicleTruth:
    shape = vertebra.pedicles[side]
    axis = shape.axis @ vertebra.frame.axes
    centre = vertebra.frame.to_world(shape.centre)
    in_own = own.axes @ axis
    plate = np.array([0.0, math.sin(vertebra.shape.half_wedge), math.cos(vertebra.shape.half_wedge)])
    behind, ahead = _reach(model, vertebra.level, centre, axis)
    return PedicleTruth(
        centre_mm=_triple(model.pose.to_world(centre)),
        axis=_triple(axis @ model.pose.axes),
        width_mm=shape.width,
        height_mm=shape.height,
        area_mm2=math.pi / 4 * shape.width * shape.height,
        transverse_angle_deg=math.degrees(math.atan2(-side.sign * in_own[0], in_own[1])),
        sagittal_angle_deg=-math.degrees(math.asin(float(shape.axis @ plate))),
        chord_mm=ahead + behind,
        entry_mm=_triple(model.pose.to_world(centre - behind * axis)),
    )


def _reach(
    model: SpineModel, level: Level, centre: NDArray[np.float64], axis: NDArray[np.float64]
) -> tuple[float, float]:
    """How far bone goes from `centre` against and along `axis`, until the first surface."""
    step, span = 0.1, 60.0
    side = np.cross(axis, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    affine = np.eye(4)
    affine[:3, :3] = np.stack([side, np.cross(axis, side), step * axis], axis=1)
    affine[:3, 3] = centre - span * axis
    count = 2 * round(span / step) + 1
    lattice = Lattice((1, 1, count), affine)
    bone = bone_on(model, level, lattice)
    distance = np.full(count, 9.0)
    if bone is not None:
        distance[bone.box[2]] = bone.distance[0, 0]
    middle = count // 2
    ahead = int(np.argmax(distance[middle:] > 0))
    behind = int(np.argmax(distance[middle::-1] > 0))
    return behind * step - step / 2, ahead * step - step / 2


def _half_sizes(model: SpineModel, arc: float) -> tuple[float, float]:
    curve, canal = model.neural.curve, model.neural.canal
    return (
        float(curve.at(arc, 1 / np.sqrt(canal.m_uu))),
        float(curve.at(arc, 1 / np.sqrt(canal.m_vv))),
    )


def _in_view(model: SpineModel, lattice: Lattice, share: NDArray[np.float32], grid: Grid) -> float:
    from oncospine.phantom.bone import PATIENT

    points = np.stack(lattice.points_in(PATIENT), -1)[share > 0]
    voxels = grid.to_voxel(model.pose.to_world(points))
    inside = ((voxels > -0.5) & (voxels < np.asarray(grid.shape) - 0.5)).all(axis=-1)
    weight = share[share > 0]
    return float(weight[inside].sum(dtype=np.float64) / weight.sum(dtype=np.float64))


def _kyphosis(model: SpineModel) -> float:
    first, last = model.vertebrae[model.spec.levels[0]], model.vertebrae[model.spec.levels[-1]]
    lean = []
    for vertebra, sign in ((first, -1.0), (last, 1.0)):
        up = vertebra.frame.superior
        lean.append(math.atan2(up[1], up[2]) - sign * vertebra.shape.half_wedge)
    return math.degrees(lean[0] - lean[1])


def _triple(values: NDArray[np.float64]) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])
