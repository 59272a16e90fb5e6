"""Two records: the same publication, perhaps the same, or not, and why in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from oncospine.evidence.extras import needed
from oncospine.evidence.records.normal import Normal

SAME_TITLE = 0.95
"""Titles of different papers reach 0.97, so a title this similar still needs support from another field."""

CLOSE_TITLE = 0.80
"""Enough where year, volume and first page agree."""

POSSIBLE_TITLE = 0.85
"""For the list that a person looks through."""

SAME_NAME = 0.90
"""Jaro-Winkler of surnames that differ by a slip of the pen."""

LONG_TITLE = 50
"""Letters from which an equal title is rare enough to decide where no other field is given on both sides."""

SHORTEST_PREFIX = 25
"""Characters of a title that must be left for "the same, but the subtitle is lost"."""


CLEARLY_DIFFERENT = 2
"""This many fields that speak against end the matter: not even a person needs to look."""


class Verdict(StrEnum):
    """What is done with a pair."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the reasons for it, and how similar the titles are (0 to 1)."""

    verdict: Verdict
    reasons: tuple[str, ...]
    score: float


def judge(one: Normal, other: Normal) -> Judgement:
    """Compare two records by their normal forms; a field missing on either side neither helps nor harms.

    Notes
    -----
    The order of questions (identifiers, vetoes, title with support, place in the journal) follows published practice
    (Hair et al., BMC Biol 2023;21:189, doi:10.1186/s12915-023-01686-z); the thresholds are our own.
    """
    title = title_similarity(one.title, other.title)
    if identified := _by_identifier(one, other, title):
        return identified
    shortened = _is_prefix(one.title, other.title, SHORTEST_PREFIX)
    if title < CLOSE_TITLE and not shortened:
        return Judgement(Verdict.DIFFERENT, ("titles differ",), title)
    against = contradictions(one, other)
    if title < 1 and not shortened and _numbers(one.title) != _numbers(other.title):
        against = (*against, "titles differ in a number")
    support = supports(one, other) or _nothing_else(one, other)
    if title >= SAME_TITLE or (
        shortened and ("same first author" in support or "same year, volume and page" in support)
    ):
        text = (
            "same title"
            if title == 1
            else f"titles {title:.0%} alike"
            if title >= SAME_TITLE
            else "title without subtitle"
        )
        if support and not against:
            return Judgement(Verdict.SAME, (text, *support), title)
        rest = support or ("no other field agrees",)
        verdict = Verdict.POSSIBLE if len(against) < CLEARLY_DIFFERENT else Verdict.DIFFERENT
        return Judgement(verdict, (text, *rest, *against), title)
    if title >= CLOSE_TITLE and "same year, volume and page" in support and not against:
        return Judgement(Verdict.SAME, (f"titles {title:.0%} alike", *support), title)
    if title >= POSSIBLE_TITLE and support and "other first author" not in against and _year_gap(one, other) <= 1:
        return Judgement(Verdict.POSSIBLE, (f"titles {title:.0%} alike", *support, *against), title)
    return Judgement(Verdict.DIFFERENT, against or ("titles differ",), title)


def _by_identifier(one: Normal, other: Normal, title: float) -> Judgement | None:
    """What PMID and DOI say; None where they say nothing."""
    fits = title >= 0.5 or _is_prefix(one.title, other.title, 1) or not (one.title and other.title)
    for name, first, second in (("PMID", one.pmid, other.pmid), ("DOI", one.doi, other.doi)):
        if not (first and second):
            continue
        if first == second:
            if fits:
                return Judgement(Verdict.SAME, (f"same {name} {first}",), max(title, 0.99))
            return Judgement(Verdict.POSSIBLE, (f"same {name} {first}", "but other titles"), title)
        reasons = (f"different {name}s {first} and {second}",)
        copied = name == "DOI" and title > SAME_TITLE and bool(supports(one, other)) and _same_abstract(one, other)
        if copied:
            return Judgement(Verdict.POSSIBLE, ("same title and abstract, perhaps a preprint", *reasons), title)
        return Judgement(Verdict.DIFFERENT, reasons, title)
    return None


