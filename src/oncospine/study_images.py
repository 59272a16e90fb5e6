"""The images of one study, read and brought onto the voxels that scan and masks share; nothing is interpolated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from oncospine.anatomy import block_around_spine
from oncospine.base import InputError, Progress, in_threads
from oncospine.case import MaskContent, MaskFile, Modality, Study
from oncospine.geometry import Grid, Volume, common_grid, cropped_grid, regridded
from oncospine.imaging import LabelMap, Scan, Structure, StructureKind, read_labels, read_scan, require_same_grid

ANATOMY = (MaskContent.ANATOMY, MaskContent.VERTEBRAE)
"""Masks from which the spine is built."""

ONE_STRUCTURE = {
    MaskContent.CORD: StructureKind.SPINAL_CORD,
    MaskContent.DURAL_SAC: StructureKind.DURAL_SAC,
    MaskContent.CANAL: StructureKind.SPINAL_CANAL,
}
"""What the voxels of a mask of one structure are, where its convention only says "mask"."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyImages:
    """Scan (None where the study has only masks), label maps of the anatomy and the tumour's, all on one grid."""

    scan: Scan | None
    anatomy: tuple[LabelMap, ...]
    tumour: LabelMap | None
    notes: tuple[str, ...]


def read_study(folder: Path, study: Study, progress: Progress) -> StudyImages:
    """Read every file of the study that is measured.

    Raises `InputError` where there is no mask of vertebrae and where voxels of scan and masks do not coincide.
    """
    masks = [mask for mask in study.masks if mask.what in ANATOMY]
    if not masks:
        raise InputError(f"study '{study.id}' has no mask of vertebrae; add one, or run `oncospine segment`")
    masks += [mask for mask in study.masks if mask.what in ONE_STRUCTURE]
    tumour = study.mask(MaskContent.TUMOUR)
    wanted = [*masks, *([tumour] if tumour is not None else [])]
    progress("reading scan and masks", 0.0)
    with ThreadPoolExecutor(1) as beside:
        reading = None if study.scan is None else beside.submit(_read_scan, folder, study, progress)
        labels = in_threads(lambda mask: _read_labels(folder, mask, progress), wanted)
        scan = None if reading is None else reading.result()
    grid, notes = _working_grid(scan, labels[0])
    placed = [_on_grid(read, grid, mask) for read, mask in zip(labels, wanted, strict=True)]
    notes = (*notes, *(f"{mask.path}: {mask.made_by}" for mask in wanted if mask.is_carried))
    if tumour is not None:
        notes = (*notes, *_lost(labels[-1], placed[-1]))
    return StudyImages(
        scan=None if scan is None else _scan_on_grid(scan, grid),
        anatomy=tuple(placed[: len(masks)]),
        tumour=placed[-1] if tumour is not None else None,
        notes=notes,
    )


def around_spine(images: StudyImages) -> StudyImages:
    """Scan and anatomy where the spine is built, voxels of their own so that the rest of the study can be freed.

    The tumour stays whole: what lies far from the spine is told.
    """
    grid = cropped_grid(images.anatomy[0].grid, block_around_spine(images.anatomy))
    scan = None if images.scan is None else replace(images.scan, volume=_block(images.scan.volume, grid))
    anatomy = tuple(replace(item, volume=_block(item.volume, grid)) for item in images.anatomy)
    return replace(images, scan=scan, anatomy=anatomy)


def _block(volume: Volume, grid: Grid) -> Volume:
    found = regridded(volume, grid)
    assert found is not None
    return Volume(np.ascontiguousarray(found.array), grid.affine)


def modality_of(study: Study) -> str:
    """CT or MR, as the imaging rooms know it."""
    return "MR" if study.modality is Modality.MR else "CT"


def _read_scan(folder: Path, study: Study, progress: Progress) -> Scan:
    scan = read_scan(folder / str(study.scan), modality=modality_of(study), progress=progress)
    return replace(scan, volume=scan.volume.canonical())


def _read_labels(folder: Path, mask: MaskFile, progress: Progress) -> LabelMap:
    labels = read_labels(folder / mask.path, convention=mask.convention, progress=progress)
    named = ONE_STRUCTURE.get(mask.what)
    if named is not None and mask.convention == "mask":
        labels = replace(labels, structures=dict.fromkeys(labels.present(), Structure(kind=named)))
    return labels.canonical()


def _working_grid(scan: Scan | None, labels: LabelMap) -> tuple[Grid, tuple[str, ...]]:
    """The voxels that scan and labels share; two grids whose voxels do not coincide are refused, both printed."""
    if scan is None or scan.grid.is_same_as(labels.grid):
        return labels.grid, ()
    shared = common_grid(scan.grid, labels.grid)
    if shared is None:
        require_same_grid(scan, labels, ("scan", "vertebra labels"))
        raise InputError("scan and vertebra labels do not overlap")
    note = f"scan and labels cover different parts of one grid; measured is what both cover: {shared.described()}"
    return shared, (note,)


def _on_grid(labels: LabelMap, grid: Grid, mask: MaskFile) -> LabelMap:
    volume = regridded(labels.volume, grid)
    if volume is None:
        raise InputError(
            f"{mask.path} ({mask.what}) is not on the grid of the scan and vertebra labels.\n"
            f"  measured: {grid.described()}\n  {mask.what}: {labels.grid.described()}\n"
            "Use a mask made on this scan, or resample it (nearest neighbour) to that grid."
        )
    return replace(labels, volume=volume)


def _scan_on_grid(scan: Scan, grid: Grid) -> Scan:
    volume = regridded(scan.volume, grid)
    if volume is None:
        raise InputError(f"the scan is not on the grid of its labels: {scan.grid.described()}; {grid.described()}")
    return replace(scan, volume=volume)


def _lost(whole: LabelMap, kept: LabelMap) -> tuple[str, ...]:
    """A note where part of the tumour mask lies outside what is measured."""
    lost = sum(whole.counts.values()) - sum(kept.counts.values()) if not kept.grid.is_same_as(whole.grid) else 0
    if lost == 0:
        return ()
    ml = lost * whole.grid.voxel_volume_mm3 / 1000
    return (f"{ml:.1f} ml of the tumour mask lies outside the part that scan and labels share and is not counted",)
