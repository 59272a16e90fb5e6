"""Gray's test: do groups differ in the cumulative incidence of one of several competing events?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import Floats, Ints, checked_groups, checked_states, checked_times


@dataclass(frozen=True, slots=True, kw_only=True)
class GrayTest:
    """Chi-square of a comparison of cumulative incidence; `excess` is observed minus expected events by group."""

    chisq: float
    degrees: int
    p: float
    event: int
    excess: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """By group (row) and event time (column): events of interest, competing events, patients at risk."""

    own: Floats
    other: Floats
    risk: Floats


def gray_test(times: ArrayLike, states: ArrayLike, groups: ArrayLike, *, event: int = 1) -> GrayTest:
    """Compare subdistribution hazards of `event` between groups, all times weighing the same.

    Notes
    -----
    Gray, Ann Stat 1988;16:1141, doi:10.1214/aos/1176350951. Each group enters with the modified risk set
    R = Y (1 - F-) / S-; the variance has one part from the event of interest and one from the competing events, both
    with the hypergeometric correction for ties.
    """
    from scipy.stats import chi2

    durations = checked_times(times)
    state = checked_states(states, durations.size)
    labels = checked_groups(groups, durations.size)
    names, code = np.unique(labels, return_inverse=True)
    if names.size < 2:
        raise InputError(f"Gray's test needs two groups or more, got only '{names[0]}'")
    if not (state == event).any():
        raise MeasurementError(f"no patient had event {event}: there is nothing to compare")
    excess, covariance = _score_and_covariance(_counted(durations, state, code, names.size, event))
    chisq = float(excess[:-1] @ np.linalg.solve(covariance[:-1, :-1], excess[:-1]))
    return GrayTest(
        chisq=chisq,
        degrees=names.size - 1,
        p=float(chi2.sf(chisq, names.size - 1)),
        event=event,
        excess=dict(zip(names.tolist(), excess.tolist(), strict=True)),
    )


def _counted(times: Floats, state: Ints, code: np.ndarray, n_groups: int, event: int) -> _Counts:
    grid = np.unique(times[state > 0])
    own, other, risk = (np.zeros((n_groups, grid.size)) for _ in range(3))
    for group in range(n_groups):
        inside = code == group
        ordered = np.sort(times[inside])
        risk[group] = ordered.size - np.searchsorted(ordered, grid, side="left")
        own[group] = _at(grid, times[inside & (state == event)])
        other[group] = _at(grid, times[inside & (state > 0) & (state != event)])
    return _Counts(own, other, risk)


def _at(grid: Floats, times: Floats) -> Floats:
    return np.bincount(np.searchsorted(grid, times), minlength=grid.size).astype(np.float64)


def _score_and_covariance(counts: _Counts) -> tuple[Floats, Floats]:
    own, other, risk = counts.own, counts.other, counts.risk
    n_groups = own.shape[0]
    survival = np.cumprod(1 - _ratio(own + other, risk), axis=1)
    before = np.hstack([np.ones((n_groups, 1)), survival[:, :-1]])
    steps = before * _ratio(own, risk)
    free_before = 1 - (np.cumsum(steps, axis=1) - steps)
    h = _ratio(risk, before)
    modified, deaths = h * free_before, own.sum(axis=0)
    excess = (own - _ratio(modified, modified.sum(axis=0)) * deaths).sum(axis=1)

    pooled_step = deaths / h.sum(axis=0)
    free = 1 - np.cumsum(pooled_step)
    hazard = pooled_step / (free + pooled_step)
    covariance = np.zeros((n_groups, n_groups))
    for group in range(n_groups):
        unit = (np.arange(n_groups) == group).astype(float)[:, None]
        d = (unit - _ratio(h, h.sum(axis=0))) * h[group]
        c = np.cumsum(d * hazard, axis=1)
        rest = c[:, -1:] - c
        share = _ratio(free, survival[group])
        spread = _ratio(np.ones_like(free), h[group])
        tied = 1 - _ratio(np.maximum(deaths - 1, 0), h.sum(axis=0) * before[group] - 1)
        tied_other = 1 - _ratio(np.maximum(other[group] - 1, 0), risk[group] - 1)
        a, b = d + (1 - share) * rest, -share * rest
        covariance += (a * spread * pooled_step * tied) @ a.T
        covariance += (b * spread * before[group] * _ratio(other[group], risk[group]) * tied_other) @ b.T
    return excess, covariance


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """top / bottom, 0 where nobody is left."""
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.divide(top, bottom, out=np.zeros(top.shape), where=bottom > 0)
