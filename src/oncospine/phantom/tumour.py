"""The tumour painter: bone pieces grown to an exact fraction, the epidural front, and paravertebral masses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Side
from oncospine.geometry import Box
from oncospine.phantom.bone import PATIENT, Bone, SpineModel, bone_on, canal_distance
from oncospine.phantom.canal import position_of
from oncospine.phantom.shapes import FAR_MM, Bounds, Floats, Lattice, Points, coverage
from oncospine.phantom.spec import MODELLED_LEVELS, PART_CODES, BonePiece, ParavertebralPiece
from oncospine.phantom.thorax import Organs, organs, ribs
from oncospine.phantom.vertebra import VertebraModel, canal_middle

TRUTH_STEP_MM = 0.8
"""Lattice on which pieces are grown to their fraction and volumes are summed (coverage: second order in the step)."""

WHOLE = 0.9995
LOBES = 0.13
"""How lobulated a mass is: relative waviness of its radius."""


@dataclass(frozen=True, eq=False)
class GrownPiece:
    """A bone piece with the radius at which it fills its fraction of the part."""

    piece: BonePiece
    centre: NDArray[np.float64]
    half: NDArray[np.float64]
    radius: float
    phase: float

    def growth(self, points: Points) -> Floats:
        """Radius, in units of `half`, at which the mass reaches each point (vertebra coordinates)."""
        return lobulated(points, self.centre, self.half, self.phase)


@dataclass(frozen=True, eq=False)
class TumourModel:
    """All pieces of one tumour, ready to be evaluated."""

    grown: Mapping[Level, tuple[GrownPiece, ...]]
    paravertebral: tuple[ParavertebralPiece, ...]
    organs: Organs


def lobulated(points: Points, centre: NDArray[np.float64], half: NDArray[np.float64], phase: float) -> Floats:
    """Radius of a wavy ellipsoid through each point; 1 on the ellipsoid of half sizes `half`."""
    x, y, z = ((p - np.float32(c)) for p, c in zip(points, centre, strict=True))
    radius = np.sqrt((x / half[0]) ** 2 + (y / half[1]) ** 2 + (z / half[2]) ** 2 + 1e-9)
    wave = np.sin(0.55 * x + phase) * np.cos(0.45 * y + 2 * phase) + 0.6 * np.sin(0.6 * z + 0.35 * x + 3 * phase)
    return np.asarray(radius * (1 + LOBES * wave * np.minimum(radius, 1)), np.float32)


def tumour_model(model: SpineModel) -> TumourModel | None:
    """Grow every piece of the spec's tumour; None without one."""
    spec = model.spec.tumour
    if spec is None:
        return None
    grown: dict[Level, tuple[GrownPiece, ...]] = {}
    for index, piece in enumerate(spec.bone):
        own = _grown(model, piece, phase=0.7 * index + 0.37 * model.spec.seed)
        grown[piece.level] = (*grown.get(piece.level, ()), own)
    return TumourModel(grown, spec.paravertebral, organs(model))


def local_lattice(vertebra: VertebraModel, step_mm: float) -> Lattice:
    """A lattice along the vertebra's own axes that holds all of it; independent of the scanner's grid."""
    low, high = vertebra.bounds()
    affine = np.eye(4)
    affine[:3, :3] = vertebra.frame.axes.T * step_mm
    affine[:3, 3] = vertebra.frame.to_world(low - 1.5)
    size = np.ceil((high - low + 3.0) / step_mm).astype(int) + 1
    return Lattice((int(size[0]), int(size[1]), int(size[2])), affine)


def _grown(model: SpineModel, piece: BonePiece, *, phase: float) -> GrownPiece:
    vertebra = model.vertebrae[piece.level]
    sizes = vertebra.shape.sizes
    half = np.array(
        [(sizes["EPWu"] + sizes["EPWl"]) / 4, vertebra.shape.mean_depth / 2, vertebra.shape.mean_height / 2]
    )
    centre = _seed_point(vertebra, piece, half)
    if piece.part != "body":
        half = np.full(3, float(half.mean()))
    radius = np.inf
    if piece.fraction < WHOLE:
        lattice = local_lattice(vertebra, TRUTH_STEP_MM)
        bone = bone_on(model, piece.level, lattice)
        assert bone is not None
        block = lattice.cropped_to(bone.box)
        inside = (bone.part == PART_CODES[piece.part]) & (bone.distance < block.step_mm)
        reach = lobulated(tuple(p[inside] for p in block.points_in(vertebra.frame)), centre, half, phase)
        weight = coverage(bone.distance[inside], block.step_mm)
        radius = _weighted_quantile(reach, weight, piece.fraction)
    return GrownPiece(piece, centre, half, radius, phase)


def _weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order], dtype=np.float64)
    return float(np.interp(share * total[-1], total, values[order]))


