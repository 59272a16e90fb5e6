"""The output contract: what every recommendation carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oncospine.base import How, Verification
from oncospine.strategy.wording import Strength


class Status(StrEnum):
    """`fires`: its condition holds. `branch`: it holds for some of the values an input may still have."""

    FIRES = "fires"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUsed:
    """One input a rule read, its value (None: unknown), and where it came from."""

    name: str
    value: object | None
    how: How | None
    source: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest change of one input that flips something: from which value to which, and what happens.

    `leads` is the id of the option that leads then; None where it is a rule that flips, or none leads.
    """

    input: str
    present: object | None
    changed: object
    effect: str
    leads: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Another rule, source or reading that disagrees."""

    rule_id: str | None
    text: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChosen:
    """An alternative that does not apply here, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One sentence for the team, with everything needed to check it."""

    rule_id: str
    topic: str
    status: Status
    text: str
    strength: Strength
    level: str
    citations: tuple[str, ...]
    verification: Verification
    inputs_used: tuple[InputUsed, ...]
    assumptions: tuple[str, ...]
    what_would_change_it: tuple[Change, ...]
    missing_inputs: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    options_not_chosen: tuple[NotChosen, ...]

    @property
    def is_flag(self) -> bool:
        return self.topic == "emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """A rule that could not be evaluated: no recommendation, only what it lacks."""

    rule_id: str
    topic: str
    missing: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.rule_id} not evaluated: missing {', '.join(self.missing)}"

    def to_plain(self) -> dict[str, object]:
        return {"rule_id": self.rule_id, "topic": self.topic, "missing": self.missing, "text": self.text}
