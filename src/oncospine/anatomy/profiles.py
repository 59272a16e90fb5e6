"""Canal, sac and cord along the canal: area, depth, width and shape of every section across its centreline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level
from oncospine.geometry import Mask, sampled_at, section_points

if TYPE_CHECKING:
    from oncospine.anatomy.spine import Canal

SECTION_STEP_MM = 0.5
"""Sampling of sections across the canal."""

SECTION_REACH_MM = 16.0
"""Half-width of sections across the canal: the reach of its walls."""

SMALLEST_AREA_MM2 = 2.0
"""Less than this in a section is the frayed end of a label: there is no shape."""


FRAYED_MM = 3.0
"""Length at each end of a label that is not trusted: one thick slice."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectionProfile:
    """One structure along the canal, cranial to caudal; NaN where it is not.

    All are (n,) and perpendicular to the canal's centreline: `area_mm2`; `ap_mm` and `transverse_mm`, the diameters
    through the centroid from front to back and from side to side; `eccentricity`, 0 for a circle, towards 1 for a
    line. `levels` names the vertebra at each section.
    """

    arc_mm: NDArray[np.float64]
    levels: tuple[Level, ...]
    area_mm2: NDArray[np.float64]
    ap_mm: NDArray[np.float64]
    transverse_mm: NDArray[np.float64]
    eccentricity: NDArray[np.float64]

    @property
    def flattening(self) -> NDArray[np.float64]:
        """AP over transverse diameter (n,): the compression ratio of classifications.md section 9.1."""
        return np.asarray(self.ap_mm / self.transverse_mm)

    @property
    def inner(self) -> NDArray[np.bool_]:
        """True (n,) where the structure is, but for the last `FRAYED_MM` at both ends, where labels fade out."""
        known = np.flatnonzero(np.isfinite(self.area_mm2))
        if known.size == 0:
            return np.zeros(len(self.levels), np.bool_)
        first, last = self.arc_mm[known[0]], self.arc_mm[known[-1]]
        within = (self.arc_mm >= first + FRAYED_MM) & (self.arc_mm <= last - FRAYED_MM)
        return np.asarray(within & np.isfinite(self.area_mm2))

    def at_level(self, level: Level) -> NDArray[np.bool_]:
        """True (n,) for the sections that lie at a vertebra."""
        return np.array([item is level for item in self.levels])


def canal_profile(canal: Canal) -> SectionProfile:
    """The bony canal, from its walls (bridged where bone is missing)."""
    quarter = canal.radii_mm.shape[1] // 4
    radii = canal.radii_mm
    angles = np.arange(radii.shape[1]) * 2 * np.pi / radii.shape[1]
    right, forwards = radii * np.sin(angles), radii * np.cos(angles)
    return SectionProfile(
        arc_mm=canal.arc_mm,
        levels=canal.levels,
        area_mm2=canal.areas_mm2,
        ap_mm=radii[:, 0] + radii[:, 2 * quarter],
        transverse_mm=radii[:, quarter] + radii[:, 3 * quarter],
        eccentricity=_eccentricity(*_polygon_moments(right, forwards)),
    )


def tube_profile(mask: Mask, canal: Canal) -> SectionProfile:
    """A labelled sac or cord, partial volume included."""
    reach = _reach_mm(mask, canal)
    points = section_points(canal.frames, half_width_mm=reach, step_mm=SECTION_STEP_MM)
    values = sampled_at(mask, points).astype(np.float64)
    offsets = (np.arange(values.shape[1]) - values.shape[1] // 2) * SECTION_STEP_MM
    areas = values.sum(axis=(1, 2)) * SECTION_STEP_MM**2
    there = areas >= SMALLEST_AREA_MM2
    total = np.where(there, values.sum(axis=(1, 2)), np.nan)
    across, along = values.sum(axis=2), values.sum(axis=1)
    right, forwards = across @ offsets / total, along @ offsets / total
    rr = across @ offsets**2 / total - right**2
    aa = along @ offsets**2 / total - forwards**2
    ra = np.einsum("nij,i,j->n", values, offsets, offsets) / total - right * forwards
    return SectionProfile(
        arc_mm=canal.arc_mm,
        levels=canal.levels,
        area_mm2=np.where(there, areas, np.nan),
        ap_mm=_diameter(values, right, offsets),
        transverse_mm=_diameter(values.transpose(0, 2, 1), forwards, offsets),
        eccentricity=_eccentricity(rr, aa, ra),
    )


def _diameter(
    values: NDArray[np.float64], middle_mm: NDArray[np.float64], offsets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Length (n,) of the structure along axis 2 in the line through `middle_mm` on axis 1; NaN without.

    The line is softened over its neighbours, half a millimetre to each side, so that single voxels do not count.
    """
    softened = (np.roll(values, 1, axis=1) + 2 * values + np.roll(values, -1, axis=1)) / 4
    place: NDArray[np.float64] = (np.where(np.isfinite(middle_mm), middle_mm, 0.0) - offsets[0]) / SECTION_STEP_MM
    lower = np.clip(np.floor(place).astype(np.intp), 0, len(offsets) - 2)
    share = np.expand_dims(place - lower, 1)
    rows = np.arange(len(values))
    lines = (1 - share) * softened[rows, lower] + share * softened[rows, lower + 1]
    return np.where(np.isfinite(middle_mm), lines.sum(axis=1) * SECTION_STEP_MM, np.nan)


def _reach_mm(mask: Mask, canal: Canal) -> float:
    """Half-width of sections that hold the whole structure, at most `SECTION_REACH_MM`."""
    from scipy.spatial import cKDTree

    points = mask.points_mm()
    if len(points) == 0:
        return 2 * SECTION_STEP_MM
    tree = cKDTree(np.array([frame.origin_mm for frame in canal.frames]))
    distance = np.atleast_1d(tree.query(points, distance_upper_bound=SECTION_REACH_MM)[0])
    near = distance[np.isfinite(distance)]
    farthest = float(near.max()) + max(mask.grid.spacing_mm) if near.size else 0.0
    return min(max(farthest, 2 * SECTION_STEP_MM), SECTION_REACH_MM)


def _polygon_moments(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Central second moments (n,) of closed polygons (n, m): var x, var y, covariance (Green's theorem)."""
    x1, y1 = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    cross = x * y1 - x1 * y
    area = cross.sum(axis=1) / 2
    cx, cy = ((x + x1) * cross).sum(axis=1) / (6 * area), ((y + y1) * cross).sum(axis=1) / (6 * area)
    xx = ((x**2 + x * x1 + x1**2) * cross).sum(axis=1) / (12 * area) - cx**2
    yy = ((y**2 + y * y1 + y1**2) * cross).sum(axis=1) / (12 * area) - cy**2
    xy = ((x * y1 + 2 * x * y + 2 * x1 * y1 + x1 * y) * cross).sum(axis=1) / (24 * area) - cx * cy
    return xx, yy, xy


def _eccentricity(xx: NDArray[np.float64], yy: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eccentricity (n,) of the ellipse with these second moments."""
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return np.asarray(np.sqrt(np.clip(2 * half / (middle + half), 0, 1)))
