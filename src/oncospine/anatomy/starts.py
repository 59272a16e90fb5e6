"""Where each vertebra is and how it stands, before anything is measured: canal centre, anterior, column direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.foramen import RING_REACH_MM, foramen_centre, sac_centre
from oncospine.anatomy.level_bone import BoneOfLevel, interpolated
from oncospine.anatomy.orientation import LARGEST_TURN_DEG, turn_deg
from oncospine.anatomy.seeds import body_seeds, column_directions
from oncospine.anatomy.spine import Doubt, Severity
from oncospine.anatomy.thick_slices import are_thick
from oncospine.base import InputError, Level, SideProcess, mapped
from oncospine.geometry import (
    Box,
    Frame,
    Grid,
    Mask,
    Volume,
    angle_deg,
    cropped_grid,
    frame_from,
    label_statistics,
)

SMALLEST_VERTEBRA_ML = 1.0
"""Less labelled bone than this is a sliver at the edge of the scan, not a vertebra."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Start:
    """First frame of a vertebra (origin in its canal), its direction in the column and its bone."""

    frame: Frame
    column: NDArray[np.float64]
    bone: BoneOfLevel


def first_frames(
    codes: NDArray[np.uint8], grid: Grid, tubes: list[Mask], beside: SideProcess | None = None
) -> tuple[dict[Level, Start], tuple[Level, ...], list[Doubt]]:
    """First frames cranial to caudal, the levels of which too little is in view, and doubts about the rest."""
    every = {Level.from_code(code): found for code, found in label_statistics(Volume(codes, grid.affine)).items()}
    usable = {level: found for level, found in every.items() if found.volume_ml >= SMALLEST_VERTEBRA_ML}
    seeds = body_seeds(codes, grid, usable)
    tube_points = [(mask, mask.points_mm()) for mask in tubes]
    columns = _checked_columns(column_directions(seeds), seeds, [points for _, points in tube_points])
    bones = _bones(codes, grid, {level: usable[level].box for level in columns}, beside)
    starts: dict[Level, Start] = {}
    missing = []
    for level, column in sorted(columns.items(), key=lambda item: -item[0].order):
        bone = bones[level]
        forwards = _forwards(level, starts)
        inside = [sac_centre(mask, points, seeds[level], column, anterior=forwards) for mask, points in tube_points]
        tube = next((found for found in inside if found is not None), None)
        near = None if tube is None else tube.origin_mm
        frame = foramen_centre(bone.padded, seeds[level], column, anterior=forwards, near_mm=near) or tube
        if frame is None:
            missing.append(level)
        else:
            starts[level] = Start(frame=frame, column=column, bone=bone)
    if not starts:
        raise InputError(
            "no vertebra with a canal in view: the masks hold bodies only or the scan cuts every arch. "
            "Whole-vertebra masks, or a mask of the dural sac, are needed."
        )
    doubts = []
    first, last = min(starts, key=_order), max(starts, key=_order)
    inner = [level for level in missing if first.order < level.order < last.order]
    for level in inner:
        starts[level] = _bridged_start(level, seeds, columns[level], starts, bones[level])
        text = f"the canal of {level} could not be seen (arch missing or destroyed): it is interpolated"
        doubts.append(Doubt(severity=Severity.WARNING, topic="canal", text=text))
    ordered, turned = _turned_like_neighbours(dict(sorted(starts.items(), key=lambda item: item[0].order)))
    for level in turned:
        text = (
            f"the body of {level} does not lie in front of its canal (destroyed or mislabelled): turned like the others"
        )
        doubts.append(Doubt(severity=Severity.WARNING, topic="frame", text=text))
    fragments = tuple(sorted(set(every) - set(ordered), key=_order))
    return ordered, fragments, doubts


def _checked_columns(
    columns: Mapping[Level, NDArray[np.float64]],
    seeds: Mapping[Level, NDArray[np.float64]],
    tubes: list[NDArray[np.float64]],
) -> dict[Level, NDArray[np.float64]]:
    """Directions of the column, or of the sac or cord beside it where the two disagree: then a body is not whole."""
    checked = dict(columns)
    for level, column in columns.items():
        for points in tubes:
            along = _tube_direction(points, seeds[level], column)
            if along is not None and angle_deg(along, column) > LARGEST_BEND_DEG:
                checked[level] = along
            if along is not None:
                break
    return checked


