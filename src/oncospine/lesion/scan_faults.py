"""Metal and padding in a CT: which vertebrae cannot be read in HU, and what to say of the tumour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.base import Level, described_levels, read_yaml
from oncospine.geometry import bounding_box
from oncospine.lesion.surroundings import distance_to


@cache
def fault_rules() -> Mapping[str, float]:
    """`value` of every row of data/scan_faults.yaml."""
    rows = read_yaml("oncospine.lesion", "data", "scan_faults.yaml")
    return MappingProxyType({name: float(row["value"]) for name, row in rows.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFaults:
    """Levels with metal in or near their bone, levels whose bone lies partly in padding, and notes on the tumour."""

    metal: tuple[Level, ...] = ()
    padded: tuple[Level, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unreadable(self) -> frozenset[Level]:
        """Levels whose HU say nothing of their bone."""
        return frozenset((*self.metal, *self.padded))


def scan_faults(values: NDArray[Any], spine: Spine, tumour: NDArray[np.bool_] | None = None) -> ScanFaults:
    """Faults of a CT on the spine's grid, `values` in HU."""
    rules, voxel_ml = fault_rules(), spine.grid.voxel_volume_mm3 / 1000
    bright, dark = values >= rules["metal_hu"], values <= rules["padding_hu"]
    has_metal = float(np.count_nonzero(bright)) * voxel_ml >= rules["metal_ml"]
    metal = _levels_near(bright, spine, rules["metal_reach_mm"]) if has_metal else ()
    padded = _levels_in(dark, spine, rules["padding_ml"]) if dark.any() else ()
    notes = []
    if metal:
        notes.append(
            f"metal (from {rules['metal_hu']:.0f} HU) in or near {described_levels(metal)}: HU there are not used, "
            "and outlines may be wrong"
        )
    lost = 0.0 if tumour is None else float(np.count_nonzero(dark & tumour)) * voxel_ml
    if lost >= rules["padding_ml"]:
        notes.append(f"{lost:.1f} ml of the mask lies where the scan holds padding, outside its field of view")
    if padded:
        notes.append(f"part of {described_levels(padded)} lies where the scan holds padding: HU there are not used")
    return ScanFaults(metal=metal, padded=padded, notes=tuple(notes))


def _levels_in(mask: NDArray[np.bool_], spine: Spine, least_ml: float) -> tuple[Level, ...]:
    """Levels with at least this much of the mask in their bone."""
    ml = np.bincount(spine.level_codes[mask], minlength=256) * spine.grid.voxel_volume_mm3 / 1000
    return tuple(level for level in spine.vertebrae if ml[level.code] >= least_ml)


def _levels_near(mask: NDArray[np.bool_], spine: Spine, reach_mm: float) -> tuple[Level, ...]:
    """Levels with bone within this distance of the mask."""
    tight = bounding_box(mask)
    assert tight is not None
    margins = [int(np.ceil(reach_mm / step)) for step in spine.grid.spacing_mm]
    box = tuple(
        slice(max(part.start - margin, 0), min(part.stop + margin, size))
        for part, margin, size in zip(tight, margins, mask.shape, strict=True)
    )
    near = distance_to(np.ascontiguousarray(mask[box]), spine.grid.spacing_mm) <= reach_mm
    codes = set(np.unique(spine.level_codes[box][near]).tolist())
    return tuple(level for level in spine.vertebrae if level.code in codes)
