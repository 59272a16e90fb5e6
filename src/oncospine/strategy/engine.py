"""The one small engine: evaluates every rule on the facts and fills in the output contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oncospine.base import described_levels
from oncospine.strategy.condition_words import described
from oncospine.strategy.conditions import (
    Condition,
    Truth,
    Verdict,
    evaluated_condition,
)
from oncospine.strategy.facts import Facts
from oncospine.strategy.inputs import NOT_STATED, PatientInputs
from oncospine.strategy.level_sources import LEVEL_INPUTS, level_input_used
from oncospine.strategy.recommendation import (
    Change,
    Conflict,
    InputUsed,
    NotChosen,
    NotEvaluated,
    Recommendation,
    Status,
)
from oncospine.strategy.rules import Rule, all_rules, rules_by_id
from oncospine.strategy.wording import sentence


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Verdict of every rule on one set of facts."""

    facts: Facts
    verdicts: Mapping[str, Verdict]

    def applies(self, rule_id: str) -> bool:
        """Whether a rule fires, outright or in one branch."""
        return self.verdicts[rule_id].truth in {Truth.TRUE, Truth.MAYBE}


def evaluation(facts: Facts) -> Evaluation:
    """Verdicts of all rules, in their order."""
    for rule in all_rules():
        facts.verdicts[rule.id] = evaluated_condition(rule.when, facts)
    return Evaluation(facts, facts.verdicts)


def evaluation_after(before: Evaluation, changed: PatientInputs, name: str) -> tuple[Evaluation, frozenset[str]]:
    """Verdicts after one input changed, and the names of the facts whose values and rules whose truth changed.

    Truth depends on the values of facts and on earlier rules only, so a rule is evaluated again only where one of
    those moved; kept verdicts are right in their truth, not in what they read.
    """
    facts, moved = before.facts.after(changed, name)
    facts.verdicts = dict(before.verdicts)
    if not moved:
        return Evaluation(facts, facts.verdicts), moved
    turned = set(moved)
    for rule in all_rules():
        if rule.depends_on.isdisjoint(turned):
            continue
        verdict = evaluated_condition(rule.when, facts)
        if verdict.truth is not before.verdicts[rule.id].truth:
            turned.add(rule.id)
        facts.verdicts[rule.id] = verdict
    return Evaluation(facts, facts.verdicts), frozenset(turned)


def readers(found: Evaluation, name: str) -> list[Rule]:
    """Rules that read an input, in their order."""
    return [rule for rule in all_rules() if name in found.verdicts[rule.id].reads]


def recommendations(found: Evaluation, *, changes: Mapping[str, tuple[Change, ...]]) -> tuple[Recommendation, ...]:
    """The rules that fire or branch, in the order of evaluation: emergency flags first."""
    return tuple(
        _recommendation(rule, found, changes.get(rule.id, ())) for rule in all_rules() if found.applies(rule.id)
    )


def not_evaluated(found: Evaluation) -> tuple[NotEvaluated, ...]:
    """The rules that lack an input, with what they lack."""
    return tuple(
        NotEvaluated(rule_id=rule.id, topic=rule.topic, missing=tuple(sorted(found.verdicts[rule.id].missing)))
        for rule in all_rules()
        if found.verdicts[rule.id].truth is Truth.UNKNOWN
    )


def input_used(facts: Facts, name: str) -> InputUsed:
    """One input with its provenance; a per-level input holds all involved levels."""
    if name in LEVEL_INPUTS:
        return level_input_used(facts, name)
    value = getattr(facts.inputs, name)
    if value is None:
        return InputUsed(name=name, value=None, how=None, source="missing", kind="missing")
    source = facts.inputs.sources.get(name, NOT_STATED)
    return InputUsed(name=name, value=value, how=source.how, source=source.text, kind=source.kind)


def _recommendation(rule: Rule, found: Evaluation, changes: tuple[Change, ...]) -> Recommendation:
    verdict = found.verdicts[rule.id]
    return Recommendation(
        rule_id=rule.id,
        topic=rule.topic,
        status=Status.FIRES if verdict.truth is Truth.TRUE else Status.BRANCH,
        text=sentence(filled(rule.subject, found.facts), rule.strength, filled(rule.detail, found.facts)),
        strength=rule.strength,
        level=rule.level,
        citations=rule.citations,
        verification=rule.verification,
        inputs_used=tuple(input_used(found.facts, name) for name in sorted(verdict.reads)),
        assumptions=verdict.assumptions if verdict.truth is Truth.MAYBE else (),
        what_would_change_it=changes,
        missing_inputs=tuple(sorted(verdict.missing)),
        conflicts=_conflicts(rule, found),
        options_not_chosen=_siblings(rule, found),
    )


def filled(text: str, facts: Facts) -> str:
    """`{levels}` replaced by the involved levels, `{survival}` by the range of survival classes."""
    if "{" not in text:
        return text
    levels = [item.level for item in facts.inputs.levels or ()]
    if "{survival}" in text:
        words = facts.known("survival_words").values
        text = text.replace("{survival}", str(words[0]) if words else "unknown")
    return text.replace("{levels}", described_levels(levels) if levels else "the involved levels")


def _conflicts(rule: Rule, found: Evaluation) -> tuple[Conflict, ...]:
    rules = rules_by_id()
    mutual = dict(rule.conflicts) | {
        item.id: item.conflicts[rule.id] for item in all_rules() if rule.id in item.conflicts
    }
    clashes = [
        Conflict(rule_id=other, text=text, citations=rules[other].citations)
        for other, text in mutual.items()
        if found.applies(other)
    ]
    for item in rule.disagreements:
        verdict = evaluated_condition(item.when, found.facts) if item.when is not None else Verdict(Truth.TRUE)
        if verdict.truth in {Truth.TRUE, Truth.MAYBE}:
            clashes.append(Conflict(rule_id=None, text=item.text, citations=item.citations))
    return tuple(clashes)


def _siblings(rule: Rule, found: Evaluation) -> tuple[NotChosen, ...]:
    if rule.family is None:
        return ()
    rejected = []
    for other in all_rules():
        if other.family != rule.family or found.verdicts[other.id].truth is not Truth.FALSE:
            continue
        parts: Sequence[Condition] = other.when if isinstance(other.when, list) else [other.when]
        failing = [part for part in parts if evaluated_condition(part, found.facts).truth is Truth.FALSE]
        needs = "; ".join(described(part) for part in failing)
        rejected.append(NotChosen(id=other.id, reason=f"applies where {needs}"))
    return tuple(rejected)
