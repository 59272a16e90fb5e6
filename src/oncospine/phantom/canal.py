"""Bony canal, dural sac and cord as ellipses along the centreline, and what an epidural mass does to them.

In a cross-section (u right, v anterior, origin on the centreline) a mass at clock angle c advances as a straight front:
with n = (sin c, cos c) it holds the canal beyond q = u.n = h - T, h the half size of the canal along n and T the
thickness. The dural sac keeps what is left of its ellipse. The cord first stays, then is pushed along -n until the far
wall of the sac, then is squeezed by an affine map: shorter along n, wider across, so that its area inside the sac is
kept as long as the sac has room (morphometry.md section 12.1 item 11). Areas are integrals over exact chords.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Region
from oncospine.phantom.column import CURVE_STEP_MM, CanalCurve
from oncospine.phantom.ellipses import Ellipses, Rows, affine_image, at_positions, picked, shrunk, upright
from oncospine.phantom.shapes import FAR_MM, Floats
from oncospine.phantom.spec import EpiduralPiece, PhantomSpec, TumourSpec
from oncospine.phantom.subject import VertebraShape

NEAR_WALL_MM = 0.3
"""CSF kept between an uncompressed, displaced cord and the far wall of the sac."""

MAX_WIDENING = 2.5
THINNEST_CORD = 0.35
"""No front thins the cord further than to this share of its diameter."""

VENTRAL_SHIFT_MM = 1.0
"""How far the thoracic cord lies in front of the centre of the sac (dorsal CSF 4-6 mm, morphometry.md 3.3)."""

_NODES = 120
_PHASE = (np.arange(_NODES) + 0.5) * np.pi / _NODES


@dataclass(frozen=True, eq=False)
class Fronts:
    """The epidural fronts: per piece a direction and, per curve point, how far the canal stays free along it."""

    n: NDArray[np.float64]
    free: NDArray[np.float64]
    thickness: NDArray[np.float64]
    lead: NDArray[np.intp]
    """Per curve point, the piece that pushes the cord; -1 where none reaches."""

    def beyond(self, u: Floats, v: Floats, at: Rows) -> Floats:
        """Signed distance to the mass: negative inside it."""
        found = np.full(u.shape, FAR_MM, np.float32)
        for (n_u, n_v), free in zip(self.n, self.free, strict=True):
            found = np.minimum(found, at_positions(free, at) - (np.float32(n_u) * u + np.float32(n_v) * v))
        return found


@dataclass(frozen=True, eq=False)
class Neural:
    """Canal, sac, cord and epidural fronts along the curve, with their exact cross-section areas."""

    curve: CanalCurve
    canal: Ellipses
    sac: Ellipses
    free_sac: Ellipses
    cord: Ellipses
    free_cord: Ellipses
    cord_inset: Rows
    has_cord: NDArray[np.bool_]
    fronts: Fronts
    area: Mapping[str, Rows]


def neural(curve: CanalCurve, shapes: Mapping[Level, VertebraShape], spec: PhantomSpec) -> Neural:
    """Canal contents of this subject with the spec's epidural tumour."""
    half = {
        name: curve.interpolated({level: shape.sizes[name] / 2 for level, shape in shapes.items()})
        for name in ("SCW", "SCD", "sRL", "sAP")
    }
    zeros = np.zeros(len(curve.points))
    canal = upright(half["SCW"], half["SCD"], zeros, zeros)
    rng = np.random.default_rng([spec.seed, 303])
    play = np.minimum(half["SCD"] - half["sAP"], half["SCW"] - half["sRL"])
    sac_u, sac_v = 0.25 * spec.asymmetry * play * rng.uniform(-1, 1), 0.2 * play
    sac = upright(half["sRL"], half["sAP"], sac_u, sac_v)
    cord, has_cord = _resting_cord(curve, shapes, sac, rng.uniform(-0.8, 0.8) * spec.asymmetry)
    fronts = _fronts(curve, canal, sac, cord, spec.tumour)
    squeezed, inset = _squeezed(cord, sac, fronts, has_cord)
    return Neural(
        curve=curve,
        canal=canal,
        sac=sac,
        free_sac=sac,
        cord=squeezed,
        free_cord=cord,
        cord_inset=inset,
        has_cord=has_cord,
        fronts=fronts,
        area=_areas(curve, canal, sac, squeezed, inset, fronts, has_cord),
    )


