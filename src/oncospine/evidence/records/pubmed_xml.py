"""PubMed XML, read as a stream; documents that declare entities are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from oncospine.base import InputError, SafetyRefusal
from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.tags import Entry, joined_pages, year_of

_ARTICLES = {"PubmedArticle", "PubmedBookArticle"}
_PIECE_BYTES = 1 << 16


def pubmed_entries(path: Path, problems: Problems) -> Iterator[Entry]:
    """Entries of a PubMed XML file: (path below the article, text, line), `@` marks attributes."""
    reader = _Reader(path.name)
    with path.open("rb") as stream:
        while True:
            piece = stream.read(_PIECE_BYTES)
            try:
                reader.feed(piece, last=not piece)
            except expat.ExpatError as error:
                yield from reader.taken()
                if not reader.seen:
                    raise InputError(
                        f"{path.name}, line {error.lineno}: not well-formed XML ({expat.errors.messages[error.code]}); "
                        "export it from PubMed again"
                    ) from error
                problems.add(
                    error.lineno,
                    f"XML breaks here ({expat.errors.messages[error.code]}): {reader.seen} articles before it "
                    "were kept, nothing after it could be read",
                )
                return
            yield from reader.taken()
            if not piece:
                return


class _Reader:
    """Collects articles from expat's events. Entities are never declared, expanded or fetched."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._entity
        self._parser.ExternalEntityRefHandler = self._external
        self._path: list[str] = []
        self._open: list[list[str]] = []
        self._tags: list[tuple[str, str, int]] = []
        self._line = 0
        self._inside = 0
        self._ready: list[Entry] = []
        self.seen = 0

    def feed(self, piece: bytes, *, last: bool) -> None:
        self._parser.Parse(piece, last)

    def taken(self) -> list[Entry]:
        ready, self._ready = self._ready, []
        return ready

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._inside == 0 and name not in _ARTICLES:
            return
        if self._inside == 0:
            self._line, self._tags = self._parser.CurrentLineNumber, []
        self._inside += 1
        self._path.append(name)
        self._open.append([])
        here = "/".join(self._path[1:])
        line = self._parser.CurrentLineNumber
        self._tags += [(f"{here}@{key}", value, line) for key, value in attributes.items()]
        if name == "Author":
            self._tags.append(("author", "", line))

    def _text(self, text: str) -> None:
        for parts in self._open:
            parts.append(text)

    def _end(self, name: str) -> None:
        if self._inside == 0:
            return
        text = re.sub(r"\s*\n\s*", " ", "".join(self._open.pop())).strip()
        here = "/".join(self._path[1:])
        self._tags.append((here, text, self._parser.CurrentLineNumber))
        self._path.pop()
        self._inside -= 1
        if self._inside == 0:
            self._ready.append(Entry(self._line, tuple(self._tags)))
            self.seen += 1

    def _entity(self, name: str, *_: object) -> None:
        raise SafetyRefusal(
            f"{self._file}, line {self._parser.CurrentLineNumber}: the XML declares the entity '{name}'; PubMed "
            "exports declare none, and expanding one can fill the memory. Remove the DOCTYPE block, or export again"
        )

    def _external(self, *_: object) -> int:
        raise SafetyRefusal(f"{self._file} asks for an external file, which is never fetched; remove the reference")


