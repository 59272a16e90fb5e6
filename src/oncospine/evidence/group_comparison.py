"""Survival of the histology groups against each other, where there are enough deaths to say anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from oncospine.base import MeasurementError
from oncospine.evidence.patient import Patient
from oncospine.evidence.statistics import (
    FEWEST_EVENTS,
    CoxFit,
    FirthFit,
    Interval,
    LogRank,
    RestrictedMeanComparison,
    compared_restricted_means,
    cox,
    firth_cox,
    log_rank,
)
from oncospine.evidence.survival import Sample, survival_sample
from oncospine.evidence.words import counted

T = TypeVar("T")

EVENTS_PER_COVARIATE = 10
"""With fewer events for each group Firth's penalty is used (oncospine default)."""

HORIZON_MONTHS = 12.0
"""Horizon of the restricted mean, fixed before looking (oncospine default)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupComparison:
    """The tests that could be done, each None where it could not; the largest group comes first.

    `within` compares inside studies only (single patients form one stratum). `fit` has Firth's penalty where events are
    few. `means` are of the second largest group against the largest.
    """

    groups: tuple[str, ...]
    overall: LogRank | None
    within: LogRank | None
    fit: CoxFit | FirthFit | None
    means: RestrictedMeanComparison | None
    sentences: tuple[str, ...]


def compared_groups(patients: Sequence[Patient]) -> GroupComparison | None:
    """Compare the groups of the case table, largest first; None where fewer than two have a time and a status."""
    try:
        sample = survival_sample([patient for patient in patients if patient.group])
    except MeasurementError:
        return None
    group_of = {patient.id: patient.group for patient in patients}
    labels = np.array([group_of[name] for name in sample.ids])
    groups = tuple(name for name, _ in Counter(labels.tolist()).most_common())
    if len(groups) < 2:
        return None
    found = GroupComparison(groups=groups, overall=None, within=None, fit=None, means=None, sentences=())
    events = int(sample.events.sum())
    if events < FEWEST_EVENTS:
        text = f"Groups are not compared: {counted(events, 'event')}, and at least {FEWEST_EVENTS} are needed."
        return replace(found, sentences=(text,))
    strata = pooled_strata(sample.studies)
    done = replace(
        found,
        overall=log_rank(sample.times, sample.events, labels),
        within=_tried(lambda: log_rank(sample.times, sample.events, labels, strata=strata)),
        fit=_tried(lambda: _regression(sample, labels, groups)),
        means=_tried(lambda: _means(sample, labels, groups)),
    )
    return replace(done, sentences=_sentences(done))


def pooled_strata(studies: Sequence[str]) -> tuple[str, ...]:
    """One stratum per study; studies of a single patient form one stratum "case reports", or they would say nothing."""
    sizes = Counter(studies)
    return tuple(study if sizes[study] > 1 else "case reports" for study in studies)


def _tried(estimate: Callable[[], T]) -> T | None:
    """The estimate, or None where these patients do not allow it."""
    try:
        return estimate()
    except MeasurementError:
        return None


def _regression(sample: Sample, labels: np.ndarray, groups: tuple[str, ...]) -> CoxFit | FirthFit:
    """Each other group against the largest; Firth's penalty below ten events for each of them."""
    x = np.column_stack([labels == name for name in groups[1:]]).astype(float)
    few = int(sample.events.sum()) < EVENTS_PER_COVARIATE * len(groups[1:])
    return (firth_cox if few else cox)(sample.times, sample.events, x, names=groups[1:])


def _means(sample: Sample, labels: np.ndarray, groups: tuple[str, ...]) -> RestrictedMeanComparison:
    """The second largest group against the largest."""
    two = np.isin(labels, groups[:2])
    second = labels[two] == groups[1]
    return compared_restricted_means(sample.times[two], sample.events[two], second, horizon=HORIZON_MONTHS)


def _sentences(done: GroupComparison) -> tuple[str, ...]:
    told = [f"Groups compared: {', '.join(name.replace('_', ' ') for name in done.groups)}."]
    for test in (done.overall, done.within):
        if test is not None:
            told.append(f"{test.method}: chi-square {test.chisq:.2f} on {test.degrees}, p {test.p:.3f}.")
    if done.within is None:
        told.append("Not compared within studies: none has patients of two groups at risk at a death.")
    told += [
        f"Hazard of {name.replace('_', ' ')} against {done.groups[0].replace('_', ' ')}: {_printed(ratio)} "
        f"({ratio.method})."
        for name, ratio in _ratios(done)
    ]
    if done.means is not None:
        told.append(
            f"Mean survival within {done.means.horizon:g} months, {done.groups[1]} less {done.groups[0]}: "
            f"{_printed(done.means.difference)} months, p {done.means.p:.3f}."
        )
    return (*told, "The groups differ in more than their name: this compares reports, and no treatments.")


def _ratios(done: GroupComparison) -> list[tuple[str, Interval]]:
    if done.fit is None:
        return []
    if isinstance(done.fit, FirthFit):
        return list(zip(done.fit.names, done.fit.hazard_ratio, strict=True))
    return [(name, done.fit.hazard_ratio(name)) for name in done.fit.names]


def _printed(found: Interval) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
