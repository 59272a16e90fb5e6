"""How sure the names of the vertebrae and the sides of the patient are, and why."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.spine import Canal, Confidence, Doubt, LevelNaming, Severity
from oncospine.base import Level, Side
from oncospine.geometry import Frame, Grid
from oncospine.imaging import Structure, StructureKind

RIB_LEVELS = tuple(Level(f"T{number}") for number in range(1, 13))
"""Rib n belongs to the vertebra of this tuple at n - 1."""


def checked_names(
    canal: Canal,
    frames: Mapping[Level, Frame],
    others: NDArray[np.uint8],
    structures: Mapping[int, Structure],
    grid: Grid,
) -> tuple[LevelNaming, tuple[Doubt, ...]]:
    """Compare the names with their order along the canal, with the ribs, and the sides with the anatomy."""
    doubts: list[Doubt] = []
    reasons: list[str] = []
    doubts += _order_doubts(canal, frames)
    agree, against = _ribs_against_levels(canal, others, structures, grid)
    doubts += [Doubt(severity=Severity.WARNING, topic="level", text=text) for text in against]
    doubts += _side_doubts(canal, others, structures, grid)
    ends = [level for level in frames if level in {Level.C1, Level.C2, Level.S1}]
    if ends:
        reasons.append(f"{', '.join(ends)} in view: counted from the end of the column")
    if agree:
        reasons.append(f"ribs {_listed(agree)} meet the vertebrae of their number")
    if against:
        reasons.append("ribs and vertebra names disagree")
    if not ends and not agree:
        reasons.append("neither C1-C2 nor the sacrum nor a labelled rib in view: the names rest on the labels alone")
    supernumerary = [level for level in frames if level in {Level.T13, Level.L6}]
    if supernumerary:
        reasons.append(f"supernumerary vertebra labelled: {', '.join(supernumerary)}")
        doubts.append(
            Doubt(severity=Severity.WARNING, topic="level", text=f"transitional anatomy: {', '.join(supernumerary)}")
        )
    anchored = bool(ends) or bool({1, 12} & set(agree))
    trouble = any(doubt.topic == "level" and doubt.severity is Severity.WARNING for doubt in doubts)
    confidence = Confidence.LOW
    if not trouble and (anchored or agree):
        confidence = Confidence.HIGH if anchored else Confidence.MODERATE
    return LevelNaming(confidence=confidence, reasons=tuple(reasons)), tuple(doubts)


def _order_doubts(canal: Canal, frames: Mapping[Level, Frame]) -> list[Doubt]:
    """Names must run cranial to caudal along the canal without a gap, and cranial must not be the scanner's feet."""
    doubts = []
    ordered = list(frames)
    for upper, lower in pairwise(ordered):
        if upper.neighbour(1) is not lower and not {upper, lower} & {Level.T13, Level.L6}:
            text = f"no vertebra labelled between {upper} and {lower}: one is missing or the names jump"
            doubts.append(Doubt(severity=Severity.WARNING, topic="level", text=text))
    start, end = canal.centreline.points_mm[0], canal.centreline.points_mm[-1]
    if len(ordered) > 1 and end[2] > start[2]:
        text = "level names run caudal to cranial against the scanner's head direction: check labels and orientation"
        doubts.append(Doubt(severity=Severity.WARNING, topic="level", text=text))
    return doubts


def _ribs_against_levels(
    canal: Canal, others: NDArray[np.uint8], structures: Mapping[int, Structure], grid: Grid
) -> tuple[list[int], list[str]]:
    """Numbers of ribs whose head lies at their own vertebra or the disc above it, and texts for those that do not."""
    agree: set[int] = set()
    against = []
    arcs = {level: canal.arc_mm[[name is level for name in canal.levels]] for level in dict.fromkeys(canal.levels)}
    for code, structure in structures.items():
        if structure.kind is not StructureKind.RIB or not structure.number:
            continue
        head = _nearest_place(others == code, canal, grid)
        own = RIB_LEVELS[structure.number - 1] if structure.number <= len(RIB_LEVELS) else None
        if head is None or own not in arcs:
            continue
        arc, distance = head
        if distance > RIB_HEAD_REACH_MM:
            continue
        low, high = arcs[own].min(), arcs[own].max()
        height = high - low
        if low - height <= arc <= high:
            agree.add(structure.number)
        else:
            found = canal.levels[int(np.abs(canal.arc_mm - arc).argmin())]
            against.append(f"{structure.name} meets the column at {found}, expected at {own} or the disc above it")
    return sorted(agree), against


RIB_HEAD_REACH_MM = 35.0
"""A rib whose nearest voxel is further from the canal's centre than this has no head in view."""


def _nearest_place(mask: NDArray[np.bool_], canal: Canal, grid: Grid) -> tuple[float, float] | None:
    """Arc length and distance of the mask's nearest approach to the canal; None for an empty mask."""
    points = grid.to_world(np.argwhere(mask))
    if len(points) == 0:
        return None
    from scipy.spatial import cKDTree

    found = cKDTree(canal.centreline.points_mm).query(points)
    distance, nearest = np.atleast_1d(found[0]), np.atleast_1d(found[1])
    best = int(distance.argmin())
    return float(canal.centreline.arc_mm[int(nearest[best])]), float(distance[best])


def _side_doubts(
    canal: Canal, others: NDArray[np.uint8], structures: Mapping[int, Structure], grid: Grid
) -> list[Doubt]:
    """Labelled left and right ribs must lie on those sides of the canal, and the descending aorta on the left."""
    wrong = []
    for code, structure in structures.items():
        if structure.kind not in {StructureKind.RIB, StructureKind.AORTA}:
            continue
        lateral = _side_of_nearest_part(others == code, canal, grid)
        expected = Side.LEFT if structure.kind is StructureKind.AORTA else structure.side
        if lateral is not None and expected is not None and lateral * expected.sign < -SIDE_MARGIN_MM:
            wrong.append(structure.name if structure.kind is StructureKind.RIB else "descending aorta (usually left)")
    if not wrong:
        return []
    text = f"{_listed(wrong)} on the other side of the canal: check left and right before anything else"
    return [Doubt(severity=Severity.WARNING, topic="side", text=text)]


def _side_of_nearest_part(mask: NDArray[np.bool_], canal: Canal, grid: Grid) -> float | None:
    """Mean distance to the right of the canal of the tenth of the mask that is nearest to it; None if it is far."""
    from scipy.spatial import cKDTree

    points = grid.to_world(np.argwhere(mask))
    if len(points) == 0:
        return None
    origins = np.array([frame.origin_mm for frame in canal.frames])
    found = cKDTree(origins).query(points)
    distance, nearest = np.atleast_1d(found[0]), np.atleast_1d(found[1])
    if distance.min() > SIDE_REACH_MM:
        return None
    close = distance <= np.quantile(distance, 0.1)
    rights = np.array([frame.right for frame in canal.frames])[nearest[close]]
    return float(((points[close] - origins[nearest[close]]) * rights).sum(axis=1).mean())


SIDE_REACH_MM = 60.0
"""A structure that comes no nearer to the canal than this says nothing about sides."""

SIDE_MARGIN_MM = 3.0
"""Nearer to the midline than this, a structure says nothing about sides."""


def _listed(items: list[int] | list[str]) -> str:
    return ", ".join(str(item) for item in items)
