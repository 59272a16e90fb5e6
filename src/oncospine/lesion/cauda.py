"""Below the conus there is no cord: the sac's compromise instead of an ESCC grade (classifications.md section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from oncospine.base import Level, parse_level, read_yaml
from oncospine.lesion.cord_shape import SMALLEST_CORD_MM2
from oncospine.lesion.extent_findings import CaudaCompromise
from oncospine.lesion.findings import CompressionProfile


@cache
def lowest_level_with_cord() -> Level:
    """Lowest level at which a cord is still expected (`data/conus.yaml`)."""
    rows = read_yaml("oncospine.lesion", "data", "conus.yaml")
    return parse_level(rows["lowest_level_with_cord"]["value"])


def levels_below_conus(profile: CompressionProfile) -> Mapping[Level, str]:
    """Levels in view without cord, and why that is said: the cord's own label where there is one, else the level."""
    found: dict[Level, str] = {}
    labelled = bool(np.isfinite(profile.cord_mm2).any() and (profile.cord_mm2 >= SMALLEST_CORD_MM2).any())
    for level in dict.fromkeys(profile.levels):
        if level.order < Level.L1.order:
            continue
        here = np.array([name is level for name in profile.levels])
        if labelled and (profile.cord_mm2[here] < SMALLEST_CORD_MM2).all():
            found[level] = "the labelled cord ends above"
        elif not labelled and level.order > lowest_level_with_cord().order:
            found[level] = f"the cord usually ends at or above {lowest_level_with_cord()}; no cord is labelled"
    return found


def cauda_compromise(profile: CompressionProfile, least_mm2: float) -> dict[Level, CaudaCompromise]:
    """The tightest section of every level below the conus with at least `least_mm2` of epidural tumour."""
    found = {}
    for level, reason in levels_below_conus(profile).items():
        here = np.flatnonzero([name is level for name in profile.levels])
        if profile.tumour_mm2[here].max() < least_mm2:
            continue
        has_sac = bool(np.isfinite(profile.sac_occupation[here]).all())
        taken = profile.sac_occupation[here] if has_sac else profile.canal_occupation[here]
        whole = profile.sac_mm2[here] if has_sac else profile.canal_mm2[here]
        at = int((whole * (1 - taken)).argmin())
        found[level] = CaudaCompromise(
            level=level,
            free_fraction=float(1 - taken[at]),
            free_mm2=float(whole[at] * (1 - taken[at])),
            of="sac" if has_sac else "bony canal",
            reason=f"ESCC is not applicable: {reason}",
        )
    return found
