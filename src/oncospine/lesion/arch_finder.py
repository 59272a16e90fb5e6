"""Lytic and blastic parts of the arch on CT: pedicles, laminae, joints and spinous processes against the patient's own.

The arch has no spongy core to compare voxel by voxel: HU run from marrow to cortex within a few millimetres. So the
mean of every part is compared with that of the same kind of part at the other levels, along their trend, where at every
level the denser side stands for it: a lesion of one side pulls neither. Transverse processes differ too much from level
to level (their bone is thin, and ribs join them) and are not searched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Part, Spine
from oncospine.base import Level
from oncospine.geometry import Box, bounding_box

SEARCHED: Mapping[str, tuple[Part, ...]] = {
    "pedicle": (Part.PEDICLE_LEFT, Part.PEDICLE_RIGHT),
    "lamina": (Part.LAMINA_LEFT, Part.LAMINA_RIGHT),
    "articular process": (Part.ARTICULAR_LEFT, Part.ARTICULAR_RIGHT),
    "spinous process": (Part.SPINOUS,),
}
"""Kinds of part, each with its sides."""

FEWEST_LEVELS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArchRegion:
    """The voxels (of the block `box`) of one part that make it differ from the patient's own, and by how many HU."""

    level: Level
    part: Part
    kind: str
    box: Box
    mask: NDArray[np.bool_]
    difference_hu: float
    usual_hu: float


def arch_regions(
    values: NDArray[np.generic], spine: Spine, levels: Sequence[Level], rules: Mapping[str, float]
) -> list[ArchRegion]:
    """What differs in the arches of `levels`; nothing where fewer than three levels can be compared."""
    found = []
    for parts in SEARCHED.values():
        means = _means(values, spine, levels, parts, rules["arch_smallest_part_ml"])
        per_level = {level: max(own.values()) for level, own in means.items() if own}
        if len(per_level) < FEWEST_LEVELS:
            continue
        usual = trend(per_level)
        for level, own in means.items():
            for part, mean in own.items():
                share = mean / usual[level] - 1 if usual[level] > 0 else 0.0
                kind = "lytic" if share <= -rules["arch_lytic_share"] else "blastic"
                if kind == "blastic" and share < rules["arch_blastic_share"]:
                    continue
                region = _region(values, spine, level, part, kind=kind, usual=usual[level], rules=rules)
                found += [region] if region is not None else []
    return found


def _means(
    values: NDArray[np.generic], spine: Spine, levels: Sequence[Level], parts: tuple[Part, ...], least_ml: float
) -> dict[Level, dict[Part, float]]:
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    found: dict[Level, dict[Part, float]] = {}
    for level in levels:
        box = spine.level_boxes[level]
        own = spine.level_codes[box] == level.code
        masks = {part: own & (spine.part_codes[box] == part.code) for part in parts}
        found[level] = {
            part: float(values[box][mask].mean())
            for part, mask in masks.items()
            if np.count_nonzero(mask) * voxel_ml >= least_ml
        }
    return found


def _region(
    values: NDArray[np.generic],
    spine: Spine,
    level: Level,
    part: Part,
    *,
    kind: str,
    usual: float,
    rules: Mapping[str, float],
) -> ArchRegion | None:
    """The largest connected piece of the part on the wrong side of normal; HU are smoothed within the vertebra only."""
    own = (spine.level_codes == level.code) & (spine.part_codes == part.code)
    box = bounding_box(own, margin=2)
    assert box is not None
    bone = (spine.level_codes[box] == level.code).astype(np.float32)
    sigma = [rules["fine_mm"] / step for step in spine.grid.spacing_mm]
    weight = np.maximum(ndimage.gaussian_filter(bone, sigma), np.float32(1e-3))
    smooth = ndimage.gaussian_filter(np.where(bone > 0, values[box], 0).astype(np.float32), sigma) / weight
    if kind == "lytic":
        wrong = own[box] & (smooth <= usual * (1 - rules["arch_lytic_share"]))
    else:
        wrong = own[box] & (smooth >= usual * (1 + rules["arch_blastic_share"]))
    pieces, count = ndimage.label(wrong)
    if count == 0:
        return None
    mask = pieces == 1 + int(np.bincount(pieces[wrong])[1:].argmax())
    if np.count_nonzero(mask) * spine.grid.voxel_volume_mm3 / 1000 < rules["arch_smallest_ml"]:
        return None
    difference = float(smooth[mask].mean()) - usual
    return ArchRegion(level=level, part=part, kind=kind, box=box, mask=mask, difference_hu=difference, usual_hu=usual)


def trend(medians: Mapping[Level, float]) -> dict[Level, float]:
    """Expected HU per level: a line through the values (median of the slopes between pairs, Theil and Sen).

    A lesion in under a quarter of the levels cannot bend it.
    """
    orders = np.array([level.order for level in medians], dtype=np.float64)
    values = np.array(list(medians.values()))
    one, other = np.triu_indices(len(orders), 1)
    slope = float(np.median((values[other] - values[one]) / (orders[other] - orders[one])))
    start = float(np.median(values - slope * orders))
    return {level: start + slope * level.order for level in medians}
