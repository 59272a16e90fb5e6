"""NIfTI-1 and NIfTI-2 files (.nii, .nii.gz): header checked first, voxels streamed into the smallest exact type."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import GeometryError, InputError, Progress, silent
from oncospine.geometry import SAME_GRID_MM, Affine, Grid, as_affine
from oncospine.imaging.byte_stream import MAX_VOXELS, ByteStream
from oncospine.imaging.voxel_sinks import Sink

_HEADER_BYTES = {348: 1, 540: 2}
_MAX_OFFSET = 1 << 26
"""Header extensions beyond this are not metadata."""

_MAGIC = {1: b"n+1\0", 2: b"n+2\0"}
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""NIfTI data types with one real number per voxel."""

_SPACING_MM = (0.01, 100.0)
"""Voxel sizes outside this range are not those of a patient in millimetres."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredVolume:
    """What a file holds, before anyone says what it means."""

    array: NDArray[Any]
    affine: Affine
    content_hash: str
    notes: tuple[str, ...]
    format: str


SinkFactory = Callable[..., Sink]
"""`ScanSink` or `LabelSink`: called with size, name, slope and intercept."""


def read_nifti(path: Path, *, into: SinkFactory, name: str, progress: Progress = silent) -> StoredVolume:
    """Voxels and affine (RAS+ mm) of a NIfTI file; every defect is an `InputError` that names it."""
    stream = ByteStream(path, name=name, progress=progress)
    header, header_size = _header(stream)
    shape = _shape(header, name=name)
    dtype = _stored_dtype(header, name=name)
    with np.errstate(all="ignore"):
        affine, notes = _affine(header, shape=shape, name=name)
    size = math.prod(shape)
    stated = float(header["vox_offset"])
    if not 0 <= stated <= _MAX_OFFSET:
        raise InputError(f"{name}: the header says the voxels start at byte {stated:g}; it is damaged")
    offset = max(int(stated), header_size + 4)
    stream.require_plausible(size * dtype.itemsize)
    stream.take(offset - header_size)
    slope, intercept = _scaling(header, name=name)
    sink = into(size, name=name, slope=slope, intercept=intercept)
    stream_into(sink, stream, dtype=dtype, size=size)
    stream.finish()
    array, more = sink.finished(shape)
    return StoredVolume(
        array=array, affine=affine, content_hash=stream.content_hash, notes=(*notes, *more), format="NIfTI"
    )


def stream_into(sink: Sink, stream: ByteStream, *, dtype: np.dtype[Any], size: int) -> None:
    """Pass `size` voxels of the stored type on to the sink, block by block."""
    rest = b""
    for block in stream.payload(size * dtype.itemsize):
        data = rest + block if rest else block
        whole = len(data) - len(data) % dtype.itemsize
        sink.add(np.frombuffer(data, dtype=dtype, count=whole // dtype.itemsize))
        rest = data[whole:]


def require_volume_shape(shape: tuple[int, ...], *, name: str) -> tuple[int, int, int]:
    """The three axes of a volume: trailing axes of length 1 dropped, everything else refused by name."""
    if any(n < 1 for n in shape):
        raise InputError(f"{name}: an axis has no voxels: shape {shape}")
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 3:
        raise InputError(
            f"{name}: {len(shape)}-D image of shape {shape}; a scan or mask is one 3-D volume. "
            "Extract one volume (one time point or echo) and read that."
        )
    if len(shape) < 3 or min(shape) == 1:
        raise InputError(f"{name}: 2-D image of shape {shape}; a 3-D volume of at least two slices is needed")
    if math.prod(shape) > MAX_VOXELS:
        raise InputError(f"{name}: shape {shape} has more than {MAX_VOXELS} voxels; this is not a clinical scan")
    return shape[0], shape[1], shape[2]


def checked_affine(value: Any, *, shape: tuple[int, int, int], name: str) -> Affine:
    """The affine, or an `InputError` with the file's name; voxel sizes must be those of a patient in mm."""
    try:
        affine = as_affine(value)
        spacing = Grid(shape, affine).spacing_mm
    except GeometryError as error:
        raise InputError(f"{name}: {error}") from None
    if not all(_SPACING_MM[0] <= step <= _SPACING_MM[1] for step in spacing):
        printed = " x ".join(f"{step:.4g}" for step in spacing)
        raise InputError(
            f"{name}: voxels of {printed} mm; expected {_SPACING_MM[0]:g} to {_SPACING_MM[1]:g} mm. "
            "The header is damaged or not in millimetres."
        )
    return affine


