"""Two reviewers: how far they agree, where they do not, and how a conflict was settled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from oncospine.base import MeasurementError
from oncospine.evidence.screening.journal import Choice, Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cohen's kappa of two reviewers over the records both decided on, with its 95 % interval (None where all agree).

    `pabak` is 2 p - 1 (prevalence- and bias-adjusted): kappa is low where nearly everything is excluded, however well
    two people agree. `conflicts` are the records they decided differently.
    """

    n: int
    observed: float
    kappa: float | None
    low: float | None
    high: float | None
    pabak: float
    both_include: int
    both_exclude: int
    conflicts: tuple[str, ...]


def agreement(first: Mapping[str, Decision], second: Mapping[str, Decision]) -> Agreement:
    """Agreement on include or not; "maybe" counts as include, because it goes on to the full text."""
    shared = [record for record in first if record in second]
    if not shared:
        raise MeasurementError("the two reviewers have not decided on any record in common")
    pairs = [(_goes_on(first[record]), _goes_on(second[record])) for record in shared]
    n = len(pairs)
    yes, no = sum(a and b for a, b in pairs), sum(not a and not b for a, b in pairs)
    observed = (yes + no) / n
    one, other = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = one * other + (1 - one) * (1 - other)
    kappa = (observed - chance) / (1 - chance) if chance < 1 else None
    spread = observed * (1 - observed)
    half = 1.959963984540054 * math.sqrt(spread / (n * (1 - chance) ** 2)) if chance < 1 and spread > 0 else None
    return Agreement(
        n=n,
        observed=observed,
        kappa=kappa,
        low=None if kappa is None or half is None else max(-1.0, kappa - half),
        high=None if kappa is None or half is None else min(1.0, kappa + half),
        pabak=2 * observed - 1,
        both_include=yes,
        both_exclude=no,
        conflicts=tuple(record for record, (a, b) in zip(shared, pairs, strict=True) if a != b),
    )


def settled(
    first: Mapping[str, Decision], second: Mapping[str, Decision], resolved: Mapping[str, Decision]
) -> tuple[dict[str, Decision], tuple[str, ...]]:
    """The decision that counts for each record, and the conflicts still open.

    A conflict is settled only by an entry in `resolved`; a record that one reviewer alone has seen keeps that decision.
    """
    counted: dict[str, Decision] = {}
    still_open = []
    for record in dict.fromkeys((*first, *second)):
        given = [source[record] for source in (first, second) if record in source]
        if record in resolved:
            counted[record] = resolved[record]
        elif len({_goes_on(decision) for decision in given}) == 1:
            counted[record] = given[0]
        else:
            still_open.append(record)
    return counted, tuple(still_open)


def _goes_on(decision: Decision) -> bool:
    return decision.choice is not Choice.EXCLUDE
