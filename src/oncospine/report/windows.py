"""How grey values become grey pixels: the display windows of data/windows.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, read_yaml
from oncospine.imaging import Scan

SAMPLED_VOXELS = 200_000
"""Percentiles are taken on about this many voxels, evenly spread: their error is far below one grey level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Grey values `low` and below are black, `high` and above white."""

    title: str
    low: float
    high: float
    unit: str

    @property
    def text(self) -> str:
        """For the corner of a picture, as in "W 1800 L 400"."""
        return f"W {self.high - self.low:.0f} L {(self.high + self.low) / 2:.0f}"

    def applied_to(self, values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """Pixels (uint8) of values; NaN becomes black."""
        scaled = (np.nan_to_num(values, nan=self.low) - self.low) * (255.0 / (self.high - self.low))
        return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


@cache
def presets() -> Mapping[str, Mapping[str, Any]]:
    """Rows of data/windows.yaml by name."""
    loaded = read_yaml("oncospine.report", "data", "windows.yaml")
    return dict(loaded)


def window_of(scan: Scan, preset: str = "bone") -> Window:
    """The window for a scan: a CT preset by name; for anything else percentiles of the scan itself."""
    if scan.modality == "CT":
        row = presets().get(preset)
        if row is None or row["modality"] != "CT":
            known = ", ".join(name for name, item in presets().items() if item["modality"] == "CT")
            raise InputError(f"unknown CT window '{preset}'; known are {known}")
        half = row["width"] / 2
        return Window(title=row["title"], low=row["level"] - half, high=row["level"] + half, unit="HU")
    return _percentile_window(scan)


def _percentile_window(scan: Scan) -> Window:
    """Between two percentiles of the voxels above half the mean: air and its noise lie below that."""
    row = presets()["percentiles"]
    flat = scan.volume.array.ravel(order="K")
    values = np.asarray(flat[:: max(flat.size // SAMPLED_VOXELS, 1)], dtype=np.float64)
    values = values[np.isfinite(values)]
    body = values[values > values.mean() / 2] if values.size else values
    if body.size == 0:
        raise InputError("the scan holds one grey value only; nothing can be seen on a picture of it")
    low, high = np.percentile(body, [row["low"], row["high"]])
    return Window(title=row["title"], low=float(low), high=float(max(high, low + 1e-6)), unit="arbitrary")
