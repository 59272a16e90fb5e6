"""What the labelled structure in the canal is: the dural sac or the cord, decided by its size and the modality."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.spine import Canal, Tube, TubeKind
from oncospine.base import Level, parse_level
from oncospine.geometry import Mask, sampled_at, section_points
from oncospine.imaging import StructureKind

MR_CANAL_KINDS = (StructureKind.SPINAL_CANAL, StructureKind.CSF)
"""Labels of MR segmentations for what surrounds the cord; with the cord they make up the dural sac."""

SECTION_STEP_MM = 0.5
"""Sampling of sections across the canal."""

SECTION_REACH_MM = 16.0
"""Half-width of sections across the canal: the reach of its walls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CordAreaLimits:
    """Plausible area of the cord over a range of levels."""

    first: Level
    last: Level
    reject_high_mm2: float


@cache
def cord_area_limits() -> CordAreaLimits:
    """The limits of data/cord_area_limits.csv."""
    text = files("oncospine.anatomy").joinpath("data/cord_area_limits.csv").read_text("utf-8")
    row = next(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return CordAreaLimits(
        first=parse_level(row["first_level"]),
        last=parse_level(row["last_level"]),
        reject_high_mm2=float(row["reject_high"]),
    )


def section_areas_mm2(mask: Mask, canal: Canal) -> NDArray[np.float64]:
    """Area (n,) of a mask in every section across the canal, partial volume included."""
    points = section_points(canal.frames, half_width_mm=SECTION_REACH_MM, step_mm=SECTION_STEP_MM)
    return np.asarray(sampled_at(mask, points).sum(axis=(1, 2), dtype=np.float64) * SECTION_STEP_MM**2)


def named_tube(kind: StructureKind, mask: Mask, canal: Canal, modality: str) -> Tube:
    """`Tube` of a mask labelled as cord or sac. A "cord" too large to be one is the dural sac, and called so."""
    if kind is StructureKind.DURAL_SAC:
        return Tube(kind=TubeKind.DURAL_SAC, labelled_as=kind.value, reason="labelled as the dural sac", mask=mask)
    if kind in MR_CANAL_KINDS:
        reason = f"labelled '{kind.value}': cord and CSF together, the dural sac as an MR segmentation sees it"
        return Tube(kind=TubeKind.DURAL_SAC, labelled_as=kind.value, reason=reason, mask=mask)
    limits = cord_area_limits()
    areas = section_areas_mm2(mask, canal)
    within = np.array([limits.first.order <= level.order <= limits.last.order for level in canal.levels])
    usable = areas[within & (areas > 0)]
    if usable.size == 0:
        found = TubeKind.UNKNOWN if modality == "CT" else TubeKind.CORD
        reason = f"no section between {limits.first} and {limits.last} to judge its size by"
        return Tube(kind=found, labelled_as=kind.value, reason=reason, mask=mask)
    median = float(np.median(usable))
    if median > limits.reject_high_mm2:
        reason = (
            f"labelled '{kind.value}', but its median section is {median:.0f} mm2 between {limits.first} and "
            f"{limits.last}; a cord is not plausible above {limits.reject_high_mm2:.0f} mm2: this is the dural sac"
        )
        return Tube(kind=TubeKind.DURAL_SAC, labelled_as=kind.value, reason=reason, mask=mask)
    reason = f"labelled '{kind.value}'; its median section of {median:.0f} mm2 is that of a cord"
    return Tube(kind=TubeKind.CORD, labelled_as=kind.value, reason=reason, mask=mask)
