"""What a field of the patient's inputs may hold, written beside the field itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPEC = "spec"
"""Key of a field's specification in its dataclass metadata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """Kind (flag, choice, integer, number, level, levels, histology, grades, option), limits and meaning of a field.

    `steps` are values of a number that lie on the two sides of every threshold a rule or score uses; with the
    choices they are what "what would change it" tries.
    """

    kind: str
    text: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    steps: tuple[float, ...] = ()

    @property
    def candidates(self) -> tuple[object, ...]:
        """Values to try in place of the present one, in order."""
        if self.kind == "flag":
            return (True, False)
        if self.kind == "grades":
            return tuple((choice,) for choice in self.choices)
        return self.choices or self.steps


def flag(text: str) -> Any:
    """A yes/no field; None is unknown."""
    return field(default=None, metadata={SPEC: FieldSpec(kind="flag", text=text)})


def choice(text: str, *choices: str) -> Any:
    """A field with named values."""
    return field(default=None, metadata={SPEC: FieldSpec(kind="choice", text=text, choices=choices)})


def grades(text: str, *choices: str) -> Any:
    """A tuple of the values that remain possible."""
    return field(default=None, metadata={SPEC: FieldSpec(kind="grades", text=text, choices=choices)})


def option(text: str, *choices: str) -> Any:
    """A score option: one value, or `OneOf` several."""
    return field(default=None, metadata={SPEC: FieldSpec(kind="option", text=text, choices=choices)})


def number(text: str, low: float, high: float, *, unit: str, steps: tuple[float, ...] = ()) -> Any:
    """A measured or entered number."""
    spec = FieldSpec(kind="number", text=text, low=low, high=high, unit=unit, steps=steps)
    return field(default=None, metadata={SPEC: spec})


def integer(text: str, low: int, high: int, *, steps: tuple[int, ...] = ()) -> Any:
    """A count or a grade on a numeric scale."""
    return field(default=None, metadata={SPEC: FieldSpec(kind="integer", text=text, low=low, high=high, steps=steps)})


def other(kind: str, text: str) -> Any:
    """A field of another kind: level, levels, histology, text."""
    return field(default=None, metadata={SPEC: FieldSpec(kind=kind, text=text)})


def specs_of(record: type) -> Mapping[str, FieldSpec]:
    """Specification of every specified field of a record."""
    return {item.name: item.metadata[SPEC] for item in dataclasses.fields(record) if SPEC in item.metadata}
