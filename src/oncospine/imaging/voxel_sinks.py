"""Where voxels go while a file is read: into the smallest type that holds them exactly, block by block."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError

Block = NDArray[Any]

INTEGER_TOLERANCE = 1e-3
"""Masks are stored as floats or with a scale factor by some programs; rounding noise up to this is not a fraction."""


_LARGEST = float(np.finfo(np.float32).max)
"""Beyond this no voxel is a measurement; it counts as not finite."""


class Sink(Protocol):
    """Takes the voxels in file order and ends up with an array."""

    def add(self, block: Block) -> None: ...

    def finished(self, shape: tuple[int, ...]) -> tuple[Block, tuple[str, ...]]: ...


class ScanSink:
    """Intensities: int16 while all values are integers that fit, float32 from the first one that does not."""

    def __init__(self, size: int, *, name: str, slope: float = 1.0, intercept: float = 0.0) -> None:
        self._name = name
        self._scaled = slope != 1.0 or intercept != 0.0
        self._slope, self._intercept = slope, intercept
        self._values: Block = np.empty(size, np.int16)
        self._filled = 0
        self._not_finite = 0

    def add(self, block: Block) -> None:
        """The next voxels in file order."""
        self.put(block, start=self._filled)
        self._filled += block.size

    def put(self, block: Block, *, start: int) -> None:
        """Voxels from position `start` on: for files whose slices do not come in order."""
        values = block * np.float64(self._slope) + self._intercept if self._scaled else block
        if values.dtype.kind == "f":
            bad = ~(np.abs(values) <= _LARGEST)  # also catches NaN
            if bad.any():
                self._not_finite += int(np.count_nonzero(bad))
                values = np.where(bad, np.nan, values)
        if self._values.dtype == np.int16 and not _fits_int16(values):
            self._values = self._values.astype(np.float32)
        self._values[start : start + values.size] = values

    def finished(self, shape: tuple[int, ...]) -> tuple[Block, tuple[str, ...]]:
        """The array in Fortran order (first axis fastest, as in the file), and notes."""
        notes: tuple[str, ...] = ()
        if self._not_finite:
            if self._not_finite == self._values.size:
                raise InputError(f"{self._name}: no voxel holds a finite number; the file is damaged")
            lowest = np.nanmin(self._values)
            self._values[np.isnan(self._values)] = lowest
            notes = (f"{self._not_finite} voxels were not finite numbers and are set to the lowest value {lowest:g}",)
        return self._values.reshape(shape, order="F"), notes


class LabelSink:
    """Labels: uint8, or uint16 from the first label above 255; anything that is not a label is refused."""

    def __init__(self, size: int, *, name: str, slope: float = 1.0, intercept: float = 0.0) -> None:
        self._name = name
        self._scaled = slope != 1.0 or intercept != 0.0
        self._slope, self._intercept = slope, intercept
        self._values: Block = np.empty(size, np.uint8)
        self._filled = 0

    def add(self, block: Block) -> None:
        values = block * np.float64(self._slope) + self._intercept if self._scaled else block
        if values.dtype.kind == "f":
            values = self._integers(values)
        if values.size == 0:
            return
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > np.iinfo(np.uint16).max:
            raise InputError(
                f"{self._name}: labels run 0..65535, found {low if low < 0 else high}; "
                "this is an image, not a label map"
            )
        if high > np.iinfo(np.uint8).max and self._values.dtype == np.uint8:
            wider = np.empty(self._values.size, np.uint16)
            wider[: self._filled] = self._values[: self._filled]
            self._values = wider
        self._values[self._filled : self._filled + values.size] = values
        self._filled += values.size

    def finished(self, shape: tuple[int, ...]) -> tuple[Block, tuple[str, ...]]:
        """The array in Fortran order (first axis fastest, as in the file), and notes."""
        return self._values.reshape(shape, order="F"), ()

    def _integers(self, values: Block) -> Block:
        rounded = np.rint(values)
        bad = ~(np.abs(values - rounded) <= INTEGER_TOLERANCE)
        if bad.any():
            example = values[bad][0]
            raise InputError(
                f"{self._name}: labels must be whole numbers, found {example:g} in {np.count_nonzero(bad)} or "
                "more voxels; this is an image, a probability map, or a mask that was interpolated"
            )
        return rounded


def _fits_int16(values: Block) -> bool:
    if values.dtype.kind in "iu" and values.dtype.itemsize == 1:
        return True
    if values.dtype == np.int16:
        return True
    if values.size == 0:
        return True
    limits = np.iinfo(np.int16)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            return bool(np.all(values == np.rint(values)) and values.min() >= limits.min and values.max() <= limits.max)
    return bool(values.min() >= limits.min and values.max() <= limits.max)
