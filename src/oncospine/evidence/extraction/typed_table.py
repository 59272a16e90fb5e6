"""Typed tables of extracted facts: each cell checked against its column, every doubt with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from oncospine.base import InputError, read_yaml
from oncospine.evidence.records.lines import Problems, numbered_lines
from oncospine.evidence.records.record import Problem
from oncospine.evidence.statistics import NOT_REACHED, NotReached

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

Cell = str | float | int | bool | NotReached | None
"""A value, or None where the source did not report it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a column holds: its kind, unit, range or choices."""

    name: str
    kind: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    optional_column: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: typed `cells`, the text as it stood (`raw`), and its line in the file."""

    line: int
    cells: Mapping[str, Cell]
    raw: Mapping[str, str]

    def text(self, name: str) -> str:
        value = self.cells.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> float | None:
        value = self.cells.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        value = self.cells.get(name)
        return value if isinstance(value, bool) else None

    def filled(self, kind: type[T], columns: Mapping[str, str], **computed: object) -> T:
        """A value of the dataclass `kind` from the cells of the columns named as its fields, or as `columns` says.

        A cell that was not reported is None, or an empty text where the field is a text; `computed` fields are given.
        """
        names = {item.name: columns.get(item.name, item.name) for item in fields(kind) if item.name not in computed}
        texts = {item.name for item in fields(kind) if item.type == "str"}
        cells = {name: self.text(column) if name in texts else self.cells.get(column) for name, column in names.items()}
        return kind(**cells, **computed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTable:
    """Rows with their problems. A cell that cannot be used is None in `cells` and kept in `raw`."""

    file: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


@cache
def table_columns(name: str) -> tuple[Column, ...]:
    """Columns of the `case`, `series` or `appraisal` table, from the data file."""
    return tuple(
        Column(name=key, **{**row, "choices": tuple(row.get("choices", ()))})
        for key, row in read_yaml("oncospine.evidence", "data", f"{name}_columns.yaml").items()
    )


def read_typed_table(path: Path, name: str, *, key: tuple[str, ...]) -> TypedTable:
    """Read a CSV of the `case`, `series` or `appraisal` table; `key` are the columns by which rows must differ."""
    columns = table_columns(name)
    problems = Problems(path.name)
    reader = csv.DictReader(io.StringIO("\n".join(text for _, text in numbered_lines(path, problems))))
    header = list(reader.fieldnames or [])
    missing = [column.name for column in columns if column.name not in header and not column.optional_column]
    if missing:
        raise InputError(
            f"{path.name}, line 1: column{'s' if len(missing) > 1 else ''} {', '.join(missing)} missing; "
            f"the {name} table needs all of its columns (cells may be empty)"
        )
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for raw in reader:
        at = reader.line_num
        row = _row(raw, columns, at, problems)
        name_of_row = tuple(row.text(part) for part in key)
        if name_of_row in seen:
            named = ", ".join(f"{part} '{value}'" for part, value in zip(key, name_of_row, strict=True))
            problems.add(at, f"{named} stands already on line {seen[name_of_row]}; both rows were kept")
        seen.setdefault(name_of_row, at)
        rows.append(row)
    problems.close()
    return TypedTable(file=path.name, columns=columns, rows=tuple(rows), problems=tuple(problems))


def _row(raw: Mapping[str | None, Any], columns: tuple[Column, ...], line: int, problems: Problems) -> Row:
    if None in raw:
        problems.add(line, f"{len(raw[None])} more cells than the header has columns; is a comma unquoted?")
    texts = {name: (value or "").strip() for name, value in raw.items() if name is not None}
    cells = {column.name: _cell(texts.get(column.name, ""), column, line, problems) for column in columns}
    return Row(line=line, cells=cells, raw=texts)


def _cell(text: str, column: Column, line: int, problems: Problems) -> Cell:
    if not text:
        if column.required:
            problems.add(line, f"{column.name} is empty; every row needs it")
        return None
    if column.kind == "text":
        return text
    if column.kind == "yes_no":
        return _choice(text, column, ("y", "n"), line, problems, {"y": True, "n": False})
    if column.kind == "choice":
        return _choice(text, column, column.choices, line, problems, {name: name for name in column.choices})
    if column.kind == "number_or_not_reached" and text == "not_reached":
        return NOT_REACHED
    return _number(text, column, line, problems)


def _choice(
    text: str, column: Column, allowed: tuple[str, ...], line: int, problems: Problems, values: Mapping[str, Cell]
) -> Cell:
    if text in values:
        return values[text]
    problems.add(line, f"{column.name} is '{text}', expected {', '.join(allowed)} or empty; it counts as not reported")
    return None


def _number(text: str, column: Column, line: int, problems: Problems) -> Cell:
    unit = f" {column.unit}" if column.unit else ""
    try:
        value = float(text)
    except ValueError:
        problems.add(
            line,
            f"{column.name} is '{text}', expected a number{' of' if unit else ''}{unit}; it counts as not reported",
        )
        return None
    low, high = column.low, column.high
    if low is not None and high is not None and not low <= value <= high:
        problems.add(
            line,
            f"{column.name} is {text}{unit}, expected {low:g} to {high:g}; it counts as not reported. Check the source",
        )
        return None
    if column.kind == "integer":
        if value != int(value):
            problems.add(line, f"{column.name} is {text}, expected a whole number; it counts as not reported")
            return None
        return int(value)
    return value
