"""Survival as the scores leave it: a range of classes, never one figure; and what would change the leading option."""

from __future__ import annotations

from oncospine.case import EnteredScore
from oncospine.report.bibliography import Bibliography
from oncospine.report.view_parts import ReasonView, Source, Table
from oncospine.report.view_reasoning import PrognosisView
from oncospine.report.words import ABSENT, decimal, input_words, plain
from oncospine.scores import Ensemble, Score
from oncospine.strategy import (
    Change,
    Lmnop,
    Prognosis,
    PublishedSurvival,
    Strategy,
    SurvivalSentence,
    survival_sentences,
)


def prognosis_view(
    prognosis: Prognosis, sources: Bibliography, *, entered: tuple[EnteredScore, ...] = ()
) -> PrognosisView | None:
    """None where no score can be computed or was typed in, and nothing is published for the histology."""
    if not prognosis.scores and not entered and prognosis.histology_survival is None:
        return None
    sentences = [ReasonView(text=item.text, source=_source(item, sources)) for item in survival_sentences(prognosis)]
    tables = [_score_table(prognosis)] if prognosis.scores else []
    estimates = [item for item in prognosis.ensembles if item.percent is not None]
    if estimates:
        tables.append(_ensemble_table(estimates))
    if entered:
        tables.append(_entered_table(entered))
    published = prognosis.histology_survival
    rows = () if published is None else tuple(_published(row, sources) for row in published.rows)
    if published is not None:
        rows = (*rows, ReasonView(text=f"Why they differ: {published.why_they_differ}.", source=Source()))
    return PrognosisView(sentences=tuple(sentences), tables=tuple(tables), published=rows)


def flip_table(strategy: Strategy) -> Table | None:
    """The smallest change of each input that flips the leading option; None where no option leads."""
    if strategy.leading_option is None:
        return None
    titles = {option.id: option.title for option in strategy.options}
    return Table(
        title="What would change the leading option",
        headings=("Input", "now", "would be", "then leads"),
        rows=tuple(_flip(change, titles) for change in strategy.what_would_change_it),
        notes=(
            "Each input is moved on its own to its nearest other value until the leading option flips; one that is not "
            "listed leaves it as it is.",
        ),
        words=frozenset(range(4)),
    )


def _flip(change: Change, titles: dict[str, str]) -> tuple[str, ...]:
    now = "none" if change.leads is None else titles[change.leads]
    return input_words(change.input), plain(change.present), plain(change.changed), now


def _score_table(prognosis: Prognosis) -> Table:
    found = prognosis.survival.per_score
    return Table(
        title="Scores of survival",
        headings=("Score", "Value", "Band", "Survival class, months", "Missing", "Cohort"),
        rows=tuple(
            (
                score.name + (" (read first)" if score.id == prognosis.default_score else ""),
                _value(score),
                score.band or " or ".join(score.bands) or ABSENT,
                found.get(score.id) or " or ".join(score.survival_classes) or ABSENT,
                ", ".join(input_words(name) for name in score.missing) or "nothing",
                score.era or ABSENT,
            )
            for score in prognosis.scores
        ),
        notes=("Survival classes are an oncospine default, chosen from the published medians.",),
        words=frozenset(range(6)),
    )


def _value(score: Score) -> str:
    if not score.applicable:
        return "not applicable"
    if score.value is not None:
        return str(score.value)
    return ABSENT if score.range is None else f"{score.range[0]}–{score.range[1]}"


def _ensemble_table(found: list[Ensemble]) -> Table:
    return Table(
        title="Recalibrated estimate from the scores together (oncospine default)",
        headings=("Months", "Alive", "95 % interval", "From"),
        rows=tuple(
            (
                str(item.months),
                decimal(item.percent, "%", digits=0),
                f"{decimal(item.low, digits=0)} to {decimal(item.high, '%', digits=0)}",
                ", ".join(input_words(name) for name in item.used),
            )
            for item in found
        ),
        notes=tuple(dict.fromkeys(note for item in found for note in item.notes)),
        words=frozenset({0, 3}),
    )


def _source(item: SurvivalSentence, sources: Bibliography) -> Source:
    """Nothing behind a sentence that only counts what was entered."""
    return sources.source(item.citations, verification=item.verification) if item.citations else Source()


def lmnop_table(found: Lmnop, sources: Bibliography) -> Table:
    """The patient under the five headings of LMNOP."""
    numbers = ", ".join(f"[{ref.number}]" for ref in sources.refs(found.citations))
    return Table(
        title="Read as LMNOP",
        headings=("", "What is known", "Missing", "Rules that apply"),
        rows=tuple(
            (
                f"{row.letter}: {row.name}",
                "; ".join(row.known) or ABSENT,
                ", ".join(input_words(name) for name in row.missing) or "nothing",
                ", ".join(row.rules) or ABSENT,
            )
            for row in found.rows
        ),
        notes=(f"A framework of principles without points {numbers}, {found.verification.words}.",),
        words=frozenset(range(4)),
    )


def _entered_table(found: tuple[EnteredScore, ...]) -> Table:
    return Table(
        title="Scores worked out elsewhere and typed in",
        headings=("Score", "Value", "On", "By", "From"),
        rows=tuple(
            (item.name, f"{item.value:g} {item.unit or ''}".strip(), item.date.isoformat(), item.by, item.source)
            for item in found
        ),
        words=frozenset(range(5)),
    )


def _published(row: PublishedSurvival, sources: Bibliography) -> ReasonView:
    span = "" if row.low is None or row.high is None else f" ({row.low:g} to {row.high:g})"
    text = f"{row.view.capitalize()}: {row.kind} {row.months:g} months{span}, n={row.n}: {row.what}."
    return ReasonView(text=text, source=sources.source([row.citation], verification=row.verification))
