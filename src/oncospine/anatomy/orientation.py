"""The frame of each vertebra: from its canal and its endplates, not from the scanner's axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import COARSE_STEP_MM, STEP_MM, Block, block_of
from oncospine.anatomy.endplates import PlateFit, Surfaces, body_surfaces, endplate_fits, endplate_of
from oncospine.anatomy.level_bone import BoneOfLevel
from oncospine.anatomy.vertebra import Endplate
from oncospine.anatomy.walls import CanalWalls, canal_walls
from oncospine.base import Level, Region
from oncospine.geometry import Frame, angle_deg, frame_from

STEPS_MM = (COARSE_STEP_MM, STEP_MM)
"""Sampling of the alternations of frame and endplates after the first; the last is the one that is measured on."""

LARGEST_TILT_DEG = 25.0
"""Endplates further than this from the column's direction are not believed (destroyed, cut or mislabelled)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Oriented:
    """A vertebra on its own frame (origin at the canal centre), with what was found on the way.

    `superior_from` is "endplates" or, where neither endplate could be used, "column".
    """

    block: Block
    walls: CanalWalls
    surfaces: Surfaces
    fits: tuple[PlateFit | None, PlateFit | None]
    upper: Endplate | None
    lower: Endplate | None
    superior_from: str


def absent_endplates(level: Level) -> tuple[str, ...]:
    """Endplates that a vertebra does not have: C1 has no body, C2 bears the dens, the sacrum is fused below."""
    if level is Level.C1:
        return "cranial", "caudal"
    if level is Level.C2:
        return ("cranial",)
    return ("caudal",) if level.region is Region.SACRAL else ()


def oriented(
    bone: BoneOfLevel,
    start: Frame,
    column: NDArray[np.float64],
    cut: tuple[str, ...],
    absent: tuple[str, ...] = (),
) -> Oriented:
    """Refine `start` (origin in the canal, anterior towards the body) until superior is normal to the endplates.

    `column` is the direction of the column here. `cut` names the directions in which the scan ends inside the body: a
    cut body is oriented by the column, and its "cranial" or "caudal" endplate is not measured. Nor are `absent` ones.
    """
    unseen = (*cut, *absent)
    found = _measured(bone, start, unseen, "column", COARSE_STEP_MM)
    for step in STEPS_MM:
        normals = [sign * plate.plane.normal for sign, plate in ((1, found.upper), (-1, found.lower)) if plate]
        normals = [normal for normal in normals if angle_deg(normal, column) <= LARGEST_TILT_DEG and not cut]
        superior = np.mean(normals, axis=0) if normals else column
        frame = found.block.frame
        anterior = _body_centre(found) - frame.origin_mm
        if abs(turn_deg(start, anterior)) > LARGEST_TURN_DEG:
            anterior = start.anterior
        frame = frame_from(frame.origin_mm, superior=superior, anterior=anterior)
        found = _measured(bone, frame, unseen, "endplates" if normals else "column", step)
    return found


LARGEST_TURN_DEG = 15.0
"""A body whose centre lies further to the side of its canal than this is not whole: neighbours turn by far less [D]."""


def turn_deg(frame: Frame, direction: NDArray[np.float64]) -> float:
    """Angle about superior from the frame's anterior to a direction, positive towards the right."""
    return float(np.degrees(np.arctan2(direction @ frame.right, direction @ frame.anterior)))


def _measured(bone: BoneOfLevel, frame: Frame, unseen: tuple[str, ...], source: str, step_mm: float) -> Oriented:
    block = block_of(bone.padded, bone.ends_mm, frame, step_mm=step_mm)
    walls = canal_walls(block)
    surfaces = body_surfaces(block, block.solid & (block.a_mm >= walls.front_mm)[None, :, None])
    seen = "cranial" not in unseen, "caudal" not in unseen
    fits = endplate_fits(surfaces, block, voxel_mm=bone.extent_mm(frame.superior), seen=seen)
    return Oriented(
        block=block,
        walls=walls,
        surfaces=surfaces,
        fits=fits,
        upper=endplate_of(fits[0], block, upper=True),
        lower=endplate_of(fits[1], block, upper=False),
        superior_from=source,
    )


def _body_centre(found: Oriented) -> NDArray[np.float64]:
    """World centre of the body: mean of its endplates' centres, or centroid of the bone in front of the canal."""
    if found.upper is not None and found.lower is not None:
        return np.asarray((found.upper.plane.point_mm + found.lower.plane.point_mm) / 2)
    block, walls = found.block, found.walls
    ahead = block.a_mm >= walls.front_mm
    body = block.solid[:, ahead]
    counts = body.sum(axis=(1, 2)), body.sum(axis=(0, 2)), body.sum(axis=(0, 1))
    total = counts[0].sum()
    if total == 0:
        return block.frame.to_world([0.0, 1.0, 0.0])
    axes = (block.r_mm, block.a_mm[ahead], block.s_mm)
    return block.frame.to_world([float((n * axis).sum() / total) for n, axis in zip(counts, axes, strict=True)])
