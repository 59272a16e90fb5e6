"""One oriented vertebra turned into a `Vertebra`: parts, pedicles, endplates, heights, what is cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.body_heights import body_heights
from oncospine.anatomy.isthmus import measured_pedicle
from oncospine.anatomy.level_bone import BoneOfLevel
from oncospine.anatomy.orientation import Oriented, absent_endplates
from oncospine.anatomy.partition import PedicleBand, part_borders, part_codes
from oncospine.anatomy.parts import PARTS
from oncospine.anatomy.vertebra import Completeness, Pedicle, Vertebra
from oncospine.base import Level, Region, Side
from oncospine.geometry import Frame, Grid, Volume

SPECIAL = {
    Level.C1: ("C1 has no body: its anterior arch is counted as body, its lateral masses as articular processes",),
    Level.C2: ("the dens is counted with the body of C2; heights are not measured",),
    Level.S1: ("the sacrum is fused: its parts are approximate; heights and pedicles are not measured",),
}
"""What to tell the reader about vertebrae without a usual body."""


def described_vertebra(
    bone: BoneOfLevel, found: Oriented, cut: Completeness, scan: Grid
) -> tuple[Vertebra, NDArray[np.uint8]]:
    """The vertebra, and the part code of every voxel of its block (0 where there is no bone)."""
    block, walls = found.block, found.walls
    absent = absent_endplates(bone.level)
    has_pedicles = bone.level is not Level.C1 and bone.level.region is not Region.SACRAL
    measured = {side: measured_pedicle(block, walls, side, upper=found.upper) for side in Side} if has_pedicles else {}
    pedicles = {side: p for side, p in measured.items() if p is not None and not _is_cut(p, scan)}
    bands = {side: _band(p, block.frame) for side, p in measured.items() if p is not None}
    borders = part_borders(block, walls, bands, bone.level)
    i, j, k = np.nonzero(block.solid)
    parts = np.zeros(block.occupancy.shape, np.uint8)
    parts[i, j, k] = part_codes((block.r_mm[i], block.a_mm[j], block.s_mm[k]), borders)
    voxels = np.argwhere(bone.volume.array)
    local = block.frame.to_local(bone.volume.grid.to_world(voxels))
    codes = np.zeros(bone.volume.array.shape, np.uint8)
    codes[tuple(voxels.T)] = part_codes((local[:, 0], local[:, 1], local[:, 2]), borders)
    counts = np.bincount(codes[bone.volume.array > 0], minlength=len(PARTS) + 1)
    voxel_ml = bone.volume.grid.voxel_volume_mm3 / 1000
    heights = (
        None if {"cranial", "caudal"} & {*cut.body_cut, *absent} else body_heights(found.surfaces, *found.fits, block)
    )
    vertebra = Vertebra(
        level=bone.level,
        frame=block.frame.moved_to(_body_origin(found)),
        canal_mm=block.frame.origin_mm,
        parts=Volume(parts, block.grid.affine),
        volumes_ml={part: float(counts[part.code]) * voxel_ml for part in PARTS},
        completeness=cut,
        pedicles=pedicles,
        upper_endplate=found.upper,
        lower_endplate=found.lower,
        heights=heights,
        notes=(*SPECIAL.get(bone.level, ()), *_notes(found, measured, pedicles)),
    )
    return vertebra, codes


def _band(pedicle: Pedicle, frame: Frame) -> PedicleBand:
    local = frame.to_local(pedicle.isthmus_mm)
    outer = float(abs(local[0])) + pedicle.width_mm / 2
    return PedicleBand(outer_mm=outer, middle_mm=float(local[2]), height_mm=pedicle.height_mm)


def _is_cut(pedicle: Pedicle, scan: Grid) -> bool:
    """True where the isthmus reaches a face of the scan, so that its size is that of the cut."""
    reach = max(pedicle.width_mm, pedicle.height_mm) / 2
    margin = reach / np.array(scan.spacing_mm)
    voxel = scan.to_voxel(pedicle.isthmus_mm)
    axes = np.abs(scan.affine[:3, :3] / np.linalg.norm(scan.affine[:3, :3], axis=0))
    crossing = np.sqrt(np.clip(1 - (axes.T @ pedicle.axis) ** 2, 0, 1)) * margin
    return bool(((voxel - crossing < 0) | (voxel + crossing > np.array(scan.shape) - 1)).any())


def _body_origin(found: Oriented) -> NDArray[np.float64]:
    """Mean of the endplate centres; the centroid of the body where one of them is not known."""
    if found.upper is not None and found.lower is not None:
        return np.asarray((found.upper.plane.point_mm + found.lower.plane.point_mm) / 2)
    block = found.block
    ahead = block.a_mm >= found.walls.front_mm
    body = block.solid[:, ahead]
    counts = body.sum(axis=(1, 2)), body.sum(axis=(0, 2)), body.sum(axis=(0, 1))
    axes = (block.r_mm, block.a_mm[ahead], block.s_mm)
    total = max(int(counts[0].sum()), 1)
    return block.frame.to_world([float((n * axis).sum()) / total for n, axis in zip(counts, axes, strict=True)])


def _notes(found: Oriented, measured: dict[Side, Pedicle | None], kept: dict[Side, Pedicle]) -> tuple[str, ...]:
    notes = []
    if found.walls.assumed:
        notes.append(f"canal wall not found, usual distance assumed: {', '.join(found.walls.assumed)}")
    if found.superior_from == "column":
        notes.append("no usable endplate: oriented by the column")
    for side, pedicle in measured.items():
        if pedicle is None:
            notes.append(f"{side} pedicle: no continuous bridge of bone")
        elif side not in kept:
            notes.append(f"{side} pedicle: cut by the field of view")
    return tuple(notes)
