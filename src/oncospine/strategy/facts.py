"""Facts: what the rules ask about, derived from the inputs on demand, each with the raw inputs it was read from.

A fact has one value, several possible values, or none (unknown). What was read while deriving it is recorded, so
that every recommendation can name its inputs and a changed input recomputes only what depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from oncospine.base import InputError, read_yaml
from oncospine.strategy.conditions import Known, Verdict
from oncospine.strategy.inputs import LevelInputs, PatientInputs

Values = tuple[object, ...] | None
"""What a fact function returns: the values that remain possible, or None where nothing is known."""

FactFunction = Callable[["Reader"], Values]

FACTS: dict[str, FactFunction] = {}
"""All derived facts by name; any other name is a field of `PatientInputs`."""

FIELDS = frozenset(item.name for item in fields(PatientInputs)) - {"levels", "sources"}
"""Fields of the inputs that are facts by themselves."""

LEVEL_READS = {
    "escc": "escc",
    "bone": "sins_bone",
    "alignment": "sins_alignment",
    "collapse": "sins_collapse",
    "posterolateral": "sins_posterolateral",
    "pain": "pain",
}
"""Name under which a per-level field is recorded; all others are recorded as `levels`."""


def fact(name: str) -> Callable[[FactFunction], FactFunction]:
    """Register a function as the fact `name`."""

    def register(function: FactFunction) -> FactFunction:
        FACTS[name] = function
        return function

    return register


@cache
def _thresholds() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_yaml("oncospine.strategy", "data", "thresholds.yaml")
    return found


def threshold(name: str) -> Any:
    """The value of one entry of `thresholds.yaml`."""
    return _thresholds()[name]["value"]


class Reader:
    """What a fact function sees: fields and other facts, every access recorded."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.reads: set[str] = set()
        self.missing: set[str] = set()

    def get(self, name: str) -> Any:
        """A field of the inputs; None is unknown."""
        value = getattr(self._facts.inputs, name)
        self.reads.add(name)
        if value is None:
            self.missing.add(name)
        return value

    def peek(self, name: str) -> Any:
        """A field whose absence lacks nothing: an exception that nobody reported."""
        self.reads.add(name)
        return getattr(self._facts.inputs, name)

    @property
    def inputs(self) -> PatientInputs:
        """The record itself, to look whether a field is there without recording it as lacking."""
        return self._facts.inputs

    def levels(self) -> tuple[LevelInputs, ...] | None:
        """The involved vertebrae, cranial to caudal."""
        found = self.get("levels")
        return None if found is None else tuple(sorted(found, key=lambda item: item.level.order))

    def level_value(self, item: LevelInputs, name: str) -> Any:
        """A field of one vertebra."""
        value = getattr(item, name)
        recorded = LEVEL_READS.get(name, "levels")
        self.reads.add(recorded)
        if value is None:
            self.missing.add(f"{recorded}" if recorded != "levels" else f"levels.{item.level}.{name}")
        return value

    def note_missing(self, name: str) -> None:
        """An input that was not a field but is lacking, for example one item of a score."""
        self.reads.add(name)
        self.missing.add(name)

    def fact(self, name: str) -> Values:
        """Another fact; what it read counts as read here."""
        known = self._facts.known(name)
        self.reads |= known.reads
        self.missing |= known.missing
        return known.values

    def one(self, name: str) -> Any:
        """Another fact, where it has exactly one value; otherwise None."""
        values = self.fact(name)
        return values[0] if values is not None and len(values) == 1 else None


class Facts:
    """All facts of one patient, derived lazily and kept."""

    def __init__(self, inputs: PatientInputs, cache: Mapping[str, Known] | None = None) -> None:
        self.inputs = inputs
        self._cache: dict[str, Known] = dict(cache or {})
        self.verdicts: dict[str, Verdict] = {}

    def known(self, name: str, /) -> Known:
        """Values, reads and missing inputs of a fact; an unknown name is an error of the rule file."""
        found = self._cache.get(name)
        if found is None:
            found = self._cache[name] = self._derived(name)
        return found

    def verdict_of(self, rule_id: str, /) -> Verdict:
        """Verdict of a rule evaluated earlier."""
        if rule_id not in self.verdicts:
            raise InputError(f"a rule refers to '{rule_id}', which is not evaluated before it")
        return self.verdicts[rule_id]

    def after(self, changed: PatientInputs, name: str) -> tuple[Facts, frozenset[str]]:
        """Facts of `changed`, which differs in the input `name` only, and the facts that have other values there."""
        kept = {key: known for key, known in self._cache.items() if name not in known.reads}
        facts = Facts(changed, kept)
        stale = [(key, known) for key, known in self._cache.items() if name in known.reads]
        return facts, frozenset(key for key, known in stale if facts.known(key).values != known.values)

    def _derived(self, name: str) -> Known:
        reader = Reader(self)
        function = FACTS.get(name)
        if function is not None:
            values = function(reader)
        elif name in FIELDS:
            raw = reader.get(name)
            values = None if raw is None else (raw,)
        else:
            raise InputError(f"unknown fact '{name}' in a rule; it is neither derived nor a field of PatientInputs")
        return Known(values, frozenset(reader.reads), frozenset(reader.missing))
