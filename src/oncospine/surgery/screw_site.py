"""The place of a screw, ready for planning and grading: its bone, its walls, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oncospine.anatomy import Spine
from oncospine.base import Level, Side, parse_levels
from oncospine.geometry import Mask
from oncospine.imaging import Scan
from oncospine.surgery.bone_field import BoneField, bone_field
from oncospine.surgery.screw_measure import (
    Walls,
    walls_of,
)
from oncospine.surgery.sizes import ScrewCatalogue, ScrewRules, default_catalogue, screw_rules
from oncospine.surgery.trajectory_search import Trajectory

PEDICLE_SCREW_LEVELS = parse_levels("C7-L5")
"""Levels at which pedicle screws are planned."""

SCREW_LEVELS = parse_levels("C3-L5")
"""Levels at which screws are planned: lateral mass screws above C7, at C7 where no pedicle screw is possible."""

IN_OUT_IN_LEVELS = parse_levels("T1-T12")
"""Levels with a rib beside the pedicle, where a screw may leave it laterally and return into the body."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScrewSite:
    """One pedicle ready for planning and for grading edits: its bone, its walls, and what surrounds it."""

    spine: Spine
    side: Side
    field: BoneField
    walls: Walls
    scan: Scan | None
    rules: ScrewRules
    catalogue: ScrewCatalogue
    trajectory: Trajectory

    @property
    def level(self) -> Level:
        return self.field.level


def screw_sites(
    spine: Spine,
    wanted: Iterable[tuple[Level, Side]],
    *,
    tumour: Mask | None = None,
    scan: Scan | None = None,
    catalogue: ScrewCatalogue | None = None,
    trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD,
) -> Mapping[tuple[Level, Side], ScrewSite]:
    """`ScrewSite` of every wanted pedicle that exists in view; the bone of a level is prepared once for both sides."""
    seen = [place for place in wanted if missing_pedicle(spine, *place) is None]
    levels = tuple(dict.fromkeys(level for level, _ in seen))
    fields = {level: bone_field(spine, level, tumour=tumour) for level in levels}
    sites = {}
    for level, side in seen:
        if side not in fields[level].pedicle_back_mm:
            continue
        sites[level, side] = ScrewSite(
            spine=spine,
            side=side,
            field=fields[level],
            walls=walls_of(fields[level], side),
            scan=scan,
            rules=screw_rules(),
            catalogue=catalogue or default_catalogue(),
            trajectory=trajectory,
        )
    return sites


def missing_pedicle(spine: Spine, level: Level, side: Side) -> str | None:
    """Why there is no pedicle to plan in; None where there is one."""
    if level not in SCREW_LEVELS:
        return f"screws are planned from {SCREW_LEVELS[0]} to {SCREW_LEVELS[-1]} only"
    if level in spine.fragments:
        return f"only a fragment of {level} is in view"
    if level not in spine.vertebrae:
        return f"{level} is not labelled in this scan"
    if side in spine.vertebrae[level].pedicles:
        return None
    told = [note for note in spine.vertebrae[level].notes if note.startswith(f"{side} pedicle")]
    return told[0] if told else f"no {side} pedicle of {level} was found"
