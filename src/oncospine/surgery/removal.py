"""Bone taken away by a step, voxel for voxel on the scan's grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Part, Spine, sided
from oncospine.base import InputError, Level, Side
from oncospine.geometry import Mask
from oncospine.surgery.operation import Corpectomy, FacetRemoval, Laminectomy

MEDIAL_FACET_MM = 4.0
"""Width of articular bone, from the edge of the canal outwards, that a medial facetectomy takes [D]."""


def require_levels(spine: Spine, levels: tuple[Level, ...], *, step: str) -> None:
    """Raise `InputError` where a step names a level that the scan does not show."""
    for level in levels:
        if level in spine.fragments:
            raise InputError(f"{step}: only a fragment of {level} is in view; leave it out or use a longer scan")
        if level not in spine.vertebrae:
            first, last = spine.levels[0], spine.levels[-1]
            raise InputError(f"{step}: {level} is not labelled in this scan (it shows {first}-{last})")


def laminectomy_mask(spine: Spine, step: Laminectomy) -> Mask:
    """Voxels that a laminectomy takes: the roof of the canal from edge to edge on the wanted sides, and the facets.

    The roof is lamina, spinous process and what of the articular processes overhangs the canal. Medial facets reach
    `MEDIAL_FACET_MM` further, full ones take the articular processes whole. A laminectomy of one side leaves the
    spinous process (hemilaminectomy).
    """
    require_levels(spine, step.levels, step="laminectomy")
    parts = [sided("lamina", side) for side in step.side.sides]
    if len(step.side.sides) == 2:
        parts.append(Part.SPINOUS)
    if step.facets is FacetRemoval.FULL:
        parts += [sided("articular", side) for side in step.side.sides]
    taken = _voxels_of(spine, step.levels, parts)
    if step.facets is not FacetRemoval.FULL:
        beyond = MEDIAL_FACET_MM if step.facets is FacetRemoval.MEDIAL else 0.0
        for level in step.levels:
            _take_articular(taken, spine, level, step.side.sides, beyond)
    return Mask(taken, spine.grid.affine)


def corpectomy_mask(spine: Spine, step: Corpectomy) -> Mask:
    """Voxels of the bodies that a corpectomy takes."""
    require_levels(spine, step.levels, step="corpectomy")
    return Mask(_voxels_of(spine, step.levels, [Part.BODY]), spine.grid.affine)


def parts_mask(spine: Spine, levels: tuple[Level, ...], names: frozenset[str], sides: tuple[Side, ...]) -> Mask:
    """Voxels of parts by their unsided names ("pedicle", "body") at levels, on the given sides."""
    parts = [part for part in Part if _unsided(part) in names and (part.side is None or part.side in sides)]
    return Mask(_voxels_of(spine, levels, parts), spine.grid.affine)


def _voxels_of(spine: Spine, levels: tuple[Level, ...], parts: list[Part]) -> NDArray[np.bool_]:
    """Voxels of the given parts of the given levels, looked for in the block of each level."""
    wanted = np.zeros(np.iinfo(np.uint8).max + 1, np.bool_)
    wanted[[part.code for part in parts]] = True
    found = np.zeros(spine.grid.shape, np.bool_)
    for level in levels:
        box = spine.level_boxes.get(level)
        if box is not None:
            found[box] |= (spine.level_codes[box] == level.code) & wanted[spine.part_codes[box]]
    return found


def _unsided(part: Part) -> str:
    return part.value.rsplit(" ", 1)[0] if part.side is not None else part.value


def _take_articular(
    taken: NDArray[np.bool_], spine: Spine, level: Level, sides: tuple[Side, ...], beyond_mm: float
) -> None:
    """Add to `taken` the articular voxels of one level medial of the canal's edge, or up to so much lateral of it."""
    vertebra = spine.vertebrae[level]
    frame = vertebra.frame.moved_to(vertebra.canal_mm)
    box = spine.level_boxes[level]
    first = [part.start for part in box]
    for side in sides:
        here = (spine.level_codes[box] == level.code) & (spine.part_codes[box] == sided("articular", side).code)
        voxels = np.argwhere(here) + first
        if len(voxels) == 0:
            continue
        lateral = side.sign * frame.to_local(spine.grid.to_world(voxels))[:, 0]
        kept = voxels[lateral <= _canal_half_width(spine, level, side) + beyond_mm]
        taken[tuple(kept.T)] = True


def _canal_half_width(spine: Spine, level: Level, side: Side) -> float:
    """Half-width of the canal towards one side: the median of its wall there over the level."""
    canal = spine.canal
    quarter = canal.radii_mm.shape[1] // 4
    column = quarter if side is Side.RIGHT else 3 * quarter
    rows = [index for index, name in enumerate(canal.levels) if name is level]
    return float(np.median(canal.radii_mm[rows, column])) if rows else float(np.median(canal.radii_mm[:, column]))