def _seed_point(vertebra: VertebraModel, piece: BonePiece, half: NDArray[np.float64]) -> NDArray[np.float64]:
    if piece.centre is not None:
        return np.asarray(piece.centre) * half
    if piece.part == "body":
        return np.zeros(3)
    if piece.part == "spinous":
        return np.array([0.0, canal_middle(vertebra.shape) - vertebra.shape.sizes["SCD"] / 2, -3.0])
    pedicle = vertebra.pedicles[Side(piece.part.rsplit(" ", 1)[-1])]
    ahead = 7.0 if piece.part.startswith("pedicle") else -6.0
    return np.asarray(pedicle.centre + ahead * pedicle.axis)


def bone_tumour(tumour: TumourModel, vertebra: VertebraModel, bone: Bone, block: Lattice) -> Floats | None:
    """Distance to the tumour within a vertebra on the block of `bone`; None where there is none."""
    pieces = tumour.grown.get(vertebra.level, ())
    if not pieces:
        return None
    points = block.points_in(vertebra.frame)
    found = np.full(block.shape, FAR_MM, np.float32)
    for grown in pieces:
        inside = bone.part == PART_CODES[grown.piece.part]
        if np.isinf(grown.radius):
            own = np.full(block.shape, -FAR_MM, np.float32)
        else:
            own = (grown.growth(points) - np.float32(grown.radius)) * np.float32(grown.half.mean())
        found = np.where(inside, np.minimum(found, own), found)
    return np.asarray(np.maximum(found, bone.distance), np.float32)


def epidural_tumour(model: SpineModel, lattice: Lattice) -> tuple[Box, Floats] | None:
    """Distance to the epidural tumour; None where there is none on this lattice."""
    fronts, curve = model.neural.fronts, model.neural.curve
    rows = np.flatnonzero((fronts.thickness > 0).any(axis=0)) if len(fronts.n) else np.array([], np.intp)
    if rows.size == 0:
        return None
    points = curve.points[rows]
    low, high = points.min(0) - 15, points.max(0) + 15
    box = lattice.box_of(((low[0], low[1], low[2]), (high[0], high[1], high[2])), PATIENT)
    if box is None:
        return None
    s, u, v = curve.section_coordinates(lattice.cropped_to(box).points_in(PATIENT))
    at = position_of(s)
    return box, np.maximum(model.neural.canal.distance(u, v, at), fronts.beyond(u, v, at))


def paravertebral_tumour(
    model: SpineModel, tumour: TumourModel, piece: ParavertebralPiece, lattice: Lattice
) -> tuple[Box, Floats] | None:
    """Distance to one paravertebral mass: it fills what bone, discs, canal, ribs and organs leave free."""
    vertebra = model.vertebrae[piece.level]
    half = np.asarray(piece.half_sizes_mm)
    width = (vertebra.shape.sizes["EPWu"] + vertebra.shape.sizes["EPWl"]) / 4
    centre = np.array(
        [piece.side.sign * (width + 0.45 * half[0]), vertebra.body.back + 0.45 * vertebra.shape.mean_depth, 0.0]
    )
    reach = half * 1.25
    bounds: Bounds = (tuple(centre - reach), tuple(centre + reach))
    box = lattice.box_of(bounds, vertebra.frame)
    if box is None:
        return None
    block = lattice.cropped_to(box)
    phase = 1.1 + 0.37 * model.spec.seed + 0.5 * piece.side.sign
    radius = lobulated(block.points_in(vertebra.frame), centre, half, phase)
    distance = np.asarray((radius - 1) * np.float32(half.mean()), np.float32)
    distance = np.maximum(distance, -canal_distance(model, block))
    _leave_bone(model, piece.level, block, distance)
    _leave_tubes(model, tumour, block, distance)
    return box, distance


def _leave_bone(model: SpineModel, level: Level, block: Lattice, distance: Floats) -> None:
    index = MODELLED_LEVELS.index(level)
    for near in MODELLED_LEVELS[max(index - 2, 0) : index + 3]:
        if near in model.spec.levels:
            bone = bone_on(model, near, block)
            if bone is not None:
                distance[bone.box] = np.maximum(distance[bone.box], -bone.distance)
        disc = disc_on(model, near, block)
        if disc is not None:
            distance[disc[0]] = np.maximum(distance[disc[0]], -disc[1])


def _leave_tubes(model: SpineModel, tumour: TumourModel, block: Lattice, distance: Floats) -> None:
    if not model.spec.thorax:
        return
    tubes = [tumour.organs.aorta, tumour.organs.oesophagus, tumour.organs.trachea, *ribs(model).values()]
    for tube in tubes:
        found = tube.distance_on(block) if tube is not None else None
        if found is not None:
            distance[found[0]] = np.maximum(distance[found[0]], -found[1])


def disc_on(model: SpineModel, level: Level, lattice: Lattice) -> tuple[Box, Floats] | None:
    """Distance to the disc below `level`; None at the end of the image's levels or off the lattice."""
    from oncospine.phantom.body import Disc

    lower = model.below(level)
    upper = model.vertebrae[level]
    if lower is None or level not in model.spec.levels:
        return None
    disc = Disc(upper.body, lower.body)
    box = lattice.box_of(disc.bounds, upper.frame)
    if box is None:
        return None
    block = lattice.cropped_to(box)
    own = disc.distance_between(block.points_in(upper.frame), block.points_in(lower.frame))
    return box, np.maximum(own, -canal_distance(model, block))
