"""Where each tumour voxel lies: in bone, in the canal, or beside the spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError, cKDTree

from oncospine.anatomy import Part, Spine, Vertebra
from oncospine.geometry import voxels_of
from oncospine.lesion.findings import Compartment
from oncospine.lesion.station_levels import station_levels

CODES: Mapping[Compartment, int] = {compartment: compartment.code for compartment in Compartment}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedTumour:
    """Every tumour voxel (n): its index in the spine's grid, compartment, level and part codes, station on the canal.

    `level_codes` is the vertebra of the voxel for bone, the vertebra whose slab it lies in otherwise. `part_codes` is 0
    outside bone. `right_mm` is the distance to the right of the canal's centre, for sides. `by_geometry` is the
    compartment that the anatomy alone would give.
    """

    voxels: NDArray[np.intp]
    compartments: NDArray[np.uint8]
    level_codes: NDArray[np.uint8]
    part_codes: NDArray[np.uint8]
    stations: NDArray[np.intp]
    right_mm: NDArray[np.float64]
    by_geometry: NDArray[np.uint8]
    astray: int = 0
    """Voxels that the source calls bone, but that lie far from every vertebra: they count as paravertebral."""


def placed_tumour(tumour: NDArray[np.bool_], spine: Spine, labelled: NDArray[np.uint8] | None = None) -> PlacedTumour:
    """Place every voxel of `tumour` (on the spine's grid).

    `labelled` (1 bone, 2 epidural, 3 paravertebral) overrides the geometry where it is not 0. By geometry: bone is
    what lies in a vertebra's label, or within the hull of a body whose label the tumour has eaten; epidural is what
    lies within the walls of the canal or in the labelled sac; the rest is paravertebral.
    """
    voxels = voxels_of(tumour)
    at = tuple(voxels.T)
    points = spine.grid.to_world(voxels)
    levels, parts = spine.level_codes[at].copy(), spine.part_codes[at].copy()
    stations, right = _stations(points, spine)
    in_canal = spine.canal.mask.array[at]
    for tube in spine.tubes:
        in_canal = in_canal | tube.mask.array[at]
    lost = (levels == 0) & ~in_canal
    _reclaim_bodies(points, lost, levels, parts, spine)
    compartments = np.full(len(voxels), CODES[Compartment.PARAVERTEBRAL], np.uint8)
    compartments[in_canal & (levels == 0)] = CODES[Compartment.EPIDURAL]
    compartments[levels > 0] = CODES[Compartment.BONE]
    by_geometry = compartments
    astray = 0
    if labelled is not None:
        given = labelled[at]
        compartments = np.where(given > 0, given, compartments).astype(np.uint8)
        _nearest_bone(points, (compartments == CODES[Compartment.BONE]) & (levels == 0), levels, parts, spine)
        lost = (compartments == CODES[Compartment.BONE]) & (levels == 0)
        compartments[lost], astray = CODES[Compartment.PARAVERTEBRAL], int(np.count_nonzero(lost))
    outside = compartments != CODES[Compartment.BONE]
    slab = np.array([level.code for level in station_levels(spine)], np.uint8)[stations]
    return PlacedTumour(
        voxels=voxels,
        compartments=compartments,
        level_codes=np.where(outside, slab, levels).astype(np.uint8),
        part_codes=np.where(outside, 0, parts).astype(np.uint8),
        stations=stations,
        right_mm=right,
        by_geometry=by_geometry,
        astray=astray,
    )


def _stations(points: NDArray[np.float64], spine: Spine) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Nearest station of the canal and the distance to the right of it."""
    origins = np.array([frame.origin_mm for frame in spine.canal.frames])
    stations = np.atleast_1d(cKDTree(origins).query(points)[1]).astype(np.intp)
    rights = np.array([frame.right for frame in spine.canal.frames])
    return stations, ((points - origins[stations]) * rights[stations]).sum(axis=1)


def _reclaim_bodies(
    points: NDArray[np.float64],
    lost: NDArray[np.bool_],
    levels: NDArray[np.uint8],
    parts: NDArray[np.uint8],
    spine: Spine,
) -> None:
    """Give unlabelled tumour voxels inside the convex hull of a body back to that body (in place)."""
    for vertebra in spine.vertebrae.values():
        candidates = np.flatnonzero(lost & (levels == 0))
        if candidates.size == 0:
            return
        near = candidates[np.linalg.norm(points[candidates] - vertebra.frame.origin_mm, axis=1) <= BODY_REACH_MM]
        hull = _body_hull(vertebra) if near.size else None
        if hull is None:
            continue
        local = vertebra.frame.to_local(points[near])
        depth = -(local @ hull[:, :3].T + hull[:, 3]).max(axis=1)
        eaten = near[_bitten(points[near], depth, max(spine.grid.spacing_mm))]
        levels[eaten] = vertebra.level.code
        parts[eaten] = Part.BODY.code


def _bitten(points: NDArray[np.float64], depth_mm: NDArray[np.float64], step_mm: float) -> NDArray[np.bool_]:
    """True for points within the hull that belong to a piece reaching deeper than `WAIST_MM`: bone was there.

    Shallower pieces lie in the waist of the body, where its hull is wider than its bone.
    """
    inside = np.flatnonzero(depth_mm >= 0)
    found = np.zeros(len(points), np.bool_)
    if inside.size == 0:
        return found
    pairs = cKDTree(points[inside]).query_pairs(step_mm * 1.01, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(inside.size, inside.size))
    count, piece = connected_components(links, directed=False)
    deepest = np.zeros(count)
    np.maximum.at(deepest, piece, depth_mm[inside])
    found[inside] = deepest[piece] > WAIST_MM
    return found


WAIST_MM = 3.5
"""How deep the waist of a body lies below its hull, at most (12 % of half a lumbar body's width; morphometry 12.1)."""

EATEN_MM = 25.0
"""Half the width of the widest body is about 25 mm: eaten bone lies no further from what is left [D]."""

BODY_REACH_MM = 40.0
"""No part of a body lies further from its centre (half the diagonal of the largest lumbar body, about 36 mm)."""


def _body_hull(vertebra: Vertebra) -> NDArray[np.float64] | None:
    """Half-spaces (m, 4) of the convex hull of the body, in the vertebra's frame; None for a body too small for one."""
    voxels = np.argwhere(vertebra.part_mask(Part.BODY))
    if len(voxels) < 4:
        return None
    try:
        hull = ConvexHull(vertebra.frame.to_local(vertebra.parts.grid.to_world(voxels)))
    except QhullError:
        return None
    return np.asarray(hull.equations)


def _nearest_bone(
    points: NDArray[np.float64],
    homeless: NDArray[np.bool_],
    levels: NDArray[np.uint8],
    parts: NDArray[np.uint8],
    spine: Spine,
) -> None:
    """Give voxels that the source calls bone, but no vertebra claims, to the nearest bone voxel's part (in place).

    Beyond `EATEN_MM` of all bone they are nobody's.
    """
    if not homeless.any():
        return
    bone = np.argwhere(spine.level_codes > 0)
    away, index = cKDTree(spine.grid.to_world(bone)).query(points[homeless])
    claimed = np.flatnonzero(homeless)[np.atleast_1d(away) <= EATEN_MM]
    nearest = bone[np.atleast_1d(index)[np.atleast_1d(away) <= EATEN_MM]]
    levels[claimed] = spine.level_codes[tuple(nearest.T)]
    parts[claimed] = spine.part_codes[tuple(nearest.T)]
