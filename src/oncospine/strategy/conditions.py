"""Conditions of rules as data, evaluated with what is known: true, false, true under an assumption, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from oncospine.base import InputError


class Truth(StrEnum):
    """MAYBE: true for some of the values an input may still have. UNKNOWN: an input is missing."""

    TRUE = "true"
    FALSE = "false"
    MAYBE = "maybe"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Truth of a condition, the raw inputs it read, what was missing, and under which values it would be true.

    Of a true condition, `missing` are the exceptions that nobody confirmed or excluded.
    """

    truth: Truth
    reads: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Values a fact may have (None: unknown), the raw inputs read to get it, and those of them that were missing."""

    values: tuple[object, ...] | None
    reads: frozenset[str]
    missing: frozenset[str]


class FactSource(Protocol):
    """Gives facts by name, and the verdict of rules evaluated before."""

    def known(self, name: str, /) -> Known: ...

    def verdict_of(self, rule_id: str, /) -> Verdict: ...


Condition = Mapping[str, Any] | Sequence[Any]

BRANCHING = frozenset({"escc", "n_class", "m_class", "s_class"})
"""Facts whose open values are printed as branches even where a missing input leaves them open, as NOMS needs it.

Any other fact that a missing input leaves open is unknown: a rule does not speak on what nobody entered.
"""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda value, limit: bool(value >= limit),
    "at_most": lambda value, limit: bool(value <= limit),
    "over": lambda value, limit: bool(value > limit),
    "under": lambda value, limit: bool(value < limit),
}
"""Comparisons a condition may use on a number."""


def evaluated_condition(condition: Condition, facts: FactSource) -> Verdict:
    """Verdict of a condition: a list is "all of", a mapping is one of all/any/not/fires or `fact: expected`."""
    if isinstance(condition, Mapping):
        if len(condition) != 1:
            return _all([evaluated_condition({key: item}, facts) for key, item in condition.items()])
        ((key, body),) = condition.items()
        if key == "all":
            return _all([evaluated_condition(item, facts) for item in body])
        if key == "any":
            return _any([evaluated_condition(item, facts) for item in body])
        if key == "not":
            return _negated(evaluated_condition(body, facts))
        if key == "unless_known":
            return _assumed_false(evaluated_condition(body, facts))
        if key == "fires":
            rules = body if isinstance(body, list) else [body]
            return _any([facts.verdict_of(rule) for rule in rules])
        return _atom(key, body, facts)
    return _all([evaluated_condition(item, facts) for item in condition])


def fact_names(condition: Condition) -> set[str]:
    """Names of the facts a condition reads, without evaluating it."""
    if isinstance(condition, Mapping):
        found: set[str] = set()
        for key, body in condition.items():
            if key in {"all", "any", "not", "unless_known"}:
                found |= fact_names(body)
            elif key != "fires":
                found.add(key)
        return found
    return {name for item in condition for name in fact_names(item)}


def rule_names(condition: Condition) -> set[str]:
    """Ids of the rules a condition refers to."""
    if isinstance(condition, Mapping):
        found: set[str] = set()
        for key, body in condition.items():
            if key in {"all", "any", "not", "unless_known"}:
                found |= rule_names(body)
            elif key == "fires":
                found |= set(body if isinstance(body, list) else [body])
        return found
    return {name for item in condition for name in rule_names(item)}


def _atom(name: str, expected: object, facts: FactSource) -> Verdict:
    known = facts.known(name)
    if known.values is None:
        return Verdict(Truth.UNKNOWN, known.reads, known.missing)
    holds = [_holds(value, expected) for value in known.values]
    if all(holds):
        return Verdict(Truth.TRUE, known.reads)
    if not any(holds):
        return Verdict(Truth.FALSE, known.reads)
    if known.missing and name not in BRANCHING:
        return Verdict(Truth.UNKNOWN, known.reads, known.missing)
    kept = [value for value, ok in zip(known.values, holds, strict=True) if ok]
    return Verdict(Truth.MAYBE, known.reads, known.missing, (f"{name} = {_shown(kept)}",))


def _holds(value: object, expected: object) -> bool:
    if isinstance(expected, Mapping):
        return all(_compared(value, operator, limit) for operator, limit in expected.items())
    if isinstance(expected, list):
        return value in expected
    return value == expected


def _compared(value: object, operator: str, limit: object) -> bool:
    if operator not in COMPARISONS:
        raise InputError(f"unknown comparison '{operator}' in a rule; known: {', '.join(COMPARISONS)}")
    return COMPARISONS[operator](value, limit)


def _shown(values: list[object]) -> str:
    if len(values) > 2 and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return f"{values[0]}-{values[-1]}"
    return " or ".join(str(value) for value in values)


def _all(verdicts: list[Verdict]) -> Verdict:
    reads = _union(verdict.reads for verdict in verdicts)
    truths = {verdict.truth for verdict in verdicts}
    if Truth.FALSE in truths:
        return Verdict(Truth.FALSE, reads)
    assumptions = tuple(item for verdict in verdicts for item in verdict.assumptions)
    for truth in (Truth.UNKNOWN, Truth.MAYBE):
        if truth in truths:
            blocking = _union(verdict.missing for verdict in verdicts if verdict.truth is not Truth.TRUE)
            return Verdict(truth, reads, blocking, assumptions)
    return Verdict(Truth.TRUE, reads, _union(verdict.missing for verdict in verdicts))


def _any(verdicts: list[Verdict]) -> Verdict:
    reads = _union(verdict.reads for verdict in verdicts)
    truths = {verdict.truth for verdict in verdicts}
    if Truth.TRUE in truths:
        return Verdict(Truth.TRUE, reads)
    missing = _union(verdict.missing for verdict in verdicts)
    for truth in (Truth.MAYBE, Truth.UNKNOWN):
        if truth in truths:
            assumptions = tuple(
                item for verdict in verdicts if verdict.truth is Truth.MAYBE for item in verdict.assumptions
            )
            return Verdict(truth, reads, missing, assumptions)
    return Verdict(Truth.FALSE, reads)


def _negated(verdict: Verdict) -> Verdict:
    turned = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(verdict.truth, verdict.truth)
    assumptions = tuple(f"not ({item})" for item in verdict.assumptions)
    return Verdict(turned, verdict.reads, verdict.missing, assumptions)


def _assumed_false(verdict: Verdict) -> Verdict:
    """True unless the condition is known to hold: for exceptions that nobody has reported."""
    truth = Truth.FALSE if verdict.truth is Truth.TRUE else Truth.TRUE
    return Verdict(truth, verdict.reads, verdict.missing)


def _union(sets: Any) -> frozenset[str]:
    return frozenset().union(*sets)
