"""What is needed of a DICOM header, as plain values: no name, no date, no free text leaves this file."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from oncospine.base import InputError
from oncospine.imaging.dicom_files import DicomFile, is_dicom

_IMAGE_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
}
"""SOP classes that are slices or frames of a volume, and their modality (conventions.md section 3)."""

ENHANCED = frozenset({"1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.4.1"})
"""Multi-frame classes whose geometry stands in functional groups."""

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One image plane: where it is (LPS mm, as DICOM has it) and how its pixels become values."""

    file: DicomFile
    frame: int
    series: str
    modality: str
    rows: int
    columns: int
    position: Vector
    row_direction: Vector
    column_direction: Vector
    row_spacing: float
    column_spacing: float
    thickness: float | None
    slope: float
    intercept: float
    has_rescale: bool
    padding: tuple[int, int] | None
    is_localizer: bool
    is_burned_in: bool
    is_lossy: bool
    is_derived: bool
    contrast_given: bool | None
    tube_voltage_kv: float | None
    variant: tuple[str, ...]
    instance: str
    frames_in_file: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A DICOM object that is not an image plane with a place in the patient, by kind of object."""

    kind: str


def planes_of(file: DicomFile) -> list[Slice] | Unusable | None:
    """The image planes in a file; None where it is not DICOM at all."""
    from pydicom import dcmread

    with file.opened() as stream:
        if not is_dicom(file, stream):
            return None
        header = dcmread(stream, stop_before_pixels=True)
        sop_class = str(header.get("SOPClassUID", ""))
        if sop_class not in _IMAGE_CLASSES:
            return Unusable(kind=_kind(sop_class))
        if int(header.get("SamplesPerPixel", 1)) != 1:
            return Unusable(kind="colour image (no volume)")
        if "MOSAIC" in [str(part) for part in header.get("ImageType", [])]:
            return Unusable(kind="mosaic of slices in one picture")
        if sop_class in ENHANCED:
            return _enhanced(file, header, modality=_IMAGE_CLASSES[sop_class])
        if header.get("ImagePositionPatient") is None or header.get("ImageOrientationPatient") is None:
            return Unusable(kind=f"{_IMAGE_CLASSES[sop_class]} image without position in the patient")
        return [_slice(file, header, header, header, header, frame=0, modality=_IMAGE_CLASSES[sop_class])]


def short_hash(text: str) -> str:
    """Eight characters that tell two identifiers apart and lead back to neither."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _enhanced(file: DicomFile, header: Any, *, modality: str) -> list[Slice] | Unusable:
    """The frames of an enhanced image: each group stands in the frame's own item or in the shared one."""
    shared = header.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in header else None
    planes = []
    for frame, item in enumerate(header.PerFrameFunctionalGroupsSequence):

        def group(name: str, item: Any = item) -> Any:
            for place in (item, shared):
                if place is not None and name in place:
                    return place[name].value[0]
            return {}

        if not group("PlanePositionSequence") or not group("PlaneOrientationSequence"):
            return Unusable(kind=f"enhanced {modality} without positions of its frames")
        plane = _slice(
            file,
            header,
            _Merged(group("PlanePositionSequence"), group("PlaneOrientationSequence")),
            group("PixelMeasuresSequence"),
            group("PixelValueTransformationSequence"),
            frame=frame,
            modality=modality,
        )
        planes.append(plane)
    return planes


class _Merged:
    """Two items of functional groups as one."""

    def __init__(self, *items: Any) -> None:
        self._items = items

    def get(self, name: str, default: Any = None) -> Any:
        return next((item.get(name) for item in self._items if item.get(name) is not None), default)


def _slice(
    file: DicomFile, header: Any, place: Any, measures: Any, rescale: Any, *, frame: int, modality: str
) -> Slice:
    orientation = [_number(value) for value in place.get("ImageOrientationPatient")]
    row, column = _unit(orientation[:3]), _unit(orientation[3:6])
    if abs(sum(a * b for a, b in zip(row, column, strict=True))) > _SQUARE:
        raise InputError(f"{file.described}: the row and column directions are not at right angles")
    spacing = [_number(value) for value in measures.get("PixelSpacing")]
    if not all(0 < step < 100 for step in spacing):
        raise InputError(f"{file.described}: pixel spacing {spacing} mm is not possible")
    position = [_number(value) for value in place.get("ImagePositionPatient")]
    thickness = measures.get("SliceThickness")
    image_type = [str(part) for part in header.get("ImageType", [])]
    return Slice(
        file=file,
        frame=frame,
        series=str(header.get("SeriesInstanceUID", "")),
        modality=modality,
        rows=int(header.Rows),
        columns=int(header.Columns),
        position=(position[0], position[1], position[2]),
        row_direction=row,
        column_direction=column,
        row_spacing=spacing[0],
        column_spacing=spacing[1],
        thickness=_number(thickness) if thickness not in (None, "") else None,
        slope=_number(rescale.get("RescaleSlope", 1)),
        intercept=_number(rescale.get("RescaleIntercept", 0)),
        has_rescale=rescale.get("RescaleSlope") is not None,
        padding=_padding(header),
        is_localizer="LOCALIZER" in image_type,
        is_burned_in=str(header.get("BurnedInAnnotation", "")).upper() == "YES",
        is_lossy=str(header.get("LossyImageCompression", "")) == "01",
        is_derived="DERIVED" in image_type,
        contrast_given=_contrast(header),
        tube_voltage_kv=_number(header.KVP) if header.get("KVP") not in (None, "") else None,
        variant=tuple(str(header.get(name, "")) for name in _VARIANT_TAGS),
        instance=f"{header.get('SOPInstanceUID', '')}/{frame}",
        frames_in_file=int(header.get("NumberOfFrames", 1) or 1),
    )


_SQUARE = 1e-3
"""Cosine between row and column direction that is still rounding."""

_VARIANT_TAGS = ("EchoNumbers", "EchoTime", "TemporalPositionIdentifier", "AcquisitionNumber", "DiffusionBValue")
"""What tells two images at one place apart: echoes, phases, repeated acquisitions."""


def _contrast(header: Any) -> bool | None:
    """True if an agent is named, False if the attribute is there and empty, None if the header is silent."""
    if "ContrastBolusAgent" not in header and "ContrastBolusAgentSequence" not in header:
        return None
    named = str(header.get("ContrastBolusAgent", "") or "").strip().upper()
    return bool(header.get("ContrastBolusAgentSequence")) or named not in {"", "NO", "NONE"}


def _padding(header: Any) -> tuple[int, int] | None:
    """Range of stored values that are padding, in the sign of the pixels (some scanners store it in the other)."""
    if header.get("PixelPaddingValue") is None:
        return None
    bits = int(header.get("BitsAllocated", 16))
    signed = int(header.get("PixelRepresentation", 0)) == 1
    ends = [int(header.PixelPaddingValue), int(header.get("PixelPaddingRangeLimit", header.PixelPaddingValue))]
    wrap = 1 << bits
    for index, value in enumerate(ends):
        if signed and value >= wrap // 2:
            ends[index] = value - wrap
        elif not signed and value < 0:
            ends[index] = value + wrap
    return min(ends), max(ends)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _unit(values: list[float]) -> Vector:
    length = math.sqrt(sum(value * value for value in values))
    if abs(length - 1) > 0.01:
        raise ValueError("not a unit vector")
    return values[0] / length, values[1] / length, values[2] / length


def _kind(sop_class: str) -> str:
    from pydicom.uid import UID

    name = str(UID(sop_class).name)
    return name if name != sop_class else "object of an unknown class"
