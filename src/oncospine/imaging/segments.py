"""Segmentations whose segments have names instead of numbers: DICOM SEG, RTSTRUCT, Slicer's .seg.nrrd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError
from oncospine.geometry import Grid, Mask, Volume
from oncospine.imaging.foreign_text import printable
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.structures import TUMOUR_KINDS, Structure

SEGMENT_NAMES = "segment_names"
"""Convention of files that name their segments: the names and codes are translated, not the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """One segment. `voxels()` builds its mask on the grid when asked, so that one mask at a time is in memory."""

    number: int
    name: str
    structure: Structure | None
    voxels: Callable[[], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """All segments of a file on one grid; they may overlap."""

    grid: Grid
    segments: tuple[Segment, ...]
    format: str
    content_hash: str
    notes: tuple[str, ...] = ()

    def label_map(self, *, name: str) -> LabelMap:
        """The anatomy as one label map: a voxel in two segments belongs to the first of them, a note says how many.

        Tumour segments come last: a tumour inside a vertebra does not cut a hole into it. `tumour` has it whole.
        """
        known = [item for item in self.segments if item.structure is not None]
        if not known:
            raise InputError(f"{name}: no segment has a name or code that is known; there are: {self._listed()}")
        array: NDArray[Any] = np.zeros(self.grid.shape, np.uint16 if len(known) > np.iinfo(np.uint8).max else np.uint8)
        structures: dict[int, Structure] = {}
        overlapping = 0
        for item in sorted(known, key=_tumour_last):
            voxels = item.voxels()
            label = len(structures) + 1
            structures[label] = _known(item)
            overlapping += int(np.count_nonzero(array[voxels]))
            array[voxels & (array == 0)] = label
        if not array.any():
            raise InputError(f"{name}: all segments are empty")
        notes = list(self.notes)
        if overlapping:
            notes.append(f"{overlapping} voxels lie in two segments; the first keeps them, anatomy before tumour")
        ignored = [item for item in self.segments if item.structure is None]
        if ignored:
            notes.append(f"{len(ignored)} segments have no known name and were left out: {_listed(ignored)}")
        return LabelMap(
            volume=Volume(array, self.grid.affine),
            structures=structures,
            convention=SEGMENT_NAMES,
            notes=tuple(notes),
            content_hash=self.content_hash,
        )

    def tumour(self, *, name: str) -> Mask:
        """Union of all tumour segments, whole, whatever they overlap."""
        parts = [item for item in self.segments if item.structure is not None and item.structure.kind in TUMOUR_KINDS]
        array = np.zeros(self.grid.shape, np.bool_)
        for item in parts:
            array |= item.voxels()
        if not array.any():
            raise InputError(f"{name}: no segment is a tumour with voxels; there are: {self._listed()}")
        return Mask(array, self.grid.affine)

    def _listed(self) -> str:
        return _listed(self.segments)


def _listed(items: tuple[Segment, ...] | list[Segment]) -> str:
    shown = ", ".join(f"{item.number} '{printable(item.name)}'" for item in items[:30])
    return f"{shown}{' and more' if len(items) > 30 else ''}" or "none"


def _tumour_last(item: Segment) -> tuple[bool, int]:
    return _known(item).kind in TUMOUR_KINDS, item.number


def _known(item: Segment) -> Structure:
    if item.structure is None:
        raise InputError(f"segment {item.number} has no known structure")
    return item.structure
