"""One line of an export: what it says, where it stood, and everything that was not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a record came from: file name, content hash, format, place in the file and first line."""

    file: str
    sha256: str
    format: str
    position: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a file that did not stop the import: where, what was found, what was done about it."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A bibliographic record. Text is as printed (entities and accents included); None or empty means not given.

    `raw` keeps every tag of the source in order, so that nothing is lost by the mapping to fields.
    """

    id: str
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    journal_short: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    isbn: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    kind: str = "article"
    label: int | None = None
    provenance: Provenance | None = None
    raw: tuple[tuple[str, str], ...] = field(default=())

    @property
    def title_only(self) -> bool:
        return not self.abstract.strip()

    @property
    def completeness(self) -> int:
        """How many fields carry something: of two copies the more complete one leads."""
        return sum(bool(getattr(self, name)) for name in _COUNTED) + min(len(self.authors), 20)


_COUNTED = ("title", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract", "urls", "keywords")

FIELDS = tuple(item.name for item in fields(Record))
"""Names of the fields of a record, in order."""


def record_to_plain(record: Record) -> dict[str, Any]:
    """A record as plain data, empty fields left out, for one line of JSON."""
    plain: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(record, name)
        if name == "provenance" and value is not None:
            value = {part.name: getattr(value, part.name) for part in fields(Provenance)}
        if value not in ((), "", None):
            plain[name] = (
                [list(item) if isinstance(item, tuple) else item for item in value]
                if isinstance(value, tuple)
                else value
            )
    return plain


def record_from_plain(plain: Mapping[str, Any]) -> Record:
    """The record that `record_to_plain` wrote."""
    values = dict(plain)
    for name in ("authors", "keywords", "urls"):
        values[name] = tuple(values.get(name, ()))
    values["raw"] = tuple((tag, text) for tag, text in values.get("raw", ()))
    if "provenance" in values:
        values["provenance"] = Provenance(**values["provenance"])
    return Record(**values)
