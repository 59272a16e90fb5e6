"""Maximum compression of cord or canal (MSCC, MCC) against the patient's own healthy sections above and below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oncospine.base import MeasurementError, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionRatio:
    """How much a size is reduced at the worst place: 0 none, 100 all; below 0 where it is larger there.

    `above` and `below` are the healthy references, None on the side where the scan has none.
    """

    percent: float
    worst: float
    worst_arc_mm: float
    above: float | None
    below: float | None


@cache
def reference_place() -> tuple[float, float]:
    """Offset and extent (mm) of the reference along the canal, of data/compression.yaml."""
    table = read_yaml("oncospine.anatomy", "data", "compression.yaml")
    return float(table["offset_mm"]), float(table["extent_mm"])


def reduction_percent(worst: float, above: float | None, below: float | None) -> float:
    """100 (1 - worst / mean(above, below)); the other reference alone where one is None.

    Raises `MeasurementError` where both are.
    """
    known = [value for value in (above, below) if value is not None]
    if not known:
        raise MeasurementError(
            "no healthy section above or below the compressed part: extend the mask beyond it, or scan a longer part"
        )
    return float(100 * (1 - worst / np.mean(known)))


def maximum_compression(
    sizes: NDArray[np.float64],
    arc_mm: NDArray[np.float64],
    *,
    compressed_mm: tuple[float, float],
    healthy: NDArray[np.float64] | None = None,
) -> CompressionRatio:
    """Maximum compression over the compressed part of a profile.

    Parameters
    ----------
    sizes, arc_mm : (n,) float
        A diameter (mm) or area (mm2) per section, NaN where it is not known, and its place along the canal.
    compressed_mm : (float, float)
        First and last place of the compressed part. For tumours over several vertebrae, or several compressions, the
        whole block, so that the references lie outside it.
    healthy : (n,) float, optional
        Mean of healthy people at the same place; sizes are divided by it first. Not for MCC.

    Raises
    ------
    MeasurementError
        If nothing is known within the compressed part, or no reference on either side.

    Notes
    -----
    MSCC and MCC of Fehlings et al., Spine 1999;24:605, described for cervical trauma. The references are means over
    20 mm that start 10 mm beyond the compressed part, as in the Spinal Cord Toolbox.
    """
    values = np.asarray(sizes, np.float64) / (1.0 if healthy is None else healthy)
    first, last = min(compressed_mm), max(compressed_mm)
    inside = np.flatnonzero((arc_mm >= first) & (arc_mm <= last) & np.isfinite(values))
    if inside.size == 0:
        raise MeasurementError(f"nothing is measured between {first:.1f} and {last:.1f} mm along the canal")
    worst = int(inside[values[inside].argmin()])
    offset, extent = reference_place()
    above = _mean(values, arc_mm, first - offset - extent, first - offset)
    below = _mean(values, arc_mm, last + offset, last + offset + extent)
    return CompressionRatio(
        percent=reduction_percent(float(values[worst]), above, below),
        worst=float(values[worst]),
        worst_arc_mm=float(arc_mm[worst]),
        above=above,
        below=below,
    )


def _mean(values: NDArray[np.float64], arc_mm: NDArray[np.float64], low: float, high: float) -> float | None:
    here = values[(arc_mm >= low) & (arc_mm <= high) & np.isfinite(values)]
    return float(here.mean()) if here.size else None
