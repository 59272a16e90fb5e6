"""DICOM series: what is there, which one to read, and its voxels as a `Scan`."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Progress, silent
from oncospine.geometry import Affine, Volume
from oncospine.imaging.byte_stream import MAX_VOXELS
from oncospine.imaging.dicom_files import DicomFile, dicom_files
from oncospine.imaging.dicom_geometry import Stack, stacked
from oncospine.imaging.dicom_headers import Slice, Unusable, planes_of, short_hash
from oncospine.imaging.dicom_pixels import Pixels, frames_of
from oncospine.imaging.foreign_errors import translating
from oncospine.imaging.gantry_tilt import straightened
from oncospine.imaging.scan import Scan
from oncospine.imaging.voxel_limits import PADDING_HU, without_padding
from oncospine.imaging.voxel_sinks import ScanSink

MIN_VOLUME_SLICES = 3
"""A group with fewer slices is a localizer or a leftover, never chosen unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInfo:
    """One readable series, described without names, dates or free text; `key` selects it in `read_scan`."""

    key: str
    modality: str
    images: int
    rows: int
    columns: int
    pixel_mm: tuple[float, float]
    plane: str
    is_localizer: bool

    def described(self) -> str:
        localizer = ", localizer" if self.is_localizer else ""
        return (
            f"{self.key}: {self.modality}, {self.images} images of {self.rows} x {self.columns}, "
            f"pixels {self.pixel_mm[0]:.3g} x {self.pixel_mm[1]:.3g} mm, {self.plane}{localizer}"
        )


def list_series(paths: Path | Sequence[Path], *, progress: Progress = silent) -> tuple[SeriesInfo, ...]:
    """The image series below the given folders, zips and files, largest first."""
    groups, _ = _grouped(paths, progress=progress)
    return tuple(_info(key, planes) for key, planes in groups.items())


def read_dicom_scan(paths: Path | Sequence[Path], *, series: str | None = None, progress: Progress = silent) -> Scan:
    """The one volume there is, or the one whose key is `series`; `InputError` with the list where it is not clear."""
    planes, notes = chosen_series(paths, series=series, progress=progress)
    return _read(planes, notes=notes, progress=progress)


def chosen_series(
    paths: Path | Sequence[Path], *, series: str | None, progress: Progress
) -> tuple[list[Slice], list[str]]:
    """The planes of the series that `read_dicom_scan` reads, and notes on what lies beside it."""
    groups, left_out = _grouped(paths, progress=progress)
    key, notes = _chosen(groups, series=series, left_out=left_out)
    return groups[key], notes


def acquisition_of(paths: Path | Sequence[Path], *, series: str | None) -> tuple[str, str]:
    """Patient's number and day (YYYYMMDD) of the series, as they are in the file: only for `deidentify`."""
    from pydicom import dcmread

    planes, _ = chosen_series(paths, series=series, progress=silent)
    with planes[0].file.opened() as stream:
        header = dcmread(stream, stop_before_pixels=True)
        days = [str(header.get(name, "")) for name in ("AcquisitionDate", "SeriesDate", "StudyDate")]
        return str(header.get("PatientID", "")), next((day for day in days if day), "")


