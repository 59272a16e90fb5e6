"""One vertebra as an object: its frame, its parts, its pedicles and endplates, and what the scan has cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.parts import Part
from oncospine.base import Level, Side
from oncospine.geometry import Frame, Plane, Point, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Whether the vertebra is wholly in view: directions in which the scan ends inside it, and inside its body."""

    cut: tuple[str, ...]
    body_cut: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.cut

    @property
    def reason(self) -> str | None:
        """What to tell the reader; None for a complete vertebra."""
        if not self.cut:
            return None
        where = f"cut by the field of view ({', '.join(self.cut)})"
        return where if self.body_cut else f"{where}, behind the body only"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pedicle:
    """The narrowest section of a pedicle. `axis` points from posterior to anterior.

    `width_mm` is the outer transverse width and `height_mm` the outer sagittal height, both perpendicular to the
    axis at the isthmus. `transverse_deg` is positive where the axis converges anteriorly; `sagittal_deg` is the angle
    to the upper endplate, positive where the axis, followed to posterior, rises (morphometry.md section 0.2).
    """

    side: Side
    isthmus_mm: Point
    axis: Point
    width_mm: float
    height_mm: float
    transverse_deg: float
    sagittal_deg: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endplate:
    """Least-squares plane of one endplate; its normal points out of the body."""

    plane: Plane
    width_mm: float
    depth_mm: float
    residual_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHeights:
    """Distances between the endplates in the midline third, in mm (classifications.md section 11.1)."""

    anterior_mm: float
    middle_mm: float
    posterior_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vertebra:
    """A vertebra.

    `frame` has its origin at the centre of the body (mean of the endplate centres where both are known) and the axes
    of morphometry.md section 0.1. `canal_mm` is the centre of its canal. `parts` holds part codes (uint8) on a grid
    aligned with the frame: the finest description of the bone that the scan supports. `voxels` maps each part to its
    volume in ml counted on the scan's own voxels.
    """

    level: Level
    frame: Frame
    canal_mm: Point
    parts: Volume
    volumes_ml: Mapping[Part, float]
    completeness: Completeness
    pedicles: Mapping[Side, Pedicle]
    upper_endplate: Endplate | None
    lower_endplate: Endplate | None
    heights: BodyHeights | None
    notes: tuple[str, ...] = ()

    @property
    def volume_ml(self) -> float:
        return sum(self.volumes_ml.values())

    @property
    def wedge_deg(self) -> float | None:
        """Sagittal angle between the endplates, kyphotic positive; None without both (classifications.md 11.2)."""
        if self.upper_endplate is None or self.lower_endplate is None:
            return None
        up, down = (plate.plane.normal @ self.frame.axes.T for plate in (self.upper_endplate, self.lower_endplate))
        return float(np.degrees(np.arctan2(up[1], up[2]) + np.arctan2(down[1], -down[2])))

    def part_mask(self, *parts: Part) -> NDArray[np.bool_]:
        """Voxels of the given parts on the vertebra's own grid."""
        return np.isin(self.parts.array, [part.code for part in parts])
