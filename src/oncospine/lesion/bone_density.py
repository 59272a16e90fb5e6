"""HU of the lesion in bone against the patient's own healthy vertebrae."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Part, Spine
from oncospine.base import Level
from oncospine.geometry import bounding_box
from oncospine.lesion.findings import BoneDensity

RIM_MM = 3.0
"""Bone nearer than this to the surface of the body is cortex by partial volume (0.6 mm spread over 1-1.5 mm)."""

FEWEST_VOXELS = 50
"""Fewer voxels than this are no sample of a vertebra."""


def bone_density(
    values: NDArray[np.generic],
    spine: Spine,
    tumour_in_bone: NDArray[np.bool_],
    involved: tuple[Level, ...],
    *,
    unreadable: frozenset[Level] = frozenset(),
) -> BoneDensity | None:
    """HU statistics of healthy trabecular bone and of the lesion in bodies; None where no healthy body can be sampled.

    `values` are HU on the spine's grid. Healthy are complete bodies without tumour; their trabecular core is what
    lies deeper than `RIM_MM`; `unreadable` levels (metal, padding) are not looked at, nor the lesion in them. The
    fractions are of lesion voxels below and above healthy mean -+ 2 SD (classifications.md section 1.3 [D]).
    """
    samples: dict[Level, NDArray[np.float64]] = {}
    body = spine.part_codes == Part.BODY.code
    radius = [max(round(RIM_MM / step), 1) for step in spine.grid.spacing_mm]
    for level, vertebra in spine.vertebrae.items():
        if level in involved or level in unreadable or vertebra.completeness.body_cut:
            continue
        here = body & (spine.level_codes == level.code)
        box = bounding_box(here)
        if box is None:
            continue
        core = ndimage.binary_erosion(here[box], np.ones([2 * r + 1 for r in radius], bool))
        if np.count_nonzero(core) >= FEWEST_VOXELS:
            samples[level] = values[box][core].astype(np.float64)
    seen = tumour_in_bone & body
    if unreadable:
        seen &= ~np.isin(spine.level_codes, [level.code for level in unreadable])
    lesion = values[seen].astype(np.float64)
    if not samples or lesion.size < FEWEST_VOXELS:
        return None
    healthy = np.concatenate(list(samples.values()))
    mean, spread = float(healthy.mean()), float(healthy.std())
    return BoneDensity(
        healthy_levels=tuple(samples),
        healthy_mean_hu=mean,
        healthy_sd_hu=spread,
        lesion_mean_hu=float(lesion.mean()),
        below_fraction=float(np.mean(lesion < mean - 2 * spread)),
        above_fraction=float(np.mean(lesion > mean + 2 * spread)),
    )
