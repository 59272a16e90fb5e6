"""Pixels of DICOM files as values: decompressed, sign and unused bits right, rescaled, padding found."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.imaging.byte_stream import MAX_VOXELS
from oncospine.imaging.dicom_files import DicomFile

_BY_SIMPLEITK = frozenset({"1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"})
"""JPEG with 12 bits and JPEG lossless: the plug-ins of pydicom for these have a licence we do not take."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Stored values of one frame, (rows, columns), before rescale, and where they are padding (None: nowhere)."""

    values: NDArray[Any]
    padding: NDArray[np.bool_] | None


def frames_of(file: DicomFile, content: bytes, *, padding: tuple[int, int] | None) -> Iterator[Pixels]:
    """The frames of a file in order; to be called inside `translating`."""
    from pydicom import dcmread

    dataset = dcmread(io.BytesIO(content))
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    if not 0 < rows * columns * frames <= MAX_VOXELS:
        raise InputError(f"{file.described}: {frames} frames of {rows} x {columns} pixels are not a clinical image")
    signed = int(dataset.PixelRepresentation) == 1
    for raw in _raw_frames(file, dataset, content, shape=(rows, columns), frames=frames):
        if raw.shape != (rows, columns):
            raise InputError(f"{file.described}: the pixels are not the {rows} x {columns} of the header")
        outside = (raw >= padding[0]) & (raw <= padding[1]) if padding is not None else None
        values = without_unused_bits(
            raw, bits_stored=int(dataset.BitsStored), high_bit=int(dataset.HighBit), signed=signed
        )
        yield Pixels(values, outside)


def _raw_frames(
    file: DicomFile, dataset: Any, content: bytes, *, shape: tuple[int, int], frames: int
) -> Iterator[NDArray[Any]]:
    syntax = dataset.file_meta.TransferSyntaxUID
    if str(syntax) in _BY_SIMPLEITK:
        return _by_simpleitk(dataset, content)
    if syntax.is_compressed:
        return _decoded(dataset)
    return _native(file, dataset, rows=shape[0], columns=shape[1], frames=frames)


def _native(file: DicomFile, dataset: Any, *, rows: int, columns: int, frames: int) -> Iterator[NDArray[Any]]:
    data = dataset.PixelData
    bits = int(dataset.BitsAllocated)
    if bits not in (8, 16, 32):
        raise InputError(f"{file.described}: {bits} bits per pixel; expected 8, 16 or 32")
    signed = int(dataset.PixelRepresentation) == 1
    order = "<" if dataset.original_encoding[1] is not False else ">"
    dtype = np.dtype(f"{order}{'i' if signed else 'u'}{bits // 8}")
    expected = rows * columns * frames * dtype.itemsize
    if len(data) < expected:
        raise InputError(f"{file.described}: truncated: {len(data)} of {expected} bytes of pixels are there")
    for frame in range(frames):
        pixels = np.frombuffer(data, dtype, rows * columns, frame * rows * columns * dtype.itemsize)
        yield pixels.reshape(rows, columns)


def _decoded(dataset: Any) -> Iterator[NDArray[Any]]:
    from pydicom.pixels.utils import iter_pixels

    yield from iter_pixels(dataset, raw=True)


def _by_simpleitk(dataset: Any, content: bytes) -> Iterator[NDArray[Any]]:
    """SimpleITK reads from files only and rescales; the rescale is taken back to the stored values."""
    import SimpleITK as sitk  # noqa: N813

    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    with tempfile.TemporaryDirectory(prefix="oncospine-") as folder:
        path = Path(folder) / "slice.dcm"
        path.write_bytes(content)
        shown = sitk.ProcessObject.GetGlobalWarningDisplay()
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(path))
        reader.SetImageIO("GDCMImageIO")
        try:
            values = sitk.GetArrayFromImage(reader.Execute())
        finally:
            sitk.ProcessObject.SetGlobalWarningDisplay(shown)
    signed = int(dataset.PixelRepresentation) == 1
    stored = np.rint((values.astype(np.float64) - intercept) / slope)
    stored = stored.astype(np.dtype(f"{'i' if signed else 'u'}{int(dataset.BitsAllocated) // 8}"))
    yield from stored.reshape(-1, int(dataset.Rows), int(dataset.Columns))


def without_unused_bits(pixels: NDArray[Any], *, bits_stored: int, high_bit: int, signed: bool) -> NDArray[Any]:
    """Values from the bits that belong to the pixel: old files keep overlays or noise in the others."""
    allocated = pixels.dtype.itemsize * 8
    if not 0 < bits_stored <= high_bit + 1 <= allocated:
        raise ValueError(f"{bits_stored} bits stored up to bit {high_bit} of {allocated}")
    if bits_stored >= allocated:
        return pixels
    wide: NDArray[np.int64] = pixels.astype(np.int64)
    shifted = (wide >> (high_bit + 1 - bits_stored)) & ((1 << bits_stored) - 1)
    if signed:
        shifted -= (shifted >> (bits_stored - 1)) << bits_stored
    return shifted
