"""Patients rebuilt from a printed survival curve and its numbers at risk (Guyot's method)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError
from oncospine.evidence.statistics.follow_up import Bools, Floats
from oncospine.evidence.statistics.kaplan_meier import kaplan_meier

MOST_ADJUSTMENTS = 200
"""Rounds of adjusting the censorings of one interval; the number moves by whole patients and settles in a few."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RebuiltPatients:
    """Times and events that reproduce a printed curve. `origin` keeps them apart from patients that were read.

    `curve_times` and `curve_survival` are the cleaned clicks, for the overlay; `largest_difference` is the largest
    distance of the rebuilt curve from them.
    """

    times: Floats
    events: Bools
    curve_times: Floats
    curve_survival: Floats
    largest_difference: float
    notes: tuple[str, ...]
    origin: str = "reconstructed"


def rebuilt_patients(
    times: ArrayLike,
    survival: ArrayLike,
    *,
    risk_times: ArrayLike,
    at_risk: ArrayLike,
    total_events: int | None = None,
) -> RebuiltPatients:
    """Patients behind a digitised Kaplan-Meier curve.

    Parameters
    ----------
    times, survival : (m,) float
        Clicks along the curve, any order; survival is a share (0 to 1).
    risk_times, at_risk : (r,) float, int
        The printed table under the curve; the first time is the clock start.
    total_events : int, optional
        Printed number of events; without it the last interval censors at the earlier rate.

    Notes
    -----
    Guyot, Ades, Ouwens and Welton, BMC Med Res Methodol 2012;12:9, doi:10.1186/1471-2288-12-9. Survival and medians are
    accurate; hazard ratios only where numbers at risk or events are printed. Each interval between printed numbers
    guesses its censorings, spreads them evenly, derives the deaths from the drops of the curve, and corrects the guess
    until the next printed number is met.
    """
    clicks, curve, notes = _cleaned(times, survival)
    printed_times, printed = np.asarray(risk_times, dtype=float), np.asarray(at_risk, dtype=float)
    _check_table(printed_times, printed)
    starts = [int(np.searchsorted(clicks, time, side="left")) for time in printed_times]
    rebuild = _Rebuild(clicks, curve, printed[0])
    last = max(index for index in range(len(starts)) if starts[index] < clicks.size)
    for index in range(last):
        if starts[index] < starts[index + 1]:
            rebuild.to_number_at_risk(starts[index], starts[index + 1], printed[index + 1])
    if total_events is not None:
        rebuild.to_total_events(starts[last], clicks.size, float(total_events))
    else:
        rebuild.at_earlier_rate(starts[last], clicks.size)
        notes.append("no total of events was printed: the last interval is censored at the earlier rate")
    if rebuild.missed:
        notes.append(f"a printed number could not be met: off by up to {rebuild.missed:g} patients")
    event_times = np.repeat(clicks, rebuild.deaths.astype(int))
    room = int(printed[0]) - event_times.size
    censored = np.sort(rebuild.censored)[:room]
    censored = np.concatenate([censored, np.full(room - censored.size, clicks[-1])])
    rebuilt_times = np.concatenate([event_times, censored])
    events = np.arange(rebuilt_times.size) < event_times.size
    return RebuiltPatients(
        times=rebuilt_times,
        events=events,
        curve_times=clicks,
        curve_survival=curve,
        largest_difference=_largest_distance(rebuilt_times, events, clicks, curve),
        notes=tuple(notes),
    )


def _cleaned(times: ArrayLike, survival: ArrayLike) -> tuple[Floats, Floats, list[str]]:
    """Clicks in order, from (0, 1), never rising, within 0..1; what was changed is noted."""
    from scipy.optimize import isotonic_regression

    t, s = np.asarray(times, dtype=float), np.asarray(survival, dtype=float)
    if t.shape != s.shape or t.ndim != 1 or t.size < 2 or not np.isfinite([t, s]).all():
        raise InputError("a digitised curve needs two or more clicks, each with a finite time and survival")
    if s.max() > 1.5:
        raise InputError(f"survival reaches {s.max():g}: give shares from 0 to 1, not percent")
    notes = []
    if (t < 0).any():
        notes.append(f"{int((t < 0).sum())} clicks at negative times were dropped")
        t, s = t[t >= 0], s[t >= 0]
    order = np.lexsort((-s, t))
    t, s = t[order], np.clip(s[order], 0, 1)
    falling = np.asarray(isotonic_regression(s, increasing=False).x)
    if (np.diff(s) > 0).any():
        notes.append(f"the curve rose at {int((np.diff(s) > 0).sum())} clicks; each rise was averaged away")
    return np.concatenate([[0.0], t]), np.concatenate([[1.0], falling]), notes


