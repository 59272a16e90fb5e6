"""Two studies of a case brought together: figures, a refusal below the bars, masks carried from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from oncospine.base import InputError, Level, Progress, described_levels, silent
from oncospine.case import CARRIED, Case, MaskContent, MaskFile, Study, add_mask, write_result
from oncospine.geometry import Grid, Mask, Volume
from oncospine.imaging import (
    SEGMENT_NAMES,
    LabelMap,
    LevelMotion,
    Registration,
    Scan,
    StructureKind,
    level_motions,
    moved_labels,
    read_labels,
    read_scan,
    register_scans,
    register_vertebrae,
    require_same_names,
    scan_similarity,
    write_nifti,
    write_seg_nrrd,
)
from oncospine.study_images import ANATOMY, modality_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedMask:
    """A mask carried across: the file it became, and its volume before and after."""

    mask: MaskFile
    source: str
    before_ml: float
    after_ml: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyRegistration:
    """`moving` brought onto `fixed`: the motion with its figures, each vertebra on its own, and what was carried."""

    fixed: str
    moving: str
    registration: Registration
    levels: tuple[LevelMotion, ...]
    carried: tuple[CarriedMask, ...]
    file: Path


def register_studies(
    case: Case,
    *,
    fixed_id: str,
    moving_id: str,
    carry: Sequence[MaskContent] = (),
    around: Sequence[Level] = (),
    progress: Progress = silent,
) -> StudyRegistration:
    """Bring study `moving_id` onto study `fixed_id` and carry its masks of the contents `carry` across.

    By the surfaces of the vertebrae where both studies have them (those of `around` only, where given), else by the
    grey values of the scans. Writes results/registration-<moving>-<fixed>.json, the carried masks into the fixed study,
    and their entries into case.yaml. Raises `SafetyRefusal` below a bar of registration.yaml; nothing is written then.
    """
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    if fixed_id == moving_id:
        raise InputError(f"both studies are '{fixed_id}'; name two different ones")
    fixed, moving = case.study(fixed_id), case.study(moving_id)
    masks = _masks_to_carry(fixed, moving, carry)
    one, other = (_vertebrae(case.folder, study, around) for study in (fixed, moving))
    scans = [_scan(case.folder, study, progress) for study in (fixed, moving)]
    found, motions = _registered(one, other, scans, progress)
    found.required()
    carried = [_carried(case.folder, fixed, moving, mask, found, _grid(one, scans[0])) for mask in masks]
    for labels, item in carried:
        _write(labels, case.folder / item.mask.path)
    for _, item in carried:
        add_mask(case.folder, fixed.id, item.mask)
    result = StudyRegistration(
        fixed=fixed.id,
        moving=moving.id,
        registration=found,
        levels=motions,
        carried=tuple(item for _, item in carried),
        file=case.folder / "results" / f"registration-{moving.id}-{fixed.id}.json",
    )
    write_result(case.folder, result.file.name, replace(result, file=Path(result.file.name)))
    return result


def _registered(
    one: LabelMap | None, other: LabelMap | None, scans: list[Scan | None], progress: Progress
) -> tuple[Registration, tuple[LevelMotion, ...]]:
    """By vertebrae where both have them, else by grey values; the similarity of the scans is told in either case."""
    first, second = scans
    if one is not None and other is not None:
        progress("registering the vertebrae", 0.2)
        found = register_vertebrae(one, other)
        progress("comparing the names of the vertebrae", 0.6)
        require_same_names(one, other)
        progress("registering every vertebra", 0.8)
        motions = level_motions(one, other, found)
        worst = max(motion.shift_mm for motion in motions)
        found = replace(found, quality=replace(found.quality, level_shift_mm=worst))
        if first is not None and second is not None:
            score = scan_similarity(first, second, found.matrix, region=_all_vertebrae(one))
            found = replace(found, quality=replace(found.quality, normalised_mutual_information=score))
        return found, motions
    if first is None or second is None:
        raise InputError("to register two studies both need a mask of vertebrae, or both a scan")
    return register_scans(first, second, region=_all_vertebrae(one), progress=progress), ()


def _masks_to_carry(fixed: Study, moving: Study, carry: Sequence[MaskContent]) -> list[MaskFile]:
    masks: list[MaskFile] = []
    for content in dict.fromkeys(carry):
        found = moving.masks_of(content)
        if not found:
            raise InputError(f"study '{moving.id}' has no mask of {content} to carry")
        if fixed.masks_of(content):
            raise InputError(f"study '{fixed.id}' has a mask of {content} already; remove it from case.yaml first")
        masks += found
    return masks


def _vertebrae(folder: Path, study: Study, around: Sequence[Level]) -> LabelMap | None:
    """The label map that names the levels, limited to those of `around`; None where the study has none."""
    for mask in (mask for mask in study.masks if mask.what in ANATOMY):
        labels = read_labels(folder / mask.path, convention=mask.convention).canonical()
        if labels.levels():
            return _limited(labels, around, study) if around else labels
    return None


def _limited(labels: LabelMap, around: Sequence[Level], study: Study) -> LabelMap:
    missing = [level for level in around if level not in labels.levels()]
    if missing:
        known = described_levels(labels.levels())
        raise InputError(f"study '{study.id}' has no vertebra {described_levels(missing)}; it has {known}")
    kept = {
        label: structure
        for label, structure in labels.present().items()
        if structure.kind is StructureKind.VERTEBRA and structure.level in around
    }
    table = np.zeros(int(np.iinfo(labels.volume.array.dtype).max) + 1, labels.volume.array.dtype)
    table[list(kept)] = list(kept)
    return replace(labels, volume=Volume(table[labels.volume.array], labels.volume.affine), structures=kept)


def _all_vertebrae(labels: LabelMap | None) -> Mask | None:
    return None if labels is None else labels.mask(StructureKind.VERTEBRA)


def _scan(folder: Path, study: Study, progress: Progress) -> Scan | None:
    if study.scan is None:
        return None
    scan = read_scan(folder / study.scan, modality=modality_of(study), progress=progress)
    return replace(scan, volume=scan.volume.canonical())


def _grid(labels: LabelMap | None, scan: Scan | None) -> Grid:
    known = labels if labels is not None else scan
    if known is None:
        raise InputError("the fixed study has neither a scan nor vertebrae")
    return known.grid


def _carried(
    folder: Path, fixed: Study, moving: Study, mask: MaskFile, found: Registration, grid: Grid
) -> tuple[LabelMap, CarriedMask]:
    """The mask on the grid of the fixed study, and what to say of it."""
    labels = read_labels(folder / mask.path, convention=mask.convention)
    moved = moved_labels(labels, found, onto=grid)
    before, after = (sum(item.counts.values()) * item.grid.voxel_volume_mm3 / 1000 for item in (labels, moved))
    if after == 0:
        raise InputError(f"{mask.path} lies wholly outside study '{fixed.id}': there is nothing to carry")
    ending = "seg.nrrd" if labels.convention == SEGMENT_NAMES else "nii.gz"
    entry = MaskFile(
        path=_new_path(folder, fixed, f"{mask.what}_from_{moving.id}", ending),
        convention=mask.convention if mask.convention != "recognise" else labels.convention,
        what=mask.what,
        made_by=f"{CARRIED} {moving.id} ({found.described()})",
    )
    return moved, CarriedMask(mask=entry, source=mask.path, before_ml=before, after_ml=after)


def _new_path(folder: Path, fixed: Study, stem: str, ending: str) -> str:
    place = f"studies/{fixed.id}/{stem}.{ending}"
    if (folder / place).exists():
        raise InputError(f"{place} exists already; masks are never overwritten. Move it away to carry it again")
    return place


def _write(labels: LabelMap, path: Path) -> None:
    if path.name.endswith(".seg.nrrd"):
        write_seg_nrrd(labels, path)
    else:
        write_nifti(labels.volume, path)
