"""The truth about the tumour: volumes and fractions, measured on the model itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Side
from oncospine.phantom.bone import PATIENT, Bone, SpineModel
from oncospine.phantom.column import CURVE_STEP_MM
from oncospine.phantom.shapes import FAR_MM, Floats, Lattice, coverage
from oncospine.phantom.spec import PART_CODES
from oncospine.phantom.truth_canal import level_index
from oncospine.phantom.tumour import (
    TRUTH_STEP_MM,
    TumourModel,
    bone_tumour,
    local_lattice,
    paravertebral_tumour,
)
from oncospine.phantom.vertebra import VertebraModel

INVOLVED = 0.001
"""A part counts as involved from this fraction: below it lies the coverage of a touching border."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourTruth:
    """Volumes in mm3 and fractions (0..1); fractions of parts with none are left out."""

    kind: str
    volume_mm3: float
    bone_mm3: float
    epidural_mm3: float
    paravertebral_mm3: float
    bone_by_level_mm3: Mapping[Level, float]
    epidural_by_level_mm3: Mapping[Level, float]
    paravertebral_by_level_mm3: Mapping[Level, float]
    paravertebral_by_side_mm3: Mapping[Side, float]
    bone_by_side_mm3: Mapping[Side, float]
    part_fraction: Mapping[Level, Mapping[str, float]]
    vertebra_fraction: Mapping[Level, float]
    max_occupation: float
    worst_level: Level | None
    """The level of the tightest section; None without epidural tumour."""
    volumes_by: str = (
        f"epidural: exact sections along the centreline; others: coverage on lattices of {TRUTH_STEP_MM} mm"
    )


def truth_lattice(vertebra: VertebraModel) -> Lattice:
    """Where the volumes of one vertebra are summed."""
    return local_lattice(vertebra, TRUTH_STEP_MM)


def tumour_truth(model: SpineModel, tumour: TumourModel, bones: Mapping[Level, tuple[Lattice, Bone]]) -> TumourTruth:
    """Sum every compartment."""
    assert model.spec.tumour is not None
    by_level, fractions, whole, sides = _bone_sums(model, tumour, bones)
    epidural = _epidural_sums(model)
    beside, beside_sides = _paravertebral_sums(model, tumour)
    occupation = model.neural.area["epidural_tumour_mm2"] / model.neural.area["canal_mm2"]
    worst = int(np.argmax(occupation))
    bone, inner, outer = (sum(values.values()) for values in (by_level, epidural, beside))
    at = int(level_index(model, model.neural.curve.arc[[worst]])[0])
    return TumourTruth(
        kind=model.spec.tumour.kind.value,
        volume_mm3=bone + inner + outer,
        bone_mm3=bone,
        epidural_mm3=inner,
        paravertebral_mm3=outer,
        bone_by_level_mm3=by_level,
        epidural_by_level_mm3=epidural,
        paravertebral_by_level_mm3=beside,
        paravertebral_by_side_mm3=beside_sides,
        bone_by_side_mm3=sides,
        part_fraction=fractions,
        vertebra_fraction=whole,
        max_occupation=float(occupation[worst]),
        worst_level=model.spec.levels[at] if occupation[worst] > 0 else None,
    )


def _bone_sums(
    model: SpineModel, tumour: TumourModel, bones: Mapping[Level, tuple[Lattice, Bone]]
) -> tuple[dict[Level, float], dict[Level, dict[str, float]], dict[Level, float], dict[Side, float]]:
    by_level: dict[Level, float] = {}
    fractions: dict[Level, dict[str, float]] = {}
    whole: dict[Level, float] = {}
    sides = dict.fromkeys(Side, 0.0)
    for level, (lattice, bone) in bones.items():
        vertebra = model.vertebrae[level]
        mass = bone_tumour(tumour, vertebra, bone, lattice)
        if mass is None:
            continue
        share = coverage(mass, lattice.step_mm) * lattice.cell_mm3
        full = coverage(bone.distance, lattice.step_mm) * lattice.cell_mm3
        by_level[level] = _sum(share)
        whole[level] = _sum(share) / _sum(full)
        right = lattice.points_in(vertebra.frame)[0] > 0
        sides[Side.RIGHT] += _sum(share[right])
        sides[Side.LEFT] += _sum(share[~right])
        parts = {}
        for name, code in PART_CODES.items():
            inside = bone.part == code
            fraction = _sum(share[inside]) / max(_sum(full[inside]), 1e-6)
            if fraction > INVOLVED:
                parts[name] = fraction
        fractions[level] = parts
    return by_level, fractions, whole, sides


def _epidural_sums(model: SpineModel) -> dict[Level, float]:
    """The exact integral of the sections along the centreline."""
    volume = model.neural.area["epidural_tumour_mm3_per_mm"] * CURVE_STEP_MM
    owner = level_index(model, model.neural.curve.arc)
    sums = np.bincount(owner, weights=volume, minlength=len(model.spec.levels))
    return {level: float(value) for level, value in zip(model.spec.levels, sums, strict=True) if value > 0}


def _paravertebral_sums(model: SpineModel, tumour: TumourModel) -> tuple[dict[Level, float], dict[Side, float]]:
    by_level: dict[Level, float] = {}
    by_side = {}
    for side in Side:
        pieces = [piece for piece in tumour.paravertebral if piece.side is side]
        if not pieces:
            continue
        places = np.stack([model.vertebrae[piece.level].frame.origin_mm for piece in pieces])
        reach = max(max(piece.half_sizes_mm) for piece in pieces) * 1.3 + 30
        lattice = _box_lattice(places.min(0) - reach, places.max(0) + reach)
        distance = np.full(lattice.shape, FAR_MM, np.float32)
        for piece in pieces:
            hit = paravertebral_tumour(model, tumour, piece, lattice)
            if hit is not None:
                distance[hit[0]] = np.minimum(distance[hit[0]], hit[1])
        share = coverage(distance, lattice.step_mm) * lattice.cell_mm3
        for level, volume in _by_level(model, lattice, share).items():
            by_level[level] = by_level.get(level, 0.0) + volume
        by_side[side] = _sum(share)
    return by_level, by_side


def _by_level(model: SpineModel, lattice: Lattice, share: Floats) -> dict[Level, float]:
    """Volumes by the level whose stretch of the canal's centreline each point projects on."""
    inside = share > 0
    points = tuple(p[inside] for p in lattice.points_in(PATIENT))
    arcs, _, _ = model.neural.curve.section_coordinates(points)  # type: ignore[arg-type]
    owner = level_index(model, arcs.astype(np.float64))
    sums = np.bincount(owner, weights=share[inside], minlength=len(model.spec.levels))
    return {level: float(volume) for level, volume in zip(model.spec.levels, sums, strict=True) if volume > 0}


def _box_lattice(low: NDArray[np.float64], high: NDArray[np.float64]) -> Lattice:
    affine = np.diag([TRUTH_STEP_MM, TRUTH_STEP_MM, TRUTH_STEP_MM, 1.0])
    affine[:3, 3] = low
    size = np.ceil((high - low) / TRUTH_STEP_MM).astype(int) + 1
    return Lattice((int(size[0]), int(size[1]), int(size[2])), affine)


def _sum(values: Floats) -> float:
    return float(values.sum(dtype=np.float64))
