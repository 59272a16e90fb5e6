"""WBB sectors and layers of every vertebra with tumour, in the convention of the Spine Oncology Study Group.

The sectors radiate from the centre of the canal in the vertebra's own axial plane: the angle runs from the tip of the
spinous process to the patient's left, then to the front, then to the right; sector k covers 30 (k - 1) to 30 k degrees.
A sector is involved where tumour fills 5 % of its bone, or where a ball of 2 mm fits in the tumour within the sector.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.anatomy import Part, Spine, Vertebra
from oncospine.base import Level, read_yaml
from oncospine.lesion.compartments import PlacedTumour
from oncospine.lesion.extent_findings import Wbb
from oncospine.lesion.findings import Compartment, CompressionProfile
from oncospine.lesion.sectors import SECTORS, ball_fits, sector_angles, sector_weights

LAYERS = ("A", "B", "C", "D", "E", "F")
SMALLEST_SPINOUS_ML = 0.05
"""Less spinous process than this has no tip to take the midline from."""

TIP_SHARE = 0.25
"""The tip is the centroid of the hindmost quarter of the spinous process's reach [D]."""

RAY_DEG = 5.0
RAY_HEIGHT_MM = 2.0
"""Rays on which the bone is halved into superficial and deep: this wide and this high."""


@cache
def wbb_data() -> Mapping[str, Any]:
    """`data/wbb.yaml`."""
    return MappingProxyType(read_yaml("oncospine.lesion", "data", "wbb.yaml"))


def wbb_rule(name: str) -> float:
    return float(wbb_data()["rules"][name]["value"])


def wbb_stages(
    placed: PlacedTumour, depth_mm: NDArray[np.float64], spine: Spine, profile: CompressionProfile
) -> dict[Level, Wbb]:
    """Sectors and layers of every level with tumour; `depth_mm` (n) is how deep each voxel lies in the tumour."""
    points = spine.grid.to_world(placed.voxels)
    found = {}
    for level, vertebra in spine.vertebrae.items():
        here = placed.level_codes == level.code
        if not here.any():
            continue
        stage = _stage(vertebra, spine, placed, points, depth_mm, here, _thickest(profile, level))
        if stage.sectors:
            found[level] = stage
    return found


def _thickest(profile: CompressionProfile, level: Level) -> float:
    own = [value for value, name in zip(profile.thickness_mm, profile.levels, strict=True) if name is level]
    return float(max(own, default=0.0))


def spinous_tip(vertebra: Vertebra) -> NDArray[np.float64] | None:
    """Direction (right, anterior) from the canal to the tip of the spinous process; None where there is none."""
    if vertebra.volumes_ml.get(Part.SPINOUS, 0.0) < SMALLEST_SPINOUS_ML:
        return None
    voxels = np.argwhere(vertebra.part_mask(Part.SPINOUS))
    if len(voxels) == 0:
        return None
    local = vertebra.frame.moved_to(vertebra.canal_mm).to_local(vertebra.parts.grid.to_world(voxels))
    behind = local[:, 1]
    tip = local[behind <= behind.min() + TIP_SHARE * (behind.max() - behind.min()) + 1e-6]
    return np.asarray(tip[:, :2].mean(axis=0))


def midline_direction(vertebra: Vertebra) -> tuple[NDArray[np.float64], str]:
    """Direction (right, anterior) of the posterior midline in the axial plane, and what it was taken from."""
    tip = spinous_tip(vertebra)
    if tip is not None and tip[1] < 0:
        return tip, "tip of the spinous process"
    body = vertebra.frame.moved_to(vertebra.canal_mm).to_local(vertebra.frame.origin_mm)
    return np.asarray(-body[:2]), "body, reversed (no spinous process)"


def sector_directions(vertebra: Vertebra, degrees: ArrayLike) -> NDArray[np.float64]:
    """Unit directions (n, 3) in the vertebra's axial plane at n sector angles: border k lies at 30 k degrees."""
    axes = vertebra.frame.moved_to(vertebra.canal_mm)
    midline, _ = midline_direction(vertebra)
    angles = np.arctan2(-midline[0], -midline[1]) + np.radians(np.asarray(degrees, dtype=np.float64))
    return np.asarray(-np.outer(np.sin(angles), axes.right) - np.outer(np.cos(angles), axes.anterior))


