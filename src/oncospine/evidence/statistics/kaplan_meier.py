"""Kaplan-Meier curves with log-log limits, medians that may not be reached, and follow-up by the reverse curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError
from oncospine.evidence.extras import needed
from oncospine.evidence.statistics.follow_up import (
    NOT_REACHED,
    Floats,
    Interval,
    Ints,
    NotReached,
    checked_events,
    checked_times,
)

MedianRule = Literal["midpoint", "first_time"]
"""What to do where the curve is exactly one half over an interval: its middle (R), or its start (lifelines)."""

HALF_TOLERANCE = 1e-9
"""A product of ratios that is one half on paper is one half within this in floating point."""

FEWEST_EVENTS = 5
"""With fewer events a curve is called not interpretable and no regression is fitted (oncospine default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """Median time with its limits; any of the three may not be reached. `rule` says how a tie at one half was read."""

    value: float | NotReached
    low: float | NotReached
    high: float | NotReached
    rule: MedianRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KaplanMeier:
    """A product-limit curve.

    Arrays have one entry per distinct time of an event or a censoring. `low` and `high` are NaN where no interval
    exists: before the first event, and where the curve has reached zero.
    """

    times: Floats
    at_risk: Ints
    events: Ints
    censored: Ints
    survival: Floats
    std_error: Floats
    low: Floats
    high: Floats
    n: int
    confidence: float

    @property
    def n_events(self) -> int:
        return int(self.events.sum())

    @property
    def interpretable(self) -> bool:
        return self.n_events >= FEWEST_EVENTS

    @property
    def last_time(self) -> float:
        return float(self.times[-1])

    def at(self, time: float) -> Interval:
        """S(time) with Greenwood's standard error and log-log limits; an error beyond the last observation."""
        if not 0 <= time <= self.last_time:
            raise InputError(f"the curve is known from 0 to {self.last_time:g}, not at {time:g}")
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0:
            return Interval(value=1.0, low=None, high=None, method="log-log", std_error=0.0)
        return Interval(
            value=float(self.survival[index]),
            low=_known(self.low[index]),
            high=_known(self.high[index]),
            method="log-log",
            std_error=_known(self.std_error[index]),
        )

    def n_at_risk(self, times: ArrayLike) -> Ints:
        """Patients still under observation just before each of `times`."""
        asked = np.asarray(times, dtype=np.float64)
        gone = np.cumsum(self.events + self.censored)
        before = np.searchsorted(self.times, asked, side="left")
        return np.asarray(self.n - np.concatenate([[0], gone])[before], dtype=np.int64)

    def median(self, rule: MedianRule = "midpoint") -> Median:
        """First time at which the curve, and each of its limits, is one half or less."""
        return Median(
            value=_half_time(self.times, self.survival, rule=rule),
            low=_half_time(self.times, self.low, rule="first_time"),
            high=_half_time(self.times, self.high, rule="first_time"),
            rule=rule,
        )


def kaplan_meier(times: ArrayLike, events: ArrayLike, *, confidence: float = 0.95) -> KaplanMeier:
    """Kaplan-Meier curve of right-censored follow-up.

    Parameters
    ----------
    times : (n,) float
        Follow-up from one and the same clock start, any unit; 0 or more.
    events : (n,) bool
        True where the event was seen at that time, False where follow-up ended without it.

    Notes
    -----
    lifelines underneath. Its limits are exact inside the curve; where no limit exists (S = 1 or S = 0) it prints the
    estimate twice, which reads as certainty: those become NaN here.
    """
    durations = checked_times(times)
    observed = checked_events(events, durations.size)
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}, expected a share between 0 and 1 such as 0.95")
    fitted = needed("lifelines").KaplanMeierFitter(alpha=1 - confidence).fit(durations, observed)
    table = fitted.event_table
    kept = (table["observed"] + table["censored"]).to_numpy() > 0
    survival = fitted.survival_function_.to_numpy()[kept, 0]
    limits = fitted.confidence_interval_.to_numpy()[kept]
    at_risk, died = table["at_risk"].to_numpy()[kept], table["observed"].to_numpy()[kept]
    inside = (survival < 1) & (survival > HALF_TOLERANCE)
    return KaplanMeier(
        times=table.index.to_numpy()[kept].astype(np.float64),
        at_risk=at_risk.astype(np.int64),
        events=died.astype(np.int64),
        censored=table["censored"].to_numpy()[kept].astype(np.int64),
        survival=survival,
        std_error=_greenwood(survival, at_risk, died),
        low=np.where(inside, limits[:, 0], np.nan),
        high=np.where(inside, limits[:, 1], np.nan),
        n=durations.size,
        confidence=confidence,
    )


def reverse_kaplan_meier(times: ArrayLike, events: ArrayLike, *, confidence: float = 0.95) -> KaplanMeier:
    """The curve of follow-up itself: censoring is the event and death ends it early (Schemper and Smith 1996)."""
    durations = checked_times(times)
    return kaplan_meier(durations, ~checked_events(events, durations.size), confidence=confidence)


def _greenwood(survival: Floats, at_risk: Ints, died: Ints) -> Floats:
    left = at_risk - died
    terms = np.divide(died, at_risk * left, out=np.full(len(died), np.inf), where=left > 0)
    terms[died == 0] = 0.0
    total = np.cumsum(terms)
    return np.where(np.isfinite(total), survival * np.sqrt(np.where(np.isfinite(total), total, 0)), np.nan)


def _half_time(times: Floats, curve: Floats, *, rule: MedianRule) -> float | NotReached:
    below = np.flatnonzero(curve <= 0.5 + HALF_TOLERANCE)
    if not below.size:
        return NOT_REACHED
    first = below[0]
    later = np.flatnonzero(curve < 0.5 - HALF_TOLERANCE)
    if rule == "midpoint" and abs(curve[first] - 0.5) <= HALF_TOLERANCE and later.size:
        return float((times[first] + times[later[0]]) / 2)
    return float(times[first])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
