"""Which vertebrae and which of their parts hold tumour, and how much of each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from oncospine.anatomy import PARTS, Spine
from oncospine.base import Level, Side
from oncospine.lesion.compartments import CODES, PlacedTumour
from oncospine.lesion.findings import Compartment, LevelFinding, PartInvolvement


def level_findings(placed: PlacedTumour, spine: Spine) -> dict[Level, LevelFinding]:
    """One finding per level with tumour in its bone or in its slab, cranial to caudal."""
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    found = {}
    for level, vertebra in spine.vertebrae.items():
        here = placed.level_codes == level.code
        if not here.any():
            continue
        bone = here & (placed.compartments == CODES[Compartment.BONE])
        epidural = here & (placed.compartments == CODES[Compartment.EPIDURAL])
        beside = here & (placed.compartments == CODES[Compartment.PARAVERTEBRAL])
        labelled = spine.level_codes[tuple(placed.voxels[bone].T)] == level.code
        eaten = np.bincount(placed.part_codes[bone][~labelled], minlength=len(PARTS) + 1) * voxel_ml
        tumour = np.bincount(placed.part_codes[bone], minlength=len(PARTS) + 1) * voxel_ml
        whole = {part: vertebra.volumes_ml[part] + float(eaten[part.code]) for part in PARTS}
        bone_ml = float(tumour[1:].sum())
        found[level] = LevelFinding(
            level=level,
            parts={
                part: PartInvolvement(
                    volume_ml=float(tumour[part.code]), fraction=float(tumour[part.code]) / whole[part]
                )
                for part in PARTS
                if tumour[part.code] > 0
            },
            bone_ml=bone_ml,
            bone_fraction=bone_ml / sum(whole.values()),
            epidural_ml=float(np.count_nonzero(epidural)) * voxel_ml,
            paravertebral_ml={
                side: float(np.count_nonzero(beside & (placed.right_mm * side.sign > 0))) * voxel_ml for side in Side
            },
        )
    return found


def distribution(levels: tuple[Level, ...]) -> str:
    """ "none", "single", "contiguous" or "skip": how the involved levels lie to each other."""
    if len(levels) < 2:
        return "single" if levels else "none"
    ordered = sorted(levels, key=lambda level: level.order)
    return "contiguous" if all(upper.neighbour(1) is lower for upper, lower in pairwise(ordered)) else "skip"


SIDED_SHARE = 0.6
"""The mass is called left or right when this share of it lies on that side of the canal's centre [D]."""


def dominant_side(placed: PlacedTumour) -> tuple[Side | None, str]:
    """The side with most of the tumour, None where neither dominates; and the shares in words."""
    right = float(np.mean(placed.right_mm > 0) + np.mean(placed.right_mm == 0) / 2)
    shares = {Side.LEFT: 1 - right, Side.RIGHT: right}
    ordered = sorted(shares, key=lambda side: -shares[side])
    words = " and ".join(f"{100 * shares[side]:.0f} % {side}" for side in ordered) + " of the canal's centre"
    if right >= SIDED_SHARE:
        return Side.RIGHT, words
    if 1 - right >= SIDED_SHARE:
        return Side.LEFT, words
    return None, words
