"""What the masks allow to say about epidural compression, per level, in the terms of the ESCC (Bilsky) scale.

With cord and sac labelled, the five steps of classifications.md section 2.3 are followed at every station; the worst
grade that holds over 3 mm counts. On CT, where only the sac is seen at best, the answer is "none", "low" or "high",
from the room that the tumour leaves compared with a normal cord. All cut-offs are defaults of this project and stand in
data/escc_limits.yaml, with the error of each measurement: grades within it stay possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.base import Level, read_yaml
from oncospine.lesion.cauda import levels_below_conus
from oncospine.lesion.compression import SUSTAINED_MM
from oncospine.lesion.cord_shape import CordShape, cord_shape, expected
from oncospine.lesion.findings import CompressionProfile, EsccEstimate
from oncospine.lesion.normal_values import normal_sizes
from oncospine.lesion.sections import Sections

GRADES = ("0", "1a", "1b", "1c", "2", "3")
"""ESCC grades, mildest first."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A cut-off and how far the measurement compared with it may be off."""

    value: float
    error: float


@cache
def escc_limits() -> Mapping[str, Limit]:
    """Cut-offs by name."""
    rows = read_yaml("oncospine.lesion", "data", "escc_limits.yaml")
    return MappingProxyType({name: Limit(float(row["value"]), float(row["error"])) for name, row in rows.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Per station (n,) what the five steps compare; NaN where it cannot be measured."""

    area_mm2: NDArray[np.float64]
    thickness_mm: NDArray[np.float64]
    sac_ratio: NDArray[np.float64]
    gap_mm: NDArray[np.float64]
    cord_ratio: NDArray[np.float64]
    csf_share: NDArray[np.float64]
    csf_arc_deg: NDArray[np.float64]


def escc_estimates(
    profile: CompressionProfile, sections: Sections, involved: Sequence[Level] = ()
) -> dict[Level, EsccEstimate]:
    """Estimate of every level with epidural tumour in its slab, and grade 0 for involved levels without any.

    Levels below the conus have no grade (see `cauda_compromise`).
    """
    touched = profile.tumour_mm2 >= 1.0
    shape = cord_shape(sections, touched, profile.direction_deg, profile.levels)
    measures = _measures(profile, sections, shape, touched)
    found: dict[Level, EsccEstimate] = {}
    below = levels_below_conus(profile)
    for level in dict.fromkeys(profile.levels):
        if level in below:
            continue
        here = np.flatnonzero([name is level for name in profile.levels])
        has_mass = _sustained(_has_mass(measures, 0.0)[here].astype(int), profile) > 0
        if has_mass:
            found[level] = (
                _ct(profile, here, level) if shape is None else _graded(profile, measures, shape, here, level)
            )
        elif level in involved:
            found[level] = _none(level, is_ct=shape is None)
    return found


def _none(level: Level, *, is_ct: bool) -> EsccEstimate:
    limits = escc_limits()
    area, thick = limits["epidural_area_mm2"].value, limits["epidural_thickness_mm"].value
    return EsccEstimate(
        level=level,
        possible=("0",),
        basis=CT_BASIS if is_ct else MASK_BASIS,
        rule=f"no epidural tumour of {area:g} mm2 and {thick:g} mm thickness in the mask over {SUSTAINED_MM:g} mm",
        room=None,
        grade="0",
    )


CT_BASIS = "CT estimate"
MASK_BASIS = "masks of cord and tumour"


def _measures(
    profile: CompressionProfile, sections: Sections, shape: CordShape | None, touched: NDArray[np.bool_]
) -> Measures:
    nothing = np.full(len(touched), np.nan)
    free = sections.pooled(profile.sac_mm2 * (1 - profile.sac_occupation))
    usual = _canal_shape(profile.canal_mm2)
    with np.errstate(invalid="ignore", divide="ignore"):
        csf = np.maximum(free - sections.pooled(profile.cord_mm2), 0.0) / np.where(free > 0, free, np.nan)
    return Measures(
        area_mm2=profile.tumour_mm2,
        thickness_mm=profile.thickness_mm,
        sac_ratio=free / (expected(free / usual, touched) * usual),
        gap_mm=nothing if shape is None else shape.gap_mm,
        cord_ratio=nothing if shape is None else np.fmin(shape.area_ratio, shape.width_ratio),
        csf_share=csf,
        csf_arc_deg=nothing if shape is None else shape.csf_arc_deg,
    )


def _canal_shape(areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """How the bony canal widens and narrows along the spine: the expected sac follows it.

    The lower quartile over `SHAPE_MM`, because between the arches the walls are bridged and the canal reads too wide.
    """
    low = ndimage.percentile_filter(areas, 25, size=SHAPE_MM, mode="nearest")
    return np.asarray(ndimage.uniform_filter1d(low, SHAPE_MM // 2, mode="nearest"))


SHAPE_MM = 15
"""Length over which the shape of the canal is read: less than a level, more than the gap between two arches."""


def _has_mass(measures: Measures, lean: float) -> NDArray[np.bool_]:
    return _above(measures.area_mm2, "epidural_area_mm2", lean) & _above(
        measures.thickness_mm, "epidural_thickness_mm", lean
    )


def _above(values: NDArray[np.float64], name: str, lean: float) -> NDArray[np.bool_]:
    limit = escc_limits()[name]
    return np.asarray(values + lean * limit.error >= limit.value)


def _below(values: NDArray[np.float64], name: str, lean: float) -> NDArray[np.bool_]:
    limit = escc_limits()[name]
    return np.asarray(values - lean * limit.error < limit.value)


def station_grades(measures: Measures, lean: float) -> NDArray[np.intp]:
    """Grade index (n,); `lean` +1 takes every measurement as bad as its error allows, -1 as good, 0 as it is.

    A step whose mask is missing is not passed when leaning to the good side, and passed when leaning to the bad side.
    Where tumour lies at the cord but the sac is deformed only within the error, 1a and 1c are equally near: 1b [D].
    """
    unknown = lean > 0
    deformed = np.where(np.isnan(measures.sac_ratio), unknown, _below(measures.sac_ratio, "sac_deformed_ratio", lean))
    touching = _below(measures.gap_mm, "cord_contact_mm", lean)
    squeezed = np.where(
        np.isnan(measures.cord_ratio), False, _below(measures.cord_ratio, "cord_compressed_ratio", lean)
    )
    hidden = _below(measures.csf_share, "csf_visible_ratio", lean) | _below(measures.csf_arc_deg, "csf_arc_deg", lean)
    effaced = np.where(np.isnan(measures.csf_share), unknown, hidden)
    deformed = deformed | (np.isnan(measures.sac_ratio) & touching)
    steps = np.stack([_has_mass(measures, lean), deformed, touching, squeezed, effaced])
    grades = np.asarray(np.logical_and.accumulate(steps, axis=0).sum(axis=0), np.intp)
    if lean == 0:
        limit = escc_limits()["sac_deformed_ratio"]
        unsure = touching & ~squeezed & (np.abs(measures.sac_ratio - limit.value) < limit.error)
        grades = np.where(unsure & (grades > 0), GRADES.index("1b"), grades)
    return grades


def _sustained(grades: NDArray[np.intp], profile: CompressionProfile) -> int:
    """The worst grade reached or exceeded over an unbroken `SUSTAINED_MM` of the level's stations."""
    step = float(profile.arc_mm[1] - profile.arc_mm[0])
    needed = max(round(SUSTAINED_MM / step), 2)
    if len(grades) < needed:
        return int(grades.min(initial=0))
    windows = np.lib.stride_tricks.sliding_window_view(grades, needed)
    return int(windows.min(axis=1).max())


def _graded(
    profile: CompressionProfile, measures: Measures, shape: CordShape, here: NDArray[np.intp], level: Level
) -> EsccEstimate:
    limits = escc_limits()
    low, best, high = (_sustained(station_grades(measures, lean)[here], profile) for lean in (-1.0, 0.0, 1.0))
    own = station_grades(measures, 0.0)[here]
    candidates = here[own >= best]
    at = int(candidates[profile.tumour_mm2[candidates].argmax()])
    moved = shape.moved_mm[at]
    return EsccEstimate(
        level=level,
        possible=GRADES[low : high + 1],
        basis=MASK_BASIS,
        rule=_words(measures, at, best),
        room=_or_none(measures.cord_ratio[at]),
        grade=GRADES[best],
        margin=_margin(measures, at, best),
        circumferential=bool(profile.circumference[here].max() >= limits["circumferential_deg"].value),
        displaced=bool(best == GRADES.index("1c") and moved >= limits["cord_displaced_mm"].value),
        gap_mm=_or_none(measures.gap_mm[at]),
        sac_ratio=_or_none(measures.sac_ratio[at]),
        csf_share=_or_none(measures.csf_share[at]),
    )


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


STEPS: tuple[tuple[str, str, int], ...] = (
    ("thickness_mm", "epidural_thickness_mm", 1),
    ("sac_ratio", "sac_deformed_ratio", -1),
    ("gap_mm", "cord_contact_mm", -1),
    ("cord_ratio", "cord_compressed_ratio", -1),
    ("csf_share", "csf_visible_ratio", -1),
)
"""Measure, cut-off and sign (+1 where larger is worse) of the step from each grade to the next."""


def _margin(measures: Measures, at: int, grade: int) -> float | None:
    """Distance to the nearer of the two neighbouring grades, in errors of the measurement that decides it."""
    distances = []
    for index in (grade - 1, grade):
        if 0 <= index < len(STEPS):
            name, cut, _ = STEPS[index]
            limit, value = escc_limits()[cut], float(getattr(measures, name)[at])
            if np.isfinite(value):
                distances.append(abs(value - limit.value) / limit.error)
    return min(distances, default=None)


def _words(measures: Measures, at: int, grade: int) -> str:
    """The measurements that decided, and the one that would make it worse."""
    sac, gap, cord, csf = (
        float(getattr(measures, name)[at]) for name in ("sac_ratio", "gap_mm", "cord_ratio", "csf_share")
    )
    mass = f"epidural tumour {measures.area_mm2[at]:.0f} mm2, {measures.thickness_mm[at]:.1f} mm thick"
    free = "sac not labelled" if np.isnan(sac) else f"free sac is {100 * sac:.0f} % of expected"
    near = f"tumour {gap:.1f} mm from the cord" if np.isfinite(gap) else "no cord in the section"
    thin = "cord without reference" if np.isnan(cord) else f"cord is {100 * cord:.0f} % of expected"
    fluid = "no sac mask to see CSF by" if np.isnan(csf) else f"CSF is {100 * csf:.0f} % of the sac"
    said = {0: (mass,), 1: (mass, free), 2: (free, near), 3: (near, thin), 4: (thin, fluid), 5: (thin, fluid)}
    return "; ".join(said[grade])


def _ct(profile: CompressionProfile, here: NDArray[np.intp], level: Level) -> EsccEstimate:
    """Without a cord mask: the room left for the cord against the normal cord of the level."""
    limits = escc_limits()
    rows = here[profile.tumour_mm2[here] >= limits["epidural_area_mm2"].value]
    sac = profile.sac_mm2[rows]
    has_sac = bool(np.isfinite(profile.sac_occupation[rows]).all())
    free = sac * (1 - profile.sac_occupation[rows]) if has_sac else profile.canal_mm2[rows] - profile.tumour_mm2[rows]
    of = "sac" if has_sac else "bony canal"
    circumferential = bool(profile.circumference[here].max() >= limits["circumferential_deg"].value)
    normal = normal_sizes("cord").get(level)
    if normal is None:
        return EsccEstimate(
            level=level,
            possible=GRADES[1:],
            basis=CT_BASIS,
            rule=f"epidural tumour; no normal cord area known at {level} to judge the room left",
            room=None,
            circumferential=circumferential,
        )
    step = float(profile.arc_mm[1] - profile.arc_mm[0])
    needed = min(max(round(SUSTAINED_MM / step), 2), len(free))
    held = np.lib.stride_tricks.sliding_window_view(free, needed).max(axis=1).min()
    room = float(held) / normal.area_mm2
    words = f"free {of} {held:.0f} mm2 is {room:.1f} times a normal cord ({normal.area_mm2:.0f} mm2) at {level}"
    possible: tuple[str, ...] = GRADES[4:] if room < limits["ct_high_room"].value else GRADES[1:4]
    if limits["ct_high_room"].value <= room <= limits["ct_low_room"].value:
        possible = GRADES[1:]
    return EsccEstimate(
        level=level, possible=possible, basis=CT_BASIS, rule=words, room=room, circumferential=circumferential
    )
