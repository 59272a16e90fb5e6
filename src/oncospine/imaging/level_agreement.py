"""Vertebrae of two label maps one by one: how far each still is from its place, and whether the names agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, SafetyRefusal
from oncospine.geometry import Mask
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.registration import register_masks
from oncospine.imaging.rigid import Registration, rigid_from_landmarks
from oncospine.imaging.structures import StructureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMotion:
    """One vertebra after the registration of all: how far it still is from its place, and its own registration's fit.

    `shift_mm` and `turn_deg` are the motion that would bring this vertebra alone into place; they grow where the column
    bent between the scans. `dice` is its overlap when it is moved alone.
    """

    level: Level
    shift_mm: float
    turn_deg: float
    dice: float


def level_motions(fixed: LabelMap, moving: LabelMap, found: Registration) -> tuple[LevelMotion, ...]:
    """The rigid registration of every shared vertebra on its own, starting from that of all of them."""
    motions = []
    for level in shared_levels(fixed, moving):
        one, other = (labels.mask(StructureKind.VERTEBRA, level) for labels in (fixed, moving))
        own = register_masks(one, other, start=found.matrix)
        change = own.matrix @ np.linalg.inv(found.matrix)
        middle = one.centroid_mm()
        turn = np.clip((np.trace(change[:3, :3]) - 1) / 2, -1, 1)
        motions.append(
            LevelMotion(
                level=level,
                shift_mm=float(np.linalg.norm(change[:3, :3] @ middle + change[:3, 3] - middle)),
                turn_deg=float(np.degrees(np.arccos(turn))),
                dice=own.quality.dice or 0.0,
            )
        )
    return tuple(motions)


def shared_levels(fixed: LabelMap, moving: LabelMap) -> tuple[Level, ...]:
    """Levels that both label maps name, cranial to caudal."""
    return tuple(level for level in fixed.levels() if level in moving.levels())


def require_same_names(fixed: LabelMap, moving: LabelMap) -> None:
    """`SafetyRefusal` where vertebrae fit those one level above or below better than those of their own name.

    A segmentation that counts one level too many or too few would carry a tumour into the wrong vertebra. The middle
    of the shared levels is registered three times: under its own names, and under names one level up and down.
    """
    levels = _middle(fixed, moving)
    named = _fit(fixed, moving, levels, step=0)
    for step, where in ((-1, "above"), (1, "below")):
        if named is not None and (_fit(fixed, moving, levels, step=step) or 0.0) > named + CLEARLY:
            raise SafetyRefusal(
                "the two studies seem to name the vertebrae differently: vertebrae of the first fit those one level "
                f"{where} in the second better than those of their own name. Nothing is carried across. Check the "
                "levels of both studies (ribs, sacrum, C2) and correct one of them."
            )


CLEARLY = 0.03
"""Overlap by which another naming has to be better before names are doubted [D]."""

MIDDLE_LEVELS = 3
"""Vertebrae that are compared: enough to fix the pose, few enough for seconds."""


def _middle(fixed: LabelMap, moving: LabelMap) -> tuple[Level, ...]:
    """The middle shared levels: both neighbours of each are most likely in view."""
    levels = shared_levels(fixed, moving)
    first = max(0, (len(levels) - MIDDLE_LEVELS) // 2)
    return levels[first : first + MIDDLE_LEVELS]


def _fit(fixed: LabelMap, moving: LabelMap, levels: tuple[Level, ...], *, step: int) -> float | None:
    """Overlap of the levels with those `step` further down in `moving`; None with fewer than two pairs."""
    kind, places = StructureKind.VERTEBRA, {level.order: level for level in moving.levels()}
    pairs = [(level, places[level.order + step]) for level in levels if level.order + step in places]
    if len(pairs) < 2:
        return None
    ones = [fixed.mask(kind, level) for level, _ in pairs]
    others = [moving.mask(kind, level) for _, level in pairs]
    start, _ = rigid_from_landmarks(_centroids(ones), _centroids(others))
    return register_masks(_union(ones), _union(others), start=start).quality.dice


def _centroids(masks: list[Mask]) -> NDArray[np.float64]:
    return np.array([mask.centroid_mm() for mask in masks])


def _union(masks: list[Mask]) -> Mask:
    return Mask(np.logical_or.reduce([mask.array for mask in masks]), masks[0].affine)
