"""MEDLINE (PubMed) tagged files, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.tags import Entry, year_of

_TAG = re.compile(r"^([A-Z][A-Z0-9]{1,3})\s{0,2}- ?(.*)$")


def medline_entries(lines: Iterable[tuple[int, str]], problems: Problems) -> Iterator[Entry]:
    """Entries of a MEDLINE file: separated by blank lines, continued by six blanks."""
    tags: list[tuple[str, str, int]] = []
    for number, line in lines:
        if not line.strip():
            if tags:
                yield Entry(tags[0][2], tuple(tags))
            tags = []
            continue
        found = None if line.startswith("      ") else _TAG.match(line)
        if found is not None:
            if found[1] == "PMID" and any(tag == "PMID" for tag, _, _ in tags):
                problems.add(number, "a second PMID without a blank line before it; a new record was started")
                yield Entry(tags[0][2], tuple(tags))
                tags = []
            tags.append((found[1], found[2].strip(), number))
        elif tags:
            tag, text, first = tags[-1]
            if not line.startswith(" "):
                problems.add(number, f"'{line[:60]}' has no tag; it was added to {tag} of line {first}")
            tags[-1] = (tag, f"{text} {line.strip()}".strip(), first)
        else:
            problems.add(number, f"'{line.strip()[:60]}' is not a MEDLINE line; it was skipped")
    if tags:
        yield Entry(tags[0][2], tuple(tags))


def record_of_medline(entry: Entry, problems: Problems) -> Record:
    """Map the tags; the DOI stands in LID or AID as `value [doi]`."""
    dois = [text for text in entry.all("LID", "AID") if text.endswith("[doi]")]
    pmid = entry.first("PMID")
    if pmid and not pmid.isdigit():
        problems.add(entry.line_of("PMID"), f"PMID '{pmid}' is not a number; it was left empty")
        pmid = ""
    title = entry.first("TI", "BTI", "CTI")
    return Record(
        id="",
        title=title.removesuffix("."),
        authors=entry.all("FAU") or entry.all("AU"),
        year=year_of(entry.first("DP", "DEP"), entry.line_of("DP", "DEP"), problems),
        journal=entry.first("JT", "TA"),
        journal_short=entry.first("TA"),
        volume=entry.first("VI"),
        issue=entry.first("IP"),
        pages=entry.first("PG"),
        doi=dois[0].removesuffix("[doi]").strip() if dois else "",
        pmid=pmid,
        isbn=entry.first("ISBN"),
        abstract=entry.first("AB"),
        keywords=entry.all("MH", "OT"),
        kind=_kind(entry.all("PT")),
        raw=entry.raw,
    )


def _kind(types: tuple[str, ...]) -> str:
    lower = [text.lower() for text in types]
    return "review" if "review" in lower else "case report" if "case reports" in lower else "article"


def medline_text(records: Iterable[Record]) -> str:
    """Records as a MEDLINE file; unmapped tags of a MEDLINE source are written as they were."""
    return "\n".join(_one(record) for record in records)


def _one(record: Record) -> str:
    known = [("PMID", record.pmid), ("TI", record.title and record.title + ".")]
    known += [("FAU" if "," in name else "AU", name) for name in record.authors]
    known += [
        ("DP", str(record.year) if record.year else ""),
        ("JT", record.journal),
        ("TA", record.journal_short),
        ("VI", record.volume),
        ("IP", record.issue),
        ("PG", record.pages),
        ("LID", f"{record.doi} [doi]" if record.doi else ""),
        ("AB", record.abstract),
    ]
    known += [("OT", word) for word in record.keywords]
    written = {tag for tag, _ in known} | {"AU", "FAU", "AID", "MH", "OT"}
    is_medline = record.provenance is not None and record.provenance.format == "nbib"
    rest = [(tag, text) for tag, text in record.raw if tag not in written] if is_medline else []
    body = "".join(f"{tag:<4}- {_one_line(text)}\n" for tag, text in known + rest if text)
    return body if body.startswith("PMID") else f"PMID- \n{body}"


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", text).strip()
