"""What is wrong with a case file: every problem with its place, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncospine.base import InputError

Key = str | int
FieldPath = tuple[Key, ...]
"""Where a value stands in the file, such as ("exams", 0, "frankel"); lists count from 0."""

_LONGEST = 60
"""Characters of a found value that a message shows."""

_MOST = 100
"""Problems that a message shows; a file with more is not a case, and `problems` has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem of one file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    field: str
    found: str
    expected: str

    @property
    def sentence(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        name = f" {self.field}:" if self.field else ""
        found = f" found {self.found};" if self.found else ""
        return f"{place}:{name}{found} expected {self.expected}"


class CaseError(InputError):
    """A case that cannot be used, with all its problems in the order of the file."""

    def __init__(self, file: Path | str, problems: Sequence[Problem]) -> None:
        self.file = str(file)
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        head = f"{self.file} has {len(problems)} problem{'' if len(problems) == 1 else 's'}:"
        lines = [f"  {problem.sentence}" for problem in self.problems[:_MOST]]
        more = len(self.problems) - len(lines)
        super().__init__("\n".join([head, *lines, *([f"  and {more} more"] if more else [])]))


def field_name(path: FieldPath) -> str:
    """`("exams", 0, "frankel")` as "exams[0].frankel"."""
    name = ""
    for key in path:
        name += f"[{key}]" if isinstance(key, int) else f".{key}" if name else key
    return name


def described(value: Any) -> str:
    """A value of the file in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"a mapping with {len(value)} keys" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    text = str(value).replace("\n", " ")
    return f"'{text}'" if len(text) <= _LONGEST else f"'{text[:_LONGEST]}...'"
