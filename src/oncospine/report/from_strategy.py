"""Flags, options and recommendations out of a strategy; every sentence stands as the rules wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from oncospine.base import How, citation
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_evidence import no_review_view
from oncospine.report.view import Grade, Notice, OptionView, RecommendationView
from oncospine.report.view_evidence import OptionEvidenceView
from oncospine.report.view_parts import ReasonView, Source
from oncospine.report.words import HOW, input_words, plain, spoken
from oncospine.strategy import Change, Contradiction, Option, Reason, Recommendation, Stage, Standing, Status, Strategy

STANDING = {
    Standing.SUPPORTED: "supported by rules that apply",
    Standing.OPEN: "open: inputs are missing",
    Standing.NOT_CHOSEN: "not chosen",
}
"""Words of the standing of an option."""

CHANGES_SHOWN = 5
"""Changes listed with an option; the rest is counted."""


def strategy_notices(strategy: Strategy, sources: Bibliography) -> tuple[Notice, ...]:
    """Emergency flags, then contradictions between inputs."""
    flags = tuple(
        Notice(grade=Grade.EMERGENCY, text=item.text, source=_source(item, sources)) for item in strategy.flags
    )
    doubts = tuple(
        Notice(grade=Grade.WARNING, text=f"Inputs contradict each other: {item.text} ({_values(item)}).")
        for item in strategy.contradictions
    )
    return (*flags, *doubts)


def _values(item: Contradiction) -> str:
    return ", ".join(f"{spoken(name)} {plain(value)}" for name, value in zip(item.inputs, item.values, strict=True))


def option_views(
    strategy: Strategy, sources: Bibliography, evidence: Mapping[str, OptionEvidenceView]
) -> tuple[OptionView, ...]:
    """All options, the leading one first, each with what a review holds on it, or where else evidence is."""
    return tuple(_with_evidence(_option(item, sources), item, sources, evidence) for item in strategy.options)


def _with_evidence(
    view: OptionView, item: Option, sources: Bibliography, evidence: Mapping[str, OptionEvidenceView]
) -> OptionView:
    """Where no case is known, the publications behind the rules of an option that is still in question are named."""
    found = evidence.get(item.id, no_review_view())
    if not found.certainty and item.standing is not Standing.NOT_CHOSEN:
        found = replace(found, source=_cited(item.sources, sources, rule=""))
    return replace(view, evidence=found)


def recommendation_views(strategy: Strategy, sources: Bibliography) -> tuple[RecommendationView, ...]:
    """Flags and recommendations with their full contract."""
    return tuple(_recommendation(item, sources) for item in (*strategy.flags, *strategy.recommendations))


def not_evaluated_lines(strategy: Strategy) -> tuple[str, ...]:
    """Rules without a verdict, with what they lack."""
    return tuple(
        f"{item.rule_id} ({spoken(item.topic)}): missing {', '.join(map(input_words, item.missing))}"
        for item in strategy.not_evaluated
    )


def _option(item: Option, sources: Bibliography) -> OptionView:
    return OptionView(
        id=item.id,
        title=item.title,
        standing=STANDING[item.standing],
        leading=item.leading,
        stages=tuple(_stage(stage) for stage in item.stages),
        reasons=tuple(_reason(reason, sources) for reason in item.reasons),
        conflicts=tuple(_reason(reason, sources) for reason in item.conflicts),
        changes=_changes(item.what_would_change_it),
        missing=tuple(input_words(name) for name in item.missing),
        not_chosen_because=item.not_chosen_because,
        other_tumours=item.other_tumours,
        awaits_histology=item.missing == ("histology",) and not item.reasons,
    )


def _stage(stage: Stage) -> str:
    return f"{stage.number}. {spoken(stage.approach)}: {stage.text}"


def _reason(item: Reason, sources: Bibliography) -> ReasonView:
    return ReasonView(
        text=item.text, source=_cited(item.citations, sources, rule=item.rule_id or ""), conditional=item.conditional
    )


def _cited(ids: Iterable[str], sources: Bibliography, *, rule: str) -> Source:
    """Citations with the weakest verification among them."""
    keys = tuple(ids)
    unverified = [key for key in keys if not citation(key).verification.is_verified]
    weakest = citation(unverified[0]).verification if unverified else None
    return sources.source(keys, verification=weakest, rule=rule)


def _recommendation(item: Recommendation, sources: Bibliography) -> RecommendationView:
    known = [used for used in item.inputs_used if used.value is not None]
    return RecommendationView(
        topic=spoken(item.topic),
        text=item.text if item.status is Status.FIRES else f"{item.text} Applies if the assumption below holds.",
        strength=spoken(str(item.strength)).lower(),
        level=item.level,
        source=_source(item, sources),
        assumptions=tuple(spoken(text) for text in item.assumptions),
        inputs=tuple(
            f"{input_words(used.name)} = {plain(used.value)} ({_origin(used.source, used.how)})" for used in known
        ),
        missing=tuple(input_words(name) for name in item.missing_inputs),
        changes=_changes(item.what_would_change_it),
        conflicts=tuple(
            ReasonView(text=clash.text, source=_cited(clash.citations, sources, rule=clash.rule_id or ""))
            for clash in item.conflicts
        ),
        not_chosen=tuple(f"{other.id}: {other.reason}" for other in item.options_not_chosen),
    )


def _origin(source: str, how: How | None) -> str:
    return f"{HOW[how]}, {source}" if HOW[how] else source


def _source(item: Recommendation, sources: Bibliography) -> Source:
    return sources.source(item.citations, verification=item.verification, rule=item.rule_id)


def _changes(changes: tuple[Change, ...]) -> tuple[str, ...]:
    told = [
        f"{input_words(change.input)} {plain(change.changed)} instead of {plain(change.present)}: {change.effect}"
        for change in changes[:CHANGES_SHOWN]
    ]
    left_out = len(changes) - len(told)
    return (*told, f"and {left_out} more") if left_out > 0 else tuple(told)
