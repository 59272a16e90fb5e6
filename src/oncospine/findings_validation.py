"""`oncospine validate findings`: what the lesion room measures on random phantoms against what is true of them.

The truth of the WBB sectors is found on the model itself, on a lattice of its own: the voxels of the scan, the measured
frames and the measured canal play no part in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import spine_from_labels
from oncospine.base import Level, Progress, in_processes, silent
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind, convention
from oncospine.lesion.findings import INVOLVED_FRACTION, INVOLVED_ML
from oncospine.lesion.sectors import ball_fits, sector_weights
from oncospine.lesion.surroundings import distance_to
from oncospine.lesion.tomita import tomita_type
from oncospine.lesion.validation import FindingsTruth, Outcome, Subject, ValidationRow, outcome, validation_rows
from oncospine.lesion.wbb import TIP_SHARE, wbb_rule
from oncospine.phantom import Phantom, PhantomSpec, make_phantom, random_spec
from oncospine.phantom.bone import PATIENT, SpineModel, bone_on, spine_model
from oncospine.phantom.shapes import Lattice
from oncospine.phantom.spec import PART_CODES
from oncospine.phantom.truth_canal import level_index
from oncospine.phantom.tumour import TumourModel, bone_tumour, epidural_tumour, paravertebral_tumour, tumour_model

LATTICE_MM = 0.6
"""Lattice of the truth: finer than any voxel of the random phantoms."""


def validate_findings(
    count: int = 200, seed: int = 0, *, jobs: int | None = None, progress: Progress = silent
) -> tuple[ValidationRow, ...]:
    """The table over `count` random phantoms numbered from `seed`, in `jobs` processes (default: one per core)."""
    outcomes: list[Outcome] = []
    for found in in_processes(random_outcome, range(seed, seed + count), jobs=jobs):
        outcomes.append(found)
        progress(found.name, len(outcomes) / count)
    return validation_rows(outcomes)


def random_outcome(seed: int) -> Outcome:
    """The random phantom of this number, measured and compared."""
    return outcome(phantom_subject(make_phantom(random_spec(seed))))


def phantom_subject(phantom: Phantom) -> Subject:
    """A phantom with tumour as a subject: bones by its labels, sac and cord as an MR reader would draw them."""
    named = convention("tumour_compartments")
    tumour = LabelMap(volume=phantom.tumour, structures=named.structures, convention=named.name)
    return Subject(
        name=f"phantom {phantom.spec.seed}",
        spine=spine_from_labels([_bones(phantom), *_neural(phantom)], modality="MR"),
        tumour=tumour,
        truth=findings_truth(phantom),
    )


def _bones(phantom: Phantom) -> LabelMap:
    """The labels without the structure that CT names the cord (there it is the sac)."""
    array = phantom.labels.volume.array
    cord = phantom.labels.labels_of(StructureKind.SPINAL_CORD)
    kept = np.where(np.isin(array, cord), 0, array).astype(array.dtype)
    return replace(phantom.labels, volume=Volume(kept, phantom.labels.volume.affine))


def _neural(phantom: Phantom) -> list[LabelMap]:
    found = []
    for least, kind in ((2, StructureKind.DURAL_SAC), (3, StructureKind.SPINAL_CORD)):
        volume = Volume((phantom.neural.array >= least).astype(np.uint8), phantom.neural.affine)
        found.append(LabelMap(volume=volume, structures={1: Structure(kind=kind)}, convention="phantom"))
    return found


def findings_truth(phantom: Phantom) -> FindingsTruth:
    """Everything the table compares, from the phantom's own truth and from its model."""
    true = phantom.truth.tumour
    assert true is not None
    return FindingsTruth(
        volume_ml=true.volume_mm3 / 1000,
        bone_ml=true.bone_mm3 / 1000,
        epidural_ml=true.epidural_mm3 / 1000,
        paravertebral_ml=true.paravertebral_mm3 / 1000,
        body_fraction={level: parts.get("body", 0.0) for level, parts in true.part_fraction.items()},
        sectors=true_sectors(phantom.spec, phantom),
        escc={level: item.grade for level, item in phantom.truth.escc.items()},
        tomita=_true_tomita(phantom),
        occupation=true.max_occupation,
    )


def _true_tomita(phantom: Phantom) -> int:
    true = phantom.truth.tumour
    assert true is not None
    involved: dict[Level, set[str]] = {}
    for level, parts in true.part_fraction.items():
        volumes = phantom.truth.vertebrae[level].part_volume_mm3
        names = {
            name
            for name, share in parts.items()
            if share >= INVOLVED_FRACTION or share * volumes[name] / 1000 >= INVOLVED_ML
        }
        if names:
            involved[level] = names
    every = set().union(*involved.values()) if involved else set()
    pedicles = {"pedicle left", "pedicle right"}
    return tomita_type(
        tuple(involved),
        body="body" in every,
        pedicle=bool(every & pedicles),
        arch=bool(every - pedicles - {"body"}),
        epidural=max(phantom.truth.canal.thickness_mm) >= wbb_rule("epidural_thickness_mm"),
        paravertebral=true.paravertebral_mm3 / 1000 >= wbb_rule("layer_ml"),
    ).type


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Field:
    """The whole tumour on one lattice: 0 outside, else the number of the level (1..) a point belongs to."""

    world: NDArray[np.float64]
    level: NDArray[np.intp]
    in_bone: NDArray[np.bool_]
    depth_mm: NDArray[np.float64]
    bone: Mapping[Level, NDArray[np.float64]]
    spinous: Mapping[Level, NDArray[np.float64]]


