"""Around the spine: ribs, sternum, aorta, oesophagus, trachea, lungs and the outline of the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from oncospine.base import Level, Region, Side
from oncospine.geometry import Box, Frame
from oncospine.phantom.bone import PATIENT, SpineModel
from oncospine.phantom.shapes import FAR_MM, Bounds, Floats, Lattice, Points, Tube
from oncospine.phantom.spec import MODELLED_LEVELS
from oncospine.phantom.vertebra import VertebraModel

RIB_HALF_MM = (5.8, 3.4)
"""Half height and half thickness."""

RIB_REACH = (0.50, 0.68, 0.82, 0.91, 0.96, 1.0, 1.0, 1.0, 0.97, 0.92, 0.80, 0.55)
"""How far to the side each rib goes, relative to the widest."""

RIB_DROP_MM = (22, 34, 46, 56, 64, 70, 74, 76, 76, 74, 60, 40)
CHEST_HALF_WIDTH_MM = 128.0
PIECE_MM = 5.0


@dataclass(frozen=True, eq=False)
class BentTube:
    """A bent tube: points, half sizes (across, third) per point, and the direction called across."""

    points: NDArray[np.float64]
    radii: NDArray[np.float64]
    across: tuple[float, float, float]

    @property
    def bounds(self) -> Bounds:
        reach = float(self.radii.max())
        low, high = self.points.min(0) - reach, self.points.max(0) + reach
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    def distance_on(self, lattice: Lattice) -> tuple[Box, Floats] | None:
        """Distance on the block of `lattice` that holds the tube; None if it is elsewhere."""
        box = lattice.box_of(self.bounds, PATIENT, margin_mm=2.5)
        if box is None:
            return None
        block = lattice.cropped_to(box)
        found = np.full(block.shape, FAR_MM, np.float32)
        for piece in self._pieces():
            inner = block.box_of(piece.bounds, PATIENT, margin_mm=2.5)
            if inner is not None:
                own = piece.distance(block.cropped_to(inner).points_in(PATIENT))
                found[inner] = np.minimum(found[inner], own)
        return box, found

    def _pieces(self) -> list[Tube]:
        return [
            Tube(_triple(p), _triple(q), self.across, (r[0], r[1]), (t[0], t[1]))
            for p, q, r, t in zip(self.points, self.points[1:], self.radii, self.radii[1:], strict=False)
        ]


def bent_tube(
    knots: Sequence[NDArray[np.float64]],
    radii: Sequence[tuple[float, float]],
    across: tuple[float, float, float] = (1.0, 0.0, 0.0),
) -> BentTube:
    """A smooth tube through `knots`."""
    points = np.asarray(knots, dtype=np.float64)
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    count = max(int(chord[-1] / PIECE_MM), 2) + 1
    places = np.linspace(0, chord[-1], count)
    sizes = np.stack([np.interp(places, chord, np.asarray(radii)[:, axis]) for axis in range(2)], -1)
    return BentTube(CubicSpline(chord, points)(places), sizes, across)


def ribs(model: SpineModel) -> dict[tuple[int, Side], BentTube]:
    """The ribs of the vertebrae of the image: head at the disc or body, tubercle at the transverse process."""
    found = {}
    for level in model.spec.levels:
        if level.region is Region.THORACIC:
            for side in Side:
                found[level.number, side] = _rib(model.vertebrae[level], side)
    return found


def _rib(vertebra: VertebraModel, side: Side) -> BentTube:
    number, shape = vertebra.level.number, vertebra.shape
    sizes, body, frame = shape.sizes, vertebra.body, vertebra.frame
    sign = side.sign
    tip = vertebra.transverse_tips[side]
    at_disc = 2 <= number <= 9
    width = sizes["EPWu"] / 2
    head_z = sizes["VBHp"] / 2 + 1.5 if at_disc else 0.15 * sizes["VBHp"]
    head = np.array([sign * (width + (1.2 if at_disc else 2.0)), body.back + 3.0, head_z])
    tubercle = np.array([sign * (abs(tip[0]) - 1.0), tip[1] + 8.2, tip[2] + 0.5])
    neck = 0.5 * (head + tubercle) + np.array([sign * 1.5, 0.0, 0.0])
    angle = np.array([sign * (abs(tip[0]) + 24), tip[1] + 0.5, tip[2] - 9.0])
    wide = CHEST_HALF_WIDTH_MM * RIB_REACH[number - 1]
    drop = RIB_DROP_MM[number - 1]
    local = [frame.to_world(point) for point in (head, neck, tubercle, angle)]
    centre = frame.origin_mm
    side_point = centre + np.array([sign * wide, 22.0, -0.55 * drop - 6])
    corner = centre + np.array([sign * wide * 0.84, 80.0, -0.85 * drop - 6])
    front = centre + np.array([sign * wide * 0.42, 112.0, -drop - 4])
    half = RIB_HALF_MM
    radii = [(5.6, 4.6), (4.4, 3.2), (5.6, 3.8), half, half, half, half]
    return bent_tube([*local, side_point, corner, front], radii, across=(0.0, 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Organs:
    """Tubes in front of the spine."""

    aorta: BentTube | None
    oesophagus: BentTube
    trachea: BentTube | None


def organs(model: SpineModel) -> Organs:
    """Aorta at the left of the spine from T4 down, oesophagus and trachea in front of it."""

    def ahead(level: Level, x: float, gap: float) -> NDArray[np.float64]:
        vertebra = model.vertebrae[level]
        front = vertebra.shape.mean_depth / 2 + gap
        return np.asarray(vertebra.frame.to_world((x, front, 0.0)))

    arch = [ahead(Level.T3, -2, 44), ahead(Level.T4, -14, 32), ahead(Level.T4, -24, 6)]
    down = [ahead(Level.T5, -25, -10), ahead(Level.T6, -25, -9)]
    rest = [
        ahead(level, x, gap)
        for level, x, gap in (
            (Level.T8, -22, -3),
            (Level.T10, -16, 7),
            (Level.T12, -9, 14),
            (Level.L2, -5, 13),
            (Level.L4, -3, 12),
        )
    ]
    thick = [(12.5, 12.5)] * 3 + [(12.0, 12.0)] * 4 + [(9.5, 9.5)] * 3
    gullet = [ahead(level, x, gap) for level, x, gap in _GULLET]
    pipe = [ahead(level, x, gap) for level, x, gap in _WINDPIPE]
    return Organs(
        aorta=bent_tube([*arch, *down, *rest], thick),
        oesophagus=bent_tube(gullet, [(7.5, 4.0)] * len(gullet)),
        trachea=bent_tube(pipe, [(9.5, 8.5)] * len(pipe)),
    )


_GULLET = (
    (Level.C6, -2, 6.0),
    (Level.C7, -3, 6.5),
    (Level.T2, -4, 7.0),
    (Level.T4, -2, 7.5),
    (Level.T6, 1, 8.5),
    (Level.T8, -2, 13.0),
    (Level.T10, -8, 24.0),
)
_WINDPIPE = (
    (Level.C5, 0, 19.0),
    (Level.C7, 1, 20.0),
    (Level.T2, 2, 22.0),
    (Level.T4, 5, 26.0),
)


def sternum(model: SpineModel) -> BentTube:
    """Manubrium and body of the sternum, roughly: a flat bar in front of T3-T9."""
    origin = {level: model.vertebrae[level].frame.origin_mm for level in (Level.T3, Level.T5, Level.T9)}
    knots = [
        origin[Level.T3] + np.array([1.0, 96.0, -8.0]),
        origin[Level.T5] + np.array([0.5, 116.0, -10.0]),
        origin[Level.T9] + np.array([-0.5, 128.0, -5.0]),
    ]
    return bent_tube(knots, [(26.0, 5.5), (17.0, 5.0), (15.0, 4.5)])


@dataclass(frozen=True, eq=False)
class Outline:
    """Skin, lungs and mediastinum as functions of height, kept in tables of 1 mm."""

    low: float
    table: NDArray[np.float32]
    """Columns: spine x, spine y, skin half width, skin half depth, skin centre y, lung scale, heart half width."""

    def skin(self, points: Points) -> Floats:
        x, y, z = points
        row = self._row(z)
        u, v = (x - self._get(row, 0)) / self._get(row, 2), (y - self._get(row, 4)) / self._get(row, 3)
        k = (np.abs(u) ** 2.4 + np.abs(v) ** 2.4 + 1e-9) ** np.float32(1 / 2.4)
        return np.asarray((k - 1) * np.minimum(self._get(row, 2), self._get(row, 3)), np.float32)

    def lung(self, points: Points) -> Floats:
        x, y, z = points
        row = self._row(z)
        scale = np.maximum(self._get(row, 5), np.float32(0.02))
        dx, dy = np.abs(x - self._get(row, 0)) - 64 * scale - 2, y - self._get(row, 1) - 26
        k = np.sqrt((dx / (57 * scale)) ** 2 + (dy / (74 * scale)) ** 2 + 1e-9)
        side = (k - 1) * 50 * scale
        column = np.sqrt((x - self._get(row, 0)) ** 2 + (y - self._get(row, 1)) ** 2) - 21
        heart = ((dx + 64 * scale + 2) / self._get(row, 6)) ** 2 + ((dy - 38) / 46) ** 2
        centre = (np.sqrt(heart + 1e-9) - 1) * self._get(row, 6)
        outside = np.where(self._get(row, 5) > 0.03, np.float32(0), np.float32(FAR_MM))
        return np.asarray(np.maximum(np.maximum(side, -np.minimum(column, centre)), outside - 1), np.float32)

    def _row(self, z: Floats) -> Floats:
        return np.asarray(np.clip(z - self.low, 0, len(self.table) - 1.001), np.float32)

    def _get(self, row: Floats, column: int) -> Floats:
        low = row.astype(np.int32)
        values = self.table[:, column]
        return np.asarray(values[low] + (row - low) * np.diff(values)[low], np.float32)


def outline(model: SpineModel) -> Outline:
    """Tables of the body outline for this subject."""
    frames: Mapping[Level, Frame] = {level: model.vertebrae[level].frame for level in MODELLED_LEVELS}
    heights = np.array([frames[level].origin_mm[2] for level in MODELLED_LEVELS])[::-1]
    low, high = heights[0] - 80, heights[-1] + 80
    z = np.arange(low, high)
    x_spine = np.interp(z, heights, np.array([frames[level].origin_mm[0] for level in MODELLED_LEVELS])[::-1])
    y_spine = np.interp(z, heights, np.array([frames[level].origin_mm[1] for level in MODELLED_LEVELS])[::-1])
    neck, chest = frames[Level.C6].origin_mm[2], frames[Level.T2].origin_mm[2]
    share = np.clip((neck - z) / (neck - chest), 0, 1)
    share = share * share * (3 - 2 * share)
    half_width, half_depth = 66 + 100 * share, 62 + 48 * share
    back = y_spine - 66 - 14 * share
    apex, base = frames[Level.T1].origin_mm[2], frames[Level.T11].origin_mm[2]
    lung = np.sqrt(np.clip((apex - z) / 75, 0, 1)) * (z > base)
    heart = 22 + 34 * np.clip((frames[Level.T5].origin_mm[2] - z) / 40, 0, 1)
    columns = [x_spine, y_spine, half_width, half_depth, back + half_depth, lung, heart]
    return Outline(float(low), np.stack(columns, -1).astype(np.float32))


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
