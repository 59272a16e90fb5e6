"""What a clinician states in place of a measurement: who, when, why. Both are kept; the entry wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from oncospine.base import read_yaml
from oncospine.case.dates import Day
from oncospine.case.fields import Checked, OneLevel, Strict, Text, Token, expected
from oncospine.case.nearest import or_nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideKind:
    """One thing that may be overridden: its words or its span."""

    name: str
    per_level: bool
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""


@cache
def override_kinds() -> Mapping[str, OverrideKind]:
    """The rows of data/overrides.yaml by name."""
    rows = read_yaml("oncospine.case", "data", "overrides.yaml")
    return MappingProxyType({name: _kind(name, row) for name, row in rows.items()})


def _kind(name: str, row: dict[str, Any]) -> OverrideKind:
    low, high = row.get("number", (None, None))
    return OverrideKind(
        name=name,
        per_level=row["per"] == "level",
        values=tuple(row.get("values", ())),
        low=low,
        high=high,
        unit=row.get("unit", ""),
    )


def _what(value: Any) -> str:
    if not isinstance(value, str) or value not in override_kinds():
        hint = or_nearest(value, override_kinds()) if isinstance(value, str) else ""
        raise expected(f"one of {', '.join(override_kinds())}{hint}")
    return value


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise expected("a value: a word or a number")
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Strict):
    """One statement of a clinician that replaces a measurement."""

    what: Annotated[str, Checked(_what, {"type": "string"})]
    """Which measurement: a name of the table of overrides."""
    value: Annotated[str, Checked(_value, {"type": ["string", "number"]})]
    level: OneLevel | None = None
    study: Token | None = None
    """Id of the study it was read on."""
    by: Text
    """Role, such as "radiologist"; no name."""
    date: Day
    why: Text

    @property
    def number(self) -> float:
        """The value of an override that is a number."""
        return float(self.value)


def override_problem(what: str, value: str, *, has_level: bool) -> tuple[str, str] | None:
    """(field, what was expected) where a value does not suit what it overrides, else None."""
    kind = override_kinds()[what]
    if kind.values and value not in kind.values:
        return "value", f"for {what} one of {', '.join(kind.values)}{or_nearest(value, kind.values)}"
    if kind.low is not None and kind.high is not None and not _within(value, kind.low, kind.high):
        return "value", f"for {what} a number {kind.low:g}..{kind.high:g} {kind.unit}".rstrip()
    if kind.per_level and not has_level:
        return "level", f"the vertebral level, because {what} is stated per level"
    return None


def _within(value: str, low: float, high: float) -> bool:
    try:
        return low <= float(value) <= high
    except ValueError:
        return False
