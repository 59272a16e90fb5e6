"""One door for files: a scan, a label map or a tumour mask, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
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
from oncospine.imaging.voxel_sinks import LabelSink, ScanSink

RECOGNISE = "recognise"
"""Convention name that asks for recognition instead of naming one."""

PADDING_HU = -1024
"""Lowest value of a CT number in 12 bits: what lies below is padding outside the field of view, not tissue."""


def read_scan(path: Path, *, modality: str | None = None, progress: Progress = silent) -> Scan:
    """The scan in a NIfTI file. `modality` ("CT", "MR") says what a file that does not tell holds."""
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


def without_padding(array: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """CT numbers with everything below `PADDING_HU` set to it, and a note on how many voxels that were."""
    padded = int(np.count_nonzero(array < PADDING_HU))
    if not padded:
        return array, ()
    np.maximum(array, PADDING_HU, out=array)
    share = padded / array.size
    return array, (f"{padded} voxels ({share:.1%}) are padding outside the field of view, set to {PADDING_HU} HU",)


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
