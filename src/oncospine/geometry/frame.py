"""Local right-handed frames (Right, Anterior, Superior) and planes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import GeometryError

Point = NDArray[np.float64]
"""One point or direction, shape (3,), in patient space: RAS+ millimetres."""


def as_point(value: ArrayLike, name: str) -> Point:
    """Copy `value` into a read-only `Point`, or say why it is not one."""
    point = np.array(value, dtype=np.float64)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise GeometryError(f"{name} needs 3 finite coordinates (RAS+ mm), got {value!r}")
    point.flags.writeable = False
    return point


def unit(vector: ArrayLike) -> Point:
    """`vector` scaled to length 1; `GeometryError` for a zero vector."""
    array = np.asarray(vector, dtype=np.float64)
    length = float(np.linalg.norm(array))
    if not length > 0:
        raise GeometryError("a direction needs a length above zero")
    return np.asarray(array / length)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A right-handed frame: origin and the unit axes right, anterior, superior as rows of `axes` (3, 3)."""

    origin_mm: Point
    axes: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin_mm", as_point(self.origin_mm, "origin_mm"))
        axes = np.array(self.axes, dtype=np.float64)
        if axes.shape != (3, 3) or not np.allclose(axes @ axes.T, np.eye(3), atol=1e-6):
            raise GeometryError("the axes of a frame are three orthogonal unit vectors")
        if np.linalg.det(axes) < 0:
            raise GeometryError("the axes of a frame are right-handed: right x anterior = superior")
        axes.flags.writeable = False
        object.__setattr__(self, "axes", axes)

    @property
    def right(self) -> Point:
        return np.asarray(self.axes[0])

    @property
    def anterior(self) -> Point:
        return np.asarray(self.axes[1])

    @property
    def superior(self) -> Point:
        return np.asarray(self.axes[2])

    def to_local(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Coordinates (..., 3) along right, anterior, superior of world points (..., 3), in mm."""
        return (np.asarray(points_mm, dtype=np.float64) - self.origin_mm) @ self.axes.T

    def to_world(self, local_mm: ArrayLike) -> NDArray[np.float64]:
        """World points (..., 3) of local coordinates (..., 3)."""
        return np.asarray(local_mm, dtype=np.float64) @ self.axes + self.origin_mm

    def moved_to(self, origin_mm: ArrayLike) -> Frame:
        """The same axes at another origin."""
        return Frame(as_point(origin_mm, "origin_mm"), self.axes)

    def to_plain(self) -> dict[str, object]:
        return {
            "origin_mm": self.origin_mm,
            "right": self.right,
            "anterior": self.anterior,
            "superior": self.superior,
        }


def frame_from(origin_mm: ArrayLike, *, superior: ArrayLike, anterior: ArrayLike) -> Frame:
    """Frame whose superior axis is exact and whose anterior axis is made perpendicular to it."""
    s = unit(superior)
    towards = np.asarray(anterior, dtype=np.float64)
    a = unit(towards - (towards @ s) * s)
    return Frame(as_point(origin_mm, "origin_mm"), np.array([np.cross(a, s), a, s]))


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane through `point_mm` with unit `normal`."""

    point_mm: Point
    normal: Point

    def __post_init__(self) -> None:
        object.__setattr__(self, "point_mm", as_point(self.point_mm, "point_mm"))
        object.__setattr__(self, "normal", as_point(unit(self.normal), "normal"))

    def distances_to(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Signed distances (...,) of points (..., 3); positive on the side of the normal."""
        return (np.asarray(points_mm, dtype=np.float64) - self.point_mm) @ self.normal


def fitted_plane(points_mm: ArrayLike, *, facing: ArrayLike) -> Plane:
    """Least-squares plane of points (n, 3), its normal on the side of `facing`."""
    points = np.asarray(points_mm, dtype=np.float64)
    if points.ndim != 2 or points.shape[0] < 3:
        raise GeometryError(f"a plane needs at least three points, got {points.shape}")
    centre = points.mean(axis=0)
    normal = np.linalg.svd(points - centre, full_matrices=False)[2][2]
    if normal @ np.asarray(facing, dtype=np.float64) < 0:
        normal = -normal
    return Plane(centre, normal)


def angle_deg(one: ArrayLike, other: ArrayLike) -> float:
    """Angle between two directions, 0..180 degrees."""
    cosine = float(np.clip(unit(one) @ unit(other), -1, 1))
    return float(np.degrees(np.arccos(cosine)))
