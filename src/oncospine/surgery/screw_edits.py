"""A surgeon moves, resizes or leaves out a screw: the screw and its rods again in milliseconds, and back as often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncospine.base import InputError, Level, Side
from oncospine.geometry import Point
from oncospine.surgery.evaluate import own_screws
from oncospine.surgery.ground import Ground
from oncospine.surgery.operation import Operation, OwnScrew, PedicleFixation
from oncospine.surgery.rods import Rod, planned_rods
from oncospine.surgery.screw import PlannedScrew


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScrewEdit:
    """What is wanted of one screw; None keeps what it has. `remove` leaves the pedicle without one.

    Points are RAS+ mm. A new entry or target keeps the other end, and the length follows from both unless it is given.
    """

    level: Level
    side: Side
    entry_mm: Point | None = None
    target_mm: Point | None = None
    diameter_mm: float | None = None
    length_mm: float | None = None
    remove: bool = False

    def __post_init__(self) -> None:
        wishes = (self.entry_mm, self.target_mm, self.diameter_mm, self.length_mm)
        if not self.remove and all(wish is None for wish in wishes):
            raise InputError(f"screw {self.level} {self.side}: nothing to change; name an entry, target or size")
        if self.remove and any(wish is not None for wish in wishes):
            raise InputError(f"screw {self.level} {self.side}: it is removed or changed, not both")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EditedScrews:
    """The screws and rods of one stage while a surgeon edits them. Values do not change: every edit gives a new one."""

    ground: Ground
    operation: Operation
    stage: int
    screws: tuple[PlannedScrew, ...]
    rods: tuple[Rod, ...]
    earlier: EditedScrews | None = None
    later: EditedScrews | None = None

    def screw(self, level: Level, side: Side) -> PlannedScrew | None:
        """The screw of a pedicle as it is now; None where the plan has none."""
        return next((one for one in self.screws if (one.level, one.side) == (level, side)), None)

    def edited(self, edit: ScrewEdit) -> EditedScrews:
        """With one screw changed; only that screw is measured again. What was undone before is forgotten."""
        fixation = _fixation(self.operation, self.stage)
        wanted = _changed(fixation, self.screw(edit.level, edit.side), edit)
        others = {(one.level, one.side): one for one in self.screws}
        places = {(edit.level, edit.side)}
        (fresh,) = own_screws(self.ground, [one for one in wanted.screws if (one.level, one.side) in places]) or (None,)
        if fresh is not None:
            others[edit.level, edit.side] = fresh
        screws = tuple(others[place] for place in wanted.places)
        stages = list(self.operation.stages)
        stages[self.stage] = replace(stages[self.stage], fixation=wanted)
        return replace(
            self,
            operation=replace(self.operation, stages=tuple(stages)),
            screws=screws,
            rods=planned_rods(self.ground.spine, screws) if wanted.rods else (),
            earlier=self,
            later=None,
        )

    def undone(self) -> EditedScrews:
        """As it was before the last edit; `InputError` where there was none."""
        if self.earlier is None:
            raise InputError("there is no edit to undo")
        return replace(self.earlier, later=self)

    def redone(self) -> EditedScrews:
        """As it was before the last `undone`; `InputError` where nothing was undone."""
        if self.later is None:
            raise InputError("there is no undone edit to bring back")
        return self.later


def edit_screws(ground: Ground, operation: Operation, *, stage: int | None = None) -> EditedScrews:
    """Start editing the screws of a stage (the first one with fixation if not said)."""
    with_screws = [index for index, one in enumerate(operation.stages) if one.fixation is not None]
    if not with_screws:
        raise InputError(f"operation '{operation.title}' has no fixation: there is no screw to edit")
    index = with_screws[0] if stage is None else stage
    fixation = _fixation(operation, index)
    screws = own_screws(ground, fixation.screws)
    rods = planned_rods(ground.spine, screws) if fixation.rods else ()
    return EditedScrews(ground=ground, operation=operation, stage=index, screws=screws, rods=rods)


def _fixation(operation: Operation, stage: int) -> PedicleFixation:
    if not 0 <= stage < len(operation.stages):
        raise InputError(f"operation '{operation.title}' has {len(operation.stages)} stages; there is no {stage + 1}.")
    found = operation.stages[stage].fixation
    if found is None:
        raise InputError(f"stage {stage + 1} ({operation.stages[stage].title}) has no fixation")
    return found


def _changed(fixation: PedicleFixation, now: PlannedScrew | None, edit: ScrewEdit) -> PedicleFixation:
    """The fixation with the edit in it; screws stay in the order of levels, left before right."""
    if edit.level not in fixation.levels:
        span = f"{fixation.levels[0]}-{fixation.levels[-1]}"
        raise InputError(f"screw {edit.level} {edit.side}: the fixation spans {span}; extend it in the operation file")
    kept = [one for one in fixation.screws if (one.level, one.side) != (edit.level, edit.side)]
    before = next((one for one in fixation.screws if (one.level, one.side) == (edit.level, edit.side)), None)
    if edit.remove:
        if before is None:
            raise InputError(f"screw {edit.level} {edit.side}: the plan has none to remove")
        return replace(fixation, screws=tuple(kept))
    kept.append(_merged(before or OwnScrew(level=edit.level, side=edit.side), now, edit))
    return replace(fixation, screws=_ordered(kept))


def _merged(before: OwnScrew, now: PlannedScrew | None, edit: ScrewEdit) -> OwnScrew:
    """The surgeon's screw with what is wanted; what a new point needs beside it is taken from the screw as it is."""
    if edit.entry_mm is None and edit.target_mm is None:
        return replace(
            before,
            diameter_mm=edit.diameter_mm or before.diameter_mm,
            length_mm=edit.length_mm or before.length_mm,
        )
    entry, target, diameter = edit.entry_mm, edit.target_mm, edit.diameter_mm
    if now is not None and now.is_planned:
        entry = now.entry_mm if entry is None else entry
        target = now.tip_mm if target is None else target
        diameter = diameter or now.diameter_mm
    lacking = [name for name, value in (("entry", entry), ("target", target), ("diameter", diameter)) if value is None]
    if lacking:
        raise InputError(
            f"screw {edit.level} {edit.side}: the program has none here, so the {' and '.join(lacking)} is needed too"
        )
    return OwnScrew(
        level=edit.level,
        side=edit.side,
        entry_mm=entry,
        target_mm=target,
        diameter_mm=diameter,
        length_mm=edit.length_mm,
    )


def _ordered(screws: Sequence[OwnScrew]) -> tuple[OwnScrew, ...]:
    return tuple(sorted(screws, key=lambda one: (one.level.order, list(Side).index(one.side))))
