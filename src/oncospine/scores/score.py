"""The one shape of every score: value, band, components, missing, range, direction, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from oncospine.base import How, InputError, Verification


class Direction(StrEnum):
    """Which end of a score is the better one for the patient."""

    HIGHER_BETTER = "higher_better"
    HIGHER_WORSE = "higher_worse"


class NeedsRoundingError(InputError):
    """A value between two published classes: the source does not say which side it belongs to."""


class UnverifiedScoreError(InputError):
    """A score whose table was not verified against the primary paper, asked for without saying so."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """An input known only as one of several values, for example a collapse measured close to a boundary."""

    values: tuple[object, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError("OneOf needs at least one value; leave the input out where nothing is known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row of a component's published table: what can be entered and the points it gives."""

    value: str
    points: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One item of a score.

    `value` is the input (None where missing, a tuple where it is known only as one of several); `points` is None
    where several points remain possible; `possible` holds those; `options` are all rows of the published table.
    """

    name: str
    input: str
    value: object | None
    points: int | None
    possible: tuple[int, ...]
    how: How | None
    options: tuple[Choice, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One published class of totals, ends included. `survival_class` is oncospine's own mapping (reference 1.16)."""

    name: str
    low: int
    high: int
    text: str = ""
    survival_class: str | None = None
    verification: Verification = Verification.V2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The same score with one doubtful placement changed, and why that placement is doubtful."""

    changed: str
    range: tuple[int, int]
    bands: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Result of one score. With inputs missing, `value` is None and `range` runs over what they could be.

    `band` is given only where both ends of the range lie in it; `bands` are all bands that remain reachable, best
    known first to last as published. `applicable` False means the score was not made for this patient; `notes`
    says why. `subject` names the level or lesion for scores that are not per patient.
    """

    id: str
    name: str
    unit: str
    value: int | str | None
    band: str | None
    direction: Direction
    components: tuple[Component, ...]
    missing: tuple[str, ...]
    range: tuple[int, int] | None
    limits: tuple[int, int]
    bands: tuple[str, ...]
    notes: tuple[str, ...]
    citations: tuple[str, ...]
    verification: Verification
    rule_version: str
    era: str | None = None
    subject: str | None = None
    applicable: bool = True
    sensitivity: tuple[Sensitivity, ...] = ()
    survival_classes: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_complete(self) -> bool:
        return self.applicable and self.value is not None
