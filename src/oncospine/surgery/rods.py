"""Rods through the heads of the screws: the line, its bends, its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.base import Level, Region, Side
from oncospine.geometry import Polyline, angle_deg
from oncospine.surgery.screw import PlannedScrew
from oncospine.surgery.sizes import room_data


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bend:
    """The bend of a rod at one head, in degrees: in all, in the sagittal plane (positive: kyphotic), in the coronal
    plane (positive: apex away from the midline); `offset_mm` is how far the head is from the line of its neighbours."""

    level: Level
    total_deg: float
    sagittal_deg: float
    coronal_deg: float
    offset_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rod:
    """One rod: the centres of the heads it lies in, cranial to caudal, its bends and cut length."""

    side: Side
    levels: tuple[Level, ...]
    heads_mm: NDArray[np.float64]
    length_mm: float
    bends: tuple[Bend, ...]
    longest_span_mm: float
    notes: tuple[str, ...]


@cache
def _limits() -> dict[str, Any]:
    found: dict[str, Any] = room_data("implants.yaml")["rod"]
    return found


def planned_rods(spine: Spine, screws: Sequence[PlannedScrew]) -> tuple[Rod, ...]:
    """A rod for each side with at least two planned screws."""
    rods = []
    for side in Side:
        own = [screw for screw in screws if screw.side is side and screw.is_planned]
        own.sort(key=lambda screw: screw.level.order)
        if len(own) >= 2:
            rods.append(_rod(spine, side, own))
    return tuple(rods)


def _rod(spine: Spine, side: Side, screws: list[PlannedScrew]) -> Rod:
    heads = np.array([head_mm(screw) for screw in screws])
    spans = np.linalg.norm(np.diff(heads, axis=0), axis=1)
    overhang = float(_limits()["overhang_mm"])
    bends = tuple(_bend(spine, side, screws, heads, index) for index in range(1, len(heads) - 1))
    return Rod(
        side=side,
        levels=tuple(screw.level for screw in screws),
        heads_mm=heads,
        length_mm=Polyline(heads).length_mm + 2 * overhang,
        bends=bends,
        longest_span_mm=float(spans.max()),
        notes=_notes(screws, bends),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossConnector:
    """A bar between the rods: between which heads, how wide, and where its ends are (left, right)."""

    above: Level
    below: Level
    width_mm: float
    ends_mm: NDArray[np.float64]


def cross_connector(rods: Sequence[Rod]) -> CrossConnector | None:
    """A connector in the middle of the longest span that both rods have between the same heads; None without one.

    Where it stands is a default of oncospine: the longest span bends and turns most.
    """
    sides = {rod.side: rod for rod in rods}
    if set(sides) != set(Side):
        return None
    spans = [
        {pair: (rod.heads_mm[i] + rod.heads_mm[i + 1]) / 2 for i, pair in enumerate(pairwise(rod.levels))}
        for rod in (sides[Side.LEFT], sides[Side.RIGHT])
    ]
    shared = [pair for pair in spans[0] if pair in spans[1]]
    if not shared:
        return None
    lengths = {pair: _span_mm(sides[Side.LEFT], pair) + _span_mm(sides[Side.RIGHT], pair) for pair in shared}
    longest = max(shared, key=lambda pair: lengths[pair])
    ends = np.array([spans[0][longest], spans[1][longest]])
    width = float(np.linalg.norm(ends[0] - ends[1]))
    return CrossConnector(above=longest[0], below=longest[1], width_mm=width, ends_mm=ends)


def _span_mm(rod: Rod, pair: tuple[Level, Level]) -> float:
    index = rod.levels.index(pair[0])
    return float(np.linalg.norm(rod.heads_mm[index + 1] - rod.heads_mm[index]))


def head_mm(screw: PlannedScrew) -> NDArray[np.float64]:
    """Centre of the rod in a screw's head: behind the entry, along the screw."""
    solid = screw.screw()
    return np.asarray(solid.entry_mm - float(_limits()["head_height_mm"]) * solid.direction)


def _bend(spine: Spine, side: Side, screws: list[PlannedScrew], heads: NDArray[np.float64], index: int) -> Bend:
    level = screws[index].level
    axes = spine.vertebrae[level].frame.axes
    before, after = axes @ (heads[index] - heads[index - 1]), axes @ (heads[index + 1] - heads[index])
    chord = heads[index + 1] - heads[index - 1]
    along = chord / np.linalg.norm(chord)
    from_line = (heads[index] - heads[index - 1]) - ((heads[index] - heads[index - 1]) @ along) * along
    sagittal = np.degrees(np.arctan2(after[1], -after[2]) - np.arctan2(before[1], -before[2]))
    coronal = np.degrees(np.arctan2(before[0], -before[2]) - np.arctan2(after[0], -after[2])) * side.sign
    return Bend(
        level=level,
        total_deg=angle_deg(before, after),
        sagittal_deg=float(sagittal),
        coronal_deg=float(coronal),
        offset_mm=float(np.linalg.norm(from_line)),
    )


def _notes(screws: list[PlannedScrew], bends: tuple[Bend, ...]) -> tuple[str, ...]:
    row = _limits()
    notes = []
    for bend in bends:
        if bend.total_deg > float(row["most_bend_deg"]):
            notes.append(f"flag: a bend of {bend.total_deg:.0f} degrees at {bend.level}")
        if bend.offset_mm > float(row["most_offset_mm"]):
            notes.append(f"flag: the head of {bend.level} lies {bend.offset_mm:.0f} mm off the line of its neighbours")
    regions = {screw.level.region for screw in screws}
    if Region.CERVICAL in regions and Region.THORACIC in regions:
        notes.append("crosses the cervicothoracic junction: a tapered rod or two diameters with a connector")
    return tuple(notes)
