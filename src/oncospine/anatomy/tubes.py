"""What the labelled structure in the canal is: the dural sac or the cord, decided by its size and the modality."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.limits import limits_of
from oncospine.anatomy.profiles import SECTION_REACH_MM, SECTION_STEP_MM, SectionProfile, tube_profile
from oncospine.anatomy.spine import Canal, Tube, TubeKind
from oncospine.geometry import Mask, sampled_at, section_points
from oncospine.imaging import StructureKind

MR_CANAL_KINDS = (StructureKind.SPINAL_CANAL, StructureKind.CSF)
"""Labels of MR segmentations for what surrounds the cord; with the cord they make up the dural sac."""


def section_areas_mm2(mask: Mask, canal: Canal) -> NDArray[np.float64]:
    """Area (n,) of a mask in every section across the canal, partial volume included."""
    points = section_points(canal.frames, half_width_mm=SECTION_REACH_MM, step_mm=SECTION_STEP_MM)
    return np.asarray(sampled_at(mask, points).sum(axis=(1, 2), dtype=np.float64) * SECTION_STEP_MM**2)


def named_tube(kind: StructureKind, mask: Mask, canal: Canal, modality: str) -> Tube:
    """`Tube` of a mask labelled as cord or sac. A "cord" too large to be one is the dural sac, and called so."""
    profile = tube_profile(mask, canal)
    found, reason = _judged(kind, profile, canal, modality)
    return Tube(kind=found, labelled_as=kind.value, reason=reason, mask=mask, profile=profile)


def _judged(kind: StructureKind, profile: SectionProfile, canal: Canal, modality: str) -> tuple[TubeKind, str]:
    """What the tube is, and why."""
    if kind is StructureKind.DURAL_SAC:
        return TubeKind.DURAL_SAC, "labelled as the dural sac"
    if kind in MR_CANAL_KINDS:
        return TubeKind.DURAL_SAC, f"labelled '{kind.value}': cord and CSF together, the dural sac as MR labels see it"
    limits = limits_of("cord area")[0]
    within = np.array([limits.holds_at(level) for level in canal.levels])
    usable = profile.area_mm2[within & np.isfinite(profile.area_mm2)]
    if usable.size == 0:
        found = TubeKind.UNKNOWN if modality == "CT" else TubeKind.CORD
        return found, f"no section between {limits.first} and {limits.last} to judge its size by"
    median = float(np.median(usable))
    if median > limits.reject_high:
        return TubeKind.DURAL_SAC, (
            f"labelled '{kind.value}', but its median section is {median:.0f} mm2 between {limits.first} and "
            f"{limits.last}; a cord is not plausible above {limits.reject_high:.0f} mm2: this is the dural sac"
        )
    return TubeKind.CORD, f"labelled '{kind.value}'; its median section of {median:.0f} mm2 is that of a cord"
