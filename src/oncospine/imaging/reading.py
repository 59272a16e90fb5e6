"""One door for files: a scan, a label map or a tumour mask, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Mask, Volume
from oncospine.imaging.conventions import Convention, chosen_convention, recognise_convention, require_known
from oncospine.imaging.conventions import convention as convention_named
from oncospine.imaging.label_map import LabelMap, label_counts
from oncospine.imaging.nifti import StoredVolume, read_nifti
from oncospine.imaging.scan import Scan
from oncospine.imaging.structures import TUMOUR_KINDS
from oncospine.imaging.voxel_limits import without_padding
from oncospine.imaging.voxel_sinks import LabelSink, ScanSink

RECOGNISE = "recognise"
"""Convention name that asks for recognition instead of naming one."""


def read_scan(
    path: Path | Sequence[Path],
    *,
    modality: str | None = None,
    series: str | None = None,
    progress: Progress = silent,
) -> Scan:
    """The scan in a NIfTI file, or the DICOM series in folders, zips or files (one path or several of one series).

    `modality` ("CT", "MR") says what a file that does not tell holds; `series` is a key of `list_series` where a
    DICOM study has several.
    """
    from oncospine.imaging.dicom_series import read_dicom_scan

    if not isinstance(path, Path):
        return read_dicom_scan(path, series=series, progress=progress)
    if path.is_dir() or (path.exists() and not _is_nifti_name(path)):
        return read_dicom_scan(path, series=series, progress=progress)
    stored = _stored(path, into=ScanSink, progress=progress)
    array, notes = stored.array, stored.notes
    if modality == "CT":
        array, more = without_padding(array)
        notes = (*notes, *more)
    if float(array.min()) == float(array.max()):
        raise InputError(f"{path.name}: every voxel holds the same value; this is not a scan")
    return Scan(
        volume=Volume(array, stored.affine),
        modality=modality or "unknown",
        source=f"{stored.format} file",
        content_hash=stored.content_hash,
        notes=notes,
    )


def read_labels(path: Path, *, convention: str, progress: Progress = silent) -> LabelMap:
    """The label map in a file, or in a folder with one file per structure, under the named convention.

    `convention="recognise"` accepts a convention that is certain and refuses an ambiguous one.
    """
    if path.is_dir():
        from oncospine.imaging.label_folder import read_label_folder

        return read_label_folder(path, under=_named(convention, path), progress=progress)
    if convention != RECOGNISE:
        _named(convention, path)
    stored = _stored(path, into=LabelSink, progress=progress)
    return labelled(stored, convention=convention, name=path.name)


def labelled(stored: StoredVolume, *, convention: str, name: str) -> LabelMap:
    """Stored labels as a `LabelMap` under the named (or recognised) convention."""
    array = stored.array
    if convention == "mask":
        array = (array > 0).astype(np.uint8)
    notes: tuple[str, ...] = ()
    counts = label_counts(array)
    if not counts:
        raise InputError(f"{name}: the label map is empty: no voxel is above 0")
    if convention == RECOGNISE:
        heights = _heights_mm(Volume(array, stored.affine))
        candidates = recognise_convention(counts, filename=name, heights_mm=heights)
        under = chosen_convention(candidates, name=name, counts=counts)
        notes = (f"label convention recognised as {under.name} ({candidates[0].confidence:.0%}), not named by anyone",)
    else:
        under = convention_named(convention)
    require_known(counts, under=under, name=name)
    return LabelMap(
        volume=Volume(array, stored.affine),
        structures=under.structures,
        convention=under.name,
        notes=(*stored.notes, *notes, *under.notes_on(frozenset(counts))),
        content_hash=stored.content_hash,
    )


def read_mask(path: Path, *, convention: str = "mask", progress: Progress = silent) -> Mask:
    """The tumour in a file as one mask: any voxel above zero, or all parts of `tumour_compartments`."""
    labels = read_labels(path, convention=convention, progress=progress)
    parts = [label for label, item in labels.structures.items() if item.kind in TUMOUR_KINDS]
    array = (
        np.isin(labels.volume.array, parts) if len(parts) > 1 else labels.volume.array == parts[0] if parts else None
    )
    if array is None or not array.any():
        raise InputError(f"{path.name}: no voxel is a tumour under convention '{convention}'")
    return Mask(array, labels.volume.affine)


def _is_nifti_name(path: Path) -> bool:
    return path.name.lower().endswith((".nii", ".nii.gz"))


def _stored(path: Path, *, into: type[ScanSink] | type[LabelSink], progress: Progress) -> StoredVolume:
    if not path.exists():
        raise InputError(f"{path.name}: no such file; check the path")
    return read_nifti(path, into=into, name=path.name, progress=progress)


def _named(name: str, path: Path) -> Convention:
    try:
        return convention_named(name)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _heights_mm(volume: Volume) -> Mapping[int, float]:
    from oncospine.geometry import label_statistics

    return {label: float(item.centroid_mm[2]) for label, item in label_statistics(volume).items()}
