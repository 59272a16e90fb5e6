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
    landmarks = _landmarks(others, structures, grid)
    agree, against = _ribs_against_levels(canal, landmarks)
    doubts += [Doubt(severity=Severity.WARNING, topic="level", text=text) for text in against]
    doubts += _side_doubts(canal, landmarks)
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


Landmarks = Mapping[Structure, NDArray[np.float64]]
"""World positions (n, 3) of the voxels of each rib and of the aorta."""


def _landmarks(others: NDArray[np.uint8], structures: Mapping[int, Structure], grid: Grid) -> Landmarks:
    """Positions of the structures that tell levels and sides, from one pass over the labels."""
    wanted = {code: item for code, item in structures.items() if item.kind in {StructureKind.RIB, StructureKind.AORTA}}
    table = np.zeros(np.iinfo(np.uint8).max + 1, bool)
    table[list(wanted)] = True
    voxels = np.argwhere(table[others])
    codes = others[tuple(voxels.T)]
    points = grid.to_world(voxels)
    found = {item: points[codes == code] for code, item in wanted.items()}
    return {item: where for item, where in found.items() if len(where)}


def _ribs_against_levels(canal: Canal, landmarks: Landmarks) -> tuple[list[int], list[str]]:
    """Numbers of ribs whose head lies at their own vertebra or the disc above it, and texts for those that do not."""
    agree: set[int] = set()
    against = []
    names = np.array([level.code for level in canal.levels])
    for structure, points in landmarks.items():
        number = structure.number
        own = RIB_LEVELS[number - 1] if number and structure.kind is StructureKind.RIB and number <= 12 else None
        if own is None or number is None or own not in canal.levels:
            continue
        stations, distance = _nearest_stations(canal, points)
        best = int(distance.argmin())
        if distance[best] > RIB_HEAD_REACH_MM:
            continue
        here = canal.arc_mm[names == own.code]
        arc = canal.arc_mm[stations[best]]
        if here.min() - (here.max() - here.min()) <= arc <= here.max():
            agree.add(number)
        else:
            met = canal.levels[int(stations[best])]
            against.append(f"{structure.name} meets the column at {met}, expected at {own} or the disc above it")
    return sorted(agree), against


RIB_HEAD_REACH_MM = 35.0
"""A rib whose nearest voxel is further from the canal's centre than this has no head in view."""


def _nearest_stations(canal: Canal, points: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Index of the station of the canal nearest to each point, and the distance to it."""
    from scipy.spatial import cKDTree

    found = cKDTree(np.array([frame.origin_mm for frame in canal.frames])).query(points)
    return np.atleast_1d(found[1]).astype(np.intp), np.atleast_1d(found[0])


def _side_doubts(canal: Canal, landmarks: Landmarks) -> list[Doubt]:
    """Labelled left and right ribs must lie on those sides of the canal, and the descending aorta on the left."""
    wrong = []
    for structure, points in landmarks.items():
        lateral = _side_of_nearest_part(canal, points)
        expected = Side.LEFT if structure.kind is StructureKind.AORTA else structure.side
        if lateral is not None and expected is not None and lateral * expected.sign < -SIDE_MARGIN_MM:
            wrong.append(structure.name if structure.kind is StructureKind.RIB else "descending aorta (usually left)")
    if not wrong:
        return []
    text = f"{_listed(wrong)} on the other side of the canal: check left and right before anything else"
    return [Doubt(severity=Severity.WARNING, topic="side", text=text)]


def _side_of_nearest_part(canal: Canal, points: NDArray[np.float64]) -> float | None:
    """Mean distance to the right of the canal of the tenth of the points that is nearest to it; None if it is far."""
    stations, distance = _nearest_stations(canal, points)
    if distance.min() > SIDE_REACH_MM:
        return None
    close = distance <= np.quantile(distance, 0.1)
    origins = np.array([frame.origin_mm for frame in canal.frames])[stations[close]]
    rights = np.array([frame.right for frame in canal.frames])[stations[close]]
    return float(((points[close] - origins) * rights).sum(axis=1).mean())


SIDE_REACH_MM = 60.0
"""A structure that comes no nearer to the canal than this says nothing about sides."""

SIDE_MARGIN_MM = 3.0
"""Nearer to the midline than this, a structure says nothing about sides."""


def _listed(items: list[int] | list[str]) -> str:
    return ", ".join(str(item) for item in items)
