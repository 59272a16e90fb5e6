"""How much of the canal the tumour takes, station by station, in sections across the canal's own centreline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Spine
from oncospine.base import How, Quantity, measured, refused
from oncospine.lesion.findings import CompressionProfile, WorstLevel
from oncospine.lesion.sections import SECTION_STEP_MM, Sections
from oncospine.lesion.station_levels import station_levels

SUSTAINED_MM = 3.0
"""The worst place must hold over this length, to drop single-slice noise (classifications.md section 2.3)."""

TOUCHED_MM2 = 1.0
"""Less tumour than this in a section of the canal has no direction."""

SMALLEST_SAC_MM2 = 50.0
"""Below this the sac's label ends here (the smallest plausible dural canal, morphometry.md section 13)."""

STRIP_MM = 3.0
"""The thickness of the tumour is its mean over this width, where it is thickest along the direction it comes from."""


def compression_profile(spine: Spine, sections: Sections) -> CompressionProfile:
    """Areas in every section across the canal."""
    canal = spine.canal
    inside = sections.inside
    canal_mm2, tumour_mm2 = sections.area_mm2(sections.within), sections.area_mm2(inside)
    nothing = np.full(len(tumour_mm2), np.nan)
    sac_mm2 = nothing if sections.sac is None else sections.area_mm2(sections.sac)
    sac_taken = nothing if sections.sac_taken is None else sections.area_mm2(sections.sac_taken)
    cord_mm2 = nothing if sections.cord is None else sections.area_mm2(sections.cord)
    with np.errstate(invalid="ignore", divide="ignore"):
        sac_occupation = np.where(_in_sac(sac_mm2), sac_taken / sac_mm2, np.nan)
    touched = tumour_mm2 >= TOUCHED_MM2
    direction = np.full(len(touched), np.nan)
    thickness = np.zeros(len(touched))
    for at in np.flatnonzero(touched):
        direction[at] = _direction(inside[at].astype(np.float64), sections)
        thickness[at] = _thickness(inside[at].astype(np.float64), sections, direction[at])
    return CompressionProfile(
        arc_mm=canal.arc_mm,
        levels=station_levels(spine),
        canal_mm2=canal_mm2,
        tumour_mm2=tumour_mm2,
        sac_mm2=sac_mm2,
        cord_mm2=cord_mm2,
        canal_occupation=tumour_mm2 / np.maximum(canal_mm2, sections.cell_mm2),
        sac_occupation=sac_occupation,
        circumference=_circumference(inside, sections, touched),
        direction_deg=direction,
        thickness_mm=thickness,
    )


def _in_sac(sac_mm2: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Stations between the ends of the sac's label; a sac pressed flat in between is still one."""
    open_at = np.flatnonzero(sac_mm2 >= SMALLEST_SAC_MM2)
    found = np.zeros(len(sac_mm2), np.bool_)
    if open_at.size:
        found[open_at[0] : open_at[-1] + 1] = True
    return found & (sac_mm2 > 0)


RAYS = 72
"""Directions of a circumference: 5 degrees apart."""


def _circumference(inside: NDArray[np.float32], sections: Sections, touched: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Degrees of the canal's circumference, seen from its centre, behind which there is tumour."""
    right, anterior = sections.right_mm, sections.anterior_mm
    bins = np.rint(np.arctan2(right, anterior) % (2 * np.pi) / (2 * np.pi) * RAYS).astype(int) % RAYS
    outer = np.flatnonzero(np.hypot(right, anterior) > 1.0)
    order = outer[np.argsort(bins[outer], kind="stable")]
    starts = np.searchsorted(bins[order], np.arange(RAYS))
    found = np.zeros(len(inside))
    rows = np.flatnonzero(touched)
    if rows.size:
        most = np.maximum.reduceat(inside[np.ix_(rows, order)], starts, axis=1)
        found[rows] = (most > 0.5 - 1e-6).sum(axis=1) * 360.0 / RAYS
    return found


def _direction(inside: NDArray[np.float64], sections: Sections) -> float:
    """Direction of the tumour's centroid: 0 anterior, 90 the patient's right."""
    to_right, forwards = inside @ sections.right_mm, inside @ sections.anterior_mm
    return float(np.degrees(np.arctan2(to_right, forwards)) % 360)


def _thickness(tumour: NDArray[np.float64], sections: Sections, direction_deg: float) -> float:
    """Mean extent of the tumour along a direction, in a strip of `STRIP_MM` around its centroid."""
    r, a = np.sin(np.radians(direction_deg)), np.cos(np.radians(direction_deg))
    across = sections.right_mm * a - sections.anterior_mm * r
    across = across - float((tumour * across).sum() / tumour.sum())
    strip = np.clip(STRIP_MM / 2 + SECTION_STEP_MM / 2 - np.abs(across), 0, SECTION_STEP_MM) / SECTION_STEP_MM
    return float((tumour * strip).sum() * sections.cell_mm2 / STRIP_MM)


WORDS = (
    "anterior",
    "anterior right",
    "right",
    "posterior right",
    "posterior",
    "posterior left",
    "left",
    "anterior left",
)
"""Directions every 45 degrees from anterior towards the patient's right."""


def direction_words(degrees: float) -> str:
    """Words for a direction of `CompressionProfile.direction_deg`."""
    return WORDS[round(degrees / 45.0) % len(WORDS)]


def worst_level(profile: CompressionProfile) -> WorstLevel | None:
    """The place where the tumour takes most of the canal over at least `SUSTAINED_MM`; None without epidural tumour."""
    if not (profile.tumour_mm2 >= TOUCHED_MM2).any():
        return None
    step = float(profile.arc_mm[1] - profile.arc_mm[0])
    window = max(round(SUSTAINED_MM / step), 1) | 1
    sustained = ndimage.minimum_filter1d(profile.canal_occupation, window, mode="nearest")
    at = int(sustained.argmax()) if sustained.max() > 0 else int(profile.canal_occupation.argmax())
    canal_rule = "tumour area over bony canal area across the centreline"
    sac_rule = "tumour area within the labelled sac over the sac's area across the centreline"
    sac = profile.sac_occupation[at]
    direction = profile.direction_deg[at]
    return WorstLevel(
        level=profile.levels[at],
        arc_mm=float(profile.arc_mm[at]),
        canal_occupation=measured(profile.canal_occupation[at], "1", rule=canal_rule),
        sac_occupation=(
            measured(sac, "1", rule=sac_rule)
            if np.isfinite(sac)
            else refused("1", "the dural sac is not labelled here", rule=sac_rule)
        ),
        free_canal_mm2=Quantity(
            value=float(profile.canal_mm2[at] - profile.tumour_mm2[at]),
            unit="mm2",
            how=How.DERIVED,
            rule="bony canal area minus tumour area",
        ),
        direction=direction_words(float(direction)) if np.isfinite(direction) else "no direction",
        clock_deg=float(direction) if np.isfinite(direction) else None,
        circumferential_deg=float(profile.circumference[at]),
        length_mm=float(np.count_nonzero(profile.tumour_mm2 >= TOUCHED_MM2) * step),
    )
