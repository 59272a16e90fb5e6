"""Bringing a study into a case: checked, de-identified, converted; the folder is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from oncospine.base import InputError, Progress, content_hash, silent, to_json, write_atomically
from oncospine.imaging.deidentify import Pseudonyms
from oncospine.imaging.dicom_series import acquisition_of, read_dicom_scan
from oncospine.imaging.formats import Format, format_of
from oncospine.imaging.reading import read_labels, read_mask, read_scan
from oncospine.imaging.same_grid import require_shared_voxels
from oncospine.imaging.scan import Scan
from oncospine.imaging.segments import SEGMENT_NAMES
from oncospine.imaging.structures import TUMOUR_KINDS
from oncospine.imaging.writing import write_nifti, write_seg_nrrd

SCAN_FILE = "scan.nii.gz"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSource:
    """A mask to bring in with the scan. `name` becomes its file name."""

    path: Path
    convention: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMask:
    """A mask as written: its file, the convention it has now, and the doubts about it."""

    file: str
    convention: str
    hash: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedStudy:
    """What `study.json` says; it holds no identifier. `day` is shifted, or None where no key was given."""

    version: int
    modality: str
    scan: str
    scan_hash: str
    source_hash: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    geometry: str
    slice_thickness_mm: float | None
    day: str | None
    date_policy: str
    deidentification: str
    notes: tuple[str, ...]
    masks: tuple[ImportedMask, ...]


def import_study(
    src: Path | Sequence[Path],
    dest: Path,
    *,
    modality: str | None = None,
    series: str | None = None,
    masks: Sequence[MaskSource] = (),
    key: bytes | None = None,
    progress: Progress = silent,
) -> ImportedStudy:
    """Read, check and write a scan with its masks into the new folder `dest`.

    With a `key` (see `new_key`) the day of a DICOM study is kept, shifted; without, no date is kept. Nothing of the
    source's names, numbers, dates, UIDs or free text is written. `dest` must not exist: raw data are never changed.
    """
    if dest.exists():
        raise InputError(f"{dest.name}: the study folder exists already; imported studies are never changed")
    day: date | None = None
    if _is_dicom(src):
        scan = read_dicom_scan(src, series=series, progress=progress)
        day = _shifted_day(src, series=series, key=key)
    else:
        scan = read_scan(src, modality=modality, progress=progress)
    dest.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".import-", dir=dest.parent))
    try:
        study = _written(scan, work, masks=masks, day=day, has_key=key is not None, progress=progress)
        work.chmod(0o755)
        Path(work).rename(dest)
        _sync(dest.parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return study


def _written(
    scan: Scan, work: Path, *, masks: Sequence[MaskSource], day: date | None, has_key: bool, progress: Progress
) -> ImportedStudy:
    progress("writing the scan", None)
    write_nifti(scan.volume, work / SCAN_FILE)
    imported: list[ImportedMask] = []
    for source in masks:
        progress("reading masks", None)
        imported += _imported_masks(source, scan, work)
    study = ImportedStudy(
        version=FORMAT_VERSION,
        modality=scan.modality,
        scan=SCAN_FILE,
        scan_hash=content_hash(work / SCAN_FILE),
        source_hash=scan.content_hash,
        shape=scan.grid.shape,
        spacing_mm=scan.grid.spacing_mm,
        geometry=scan.grid.described(),
        slice_thickness_mm=scan.slice_thickness_mm,
        day=day.isoformat() if day is not None else None,
        date_policy=_date_policy(day, has_key=has_key),
        deidentification="voxels and geometry only were taken over; a face in the field of view stays recognisable",
        notes=scan.notes,
        masks=tuple(imported),
    )
    write_atomically(work / "study.json", to_json(study))
    return study


def _imported_masks(source: MaskSource, scan: Scan, work: Path) -> list[ImportedMask]:
    """A numeric label map stays one (same numbers); named segments become a Slicer file, and the tumour a mask."""
    if not source.name.replace("_", "").replace("-", "").isalnum():
        raise InputError("a mask's name has letters, digits, hyphens and underscores only")
    labels = read_labels(source.path, convention=source.convention, onto=scan.grid)
    require_shared_voxels(scan, labels, ("the scan", source.path.name))
    if labels.convention != SEGMENT_NAMES:
        file = work / f"{source.name}.nii.gz"
        _require_new(file)
        write_nifti(labels.volume, file)
        return [_imported(file, labels.convention, labels.notes)]
    file = work / f"{source.name}.seg.nrrd"
    _require_new(file)
    write_seg_nrrd(labels, file)
    found = [_imported(file, SEGMENT_NAMES, labels.notes)]
    if any(item.kind in TUMOUR_KINDS for item in labels.structures.values()):
        tumour = work / f"{source.name}_tumour.nii.gz"
        _require_new(tumour)
        write_nifti(read_mask(source.path, convention=SEGMENT_NAMES, onto=scan.grid), tumour)
        found.append(_imported(tumour, "mask", ()))
    return found


def _imported(file: Path, convention: str, notes: tuple[str, ...]) -> ImportedMask:
    return ImportedMask(file=file.name, convention=convention, hash=content_hash(file), notes=notes)


def _require_new(file: Path) -> None:
    if file.exists():
        raise InputError(f"two masks would be named {file.name}; give them different names")


def _is_dicom(src: Path | Sequence[Path]) -> bool:
    return not isinstance(src, Path) or format_of(src) not in {Format.NIFTI, Format.NRRD, Format.SEG_NRRD}


def _shifted_day(src: Path | Sequence[Path], *, series: str | None, key: bytes | None) -> date | None:
    if key is None:
        return None
    patient, day = acquisition_of(src, series=series)
    return Pseudonyms(key).day(day, patient=patient)


def _date_policy(day: date | None, *, has_key: bool) -> str:
    if day is not None:
        return "shifted by a secret number of days, the same for all studies of this patient under this key"
    return "the source has no date" if has_key else "no date was kept"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
