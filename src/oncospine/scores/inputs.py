"""The shared vocabulary of score inputs: kinds, limits, choices, and what a bad value is told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from oncospine.base import InputError, Level, Segment, parse_level, read_yaml
from oncospine.scores.histology import histology
from oncospine.scores.score import OneOf

SEPARATOR = "|"
"""Between alternatives in a text input: `--collapse "none|under_50"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """What one input may be. `kind` is choice, integer, number, flag, level or histology."""

    id: str
    kind: str
    text: str
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    choices: tuple[str, ...] = ()


@cache
def input_specs() -> Mapping[str, InputSpec]:
    """All inputs of all scores by id."""
    raw = read_yaml("oncospine.scores", "data", "inputs.yaml")
    found = {
        key: InputSpec(
            id=key,
            kind=row["kind"],
            text=row["text"],
            low=row.get("low"),
            high=row.get("high"),
            unit=row.get("unit"),
            choices=tuple(row.get("choices", ())),
        )
        for key, row in raw.items()
    }
    return MappingProxyType(found)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word: the nearest known one, or all of them where they are few."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(names)}"


def alternatives(name: str, given: object) -> tuple[object, ...] | None:
    """The values that input `name` may still have: None where unknown, one value, or several (`OneOf`, "a|b").

    Raises `InputError` naming the input, the value found, what is expected and the nearest valid word.
    """
    if given is None or given == "":
        return None
    spec = input_specs()[name]
    pieces: tuple[object, ...] = (given,)
    if isinstance(given, OneOf):
        pieces = given.values
    elif isinstance(given, str) and SEPARATOR in given:
        pieces = tuple(piece.strip() for piece in given.split(SEPARATOR))
    elif isinstance(given, set | frozenset | list | tuple):
        pieces = tuple(given)
    values = tuple(dict.fromkeys(_PARSERS[spec.kind](spec, piece) for piece in pieces))
    if not values:
        raise InputError(f"{name}: an empty set of alternatives; leave the input out where nothing is known")
    return None if None in values else values


def schema_of(spec: InputSpec) -> dict[str, Any]:
    """JSON Schema of one input; null means unknown."""
    schema: dict[str, Any] = {"description": spec.text}
    if spec.unit:
        schema["x-unit"] = spec.unit
    if spec.kind == "choice":
        return schema | {"enum": [*spec.choices, None]}
    if spec.kind == "level":
        return schema | {"enum": ["C0", *[level.value for level in Level], None]}
    if spec.kind == "histology":
        from oncospine.scores.histology import histologies

        return schema | {"enum": [*histologies(), None]}
    if spec.kind == "flag":
        return schema | {"type": ["boolean", "null"]}
    schema["type"] = ["integer" if spec.kind == "integer" else "number", "null"]
    if spec.low is not None:
        schema["minimum"] = spec.low
    if spec.high is not None:
        schema["maximum"] = spec.high
    return schema


def _parse_choice(spec: InputSpec, value: object) -> object:
    text = str(getattr(value, "value", value)).strip()
    if text in spec.choices:
        return text
    by_lower = {choice.lower(): choice for choice in spec.choices}
    found = by_lower.get(text.lower().replace(" ", "_").replace("-", "_"), by_lower.get(text.lower()))
    if found is None:
        raise InputError(f"{spec.id}: '{text}' is not one of {', '.join(spec.choices)}; {nearest(text, spec.choices)}")
    return found


def _parse_number(spec: InputSpec, value: object) -> object:
    if isinstance(value, bool):
        raise InputError(f"{spec.id}: expected a number, got {value!r}")
    try:
        number = float(str(value))
    except ValueError:
        raise InputError(f"{spec.id}: expected a number{_unit(spec)}, got {value!r}") from None
    if not (spec.low is None or number >= spec.low) or not (spec.high is None or number <= spec.high):
        limits = f"{_shown(spec.low)} to {_shown(spec.high)}"
        raise InputError(f"{spec.id}: {value} is outside {limits}{_unit(spec)}; check the value and its unit")
    return number


def _parse_integer(spec: InputSpec, value: object) -> object:
    number = _parse_number(spec, value)
    if not isinstance(number, float) or number != int(number):
        raise InputError(f"{spec.id}: expected a whole number{_unit(spec)}, got {value!r}")
    return int(number)


def _parse_flag(spec: InputSpec, value: object) -> object:
    if isinstance(value, bool):
        return value
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise InputError(f"{spec.id}: expected yes or no, got {value!r}")
    return found


def _parse_level(spec: InputSpec, value: object) -> object:
    if isinstance(value, Segment):
        raise InputError(f"{spec.id}: {value!r} is a cord segment, not a vertebra; give the vertebral level")
    if str(value).strip().upper() in {"C0", "OCCIPUT"}:
        return "C0"
    try:
        return parse_level(str(value))
    except InputError as error:
        raise InputError(f"{spec.id}: {error}") from None


def _parse_histology(spec: InputSpec, value: object) -> object:
    """`None` for 'unknown', which is no histology at all."""
    found = histology(str(value))
    return None if found.id == "unknown" else found.id


def _unit(spec: InputSpec) -> str:
    return f" ({spec.unit})" if spec.unit else ""


def _shown(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"


_PARSERS = {
    "choice": _parse_choice,
    "number": _parse_number,
    "integer": _parse_integer,
    "flag": _parse_flag,
    "level": _parse_level,
    "histology": _parse_histology,
}
