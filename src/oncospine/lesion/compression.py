"""How much of the canal the tumour takes, station by station, in sections across the canal's own centreline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Canal, Spine, TubeKind
from oncospine.base import How, Quantity, measured, refused
from oncospine.geometry import Mask, sampled_at, section_points
from oncospine.lesion.findings import CompressionProfile, WorstLevel

SECTION_STEP_MM = 0.5
"""Sampling of a section: below the in-plane voxel of a spine CT."""

SECTION_REACH_MM = 16.0
"""Half-width of a section: the reach of the canal's walls."""

SUSTAINED_MM = 3.0
"""The worst place must hold over this length, to drop single-slice noise (classifications.md section 2.3)."""

TOUCHED_MM2 = 1.0
"""Less tumour than this in a section of the canal has no direction."""


def compression_profile(spine: Spine, epidural: Mask) -> CompressionProfile:
    """Areas in every section across the canal; `epidural` is the tumour outside bone."""
    canal = spine.canal
    points = section_points(canal.frames, half_width_mm=SECTION_REACH_MM, step_mm=SECTION_STEP_MM)
    right, anterior = _section_axes(points.shape[1])
    within = _within_walls(canal, right, anterior)
    cell = SECTION_STEP_MM**2
    tumour = sampled_at(epidural, points)
    canal_mm2 = within.sum(axis=(1, 2)) * cell
    inside = np.where(within, tumour, 0.0)
    tumour_mm2 = inside.sum(axis=(1, 2), dtype=np.float64) * cell
    sac, cord = spine.tube(TubeKind.DURAL_SAC), spine.tube(TubeKind.CORD)
    sac_mm2, sac_taken = _tube_areas(sac.mask if sac else None, points, tumour, cell)
    cord_mm2, _ = _tube_areas(cord.mask if cord else None, points, tumour, cell)
    with np.errstate(invalid="ignore", divide="ignore"):
        sac_occupation = np.where(sac_mm2 >= SMALLEST_SAC_MM2, sac_taken / sac_mm2, np.nan)
    return CompressionProfile(
        arc_mm=canal.arc_mm,
        levels=canal.levels,
        canal_mm2=canal_mm2,
        tumour_mm2=tumour_mm2,
        sac_mm2=sac_mm2,
        cord_mm2=cord_mm2,
        canal_occupation=tumour_mm2 / np.maximum(canal_mm2, cell),
        sac_occupation=sac_occupation,
        circumference=_circumference(inside, right, anterior),
        direction_deg=_directions(inside, right, anterior, tumour_mm2),
    )


SMALLEST_SAC_MM2 = 50.0
"""Below this the sac's label ends here (the smallest plausible dural canal, morphometry.md section 13)."""


def _section_axes(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    offsets = (np.arange(count) - count // 2) * SECTION_STEP_MM
    right, anterior = np.meshgrid(offsets, offsets, indexing="ij")
    return right, anterior


def _within_walls(canal: Canal, right: NDArray[np.float64], anterior: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True (n, m, m) for the samples of each section that lie within the walls of the canal."""
    count = canal.radii_mm.shape[1]
    angle = np.arctan2(right, anterior) % (2 * np.pi) / (2 * np.pi) * count
    lower = np.floor(angle).astype(int) % count
    share = angle - np.floor(angle)
    walls = (1 - share) * canal.radii_mm[:, lower] + share * canal.radii_mm[:, (lower + 1) % count]
    return np.asarray(np.hypot(right, anterior) <= walls)


def _tube_areas(
    mask: Mask | None, points: NDArray[np.float64], tumour: NDArray[np.float32], cell: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Area of a tube in each section, and of the tumour inside it; NaN without a mask."""
    if mask is None:
        nothing = np.full(len(points), np.nan)
        return nothing, nothing
    values = sampled_at(mask, points)
    return (
        values.sum(axis=(1, 2), dtype=np.float64) * cell,
        np.minimum(values, tumour).sum(axis=(1, 2), dtype=np.float64) * cell,
    )


def _circumference(
    inside: NDArray[np.float64], right: NDArray[np.float64], anterior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Degrees of the canal's circumference, seen from its centre, behind which there is tumour."""
    count = 72
    bins = np.rint(np.arctan2(right, anterior) % (2 * np.pi) / (2 * np.pi) * count).astype(int) % count
    outer = np.hypot(right, anterior) > 1.0
    taken = np.zeros((len(inside), count))
    flat = np.where(outer, inside, 0.0).reshape(len(inside), -1)
    for index in range(count):
        taken[:, index] = flat[:, (bins == index).ravel()].max(axis=1)
    return np.asarray((taken > 0.5 - 1e-6).sum(axis=1) * 360.0 / count)


def _directions(
    inside: NDArray[np.float64],
    right: NDArray[np.float64],
    anterior: NDArray[np.float64],
    tumour_mm2: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Direction of the tumour's centroid: 0 anterior, 90 the patient's right; NaN where there is hardly any."""
    to_right = (inside * right).sum(axis=(1, 2))
    forwards = (inside * anterior).sum(axis=(1, 2))
    degrees = np.degrees(np.arctan2(to_right, forwards)) % 360
    return np.where(tumour_mm2 >= TOUCHED_MM2, degrees, np.nan)


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
        direction=direction_words(float(profile.direction_deg[at])),
        circumferential_deg=float(profile.circumference[at]),
    )
