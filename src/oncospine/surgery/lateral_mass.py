"""Lateral mass screws C3-C7: from the posterior face of the mass outwards and up, away from canal and artery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oncospine.anatomy import Part, sided
from oncospine.base import Level, Side, parse_levels
from oncospine.surgery.bone_field import DECIMALS, SOLID, BoneField
from oncospine.surgery.screw import Screw
from oncospine.surgery.sizes import RuleSource, room_data, source_of

STEP_MM = 0.5
"""Sampling along an axis: finer than the grid of the vertebra."""

FARTHEST_MM = 25.0
"""No bone is looked for further: longer than any lateral mass."""

FACES_MM = (4.0, 3.0)
"""Behind the entry and before the tip the clearance is not judged: the faces that the screw goes through, up to 45
degrees oblique, are nearer there than any wall that it has to keep away from."""


REFINED = 60
"""Best axes on the grid whose clearance is found again against the surface points: finer than the grid."""

CLEARANCE_WEIGHT, ANGLE_WEIGHT = 100.0, 0.2
"""A tenth of a millimetre of room outweighs the step between two lengths; 10 degrees weigh as much as one length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateralMassRules:
    """Numbers of `data/lateral_mass.yaml`. Angles: lateral away from the midline, up towards the head."""

    levels: tuple[Level, ...]
    diameter_mm: float
    lengths_mm: tuple[float, ...]
    short_of_cortex_mm: float
    canal_margin_mm: float
    lateral_deg: tuple[float, float]
    up_deg: tuple[float, float]
    usual_lateral_deg: float
    aside_mm: tuple[float, float]
    above_mm: tuple[float, float]
    angle_step_deg: float
    offset_step_mm: float
    source: RuleSource


