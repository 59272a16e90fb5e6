"""DICOM segmentations: binary, fractional, label map; stored frames are put back to their place in the patient."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import Grid, as_affine
from oncospine.imaging.byte_stream import MAX_VOXELS
from oncospine.imaging.dicom_files import DicomFile, is_dicom
from oncospine.imaging.dicom_geometry import POSITION_MM
from oncospine.imaging.foreign_errors import translating
from oncospine.imaging.naming import agreed, structure_coded, structure_named
from oncospine.imaging.segments import Segment, Segmentation
from oncospine.imaging.structures import Structure

SEG_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_CLASS = "1.2.840.10008.5.1.4.1.1.66.7"

FRACTION = 0.5
"""A voxel of a fractional segmentation belongs to the segment from half on."""

_BACKGROUND = "125040"
"""DICOM code of the segment that is the background of a label map."""

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

Frame = tuple[int, int]
"""Index of a frame in the file, and of the slice (k) it belongs to."""


def sop_class_of(path: Path) -> str:
    """SOP class of a DICOM file; empty where it is not DICOM."""
    from pydicom import dcmread

    file = DicomFile(1, path)
    with file.opened() as stream:
        if not is_dicom(file, stream):
            return ""
        return str(dcmread(stream, stop_before_pixels=True, specific_tags=["SOPClassUID"]).get("SOPClassUID", ""))


def read_dicom_seg(path: Path, *, name: str) -> Segmentation:
    """The segments of a DICOM SEG on the grid of its own frames (see `placed_on` for the grid of the scan)."""
    from pydicom import dcmread

    content = DicomFile(1, path).read()
    with translating(name):
        data = dcmread(io.BytesIO(content))
        grid, slices = _geometry(data, name=name)
        kind = str(data.get("SegmentationType", ""))
        if kind not in {"BINARY", "FRACTIONAL", "LABELMAP"}:
            raise InputError(f"{name}: segmentation type '{kind[:20]}'; expected BINARY, FRACTIONAL or LABELMAP")
        items = {int(item.SegmentNumber): item for item in data.SegmentSequence}
        frames: dict[int, list[Frame]] = defaultdict(list)
        for index, k in enumerate(slices):
            for number in items if kind == "LABELMAP" else [_segment_of(data, index)]:
                frames[number].append((index, k))
        planes = _planes(data, name=name)
        segments = tuple(
            Segment(
                number=number,
                name=str(item.get("SegmentLabel", "")),
                structure=_structure(item, what=f"{name}: segment {number}"),
                voxels=_voxels(planes, frames[number], grid.shape, selects=_selector(data, kind, number), name=name),
            )
            for number, item in sorted(items.items())
            if not _is_background(item)
        )
    notes = (f"fractional segmentation: voxels from {FRACTION:.0%} on are inside",) * (kind == "FRACTIONAL")
    return Segmentation(
        grid=grid,
        segments=segments,
        format="DICOM SEG",
        content_hash=f"sha256:{hashlib.sha256(content).hexdigest()}",
        notes=notes,
    )


def _geometry(data: Any, *, name: str) -> tuple[Grid, list[int]]:
    """The grid that holds all frames, and the slice (k) of every frame."""
    shared = data.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in data else {}
    per_frame = list(data.PerFrameFunctionalGroupsSequence)

    def group(frame: int, key: str) -> Any:
        for place in (per_frame[frame], shared):
            if key in place:
                return place[key].value[0]
        raise InputError(f"{name}: its frames have no {key}; a segmentation of a volume is needed")

    measures = group(0, "PixelMeasuresSequence")
    orientation = np.array([float(v) for v in group(0, "PlaneOrientationSequence").ImageOrientationPatient])
    for frame in range(len(per_frame)):
        other = [float(v) for v in group(frame, "PlaneOrientationSequence").ImageOrientationPatient]
        if not np.allclose(other, orientation, atol=1e-4):
            raise InputError(f"{name}: its frames have different orientations; one volume is needed")
    row, column = orientation[:3], orientation[3:]
    normal = np.cross(row, column)
    places = np.array(
        [[float(v) for v in group(n, "PlanePositionSequence").ImagePositionPatient] for n in range(len(per_frame))]
    )
    heights = places @ normal
    spacing = _spacing(heights, measures, name=name)
    steps = (heights - heights.min()) / spacing
    slices = np.rint(steps).astype(int)
    start = places[int(heights.argmin())]
    off = places - (start + slices[:, None] * spacing * normal)
    if np.abs(off).max() > POSITION_MM:
        raise InputError(f"{name}: its frames do not lie on one regular grid ({np.abs(off).max():.2f} mm off)")
    shape = int(data.Columns), int(data.Rows), max(int(slices.max()) + 1, 1)
    if shape[0] * shape[1] * max(shape[2], len(per_frame)) > MAX_VOXELS:
        raise InputError(f"{name}: {len(per_frame)} frames of {shape[1]} x {shape[0]} are not a clinical segmentation")
    lps = np.eye(4)
    lps[:3, 0] = row * float(measures.PixelSpacing[1])
    lps[:3, 1] = column * float(measures.PixelSpacing[0])
    lps[:3, 2] = normal * spacing
    lps[:3, 3] = start
    return Grid(shape, as_affine(_LPS_TO_RAS @ lps)), [int(k) for k in slices]


def _spacing(heights: NDArray[np.float64], measures: Any, *, name: str) -> float:
    """Distance of the slices: what the header says, else the smallest step between frames."""
    stated = measures.get("SpacingBetweenSlices")
    if stated is not None and float(stated) > 0:
        return float(stated)
    different = np.unique(np.round(heights, 4))
    if len(different) > 1:
        return float(np.diff(different).min())
    thickness = measures.get("SliceThickness")
    if thickness is None or not float(thickness) > 0:
        raise InputError(f"{name}: one slice without thickness or spacing; its place in a volume is unknown")
    return float(thickness)


def _segment_of(data: Any, frame: int) -> int:
    item = data.PerFrameFunctionalGroupsSequence[frame]
    place = item if "SegmentIdentificationSequence" in item else data.SharedFunctionalGroupsSequence[0]
    return int(place.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def _is_background(item: Any) -> bool:
    codes = item.get("SegmentedPropertyTypeCodeSequence") or []
    return int(item.SegmentNumber) == 0 or any(str(code.get("CodeValue", "")) == _BACKGROUND for code in codes)


def _structure(item: Any, *, what: str) -> Structure | None:
    coded = None
    for code in item.get("SegmentedPropertyTypeCodeSequence") or []:
        modifiers = code.get("SegmentedPropertyTypeModifierCodeSequence") or []
        modifier = str(modifiers[0].get("CodeValue", "")) if modifiers else ""
        coded = structure_coded(
            str(code.get("CodeValue", "")), str(code.get("CodingSchemeDesignator", "")), modifier=modifier
        )
    return agreed(structure_named(str(item.get("SegmentLabel", ""))), coded, what=what)


def _planes(data: Any, *, name: str) -> Callable[[int], NDArray[Any]]:
    """A function that gives the stored values (rows, columns) of a frame."""
    rows, columns = int(data.Rows), int(data.Columns)
    size, count = rows * columns, int(data.NumberOfFrames)
    if data.file_meta.TransferSyntaxUID.is_compressed:
        from pydicom.pixels.utils import pixel_array

        def compressed(frame: int) -> NDArray[Any]:
            return np.asarray(pixel_array(data, index=frame, raw=True)).reshape(rows, columns)

        return compressed
    bits = int(data.BitsAllocated)
    raw = np.frombuffer(data.PixelData, np.uint8)
    if bits not in (1, 8, 16) or raw.size * 8 < size * count * bits:
        raise InputError(f"{name}: truncated: {raw.size} bytes for {count} frames of {rows} x {columns}")

    def stored(frame: int) -> NDArray[Any]:
        if bits > 1:
            step = size * bits // 8
            return raw[frame * step : (frame + 1) * step].view(f"<u{bits // 8}").reshape(rows, columns)
        first = frame * size
        block = raw[first // 8 : (first + size + 7) // 8]
        return np.unpackbits(block, bitorder="little")[first % 8 : first % 8 + size].reshape(rows, columns)

    return stored


def _selector(data: Any, kind: str, number: int) -> Callable[[NDArray[Any]], NDArray[np.bool_]]:
    if kind == "LABELMAP":
        return lambda values: np.asarray(values == number)
    if kind == "FRACTIONAL":
        threshold = FRACTION * float(data.MaximumFractionalValue)
        return lambda values: np.asarray(values >= threshold)
    return lambda values: np.asarray(values > 0)


def _voxels(
    planes: Callable[[int], NDArray[Any]],
    frames: list[Frame],
    shape: tuple[int, int, int],
    *,
    selects: Callable[[NDArray[Any]], NDArray[np.bool_]],
    name: str,
) -> Callable[[], NDArray[np.bool_]]:
    def voxels() -> NDArray[np.bool_]:
        array = np.zeros(shape, np.bool_, order="F")
        with translating(name):
            for frame, k in frames:
                array[:, :, k] |= selects(planes(frame)).T
        return array

    return voxels
