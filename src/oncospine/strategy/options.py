"""Options to discuss: what each consists of, which rules speak for and against it, what it lacks, what leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from oncospine.base import USUAL_COLUMN, InputError, Level, citation, described_levels, read_yaml
from oncospine.strategy.condition_words import described
from oncospine.strategy.conditions import Condition, Truth, Verdict, evaluated_condition, fact_names
from oncospine.strategy.engine import Evaluation, filled
from oncospine.strategy.facts import Facts, threshold
from oncospine.strategy.recommendation import Change
from oncospine.strategy.rules import Rule, all_rules, rules_by_id
from oncospine.strategy.wording import checked, sentence


class Standing(StrEnum):
    """`supported`: a rule speaks for it. `open`: rules that could are not evaluated yet. `not_chosen`: with reasons."""

    SUPPORTED = "supported"
    OPEN = "open"
    NOT_CHOSEN = "not_chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of an option: what is done from where, over which levels."""

    number: int
    approach: str
    text: str
    decompressed: tuple[Level, ...] = ()
    anchors: tuple[Level, ...] = ()
    replaced: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why for or against: a rule of this patient, or published evidence on the option itself."""

    rule_id: str | None
    text: str
    citations: tuple[str, ...]
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One course of treatment to discuss. `weight` is the oncospine default ordering, not a published score."""

    id: str
    title: str
    tier: int
    standing: Standing
    leading: bool
    weight: float
    stages: tuple[Stage, ...]
    reasons: tuple[Reason, ...]
    conflicts: tuple[Reason, ...]
    what_would_change_it: tuple[Change, ...]
    missing: tuple[str, ...]
    not_chosen_because: tuple[str, ...]
    citations: tuple[str, ...]
    other_tumours: str
    """What the option is for, where that is not this patient's tumour; empty otherwise."""
    sources: tuple[str, ...]
    """What was published on the rules that can support this option, whether or not they apply here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTable:
    """One row of `options.yaml`."""

    id: str
    title: str
    tier: int
    needs: Condition
    presupposes: str | None
    """`needs` in words, where the condition itself does not read well."""
    tumours: str | None
    """The only tumours the option is for, in words; the first of its needs says the same."""
    supports: tuple[str, ...]
    against: tuple[str, ...]
    stages: tuple[Mapping[str, Any], ...]
    evidence: tuple[Mapping[str, Any], ...]
    cautions: tuple[Mapping[str, Any], ...]


@cache
def option_tables() -> tuple[OptionTable, ...]:
    """All options, checked once."""
    known = {rule.id for rule in all_rules()}
    found = []
    for row in read_yaml("oncospine.strategy", "data", "options.yaml")["options"]:
        table = OptionTable(
            id=row["id"],
            title=checked(row["title"]),
            tier=row["tier"],
            needs=row.get("needs", []),
            presupposes=checked(row["presupposes"]) if "presupposes" in row else None,
            tumours=row.get("tumours"),
            supports=tuple(row["supports"]),
            against=tuple(row.get("against", ())),
            stages=tuple(row["stages"]),
            evidence=tuple(row.get("evidence", ())),
            cautions=tuple(row.get("cautions", ())),
        )
        unknown = [rule for rule in (*table.supports, *table.against) if rule not in known]
        if unknown:
            raise InputError(f"option {table.id} names unknown rules: {', '.join(unknown)}")
        for item in (*table.evidence, *table.cautions):
            checked(item["text"])
            for key in item.get("citations", ()):
                citation(key)
        found.append(table)
    return tuple(found)


@cache
def _weights() -> Mapping[str, float]:
    return dict(read_yaml("oncospine.strategy", "data", "options.yaml")["weights"])


def ranked(found: Evaluation) -> tuple[tuple[OptionTable, Standing, float], ...]:
    """Options by standing, then weight, then lower burden; the first supported one leads."""
    rated = []
    for table in option_tables():
        standing, weight = _standing(table, found)
        rated.append((table, standing, weight))
    order = list(Standing)
    return tuple(sorted(rated, key=lambda item: (order.index(item[1]), -item[2], item[0].tier, item[0].id)))


@cache
def _asked() -> frozenset[str]:
    """Facts and rules that the ranking of the options depends on."""
    tables = option_tables()
    rules = {rule for table in tables for rule in (*table.supports, *table.against)}
    return frozenset(rules.union(*(fact_names(table.needs) for table in tables)))


def can_move_options(turned: frozenset[str]) -> bool:
    """Whether facts and rules that turned can change the ranking of the options."""
    return not turned.isdisjoint(_asked())


def leading_option(found: Evaluation) -> str | None:
    """Id of the leading option; None where no rule supports any, or as much speaks against it as for it."""
    table, standing, weight = ranked(found)[0]
    return table.id if standing is Standing.SUPPORTED and weight > 0 else None


def options(found: Evaluation, *, changes: Mapping[str, tuple[Change, ...]]) -> tuple[Option, ...]:
    """All options for this patient, the leading one first; `changes` are what flips the leading option."""
    first = leading_option(found)
    return tuple(
        _option(table, standing, weight, found, leading=table.id == first, changes=changes.get(table.id, ()))
        for table, standing, weight in ranked(found)
    )


def _standing(table: OptionTable, found: Evaluation) -> tuple[Standing, float]:
    weights = _weights()
    rules = rules_by_id()
    support = sum(_weight(found.verdicts[name], rules[name], weights) for name in table.supports)
    against = sum(abs(_weight(found.verdicts[name], rules[name], weights)) for name in table.against)
    weight = support - against
    if support == 0 and all(found.verdicts[name].truth is not Truth.UNKNOWN for name in table.supports):
        return Standing.NOT_CHOSEN, weight
    needs = evaluated_condition(table.needs, found.facts).truth
    if needs is Truth.FALSE:
        return Standing.NOT_CHOSEN, weight
    return (Standing.SUPPORTED if support > 0 and needs is Truth.TRUE else Standing.OPEN), weight


def _weight(verdict: Verdict, rule: Rule, weights: Mapping[str, float]) -> float:
    if verdict.truth is Truth.TRUE:
        return weights[rule.strength.value]
    return weights["BRANCH"] * weights[rule.strength.value] if verdict.truth is Truth.MAYBE else 0.0


def _option(
    table: OptionTable,
    standing: Standing,
    weight: float,
    found: Evaluation,
    *,
    leading: bool,
    changes: tuple[Change, ...],
) -> Option:
    rules = rules_by_id()
    reasons = [_reason(rules[name], found) for name in table.supports if found.applies(name)]
    reasons += _texts(table.evidence, found)
    conflicts = [_reason(rules[name], found) for name in table.against if found.applies(name)]
    conflicts += _texts(table.cautions, found)
    needs = evaluated_condition(table.needs, found.facts)
    waiting = [found.verdicts[name] for name in table.supports if found.verdicts[name].truth is Truth.UNKNOWN]
    lacking = [verdict.missing for verdict in (needs, *waiting) if verdict.truth is not Truth.TRUE]
    missing: set[str] = set() if standing is Standing.NOT_CHOSEN else set().union(*lacking)
    cited = dict.fromkeys(key for item in (*reasons, *conflicts) for key in item.citations)
    return Option(
        id=table.id,
        title=table.title,
        tier=table.tier,
        standing=standing,
        leading=leading,
        weight=weight,
        stages=tuple(_stage(number, row, found.facts) for number, row in enumerate(table.stages, 1)),
        reasons=tuple(reasons),
        conflicts=tuple(conflicts),
        what_would_change_it=changes,
        missing=tuple(sorted(missing)),
        not_chosen_because=_why_not(table, standing, found),
        citations=tuple(cited),
        other_tumours=_other_tumours(table, found),
        sources=tuple(dict.fromkeys(key for name in table.supports for key in rules[name].citations)),
    )


def _why_not(table: OptionTable, standing: Standing, found: Evaluation) -> tuple[str, ...]:
    if standing is not Standing.NOT_CHOSEN:
        return ()
    parts = table.needs if isinstance(table.needs, list) else [table.needs]
    failing = [part for part in parts if evaluated_condition(part, found.facts).truth is Truth.FALSE]
    if other := _other_tumours(table, found):
        return (f"it is an option for {other}",)
    if failing and table.presupposes is not None:
        return (f"it presupposes that {table.presupposes}",)
    if failing:
        return tuple(_failing(part) for part in failing)
    if not table.supports:
        return ("no rule supports it",)
    return (f"none of the rules that could support it applies: {', '.join(table.supports)}",)


def _other_tumours(table: OptionTable, found: Evaluation) -> str:
    if table.tumours is None or not isinstance(table.needs, list):
        return ""
    return table.tumours if evaluated_condition(table.needs[0], found.facts).truth is Truth.FALSE else ""


def _failing(part: Condition) -> str:
    """What an option presupposes and does not find, or the exception that was reported."""
    if isinstance(part, Mapping) and list(part) == ["unless_known"]:
        return f"set apart, because it was stated: {described(part['unless_known'])}"
    return f"it presupposes that {described(part)}"


def _reason(rule: Rule, found: Evaluation) -> Reason:
    verdict = found.verdicts[rule.id]
    return Reason(
        rule_id=rule.id,
        text=sentence(filled(rule.subject, found.facts), rule.strength, filled(rule.detail, found.facts)),
        citations=rule.citations,
        conditional=verdict.truth is Truth.MAYBE,
    )


def _texts(rows: tuple[Mapping[str, Any], ...], found: Evaluation) -> list[Reason]:
    reasons = []
    for row in rows:
        truth = evaluated_condition(row["when"], found.facts).truth if "when" in row else Truth.TRUE
        if truth in {Truth.TRUE, Truth.MAYBE}:
            reasons.append(
                Reason(
                    rule_id=None,
                    text=filled(row["text"], found.facts),
                    citations=tuple(row.get("citations", ())),
                    conditional=truth is Truth.MAYBE,
                )
            )
    return reasons


def _stage(number: int, row: Mapping[str, Any], facts: Facts) -> Stage:
    involved = tuple(sorted((item.level for item in facts.inputs.levels or ()), key=lambda level: level.order))
    anchors, words = _anchors(involved) if row.get("anchors") else ((), "")
    text = filled(row["text"], facts).replace("{anchors}", words)
    return Stage(
        number=number,
        approach=row["approach"],
        text=checked(text),
        decompressed=involved if row.get("decompress") else (),
        anchors=anchors,
        replaced=involved if row.get("replace") else (),
    )


def _anchors(involved: tuple[Level, ...]) -> tuple[tuple[Level, ...], str]:
    """At least the published number of sound vertebrae above and below the involved block, and the same in words.

    Where the column ends before that, the occiput and the pelvis are named; no anchor is proposed below S1.
    """
    if not involved:
        return (), "the neighbouring levels"
    count, lowest = int(threshold("anchors_each_side")), Level(threshold("lowest_anchor"))
    sound = [level for level in USUAL_COLUMN if level.order <= lowest.order]
    above = [level for level in sound if level.order < involved[0].order][-count:]
    below = [level for level in sound if level.order > involved[-1].order][:count]
    named = described_levels(above + below)
    ends = ["the occiput"] * (len(above) < count) + ["the pelvis"] * (len(below) < count)
    return (*above, *below), " and ".join(filter(None, (named, *ends)))
