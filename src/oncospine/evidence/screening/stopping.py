"""When to stop reading, and what is risked by it: nothing stops by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from oncospine.base import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAdvice:
    """What a rule says now. `risk` is the sentence that must be read with it."""

    rule: str
    reached: bool
    value: float
    threshold: float
    risk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedEstimate:
    """Relevant records among the unread, from a random sample of them that was read.

    `most` is the upper 95 % limit (exact, hypergeometric); `least_recall` is what has been found over what would then
    exist. `expected` is the sample's share applied to the unread.
    """

    sampled: int
    found_in_sample: int
    unread: int
    expected: float
    most: int
    least_recall: float


def consecutive_irrelevant(labels: Sequence[int], threshold: int = 50) -> StopAdvice:
    """Records read since the last relevant one."""
    run = 0
    for label in reversed(labels):
        if label:
            break
        run += 1
    return StopAdvice(
        rule="consecutive irrelevant records",
        reached=run >= threshold,
        value=run,
        threshold=threshold,
        risk=(
            "This rule carries no error rate: relevant records of an unusual kind stand at the end of the list, where "
            "a long run without relevance is expected. Read a random sample of the rest before stopping."
        ),
    )


def share_read(n_read: int, n_total: int, threshold: float = 0.5) -> StopAdvice:
    """Share of all records read."""
    if not 0 <= n_read <= n_total or n_total == 0:
        raise InputError(f"{n_read} of {n_total} records read: impossible")
    return StopAdvice(
        rule="share of records read",
        reached=n_read / n_total >= threshold,
        value=n_read / n_total,
        threshold=threshold,
        risk="A fixed share says nothing about what is missed: it depends on how many of the records are relevant.",
    )


def missed_estimate(*, n_found: int, n_unread: int, n_sampled: int, n_relevant_in_sample: int) -> MissedEstimate:
    """How many relevant records may be left among `n_unread`, of which `n_sampled` were drawn at random and read.

    `n_unread` counts the sample; `n_found` are the relevant records found before it.
    """
    if not 0 < n_sampled <= n_unread or not 0 <= n_relevant_in_sample <= n_sampled or n_found < 0:
        raise InputError(
            f"{n_relevant_in_sample} relevant in a sample of {n_sampled} out of {n_unread} unread: impossible; "
            "the sample is drawn from the unread and read completely"
        )
    most = _upper_count(n_unread, n_sampled, n_relevant_in_sample)
    left = most - n_relevant_in_sample
    total_found = n_found + n_relevant_in_sample
    return MissedEstimate(
        sampled=n_sampled,
        found_in_sample=n_relevant_in_sample,
        unread=n_unread - n_sampled,
        expected=(n_unread - n_sampled) * n_relevant_in_sample / n_sampled,
        most=left,
        least_recall=total_found / (total_found + left) if total_found + left else 1.0,
    )


def sample_needed(n_found: int, n_unread: int, *, recall: float = 0.95) -> int:
    """Smallest random sample of the unread that, if nothing relevant is in it, shows `recall` with 95 % confidence."""
    allowed = math.floor(n_found / recall - n_found + 1e-9)
    for size in range(1, n_unread + 1):
        if _upper_count(n_unread, size, 0) <= allowed:
            return size
    return n_unread


def _upper_count(population: int, sample: int, seen: int, confidence: float = 0.95) -> int:
    """Largest number of relevant records in the population under which `seen` or fewer is not too unlikely."""
    from scipy.stats import hypergeom

    low, high = seen, population - (sample - seen)
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeom.cdf(seen, population, middle, sample) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low
