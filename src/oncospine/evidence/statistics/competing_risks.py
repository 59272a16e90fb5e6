"""Cumulative incidence with competing events: the Aalen-Johansen estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError
from oncospine.evidence.statistics.follow_up import Floats, Interval, Ints, checked_states, checked_times


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
