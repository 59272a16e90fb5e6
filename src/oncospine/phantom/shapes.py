"""Solids as distance functions: first-order signed distances (mm, negative inside) on lattices of points.

A coverage of a voxel of size h by a solid is clip(1/2 - d/h): exact for a plane, second order in h times curvature for
a curved wall. It replaces dense supersampling. The solids are evaluated only in the block of the lattice that holds
their bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Affine, Box, Frame

Floats = NDArray[np.float32]
Points = tuple[Floats, Floats, Floats]
Bounds = tuple[tuple[float, float, float], tuple[float, float, float]]

FAR_MM = 50.0
"""Distance given to points outside a solid's bounds."""

MOST_FLARE = 0.35
"""How much wider than its centre a `Waist` gets."""

UPRIGHT_FLARE = 0.3
"""Share of that growth in the second direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A block of regularly spaced points: `affine` maps indices to millimetres of the patient."""

    shape: tuple[int, int, int]
    affine: Affine

    @property
    def step_mm(self) -> float:
        """Edge of a cube with the volume of one cell."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) ** (1 / 3))

    @property
    def cell_mm3(self) -> float:
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def box_of(self, bounds: Bounds, frame: Frame, margin_mm: float = 1.5) -> Box | None:
        """The block of cells that can touch `bounds` (given in `frame`); None if there is none."""
        low, high = (np.asarray(bounds[0]) - margin_mm, np.asarray(bounds[1]) + margin_mm)
        ends = np.stack([low, high])
        picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
        corners = frame.to_world(ends[picks, np.arange(3)])
        inverse = np.linalg.inv(self.affine)
        indices = corners @ inverse[:3, :3].T + inverse[:3, 3]
        start = np.maximum(np.floor(indices.min(0)).astype(int), 0)
        stop = np.minimum(np.ceil(indices.max(0)).astype(int) + 1, self.shape)
        if (stop <= start).any():
            return None
        return slice(start[0], stop[0]), slice(start[1], stop[1]), slice(start[2], stop[2])

    def cropped_to(self, box: Box) -> Lattice:
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [part.start for part in box]
        size = [part.stop - part.start for part in box]
        return Lattice((size[0], size[1], size[2]), affine)

    def points_in(self, frame: Frame) -> Points:
        """Coordinates along the axes of `frame`, each of the lattice's shape."""
        matrix = frame.axes @ self.affine[:3, :3]
        start = frame.axes @ (self.affine[:3, 3] - frame.origin_mm)
        axes = [np.arange(n, dtype=np.float64) for n in self.shape]
        found = []
        for row, offset in zip(matrix, start, strict=True):
            plane = (row[0] * axes[0])[:, None] + (row[1] * axes[1] + offset)[None, :]
            line = (row[2] * axes[2]).astype(np.float32)
            found.append(plane.astype(np.float32)[:, :, None] + line)
        return found[0], found[1], found[2]


class Solid(Protocol):
    """A closed shape in the coordinates of some frame."""

    @property
    def bounds(self) -> Bounds: ...

    def distance(self, points: Points) -> Floats: ...


def coverage(distance: Floats, step_mm: float) -> Floats:
    """Fraction of each cell that is inside."""
    return np.asarray(np.clip(0.5 - distance / np.float32(step_mm), 0, 1), np.float32)


def smooth_union(one: Floats, other: Floats, radius_mm: float) -> Floats:
    """Union with a fillet; differs from the minimum only where the two distances differ by less than `radius_mm`."""
    near = np.maximum(radius_mm - np.abs(one - other), 0) / radius_mm
    return np.asarray(np.minimum(one, other) - near * near * (radius_mm / 4), np.float32)


