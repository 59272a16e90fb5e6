"""One door for files of records: recognise the format, import with provenance, export."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oncospine.base import InputError, Progress, content_hash, silent, write_atomically
from oncospine.evidence.records.asreview_file import asreview_bytes, asreview_records
from oncospine.evidence.records.bibtex import bibtex_entries, bibtex_text, record_of_bibtex
from oncospine.evidence.records.lines import Problems, numbered_lines
from oncospine.evidence.records.medline import medline_entries, medline_text, record_of_medline
from oncospine.evidence.records.pubmed_xml import pubmed_entries, pubmed_text, record_of_pubmed
from oncospine.evidence.records.record import Problem, Provenance, Record
from oncospine.evidence.records.ris import record_of_ris, ris_entries, ris_text
from oncospine.evidence.records.table import record_of_table, table_entries, table_text
from oncospine.evidence.records.tags import Entry, checked

FORMATS = ("ris", "nbib", "bib", "xml", "csv", "asreview")
"""Names of the formats that can be imported and written."""

LARGEST_FILE_BYTES = 2_000_000_000
"""A larger file is not an export of a literature search."""

_SUFFIXES = {
    ".ris": "ris", ".nbib": "nbib", ".medline": "nbib", ".bib": "bib", ".bibtex": "bib", ".xml": "xml",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".asreview": "asreview",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one file gave: its records, and what was wrong in it."""

    file: str
    sha256: str
    format: str
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def imported_records(path: Path, *, name: str | None = None, progress: Progress = silent) -> Imported:
    """All records of a file, in any of `FORMATS`.

    `name` starts the ids of the records (default: the file's name without suffix); ids are `name-00001` in file order.
    Broken records are kept and reported; only a file with no record at all is refused.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file; expected an export of records ({', '.join(FORMATS)})")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise InputError(f"{path.name} has {path.stat().st_size / 1e9:.1f} GB; split the export into smaller files")
    kind = recognised_format(path)
    problems = Problems(path.name)
    sha256 = content_hash(path)
    stem = name if name is not None else re.sub(r"[^\w.-]+", "_", path.stem)
    records = []
    for position, (line, record) in enumerate(_records(path, kind, problems), start=1):
        source = Provenance(file=path.name, sha256=sha256, format=kind, position=position, line=line)
        records.append(checked(replace(record, id=f"{stem}-{position:05d}", provenance=source), line, problems))
        if position % 1000 == 0:
            progress(f"reading {path.name}: {position} records", None)
    problems.close()
    if not records:
        raise InputError(
            f"{path.name} holds no record that could be read as {kind}; "
            + (f"first problem: {problems[0]}" if problems else "is it the right file?")
        )
    return Imported(file=path.name, sha256=sha256, format=kind, records=tuple(records), problems=tuple(problems))


def recognised_format(path: Path) -> str:
    """Format by content where the content says so, otherwise by suffix."""
    with path.open("rb") as stream:
        raw = stream.read(4096)
    head = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace").lstrip(
        "\ufeff \r\n\t"
    )
    if raw[:4] == b"PK\x03\x04":
        return "asreview"
    if head.startswith("<"):
        return "xml"
    if re.match(r"(?:\d+\s*[\r\n]+)?TY\s{1,2}- ?", head) or re.search(r"^TY  - ", head, re.MULTILINE):
        return "ris"
    if re.search(r"^(PMID|OWN|STAT|TI)\s{0,2}- ", head, re.MULTILINE):
        return "nbib"
    if re.search(r"^\s*@\w+\s*[{(]", head, re.MULTILINE):
        return "bib"
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InputError(
            f"{path.name}: neither its content nor its suffix says what it is; expected {', '.join(FORMATS)}"
        )
    return found


def exported(records: Sequence[Record], path: Path, *, kind: str | None = None) -> None:
    """Write records to `path` in the format of its suffix, or the one named."""
    kind = kind or _SUFFIXES.get(path.suffix.lower(), "")
    if kind not in _WRITERS:
        raise InputError(f"cannot write '{kind or path.suffix}'; expected one of {', '.join(_WRITERS)}")
    write_atomically(path, _WRITERS[kind](records))


_WRITERS: dict[str, Callable[[Sequence[Record]], str | bytes]] = {
    "ris": ris_text,
    "nbib": medline_text,
    "bib": bibtex_text,
    "csv": table_text,
    "xml": pubmed_text,
    "asreview": asreview_bytes,
}


def _records(path: Path, kind: str, problems: Problems) -> Iterator[tuple[int, Record]]:
    if kind == "asreview":
        yield from asreview_records(path, problems)
        return
    makers: dict[str, Callable[[Entry, Problems], Record]] = {
        "ris": record_of_ris,
        "nbib": record_of_medline,
        "bib": record_of_bibtex,
        "xml": record_of_pubmed,
        "csv": record_of_table,
    }
    for entry in _entries(path, kind, problems):
        yield entry.line, makers[kind](entry, problems)


def _entries(path: Path, kind: str, problems: Problems) -> Iterator[Entry]:
    if kind == "xml":
        return pubmed_entries(path, problems)
    lines = numbered_lines(path, problems)
    if kind == "ris":
        return ris_entries(lines, problems)
    if kind == "nbib":
        return medline_entries(lines, problems)
    if kind == "csv":
        return table_entries(lines, problems)
    return bibtex_entries("\n".join(text for _, text in lines), problems)
