"""Which format a path holds: by name where the name is binding, by content for DICOM."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path

from oncospine.base import InputError


class Format(Enum):
    """What a path can be."""

    NIFTI = auto()
    NRRD = auto()
    SEG_NRRD = auto()
    DICOM_SEG = auto()
    RTSTRUCT = auto()
    DICOM = auto()
    MASK_FOLDER = auto()
    UNKNOWN = auto()


def only_file(path: Path) -> Path:
    """The file of a folder that holds just one (as a PACS exports a segmentation); anything else as it is."""
    if not path.is_dir():
        return path
    items = [item for item in path.iterdir() if not item.name.startswith(".")]
    is_one = len(items) == 1 and items[0].is_file() and not items[0].is_symlink()
    return items[0] if is_one and not items[0].name.endswith((".nii", ".nii.gz")) else path


def format_of(path: Path) -> Format:
    """The format; `InputError` where nothing is there. A folder with NIfTI files is one mask per structure."""
    from oncospine.imaging.dicom_seg import LABEL_MAP_CLASS, SEG_CLASS, sop_class_of
    from oncospine.imaging.rtstruct import RTSTRUCT_CLASS

    if not path.exists():
        raise InputError(f"{path.name}: no such file; check the path")
    path = only_file(path)
    if path.is_dir():
        has_nifti = any(item.name.endswith((".nii", ".nii.gz")) for item in path.iterdir())
        return Format.MASK_FOLDER if has_nifti else Format.DICOM
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return Format.NIFTI
    if name.endswith(".seg.nrrd"):
        return Format.SEG_NRRD
    if name.endswith((".nrrd", ".nhdr")):
        return Format.NRRD
    if name.endswith(".zip"):
        return Format.DICOM
    sop_class = sop_class_of(path)
    if sop_class in {SEG_CLASS, LABEL_MAP_CLASS}:
        return Format.DICOM_SEG
    if sop_class == RTSTRUCT_CLASS:
        return Format.RTSTRUCT
    return Format.DICOM if sop_class else Format.UNKNOWN