def _resting_cord(
    curve: CanalCurve, shapes: Mapping[Level, VertebraShape], sac: Ellipses, sideways_mm: float
) -> tuple[Ellipses, NDArray[np.bool_]]:
    """The cord before any tumour; it tapers from T12 and ends at the conus, in the middle of L1."""
    sizes = {level: dict(shape.sizes) for level, shape in shapes.items()}
    for level in sizes:
        if sizes[level]["cRL"] == 0:
            sizes[level]["cRL"] = sizes[level]["cAP"] = 2.0
    half_u = curve.interpolated({level: row["cRL"] / 2 for level, row in sizes.items()})
    half_v = curve.interpolated({level: row["cAP"] / 2 for level, row in sizes.items()})
    ventral = curve.interpolated(
        {level: VENTRAL_SHIFT_MM if level.region is Region.THORACIC and level.number < 11 else 0.2 for level in shapes}
    )
    room_v = np.sqrt(1 / sac.m_vv) - half_v - 0.8
    room_u = np.sqrt(1 / sac.m_uu) - half_u - 1.0
    cord = upright(
        half_u,
        half_v,
        sac.centre_u + np.clip(sideways_mm, -room_u, room_u),
        sac.centre_v + np.minimum(ventral, np.maximum(room_v, 0)),
    )
    return cord, curve.arc <= curve.level_arc[Level.L1]


def _fronts(curve: CanalCurve, canal: Ellipses, sac: Ellipses, cord: Ellipses, tumour: TumourSpec | None) -> Fronts:
    """A front stops where it would squeeze the cord below `THINNEST_CORD` of its diameter; `thickness` says where."""
    pieces: tuple[EpiduralPiece, ...] = () if tumour is None else tumour.epidural
    count = len(curve.points)
    n = np.zeros((len(pieces), 2))
    free = np.zeros((len(pieces), count))
    thickness = np.zeros((len(pieces), count))
    lead = np.full(count, -1, np.intp)
    for index, piece in reversed(list(enumerate(pieces))):
        clock = np.radians(piece.clock_deg)
        n[index] = np.sin(clock), np.cos(clock)
        middle = curve.level_arc[piece.level] + piece.offset_mm
        x = np.abs(curve.arc - middle) / (piece.length_mm / 2)
        thickness[index] = piece.thickness_mm * np.clip(1 - x**3, 0, None)
        n_u, n_v = np.full(count, n[index, 0]), np.full(count, n[index, 1])
        half = canal.support(n_u, n_v)
        far = sac.centre_u * n_u + sac.centre_v * n_v - sac.support(n_u, n_v)
        least = far + 2 * THINNEST_CORD * cord.support(n_u, n_v)
        thickness[index] = np.minimum(thickness[index], half - least)
        free[index] = np.where(x < 1, half - thickness[index], FAR_MM)
        lead[x < 1] = index
    return Fronts(n, free, thickness, lead)


def _squeezed(cord: Ellipses, sac: Ellipses, fronts: Fronts, has_cord: NDArray[np.bool_]) -> tuple[Ellipses, Rows]:
    rows = np.flatnonzero((fronts.lead >= 0) & has_cord)
    inset = np.zeros(len(cord.centre_u))
    if rows.size == 0:
        return cord, inset
    lead = fronts.lead[rows]
    n_u, n_v = fronts.n[lead, 0], fronts.n[lead, 1]
    own, wall = picked(cord, rows), picked(sac, rows)
    half = own.support(n_u, n_v)
    q_cord = own.centre_u * n_u + own.centre_v * n_v
    m_cord = own.centre_u * n_v - own.centre_v * n_u
    q_wall, half_wall = wall.centre_u * n_u + wall.centre_v * n_v, wall.support(n_u, n_v)
    front, far = np.minimum(fronts.free[lead, rows], q_wall + half_wall), q_wall - half_wall
    slack = front - far - 2 * half
    gap = NEAR_WALL_MM * np.clip(slack / (2 * NEAR_WALL_MM), 0, 1)
    shorter = np.clip((front - far) / (2 * half), 0.05, 1)
    q = np.maximum(np.minimum(q_cord, front - half), far + gap + shorter * half)
    chord = wall.chords(q[:, None], n_u, n_v)
    m = m_cord * shorter + (1 - shorter) * (chord[0][:, 0] + chord[1][:, 0]) / 2
    touched = front < q_cord + half
    m = np.where(touched, m, m_cord)
    inset[rows] = np.where(touched, gap, 0.0)

    def formed(wider: Rows) -> Ellipses:
        return affine_image(own, n_u, n_v, q, m, shorter, wider)

    wider = _widening(formed, own, shrunk(wall, inset[rows]), fronts, rows, touched, n_u, n_v)
    new = formed(wider)
    merged = {name: getattr(cord, name).copy() for name in ("centre_u", "centre_v", "m_uu", "m_uv", "m_vv")}
    for name, values in merged.items():
        values[rows] = np.where(touched, getattr(new, name), values[rows])
    return Ellipses(**merged), inset


def _widening(
    formed: Callable[[Rows], Ellipses],
    own: Ellipses,
    wall: Ellipses,
    fronts: Fronts,
    rows: NDArray[np.intp],
    touched: NDArray[np.bool_],
    n_u: Rows,
    n_v: Rows,
) -> Rows:
    """Widening across n that keeps the cord's area inside the sac, at most `MAX_WIDENING`; by bisection."""
    target = np.pi / np.sqrt(own.m_uu * own.m_vv - own.m_uv**2)
    low, high = np.ones(len(rows)), np.full(len(rows), MAX_WIDENING)
    for _ in range(24):
        middle = (low + high) / 2
        area = _cut_area(formed(middle), n_u, n_v, within=wall, fronts=fronts, rows=rows)
        low, high = np.where(area < target, middle, low), np.where(area < target, high, middle)
    return np.where(touched, high, 1.0)


