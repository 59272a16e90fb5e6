"""How sure the names of the vertebrae and the sides of the patient are, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    landmarks = _landmarks(canal, others, structures, grid)
    agree, against = _ribs_against_levels(canal, landmarks)
    doubts += [Doubt(severity=Severity.WARNING, topic="level", text=text) for text in against]
    doubts += _side_doubts(canal, landmarks)
    ends = _ends(frames, structures)
    if ends:
        reasons.append(f"{', '.join(ends)} in view: counted from the end of the column")
    if agree:
        reasons.append(f"ribs {_listed(agree)} meet the vertebrae of their number")
    if against:
        reasons.append("ribs and vertebra names disagree")
    if not ends and not agree:
        reasons.append("neither C1-C2 nor the sacrum nor a labelled rib in view: the names rest on the labels alone")
    transitional = _transitional(frames, structures)
    reasons += transitional
    doubts += [Doubt(severity=Severity.WARNING, topic="level", text=f"transitional anatomy: {t}") for t in transitional]
    anchored = bool(ends) or bool({1, 12} & set(agree))
    trouble = any(doubt.topic == "level" and doubt.severity is Severity.WARNING for doubt in doubts)
    confidence = Confidence.LOW
    if not trouble and (anchored or agree):
        confidence = Confidence.HIGH if anchored else Confidence.MODERATE
    return LevelNaming(confidence=confidence, reasons=tuple(reasons)), tuple(doubts)


def _ends(frames: Mapping[Level, Frame], structures: Mapping[int, Structure]) -> list[str]:
    """What of the ends of the column is in view: C1, C2, S1, or the sacrum below the last lumbar vertebra."""
    ends = [level.value for level in frames if level in {Level.C1, Level.C2, Level.S1}]
    sacrum = any(structure.kind is StructureKind.SACRUM for structure in structures.values())
    if sacrum and {Level.L5, Level.L6} & set(frames):
        ends.append("the sacrum")
    return ends


def _transitional(frames: Mapping[Level, Frame], structures: Mapping[int, Structure]) -> list[str]:
    """What speaks for a transitional or supernumerary vertebra."""
    found = [f"supernumerary vertebra labelled {level}" for level in frames if level in {Level.T13, Level.L6}]
    ribs = {structure.number for structure in structures.values() if structure.kind is StructureKind.RIB}
    if 11 in ribs and 12 not in ribs and Level.T12 in frames and Level.L1 in frames:
        found.append("rib 11 but no rib 12 labelled with T12 in view (short ribs, or T12 is a lumbar vertebra)")
    sacrum = any(structure.kind is StructureKind.SACRUM for structure in structures.values()) or Level.S1 in frames
    if sacrum and Level.L4 in frames and not {Level.L5, Level.L6} & set(frames):
        found.append("L4 next to the sacrum (four lumbar vertebrae, or L5 is part of the sacrum)")
    return found


def _order_doubts(canal: Canal, frames: Mapping[Level, Frame]) -> list[Doubt]:
    """Names must run cranial to caudal along the canal without a gap, and cranial must not be the scanner's feet."""
    doubts = []
    ordered = list(frames)
    for upper, lower in pairwise(ordered):
        if upper.neighbour(1) is not lower and not {upper, lower} & {Level.T13, Level.L6}:
            text = f"no vertebra labelled between {upper} and {lower}: one is missing or the names jump"
            doubts.append(Doubt(severity=Severity.WARNING, topic="level", text=text))
    doubts += [
        Doubt(severity=Severity.WARNING, topic="level", text=f"{lower} lies above {upper}: their names are swapped")
        for upper, lower in _out_of_order(frames)
    ]
    start, end = canal.centreline.points_mm[0], canal.centreline.points_mm[-1]
    if len(ordered) > 1 and end[2] > start[2]:
        text = "level names run caudal to cranial against the scanner's head direction: check labels and orientation"
        doubts.append(Doubt(severity=Severity.WARNING, topic="level", text=text))
    return doubts


