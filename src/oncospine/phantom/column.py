"""The vertebrae in a row: a frame for each, and the curve of the spinal canal behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from oncospine.base import Level, Region
from oncospine.geometry import Frame
from oncospine.phantom.shapes import Floats, Points
from oncospine.phantom.spec import MODELLED_LEVELS, PhantomSpec, Posture
from oncospine.phantom.subject import VertebraShape
from oncospine.phantom.tables import variation

CURVE_STEP_MM = 0.5
APEX = Level.T7


def pose_of(posture: Posture) -> Frame:
    """Where the patient's own axes stand in the world; a rigid motion."""
    turn = (
        Rotation.from_euler("z", posture.turn_deg, degrees=True)
        * Rotation.from_euler("y", posture.roll_deg, degrees=True)
        * Rotation.from_euler("x", -posture.lean_deg, degrees=True)
    )
    return Frame(np.asarray(posture.shift_mm, dtype=np.float64), turn.as_matrix().T)


def chained_frames(shapes: Mapping[Level, VertebraShape], spec: PhantomSpec) -> dict[Level, Frame]:
    """Frames (body centre; right, anterior, superior) of all modelled vertebrae, T7 upright at the origin."""
    leans, rolls = _inclinations(shapes, spec)
    axes = {}
    for level, lean, roll in zip(MODELLED_LEVELS, leans, rolls, strict=True):
        turn = Rotation.from_euler("y", roll) * Rotation.from_euler("x", -lean)
        own = Rotation.from_euler("z", shapes[level].axial_rotation_deg, degrees=True)
        axes[level] = (turn * own).as_matrix().T
    origins = [np.zeros(3)]
    for upper, lower in pairwise(MODELLED_LEVELS):
        between = axes[upper][2] + axes[lower][2]
        between /= np.linalg.norm(between)
        step = (
            axes[upper][2] * shapes[upper].mean_height / 2
            + between * shapes[upper].rim_gap
            + axes[lower][2] * shapes[lower].mean_height / 2
        )
        origins.append(origins[-1] - step)
    apex = origins[MODELLED_LEVELS.index(APEX)]
    return {level: Frame(o - apex, axes[level]) for level, o in zip(MODELLED_LEVELS, origins, strict=True)}


def _inclinations(shapes: Mapping[Level, VertebraShape], spec: PhantomSpec) -> tuple[list[float], list[float]]:
    """Forward lean and sideways roll (radians) of every vertebra, T7 upright."""
    rng = np.random.default_rng([spec.seed, 202])
    extra = spec.posture.kyphosis_deg + 0.5 * variation()["sd_deg"]["kyphosis"] * spec.variation * float(
        np.clip(rng.standard_normal(), -1, 1)
    )
    supine = float(variation()["supine_disc_wedge_deg"])
    leans = [0.0]
    for upper, lower in pairwise(MODELLED_LEVELS):
        thoracic = upper.region is Region.THORACIC and lower.region is Region.THORACIC
        wedge = supine if thoracic and not spec.posture.standing else shapes[upper].sizes["dth"]
        change = shapes[upper].half_wedge + math.radians(wedge) + shapes[lower].half_wedge
        leans.append(leans[-1] - change - (math.radians(extra) / 11 if thoracic else 0.0))
    apex = MODELLED_LEVELS.index(APEX)
    cobb = math.radians(spec.posture.scoliosis_deg)
    rolls = [cobb / 2 * math.sin(math.pi * np.clip((index - apex) / 10, -1, 1)) for index in range(len(leans))]
    return [lean - leans[apex] for lean in leans], rolls