def _cut_area(
    shape: Ellipses,
    n_u: Rows,
    n_v: Rows,
    *,
    within: Ellipses | None = None,
    fronts: Fronts | None = None,
    rows: NDArray[np.intp] | None = None,
) -> Rows:
    """Area of `shape`, cut to `within` and to the free side of the fronts."""
    return _cut_moments(shape, n_u, n_v, within=within, fronts=fronts, rows=rows)[0]


def _cut_moments(
    shape: Ellipses,
    n_u: Rows,
    n_v: Rows,
    *,
    within: Ellipses | None = None,
    fronts: Fronts | None = None,
    rows: NDArray[np.intp] | None = None,
) -> tuple[Rows, Rows, Rows]:
    """Area and first moments (along n, across n) of a cut ellipse, by Chebyshev nodes over exact chords."""
    half = shape.support(n_u, n_v)
    low = shape.centre_u * n_u + shape.centre_v * n_v - half
    high = low + 2 * half
    if within is not None:
        reach = within.support(n_u, n_v)
        middle = within.centre_u * n_u + within.centre_v * n_v
        low, high = np.maximum(low, middle - reach), np.minimum(high, middle + reach)
    if fronts is not None and rows is not None:
        for (f_u, f_v), free in zip(fronts.n, fronts.free, strict=True):
            along = f_u * n_u + f_v * n_v
            high = np.where(along > 1 - 1e-9, np.minimum(high, free[rows]), high)
            low = np.where(along < -1 + 1e-9, np.maximum(low, -free[rows]), low)
    high = np.maximum(high, low)
    q = (low + high)[:, None] / 2 - (high - low)[:, None] / 2 * np.cos(_PHASE)
    weight = (high - low)[:, None] / 2 * np.sin(_PHASE) * np.pi / _NODES
    left, right = shape.chords(q, n_u, n_v)
    if within is not None:
        left_wall, right_wall = within.chords(q, n_u, n_v)
        left, right = np.maximum(left, left_wall), np.minimum(right, right_wall)
    if fronts is not None and rows is not None:
        left, right = _within_fronts(left, right, q, n_u, n_v, fronts, rows)
    right = np.maximum(right, left)
    chord = (right - left) * weight
    across = (right**2 - left**2) / 2 * weight
    return chord.sum(axis=1), (q * chord).sum(axis=1), across.sum(axis=1)


def _within_fronts(
    left: Rows, right: Rows, q: Rows, n_u: Rows, n_v: Rows, fronts: Fronts, rows: NDArray[np.intp]
) -> tuple[Rows, Rows]:
    for (f_u, f_v), free in zip(fronts.n, fronts.free, strict=True):
        along, across = (f_u * n_u + f_v * n_v)[:, None], (f_u * n_v - f_v * n_u)[:, None]
        slanted = np.abs(across) > 1e-6
        bound = (free[rows][:, None] - q * along) / np.where(slanted, across, 1.0)
        right = np.where(slanted & (across > 0), np.minimum(right, bound), right)
        left = np.where(slanted & (across < 0), np.maximum(left, bound), left)
    return left, right


def _areas(
    curve: CanalCurve,
    canal: Ellipses,
    sac: Ellipses,
    cord: Ellipses,
    inset: Rows,
    fronts: Fronts,
    has_cord: NDArray[np.bool_],
) -> dict[str, Rows]:
    rows = np.arange(len(canal.centre_u))
    lead = np.maximum(fronts.lead, 0)
    n = fronts.n if len(fronts.n) else np.array([[0.0, 1.0]])
    n_u, n_v = n[lead, 0], n[lead, 1]
    whole = np.pi / np.sqrt(canal.m_uu * canal.m_vv)
    free, free_q, free_m = _cut_moments(canal, n_u, n_v, fronts=fronts, rows=rows)
    cord_area = _cut_area(cord, n_u, n_v, within=shrunk(sac, inset), fronts=fronts, rows=rows)
    epidural = np.where(fronts.lead >= 0, whole - free, 0.0)
    bend_u, bend_v = curve.bend()
    along, across = bend_u * n_u + bend_v * n_v, bend_u * n_v - bend_v * n_u
    return {
        "canal_mm2": whole,
        "epidural_tumour_mm2": epidural,
        "epidural_tumour_mm3_per_mm": epidural + np.where(fronts.lead >= 0, along * free_q + across * free_m, 0.0),
        "sac_mm2": _cut_area(sac, n_u, n_v, fronts=fronts, rows=rows),
        "cord_mm2": np.where(has_cord, cord_area, 0.0),
    }


def position_of(arc_mm: Floats) -> Rows:
    """Arc lengths in units of curve points."""
    return np.asarray(arc_mm / CURVE_STEP_MM, np.float64)