def _check_table(times: Floats, at_risk: Floats) -> None:
    if times.shape != at_risk.shape or times.ndim != 1 or times.size == 0 or times[0] != 0:
        raise InputError("the numbers at risk need one time each, the first at 0")
    if (np.diff(times) <= 0).any() or (np.diff(at_risk) > 0).any() or (at_risk < 0).any() or at_risk[0] < 1:
        raise InputError("times of the numbers at risk must rise and the numbers must not: check the typed table")


def _largest_distance(times: Floats, events: Bools, clicks: Floats, curve: Floats) -> float:
    """Largest vertical distance of a click from the rebuilt curve, its risers included."""
    fitted = kaplan_meier(times, events)
    heights = np.concatenate([[1.0], fitted.survival])
    after = heights[np.searchsorted(fitted.times, clicks, side="right")]
    before = heights[np.searchsorted(fitted.times, clicks, side="left")]
    return float(np.maximum(0, np.maximum(after - curve, curve - before)).max())


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """What one interval gives under a guess of its censorings."""

    deaths: Floats
    left: float
    survival: float
    censor_times: Floats


class _Rebuild:
    """Walks along the clicks, interval by interval, keeping who is left."""

    def __init__(self, clicks: Floats, curve: Floats, n: float) -> None:
        self.clicks, self.curve, self.n = clicks, curve, n
        self.left, self.survival = n, 1.0
        self.deaths = np.zeros(clicks.size)
        self.censored = np.zeros(0)
        self.missed = 0.0

    def to_number_at_risk(self, begin: int, end: int, printed: float) -> None:
        guess = round(self.left * self.curve[end - 1] / self.survival - printed) if self.survival > 0 else 0
        self._adjusted(begin, end, guess, lambda walk: walk.left - printed)

    def to_total_events(self, begin: int, end: int, total: float) -> None:
        before = float(self.deaths.sum())
        guess = 0 if total > before else int(self.left)
        self._adjusted(begin, end, guess, lambda walk: before + float(walk.deaths.sum()) - total)

    def at_earlier_rate(self, begin: int, end: int) -> None:
        passed, rest = float(self.clicks[begin]), float(self.clicks[-1] - self.clicks[begin])
        rate = self.censored.size / passed if passed > 0 else 0.0
        self._take(begin, end, self._walk(begin, end, min(round(rate * rest), int(self.left))))

    def _adjusted(self, begin: int, end: int, guess: int, excess: Callable[[_Walk], float]) -> None:
        """Change the censorings by what is in excess until nothing is, or none can be taken away."""
        censored = min(max(guess, 0), int(self.left))
        best = self._walk(begin, end, censored)
        for _ in range(MOST_ADJUSTMENTS):
            change = round(excess(best))
            wanted = min(max(censored + change, 0), int(self.left))
            if change == 0 or wanted == censored:
                break
            censored = wanted
            walk = self._walk(begin, end, censored)
            if abs(excess(walk)) >= abs(excess(best)) and abs(change) == 1:
                best = walk if abs(excess(walk)) < abs(excess(best)) else best
                break
            best = walk
        self.missed = max(self.missed, abs(excess(best)))
        self._take(begin, end, best)

    def _walk(self, begin: int, end: int, censored: int) -> _Walk:
        clicks = self.clicks[begin:end]
        stop = self.clicks[end] if end < self.clicks.size else self.clicks[-1]
        spread = clicks[0] + (stop - clicks[0]) * np.arange(1, censored + 1) / (censored + 1)
        gone = np.histogram(spread, bins=np.concatenate([clicks, [np.inf]]))[0]
        left, survival, deaths = self.left, self.survival, np.zeros(clicks.size)
        for index, height in enumerate(self.curve[begin:end]):
            if left > 0 and survival > 0:
                deaths[index] = min(left, round(left * (1 - height / survival)))
                survival *= 1 - deaths[index] / left
            left = max(0.0, left - deaths[index] - gone[index])
        return _Walk(deaths, left, survival, spread)

    def _take(self, begin: int, end: int, walk: _Walk) -> None:
        self.deaths[begin:end] = walk.deaths
        self.left, self.survival = walk.left, walk.survival
        self.censored = np.concatenate([self.censored, walk.censor_times])