@cache
def lateral_mass_rules() -> LateralMassRules:
    """The rules that come with the program."""
    data: Mapping[str, Any] = room_data("lateral_mass.yaml")

    def pair(name: str) -> tuple[float, float]:
        return float(data[name][0]), float(data[name][1])

    return LateralMassRules(
        levels=parse_levels(data["levels"]),
        diameter_mm=float(data["diameter_mm"]),
        lengths_mm=tuple(float(size) for size in data["lengths_mm"]),
        short_of_cortex_mm=float(data["short_of_cortex_mm"]),
        canal_margin_mm=float(data["canal_margin_mm"]),
        lateral_deg=pair("lateral_deg"),
        up_deg=pair("up_deg"),
        usual_lateral_deg=float(data["usual_lateral_deg"]),
        aside_mm=pair("aside_mm"),
        above_mm=pair("above_mm"),
        angle_step_deg=float(data["angle_step_deg"]),
        offset_step_mm=float(data["offset_step_mm"]),
        source=source_of(data),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MassScrew:
    """A screw of the lateral mass, or why there is none; `clearance_mm` is bone around, `ahead_mm` before it."""

    screw: Screw | None
    clearance_mm: float | None = None
    ahead_mm: float | None = None
    refusal: str | None = None


def lateral_mass_screw(field: BoneField, side: Side) -> MassScrew:
    """The axis of most bone around it among the usual entries and angles, and the longest length that stays in bone."""
    rules = lateral_mass_rules()
    entries = _entries(field, side, rules)
    if len(entries) == 0:
        return MassScrew(
            screw=None, refusal=f"no posterior face of the {side} lateral mass of {field.level} is in view"
        )
    turns = np.array(
        list(product(_steps(rules.lateral_deg, rules.angle_step_deg), _steps(rules.up_deg, rules.angle_step_deg)))
    )
    ways = _ways(turns, side)
    along = np.arange(0.0, FARTHEST_MM, STEP_MM)
    points = entries[:, None, None, :] + along[None, None, :, None] * ways[None, :, None, :]
    depth = _depth(field)
    solid = field.occupancy_at(points) > SOLID
    solid[..., :2] = True
    ends = np.where(solid.all(axis=2), len(along) - 1, (~solid).argmax(axis=2))
    reach = along[ends] - rules.short_of_cortex_mm
    longest = np.array([_longest(value, rules.lengths_mm) for value in reach.ravel()]).reshape(reach.shape)
    values = _sampled(field, side, depth, points)
    judged = (along >= FACES_MM[0]) & (along <= np.maximum(longest - FACES_MM[1], FACES_MM[0])[..., None])
    clearance = np.where(judged, values, np.inf).min(axis=2)
    aside = np.abs(turns[:, 0] - rules.usual_lateral_deg)
    merit = np.where(longest > 0, _merit(clearance, longest, aside, rules), -np.inf)
    tree, canal = cKDTree(field.surface_mm), cKDTree(field.surface_mm[field.faces_canal])
    best = np.argsort(-merit, axis=None, kind="stable")[:REFINED]
    for flat in best[np.isfinite(merit.ravel()[best])]:
        entry, turn = np.unravel_index(int(flat), merit.shape)
        stretch = points[entry, turn][judged[entry, turn]]
        whole = points[entry, turn][along <= longest[entry, turn]]
        around = float(np.min(tree.query(stretch)[0], initial=np.inf)) if len(stretch) else 0.0
        clearance[entry, turn] = min(around, float(np.min(canal.query(whole)[0])) - rules.canal_margin_mm)
        merit[entry, turn] = _merit(clearance[entry, turn], longest[entry, turn], aside[turn], rules)
    entry, turn = np.unravel_index(int(best[merit.ravel()[best].argmax()]), merit.shape)
    if not np.isfinite(merit[entry, turn]):
        thick = float(reach.max() + rules.short_of_cortex_mm)
        return MassScrew(
            screw=None,
            refusal=f"the {side} lateral mass of {field.level} is {thick:.0f} mm thick along the best axis: the "
            f"shortest screw is {rules.lengths_mm[0]:g} mm and {rules.short_of_cortex_mm:g} mm are kept free",
        )
    if clearance[entry, turn] < rules.diameter_mm / 2:
        return MassScrew(
            screw=None,
            refusal=f"the {side} lateral mass of {field.level} holds a corridor of {2 * clearance[entry, turn]:.1f} mm "
            f"({rules.canal_margin_mm:g} mm from the canal), the screw is {rules.diameter_mm:g} mm",
        )
    start, length = entries[entry], float(longest[entry, turn])
    screw = Screw(
        level=field.level,
        side=side,
        entry_mm=field.frame.to_world(start),
        tip_mm=field.frame.to_world(start + length * ways[turn]),
        diameter_mm=rules.diameter_mm,
    )
    ahead = float(along[ends[entry, turn]]) - length
    return MassScrew(screw=screw, clearance_mm=float(clearance[entry, turn]), ahead_mm=ahead)


def _merit(clearance: Any, length: Any, aside_deg: Any, rules: LateralMassRules) -> Any:
    """Room for the screw first (more than it needs counts no more), then length, then nearness to the usual angle."""
    room = np.minimum(clearance, rules.diameter_mm / 2)
    return np.round(CLEARANCE_WEIGHT * room + length - ANGLE_WEIGHT * aside_deg, DECIMALS)


def _entries(field: BoneField, side: Side, rules: LateralMassRules) -> NDArray[np.float64]:
    """Points (n, 3) of the posterior face around the middle of the mass; local coordinates."""
    first, solid = _outwards(field, side, (field.occupancy > SOLID) & (field.parts != Part.SPINOUS.code))
    mass = _outwards(field, side, field.parts == sided("articular", side).code)[1]
    arch = mass | _outwards(field, side, field.parts == sided("lamina", side).code)[1]
    if not mass.any():
        return np.zeros((0, 3))
    middle = np.round(first + field.step_mm * np.argwhere(mass).mean(axis=0), DECIMALS)
    found = []
    for aside, above in product(
        _steps(rules.aside_mm, rules.offset_step_mm), _steps(rules.above_mm, rules.offset_step_mm)
    ):
        place = middle + np.array([aside, 0.0, above])
        i, _, k = np.rint((place - first) / field.step_mm).astype(int)
        if not (0 <= i < solid.shape[0] and 0 <= k < solid.shape[2]):
            continue
        column = np.flatnonzero(solid[i, :, k])
        if column.size and arch[i, column[0], k]:
            found.append([side.sign * place[0], first[1] + field.step_mm * column[0], place[2]])
    return np.array(found).reshape(-1, 3)


def _outwards(field: BoneField, side: Side, values: Any) -> tuple[NDArray[np.float64], Any]:
    """The grid's first sample and values with the lateral direction positive, so that both sides count alike."""
    if side is Side.RIGHT:
        return field.first_mm, values
    last = field.first_mm[0] + field.step_mm * (values.shape[0] - 1)
    return np.round(np.array([-last, field.first_mm[1], field.first_mm[2]]), DECIMALS), values[::-1]


def _ways(turns: NDArray[np.float64], side: Side) -> NDArray[np.float64]:
    """Unit vectors (n, 3) forwards, outwards and up in local coordinates."""
    out, up = np.tan(np.radians(turns)).T
    ways = np.stack([side.sign * out, np.ones(len(turns)), up], axis=-1)
    return np.asarray(ways / np.linalg.norm(ways, axis=1, keepdims=True))


def _depth(field: BoneField) -> NDArray[np.float32]:
    """Depth below the surface over the whole grid: `BoneField.depth_mm` begins at the pedicles, too far forwards."""
    import edt

    solid = np.ascontiguousarray(field.occupancy > SOLID)
    step = field.step_mm
    found = edt.edt(solid, anisotropy=(step, step, step), black_border=True)
    return np.asarray(np.maximum(found - np.float32(step / 2), 0), np.float32)


def _sampled(
    field: BoneField, side: Side, depth: NDArray[np.float32], local_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Depth at the samples nearest to local points; 0 outside."""
    first, values = _outwards(field, side, depth)
    lateral = local_mm * np.array([float(side.sign), 1.0, 1.0])
    voxel = np.rint(np.round((lateral - first) / field.step_mm, DECIMALS)).astype(np.intp)
    top = np.array(values.shape) - 1
    inside = ((voxel >= 0) & (voxel <= top)).all(axis=-1)
    at = np.clip(voxel, 0, top)
    return np.asarray(np.where(inside, values[at[..., 0], at[..., 1], at[..., 2]], np.float32(0)))


def _longest(room_mm: float, lengths_mm: tuple[float, ...]) -> float:
    return max((size for size in lengths_mm if size <= room_mm), default=0.0)


def _steps(limits: tuple[float, float], step: float) -> NDArray[np.float64]:
    return np.arange(limits[0], limits[1] + step / 2, step)
