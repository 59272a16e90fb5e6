"""Competing events: cumulative incidence (Aalen-Johansen), and Gray's test of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import (
    Floats,
    Interval,
    Ints,
    checked_groups,
    checked_states,
    checked_times,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CumulativeIncidence:
    """Probability of the `event` by time, other events taken as what they are: ends, not censorings."""

    event: int
    times: Floats
    at_risk: Ints
    incidence: Floats
    std_error: Floats
    n: int
    n_events: int
    n_competing: int

    def at(self, time: float, *, confidence: float = 0.95) -> Interval:
        """Incidence by `time` with its log-log interval (None before the first event)."""
        from scipy.stats import norm

        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if not 0 <= time <= self.times[-1]:
            raise InputError(f"the incidence is known from 0 to {self.times[-1]:g}, not at {time:g}")
        if index < 0 or not 0 < self.incidence[index] < 1:
            value = 0.0 if index < 0 else float(self.incidence[index])
            return Interval(value=value, low=None, high=None, method="log-log", std_error=0.0 if index < 0 else None)
        value, error = float(self.incidence[index]), float(self.std_error[index])
        half = float(norm.ppf((1 + confidence) / 2)) * error / (value * np.log(value))
        limits = sorted((value ** np.exp(half), value ** np.exp(-half)))
        return Interval(value=value, low=float(limits[0]), high=float(limits[1]), method="log-log", std_error=error)


def cumulative_incidence(times: ArrayLike, states: ArrayLike, *, event: int = 1) -> CumulativeIncidence:
    """Aalen-Johansen estimate; states are 0 censored, 1, 2, ... competing events.

    Notes
    -----
    Ties are taken as ties: an event precedes a censoring at the same time. The standard error is the infinitesimal
    jackknife (the one R's survival prints): the squared influence of each patient on the curve, summed.
    """
    durations = checked_times(times)
    state = checked_states(states, durations.size)
    if event < 1:
        raise InputError(f"event is {event}; 0 is censored, events count from 1")
    grid, position = np.unique(durations, return_inverse=True)
    own = np.bincount(position, weights=state == event, minlength=grid.size).astype(np.float64)
    any_event = np.bincount(position, weights=state > 0, minlength=grid.size).astype(np.float64)
    gone = np.bincount(position, minlength=grid.size)
    risk = durations.size - np.concatenate([[0], np.cumsum(gone)[:-1]])
    before = np.concatenate([[1.0], np.cumprod(1 - any_event / risk)[:-1]])
    incidence = np.cumsum(before * own / risk)
    return CumulativeIncidence(
        event=event,
        times=grid,
        at_risk=risk.astype(np.int64),
        incidence=incidence,
        std_error=_influence_error(position, state, event, own=own, any_event=any_event, risk=risk),
        n=durations.size,
        n_events=int((state == event).sum()),
        n_competing=int(((state > 0) & (state != event)).sum()),
    )


def _influence_error(
    position: Ints, state: Ints, event: int, *, own: Floats, any_event: Floats, risk: Floats
) -> Floats:
    """Root of the summed squared influence of the patients on the incidence, at every time of the grid.

    The influence u on incidence and v on survival follow the product integral: dF = S- dN1/Y, dS = -S- dN/Y.
    """
    survival, u, v = 1.0, np.zeros(position.size), np.zeros(position.size)
    errors = np.zeros(own.size)
    for index in range(own.size):
        if any_event[index] > 0:
            at_risk, here = position >= index, position == index
            hazard, total = own[index] / risk[index], any_event[index] / risk[index]
            d_hazard = ((here & (state == event)) - at_risk * hazard) / risk[index]
            d_total = ((here & (state > 0)) - at_risk * total) / risk[index]
            u = u + v * hazard + survival * d_hazard
            v = v * (1 - total) - survival * d_total
            survival *= 1 - total
        errors[index] = np.sqrt((u**2).sum())
    return errors


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
