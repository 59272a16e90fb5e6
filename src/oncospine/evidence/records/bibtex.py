"""BibTeX files, read and written, with the LaTeX of their texts as plain Unicode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.tags import Entry, doi_of, year_of

_START = re.compile(r"@\s*([A-Za-z]+)\s*[{(]")
_NAME = re.compile(r"\s*([A-Za-z][\w:+./-]*)\s*=\s*")
_KINDS = {"inproceedings": "conference", "conference": "conference", "book": "book"}


def bibtex_entries(text: str, problems: Problems) -> Iterator[Entry]:
    """Entries of a BibTeX file; an entry that cannot be read to its end is kept as far as it was read."""
    macros: dict[str, str] = {}
    position = 0
    while found := _START.search(text, position):
        kind, line = found[1].lower(), text.count("\n", 0, found.start()) + 1
        if kind in ("comment", "preamble"):
            position = _skip(text, found.end())
            continue
        key, body, position = _body(text, found.end(), macros, line, problems)
        if kind == "string":
            macros.update({name.lower(): value for name, value, _ in body})
        else:
            yield Entry(line, (("TYPE", kind, line), ("KEY", key, line), *body))


def _body(
    text: str, position: int, macros: dict[str, str], line: int, problems: Problems
) -> tuple[str, list[tuple[str, str, int]], int]:
    """Key and fields from `position` (after the opening brace) on."""
    key_match = re.compile(r"\s*([^\s,={}\"]+)\s*,").match(text, position)
    key = key_match[1] if key_match else ""
    position = key_match.end() if key_match else position
    fields: list[tuple[str, str, int]] = []
    while True:
        named = _NAME.match(text, position)
        if named is None:
            break
        here = text.count("\n", 0, named.start(1)) + 1
        value, position = _value(text, named.end(), macros)
        if value is None:
            problems.add(here, f"field '{named[1]}' of entry '{key}' is not closed; the entry was kept without it")
            break
        if any(name == named[1].lower() for name, _, _ in fields):
            problems.add(here, f"field '{named[1]}' stands twice in entry '{key}'; both were kept, the first is used")
        fields.append((named[1].lower(), value, here))
        comma = re.compile(r"\s*,").match(text, position)
        position = comma.end() if comma else position
    closing = re.compile(r"\s*[})]").match(text, position)
    if closing is None:
        nearest = _START.search(text, position)
        problems.add(line, f"entry '{key}' is not closed properly; what was read of it was kept")
        return key, fields, nearest.start() if nearest else len(text)
    return key, fields, closing.end()


def _value(text: str, position: int, macros: dict[str, str]) -> tuple[str | None, int]:
    """A value: braces, quotes, a number or a macro, joined by #. None where it does not end."""
    parts: list[str] = []
    while True:
        if position >= len(text):
            return None, position
        mark = text[position]
        if mark in '{"':
            end = _closing(text, position)
            if end < 0:
                return None, position
            parts.append(text[position + 1 : end])
            position = end + 1
        else:
            bare = re.compile(r"[^\s,#{}\"]+").match(text, position)
            if bare is None:
                return None, position
            parts.append(macros.get(bare.group().lower(), bare.group()))
            position = bare.end()
        more = re.compile(r"\s*#\s*").match(text, position)
        if more is None:
            return "".join(parts), position
        position = more.end()


def _closing(text: str, position: int) -> int:
    """Where the value that opens at `position` closes; -1 if it does not before the next entry."""
    quoted, depth = text[position] == '"', 0
    index = position + (1 if quoted else 0)
    for found in re.compile(r'\\.|[{}"]|\n\s*@[A-Za-z]+\s*\{', re.DOTALL).finditer(text, index):
        mark = found.group()
        if mark.startswith("\n"):
            return -1
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0 and not quoted:
                return found.start()
        elif mark == '"' and quoted and depth == 0:
            return found.start()
    return -1


def _skip(text: str, position: int) -> int:
    end = _closing(text, position - 1) if text[position - 1] == "{" else text.find("\n", position)
    return end + 1 if end >= 0 else position


