"""An operation as planned: stages in order, each with its steps. What is to be done, not what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from oncospine.base import InputError, Level, Side, described_levels
from oncospine.geometry import Point, as_point


class FacetRemoval(StrEnum):
    """How much of the facet joints a laminectomy takes."""

    NONE = "none"
    MEDIAL = "medial"
    FULL = "full"


class LaminaSide(StrEnum):
    """Which half of the arch a laminectomy takes."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(Side) if self is LaminaSide.BOTH else (Side(self.value),)


class ResectionIntent(StrEnum):
    """What a stage wants to take of the tumour."""

    NONE = "none"
    SEPARATION = "separation"
    SUBTOTAL = "subtotal"
    GROSS_TOTAL = "gross total"


class PatientPosition(StrEnum):
    """Position on the table."""

    PRONE = "prone"
    SUPINE = "supine"
    LEFT_LATERAL = "left lateral"
    RIGHT_LATERAL = "right lateral"


SIDE_UP = {PatientPosition.LEFT_LATERAL: Side.RIGHT, PatientPosition.RIGHT_LATERAL: Side.LEFT}
"""Which of the patient's sides is up in a lateral position: the one that can be operated on."""


def position_for(usual: PatientPosition, side: Side | None) -> PatientPosition:
    """The usual position of an approach, turned over where it is lateral and the other side has to be up."""
    if usual not in SIDE_UP or side is None:
        return usual
    return next(position for position, up in SIDE_UP.items() if up is side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laminectomy:
    """Removal of lamina and spinous process over levels, cranial to caudal; `facets` says how far laterally."""

    levels: tuple[Level, ...]
    side: LaminaSide = LaminaSide.BOTH
    facets: FacetRemoval = FacetRemoval.NONE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnScrew:
    """A surgeon's own screw: entry and target in RAS+ mm, diameter and length in mm; None leaves it to the program."""

    level: Level
    side: Side
    entry_mm: Point | None = None
    target_mm: Point | None = None
    diameter_mm: float | None = None
    length_mm: float | None = None

    def __post_init__(self) -> None:
        for name in ("entry_mm", "target_mm"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else as_point(value, name))
        if (self.entry_mm is None) != (self.target_mm is None):
            raise InputError(f"screw {self.level} {self.side}: entry and target are given together or not at all")
        if self.entry_mm is not None and self.diameter_mm is None:
            raise InputError(f"screw {self.level} {self.side}: an own entry and target need an own diameter")
        if self.entry_mm is not None and self.target_mm is not None and np.allclose(self.entry_mm, self.target_mm):
            raise InputError(f"screw {self.level} {self.side}: entry and target are the same point")


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleFixation:
    """Pedicle screws and rods over a range.

    `screws` lists every pedicle that is to carry one; `levels` is the range the rods span, cranial to caudal.
    """

    levels: tuple[Level, ...]
    screws: tuple[OwnScrew, ...]
    rods: bool = True
    rod_diameter_mm: float | None = None

    @property
    def places(self) -> tuple[tuple[Level, Side], ...]:
        return tuple((screw.level, screw.side) for screw in self.screws)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpectomy:
    """Removal of whole or partial bodies with the discs between them and beside them."""

    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CageStep:
    """A cage in the gap of the corpectomy; sizes None leave them to the program."""

    height_mm: float | None = None
    footprint_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resection:
    """What is wanted of the tumour in this stage, over the levels named (all involved ones if empty)."""

    intent: ResectionIntent
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One session in theatre: one approach, one position, and its steps. In a lateral position `side` is up."""

    title: str
    approach: str
    position: PatientPosition
    side: Side | None = None
    laminectomy: Laminectomy | None = None
    fixation: PedicleFixation | None = None
    corpectomy: Corpectomy | None = None
    cage: CageStep | None = None
    resection: Resection | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        up = SIDE_UP.get(self.position)
        if up is not None and self.side is not None and up is not self.side:
            raise InputError(
                f"stage '{self.title}': in {self.position} position the patient's {up} side is up, the approach comes "
                f"from the {self.side}; turn the position or the side"
            )

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that a step of this stage touches, cranial to caudal."""
        steps = (self.laminectomy, self.fixation, self.corpectomy, self.resection)
        found = {level for step in steps if step is not None for level in step.levels}
        return tuple(sorted(found, key=lambda level: level.order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A whole operation: its stages in order, who proposes it and why."""

    title: str
    stages: tuple[Stage, ...]
    origin: str
    reasons: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError(f"operation '{self.title}' has no stage; an operation has at least one")

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level that a stage touches, cranial to caudal."""
        found = {level for stage in self.stages for level in stage.levels}
        return tuple(sorted(found, key=lambda level: level.order))

    def described(self) -> str:
        """One line: the steps of each stage."""
        return "; ".join(f"{number}. {_described(stage)}" for number, stage in enumerate(self.stages, start=1))


def _described(stage: Stage) -> str:
    words: list[Any] = [stage.title]
    if stage.laminectomy is not None:
        words.append(f"laminectomy {described_levels(stage.laminectomy.levels)}")
    if stage.resection is not None and stage.resection.intent is not ResectionIntent.NONE:
        words.append(f"{stage.resection.intent} resection")
    if stage.corpectomy is not None:
        words.append(f"corpectomy {described_levels(stage.corpectomy.levels)}")
    if stage.cage is not None:
        words.append("cage")
    if stage.fixation is not None:
        levels = stage.fixation.levels
        words.append(f"pedicle fixation {levels[0]}-{levels[-1]}")
    return ", ".join(words)