def title_similarity(one: str, other: str) -> float:
    """Share of letters in common, in order or by sorted words, whichever is higher; 0 where a title is missing."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    fuzz = needed("rapidfuzz.fuzz")
    ratio = float(fuzz.ratio(one, other, score_cutoff=50))
    if ratio < 100 * SAME_TITLE and abs(len(one) - len(other)) <= 0.25 * max(len(one), len(other)):
        ratio = max(ratio, float(fuzz.token_sort_ratio(one, other, score_cutoff=100 * CLOSE_TITLE)))
    return ratio / 100


def supports(one: Normal, other: Normal) -> tuple[str, ...]:
    """Fields other than the title that agree."""
    found = []
    authors = _same_first_author(one, other)
    gap = _year_gap(one, other)
    if authors and gap <= 1:
        found.append("same first author")
    if (
        gap <= 1
        and _digits(one.first_page)
        and _same_page(one, other)
        and _leading(one.volume) == _leading(other.volume) != ""
    ):
        found.append("same year, volume and page")
    if gap == 0 and one.year is not None and other.year is not None and _same_journal(one, other) and authors is None:
        found.append("same journal and year")
    return tuple(found)


def contradictions(one: Normal, other: Normal) -> tuple[str, ...]:
    """Fields given on both sides that speak against."""
    found = []
    if one.year is not None and other.year is not None and abs(one.year - other.year) > 1:
        found.append(f"years {one.year} and {other.year}")
    if _same_first_author(one, other) is False:
        found.append("other first author")
    if _leading(one.volume) and _leading(other.volume) and _leading(one.volume) != _leading(other.volume):
        found.append(f"volumes {one.volume} and {other.volume}")
    if _digits(one.first_page) and _digits(other.first_page) and not _same_page(one, other):
        found.append(f"pages {one.pages} and {other.pages}")
    return tuple(found)


def _same_first_author(one: Normal, other: Normal) -> bool | None:
    """None where either side names nobody; a surname may stand first, last or inside a double name."""
    if not one.surnames or not other.surnames:
        return None
    first, second = one.surnames[0], other.surnames[0]
    if first == second or needed("rapidfuzz.distance").JaroWinkler.similarity(first, second) >= SAME_NAME:
        return True
    return first in other.first_author or second in one.first_author


def _same_journal(one: Normal, other: Normal) -> bool:
    """Equal, or one abbreviates the other word by word."""
    first, second = _content_words(one.journal), _content_words(other.journal)
    if not first or not second:
        return False
    if first == second:
        return True
    return len(first) == len(second) and all(
        long.startswith(short) or short.startswith(long) for long, short in zip(first, second, strict=True)
    )


def _content_words(journal: str) -> list[str]:
    return [word for word in journal.split() if word not in {"of", "the", "and", "for", "in", "de", "la"}]


def _same_abstract(one: Normal, other: Normal) -> bool:
    return bool(one.abstract and other.abstract) and needed("rapidfuzz.fuzz").ratio(one.abstract, other.abstract) > 90


def _year_gap(one: Normal, other: Normal) -> int:
    return abs(one.year - other.year) if one.year is not None and other.year is not None else 0


def _same_page(one: Normal, other: Normal) -> bool:
    return _digits(one.first_page) == _digits(other.first_page)


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", text)).lstrip("0")


def _leading(volume: str) -> str:
    found = re.match(r"\d+", volume)
    return found.group() if found else volume


def _nothing_else(one: Normal, other: Normal) -> tuple[str, ...]:
    """The one case in which a title decides: long, the same but for one slip of the pen, and nothing to check."""
    first, second = one.title.replace(" ", ""), other.title.replace(" ", "")
    if (
        min(len(first), len(second)) < LONG_TITLE
        or needed("rapidfuzz.distance").OSA.distance(first, second, score_cutoff=1) > 1
    ):
        return ()
    comparable = (one.surnames and other.surnames) or (one.volume and other.volume) or (one.pages and other.pages)
    return () if comparable or _year_gap(one, other) else ("a long title, and no other field on both sides differs",)


def _numbers(title: str) -> list[str]:
    """Words of a title that number something: 2, t3, iv."""
    return sorted(word for word in title.split() if re.fullmatch(r"[a-z]?\d+[a-z]?|[ivx]+", word))


def _is_prefix(one: str, other: str, shortest: int) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= shortest and long.startswith(short) and (len(long) == len(short) or long[len(short)] == " ")
