"""The patient under the five headings of LMNOP: what is known, what is missing, which rules that apply belong there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oncospine.base import Verification, described_levels
from oncospine.scores import histology
from oncospine.strategy.engine import Evaluation
from oncospine.strategy.facts import Reader
from oncospine.strategy.rules import all_rules

CITATIONS = ("paton2011", "ivanishvili2014")
CONSULT = {"stable": "stable", "indeterminate": "surgeon's opinion", "unstable": "surgeon's opinion, instability rules"}
"""What the framework makes of each band of SINS."""

TOPICS = {
    "L": frozenset({"limits", "stages"}),
    "M": frozenset({"fixation"}),
    "N": frozenset({"emergency"}),
    "O": frozenset({"diagnosis", "noms", "primary", "lms", "histology", "radiotherapy"}),
    "P": frozenset({"survival", "perioperative", "extent"}),
}
"""Rules of these topics stand under the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LmnopRow:
    """One letter. `known` are phrases, `missing` are inputs, `rules` are ids of rules that apply."""

    letter: str
    name: str
    known: tuple[str, ...]
    missing: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lmnop:
    """The five rows. A way to read the case, without points (consensus, level 5)."""

    rows: tuple[LmnopRow, ...]
    citations: tuple[str, ...] = CITATIONS
    verification: Verification = Verification.V2


def lmnop(found: Evaluation) -> Lmnop:
    """Location, mechanical stability, neurology, oncology, patient.

    Notes
    -----
    Paton et al., Can J Neurol Sci 2011;38:396, doi:10.1017/s031716710001177x; Ivanishvili and Fourney, Global Spine J
    2014;4:129, doi:10.1055/s-0034-1375560.
    """
    parts: tuple[tuple[str, str, Callable[[Reader], Iterable[str]]], ...] = (
        ("L", "location", _location),
        ("M", "mechanical stability", _mechanical),
        ("N", "neurology", _neurology),
        ("O", "oncology", _oncology),
        ("P", "patient, prognosis, prior treatment", _patient),
    )
    applying = [rule for rule in all_rules() if found.applies(rule.id)]
    rows = []
    for letter, name, phrases in parts:
        reader = Reader(found.facts)
        rows.append(
            LmnopRow(
                letter=letter,
                name=name,
                known=tuple(phrases(reader)),
                missing=tuple(sorted(reader.missing)),
                rules=tuple(rule.id for rule in applying if rule.topic in TOPICS[letter]),
            )
        )
    return Lmnop(rows=tuple(rows))


def _location(reader: Reader) -> Iterable[str]:
    levels = reader.levels()
    if not levels:
        return
    yield described_levels([item.level for item in levels])
    if len(levels) > 1:
        yield "contiguous" if reader.one("contiguous") else "not contiguous"
    body, pedicles = reader.one("body_involved"), reader.one("pedicle_involved")
    columns = [word for word, involved in (("body", body), ("pedicle", pedicles)) if involved]
    if columns:
        yield f"{' and '.join(columns)} involved"
    around = reader.peek("circumferential")
    if around is not None:
        yield "epidural tumour around the sac" if around else "epidural tumour not around the sac"


def _mechanical(reader: Reader) -> Iterable[str]:
    values = reader.fact("sins")
    if values is not None:
        low, high = values[0], values[-1]
        yield f"SINS {low}" if low == high else f"SINS {low}-{high}"
    score = reader.one("sins_score")
    bands = score.bands if score is not None else ()
    if bands:
        yield " or ".join(CONSULT[band] for band in bands)
    pain = reader.get("pain")
    if pain is not None:
        yield f"pain {pain}"
    if reader.peek("gross_instability"):
        yield "gross instability"


def _neurology(reader: Reader) -> Iterable[str]:
    deficit = reader.one("deficit")
    if deficit is not None:
        yield "deficit" if deficit else "no deficit"
    for name, word in (("frankel", "Frankel"), ("ais", "AIS")):
        value = reader.peek(name)
        if value is not None:
            yield f"{word} {value}"
    grades = reader.fact("escc")
    if grades is not None:
        yield f"ESCC {' or '.join(str(grade) for grade in grades)}"
    course = reader.get("progression")
    if course is not None:
        yield f"course {course}"


def _oncology(reader: Reader) -> Iterable[str]:
    name = reader.get("histology")
    if name is None:
        return
    row = histology(name)
    yield row.name
    way = reader.one("pathway")
    if way is not None:
        yield str(way)
    sensitivity = reader.one("o_class")
    if sensitivity is not None:
        yield f"{sensitivity} to conventional radiotherapy"
    if row.systemic:
        yield f"systemic: {', '.join(row.systemic)}"
    if row.vascularity is not None and row.vascularity[1] > 1:
        yield "often hypervascular"


def _patient(reader: Reader) -> Iterable[str]:
    for name, word in (("age_years", "age"), ("ecog", "ECOG"), ("kps", "Karnofsky")):
        value = reader.get(name)
        if value is not None:
            yield f"{word} {value:g}"
    able = reader.get("can_tolerate_surgery")
    if able is not None:
        yield "fit for surgery as stated" if able else "unfit for surgery as stated"
    words = reader.fact("survival_words")
    if words is not None:
        yield f"survival class {words[0]} months over all scores"
    for name, word in (
        ("prior_cebrt", "conventional radiotherapy before"),
        ("prior_sbrt", "SBRT before"),
        ("prior_surgery", "surgery before"),
        ("declines_surgery", "declines surgery"),
        ("declines_radiotherapy", "declines radiotherapy"),
        ("declines_transfusion", "declines transfusion"),
    ):
        if reader.peek(name):
            yield word
