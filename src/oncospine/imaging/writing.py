"""Scans and label maps out: fresh headers that hold geometry and nothing else, the same bytes every time."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np

from oncospine.base import InputError, write_atomically
from oncospine.geometry import Mask, Volume
from oncospine.imaging.label_map import LabelMap

_LEVEL = 4
"""Gzip level: near the size of the highest at a third of its time."""


def write_nifti(volume: Volume | Mask, path: Path) -> None:
    """Write a volume (or a mask as 0/1) as NIfTI; `.nii` or `.nii.gz` by the name. No text is in the header."""
    from nibabel.nifti1 import Nifti1Header

    if not path.name.endswith((".nii", ".nii.gz")):
        raise InputError(f"{path.name}: NIfTI files end in .nii or .nii.gz")
    array = volume.array.astype(np.uint8) if volume.array.dtype == np.bool_ else volume.array
    header_type: type = Nifti1Header
    header = header_type(endianness="<")
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_sform(volume.affine, code=1)
    if volume.grid.is_orthogonal:
        header.set_qform(volume.affine, code=1)
    header.set_xyzt_units("mm")
    header["vox_offset"] = 352
    header["scl_slope"], header["scl_inter"] = 1, 0
    stream = io.BytesIO()
    if path.name.endswith(".gz"):
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=stream, mtime=0) as packed:
            _write_voxels(packed, header.binaryblock, array)
    else:
        _write_voxels(stream, header.binaryblock, array)
    write_atomically(path, stream.getvalue())


def write_seg_nrrd(labels: LabelMap, path: Path) -> None:
    """Write a label map as Slicer segmentation: every label that has voxels is a segment with our name."""
    if not path.name.endswith(".seg.nrrd"):
        raise InputError(f"{path.name}: Slicer segmentations end in .seg.nrrd")
    array, affine = labels.volume.array, labels.volume.affine
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    columns = " ".join(f"({','.join(repr(float(v)) for v in lps[:3, axis])})" for axis in range(3))
    lines = [
        "NRRD0004",
        f"type: {'uint8' if array.dtype == np.uint8 else 'uint16'}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, array.shape))}",
        f"space directions: {columns}",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: ({','.join(repr(float(v)) for v in lps[:3, 3])})",
        "Segmentation_MasterRepresentation:=Binary labelmap",
    ]
    for number, (label, structure) in enumerate(labels.present().items()):
        key = f"Segment{number}_"
        lines += [f"{key}ID:=Segment_{number + 1}", f"{key}LabelValue:={label}", f"{key}Layer:=0"]
        lines += [f"{key}Name:={structure.name}"]
    data = gzip.compress(array.astype(array.dtype.newbyteorder("<")).tobytes(order="F"), _LEVEL, mtime=0)
    write_atomically(path, ("\n".join(lines) + "\n\n").encode("ascii") + data)


def _write_voxels(stream: io.BytesIO | gzip.GzipFile, header: bytes, array: np.ndarray) -> None:
    stream.write(header + b"\0" * 4)
    for k in range(array.shape[2]):
        stream.write(np.asarray(array[:, :, k], dtype=array.dtype.newbyteorder("<")).tobytes(order="F"))
