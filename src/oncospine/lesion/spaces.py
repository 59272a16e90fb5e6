"""Tumour in the spaces between vertebrae: discs and neural foramina."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.base import Level, Side
from oncospine.lesion.compartments import CODES, PlacedTumour
from oncospine.lesion.extent_findings import DiscInvasion, ForamenInvasion
from oncospine.lesion.findings import Compartment
from oncospine.lesion.surroundings import surroundings_rules

NEAR_PLATE = 0.25
"""Tumour within this share of the disc's height of both endplates crosses the disc [D]."""


def disc_invasions(placed: PlacedTumour, spine: Spine) -> tuple[DiscInvasion, ...]:
    """Discs with tumour between the endplates, named by the vertebra above; cranial to caudal."""
    outside = placed.compartments == CODES[Compartment.PARAVERTEBRAL]
    points = spine.grid.to_world(placed.voxels[outside])
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    found = []
    levels = spine.levels
    for upper, lower in pairwise(levels):
        top, bottom = spine.vertebrae[upper].lower_endplate, spine.vertebrae[lower].upper_endplate
        if top is None or bottom is None or len(points) == 0:
            continue
        middle = (top.plane.point_mm + bottom.plane.point_mm) / 2
        local = spine.vertebrae[upper].frame.moved_to(middle).to_local(points)
        width, depth = min(top.width_mm, bottom.width_mm), min(top.depth_mm, bottom.depth_mm)
        footprint = (local[:, 0] / (width / 2)) ** 2 + (local[:, 1] / (depth / 2)) ** 2 <= 1
        below, above = top.plane.distances_to(points), bottom.plane.distances_to(points)
        inside = footprint & (below > 0) & (above > 0)
        volume = float(np.count_nonzero(inside)) * voxel_ml
        if volume < float(surroundings_rules()["smallest_disc_ml"]):
            continue
        height = below[inside] / (below[inside] + above[inside])
        crosses = bool(height.min() < NEAR_PLATE and height.max() > 1 - NEAR_PLATE)
        found.append(DiscInvasion(above=upper, below=lower, volume_ml=volume, crosses=crosses))
    return tuple(found)


def foramen_invasions(placed: PlacedTumour, spine: Spine) -> tuple[ForamenInvasion, ...]:
    """Foramina with tumour, named by the vertebra above; cranial to caudal, left before right.

    A foramen is what lies between the pedicles of two neighbours, lateral of the canal's wall and within its depth.
    """
    canal = spine.canal
    outside = np.flatnonzero(placed.compartments != CODES[Compartment.BONE])
    stations = placed.stations[outside]
    origins = np.array([frame.origin_mm for frame in canal.frames])[stations]
    forwards = np.array([frame.anterior for frame in canal.frames])[stations]
    points = spine.grid.to_world(placed.voxels[outside])
    anterior = ((points - origins) * forwards).sum(axis=1)
    half_turn = canal.radii_mm.shape[1] // 2
    depth = (anterior <= canal.radii_mm[stations, 0]) & (anterior >= -canal.radii_mm[stations, half_turn])
    arcs = canal.arc_mm[stations]
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    found = []
    levels = spine.levels
    for upper, lower in pairwise(levels):
        for side in Side:
            limits = _between_pedicles(spine, upper, lower, side)
            if limits is None:
                continue
            lateral = side.sign * placed.right_mm[outside]
            wall = _wall_mm(spine, upper, lower, side)
            reach = float(surroundings_rules()["foramen_reach_mm"])
            inside = depth & (arcs >= limits[0]) & (arcs <= limits[1]) & (lateral >= wall) & (lateral <= wall + reach)
            volume = float(np.count_nonzero(inside)) * voxel_ml
            if volume >= float(surroundings_rules()["smallest_foramen_ml"]):
                found.append(ForamenInvasion(above=upper, below=lower, side=side, volume_ml=volume))
    return tuple(found)


def _between_pedicles(spine: Spine, upper: Level, lower: Level, side: Side) -> tuple[float, float] | None:
    """Arc lengths of the lower border of one pedicle and the upper border of the next; None where one is not known."""
    above, below = spine.vertebrae[upper].pedicles.get(side), spine.vertebrae[lower].pedicles.get(side)
    if above is None or below is None:
        return None
    arcs = spine.canal.centreline.nearest_arc_mm(np.array([above.isthmus_mm, below.isthmus_mm]))
    return float(arcs[0]) + above.height_mm / 2, float(arcs[1]) - below.height_mm / 2


def _wall_mm(spine: Spine, upper: Level, lower: Level, side: Side) -> float:
    """Half-width of the canal towards one side: the median over both levels where bone was met."""
    canal = spine.canal
    angle = canal.radii_mm.shape[1] // 4 if side is Side.RIGHT else 3 * canal.radii_mm.shape[1] // 4
    near = np.array([name in (upper, lower) for name in canal.levels])
    met: NDArray[np.float64] = canal.radii_mm[near & canal.walled[:, angle], angle]
    return float(np.median(met)) if met.size else float(np.median(canal.radii_mm[:, angle]))