@dataclass(frozen=True, eq=False)
class CanalCurve:
    """The canal's centreline, cranial to caudal, every `CURVE_STEP_MM`, with right and anterior directions."""

    points: NDArray[np.float64]
    down: NDArray[np.float64]
    right: NDArray[np.float64]
    anterior: NDArray[np.float64]
    level_arc: Mapping[Level, float]

    @property
    def arc(self) -> NDArray[np.float64]:
        return np.arange(len(self.points), dtype=np.float64) * np.float64(CURVE_STEP_MM)

    def interpolated(self, values: Mapping[Level, float]) -> NDArray[np.float64]:
        """One number per curve point from one per level, smooth and without overshoot."""
        from scipy.interpolate import PchipInterpolator

        arcs = [self.level_arc[level] for level in MODELLED_LEVELS]
        numbers = [values[level] for level in MODELLED_LEVELS]
        arc = np.clip(self.arc, arcs[0], arcs[-1])
        return np.asarray(PchipInterpolator(arcs, numbers)(arc))

    def bend(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Curvature (1/mm) towards right and anterior: a volume element at (u, v) is 1 - u bend_u - v bend_v long."""
        change = np.gradient(self.down, CURVE_STEP_MM, axis=0)
        return (change * self.right).sum(1), (change * self.anterior).sum(1)

    def frame_at(self, arc_mm: float) -> Frame:
        """Frame of the cross-section at an arc length: superior is up the canal."""
        origin = self.at(arc_mm, self.points)
        up = -self.at(arc_mm, self.down)
        up /= np.linalg.norm(up)
        right = self.at(arc_mm, self.right)
        right -= (right @ up) * up
        right /= np.linalg.norm(right)
        return Frame(origin, np.array([right, np.cross(up, right), up]))

    def at(self, arc_mm: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Linear interpolation of per-point rows at one arc length."""
        index = np.clip(arc_mm / CURVE_STEP_MM, 0, len(values) - 1.001)
        low = int(index)
        return np.asarray(values[low] + (index - low) * (values[low + 1] - values[low]))

    def nearest_arc(self, point: NDArray[np.float64]) -> float:
        """Arc length of the cross-section plane that holds `point`."""
        s, _, _ = self.section_coordinates(tuple(np.full((1, 1, 1), c, np.float32) for c in point))  # type: ignore[arg-type]
        return float(s[0, 0, 0])

    def section_coordinates(self, points: Points) -> Points:
        """(arc length, right, anterior) of points near the curve, in their own cross-section planes."""
        x, y, z = points
        order = np.argsort(self.points[:, 2])
        s = np.interp(z, self.points[order, 2], self.arc[order])
        top = len(self.points) - 1.001
        for _ in range(3):
            index, part = _split(s / CURVE_STEP_MM, top)
            offsets = [p - _gather(self.points, axis, index, part) for axis, p in enumerate((x, y, z))]
            s = s + sum(o * _gather(self.down, axis, index, part) for axis, o in enumerate(offsets))
        index, part = _split(s / CURVE_STEP_MM, top)
        offsets = [p - _gather(self.points, axis, index, part) for axis, p in enumerate((x, y, z))]
        u = sum(o * _gather(self.right, axis, index, part) for axis, o in enumerate(offsets))
        v = sum(o * _gather(self.anterior, axis, index, part) for axis, o in enumerate(offsets))
        return s.astype(np.float32), np.asarray(u, np.float32), np.asarray(v, np.float32)


def _split(position: NDArray[np.float64], top: float) -> tuple[NDArray[np.int32], Floats]:
    clipped = np.clip(position, 0, top)
    index = clipped.astype(np.int32)
    return index, (clipped - index).astype(np.float32)


def _gather(values: NDArray[np.float64], axis: int, index: NDArray[np.int32], part: Floats) -> Floats:
    column = values[:, axis].astype(np.float32)
    return np.asarray(column[index] + part * (np.diff(column)[index]), np.float32)


def canal_curve(shapes: Mapping[Level, VertebraShape], frames: Mapping[Level, Frame]) -> CanalCurve:
    """The smooth curve through the canal centres behind every body."""
    centres = []
    for level in MODELLED_LEVELS:
        back = shapes[level].mean_depth / 2 + shapes[level].sizes["SCD"] / 2
        centres.append(frames[level].to_world((0.0, -back, 0.0)))
    knots = np.asarray(centres)
    first = knots[0] + 25 * frames[MODELLED_LEVELS[0]].superior
    last = knots[-1] - 35 * frames[MODELLED_LEVELS[-1]].superior
    knots = np.vstack([first, knots, last])
    chord = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    fine = CubicSpline(chord, knots)(np.linspace(0, chord[-1], 6000))
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    arc = np.arange(0, length[-1], CURVE_STEP_MM)
    points = np.stack([np.interp(arc, length, fine[:, axis]) for axis in range(3)], -1)
    down = np.gradient(points, axis=0)
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    level_arc = {
        level: float(length[np.argmin(np.linalg.norm(fine - centre, axis=1))])
        for level, centre in zip(MODELLED_LEVELS, centres, strict=True)
    }
    arcs = [level_arc[level] for level in MODELLED_LEVELS]
    rights = np.stack([frames[level].right for level in MODELLED_LEVELS])
    right = np.stack([np.interp(arc, arcs, rights[:, axis]) for axis in range(3)], -1)
    right -= (right * down).sum(1, keepdims=True) * down
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return CanalCurve(points, down, right, np.cross(-down, right), level_arc)
