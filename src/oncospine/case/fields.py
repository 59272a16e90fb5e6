"""Field types of the case models: what a value must look like, with the sentence that says so when it does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from pydantic import ConfigDict, PlainValidator
from pydantic_core import PydanticCustomError

from oncospine.base import InputError, Level, Segment, parse_levels, parse_segment

MAX_TEXT = 20_000
"""Longest free text, in characters."""

_LONGEST_LEVELS = 200
"""Longest list of levels in one text, in characters: far more than all levels."""


class Strict:
    """Base of every model of the case: a field nobody knows is an error, never ignored."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)


def expected(sentence: str) -> PydanticCustomError:
    """The error that says what a field should have held."""
    return PydanticCustomError("expected", "{sentence}", {"sentence": sentence})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise expected("text (put it in quotes if it is meant as text)")
    if not value.strip() or len(value) > MAX_TEXT:
        raise expected(f"text of 1 to {MAX_TEXT} characters")
    for pattern, what in _IDENTIFYING:
        if pattern.search(value):
            raise expected(f"text without identifiers, but it seems to hold {what}; remove it")
    return value


def _token(value: Any) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise expected("a short name of letters, digits, '_', '.' or '-' (quotes if it is all digits)")
    return value


def _pseudonym(value: Any) -> str:
    if not isinstance(value, str) or not _PSEUDONYM.fullmatch(value):
        raise expected("a pseudonym of letters, digits, '_' or '-' such as P-0017; no names, no spaces")
    if _LOOKS_LIKE_DATE.search(value) or re.search(r"\d{6}", value):
        raise expected("a pseudonym, but this looks like a date of birth or a record number; use a code such as P-0017")
    if _LOOKS_LIKE_NAME.fullmatch(value):
        raise expected("a pseudonym, but this looks like a person's name; use a code such as P-0017")
    return value


def _birth_year(value: Any) -> int:
    if isinstance(value, str) and _LOOKS_LIKE_DATE.search(value):
        raise expected("only the year of birth; a full date of birth identifies the patient and is not kept")
    if isinstance(value, bool) or not isinstance(value, int) or not 1880 <= value <= 2200:
        raise expected("a year of birth such as 1961")
    return value


def _relative_path(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise expected("a path relative to the case folder, such as studies/ct/scan.nii.gz")
    if "\\" in value or PureWindowsPath(value).drive or value.startswith("~"):
        raise expected("a path relative to the case folder with '/' between folders")
    path = PurePosixPath(value)
    if path.is_absolute():
        raise expected("a path relative to the case folder, not an absolute one")
    if ".." in path.parts:
        raise expected("a path inside the case folder, without '..'")
    return value


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return bool(value == "yes")
    raise expected("yes or no (leave it out where unknown)")


def _levels(value: Any) -> tuple[Level, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not texts or not all(_is_short(text) for text in texts):
        raise expected("vertebral levels such as T3, T1-T4 or 'T3, T7'")
    try:
        found = parse_levels(", ".join(texts))
    except InputError as problem:
        raise expected(f"vertebral levels such as T1-T4: {problem}") from None
    return found


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_LEVELS


def _level(value: Any) -> Level:
    found = _levels(value)
    if len(found) != 1:
        raise expected("one vertebral level such as T3")
    return found[0]


def _segment(value: Any) -> Segment:
    if not _is_short(value):
        raise expected("a cord segment such as T4")
    try:
        return parse_segment(value)
    except InputError as problem:
        raise expected(f"a cord segment such as T4: {problem}") from None


def _kps(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise expected("a Karnofsky score 0, 10, 20 ... 100")
    if value % 10:
        low = value - value % 10
        raise expected(f"a Karnofsky score in steps of 10; enter {low} or {low + 10}, whichever the clinician means")
    return value


def whole(low: int, high: int) -> Checked:
    """Validator of a whole number from `low` to `high`, for use in `Annotated[int, whole(0, 10)]`."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise expected(f"a whole number {low}..{high}")
        return value

    return Checked(check, {"type": "integer", "minimum": low, "maximum": high})


def number(low: float, high: float, unit: str) -> Checked:
    """Validator of a number from `low` to `high` in `unit`."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise expected(f"a number {low:g}..{high:g} ({unit}), with a decimal point and without the unit")
        return float(value)

    return Checked(check, {"type": "number", "minimum": low, "maximum": high})


class Checked:
    """A check that replaces pydantic's own, with its JSON Schema, as one piece of `Annotated`."""

    def __init__(self, check: Callable[[Any], Any], schema: dict[str, Any]) -> None:
        self._check = check
        self._schema = schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return PlainValidator(self._check).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return dict(self._schema)


def _schema_version(value: Any) -> int:
    if isinstance(value, bool) or value != 1:
        raise expected("1, the layout of case.yaml that this program reads")
    return 1


def _not_in_file(value: Any) -> None:
    raise expected("nothing: this is no field of the file")


_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_LOOKS_LIKE_DATE = re.compile(r"(?<!\d)(\d{4}[-_./]\d{1,2}[-_./]\d{1,2}|\d{1,2}[-_./]\d{1,2}[-_./]\d{2,4})(?!\d)")
_LOOKS_LIKE_NAME = re.compile(r"[A-Z][a-z]+[-_]?[A-Z][a-z]+")
_IDENTIFYING = (
    (
        re.compile(rf"(?i)\b(dob|d\.o\.b\.|date of birth|born)\W{{0,6}}(on )?{_LOOKS_LIKE_DATE.pattern}"),
        "a date of birth",
    ),
    (re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}\.\w"), "an e-mail address"),
    (re.compile(r"(?i)\b(mrn|nhs|ssn|patient id)\W{0,4}\d{3,}"), "a record number"),
)

Text = Annotated[str, Checked(_text, {"type": "string", "minLength": 1, "maxLength": MAX_TEXT})]
Token = Annotated[str, Checked(_token, {"type": "string", "pattern": f"^{_TOKEN.pattern}$"})]
Pseudonym = Annotated[str, Checked(_pseudonym, {"type": "string", "pattern": f"^{_PSEUDONYM.pattern}$"})]
BirthYear = Annotated[int, Checked(_birth_year, {"type": "integer", "minimum": 1880, "maximum": 2200})]
CasePath = Annotated[str, Checked(_relative_path, {"type": "string", "minLength": 1})]
"""A path relative to the case folder, with `/`; it can not leave the folder."""

YesNo = Annotated[bool, Checked(_yes_no, {"enum": ["yes", "no", True, False]})]
Levels = Annotated[
    tuple[Level, ...],
    Checked(_levels, {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
OneLevel = Annotated[Level, Checked(_level, {"enum": [str(level) for level in Level]})]
OneSegment = Annotated[Segment, Checked(_segment, {"enum": [str(segment) for segment in Segment]})]
Kps = Annotated[int, Checked(_kps, {"enum": list(range(0, 101, 10))})]
SchemaVersion = Annotated[int, Checked(_schema_version, {"const": 1})]
NotInFile = PlainValidator(_not_in_file)
