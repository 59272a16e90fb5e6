"""The vertebral body: superellipse sections with a waist, hollow endplates, and a back cut by the canal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oncospine.base import Region, Side
from oncospine.phantom.shapes import Bounds, Floats, Points
from oncospine.phantom.subject import VertebraShape

FRONT_POWER = {Region.CERVICAL: 2.4, Region.THORACIC: 2.3, Region.LUMBAR: 2.6}
BACK_POWER = 3.5
CONCAVITY_MM = 2.0
"""How far the section would reach behind the posterior wall if the canal did not cut it."""


def waist_of(shape: VertebraShape) -> float:
    """Relative narrowing at mid-height (morphometry.md section 12.1 item 2)."""
    region = shape.level.region
    if region is Region.LUMBAR:
        return 0.15
    return 0.12 if region is Region.THORACIC and shape.level.number >= 5 else 0.10


@dataclass(frozen=True, eq=False)
class Body:
    """One body in the coordinates of its vertebra; also the section and the endplates the discs are made from."""

    shape: VertebraShape

    @property
    def back(self) -> float:
        """The posterior wall at the midline."""
        return -self.shape.mean_depth / 2

    @property
    def bounds(self) -> Bounds:
        sizes = self.shape.sizes
        half = max(sizes["EPWu"], sizes["EPWl"]) / 2 * 1.05
        front = self.back + max(sizes["EPDu"], sizes["EPDl"])
        top = max(sizes["VBHa"], sizes["VBHp"]) / 2 + 0.5
        return (-half, self.back - CONCAVITY_MM, -top), (half, front, top)

    def upper_z(self, x: Floats | float, y: Floats | float) -> Floats:
        """Height of the upper endplate."""
        return self._plate(x, y, top=1.0, width="EPWu", depth="EPDu")

    def lower_z(self, x: Floats | float, y: Floats | float) -> Floats:
        return -self._plate(x, y, top=-1.0, width="EPWl", depth="EPDl")

    def _plate(self, x: Floats | float, y: Floats | float, *, top: float, width: str, depth: str) -> Floats:
        """Distance of the endplate from the mid-plane: half the height, the wedge and the hollow."""
        sizes = self.shape.sizes
        rho = (x / (sizes[width] / 2)) ** 2 + ((y - self.back - sizes[depth] / 2) / (sizes[depth] / 2)) ** 2
        rim = self.shape.mean_height / 2 - y * math.tan(self.shape.half_wedge)
        return np.asarray(rim - self.shape.hollow * np.maximum(1 - rho, 0) + 0.0 * top, np.float32)

    def section(self, x: Floats, y: Floats, t: Floats | float, *, waist: float) -> Floats:
        """First-order distance to the outline at height fraction `t` (0 lower, 1 upper endplate)."""
        sizes = self.shape.sizes
        pinch = 1 - waist * np.sin(np.pi * np.clip(t, 0, 1))
        half_width = (sizes["EPWl"] + (sizes["EPWu"] - sizes["EPWl"]) * t) / 2 * pinch
        front = self.back + (sizes["EPDl"] + (sizes["EPDu"] - sizes["EPDl"]) * t) * (0.5 + 0.5 * pinch)
        half_depth = (front - self.back + CONCAVITY_MM) / 2
        sides = self.shape.sides
        factor = np.where(
            x > 0, sides[Side.RIGHT].body_half_width_factor, sides[Side.LEFT].body_half_width_factor
        ).astype(np.float32)
        u = np.abs(x) / (half_width * factor) + np.float32(1e-4)
        v = (y - (front - half_depth)) / half_depth
        power = np.where(v > 0, FRONT_POWER[self.shape.level.region], BACK_POWER).astype(np.float32)
        v = np.abs(v) + np.float32(1e-4)
        u_less, v_less = u ** (power - 1), v ** (power - 1)
        f = u_less * u + v_less * v
        root = f ** (1 / power)
        scale = root / f
        slope = np.sqrt((u_less / (half_width * factor)) ** 2 + (v_less / half_depth) ** 2) * scale
        return np.asarray((root - 1) / np.maximum(slope, 1e-3), np.float32)

    def distance(self, points: Points) -> Floats:
        x, y, z = points
        top, bottom = self.upper_z(x, y), self.lower_z(x, y)
        t = np.clip((z - bottom) / np.maximum(top - bottom, 1.0), 0, 1)
        side = self.section(x, y, t, waist=waist_of(self.shape))
        return np.asarray(np.maximum(np.maximum(z - top, bottom - z), side), np.float32)


@dataclass(frozen=True, eq=False)
class Disc:
    """The disc below a body, in the coordinates of that vertebra; `below` gives the height of the next endplate."""

    upper: Body
    lower: Body

    @property
    def bounds(self) -> Bounds:
        (x0, y0, z0), (x1, y1, _) = self.upper.bounds
        return (x0, y0, z0 - self.upper.shape.sizes["dh"] - 4), (x1, y1, z0 + 4)

    def distance_between(self, points: Points, in_lower: Points) -> Floats:
        """Distance from the points given in the upper and in the lower vertebra's coordinates."""
        x, y, z = points
        above = z - self.upper.lower_z(x, y)
        below = self.lower.upper_z(in_lower[0], in_lower[1]) - in_lower[2]
        side = self.upper.section(x, y, 0.0, waist=0.0) + np.float32(0.3)
        return np.asarray(np.maximum(np.maximum(above, below), side), np.float32)
