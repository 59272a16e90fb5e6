"""Normal size of cord and canal per vertebral level, from healthy adults on MR."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.profiles import SectionProfile
from oncospine.base import Level, parse_level


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalSize:
    """Means and SDs over subjects across the centreline at one vertebral level: area (mm2), depth and width (mm)."""

    area_mm2: float
    area_sd_mm2: float
    ap_mm: float
    ap_sd_mm: float
    transverse_mm: float
    transverse_sd_mm: float
    subjects: int


@cache
def normal_sizes(structure: str) -> Mapping[Level, NormalSize]:
    """Normal sizes of "cord" or "canal" (cord and CSF) by level, for MR.

    Notes
    -----
    Valosek, Imaging Neuroscience 2024, doi:10.1162/imag_a_00075, aggregated from its open tables (classifications.md
    section 9.2). Areas on CT myelography run about 20 % larger: never compare across modalities.
    """
    text = files("oncospine.anatomy").joinpath("data/normal_by_level.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    found = {
        parse_level(row["level"]): NormalSize(
            area_mm2=float(row["area_mm2_mean"]),
            area_sd_mm2=float(row["area_mm2_sd"]),
            ap_mm=float(row["ap_mm_mean"]),
            ap_sd_mm=float(row["ap_mm_sd"]),
            transverse_mm=float(row["rl_mm_mean"]),
            transverse_sd_mm=float(row["rl_mm_sd"]),
            subjects=int(row["n_subjects"]),
        )
        for row in rows
        if row["structure"] == structure
    }
    return MappingProxyType(found)


FIRST_LEVEL, LAST_LEVEL = Level.C2, Level.T11
"""z-scores of the cord are given between these levels only (classifications.md section 9.4): the conus varies."""


def area_z_scores(profile: SectionProfile, structure: str) -> NDArray[np.float64]:
    """z-score (n,) of the area of an MR profile of "cord" or "canal" against healthy adults at the same level.

    NaN where the structure is not there, and outside C2-T11. The mean is that of the level the section lies at; there
    is no interpolation between levels, as the table has none.
    """
    normal = normal_sizes(structure)
    mean, spread = np.full(len(profile.levels), np.nan), np.full(len(profile.levels), np.nan)
    for index, level in enumerate(profile.levels):
        if level in normal and FIRST_LEVEL.order <= level.order <= LAST_LEVEL.order:
            mean[index], spread[index] = normal[level].area_mm2, normal[level].area_sd_mm2
    return np.asarray((profile.area_mm2 - mean) / spread)
