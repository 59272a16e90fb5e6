"""From tagged fields (RIS, MEDLINE) to records: which tag means what, years, DOIs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record

EARLIEST_YEAR = 1665
"""Year of the first scientific journal; an earlier year of publication is a typing error."""

_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a tagged file: its first line and (tag, text, line) in order."""

    line: int
    tags: tuple[tuple[str, str, int], ...]

    def all(self, *names: str) -> tuple[str, ...]:
        """Texts of the given tags, in the order of the names; empty ones left out."""
        return tuple(text for name in names for tag, text, _ in self.tags if tag == name and text)

    def first(self, *names: str) -> str:
        """First text found, looking for the tags in order of preference."""
        found = self.all(*names)
        return found[0] if found else ""

    def line_of(self, *names: str) -> int:
        return next((line for tag, _, line in self.tags if tag in names), self.line)

    @property
    def raw(self) -> tuple[tuple[str, str], ...]:
        return tuple((tag, text) for tag, text, _ in self.tags)


def year_of(text: str, line: int, problems: Problems) -> int | None:
    """The year in a date; impossible years are reported and left out (the text stays in `raw`)."""
    if not text.strip():
        return None
    found = _YEAR.search(text)
    if found is None:
        problems.add(line, f"no year of four digits in '{text}'; the year was left empty")
        return None
    year = int(found[1])
    if not EARLIEST_YEAR <= year <= date.today().year + 2:
        problems.add(line, f"year {year} is impossible for a publication; the year was left empty")
        return None
    return year


def doi_of(texts: Sequence[str]) -> str:
    """The first thing that looks like a DOI, as printed."""
    for text in texts:
        if found := _DOI.search(text):
            return found.group().rstrip(".,;")
    return ""


def joined_pages(first: str, last: str) -> str:
    return f"{first}-{last}" if first and last and first != last else first or last


def checked(record: Record, line: int, problems: Problems) -> Record:
    """Report what makes a record hard to use; it is kept in any case."""
    if not record.title:
        problems.add(line, f"record {record.id} has no title; it was kept, but cannot be screened by title")
    return record
