"""The frame of each vertebra: from its canal and its endplates, not from the scanner's axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import COARSE_STEP_MM, STEP_MM, Block, block_of
from oncospine.anatomy.endplates import Surfaces, body_surfaces, fitted_endplate
from oncospine.anatomy.vertebra import Endplate
from oncospine.anatomy.walls import CanalWalls, canal_walls
from oncospine.base import Level, Region
from oncospine.geometry import Frame, Volume, angle_deg, frame_from

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
    bone: Volume,
    start: Frame,
    column: NDArray[np.float64],
    cut: tuple[str, ...],
    absent: tuple[str, ...] = (),
) -> Oriented:
    """Refine `start` (origin in the canal, anterior towards the body) until superior is normal to the endplates.

    `column` is the direction of the column here. `cut` names the directions in which the scan ends inside the body: a
    cut body is oriented by the column, and its "cranial" or "caudal" endplate is not measured. Nor are `absent` ones.
    """
    points = bone.grid.to_world(np.argwhere(bone.array))
    unseen = (*cut, *absent)
    found = _measured(bone, points, start, unseen, "column", COARSE_STEP_MM)
    for step in STEPS_MM:
        normals = [sign * plate.plane.normal for sign, plate in ((1, found.upper), (-1, found.lower)) if plate]
        normals = [normal for normal in normals if angle_deg(normal, column) <= LARGEST_TILT_DEG and not cut]
        superior = np.mean(normals, axis=0) if normals else column
        frame = found.block.frame
        anterior = _body_centre(found.block, found.walls) - frame.origin_mm
        if abs(turn_deg(start, anterior)) > LARGEST_TURN_DEG:
            anterior = start.anterior
        frame = frame_from(frame.origin_mm, superior=superior, anterior=anterior)
        found = _measured(bone, points, frame, unseen, "endplates" if normals else "column", step)
    return found


LARGEST_TURN_DEG = 15.0
"""A body whose centre lies further to the side of its canal than this is not whole: neighbours turn by far less [D]."""


def turn_deg(frame: Frame, direction: NDArray[np.float64]) -> float:
    """Angle about superior from the frame's anterior to a direction, positive towards the right."""
    return float(np.degrees(np.arctan2(direction @ frame.right, direction @ frame.anterior)))


def _measured(
    bone: Volume, points: NDArray[np.float64], frame: Frame, unseen: tuple[str, ...], source: str, step_mm: float
) -> Oriented:
    block = block_of(bone, points, frame, step_mm=step_mm)
    walls = canal_walls(block)
    surfaces = body_surfaces(block, block.solid & (block.a_mm >= walls.front_mm)[None, :, None])
    return Oriented(
        block=block,
        walls=walls,
        surfaces=surfaces,
        upper=None if "cranial" in unseen else fitted_endplate(surfaces.top_mm, block, upper=True),
        lower=None if "caudal" in unseen else fitted_endplate(surfaces.bottom_mm, block, upper=False),
        superior_from=source,
    )


def _body_centre(block: Block, walls: CanalWalls) -> NDArray[np.float64]:
    """World centroid of the bone in front of the canal; straight ahead where there is none."""
    ahead = block.a_mm >= walls.front_mm
    body = block.solid[:, ahead]
    counts = body.sum(axis=(1, 2)), body.sum(axis=(0, 2)), body.sum(axis=(0, 1))
    total = counts[0].sum()
    if total == 0:
        return block.frame.to_world([0.0, 1.0, 0.0])
    axes = (block.r_mm, block.a_mm[ahead], block.s_mm)
    return block.frame.to_world([float((n * axis).sum() / total) for n, axis in zip(counts, axes, strict=True)])
