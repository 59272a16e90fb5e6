"""Rows of the score table out of scores."""

from __future__ import annotations

from dataclasses import replace

from oncospine.report.bibliography import Bibliography
from oncospine.report.view import ScoreView
from oncospine.report.view_parts import Fact
from oncospine.report.words import ABSENT, HOW, input_words, plain, spoken, typeset
from oncospine.scores import Component, OneOf, PatientSins, Score, escc
from oncospine.strategy import PatientInputs

GRADED = frozenset({"escc"})
"""Scores whose result is a label and not a sum: the label is printed, never the order behind it."""


def sins_views(sins: PatientSins, inputs: PatientInputs | None, sources: Bibliography) -> tuple[ScoreView, ...]:
    """The patient's value first, then every other vertebra; the block value last, named for what it is."""
    first = sins.patient.subject if sins.patient is not None else None
    others = [score for score in sins.lesions if score.subject != first]
    found = [] if sins.patient is None else [_with_origins(score_view(sins.patient, sources), first, inputs)]
    found += [
        replace(_with_origins(score_view(score, sources), score.subject, inputs), headline=first is None)
        for score in others
    ]
    found = [_with_stated(view, inputs) for view in found]
    found += [replace(score_view(score, sources), headline=False) for score in sins.contiguous_block]
    return tuple(found)


def _with_origins(view: ScoreView, level: str | None, inputs: PatientInputs | None) -> ScoreView:
    """The same score, each component with where its value came from: the record knows, the score does not."""
    item = next((found for found in (inputs.levels if inputs else None) or () if str(found.level) == level), None)
    if inputs is None or item is None:
        return view
    parts = []
    for part in view.components:
        name = part.name.split(" ")[0]
        stated = getattr(item, name, None) is not None
        key = f"levels.{level}.{name}" if stated else name
        origin = inputs.sources.get(key) or inputs.sources.get(f"levels.{level}") or inputs.sources.get("levels")
        known = not part.value.startswith("missing") and origin is not None
        how = f"{HOW[origin.how]}, {origin.text}" if origin is not None and known else ""
        parts.append(replace(part, how=how))
    return replace(view, components=tuple(parts))


def _with_stated(view: ScoreView, inputs: PatientInputs | None) -> ScoreView:
    """A total that a clinician stated stands beside the computed one, with who stated it."""
    for item in (inputs.levels if inputs is not None else None) or ():
        if str(item.level) == view.subject and item.sins_total is not None and inputs is not None:
            origin = inputs.sources.get(f"levels.{item.level}.sins_total")
            who = f" ({origin.text})" if origin is not None else ""
            told = f"stated as {item.sins_total}{who}: the rules use the stated total"
            return replace(view, value=f"{view.value}; stated {item.sins_total}", notes=(told, *view.notes))
    return view


def escc_views(inputs: PatientInputs, sources: Bibliography) -> tuple[ScoreView, ...]:
    """ESCC of every level about which something is known, the worst first."""
    found = []
    for item in inputs.levels or ():
        if item.escc is None:
            continue
        score = escc(escc_grade=OneOf(item.escc), level=item.level)
        view = score_view(score, sources)
        origin = inputs.sources.get(f"levels.{item.level}.escc") or inputs.sources.get("levels")
        told = f"{HOW[origin.how]}, {origin.text}" if origin is not None else ""
        if item.escc_from_ct:
            view = replace(view, notes=(*view.notes, "CT estimate"), missing=("grade read on axial T2 MR",))
        parts = tuple(replace(part, how=told) for part in view.components)
        found.append((score.range or (0, 0), replace(view, components=parts)))
    ordered = [view for _, view in sorted(found, key=lambda pair: (-pair[0][1], -pair[0][0]))]
    return tuple(replace(view, headline=index == 0) for index, view in enumerate(ordered))


def score_view(score: Score, sources: Bibliography) -> ScoreView:
    """Value or range, classes still open, what is missing; every component with where it came from."""
    low, high = score.limits
    notes = [*score.notes]
    for other in score.sensitivity:
        span = _span(other.range)
        notes.append(f"with {other.changed}: {span} ({' or '.join(other.bands)}), because {other.reason}")
    return ScoreView(
        name=score.name,
        subject=score.subject or "",
        value=_value(score),
        limits="" if score.id in GRADED else f"{low}–{high}",
        band=_band(score),
        missing=(*(input_words(name) for name in score.missing), *_still_open(score)),
        components=tuple(_component(item, graded=score.id in GRADED) for item in score.components),
        notes=tuple(typeset(spoken(note)) for note in notes),
        source=sources.source(score.citations, verification=score.verification, rule=f"table {score.rule_version}"),
        era=score.era or "",
    )


def _still_open(score: Score) -> tuple[str, ...]:
    """Items known only as one of several values, with those."""
    if score.id in GRADED:
        return ()
    return tuple(
        f"{spoken(item.name)} ({plain(item.value)})"
        for item in score.components
        if isinstance(item.value, tuple) and len(item.value) > 1 and len(item.possible) > 1
    )


def _value(score: Score) -> str:
    if not score.applicable:
        return "not applicable"
    if score.value is not None:
        return str(score.value)
    if score.id in GRADED:
        return plain(score.components[0].value) if score.components else ABSENT
    return _span(score.range) if score.range is not None else ABSENT


def _band(score: Score) -> str:
    if not score.applicable:
        return ""
    if score.band is not None:
        return score.band
    return " or ".join(score.bands)


def _span(span: tuple[int, int]) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}–{span[1]}"


def _component(item: Component, *, graded: bool) -> Fact:
    known = "missing" if item.value is None else plain(item.value)
    if graded:
        return Fact(name=input_words(item.name), value=known, how=HOW[item.how])
    points = "/".join(str(point) for point in item.possible) if item.points is None else str(item.points)
    return Fact(name=input_words(item.name), value=f"{known} = {points}", how=HOW[item.how])