def _out_of_order(frames: Mapping[Level, Frame]) -> list[tuple[Level, Level]]:
    """Neighbours in name of which the lower one lies above the upper one, seen along the column from end to end."""
    origins = {level: frame.origin_mm for level, frame in frames.items()}
    ordered = list(frames)
    downwards = origins[ordered[-1]] - origins[ordered[0]]
    return [pair for pair in pairwise(ordered) if (origins[pair[1]] - origins[pair[0]]) @ downwards < 0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Landmark:
    """Voxels of a rib or the aorta: positions (n, 3), the station of the canal nearest to each, and how far it is."""

    points_mm: NDArray[np.float64]
    stations: NDArray[np.intp]
    distance_mm: NDArray[np.float64]


Landmarks = Mapping[Structure, Landmark]
"""The structures that tell levels and sides."""


def _landmarks(canal: Canal, others: NDArray[np.uint8], structures: Mapping[int, Structure], grid: Grid) -> Landmarks:
    """Positions of the structures that tell levels and sides, from one pass over the labels."""
    from scipy.spatial import cKDTree

    wanted = {code: item for code, item in structures.items() if item.kind in {StructureKind.RIB, StructureKind.AORTA}}
    table = np.zeros(np.iinfo(np.uint8).max + 1, bool)
    table[list(wanted)] = True
    voxels = np.argwhere(table[others])
    if len(voxels) == 0:
        return {}
    codes = others[tuple(voxels.T)]
    points = grid.to_world(voxels)
    found = cKDTree(np.array([frame.origin_mm for frame in canal.frames])).query(points)
    distance, stations = np.asarray(found[0]), np.asarray(found[1]).astype(np.intp)
    return {
        item: Landmark(points_mm=points[here], stations=stations[here], distance_mm=distance[here])
        for code, item in wanted.items()
        if (here := codes == code).any()
    }


def _ribs_against_levels(canal: Canal, landmarks: Landmarks) -> tuple[list[int], list[str]]:
    """Numbers of ribs whose head lies at their own vertebra or the disc above it, and texts for those that do not."""
    agree: set[int] = set()
    against = []
    names = np.array([level.code for level in canal.levels])
    for structure, landmark in landmarks.items():
        number = structure.number
        own = RIB_LEVELS[number - 1] if number and structure.kind is StructureKind.RIB and number <= 12 else None
        if own is None or number is None or own not in canal.levels:
            continue
        best = int(landmark.distance_mm.argmin())
        if landmark.distance_mm[best] > RIB_HEAD_REACH_MM:
            continue
        here = canal.arc_mm[names == own.code]
        arc = canal.arc_mm[landmark.stations[best]]
        if here.min() - (here.max() - here.min()) <= arc <= here.max():
            agree.add(number)
        else:
            met = canal.levels[int(landmark.stations[best])]
            against.append(f"{structure.name} meets the column at {met}, expected at {own} or the disc above it")
    return sorted(agree), against


RIB_HEAD_REACH_MM = 35.0
"""A rib whose nearest voxel is further from the canal's centre than this has no head in view."""


def _side_doubts(canal: Canal, landmarks: Landmarks) -> list[Doubt]:
    """Labelled left and right ribs must lie on those sides of the canal, and the descending aorta on the left."""
    wrong = []
    for structure, landmark in landmarks.items():
        lateral = _side_of_nearest_part(canal, landmark)
        expected = Side.LEFT if structure.kind is StructureKind.AORTA else structure.side
        if lateral is not None and expected is not None and lateral * expected.sign < -SIDE_MARGIN_MM:
            wrong.append(structure.name if structure.kind is StructureKind.RIB else "descending aorta (usually left)")
    if not wrong:
        return []
    text = f"{_listed(wrong)} on the other side of the canal: check left and right before anything else"
    return [Doubt(severity=Severity.WARNING, topic="side", text=text)]


def _side_of_nearest_part(canal: Canal, landmark: Landmark) -> float | None:
    """Mean distance to the right of the canal of the tenth of the points that is nearest to it; None if it is far."""
    distance = landmark.distance_mm
    if distance.min() > SIDE_REACH_MM:
        return None
    close = distance <= np.quantile(distance, 0.1)
    stations = landmark.stations[close]
    origins = np.array([frame.origin_mm for frame in canal.frames])[stations]
    rights = np.array([frame.right for frame in canal.frames])[stations]
    return float(((landmark.points_mm[close] - origins) * rights).sum(axis=1).mean())


SIDE_REACH_MM = 60.0
"""A structure that comes no nearer to the canal than this says nothing about sides."""

SIDE_MARGIN_MM = 3.0
"""Nearer to the midline than this, a structure says nothing about sides."""


def _listed(items: list[int] | list[str]) -> str:
    return ", ".join(str(item) for item in items)
