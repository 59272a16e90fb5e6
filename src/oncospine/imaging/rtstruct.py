"""RT structure sets: closed planar contours in LPS mm, filled on the slices of the scan they were drawn on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import Grid
from oncospine.imaging.dicom_files import DicomFile
from oncospine.imaging.foreign_errors import translating
from oncospine.imaging.naming import structure_named
from oncospine.imaging.segments import Segment, Segmentation

RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"

OFF_SLICE = 0.1
"""Distance of a contour point from its slice, in slices, that is still rounding."""

_MAX_POINTS = 10_000_000


def read_rtstruct(path: Path, *, onto: Grid | None, name: str) -> Segmentation:
    """Contours as masks on the scan's grid; holes by XOR of contours on one slice (a keyhole is a plain contour)."""
    from pydicom import dcmread

    if onto is None:
        raise InputError(f"{name}: contours of an RT structure set need the grid of the scan they were drawn on")
    content = DicomFile(1, path).read()
    with translating(name):
        data = dcmread(io.BytesIO(content))
        names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in data.StructureSetROISequence}
        contours: dict[int, list[NDArray[np.float64]]] = {number: [] for number in names}
        points = 0
        for item in data.get("ROIContourSequence") or []:
            number = int(item.ReferencedROINumber)
            for contour in item.get("ContourSequence") or []:
                if str(contour.get("ContourGeometricType", "")) != "CLOSED_PLANAR":
                    continue
                lps = np.array([float(value) for value in contour.ContourData]).reshape(-1, 3)
                if len(lps) == 0 or not np.isfinite(lps).all():
                    raise InputError(f"{name}: structure {number} has a contour without finite points")
                points += len(lps)
                if points > _MAX_POINTS:
                    raise InputError(f"{name}: more than {_MAX_POINTS} contour points")
                contours[number].append(onto.to_voxel(lps * (-1.0, -1.0, 1.0)))
    segments = tuple(
        Segment(
            number=number,
            name=text,
            structure=structure_named(text),
            voxels=_filled(contours[number], onto, name=f"{name}: structure {number}"),
        )
        for number, text in sorted(names.items())
    )
    return Segmentation(
        grid=onto,
        segments=segments,
        format="RT structure set",
        content_hash=f"sha256:{hashlib.sha256(content).hexdigest()}",
        notes=("contours were filled on the slices of the scan: a voxel is inside when its centre is",),
    )


def _filled(contours: list[NDArray[np.float64]], grid: Grid, *, name: str) -> Callable[[], NDArray[np.bool_]]:
    def voxels() -> NDArray[np.bool_]:
        result = np.zeros(grid.shape, np.bool_)
        for points in contours:
            axis = int(np.ptp(points, axis=0).argmin())
            level = float(points[:, axis].mean())
            slice_index = round(level)
            if np.abs(points[:, axis] - slice_index).max() > OFF_SLICE:
                raise InputError(
                    f"{name}: a contour does not lie on a slice of the scan; give the scan it was drawn on"
                )
            if not 0 <= slice_index < grid.shape[axis]:
                raise InputError(f"{name}: a contour lies outside the scan; give the scan it was drawn on")
            others = [other for other in range(3) if other != axis]
            plane: Any = [slice(None)] * 3
            plane[axis] = slice_index
            size = (grid.shape[others[0]], grid.shape[others[1]])
            result[tuple(plane)] ^= inside_polygon(points[:, others], size)
        return result

    return voxels


def inside_polygon(points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels (integer centres) inside a closed polygon by the even-odd rule, one scan line at a time."""
    inside = np.zeros(size, np.bool_)
    first, second = points, np.roll(points, -1, axis=0)
    low = max(int(np.ceil(points[:, 0].min())), 0)
    high = min(int(np.floor(points[:, 0].max())), size[0] - 1)
    columns = np.arange(size[1])
    for line in range(low, high + 1):
        crosses = (first[:, 0] <= line) != (second[:, 0] <= line)
        a, b = first[crosses], second[crosses]
        at = a[:, 1] + (line - a[:, 0]) / (b[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        inside[line] = (np.searchsorted(np.sort(at), columns, side="right") % 2).astype(np.bool_)
    return inside
