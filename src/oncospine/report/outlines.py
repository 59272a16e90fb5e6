"""Outlines of structures in a section, as curves in picture coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Canal
from oncospine.geometry import Mask, sampled_at
from oncospine.report.palette import Style
from oncospine.report.sections import Section

Curve = NDArray[np.float64]
"""Points (n, 2) of a curve in picture coordinates (x to the right, y down, pixels)."""

SHORTEST_MM = 3.0
"""Outlines shorter than this are single voxels, and are left out of the picture (not of any number)."""

SIMPLIFIED_MM = 0.1
"""Points of an outline that lie this close to the line through their neighbours are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """The curves of one structure in one picture; `closed` ones can be filled."""

    style: Style
    curves: tuple[Curve, ...]
    closed: bool = False


def mask_outline(mask: Mask, section: Section, style: Style) -> Outline:
    """Where the occupancy of a mask, interpolated between voxels, crosses one half."""
    import skimage.measure

    find_contours: Any = skimage.measure.find_contours
    values = sampled_at(mask, section.points_mm)
    shortest = SHORTEST_MM / section.step_mm
    tolerance = SIMPLIFIED_MM / section.step_mm
    curves = [
        simplified(curve, tolerance)[:, ::-1]
        for curve in find_contours(values, 0.5)
        if np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() >= shortest
    ]
    return Outline(style=style, curves=tuple(curves))


SIMPLIFICATIONS = 3
"""Rounds over odd and even points; each can halve the points of a straight stretch."""


def simplified(curve: Curve, tolerance: float) -> Curve:
    """`curve` without the points that lie within `tolerance` of the line through their neighbours; ends are kept.

    Every second point is judged at a time, so that no point is dropped because of another that is dropped with it.
    """
    points = np.asarray(curve, dtype=np.float64)
    for first in (1, 2) * SIMPLIFICATIONS:
        inner = np.arange(first, len(points) - 1, 2)
        if inner.size == 0:
            break
        before, after = points[inner - 1], points[inner + 1]
        along = after - before
        away = points[inner] - before
        length = np.maximum(np.linalg.norm(along, axis=1), 1e-12)
        distance = np.abs(along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]) / length
        points = np.delete(points, inner[distance <= tolerance], axis=0)
    return points


def canal_ring(canal: Canal, station: int, section: Section, style: Style) -> Outline:
    """The walls of the canal at one of its stations, in the section across it."""
    points = wall_points(canal, [station])[0]
    return Outline(style=style, curves=(section.to_picture(np.vstack([points, points[:1]])),), closed=True)


def canal_walls(canal: Canal, section: Section, style: Style, *, angles: Sequence[int] = (0, 180)) -> Outline:
    """The walls of the canal along its length at given angles (0 anterior, 180 posterior): lines, not a ring."""
    points = wall_points(canal, range(len(canal.frames)))
    count = points.shape[1]
    columns = [round(angle / 360 * count) % count for angle in angles]
    return Outline(style=style, curves=tuple(section.to_picture(points[:, column]) for column in columns))


def wall_points(canal: Canal, stations: Sequence[int]) -> NDArray[np.float64]:
    """World points (n, angles, 3) of the walls at the given stations."""
    count = canal.radii_mm.shape[1]
    angle = np.arange(count) * 2 * np.pi / count
    chosen = list(stations)
    anterior = np.array([canal.frames[i].anterior for i in chosen])
    right = np.array([canal.frames[i].right for i in chosen])
    origin = np.array([canal.frames[i].origin_mm for i in chosen])
    rays = np.cos(angle)[:, None] * anterior[:, None, :] + np.sin(angle)[:, None] * right[:, None, :]
    return np.asarray(origin[:, None, :] + canal.radii_mm[chosen][..., None] * rays)
