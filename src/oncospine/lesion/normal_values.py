"""Normal size of cord and canal per vertebral level, from healthy adults."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from oncospine.base import Level, parse_level


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalSize:
    """Mean and SD over subjects of the area across the centreline (mm2), for MR at that vertebral level."""

    area_mm2: float
    area_sd_mm2: float
    subjects: int


@cache
def normal_sizes(structure: str) -> Mapping[Level, NormalSize]:
    """Normal areas of "cord" or "canal" by level (Valosek 2024; classifications.md section 9.2)."""
    text = files("oncospine.lesion").joinpath("data/normal_by_level.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    found = {
        parse_level(row["level"]): NormalSize(
            area_mm2=float(row["area_mm2_mean"]),
            area_sd_mm2=float(row["area_mm2_sd"]),
            subjects=int(row["n_subjects"]),
        )
        for row in rows
        if row["structure"] == structure
    }
    return MappingProxyType(found)
