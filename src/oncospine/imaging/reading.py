"""One door for files: a scan, a label map or a tumour mask, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Grid, Mask, Volume, label_statistics
from oncospine.imaging.conventions import Convention, chosen_convention, recognise_convention, require_known
from oncospine.imaging.conventions import convention as convention_named
from oncospine.imaging.formats import Format, format_of, only_file
from oncospine.imaging.label_map import LabelMap, label_counts
from oncospine.imaging.nifti import StoredVolume, read_nifti
from oncospine.imaging.nrrd import read_nrrd
from oncospine.imaging.scan import Scan
from oncospine.imaging.segments import SEGMENT_NAMES, Segmentation
from oncospine.imaging.structures import TUMOUR_KINDS
from oncospine.imaging.voxel_limits import without_padding
from oncospine.imaging.voxel_sinks import LabelSink, ScanSink

RECOGNISE = "recognise"
"""Convention name that asks for recognition instead of naming one."""

_READERS = {Format.NIFTI: read_nifti, Format.NRRD: read_nrrd}


def read_scan(
    path: Path | Sequence[Path],
    *,
    modality: str | None = None,
    series: str | None = None,
    progress: Progress = silent,
) -> Scan:
    """The scan in a NIfTI or NRRD file, or the DICOM series in folders, zips or files (one path or several).

    `modality` ("CT", "MR") says what a file that does not tell holds; `series` is a key of `list_series` where a
    DICOM study has several.
    """
    from oncospine.imaging.dicom_series import read_dicom_scan

    if not isinstance(path, Path):
        return read_dicom_scan(path, series=series, progress=progress)
    kind = format_of(path)
    if kind not in _READERS:
        return read_dicom_scan(path, series=series, progress=progress)
    stored = _READERS[kind](path, into=ScanSink, name=path.name, progress=progress)
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


def read_labels(path: Path, *, convention: str, onto: Grid | None = None, progress: Progress = silent) -> LabelMap:
    """The label map in a file, or in a folder with one file per structure, under the named convention.

    `convention="recognise"` accepts a convention that is certain and refuses an ambiguous one. Files that name their
    segments (DICOM SEG, RT structure set, .seg.nrrd) have the convention "segment_names" and are put onto the grid
    `onto` of the scan where it is given; an RT structure set needs it.
    """
    if convention != RECOGNISE:
        _named(convention, path)
    kind = format_of(path)
    if kind is Format.MASK_FOLDER or (path.is_dir() and convention not in {SEGMENT_NAMES, RECOGNISE}):
        from oncospine.imaging.label_folder import read_label_folder

        return read_label_folder(path, under=_named(convention, path), progress=progress)
    if kind not in _READERS:
        return _segmentation(path, kind, convention=convention, onto=onto, progress=progress).label_map(name=path.name)
    if convention == SEGMENT_NAMES:
        raise InputError(
            f"{path.name}: its labels are numbers without names; name the convention that gives them meaning"
        )
    stored = _READERS[kind](path, into=LabelSink, name=path.name, progress=progress)
    return _labelled(stored, convention=convention, name=path.name)


def read_mask(path: Path, *, convention: str = "mask", onto: Grid | None = None, progress: Progress = silent) -> Mask:
    """The tumour in a file as one mask: any voxel above zero, all parts of `tumour_compartments`, or the segments
    that are named or coded as tumour (`segment_names`)."""
    kind = format_of(path)
    if convention == SEGMENT_NAMES and kind not in _READERS:
        segmentation = _segmentation(path, kind, convention=convention, onto=onto, progress=progress)
        return segmentation.tumour(name=path.name)
    labels = read_labels(path, convention=convention, onto=onto, progress=progress)
    parts = [label for label, item in labels.structures.items() if item.kind in TUMOUR_KINDS]
    array = np.isin(labels.volume.array, parts)
    if not array.any():
        raise InputError(f"{path.name}: no voxel is a tumour under convention '{convention}'")
    return Mask(array, labels.volume.affine)


def _segmentation(path: Path, kind: Format, *, convention: str, onto: Grid | None, progress: Progress) -> Segmentation:
    from oncospine.imaging.dicom_seg import read_dicom_seg
    from oncospine.imaging.grid_placement import placed_on
    from oncospine.imaging.rtstruct import read_rtstruct
    from oncospine.imaging.seg_nrrd import read_seg_nrrd

    if convention not in {SEGMENT_NAMES, RECOGNISE}:
        raise InputError(
            f"{path.name}: this file names its segments, so its convention is '{SEGMENT_NAMES}', not '{convention}'"
        )
    name, path = path.name, only_file(path)
    if kind is Format.SEG_NRRD:
        found = read_seg_nrrd(path, name=name, progress=progress)
    elif kind is Format.DICOM_SEG:
        found = read_dicom_seg(path, name=name)
    elif kind is Format.RTSTRUCT:
        return read_rtstruct(path, onto=onto, name=name)
    else:
        raise InputError(
            f"{name}: not a label map; expected NIfTI, NRRD, .seg.nrrd, a DICOM segmentation, an RT structure "
            "set, or a folder with one NIfTI mask per structure"
        )
    return found if onto is None else placed_on(found, onto, name=name)


def _labelled(stored: StoredVolume, *, convention: str, name: str) -> LabelMap:
    """Stored labels as a `LabelMap` under the named (or recognised) convention."""
    if convention == "mask":
        stored = replace(stored, array=(stored.array > 0).astype(np.uint8))
    notes: tuple[str, ...] = ()
    counts = label_counts(stored.array)
    if not counts:
        raise InputError(f"{name}: the label map is empty: no voxel is above 0")
    if convention == RECOGNISE:
        heights = _heights_mm(Volume(stored.array, stored.affine))
        candidates = recognise_convention(counts, filename=name, heights_mm=heights)
        under = chosen_convention(candidates, name=name, counts=counts)
        notes = (f"label convention recognised as {under.name} ({candidates[0].confidence:.0%}), not named by anyone",)
    else:
        under = convention_named(convention)
    require_known(counts, under=under, name=name)
    return LabelMap(
        volume=Volume(stored.array, stored.affine),
        structures=under.structures,
        convention=under.name,
        notes=(*stored.notes, *notes, *under.notes_on(frozenset(counts))),
        content_hash=stored.content_hash,
    )


def _named(name: str, path: Path) -> Convention:
    try:
        return convention_named(name)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _heights_mm(volume: Volume) -> Mapping[int, float]:
    return {label: float(item.centroid_mm[2]) for label, item in label_statistics(volume).items()}
