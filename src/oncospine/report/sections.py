"""Where the pixels of a picture lie in the patient, and which way it is looked at (conventions.md section 7).

Axial: seen from the feet, the patient's right on the viewer's left, anterior up. Coronal: the patient's right on the
viewer's left, head up. Sagittal: anterior on the viewer's left, head up. The sagittal and coronal pictures follow the
spine out of the plane (each row has its own depth), so that canal and bodies stay in view in a crooked spine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.anatomy import Canal, Spine
from oncospine.geometry import Frame, Point, unit

RIGHT = np.array([1.0, 0.0, 0.0])
ANTERIOR = np.array([0.0, 1.0, 0.0])
SUPERIOR = np.array([0.0, 0.0, 1.0])

OBLIQUE = 0.26
"""A direction gets a second letter when it leans more than 15 degrees (sine 0.26) towards another axis [D]."""

MOST_LETTERS = 2
"""The main direction and the one it leans to; a third letter tells a reader nothing more."""

PIXEL_MM = 0.4
"""Size of a pixel: finer than the in-plane voxel of a spine CT, so that linear sampling loses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """Pixels (h, w) in patient space: `points_mm` (h, w, 3), row 0 at the top.

    `across` points to the viewer's right and `up` to the top of the picture; `origin_mm` lies at the centre of pixel
    (0, 0), depth aside. `follows` says in words what the picture follows out of its plane, if anything.
    """

    points_mm: NDArray[np.float64]
    origin_mm: Point
    across: Point
    up: Point
    step_mm: float
    follows: str | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.points_mm.shape[0], self.points_mm.shape[1]

    def to_picture(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Picture coordinates (..., 2) in pixels, (0, 0) at the centre of the first pixel, y downwards."""
        offset = np.asarray(points_mm, dtype=np.float64) - self.origin_mm
        return np.stack([offset @ self.across, -(offset @ self.up)], axis=-1) / self.step_mm


def letters(direction: ArrayLike) -> str:
    """Orientation letters of a direction in patient space: "A", "AH" when oblique; "?" for none."""
    vector = np.asarray(direction, dtype=np.float64)
    if not np.isfinite(vector).all() or not np.linalg.norm(vector) > 0:
        return "?"
    pairs = zip(unit(vector), ("RL", "AP", "HF"), strict=True)
    parts = [(abs(part), pair[0] if part > 0 else pair[1]) for part, pair in pairs if abs(part) > OBLIQUE]
    return "".join(letter for _, letter in sorted(parts, key=lambda item: -round(item[0], 6))[:MOST_LETTERS])


def axial_section(frame: Frame, *, half_width_mm: float, behind_mm: float, ahead_mm: float) -> Section:
    """Section across the superior axis of a frame (its right to the viewer's left, its anterior up)."""
    across = np.arange(-half_width_mm, half_width_mm + PIXEL_MM / 2, PIXEL_MM)
    upwards = np.arange(ahead_mm, -behind_mm - PIXEL_MM / 2, -PIXEL_MM)
    points = frame.origin_mm - across[None, :, None] * frame.right + upwards[:, None, None] * frame.anterior
    return Section(points_mm=points, origin_mm=points[0, 0], across=-frame.right, up=frame.anterior, step_mm=PIXEL_MM)


def sagittal_section(canal: Canal, *, y_mm: tuple[float, float], z_mm: tuple[float, float]) -> Section:
    """Sagittal picture through the middle of the canal, between two y (posterior, anterior) and two z (foot, head)."""
    across = np.arange(y_mm[1], y_mm[0] - PIXEL_MM / 2, -PIXEL_MM)
    rows = np.arange(z_mm[1], z_mm[0] - PIXEL_MM / 2, -PIXEL_MM)
    depth = _at_height(canal.centreline.points_mm, rows, axis=0)
    points = np.empty((len(rows), len(across), 3))
    points[..., 0] = depth[:, None]
    points[..., 1] = across[None, :]
    points[..., 2] = rows[:, None]
    return Section(
        points_mm=points,
        origin_mm=points[0, 0],
        across=-ANTERIOR,
        up=SUPERIOR,
        step_mm=PIXEL_MM,
        follows="the middle of the canal",
    )


def coronal_section(spine: Spine, *, x_mm: tuple[float, float], z_mm: tuple[float, float]) -> Section:
    """Coronal picture through the middle of the bodies, between two x (left, right) and two z (foot, head)."""
    across = np.arange(x_mm[1], x_mm[0] - PIXEL_MM / 2, -PIXEL_MM)
    rows = np.arange(z_mm[1], z_mm[0] - PIXEL_MM / 2, -PIXEL_MM)
    centres = np.array([vertebra.frame.origin_mm for vertebra in spine.vertebrae.values()])
    depth = _at_height(centres, rows, axis=1)
    points = np.empty((len(rows), len(across), 3))
    points[..., 0] = across[None, :]
    points[..., 1] = depth[:, None]
    points[..., 2] = rows[:, None]
    return Section(
        points_mm=points,
        origin_mm=points[0, 0],
        across=-RIGHT,
        up=SUPERIOR,
        step_mm=PIXEL_MM,
        follows="the middle of the bodies",
    )


def _at_height(points_mm: NDArray[np.float64], heights: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """Coordinate `axis` of a curve at given z; beyond its ends, and for one point, that of the nearest end."""
    order = np.argsort(points_mm[:, 2], kind="stable")
    return np.asarray(np.interp(heights, points_mm[order, 2], points_mm[order, axis]))
