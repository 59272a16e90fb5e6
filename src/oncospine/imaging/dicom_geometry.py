"""Order and place of the slices of a series: sorted along the normal, checked, never stacked on trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import Affine, as_affine
from oncospine.imaging.dicom_headers import Slice

POSITION_MM = 0.05
"""Distance of a slice from its place on a regular grid that is still rounding of the header."""

MISSING_RATIO = 1.5
"""A gap this many times the usual one is a missing slice, not an uneven spacing."""

MAX_TILT_DEG = 45.0
"""Gantries tilt up to about 30 degrees; beyond this the positions are wrong."""

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Slices in order along the normal. `shift_px` is the in-plane offset (column, row) of every slice from the first.

    `shift_px` is zero unless the gantry was tilted; then the pixels have to be moved by it before they are a volume.
    """

    slices: tuple[Slice, ...]
    spacing_mm: float
    shift_px: NDArray[np.float64]
    tilt_deg: float
    notes: tuple[str, ...]

    @property
    def is_tilted(self) -> bool:
        return bool(np.abs(self.shift_px).max() > 0)

    def affine(self) -> Affine:
        """RAS+ affine of the orthogonal grid (i along the rows, j along the columns, k along the normal)."""
        first = self.slices[0]
        row, column = np.array(first.row_direction), np.array(first.column_direction)
        lps = np.eye(4)
        lps[:3, 0] = row * first.column_spacing
        lps[:3, 1] = column * first.row_spacing
        lps[:3, 2] = np.cross(row, column) * self.spacing_mm
        lps[:3, 3] = first.position
        return as_affine(_LPS_TO_RAS @ lps)


def stacked(planes: Sequence[Slice]) -> Stack:
    """The slices of one series as a `Stack`; everything that would bend the patient is refused with the reason."""
    first = planes[0]
    row, column = np.array(first.row_direction), np.array(first.column_direction)
    normal = np.cross(row, column)
    along = np.array([plane.position for plane in planes]) @ normal
    order = np.argsort(along, kind="stable")
    kept, notes = _without_copies([planes[index] for index in order], along[order])
    if len(kept) < 2:
        raise InputError("the series has one slice; a 3-D volume of at least two slices is needed")
    positions = np.array([plane.position for plane in kept])
    heights = positions @ normal
    spacing = _regular_spacing(heights)
    shift, tilt = _in_plane_shift(positions, row, column, first, spacing)
    if tilt:
        notes.append(
            f"gantry tilt of {tilt:.1f} degrees: the slices are resampled in their plane onto an orthogonal grid"
        )
    thickness = kept[0].thickness
    if thickness and spacing > thickness * (1 + _GAP):
        notes.append(f"slices of {thickness:g} mm stand {spacing:g} mm apart: the tissue between them was not imaged")
    return Stack(slices=tuple(kept), spacing_mm=spacing, shift_px=shift, tilt_deg=tilt, notes=tuple(notes))


_GAP = 0.05
"""Excess of spacing over thickness, as a fraction, that is worth a note."""


def _without_copies(planes: list[Slice], along: NDArray[np.float64]) -> tuple[list[Slice], list[str]]:
    """One slice per place: exact copies are dropped, different images at one place are refused."""
    kept: list[Slice] = []
    copies = 0
    last = -np.inf
    for plane, height in zip(planes, along, strict=True):
        if height - last > POSITION_MM:
            kept.append(plane)
            last = height
        elif plane.instance == kept[-1].instance:
            copies += 1
        else:
            raise InputError(
                f"two different images lie at one place ({height:.2f} mm along the normal): repeated acquisitions, "
                "echoes or phases in one series; export one of them"
            )
    return kept, [f"{copies} files are there twice and were read once"] if copies else []


def _regular_spacing(heights: NDArray[np.float64]) -> float:
    gaps = np.diff(heights)
    usual = float(np.median(gaps))
    fitted = (heights[-1] - heights[0]) / (len(heights) - 1)
    off = np.abs(heights - (heights[0] + fitted * np.arange(len(heights))))
    if off.max() <= POSITION_MM:
        return round(float(fitted), 9)
    wide = np.flatnonzero(gaps > MISSING_RATIO * usual)
    if len(wide):
        index = int(wide[0])
        raise InputError(
            f"slices are missing: between slice {index + 1} and {index + 2} (of {len(heights)}) there are "
            f"{gaps[index]:.2f} mm where the others stand {usual:.2f} mm apart ({len(wide)} such gaps). "
            "Export the whole series again."
        )
    raise InputError(
        f"the slices are not evenly spaced: {gaps.min():.2f} to {gaps.max():.2f} mm. Reconstruct the series with "
        "one spacing, or give only the evenly spaced part."
    )


def _in_plane_shift(
    positions: NDArray[np.float64],
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    first: Slice,
    spacing: float,
) -> tuple[NDArray[np.float64], float]:
    """Shift (n, 2) in pixels along the rows and the columns, and the tilt; zero where the stack is upright."""
    offset = positions - positions[0]
    shift_mm = np.stack([offset @ row, offset @ column], axis=1)
    if np.abs(shift_mm).max() <= POSITION_MM:
        return np.zeros((len(positions), 2)), 0.0
    step = shift_mm[-1] / (len(positions) - 1)
    if np.abs(shift_mm - np.arange(len(positions))[:, None] * step).max() > POSITION_MM:
        raise InputError(
            "the slices are shifted against each other by uneven amounts (table moved, or series mixed); "
            "export one series, or ask for a reconstruction without tilt"
        )
    tilt = float(np.degrees(np.arctan2(np.linalg.norm(step), spacing)))
    if tilt > MAX_TILT_DEG:
        raise InputError(f"the slices lean by {tilt:.1f} degrees, more than any gantry; the positions cannot be right")
    return shift_mm / np.array([first.column_spacing, first.row_spacing]), tilt
