"""Cord and cerebrospinal fluid in each section: gap to the tumour, width against expected, place, free arc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from oncospine.base import Level
from oncospine.lesion.normal_values import normal_sizes
from oncospine.lesion.sections import SECTION_STEP_MM, Sections

SMALLEST_CORD_MM2 = 8.0
"""Less labelled cord than this in a section is the end of the mask."""

CLEAR_OF_TUMOUR_MM = 3.0
"""Stations nearer than this to the tumour are not normal (the length over which a grade must hold)."""

REFERENCE_MM = 4
"""Half the length over which a reference is averaged: voxel noise goes, the taper of cord and canal stays [D]."""

POOLED = 5
"""Stations (about 1 mm apart) of which gap and arc are the median [D]."""

EDGE_MM = 0.6 * SECTION_STEP_MM
"""Two shapes that touch have their nearest samples about this far apart, on average over directions."""

ARC_BINS = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class CordShape:
    """Per station (n,): everything a grade depends on besides areas; NaN where there is no cord or no reference.

    `width_ratio` is the diameter over the expected one along the direction the tumour presses from, by second moments.
    `moved_mm` is the distance of the cord's centroid from where it is expected.
    """

    gap_mm: NDArray[np.float64]
    area_ratio: NDArray[np.float64]
    width_ratio: NDArray[np.float64]
    moved_mm: NDArray[np.float64]
    csf_arc_deg: NDArray[np.float64]


def cord_shape(
    sections: Sections, touched: NDArray[np.bool_], direction_deg: NDArray[np.float64], levels: Sequence[Level]
) -> CordShape | None:
    """Shape of the cord at the stations that the tumour touches; None without a cord mask.

    `direction_deg` (n,) is where the tumour lies: 0 anterior, 90 the patient's right; `levels` (n) names the stations.
    What is expected follows the normal cord, which widens towards the neck and the conus, not a straight line.
    """
    if sections.cord is None:
        return None
    count = len(sections.tumour)
    area = sections.area_mm2(sections.cord)
    pooled = sections.pooled(area)
    centre, spread = _moments(sections.cord, sections)
    usable = area >= SMALLEST_CORD_MM2
    usual = _normal_cord(levels)
    expected_area = expected(np.where(usable, area, np.nan) / usual, touched) * usual
    expected_centre = np.stack([expected(centre[:, axis], touched) for axis in range(2)], axis=1)
    wanted = np.stack([expected(spread[:, index] / usual, touched) * usual for index in range(3)], axis=1)
    gap = np.full(count, np.inf)
    arc, width = np.full(count, np.nan), np.full(count, np.nan)
    for at in np.flatnonzero(touched & usable):
        gap[at] = _gap(sections.cord[at], sections.inside[at], sections)
        width[at] = _width_ratio(spread[at], wanted[at], float(direction_deg[at]))
        if sections.sac is not None:
            arc[at] = _free_arc(sections, int(at), centre[at])
    return CordShape(
        gap_mm=ndimage.median_filter(gap, POOLED, mode="nearest"),
        area_ratio=np.where(usable, pooled / expected_area, np.nan),
        width_ratio=width,
        moved_mm=np.hypot(*(centre - expected_centre).T),
        csf_arc_deg=ndimage.median_filter(arc, POOLED, mode="nearest"),
    )


def _normal_cord(levels: Sequence[Level]) -> NDArray[np.float64]:
    """Area of a normal cord (n,) at each station: the table's values at the middle of each level, joined."""
    names = [level for level in dict.fromkeys(levels) if level in normal_sizes("cord")]
    if not names:
        return np.ones(len(levels))
    middles = [float(np.mean([index for index, own in enumerate(levels) if own is name])) for name in names]
    areas = [normal_sizes("cord")[name].area_mm2 for name in names]
    return np.interp(np.arange(len(levels)), middles, areas)


