"""Two people extract the same table: where do they differ?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.extraction.typed_table import TypedTable, read_typed_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One cell that two extractors filled differently (text as typed; empty is not reported)."""

    key: str
    column: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleEntry:
    """Differences of two extractions, rows that only one has, and agreement by column (share of shared rows)."""

    differences: tuple[Difference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    agreement: Mapping[str, float]
    n_rows: int


_NOT_COMPARED = {"notes", "url", "source_quote_location", "source_location", "confidence"}


def compared_tables(first: Path, second: Path, *, table: str) -> DoubleEntry:
    """Compare two files of the `case` or `series` table."""
    key = {"case": "case_id", "series": "row_id"}.get(table)
    if key is None:
        raise InputError(f"unknown table '{table}', expected case or series")
    one, other = (read_typed_table(path, table, key=(key,)) for path in (first, second))
    return compared_entries(one, other, key=key)


def compared_entries(first: TypedTable, second: TypedTable, *, key: str) -> DoubleEntry:
    """Compare cell by cell; numbers are equal by value ("6" and "6.0"), texts without regard to case and blanks."""
    one = {row.text(key): row for row in first.rows}
    other = {row.text(key): row for row in second.rows}
    shared = [name for name in one if name in other]
    if not shared:
        raise InputError(f"{first.file} and {second.file} have no {key} in common: are they of the same review?")
    names = [column.name for column in first.columns if column.name not in _NOT_COMPARED and column.name != key]
    differences = [
        Difference(key=name, column=column, first=one[name].raw.get(column, ""), second=other[name].raw.get(column, ""))
        for name in shared
        for column in names
        if _comparable(one[name].cells.get(column)) != _comparable(other[name].cells.get(column))
    ]
    count = {column: sum(difference.column == column for difference in differences) for column in names}
    return DoubleEntry(
        differences=tuple(differences),
        only_first=tuple(name for name in one if name not in other),
        only_second=tuple(name for name in other if name not in one),
        agreement={column: 1 - count[column] / len(shared) for column in names},
        n_rows=len(shared),
    )


def _comparable(value: object) -> object:
    return " ".join(value.lower().split()) if isinstance(value, str) else value
