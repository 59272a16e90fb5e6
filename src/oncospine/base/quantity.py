"""A value that can be traced: what it is, how it was obtained, from what, by which rule, with which source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """How a value was obtained."""

    MEASURED = "measured"
    ENTERED = "entered"
    DERIVED = "derived"


class Verification(StrEnum):
    """How far a published fact was checked (reference tags of classifications, prognosis and morphometry)."""

    V2 = "V2"
    V1 = "V1"
    V = "V"
    COMPUTED = "C"
    PROJECT = "D"
    KNOWLEDGE = "K"
    UNVERIFIED = "U"

    @property
    def is_verified(self) -> bool:
        return self in {Verification.V2, Verification.V1, Verification.V, Verification.COMPUTED}

    @property
    def words(self) -> str:
        """What the report prints beside a fact with this tag."""
        return _WORDS[self]


_WORDS = {
    Verification.V2: "verified in two or more sources",
    Verification.V1: "single source",
    Verification.V: "read in the cited source",
    Verification.COMPUTED: "computed from open data",
    Verification.PROJECT: "oncospine default",
    Verification.KNOWLEDGE: "not verified against the primary paper",
    Verification.UNVERIFIED: "not verified against the primary paper",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a result with its provenance; `value` None means it could not be had, and `reason` says why.

    `low` and `high` bound the uncertainty where it is known. `inputs` are names or content hashes of what it came
    from. `citations` are ids of the citation registry.
    """

    value: float | None
    unit: str
    how: How
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    inputs: tuple[str, ...] = ()
    rule: str | None = None
    citations: tuple[str, ...] = ()
    verification: Verification | None = None


def measured(value: float, unit: str, *, rule: str, reason: str | None = None) -> Quantity:
    """A number measured on the images, by the named rule."""
    return Quantity(value=float(value), unit=unit, how=How.MEASURED, rule=rule, reason=reason)


def refused(unit: str, reason: str, *, rule: str) -> Quantity:
    """A measurement that the data cannot support, with the reason."""
    return Quantity(value=None, unit=unit, how=How.MEASURED, rule=rule, reason=reason)