def expected(values: NDArray[np.float64], touched: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Linear interpolation between the nearest stations above and below that the tumour leaves alone."""
    near = ndimage.binary_dilation(touched, iterations=round(CLEAR_OF_TUMOUR_MM))
    stations = np.arange(len(values))
    usable = np.flatnonzero(~near & np.isfinite(values) & (values != 0))
    if usable.size == 0:
        return np.full(len(values), np.nan)
    smooth = np.array([np.median(values[usable[np.abs(usable - at) <= REFERENCE_MM]]) for at in usable])
    return np.asarray(np.interp(stations, usable, smooth))


def _moments(shape: NDArray[np.float32], sections: Sections) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centroid (n, 2) and second moments (n, 3: right-right, anterior-anterior, right-anterior) in mm and mm2."""
    r, a = sections.right_mm, sections.anterior_mm
    sums = shape.astype(np.float64) @ np.column_stack([np.ones_like(r), r, a, r**2, a**2, r * a])
    total, *rest = sections.pooled(sums).T
    with np.errstate(invalid="ignore", divide="ignore"):
        right, anterior, rr, aa, ra = (values / total for values in rest)
        rr, aa, ra = rr - right**2, aa - anterior**2, ra - right * anterior
    return np.stack([right, anterior], axis=1), np.stack([rr, aa, ra], axis=1)


def _width_ratio(spread: NDArray[np.float64], wanted: NDArray[np.float64], direction_deg: float) -> float:
    """Width of one shape over that of another along the direction the tumour presses from, the least within 30 degrees.

    The centroid of a tumour in an oval canal does not lie exactly where the tumour presses from.
    """
    angles = np.radians(direction_deg + np.arange(-ASIDE_DEG, ASIDE_DEG + 1, 5.0))
    r, a = np.sin(angles), np.cos(angles)
    own, usual = (rr * r * r + aa * a * a + 2 * ra * r * a for rr, aa, ra in (spread, wanted))
    if not (np.isfinite(own).all() and (usual > 0).all() and (own >= 0).all()):
        return float("nan")
    return float(np.sqrt(own / usual).min())


ASIDE_DEG = 30.0
"""How far the direction of pressing may be off [D]."""


def _gap(cord: NDArray[np.float32], tumour: NDArray[np.float32], sections: Sections) -> float:
    """Distance between cord and tumour in one section; infinite where one of them is absent."""
    places = np.column_stack([sections.right_mm, sections.anterior_mm])
    one, other = places[cord > 0.5 - 1e-6], places[tumour > 0.5 - 1e-6]
    if len(one) == 0 or len(other) == 0:
        return float("inf")
    nearest = np.asarray(cKDTree(one).query(other)[0])
    return max(float(nearest.min()) - EDGE_MM, 0.0)


def _free_arc(sections: Sections, at: int, centre: NDArray[np.float64]) -> float:
    """Longest contiguous arc around the cord, in degrees, in which cerebrospinal fluid is left in the sac."""
    assert sections.sac is not None
    assert sections.cord is not None
    assert sections.sac_taken is not None
    fluid = np.maximum(sections.sac[at] - sections.cord[at] - sections.sac_taken[at], 0.0)
    angle = np.arctan2(sections.right_mm - centre[0], sections.anterior_mm - centre[1])
    bins = np.rint(angle % (2 * np.pi) / (2 * np.pi) * ARC_BINS).astype(int) % ARC_BINS
    seen = np.bincount(bins, weights=fluid, minlength=ARC_BINS) * sections.cell_mm2 >= FLUID_MM2
    if seen.all():
        return 360.0
    runs = np.diff(np.flatnonzero(~np.concatenate([seen, seen]))) - 1
    return float(max(runs.max(initial=0), 0)) * 360.0 / ARC_BINS


FLUID_MM2 = 0.05
"""Fluid in 10 degrees that counts as seen: a rim of about 0.1 mm around a thoracic cord."""
