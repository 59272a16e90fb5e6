"""Dates of a case: exact days, and dates known only to the month or the year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)

_LONGEST_MONTH = 31
"""Days that divide a month, so that the same day of another month is a whole number of months away."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as precise as it is known: "2013-02-08", "2013-02" or "2013"; nothing is filled in."""

    text: str

    def __post_init__(self) -> None:
        _ends(self.text)

    @property
    def earliest(self) -> date:
        return _ends(self.text)[0]

    @property
    def latest(self) -> date:
        return _ends(self.text)[1]

    def __str__(self) -> str:
        return self.text

    def to_plain(self) -> str:
        return self.text


def months_between(start: PartialDate | date, end: PartialDate | date) -> tuple[float, float]:
    """Least and most calendar months from `start` to `end`, given how precisely each is known."""
    first, last = _span(start), _span(end)
    return _months(first[1], last[0]), _months(first[0], last[1])


def _months(start: date, end: date) -> float:
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + (end.day - start.day) / _LONGEST_MONTH


def as_day(value: Any) -> date:
    """`value` (ISO text or a date) as a date, or the error that says how to write it."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("date", "a day that exists, written YYYY-MM-DD") from None
    raise PydanticCustomError("date", "a date written YYYY-MM-DD, such as 2013-02-08")


def as_partial_date(value: Any) -> PartialDate:
    """`value` as a `PartialDate`; a bare year may be a number."""
    if isinstance(value, PartialDate):
        return value
    if isinstance(value, date):
        return PartialDate(value.isoformat())
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and _PARTIAL.fullmatch(text):
        try:
            return PartialDate(text)
        except ValueError:
            raise PydanticCustomError("date", "a date that exists, written YYYY-MM-DD, YYYY-MM or YYYY") from None
    raise PydanticCustomError("date", "a date written YYYY-MM-DD, or YYYY-MM or YYYY where no more is known")


Day = Annotated[date, PlainValidator(as_day), WithJsonSchema({"type": "string", "format": "date"})]
"""An exact day."""

AboutWhen = Annotated[
    PartialDate,
    PlainValidator(as_partial_date),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$", "minimum": 1}),
]
"""A day, a month or a year."""


def _span(when: PartialDate | date) -> tuple[date, date]:
    return (when.earliest, when.latest) if isinstance(when, PartialDate) else (when, when)


def _ends(text: str) -> tuple[date, date]:
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is not YYYY-MM-DD, YYYY-MM or YYYY")
    year = int(match[1])
    if match[2] is None:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(match[2])
    if match[3] is None:
        first = date(year, month, 1)
        return first, date(year, month, calendar.monthrange(year, month)[1])
    day = date(year, month, int(match[3]))
    return day, day
