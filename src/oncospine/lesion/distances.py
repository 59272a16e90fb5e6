"""How far the tumour is from the cord and from the sac: the 2-3 mm question of separation surgery and SBRT."""

from __future__ import annotations

import numpy as np

from oncospine.anatomy import Spine, Tube
from oncospine.geometry import Volume
from oncospine.lesion.extent_findings import TubeDistance
from oncospine.lesion.surroundings import Surroundings, distance_to, surroundings_rules


def tube_distances(near: Surroundings, spine: Spine) -> tuple[TubeDistance, ...]:
    """One entry per labelled tube with part of it near the tumour, in the order of the spine's tubes."""
    found = (_distance(tube, near, spine) for tube in spine.tubes)
    return tuple(item for item in found if item is not None)


def _distance(tube: Tube, near: Surroundings, spine: Spine) -> TubeDistance | None:
    mask = np.ascontiguousarray(tube.mask.array[near.box])
    if not mask.any():
        return None
    half = np.float32(min(spine.grid.spacing_mm) / 2)
    away = np.where(mask, np.float32(0), np.maximum(distance_to(mask, spine.grid.spacing_mm) - half, np.float32(0)))
    gaps = np.maximum(away - half, np.float32(0))[near.tumour]
    overlap = float(np.count_nonzero(mask & near.tumour)) * near.voxel_ml
    within = {
        f"{limit} mm": float(np.count_nonzero(gaps < limit)) * near.voxel_ml
        for limit in surroundings_rules()["sbrt_gap_mm"]
    }
    return TubeDistance(
        tube=tube.kind,
        least_mm=float(gaps.min()),
        error_mm=float(max(spine.grid.spacing_mm)) / 2,
        overlap_ml=overlap,
        within_ml=within,
        map_mm=Volume(np.where(near.tumour, away, np.float32(np.nan)), near.grid.affine),
    )
