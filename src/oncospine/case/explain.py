"""From what pydantic found to what a person can act on."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from oncospine.case.fields import Strict
from oncospine.case.nearest import nearest
from oncospine.case.problems import FieldPath, Problem
from oncospine.case.record import Case
from oncospine.case.yaml_text import YamlText

_IDENTIFYING = frozenset(
    {"name", "first_name", "last_name", "surname", "patient_name", "patient_id", "mrn", "address", "phone", "email"}
    | {"dob", "birth_date", "birthdate", "date_of_birth", "birthday", "ssn", "nhs_number"}
)
"""Fields that would identify the patient."""

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def explained(error: ValidationError, text: YamlText) -> Iterator[Problem]:
    """One `Problem` per error, with its place in the file."""
    for entry in error.errors(include_url=False, include_context=True):
        path: FieldPath = tuple(entry["loc"])
        kind = entry["type"]
        if kind == "unexpected_keyword_argument":
            yield text.problem_of_key(path, _instead_of(path))
        elif kind in ("missing", "missing_argument"):
            yield text.problem(path[:-1], f"the required field '{path[-1]}'", found="a section without it")
        else:
            yield text.problem(_in_file(path, text), _expected(kind, entry, path) + _hint(text.value(path)))


def fields_at(path: FieldPath) -> tuple[str, ...]:
    """Names of the fields of the section at `path` of a case; empty where it is no section."""
    found: type | None = Case
    for key in path:
        if isinstance(key, int) or found is None:
            continue
        found = _held(found).get(key)
    return _names(found) if found is not None else ()


def sections(root: type) -> tuple[type, ...]:
    """`root` and every section below it, each once, in the order of the file."""
    found: dict[type, None] = {root: None}
    for section in _held(root).values():
        if section is not None and section not in found:
            found.update(dict.fromkeys(sections(section)))
    return tuple(found)


def _names(section: type) -> tuple[str, ...]:
    return tuple(entry.name for entry in dataclasses.fields(section) if entry.name != "folder")


@cache
def _held(section: type) -> dict[str, type | None]:
    """Field name to the section it holds (directly, optional or as a list)."""
    hints = typing.get_type_hints(section)
    return {name: _section_in(hint) for name, hint in hints.items()}


def _section_in(hint: Any) -> type | None:
    if isinstance(hint, type) and issubclass(hint, Strict):
        return hint
    if isinstance(hint, types.GenericAlias | types.UnionType) or typing.get_origin(hint) is not None:
        found = (_section_in(part) for part in typing.get_args(hint))
        return next((part for part in found if part is not None), None)
    return None


def _in_file(path: FieldPath, text: YamlText) -> FieldPath:
    """`path` without ends that the file does not spell out (such as `single` of a short sensory level)."""
    while path and path not in text.places:
        path = path[:-1]
    return path


def _instead_of(path: FieldPath) -> str:
    name = str(path[-1])
    if name.lower() in _IDENTIFYING:
        return "no identifiers in a case: use `pseudonym` and `birth_year`"
    known = fields_at(path[:-1])
    guess = nearest(name, known)
    return f"a field of this section; did you mean '{guess}'?" if guess else f"one of the fields {', '.join(known)}"


def _expected(kind: str, entry: Any, path: FieldPath) -> str:
    if kind == "enum":
        words = re.findall(r"'([^']*)'", entry["ctx"]["expected"])
        return _one_of(words, entry["input"])
    if kind == "dataclass_type":
        names = ", ".join(fields_at(path))
        return f"a section of fields ({names})" if path else f"the fields of a case ({names})"
    if kind == "tuple_type":
        return "a list: lines that begin with '- '"
    return str(entry["msg"])


def _one_of(words: list[str], found: Any) -> str:
    sentence = f"one of {', '.join(words)}"
    if isinstance(found, bool):
        guess = next((word for word in words if word == ("yes" if found else "no")), None)
    else:
        guess = nearest(str(found), words) if isinstance(found, str) else None
    return f"{sentence}; did you mean '{guess}'?" if guess else sentence


def _hint(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if re.fullmatch(r"0[0-9]+", value):
        return " (a number with a leading zero is taken as text)"
    if _NUMBER.fullmatch(value):
        return " (a number in quotes is text)"
    if re.fullmatch(r"[0-9]+,[0-9]+", value):
        return " (write a decimal point, not a comma)"
    return ""