def _stage(
    vertebra: Vertebra,
    spine: Spine,
    placed: PlacedTumour,
    points: NDArray[np.float64],
    depth_mm: NDArray[np.float64],
    here: NDArray[np.bool_],
    epidural_mm: float,
) -> Wbb:
    axes = vertebra.frame.moved_to(vertebra.canal_mm)
    midline, source = midline_direction(vertebra)
    local = axes.to_local(points[here])
    compartments = placed.compartments[here]
    in_bone = compartments == Compartment.BONE.code
    box = spine.level_boxes[vertebra.level]
    own = np.argwhere(spine.level_codes[box] == vertebra.level.code) + [part.start for part in box]
    bone = axes.to_local(spine.grid.to_world(own))
    lost = in_bone & (spine.level_codes[tuple(placed.voxels[here].T)] != vertebra.level.code)
    bone = np.concatenate([bone, local[lost]])
    weights = sector_weights(local, midline)
    layers = _layers(local, bone, compartments, midline)
    voxel_ml = spine.grid.voxel_volume_mm3 / 1000
    fractions = weights[in_bone].sum(axis=0) / np.maximum(sector_weights(bone, midline).sum(axis=0), 1e-9)
    thick = ball_fits(local, depth_mm[here], midline, wbb_rule("sector_thickness_mm") / 2)
    involved = (fractions >= wbb_rule("sector_bone_fraction")) | thick
    by_layer = {name: weights[layers == name].sum(axis=0) * voxel_ml for name in LAYERS[:4]}
    sectors = tuple(int(k) + 1 for k in np.flatnonzero(involved))
    present = [
        name
        for name, volumes in by_layer.items()
        if volumes.sum() >= wbb_rule("layer_ml") and (name != "D" or epidural_mm >= wbb_rule("epidural_thickness_mm"))
    ]
    least = wbb_rule("sector_layer_ml")
    sector_layers = {k: _layers_of(k, by_layer, present, least) for k in sectors}
    told = {*present, *(name for names in sector_layers.values() for name in names)}
    return Wbb(
        level=vertebra.level,
        sectors=sectors,
        margin=_neighbours(sectors),
        layers=tuple(name for name in LAYERS if name in told),
        sector_layers=sector_layers,
        bone_fraction={k: float(fractions[k - 1]) for k in range(1, SECTORS + 1)},
        layer_ml={name: float(volumes.sum()) for name, volumes in by_layer.items()},
        midline=source,
        convention=str(wbb_data()["convention"]),
        notes=_notes(vertebra.level),
    )


def _layers_of(
    sector: int, by_layer: Mapping[str, NDArray[np.float64]], present: list[str], least_ml: float
) -> tuple[str, ...]:
    """Layers of an involved sector: those with enough tumour, else the one with most of it, which there always is."""
    ml = {name: float(volumes[sector - 1]) for name, volumes in by_layer.items()}
    enough = tuple(name for name in present if ml[name] >= least_ml)
    return enough or (max(ml, key=lambda name: ml[name]),)


def _neighbours(sectors: tuple[int, ...]) -> tuple[int, ...]:
    """Sectors beside an involved one: readers differ by one sector (Chan 2009, kappa 0.31)."""
    around = {(k - 1 + step) % SECTORS + 1 for k in sectors for step in (-1, 1)}
    return tuple(sorted(around - set(sectors)))


def _layers(
    local: NDArray[np.float64],
    bone: NDArray[np.float64],
    compartments: NDArray[np.uint8],
    midline: NDArray[np.float64],
) -> NDArray[np.str_]:
    """Layer of every tumour voxel: bone is halved on each ray between its inner and outer surface."""
    rays, tumour_rays = _rays(bone, midline), _rays(local, midline)
    count = int(max(rays.max(initial=0), tumour_rays.max(initial=0))) + 1
    inner, outer = np.full(count, np.inf), np.zeros(count)
    radius = np.hypot(bone[:, 0], bone[:, 1])
    np.minimum.at(inner, rays, radius)
    np.maximum.at(outer, rays, radius)
    superficial = np.hypot(local[:, 0], local[:, 1]) > (inner[tumour_rays] + outer[tumour_rays]) / 2
    names = np.where(superficial, "B", "C")
    names = np.where(compartments == Compartment.EPIDURAL.code, "D", names)
    return np.where(compartments == Compartment.PARAVERTEBRAL.code, "A", names)


def _rays(local: NDArray[np.float64], midline: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the ray of each point: nearest of 72 directions, nearest 2 mm of height."""
    count = round(360 / RAY_DEG)
    turn = np.rint(sector_angles(local, midline) / RAY_DEG).astype(np.intp) % count
    height = np.rint(local[:, 2] / RAY_HEIGHT_MM).astype(np.intp) + HIGHEST
    return np.asarray(np.clip(height, 0, 2 * HIGHEST) * count + turn, np.intp)


HIGHEST = 60
"""No part of a vertebra lies more than this many steps (120 mm) above or below its canal centre."""


def _notes(level: Level) -> tuple[str, ...]:
    notes = ["layer E (intradural) is not looked for in masks"]
    if level is Level.C1:
        notes.append("C1 has no body: the sectors are only an approximate ring")
    if level.order >= Level.S1.order:
        notes.append("WBB is not suited to the sacrum")
    return tuple(notes)
