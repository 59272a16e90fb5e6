"""What the masks allow to say about epidural compression, per level, in the terms of the ESCC (Bilsky) scale.

With cord and sac labelled, the five steps of classifications.md section 2.3 are followed. On CT, where only the sac is
seen at best, the answer is "none", "low" or "high", from the room that the tumour leaves compared with a normal cord.
All cut-offs are defaults of this project and stand in data/escc_limits.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import yaml
from numpy.typing import NDArray

from oncospine.anatomy import Canal, Spine, TubeKind
from oncospine.base import Level
from oncospine.geometry import Mask, sampled_at, section_points
from oncospine.lesion.compression import SECTION_REACH_MM, SECTION_STEP_MM
from oncospine.lesion.findings import CompressionProfile, EsccEstimate
from oncospine.lesion.normal_values import normal_sizes

GRADES = ("0", "1a", "1b", "1c", "2", "3")
"""ESCC grades, mildest first."""


@cache
def escc_limits() -> Mapping[str, float]:
    """Cut-offs by name."""
    rows = yaml.safe_load(files("oncospine.lesion").joinpath("data/escc_limits.yaml").read_text("utf-8"))
    return MappingProxyType({name: float(row["value"]) for name, row in rows.items()})


def escc_estimates(spine: Spine, profile: CompressionProfile, epidural: Mask) -> dict[Level, EsccEstimate]:
    """Estimate of every level that has epidural tumour in its slab; the worst station of the slab decides."""
    touched = profile.tumour_mm2 >= escc_limits()["epidural_area_mm2"]
    cord = spine.tube(TubeKind.CORD)
    gap = _gap_to_cord_mm(spine.canal, cord.mask, epidural, touched) if cord is not None else None
    expected_sac, expected_cord = _expected(profile.sac_mm2, touched), _expected(profile.cord_mm2, touched)
    found: dict[Level, EsccEstimate] = {}
    for level in dict.fromkeys(profile.levels):
        here = np.array([name is level for name in profile.levels])
        if not (here & touched).any():
            continue
        stations = np.flatnonzero(here & touched)
        graded = [
            _graded(profile, int(at), expected_sac, expected_cord, gap) if gap is not None else _ct(profile, int(at))
            for at in stations
        ]
        found[level] = max(graded, key=lambda estimate: tuple(map(GRADES.index, reversed(estimate.possible))))
    return found


def _ct(profile: CompressionProfile, at: int) -> EsccEstimate:
    """Without a cord mask: the room left for the cord at one station against the normal cord of the level."""
    limits, level = escc_limits(), profile.levels[at]
    sac = profile.sac_mm2[at]
    has_sac = bool(np.isfinite(sac)) and sac > 0
    free = sac * (1 - profile.sac_occupation[at]) if has_sac else profile.canal_mm2[at] - profile.tumour_mm2[at]
    of = "sac" if has_sac else "bony canal"
    normal = normal_sizes("cord").get(level)
    if normal is None:
        return EsccEstimate(
            level=level,
            possible=GRADES[1:],
            basis="CT estimate",
            rule=f"epidural tumour; no normal cord area known at {level} to judge the room left",
            room=None,
        )
    room = float(free) / normal.area_mm2
    words = f"free {of} {free:.0f} mm2 is {room:.1f} times a normal cord ({normal.area_mm2:.0f} mm2) at {level}"
    possible: tuple[str, ...] = GRADES[4:] if room < limits["ct_high_room"] else GRADES[1:4]
    if limits["ct_high_room"] <= room <= limits["ct_low_room"]:
        possible = GRADES[1:]
    return EsccEstimate(level=level, possible=possible, basis="CT estimate", rule=words, room=room)


def _graded(
    profile: CompressionProfile,
    at: int,
    expected_sac: NDArray[np.float64],
    expected_cord: NDArray[np.float64],
    gap: NDArray[np.float64],
) -> EsccEstimate:
    """The five steps with cord (and sac, where labelled) at one station; a missing mask leaves grades open."""
    limits, level = escc_limits(), profile.levels[at]
    sac, cord = profile.sac_mm2[at], profile.cord_mm2[at]
    taken = profile.sac_occupation[at]
    cord_ratio = cord / expected_cord[at] if expected_cord[at] > 0 else np.nan
    if np.isfinite(cord_ratio) and cord_ratio < limits["cord_compressed_ratio"]:
        words = f"cord {cord:.0f} mm2 is {100 * cord_ratio:.0f} % of expected"
        if not np.isfinite(taken):
            return _estimate(level, ("2", "3"), f"{words}; no sac mask to see CSF by", cord_ratio)
        csf = max(sac * (1 - taken) - cord, 0.0) / sac
        visible = csf >= limits["csf_visible_ratio"]
        words += f"; CSF is {100 * csf:.0f} % of the sac"
        return _estimate(level, ("2",) if visible else ("3",), words, cord_ratio)
    if gap[at] <= limits["cord_contact_mm"]:
        return _estimate(level, ("1c",), f"tumour {gap[at]:.1f} mm from the cord, cord not compressed", cord_ratio)
    free_ratio = sac * (1 - taken) / expected_sac[at] if np.isfinite(taken) and expected_sac[at] > 0 else np.nan
    if not np.isfinite(free_ratio):
        return _estimate(level, ("1a", "1b"), "tumour clear of the cord; no sac mask", cord_ratio)
    deformed = free_ratio < limits["sac_deformed_ratio"]
    words = f"free sac is {100 * free_ratio:.0f} % of expected; tumour {gap[at]:.1f} mm from the cord"
    return _estimate(level, ("1b",) if deformed else ("1a",), words, cord_ratio)


def _estimate(level: Level, possible: tuple[str, ...], rule: str, cord_ratio: float) -> EsccEstimate:
    room = float(cord_ratio) if np.isfinite(cord_ratio) else None
    return EsccEstimate(level=level, possible=possible, basis="masks of cord and tumour", rule=rule, room=room)


CLEAR_OF_TUMOUR_MM = 3.0
"""Stations nearer than this to the tumour are not normal (the length over which a grade must hold)."""


def _expected(areas: NDArray[np.float64], touched: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Linear interpolation of an area between the nearest stations above and below that the tumour leaves alone."""
    from scipy import ndimage

    near = ndimage.binary_dilation(touched, iterations=round(CLEAR_OF_TUMOUR_MM))
    stations = np.arange(len(areas))
    usable = ~near & np.isfinite(areas) & (areas > 0)
    if not usable.any():
        return np.full(len(areas), np.nan)
    smooth = np.array([np.median(areas[usable & (np.abs(stations - at) <= REFERENCE_MM)]) for at in stations[usable]])
    return np.asarray(np.interp(stations, stations[usable], smooth))


REFERENCE_MM = 10
"""Half the length over which a reference area is averaged (20 mm, as the Spinal Cord Toolbox; section 9.1)."""


def _gap_to_cord_mm(canal: Canal, cord: Mask, epidural: Mask, touched: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance (n,) between tumour and cord in each section; infinite where one of them is absent."""
    from scipy import ndimage

    gaps = np.full(len(canal.frames), np.inf)
    at = np.flatnonzero(touched)
    frames = [canal.frames[index] for index in at]
    points = section_points(frames, half_width_mm=SECTION_REACH_MM, step_mm=SECTION_STEP_MM)
    cords, tumours = sampled_at(cord, points) > 0.5 - 1e-6, sampled_at(epidural, points) > 0.5 - 1e-6
    for index, one, other in zip(at, cords, tumours, strict=True):
        if one.any() and other.any():
            distance = ndimage.distance_transform_edt(~one) * SECTION_STEP_MM
            gaps[index] = max(float(distance[other].min()) - SECTION_STEP_MM, 0.0)
    return gaps
