"""Twelve sectors around the canal: angles, shares that mirror exactly, and whether a ball fits in one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SECTORS = 12
SECTOR_DEG = 360.0 / SECTORS


def sector_angles(local: NDArray[np.float64], midline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle (n,) in degrees of points (n, >= 2: right, anterior) from the posterior midline towards the left."""
    own = np.degrees(np.arctan2(-local[:, 0], -local[:, 1]))
    start = np.degrees(np.arctan2(-midline[0], -midline[1]))
    return np.asarray((own - start) % 360.0)


def sector_weights(local: NDArray[np.float64], midline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share (n, 12) of each point in each sector: 1 in its own, one half in both neighbours of a border.

    The mean of counting upwards and downwards, so that a point exactly on a border cannot tell left from right.
    """
    angle = sector_angles(local, midline)
    upwards = np.floor(angle / SECTOR_DEG).astype(int) % SECTORS
    downwards = SECTORS - 1 - np.floor(((360.0 - angle) % 360.0) / SECTOR_DEG).astype(int) % SECTORS
    weights = np.zeros((len(local), SECTORS))
    rows = np.arange(len(local))
    np.add.at(weights, (rows, upwards), 0.5)
    np.add.at(weights, (rows, downwards), 0.5)
    return weights


def ball_fits(
    local: NDArray[np.float64], depth_mm: NDArray[np.float64], midline: NDArray[np.float64], radius_mm: float
) -> NDArray[np.bool_]:
    """Sectors (12,) in which a ball of this radius fits in the tumour without leaving the sector."""
    angle = sector_angles(local, midline)
    beside = np.radians(np.minimum(angle % SECTOR_DEG, SECTOR_DEG - angle % SECTOR_DEG))
    room = np.hypot(local[:, 0], local[:, 1]) * np.sin(beside)
    held = (np.minimum(room, depth_mm) >= radius_mm) & (room >= radius_mm)
    found = np.zeros(SECTORS, np.bool_)
    found[np.floor(angle[held] / SECTOR_DEG).astype(int) % SECTORS] = True
    return found