def record_of_pubmed(entry: Entry, problems: Problems) -> Record:
    """Map the elements of one PubmedArticle."""
    article = "MedlineCitation/Article"
    issue = f"{article}/Journal/JournalIssue"
    dates = (f"{issue}/PubDate/Year", f"{issue}/PubDate/MedlineDate", f"{article}/ArticleDate/Year")
    pages = entry.first(f"{article}/Pagination/MedlinePgn") or joined_pages(
        entry.first(f"{article}/Pagination/StartPage"), entry.first(f"{article}/Pagination/EndPage")
    )
    title = entry.first(f"{article}/ArticleTitle", "BookDocument/ArticleTitle")
    types = [text.lower() for text in entry.all(f"{article}/PublicationTypeList/PublicationType")]
    return Record(
        id="",
        title=title.removesuffix("."),
        authors=_authors(entry),
        year=year_of(entry.first(*dates), entry.line_of(*dates), problems),
        journal=entry.first(f"{article}/Journal/Title"),
        journal_short=entry.first(f"{article}/Journal/ISOAbbreviation", "MedlineCitation/MedlineJournalInfo/MedlineTA"),
        volume=entry.first(f"{issue}/Volume"),
        issue=entry.first(f"{issue}/Issue"),
        pages=pages,
        doi=_typed(entry, ("PubmedData/ArticleIdList/ArticleId", f"{article}/ELocationID"), "doi"),
        pmid=entry.first("MedlineCitation/PMID", "BookDocument/PMID"),
        abstract=" ".join(entry.all(f"{article}/Abstract/AbstractText", "BookDocument/Abstract/AbstractText")),
        keywords=entry.all(
            "MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName", "MedlineCitation/KeywordList/Keyword"
        ),
        kind="review" if "review" in types else "case report" if "case reports" in types else "article",
        raw=tuple((tag, text) for tag, text in entry.raw if text and _is_leaf(tag)),
    )


def _is_leaf(tag: str) -> bool:
    return not re.search(r"(List|Article|Journal|JournalIssue|PubDate|MedlineCitation|PubmedData)$", tag)


def _authors(entry: Entry) -> tuple[str, ...]:
    names: list[str] = []
    parts: dict[str, str] = {}
    for tag, text, _ in (*entry.tags, ("author", "", 0)):
        if tag == "author":
            given = parts.get("ForeName") or parts.get("Initials", "")
            surname = parts.get("LastName") or parts.get("CollectiveName", "")
            if surname:
                names.append(f"{surname}, {given}" if given else surname)
            parts = {}
        elif "/AuthorList/Author/" in f"/{tag}":
            parts.setdefault(tag.rsplit("/", 1)[1], text)
    return tuple(names)


def _typed(entry: Entry, paths: tuple[str, ...], kind: str) -> str:
    """Text of the first element at one of `paths` whose IdType or EIdType attribute is `kind`."""
    armed = False
    for tag, text, _ in entry.tags:
        path, _, attribute = tag.partition("@")
        if path in paths and attribute in ("IdType", "EIdType"):
            armed = text == kind
        elif tag in paths and armed:
            return text
    return ""


def pubmed_text(records: Iterable[Record]) -> str:
    """Records as a PubmedArticleSet with the fields that have an element there."""
    body = "".join(_article(record) for record in records)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>\n{body}</PubmedArticleSet>\n'


def _article(record: Record) -> str:
    def tag(name: str, text: str, attributes: str = "") -> str:
        return f"<{name}{attributes}>{escape(_printable(text))}</{name}>" if text else ""

    authors = "".join(
        "<Author>" + tag("LastName", surname.strip()) + tag("ForeName", given.strip()) + "</Author>"
        for surname, _, given in (name.partition(",") for name in record.authors)
    )
    issue = tag("Volume", record.volume) + tag("Issue", record.issue)
    issue += f"<PubDate>{tag('Year', str(record.year or ''))}</PubDate>"
    keywords = "".join(tag("Keyword", word) for word in record.keywords)
    kinds = {"review": "Review", "case report": "Case Reports"}
    title = tag("ArticleTitle", record.title and record.title + ".")
    kind = tag("PublicationType", kinds.get(record.kind, "Journal Article"))
    doi = tag("ArticleId", record.doi, ' IdType="doi"')
    return (
        f"<PubmedArticle><MedlineCitation>{tag('PMID', record.pmid)}<Article><Journal>"
        f"<JournalIssue>{issue}</JournalIssue>{tag('Title', record.journal)}"
        f"{tag('ISOAbbreviation', record.journal_short)}</Journal>{title}"
        f"<Pagination>{tag('MedlinePgn', record.pages)}</Pagination>"
        f"<Abstract>{tag('AbstractText', record.abstract)}</Abstract><AuthorList>{authors}</AuthorList>"
        f"<PublicationTypeList>{kind}</PublicationTypeList>"
        f"</Article><KeywordList>{keywords}</KeywordList></MedlineCitation><PubmedData><ArticleIdList>"
        f"{doi}</ArticleIdList></PubmedData></PubmedArticle>\n"
    )


def _printable(text: str) -> str:
    """Text without the control characters that XML forbids."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
