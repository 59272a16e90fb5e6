"""Ellipses that change along the canal: one per point of the centreline, with distances and exact chords."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.phantom.shapes import Floats

Rows = NDArray[np.float64]
"""One number per point of the centreline."""


@dataclass(frozen=True, eq=False)
class Ellipses:
    """One ellipse per curve point: centre (u, v) and the quadratic form (p - c)' M (p - c) <= 1."""

    centre_u: Rows
    centre_v: Rows
    m_uu: Rows
    m_uv: Rows
    m_vv: Rows

    def support(self, n_u: Rows, n_v: Rows) -> Rows:
        """Half extent along the unit direction (n_u, n_v)."""
        det = self.m_uu * self.m_vv - self.m_uv**2
        return np.asarray(
            np.sqrt((self.m_vv * n_u**2 - 2 * self.m_uv * n_u * n_v + self.m_uu * n_v**2) / det), np.float64
        )

    def distance(self, u: Floats, v: Floats, at: Rows) -> Floats:
        """First-order distance of section points; `at` is their position in units of curve points."""
        du, dv = u - at_positions(self.centre_u, at), v - at_positions(self.centre_v, at)
        uu, uv, vv = at_positions(self.m_uu, at), at_positions(self.m_uv, at), at_positions(self.m_vv, at)
        gu, gv = uu * du + uv * dv, uv * du + vv * dv
        k = np.sqrt(np.maximum(du * gu + dv * gv, 1e-8))
        return np.asarray((k - 1) * k / np.sqrt(gu * gu + gv * gv + 1e-10), np.float32)

    def chords(self, q: Rows, n_u: Rows, n_v: Rows) -> tuple[Rows, Rows]:
        """Ends (rows, nodes) along the direction across n of the chords at offsets `q` (rows, nodes) along n.

        Points are q n + m t with t = (n_v, -n_u). An empty chord comes as two equal ends.
        """
        nu, nv = n_u[:, None], n_v[:, None]
        uu, uv, vv = self.m_uu[:, None], self.m_uv[:, None], self.m_vv[:, None]
        au, av = q * nu - self.centre_u[:, None], q * nv - self.centre_v[:, None]
        tu, tv = nv, -nu
        a = uu * tu**2 + 2 * uv * tu * tv + vv * tv**2
        b = uu * tu * au + uv * (tu * av + tv * au) + vv * tv * av
        c = uu * au**2 + 2 * uv * au * av + vv * av**2 - 1
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        return (-b - root) / a, (-b + root) / a


def upright(half_u: Rows, half_v: Rows, centre_u: Rows, centre_v: Rows) -> Ellipses:
    """Ellipses with axes along u and v."""
    return Ellipses(centre_u, centre_v, 1 / half_u**2, np.zeros_like(half_u), 1 / half_v**2)


def affine_image(own: Ellipses, n_u: Rows, n_v: Rows, q: Rows, m: Rows, shorter: Rows, wider: Rows) -> Ellipses:
    """`own` scaled by `shorter` along n and `wider` across, its centre at (q, m)."""
    i, j = 1 / shorter, 1 / wider
    uu, uv, vv = n_u**2 * i + n_v**2 * j, n_u * n_v * (i - j), n_v**2 * i + n_u**2 * j
    a, b, c = own.m_uu, own.m_uv, own.m_vv
    return Ellipses(
        q * n_u + m * n_v,
        q * n_v - m * n_u,
        uu * (a * uu + b * uv) + uv * (b * uu + c * uv),
        uv * (a * uu + b * uv) + vv * (b * uu + c * uv),
        uv * (a * uv + b * vv) + vv * (b * uv + c * vv),
    )


def shrunk(wall: Ellipses, inset: Rows) -> Ellipses:
    half_u, half_v = 1 / np.sqrt(wall.m_uu) - inset, 1 / np.sqrt(wall.m_vv) - inset
    return upright(half_u, half_v, wall.centre_u, wall.centre_v)


def picked(ellipses: Ellipses, rows: NDArray[np.intp]) -> Ellipses:
    return Ellipses(
        ellipses.centre_u[rows], ellipses.centre_v[rows], ellipses.m_uu[rows], ellipses.m_uv[rows], ellipses.m_vv[rows]
    )


def at_positions(values: NDArray[np.float64], at: Rows) -> Floats:
    index = np.clip(at, 0, len(values) - 1.001)
    low = index.astype(np.int32)
    part = (index - low).astype(np.float32)
    column = values.astype(np.float32)
    return np.asarray(column[low] * (1 - part) + column[low + 1] * part, np.float32)