def true_sectors(spec: PhantomSpec, phantom: Phantom) -> dict[Level, frozenset[int]]:
    """Sectors of every level with tumour in its bone, from the model."""
    assert phantom.truth.tumour is not None
    model = spine_model(spec)
    tumour = tumour_model(model)
    assert tumour is not None
    field = _field(model, tumour)
    found = {}
    for level in phantom.truth.tumour.bone_by_level_mm3:
        true = phantom.truth.vertebrae[level]
        axes = np.array([true.right, true.anterior, true.superior])
        origin = np.asarray(true.canal_centre_mm)
        midline = _midline((field.spinous[level] - origin) @ axes.T)
        here = field.level == spec.levels.index(level)
        local = (field.world[here] - origin) @ axes.T
        bone = sector_weights((field.bone[level] - origin) @ axes.T, midline).sum(axis=0)
        taken = sector_weights(local[field.in_bone[here]], midline).sum(axis=0) / np.maximum(bone, 1e-9)
        thick = ball_fits(local, field.depth_mm[here], midline, wbb_rule("sector_thickness_mm") / 2)
        involved = (taken >= wbb_rule("sector_bone_fraction")) | thick
        found[level] = frozenset(int(k) + 1 for k in np.flatnonzero(involved))
    return found


def _midline(spinous: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction of the tip: the centroid of the hindmost quarter of the spinous process, as in the lesion room."""
    behind = spinous[:, 1]
    tip = spinous[behind <= behind.min() + TIP_SHARE * (behind.max() - behind.min())]
    return np.asarray(tip[:, :2].mean(axis=0))


def _field(model: SpineModel, tumour: TumourModel) -> _Field:
    lattice = _lattice(model)
    inside = np.zeros(lattice.shape, np.bool_)
    owner = np.full(lattice.shape, -1, np.intp)
    bones: dict[Level, NDArray[np.float64]] = {}
    spinous: dict[Level, NDArray[np.float64]] = {}
    assert model.spec.tumour is not None
    for index, level in enumerate(model.spec.levels):
        bone = bone_on(model, level, lattice)
        if bone is None:
            continue
        block = lattice.cropped_to(bone.box)
        solid = bone.distance < 0
        points = np.stack(block.points_in(PATIENT), -1)
        bones[level] = model.pose.to_world(points[solid])
        spinous[level] = model.pose.to_world(points[solid & (bone.part == PART_CODES["spinous"])])
        mass = bone_tumour(tumour, model.vertebrae[level], bone, block)
        if mass is not None:
            owner[bone.box] = np.where((mass < 0) & solid, index, owner[bone.box])
    in_bone = owner >= 0
    inside |= in_bone
    soft = [epidural_tumour(model, lattice)]
    soft += [paravertebral_tumour(model, tumour, piece, lattice) for piece in tumour.paravertebral]
    for hit in soft:
        if hit is not None:
            inside[hit[0]] |= hit[1] < 0
    depth = distance_to(~inside, (LATTICE_MM, LATTICE_MM, LATTICE_MM)) - LATTICE_MM / 2
    points = np.stack(lattice.points_in(PATIENT), -1)[inside]
    arcs = model.neural.curve.section_coordinates((points[:, 0], points[:, 1], points[:, 2]))[0]
    slab = level_index(model, arcs.astype(np.float64))
    return _Field(
        world=model.pose.to_world(points),
        level=np.where(owner[inside] >= 0, owner[inside], slab),
        in_bone=in_bone[inside],
        depth_mm=depth[inside].astype(np.float64),
        bone=bones,
        spinous=spinous,
    )


def _lattice(model: SpineModel) -> Lattice:
    """A lattice along the patient's axes over every level with tumour and its neighbours."""
    assert model.spec.tumour is not None
    levels = model.spec.tumour.levels()
    corners = []
    for level in levels:
        vertebra = model.vertebrae[level]
        low, high = vertebra.bounds()
        picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
        corners.append(vertebra.frame.to_world(np.stack([low, high])[picks, np.arange(3)]))
    points = np.concatenate(corners)
    low, high = points.min(axis=0) - AROUND_MM, points.max(axis=0) + AROUND_MM
    affine = np.diag([LATTICE_MM, LATTICE_MM, LATTICE_MM, 1.0])
    affine[:3, 3] = low
    size = np.ceil((high - low) / LATTICE_MM).astype(int) + 1
    return Lattice((int(size[0]), int(size[1]), int(size[2])), affine)


AROUND_MM = 8.0
"""Soft tumour reaches further than the bone it comes from."""
