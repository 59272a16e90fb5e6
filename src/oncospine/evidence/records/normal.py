"""Normal forms of bibliographic fields, kept beside the raw text: what two copies of one paper still share."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from oncospine.evidence.records.record import Record

_TAGS = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "đ": "d"})
_SPELLINGS = (
    (re.compile(r"tumour"), "tumor"),
    (re.compile(r"haem"), "hem"),
    (re.compile(r"oedema"), "edema"),
    (re.compile(r"paed"), "ped"),
    (re.compile(r"isation\b"), "ization"),
    (re.compile(r"ising\b"), "izing"),
    (re.compile(r"aneurism"), "aneurysm"),
    (re.compile(r"centre\b"), "center"),
)
_UNKNOWN_AUTHORS = {"", "anonymous", "anon", "no authors listed", "unknown"}


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal forms of one record; an empty string or None means not given, which is never evidence of sameness.

    `first_author` holds the words of the first author's name, for names whose order is not known.
    """

    doi: str
    pmid: str
    title: str
    surnames: tuple[str, ...]
    first_author: frozenset[str]
    year: int | None
    volume: str
    issue: str
    first_page: str
    pages: str
    journal: str
    abstract: str


def normal(record: Record) -> Normal:
    """All normal forms of a record."""
    pages = pages_key(record.pages)
    return Normal(
        doi=doi_key(record.doi),
        pmid=record.pmid.strip(),
        title=title_key(record.title),
        surnames=tuple(key for name in record.authors if (key := surname_key(name)) not in _UNKNOWN_AUTHORS),
        first_author=frozenset(word for word in title_key(next(iter(record.authors), "")).split() if len(word) > 2),
        year=record.year,
        volume=number_key(record.volume),
        issue=number_key(record.issue),
        first_page=pages.partition("-")[0],
        pages=pages,
        journal=title_key(record.journal or record.journal_short),
        abstract=title_key(record.abstract)[:400],
    )


def doi_key(text: str) -> str:
    """A DOI in lower case, without resolver, prefix or escapes."""
    key = html.unescape(text).strip().lower()
    key = re.sub(r"%([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), key)
    found = re.search(r"10\.\d{4,9}/\S+", key)
    return found.group().rstrip(".,;") if found else ""


def plain_text(text: str) -> str:
    """Entities resolved, tags dropped, white space single."""
    return re.sub(r"\s+", " ", _TAGS.sub("", html.unescape(html.unescape(text)))).strip()


@lru_cache(maxsize=200_000)
def title_key(text: str) -> str:
    """Letters and digits of a title in ASCII lower case, American spelling, single blanks."""
    ascii_text = unicodedata.normalize("NFKD", plain_text(text).translate(_LETTERS))
    letters = "".join(mark for mark in ascii_text if not unicodedata.combining(mark)).lower()
    key = " ".join(re.findall(r"\w+", letters.replace("_", " ")))
    for pattern, replacement in _SPELLINGS:
        key = pattern.sub(replacement, key)
    return key


def surname_key(name: str) -> str:
    """Surname of "Surname, Given", "Surname AB" or "Given Surname"; particles stay with it."""
    cleaned = plain_text(name)
    if "," in cleaned:
        return title_key(cleaned.partition(",")[0])
    words = cleaned.split()
    while len(words) > 1 and re.fullmatch(r"(?:[A-Z]\.?-?){1,4}", words[-1]):
        words.pop()
    if len(words) == len(cleaned.split()) and len(words) > 1:
        words = words[-1:]
    return title_key(" ".join(words))


def pages_key(text: str) -> str:
    """First and last page in full: "987-9" is "987-989"; article numbers stay as they are."""
    parts = [part.strip().lower() for part in re.split(r"[-–—]+", text.strip()) if part.strip()]
    if len(parts) != 2:
        return re.sub(r"[^a-z0-9]", "", parts[0]) if parts else ""
    first, last = parts
    prefix = re.match(r"[a-z]*", first)
    bare = last.removeprefix(prefix.group()) if prefix else last
    if first[-1:].isdigit() and bare.isdigit() and len(bare) < len(first.lstrip("abcdefghijklmnopqrstuvwxyz")):
        last = first[: len(first) - len(bare)] + bare
    return f"{first}-{last}"


def number_key(text: str) -> str:
    """Volume or issue without words: "Suppl 2" and "S2" keep their mark, "Vol. 12" is "12"."""
    key = re.sub(r"[^a-z0-9]", "", re.sub(r"\b(?:vol(?:ume)?|no|issue|number)\b\.?", "", text.lower()))
    key = re.sub(r"suppl(?:ement)?", "s", key)
    return key.lstrip("0") or key