def _header(stream: ByteStream) -> tuple[Any, int]:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    first = stream.take(4)
    sizes = {int.from_bytes(first, order): order for order in ("little", "big")}
    size = next((value for value in sizes if value in _HEADER_BYTES), None)
    if size is None:
        raise InputError(f"{stream.name}: not a NIfTI file (its first bytes are not a NIfTI header)")
    version = _HEADER_BYTES[size]
    block = first + stream.take(size - 4)
    header_type: Any = Nifti1Header if version == 1 else Nifti2Header
    header = header_type(block, endianness="<" if sizes[size] == "little" else ">", check=False)
    magic = block[344:348] if version == 1 else block[4:8]
    if magic != _MAGIC[version]:
        raise InputError(
            f"{stream.name}: header and voxels in two files (.hdr/.img), or no NIfTI; convert to one .nii or .nii.gz"
        )
    return header, size


def _shape(header: Any, *, name: str) -> tuple[int, int, int]:
    dims = [int(value) for value in header["dim"]]
    if not 1 <= dims[0] <= 7:
        raise InputError(f"{name}: the header announces {dims[0]} dimensions; it is damaged")
    return require_volume_shape(tuple(dims[1 : dims[0] + 1]), name=name)


def _stored_dtype(header: Any, *, name: str) -> np.dtype[Any]:
    code = int(header["datatype"])
    if code not in _TYPES:
        raise InputError(
            f"{name}: voxels of NIfTI type {code} (colour, complex or unknown); one number per voxel is needed"
        )
    return np.dtype(_TYPES[code]).newbyteorder(header.endianness)


def _scaling(header: Any, *, name: str) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        return 1.0, 0.0
    if not math.isfinite(intercept):
        raise InputError(f"{name}: the header's scale intercept is not a finite number")
    return slope, intercept


def _affine(header: Any, *, shape: tuple[int, int, int], name: str) -> tuple[Affine, tuple[str, ...]]:
    units = int(header["xyzt_units"]) & 7
    if units in (1, 3):
        raise InputError(f"{name}: coordinates in {'metres' if units == 1 else 'micrometres'}; convert the file to mm")
    sform = header.get_sform() if int(header["sform_code"]) > 0 else None
    qform = _qform(header) if int(header["qform_code"]) > 0 else None
    if sform is None and qform is None:
        raise InputError(
            f"{name}: the header holds no patient orientation (sform and qform code 0), so left and right are unknown. "
            "Convert the scan from DICOM again, or set the orientation where it is known."
        )
    affine = checked_affine(sform if sform is not None else qform, shape=shape, name=name)
    notes: list[str] = []
    if sform is not None and qform is not None and np.isfinite(qform).all():
        apart = _corner_distance_mm(shape, affine, qform)
        if apart > SAME_GRID_MM:
            notes.append(f"sform and qform of the header differ by up to {apart:.2f} mm; the sform is used")
    if not Grid(shape, affine).is_orthogonal:
        notes.append("the voxel axes are not at right angles (sheared or gantry-tilted image)")
    return affine, tuple(notes)


def _qform(header: Any) -> NDArray[np.float64] | None:
    from nibabel.spatialimages import HeaderDataError

    try:
        return np.asarray(header.get_qform(), dtype=np.float64)
    except (HeaderDataError, ValueError):
        return None


def _corner_distance_mm(shape: tuple[int, int, int], one: Affine, other: NDArray[np.float64]) -> float:
    ends = np.stack(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij"), axis=-1).reshape(-1, 3)
    difference = (one - other)[:3]
    return float(np.linalg.norm(ends @ difference[:, :3].T + difference[:, 3], axis=1).max())