def ellipse_distance(x: Floats, y: Floats, rx: Floats | float, ry: Floats | float) -> Floats:
    """First-order distance to the ellipse of half axes `rx`, `ry`."""
    tiny = 1e-8
    u, v = x / rx, y / ry
    k0 = np.sqrt(u * u + v * v + tiny)
    k1 = np.sqrt((u / rx) ** 2 + (v / ry) ** 2 + tiny / (rx * ry))
    return np.asarray(k0 * (k0 - 1) / k1, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """A straight tube of elliptical section with rounded ends.

    `along` and `across` are unit vectors; the third direction is their cross product. Half sizes run linearly from
    `start_radii` to `end_radii` (across, third).
    """

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    across: tuple[float, float, float]
    start_radii: tuple[float, float]
    end_radii: tuple[float, float]

    @property
    def bounds(self) -> Bounds:
        reach = max(*self.start_radii, *self.end_radii)
        low = np.minimum(self.start, self.end) - reach
        high = np.maximum(self.start, self.end) + reach
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def distance(self, points: Points) -> Floats:
        start = np.asarray(self.start)
        span = np.asarray(self.end) - start
        length = float(np.linalg.norm(span))
        e_s = span / length
        e_u = np.asarray(self.across) - e_s * (e_s @ np.asarray(self.across))
        e_u /= np.linalg.norm(e_u)
        s, u, v = in_axes(points, start, np.stack([e_s, e_u, np.cross(e_s, e_u)]))
        inside = np.clip(s, 0, length)
        f = inside / np.float32(length)
        r_u = self.start_radii[0] + (self.end_radii[0] - self.start_radii[0]) * f
        r_v = self.start_radii[1] + (self.end_radii[1] - self.start_radii[1]) * f
        r_s = np.minimum(r_u, r_v)
        return _ellipsoid(u, v, s - inside, r_u, r_v, r_s)


@dataclass(frozen=True, slots=True, eq=False)
class Waist:
    """A tube of elliptical section that is narrowest, `half_u` x `half_v`, exactly at `centre`.

    Its width grows as 1 + (s / flare_mm)^2 near the centre, up to 1 + `MOST_FLARE`, its height less;
    it reaches `back_mm` behind and `front_mm` ahead of the centre.
    """

    centre: tuple[float, float, float]
    along: tuple[float, float, float]
    across: tuple[float, float, float]
    half_u: float
    half_v: float
    flare_mm: float
    back_mm: float
    front_mm: float

    @property
    def bounds(self) -> Bounds:
        reach = max(self.half_u, self.half_v) * (1 + MOST_FLARE)
        ends = np.asarray(self.centre) + np.outer([-self.back_mm, self.front_mm], self.along)
        low, high = ends.min(0) - reach, ends.max(0) + reach
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def distance(self, points: Points) -> Floats:
        axes = np.stack([self.along, self.across, np.cross(self.along, self.across)])
        s, u, v = in_axes(points, np.asarray(self.centre), axes)
        inside = np.clip(s, -self.back_mm, self.front_mm)
        grow = 1 + MOST_FLARE * (1 - np.exp(-((inside / np.float32(self.flare_mm)) ** 2) / MOST_FLARE))
        r_u, r_v = self.half_u * grow, self.half_v * (1 + UPRIGHT_FLARE * (grow - 1))
        return _ellipsoid(u, v, s - inside, r_u, r_v, np.minimum(r_u, r_v))


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A box of half sizes `half` along the rows of `axes`, with edges rounded by `rounding`."""

    centre: tuple[float, float, float]
    axes: NDArray[np.float64]
    half: tuple[float, float, float]
    rounding: float

    @property
    def bounds(self) -> Bounds:
        reach = np.abs(self.axes.T) @ np.asarray(self.half)
        low, high = np.asarray(self.centre) - reach, np.asarray(self.centre) + reach
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def distance(self, points: Points) -> Floats:
        local = in_axes(points, np.asarray(self.centre), self.axes)
        q = [np.abs(p) - np.float32(h - self.rounding) for p, h in zip(local, self.half, strict=True)]
        outside = np.sqrt(sum(np.maximum(p, 0) ** 2 for p in q))
        inside = np.minimum(np.maximum(np.maximum(q[0], q[1]), q[2]), 0)
        return np.asarray(outside + inside - np.float32(self.rounding), np.float32)


def in_axes(points: Points, origin: NDArray[np.float64], axes: NDArray[np.float64]) -> Points:
    """Coordinates of points relative to `origin` along the rows of `axes`."""
    x, y, z = points
    o = np.asarray(origin, np.float32)
    a = np.asarray(axes, np.float32)
    dx, dy, dz = x - o[0], y - o[1], z - o[2]
    return (
        a[0, 0] * dx + a[0, 1] * dy + a[0, 2] * dz,
        a[1, 0] * dx + a[1, 1] * dy + a[1, 2] * dz,
        a[2, 0] * dx + a[2, 1] * dy + a[2, 2] * dz,
    )


def _ellipsoid(u: Floats, v: Floats, w: Floats, r_u: Floats, r_v: Floats, r_w: Floats) -> Floats:
    tiny = np.float32(1e-8)
    a, b, c = u / r_u, v / r_v, w / r_w
    k0 = np.sqrt(a * a + b * b + c * c + tiny)
    k1 = np.sqrt((a / r_u) ** 2 + (b / r_v) ** 2 + (c / r_w) ** 2 + tiny / (r_w * r_w))
    return np.asarray(k0 * (k0 - 1) / k1, np.float32)
