"""HU of every part of every vertebra, and metal in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.parts import PARTS, Part
from oncospine.anatomy.spine import Spine
from oncospine.base import InputError, Level, read_yaml
from oncospine.geometry import bounding_box

CONTRAST_CAVEAT = "HU of trabecular bone is raised by contrast medium and depends on the tube voltage"
"""Said beside every HU value (biomechanics.md section 5.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDensity:
    """HU of the voxels of one part; `is_core` where only trabecular bone away from the cortex was sampled."""

    mean_hu: float
    sd_hu: float
    voxels: int
    is_core: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Metal:
    """Metal near the vertebrae: volume and the levels it lies at or beside."""

    volume_ml: float
    levels: tuple[Level, ...]

    @property
    def text(self) -> str:
        names = ", ".join(self.levels)
        return f"metal of {self.volume_ml:.1f} ml at {names}: HU and borders near it are not reliable"


@cache
def bone_rules() -> Mapping[str, Any]:
    """Sampling rules of data/bone.yaml."""
    return dict(read_yaml("oncospine.anatomy", "data", "bone.yaml"))


def part_densities(values: NDArray[np.generic], spine: Spine) -> Mapping[Level, Mapping[Part, PartDensity]]:
    """HU statistics per level and part; `values` are HU on the spine's grid.

    Bodies are sampled in their core, deeper than the rim of data/bone.yaml; the thin parts have no core and are sampled
    whole, cortex included. Parts with too few voxels are left out.
    """
    _require_grid(values, spine)
    rules = bone_rules()
    found: dict[Level, dict[Part, PartDensity]] = {}
    for level in spine.levels:
        box = bounding_box(spine.level_codes == level.code)
        if box is None:
            continue
        parts = np.where(spine.level_codes[box] == level.code, spine.part_codes[box], 0)
        inside = parts > 0
        codes = parts[inside].astype(np.intp)
        hu = values[box][inside].astype(np.float64)
        core = _core(parts == Part.BODY.code, spine, rules["rim_mm"])[inside]
        row = {}
        for part in PARTS:
            chosen = (codes == part.code) & (core if part is Part.BODY else True)
            count = int(np.count_nonzero(chosen))
            if count >= rules["fewest_voxels"]:
                sample = hu[chosen]
                row[part] = PartDensity(
                    mean_hu=float(sample.mean()), sd_hu=float(sample.std()), voxels=count, is_core=part is Part.BODY
                )
        found[level] = row
    return found


def metal_near(values: NDArray[np.generic], spine: Spine) -> Metal | None:
    """Metal in or near the vertebrae; None where there is hardly any. `values` are HU on the spine's grid."""
    _require_grid(values, spine)
    rules = bone_rules()
    voxels = np.argwhere(values > rules["metal_hu"])
    if len(voxels) == 0:
        return None
    points = spine.grid.to_world(voxels)
    near = np.zeros(len(voxels), np.bool_)
    levels = []
    for level, vertebra in spine.vertebrae.items():
        local = np.abs(vertebra.parts.grid.to_voxel(points) - (np.array(vertebra.parts.grid.shape) - 1) / 2)
        reach = np.array(vertebra.parts.grid.shape) / 2 + rules["metal_reach_mm"] / vertebra.parts.grid.spacing_mm[0]
        here = (local <= reach).all(axis=1)
        if np.count_nonzero(here) * spine.grid.voxel_volume_mm3 / 1000 >= rules["metal_ml"]:
            levels.append(level)
        near |= here
    volume = float(np.count_nonzero(near)) * spine.grid.voxel_volume_mm3 / 1000
    return Metal(volume_ml=volume, levels=tuple(levels)) if levels else None


def _core(body: NDArray[np.bool_], spine: Spine, rim_mm: float) -> NDArray[np.bool_]:
    import edt

    depth = edt.edt(np.pad(body, 1), anisotropy=spine.grid.spacing_mm, black_border=True)[1:-1, 1:-1, 1:-1]
    return np.asarray(depth > rim_mm)


def _require_grid(values: NDArray[np.generic], spine: Spine) -> None:
    if values.shape != spine.grid.shape:
        raise InputError(
            f"the scan has shape {values.shape}, the spine's grid {spine.grid.shape}: resample the scan onto it first"
        )