def record_of_bibtex(entry: Entry, problems: Problems) -> Record:
    """Map the fields; LaTeX becomes Unicode, the source stays in `raw`."""

    def plain(*names: str) -> str:
        return latex_to_text(entry.first(*names))

    names = re.split(r"\s+and\s+", entry.first("author").strip()) if entry.first("author") else []
    return Record(
        id="",
        title=plain("title"),
        authors=tuple(latex_to_text(name) for name in names if name and name.lower() != "others"),
        year=year_of(entry.first("year", "date"), entry.line_of("year", "date"), problems),
        journal=plain("journal", "journaltitle", "booktitle"),
        volume=plain("volume"),
        issue=plain("number", "issue"),
        pages=re.sub(r"[-–—]+", "-", plain("pages")),
        doi=entry.first("doi") or doi_of(entry.all("url")),
        pmid=entry.first("pmid") if entry.first("pmid").isdigit() else "",
        isbn=entry.first("isbn"),
        abstract=plain("abstract"),
        keywords=tuple(word.strip() for word in re.split(r"[;,]", plain("keywords")) if word.strip()),
        urls=entry.all("url"),
        kind=_KINDS.get(entry.first("TYPE"), "article"),
        raw=entry.raw,
    )


def bibtex_text(records: Iterable[Record]) -> str:
    """Records as BibTeX in Unicode; further fields of a BibTeX source are written as they were."""
    return "\n".join(_one(record) for record in records)


def _one(record: Record) -> str:
    known = {
        "title": text_to_latex(record.title),
        "author": text_to_latex(" and ".join(record.authors)),
        "journal": text_to_latex(record.journal),
        "year": str(record.year) if record.year else "",
        "volume": record.volume,
        "number": record.issue,
        "pages": record.pages.replace("-", "--"),
        "doi": record.doi,
        "pmid": record.pmid,
        "isbn": record.isbn,
        "url": record.urls[0] if record.urls else "",
        "keywords": text_to_latex("; ".join(record.keywords)),
        "abstract": text_to_latex(record.abstract),
    }
    if record.provenance is not None and record.provenance.format == "bib":
        known |= {name: text for name, text in record.raw if name.islower() and name not in known}
    kind = {"conference": "inproceedings", "book": "book"}.get(record.kind, "article")
    key = re.sub(r"[^\w:-]", "_", record.id)
    body = ",\n".join(f"  {name} = {{{text}}}" for name, text in known.items() if text)
    return f"@{kind}{{{key},\n{body}\n}}\n"


_COMBINING = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip

_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "i", "j": "j", "dh": "ð", "th": "þ", "textendash": "–", "textemdash": "—", "ldots": "…",
    "alpha": "α", "beta": "β", "gamma": "γ", "mu": "μ",
}  # fmt: skip

_ACCENT = re.compile(r"""\\(?:(['`^"~=.])\s*|([cvuHkrdb])(?:\s+|(?=\{)))(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))""")
_NAMED = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?:\{\}|(?![A-Za-z])\s?)")
_STYLE = re.compile(r"\\(?:text(?:it|bf|sc|rm|tt|sf)|emph|mathrm|em|it|bf)\b\s*")


def latex_to_text(text: str) -> str:
    """Plain text of a LaTeX string: ``M{\\"u}ller`` is Müller. Unknown commands keep their argument."""
    if "\\" not in text and "{" not in text and "~" not in text and "$" not in text and "--" not in text:
        return text
    text = _ACCENT.sub(_accented, text)
    text = _NAMED.sub(lambda found: _LETTERS[found[1]], text)
    text = re.sub(r"\\([&%_#$])", r"\1", text)
    text = _STYLE.sub("", text)
    text = text.replace("---", "—").replace("--", "–").replace("~", " ")
    text = re.sub(r"\\[A-Za-z]+\s*", "", text)
    text = re.sub(r"[{}]", "", text.replace("\\{", "").replace("\\}", ""))
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", text).strip())


def text_to_latex(text: str) -> str:
    """Text safe inside braces: the five special characters escaped, everything else Unicode."""
    return re.sub(r"([&%_#$])", r"\\\1", text).replace("{", "").replace("}", "")


def _accented(found: re.Match[str]) -> str:
    mark, letter = found[1] or found[2], found[3] or found[4]
    return unicodedata.normalize("NFC", letter + _COMBINING[mark])
