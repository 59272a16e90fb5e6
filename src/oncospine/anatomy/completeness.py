"""What the field of view has cut off a vertebra, told from the faces of the scan that it reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.vertebra import Completeness
from oncospine.base import Level
from oncospine.geometry import Frame, Grid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touch:
    """Where a vertebra reaches a face of the scan: the face's outward direction and the voxels' world positions."""

    outward: NDArray[np.float64]
    points_mm: NDArray[np.float64]


def touched_faces(codes: NDArray[np.uint8], grid: Grid) -> dict[Level, list[Touch]]:
    """For each level that reaches a face of the scan, where it does.

    `codes` may be a block of the scan that is wider than the vertebrae wherever the scan goes on.
    """
    found: dict[Level, list[Touch]] = {}
    axes = grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0)
    for axis in range(3):
        for index, sign in ((0, -1.0), (codes.shape[axis] - 1, 1.0)):
            face = np.moveaxis(codes, axis, 0)[index]
            for code in np.unique(face[face > 0]):
                voxels = np.insert(np.argwhere(face == code), axis, index, axis=1)
                touch = Touch(outward=sign * axes[:, axis], points_mm=grid.to_world(voxels))
                found.setdefault(Level.from_code(int(code)), []).append(touch)
    return found


DIRECTIONS = (("left", "right"), ("posterior", "anterior"), ("caudal", "cranial"))
"""Names of the negative and positive ends of the frame's axes."""


OBLIQUE = 0.5
"""A face cuts in every direction within 60 degrees of its normal: a leaning vertebra is cut cranially and behind."""


def cut_directions(frame: Frame, touches: list[Touch]) -> Completeness:
    """In which directions a vertebra leaves the scan, and in which of them its body does (`frame` in the canal)."""
    whole: set[str] = set()
    body: set[str] = set()
    for touch in touches:
        local = frame.axes @ touch.outward
        names = {DIRECTIONS[axis][int(local[axis] > 0)] for axis in range(3) if abs(local[axis]) > OBLIQUE}
        whole |= names
        if (frame.to_local(touch.points_mm)[:, 1] > 0).any():
            body |= names
    return Completeness(cut=tuple(sorted(whole)), body_cut=tuple(sorted(body)))