def _grouped(paths: Path | Sequence[Path], *, progress: Progress) -> tuple[dict[str, list[Slice]], Counter[str]]:
    """Planes by series key (largest first), and how many other objects of which kind lie beside them."""
    files = dicom_files(paths)
    planes: dict[str, list[Slice]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    for done, file in enumerate(files):
        progress("looking through DICOM files", done / len(files))
        found = planes_of(file)
        if found is None:
            left_out["file that is not DICOM"] += 1
        elif isinstance(found, Unusable):
            left_out[found.kind] += 1
        else:
            for plane in found:
                planes[_group_of(plane)].append(plane)
    if not planes:
        listed = ", ".join(f"{count} x {kind}" for kind, count in sorted(left_out.items())) or "no file at all"
        raise InputError(f"no CT or MR image with a place in the patient was found; there is: {listed}")
    split = {key: group for whole in planes.values() for key, group in _split_variants(whole).items()}
    ordered = sorted(split.items(), key=lambda item: (-len(item[1]), item[0]))
    return dict(ordered), left_out


def _group_of(plane: Slice) -> str:
    directions = [round(value, 3) + 0.0 for value in (*plane.row_direction, *plane.column_direction)]
    size = (plane.rows, plane.columns, round(plane.row_spacing, 4), round(plane.column_spacing, 4))
    return f"{plane.series}|{plane.modality}|{directions}|{size}|{plane.is_localizer}"


def _split_variants(planes: list[Slice]) -> dict[str, list[Slice]]:
    """A series with several images at one place (echoes, phases) as one group per variant."""
    key = short_hash(_group_of(planes[0]))
    places: dict[tuple[float, ...], set[str]] = defaultdict(set)
    for plane in planes:
        places[tuple(round(value, 2) for value in plane.position)].add(plane.instance)
    if all(len(instances) == 1 for instances in places.values()):
        return {key: planes}
    variants: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for plane in planes:
        variants[plane.variant].append(plane)
    if len(variants) == 1:
        return {key: planes}
    return {f"{key}-{number}": variants[name] for number, name in enumerate(sorted(variants), 1)}


def _chosen(groups: dict[str, list[Slice]], *, series: str | None, left_out: Counter[str]) -> tuple[str, list[str]]:
    listed = "\n  ".join(_info(key, planes).described() for key, planes in groups.items())
    if series is not None:
        if series not in groups:
            raise InputError(f"there is no series with that key; there are:\n  {listed}")
        return series, []
    volumes = [
        key for key, planes in groups.items() if len(planes) >= MIN_VOLUME_SLICES and not planes[0].is_localizer
    ] or list(groups)[: 1 if len(groups) == 1 else None]
    if len(volumes) > 1:
        raise InputError(f"several series could be meant; name one by its key (series=...):\n  {listed}")
    beside = [f"{len(groups) - 1} other image series"] if len(groups) > 1 else []
    beside += [f"{count} x {kind}" for kind, count in sorted(left_out.items())]
    return volumes[0], [f"beside this series there were: {', '.join(beside)}"] if beside else []


def _info(key: str, planes: list[Slice]) -> SeriesInfo:
    first = planes[0]
    normal = np.abs(np.cross(first.row_direction, first.column_direction))
    return SeriesInfo(
        key=key,
        modality=first.modality,
        images=len(planes),
        rows=first.rows,
        columns=first.columns,
        pixel_mm=(first.row_spacing, first.column_spacing),
        plane=("sagittal", "coronal", "axial")[int(normal.argmax())],
        is_localizer=first.is_localizer,
    )


def _read(planes: list[Slice], *, notes: list[str], progress: Progress) -> Scan:
    stack = stacked(planes)
    first = stack.slices[0]
    if first.rows * first.columns * len(stack.slices) > MAX_VOXELS:
        raise InputError(f"the series has more than {MAX_VOXELS} voxels; this is not a clinical scan")
    array, content_hash, padded = _assembled(stack, progress=progress)
    affine: Affine = stack.affine()
    if stack.is_tilted:
        fill = PADDING_HU if first.modality == "CT" else float(array.min())
        array, affine = straightened(array, affine, shift_px=stack.shift_px, fill=fill)
    if first.modality == "CT":
        array, more = without_padding(array, already=padded)
        notes = [*notes, *more]
    notes = [*notes, *_doubts(stack)]
    if float(array.min()) == float(array.max()):
        raise InputError("every voxel of the series holds the same value; this is not a scan")
    return Scan(
        volume=Volume(array, affine),
        modality=first.modality,
        source=f"DICOM series, {len(stack.slices)} slices",
        content_hash=content_hash,
        notes=(*stack.notes, *notes),
        slice_thickness_mm=first.thickness,
        contrast_given=first.contrast_given,
        tube_voltage_kv=first.tube_voltage_kv,
    )


def _doubts(stack: Stack) -> list[str]:
    """What the headers say against taking the values as they are."""
    planes = stack.slices
    doubts = []
    if planes[0].modality == "CT" and not all(plane.has_rescale for plane in planes):
        doubts.append("the header has no rescale: the values may not be Hounsfield units")
    if any(plane.contrast_given for plane in planes):
        doubts.append("the header says that contrast agent was given: densities are raised")
    if any(plane.is_derived for plane in planes):
        doubts.append("derived images (reformat, projection or mean): fine edges and densities may have changed")
    if any(plane.is_lossy for plane in planes):
        doubts.append("the images were compressed with loss: densities and fine edges are not those of the scanner")
    if any(plane.is_burned_in for plane in planes):
        doubts.append("the header says that text is burned into the pixels: it may identify the patient")
    return doubts


def _assembled(stack: Stack, *, progress: Progress) -> tuple[NDArray[Any], str, int]:
    """Voxels (i, j, k) of the stack, a hash over its files in order, and the number of padded voxels."""
    first = stack.slices[0]
    size = first.rows * first.columns
    sink = ScanSink(size * len(stack.slices), name="DICOM series")
    wanted: dict[DicomFile, dict[int, tuple[int, Slice]]] = defaultdict(dict)
    for index, plane in enumerate(stack.slices):
        wanted[plane.file][plane.frame] = (index, plane)
    hashes: list[str] = []
    padded = 0
    for done, (file, places) in enumerate(wanted.items()):
        progress("reading slices", done / len(wanted))
        content = file.read()
        hashes.append(hashlib.sha256(content).hexdigest())
        with translating(file.described):
            padding = next(iter(places.values()))[1].padding
            found = 0
            for frame, pixels in enumerate(frames_of(file, content, padding=padding)):
                if frame in places:
                    index, plane = places[frame]
                    values, outside = _rescaled(pixels, plane)
                    sink.put(values.ravel(), start=index * size)
                    padded += outside
                    found += 1
        if found != len(places):
            raise InputError(f"{file.described}: {len(places) - found} of its frames are missing; export it again")
    array, _ = sink.finished((first.columns, first.rows, len(stack.slices)))
    digest = hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()
    return array, f"sha256:{digest}", padded


def _rescaled(pixels: Pixels, plane: Slice) -> tuple[NDArray[Any], int]:
    """Values of one slice, padding of a CT set to air, and how many pixels that were."""
    whole = plane.slope.is_integer() and plane.intercept.is_integer()
    if whole:
        values = pixels.values.astype(np.int64 if pixels.values.dtype.itemsize > 2 else np.int32)
        values = values * int(plane.slope) + int(plane.intercept)
    else:
        values = pixels.values * np.float64(plane.slope) + plane.intercept
    if plane.modality != "CT" or pixels.padding is None:
        return values, 0
    values[pixels.padding] = PADDING_HU
    return values, int(np.count_nonzero(pixels.padding))
