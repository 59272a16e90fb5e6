"""The centre of the canal within one vertebra: from the sac when it is labelled, otherwise from the ring of bone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.geometry import Frame, Grid, Mask, Volume, frame_grid, resampled_to

RING_STEP_MM = 1.0
"""Sampling of the projected ring: finer than any canal, coarse enough to bridge label pinholes."""

RING_REACH_MM = 45.0
"""Half-width of the projection: half the widest vertebra (L5 transverse processes, morphometry.md section 12)."""

SMALLEST_FORAMEN_MM2 = 60.0
"""Holes below this are not a canal: half the narrowest dural canal counted as plausible (morphometry.md section 13)."""

CLOSINGS_MM = (0.0, 2.0, 4.0)
"""Gaps in the ring that are bridged, tried in order, so that a thin or partly destroyed lamina still closes it."""


def foramen_centre(
    bone: Volume,
    seed_mm: NDArray[np.float64],
    superior: NDArray[np.float64],
    *,
    anterior: NDArray[np.float64] | None = None,
    near_mm: NDArray[np.float64] | None = None,
) -> Frame | None:
    """Frame at the centre of the hole in the vertebra's shadow along `superior`, anterior towards the body.

    `bone` is the occupancy of one vertebra; `anterior` is given where there is no body to turn to (C1).
    `near_mm` is where the sac or cord runs: only the hole around it is the canal, not one that a tumour has eaten.
    Returns None where no hole is found (arch missing, cut, or destroyed).
    """
    bone_mm = bone.grid.to_world(np.argwhere(bone.array))
    facing = Frame(seed_mm, _own_axes(superior, seed_mm - bone_mm.mean(axis=0) if anterior is None else anterior))
    reach = np.array([RING_REACH_MM] * 3)
    heights = (bone_mm - seed_mm) @ facing.superior
    low, high = -reach, reach.copy()
    low[2], high[2] = np.clip([heights.min() - RING_STEP_MM, heights.max() + RING_STEP_MM], low[2], high[2])
    grid = frame_grid(facing, low_mm=low.tolist(), high_mm=high.tolist(), step_mm=RING_STEP_MM)
    shadow = resampled_to(bone, grid).max(axis=2) > 0.5 - 1e-6
    for gap in CLOSINGS_MM:
        closed = _closed(shadow, round(gap / RING_STEP_MM)) if gap else shadow
        holes, count = ndimage.label(ndimage.binary_fill_holes(closed) & ~closed)
        if count == 0:
            continue
        areas = np.bincount(holes.ravel())[1:] * RING_STEP_MM**2
        if areas.max() < SMALLEST_FORAMEN_MM2:
            continue
        chosen = int(areas.argmax()) if near_mm is None else _hole_around(near_mm, holes, areas, grid)
        if chosen is None:
            continue
        centre = grid.to_world([*np.argwhere(holes == chosen + 1).mean(axis=0), 0.0])
        centre = centre + ((seed_mm - centre) @ facing.superior) * facing.superior
        towards = seed_mm - centre if anterior is None else RING_REACH_MM * anterior
        across = towards - (towards @ superior) * superior
        if np.linalg.norm(across) > RING_STEP_MM:
            return _facing(centre, superior, across)
    return None


def _hole_around(near_mm: NDArray[np.float64], holes: NDArray[Any], areas: NDArray[Any], grid: Grid) -> int | None:
    """Index of the hole, large enough for a canal, whose centre is nearest to a point; None if none is near."""
    at = grid.to_voxel(near_mm)[:2]
    centres = np.array(ndimage.center_of_mass(holes > 0, holes, np.arange(1, len(areas) + 1)))
    distance = np.where(areas >= SMALLEST_FORAMEN_MM2, np.linalg.norm(centres - at, axis=1) * RING_STEP_MM, np.inf)
    best = int(distance.argmin())
    return best if distance[best] <= BESIDE_SAC_MM else None


BESIDE_SAC_MM = 8.0
"""The centre of the canal is no further than this from that of the sac or cord in it: half a canal."""


def sac_centre(
    sac: Mask,
    sac_points_mm: NDArray[np.float64],
    seed_mm: NDArray[np.float64],
    superior: NDArray[np.float64],
    *,
    anterior: NDArray[np.float64] | None = None,
) -> Frame | None:
    """Frame at the centroid of the labelled sac or cord within 5 mm of the body's mid-height; None if it is absent."""
    offsets = sac_points_mm - seed_mm
    near = (np.abs(offsets @ superior) <= SLAB_MM) & (np.linalg.norm(offsets, axis=1) <= RING_REACH_MM)
    if np.count_nonzero(near) * sac.grid.voxel_volume_mm3 < SMALLEST_FORAMEN_MM2 * SLAB_MM / 4:
        return None
    centre = seed_mm + offsets[near].mean(axis=0)
    towards = seed_mm - centre if anterior is None else RING_REACH_MM * anterior
    across = towards - (towards @ superior) * superior
    if not np.linalg.norm(across) > RING_STEP_MM:
        return None
    return _facing(centre, superior, across)


SLAB_MM = 5.0
"""Half-thickness of the slab in which the sac is averaged: about a third of a thoracic body."""


def _facing(centre: NDArray[np.float64], superior: NDArray[np.float64], anterior: NDArray[np.float64]) -> Frame:
    from oncospine.geometry import frame_from

    return frame_from(centre, superior=superior, anterior=anterior)


def _own_axes(superior: NDArray[np.float64], forwards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right-handed axes with the given superior, anterior along `forwards`; tied to the bone, not to the scanner.

    Where `forwards` gives no direction (bodies only), anterior is as near as possible to the scanner's.
    """
    s = superior / np.linalg.norm(superior)
    across = forwards - (forwards @ s) * s
    if not np.linalg.norm(across) > RING_STEP_MM:
        start = np.array([0.0, 1.0, 0.0]) if abs(s[1]) < 0.9 else np.array([0.0, 0.0, -1.0])
        across = start - (start @ s) * s
    a = across / np.linalg.norm(across)
    return np.array([np.cross(a, s), a, s])


def _closed(shadow: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    disc = np.hypot(*np.mgrid[-radius : radius + 1, -radius : radius + 1]) <= radius
    padded = np.pad(shadow, radius)
    return np.asarray(ndimage.binary_closing(padded, disc)[radius:-radius, radius:-radius])
