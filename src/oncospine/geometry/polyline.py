"""Curves in space, measured along their own length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import GeometryError
from oncospine.geometry.frame import Frame, frame_from


@dataclass(frozen=True, slots=True, eq=False)
class Polyline:
    """Points (n, 3) in patient space, in order, with arc length from the first point."""

    points_mm: NDArray[np.float64]

    def __post_init__(self) -> None:
        points = np.array(self.points_mm, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or len(points) < 2 or not np.isfinite(points).all():
            raise GeometryError(f"a curve needs at least two finite points (n, 3), got shape {points.shape}")
        if not (np.linalg.norm(np.diff(points, axis=0), axis=1) > 0).all():
            raise GeometryError("two consecutive points of the curve are the same")
        points.flags.writeable = False
        object.__setattr__(self, "points_mm", points)

    @property
    def arc_mm(self) -> NDArray[np.float64]:
        """Arc length (n,) at each point; 0 at the first."""
        steps = np.linalg.norm(np.diff(self.points_mm, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length_mm(self) -> float:
        return float(self.arc_mm[-1])

    def at(self, arc_mm: ArrayLike) -> NDArray[np.float64]:
        """Points (..., 3) at arc lengths (...,); clamped to the ends."""
        arc = self.arc_mm
        wanted = np.asarray(arc_mm, dtype=np.float64)
        return np.stack([np.interp(wanted, arc, self.points_mm[:, axis]) for axis in range(3)], axis=-1)

    def tangents_at(self, arc_mm: ArrayLike) -> NDArray[np.float64]:
        """Unit tangents (..., 3) at arc lengths (...,), interpolated between central differences at the points."""
        tangents = np.gradient(self.points_mm, self.arc_mm, axis=0)
        wanted = np.asarray(arc_mm, dtype=np.float64)
        found = np.stack([np.interp(wanted, self.arc_mm, tangents[:, axis]) for axis in range(3)], axis=-1)
        return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True))

    def resampled(self, step_mm: float) -> Polyline:
        """The same curve with equally spaced points about `step_mm` apart; both ends are kept."""
        count = max(int(np.ceil(self.length_mm / step_mm - 1e-9)), 1) + 1
        return Polyline(self.at(np.linspace(0.0, self.length_mm, count)))

    def nearest_arc_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Arc length (...,) of the point of the curve nearest to each point (..., 3)."""
        points = np.asarray(points_mm, dtype=np.float64)
        starts = self.points_mm[:-1]
        steps = np.diff(self.points_mm, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        flat = points.reshape(-1, 3)
        along = ((flat[:, None, :] - starts) * steps).sum(-1) / lengths**2
        along = np.clip(along, 0, 1)
        feet = starts + along[..., None] * steps
        best = ((flat[:, None, :] - feet) ** 2).sum(-1).argmin(axis=1)
        arc = self.arc_mm[best] + along[np.arange(len(flat)), best] * lengths[best]
        return np.asarray(arc.reshape(points.shape[:-1]))


def smoothed_curve(points_mm: ArrayLike, *, step_mm: float, sigma_mm: float) -> Polyline:
    """Curve through noisy ordered points: resampled every `step_mm`, Gaussian-smoothed, ends extended linearly.

    The extension by point reflection keeps the ends from being pulled inwards.
    """
    from scipy.ndimage import gaussian_filter1d

    raw = Polyline(np.asarray(points_mm, dtype=np.float64)).resampled(step_mm).points_mm
    pad = min(len(raw) - 1, max(int(np.ceil(4 * sigma_mm / step_mm)), 1))
    head = 2 * raw[0] - raw[pad:0:-1]
    tail = 2 * raw[-1] - raw[-2 : -pad - 2 : -1]
    smooth = gaussian_filter1d(np.concatenate([head, raw, tail]), sigma_mm / step_mm, axis=0)
    return Polyline(smooth[pad : pad + len(raw)]).resampled(step_mm)


def frames_along(curve: Polyline, arc_mm: ArrayLike, *, anterior: ArrayLike) -> list[Frame]:
    """Frames at arc lengths (n,) of a cranial-to-caudal curve: superior is minus the tangent.

    `anterior` is one direction (3,) or one per arc length (n, 3); it is made perpendicular to the tangent.
    """
    arcs = np.atleast_1d(np.asarray(arc_mm, dtype=np.float64))
    towards = np.broadcast_to(np.asarray(anterior, dtype=np.float64), (len(arcs), 3))
    points = curve.at(arcs)
    tangents = curve.tangents_at(arcs)
    return [frame_from(p, superior=-t, anterior=a) for p, t, a in zip(points, tangents, towards, strict=True)]
