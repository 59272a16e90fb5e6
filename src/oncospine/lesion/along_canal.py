"""Values measured at every station of the canal, freed of voxel noise without flattening their peaks.

Voxel noise is averaged by a quadratic fitted to the stations around each one (Savitzky A, Golay MJE. Anal Chem
1964;36:1627-1639): a mean would read a narrow place too wide, by half its curvature times the spread of the window.
Linear interpolation between voxels does the same: on average over where a section falls between two slices `h` apart
it reads h^2/12 of the curvature too much. That much of the fitted curvature is taken off again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Canal
from oncospine.geometry import Grid

HALF_WINDOW = 3
"""Stations (about 1 mm apart) on either side that a quadratic is fitted to [D]."""


def squared_steps_mm2(canal: Canal, grid: Grid) -> NDArray[np.float64]:
    """Square of the distance between voxel layers along the canal (n,): of the spacings by the share of each axis."""
    along = np.array([frame.superior for frame in canal.frames])
    axes = grid.affine[:3, :3] / np.asarray(grid.spacing_mm)
    return np.asarray(((along @ axes) ** 2) @ np.asarray(grid.spacing_mm) ** 2)


def pooled(
    values: NDArray[np.float64], squared_steps: NDArray[np.float64], station_mm: float, half_window: int = HALF_WINDOW
) -> NDArray[np.float64]:
    """Quadratic fit at every station of `values` (n, ...); NaN where one of the stations fitted is.

    Beyond the ends the last value is repeated.
    """
    x = np.arange(-half_window, half_window + 1, dtype=np.float64)
    fit = np.linalg.pinv(np.vander(x, 3, increasing=True))
    level = ndimage.correlate1d(values, fit[0], axis=0, mode="nearest")
    curvature = 2 * ndimage.correlate1d(values, fit[2], axis=0, mode="nearest") / station_mm**2
    steps = squared_steps.reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(level - steps / 12 * curvature)
