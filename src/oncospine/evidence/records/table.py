"""CSV and TSV tables of records (also ASReview's), read and written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from oncospine.base import InputError
from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.tags import Entry, year_of

_ALIASES = {
    "title": ("title", "primary_title", "article title", "ti"),
    "authors": ("authors", "author", "author names", "first_authors", "au"),
    "year": ("year", "publication year", "publication_year", "py", "date"),
    "journal": ("journal", "source title", "journal/book", "publication title", "secondary_title", "jo"),
    "volume": ("volume", "vl"),
    "issue": ("issue", "number", "is"),
    "pages": ("pages", "page", "page range"),
    "doi": ("doi", "do", "digital object identifier"),
    "pmid": ("pmid", "pubmed id", "pubmed_id", "accession number"),
    "abstract": ("abstract", "notes_abstract", "abstract note", "ab"),
    "keywords": ("keywords", "author keywords", "kw"),
    "url": ("url", "urls", "link"),
    "key": ("record_key", "record_id", "id", "key"),
    "label": ("included", "label_included", "asreview_label", "final_included", "label", "included_label"),
}

_COLUMNS = (
    "record_id", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid",
    "keywords", "url", "included",
)  # fmt: skip

_SAME = ("title", "abstract", "journal", "volume", "issue", "pages", "doi", "pmid")
"""Columns that are named as their fields."""

OPEN_QUOTE = ". A cell runs over several lines: is a quotation mark left open?"

LONGEST_FIELD = 10_000_000
"""Characters in one cell; longer means an unclosed quote swallowed the file."""


def table_entries(lines: Iterable[tuple[int, str]], problems: Problems) -> Iterator[Entry]:
    """Rows of a table with a header; rows that are too long or too short are kept and reported."""
    numbers: list[int] = []

    def texts() -> Iterator[str]:
        for number, line in lines:
            numbers.append(number)
            yield line + "\n"

    stream = texts()
    first = next(stream, "")
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(_again(first, stream), delimiter=separator)
    header = [name.strip().lower().lstrip("\ufeff") for name in next(reader, [])]
    if not set(header) & set(_ALIASES["title"]):
        raise InputError(
            f"{problems.file}, line 1: no title column among {', '.join(header[:8]) or 'nothing'}; "
            "expected a header with 'title'"
        )
    while True:
        line = len(numbers) + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{problems.file}, line {line}: {error}; is a quotation mark left open?") from error
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.add(
                line,
                f"{len(row)} {'cell' if len(row) == 1 else 'cells'} where the header has {len(header)}; the row was "
                "kept as far as it fits" + (OPEN_QUOTE if any("\n" in cell for cell in row) else ""),
            )
        names = [*header, *(f"column {index + 1}" for index in range(len(header), len(row)))]
        yield Entry(line, tuple((name, cell.strip(), line) for name, cell in zip(names, row, strict=False)))


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def record_of_table(entry: Entry, problems: Problems) -> Record:
    """Map the columns by their usual names; the label is ASReview's (1 relevant, 0 not, empty or -1 unread)."""

    def cell(name: str) -> str:
        return entry.first(*_ALIASES[name])

    return Record(
        id="",
        title=cell("title"),
        authors=_names(cell("authors")),
        year=year_of(cell("year"), entry.line, problems),
        journal=cell("journal"),
        volume=cell("volume"),
        issue=cell("issue"),
        pages=cell("pages"),
        doi=cell("doi"),
        pmid=cell("pmid") if cell("pmid").isdigit() else "",
        abstract=cell("abstract"),
        keywords=tuple(word.strip() for word in re.split(r"[;|]", cell("keywords")) if word.strip()),
        urls=(cell("url"),) if cell("url") else (),
        label=_label(cell("label"), entry.line, problems),
        raw=entry.raw,
    )


def _names(text: str) -> tuple[str, ...]:
    text = text.strip("[]'\" ")
    if ";" in text:
        return tuple(name.strip() for name in text.split(";") if name.strip())
    if "', '" in text:
        return tuple(name.strip("'\" ") for name in text.split("', '"))
    if text.count(",") > 1:
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return (text,) if text else ()


def _label(text: str, line: int, problems: Problems) -> int | None:
    if text in ("", "-1", "nan", "None"):
        return None
    if text in ("0", "0.0", "1", "1.0"):
        return int(float(text))
    problems.add(
        line, f"label '{text}' is neither 1 (relevant), 0 (not relevant) nor empty; the record counts as unread"
    )
    return None


def table_text(records: Iterable[Record]) -> str:
    """Records as CSV with ASReview's column names."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow(
            {
                **{name: getattr(record, name) for name in _SAME},
                "record_id": record.id,
                "authors": "; ".join(record.authors),
                "year": record.year or "",
                "keywords": "; ".join(record.keywords),
                "url": record.urls[0] if record.urls else "",
                "included": "" if record.label is None else record.label,
            }
        )
    return stream.getvalue()