LARGEST_BEND_DEG = 15.0
"""Bodies and canal run within this of each other; a half-destroyed body pulls their line further off [D]."""

TUBE_REACH_MM = 18.0
"""The direction of the sac is read over this far up and down: about one level to each side."""

FEWEST_TUBE_POINTS = 30
"""Fewer voxels than this give no direction."""


def _tube_direction(
    points_mm: NDArray[np.float64], seed_mm: NDArray[np.float64], column: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Main axis of the sac or cord around its place nearest to the seed, towards cranial; None where it is not near."""
    distance = np.linalg.norm(points_mm - seed_mm, axis=1)
    if distance.size == 0 or distance.min() > RING_REACH_MM:
        return None
    beside = points_mm[distance <= distance.min() + TUBE_REACH_MM / 2].mean(axis=0)
    near = points_mm[np.linalg.norm(points_mm - beside, axis=1) <= TUBE_REACH_MM]
    if len(near) < FEWEST_TUBE_POINTS:
        return None
    axis = np.linalg.eigh(np.cov((near - near.mean(axis=0)).T))[1][:, -1]
    return np.asarray(axis if axis @ column > 0 else -axis)


def _turned_like_neighbours(starts: dict[Level, Start]) -> tuple[dict[Level, Start], list[Level]]:
    """The starts with those turned back that look elsewhere than most of the vertebrae around them."""
    turned = []
    corrected = dict(starts)
    for level, start in starts.items():
        around = [other for other in starts if abs(other.order - level.order) <= AROUND_LEVELS]
        if len(around) < FEWEST_AROUND:
            continue
        turns = [turn_deg(start.frame, starts[other].frame.anterior) for other in around]
        if abs(float(np.median(turns))) > LARGEST_TURN_DEG:
            others = [turn for other, turn in zip(around, turns, strict=True) if other is not level]
            anterior = _rotated(start.frame, float(np.median(others)))
            frame = frame_from(start.frame.origin_mm, superior=start.frame.superior, anterior=anterior)
            corrected[level] = Start(frame=frame, column=start.column, bone=start.bone)
            turned.append(level)
    return corrected, turned


AROUND_LEVELS = 3
"""How many levels up and down are asked where anterior is."""

FEWEST_AROUND = 3
"""With fewer vertebrae there is no majority."""


def _rotated(frame: Frame, degrees: float) -> NDArray[np.float64]:
    angle = np.radians(degrees)
    return np.asarray(np.cos(angle) * frame.anterior + np.sin(angle) * frame.right)


def _forwards(level: Level, starts: Mapping[Level, Start]) -> NDArray[np.float64] | None:
    """Anterior direction for C1, which has no body to turn to: that of the vertebra below it. None for all others."""
    if level is not Level.C1 or not starts:
        return None
    return starts[min(starts, key=_order)].frame.anterior


def _order(level: Level) -> int:
    return level.order


def _bones(
    codes: NDArray[np.uint8], grid: Grid, boxes: Mapping[Level, Box], beside: SideProcess | None
) -> dict[Level, BoneOfLevel]:
    """The bone of each level; thick slices, which take time, are interpolated in both processes."""
    found = [
        BoneOfLevel(
            level=level,
            box=box,
            volume=Volume((codes[box] == level.code).view(np.uint8), cropped_grid(grid, box).affine),
        )
        for level, box in boxes.items()
    ]
    if are_thick(grid):
        found = list(mapped(interpolated, found, beside))
    return {bone.level: bone for bone in found}


def _bridged_start(
    level: Level,
    seeds: Mapping[Level, NDArray[np.float64]],
    column: NDArray[np.float64],
    starts: Mapping[Level, Start],
    bone: BoneOfLevel,
) -> Start:
    """Frame of a vertebra without a visible canal: as far behind its body as its neighbours' canals are."""
    near = sorted(starts, key=lambda other: (abs(other.order - level.order), other.order))[:2]
    offsets = [starts[other].frame.origin_mm - seeds[other] for other in near]
    origin = seeds[level] + np.mean(offsets, axis=0)
    return Start(frame=frame_from(origin, superior=column, anterior=seeds[level] - origin), column=column, bone=bone)
