"""RIS files, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.tags import Entry, doi_of, joined_pages, year_of

_TAG = re.compile(r"^\s{0,3}([A-Z][A-Z0-9])\s{1,2}-(?:\s(.*))?$")

_KINDS = {"JOUR": "article", "CONF": "conference", "CPAPER": "conference", "ABST": "conference", "BOOK": "book"}


def ris_entries(lines: Iterable[tuple[int, str]], problems: Problems) -> Iterator[Entry]:
    """Entries of a RIS file; broken ones are kept and reported with their line."""
    tags: list[tuple[str, str, int]] = []
    for number, line in lines:
        found = _TAG.match(line)
        if found is None:
            _continue(tags, line, number, problems)
            continue
        tag, text = found[1], (found[2] or "").strip()
        if tag == "ER":
            if tags:
                yield Entry(tags[0][2], tuple(tags))
            else:
                problems.add(number, "end of record (ER) without a record; it was skipped")
            tags = []
            continue
        if tag == "TY" and tags:
            problems.add(
                number, f"a record starts before the one of line {tags[0][2]} was closed with 'ER  -'; both kept"
            )
            yield Entry(tags[0][2], tuple(tags))
            tags = []
        elif tag != "TY" and not tags:
            problems.add(number, f"tag {tag} stands outside a record (no 'TY  -' before it); a record was started here")
        tags.append((tag, text, number))
    if tags:
        problems.add(tags[-1][2], "the file ends inside a record (no 'ER  -'): is it cut off? The record was kept")
        yield Entry(tags[0][2], tuple(tags))


def _continue(tags: list[tuple[str, str, int]], line: str, number: int, problems: Problems) -> None:
    if not line.strip():
        return
    if not tags:
        if number > 1 or not line.strip().isdigit():
            problems.add(number, f"'{line.strip()[:60]}' is not a RIS line and no record is open; it was skipped")
        return
    tag, text, first = tags[-1]
    tags[-1] = (tag, f"{text} {line.strip()}".strip(), first)


def record_of_ris(entry: Entry, problems: Problems) -> Record:
    """Map the tags; journals hide in T2, JF, JO or JA."""
    pages = joined_pages(entry.first("SP"), entry.first("EP"))
    journal = entry.first("T2", "JF", "JO", "JA", "J2")
    return Record(
        id="",
        title=entry.first("TI", "T1", "CT"),
        authors=entry.all("AU") or entry.all("A1"),
        year=year_of(entry.first("PY", "Y1", "DA"), entry.line_of("PY", "Y1", "DA"), problems),
        journal=journal,
        journal_short=entry.first("JA", "J2"),
        volume=entry.first("VL"),
        issue=entry.first("IS"),
        pages=pages,
        doi=entry.first("DO") or doi_of(entry.all("M3", "N1", "UR")),
        pmid=_pmid(entry),
        isbn=entry.first("SN") if entry.first("TY") == "BOOK" else "",
        abstract=entry.first("AB", "N2"),
        keywords=entry.all("KW"),
        urls=entry.all("UR", "L1", "L2"),
        kind=_KINDS.get(entry.first("TY"), entry.first("TY").lower() or "article"),
        raw=entry.raw,
    )


def _pmid(entry: Entry) -> str:
    if entry.first("AN").isdigit():
        return entry.first("AN")
    for text in entry.all("UR"):
        if found := re.search(r"pubmed(?:\.ncbi\.nlm\.nih\.gov)?/(\d{4,9})", text):
            return found[1]
    return ""


def ris_text(records: Iterable[Record]) -> str:
    """Records as a RIS file; tags of the source that have no field here are written as they were."""
    return "".join(_one(record) for record in records)


def _one(record: Record) -> str:
    kinds = {name: tag for tag, name in reversed(_KINDS.items())}
    first, _, last = record.pages.partition("-")
    known: list[tuple[str, str]] = [("TY", kinds.get(record.kind, "JOUR")), ("ID", record.id), ("TI", record.title)]
    known += [("AU", name) for name in record.authors]
    known += [
        ("PY", str(record.year) if record.year else ""),
        ("JF", record.journal),
        ("JA", record.journal_short),
        ("VL", record.volume),
        ("IS", record.issue),
        ("SP", first),
        ("EP", last),
        ("DO", record.doi),
        ("AN", record.pmid),
        ("AB", record.abstract),
    ]
    known += [("KW", word) for word in record.keywords] + [("UR", url) for url in record.urls]
    written = {tag for tag, _ in known} | {"T1", "T2", "JO", "J2", "A1", "Y1", "N2", "ER"}
    is_ris = record.provenance is not None and record.provenance.format == "ris"
    rest = [(tag, text) for tag, text in record.raw if tag not in written] if is_ris else []
    body = "".join(f"{tag}  - {_flat(text)}\r\n" for tag, text in known + rest if text)
    return body + "ER  - \r\n\r\n"


def _flat(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", text).strip()
