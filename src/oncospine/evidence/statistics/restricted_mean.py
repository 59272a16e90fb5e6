"""Restricted mean survival time: the area under the curve up to a horizon chosen before looking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import MeasurementError
from oncospine.evidence.statistics.follow_up import Interval, checked_times
from oncospine.evidence.statistics.kaplan_meier import kaplan_meier


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMeanComparison:
    """Two arms to the same horizon: difference and ratio of mean survival, ratio of mean time lost."""

    horizon: float
    first: Interval
    second: Interval
    difference: Interval
    p: float
    ratio: Interval
    lost_ratio: Interval


def restricted_mean(times: ArrayLike, events: ArrayLike, *, horizon: float, confidence: float = 0.95) -> Interval:
    """Mean survival time within `horizon`, with its standard error.

    Notes
    -----
    Variance: sum over events of A_i^2 d_i / (n_i (n_i - d_i)), A_i the area from t_i to the horizon. (The variance that
    lifelines returns is the spread of min(T, horizon) between patients, not the error of the mean.)
    """
    from scipy.stats import norm

    durations = checked_times(times)
    if not 0 < horizon <= durations.max():
        raise MeasurementError(
            f"horizon {horizon:g} is outside the follow-up (0 to {durations.max():g}); choose one within it"
        )
    curve = kaplan_meier(durations, events)
    inside = curve.times < horizon
    knots = np.concatenate([[0.0], curve.times[inside], [horizon]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    pieces = np.diff(knots) * heights
    after = np.cumsum(pieces[::-1])[::-1][1:]
    died, risk = curve.events[inside], curve.at_risk[inside]
    left = risk - died
    terms = np.divide(after**2 * died, risk * left, out=np.zeros(len(after)), where=left > 0)
    value, error = float(pieces.sum()), float(np.sqrt(terms.sum()))
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return Interval(value=value, low=value - half, high=value + half, method="normal", std_error=error)


def compared_restricted_means(
    times: ArrayLike, events: ArrayLike, first: ArrayLike, *, horizon: float, confidence: float = 0.95
) -> RestrictedMeanComparison:
    """Arm where `first` is True against the others: difference, ratio (delta method on the log), ratio of time lost."""
    from scipy.stats import norm

    durations, observed, chosen = checked_times(times), np.asarray(events), np.asarray(first, dtype=bool)
    shortest = min(durations[chosen].max(), durations[~chosen].max())
    if horizon > shortest:
        raise MeasurementError(
            f"horizon {horizon:g} is beyond the last time of one arm ({shortest:g}); choose a smaller"
        )
    one = restricted_mean(durations[chosen], observed[chosen], horizon=horizon, confidence=confidence)
    two = restricted_mean(durations[~chosen], observed[~chosen], horizon=horizon, confidence=confidence)
    z = float(norm.ppf((1 + confidence) / 2))
    gap, error = one.value - two.value, float(np.hypot(one.std_error or 0, two.std_error or 0))
    return RestrictedMeanComparison(
        horizon=horizon,
        first=one,
        second=two,
        difference=Interval(value=gap, low=gap - z * error, high=gap + z * error, method="normal", std_error=error),
        p=float(2 * norm.sf(abs(gap) / error)),
        ratio=_log_ratio(one.value, two.value, one, two, z=z),
        lost_ratio=_log_ratio(horizon - one.value, horizon - two.value, one, two, z=z),
    )


def _log_ratio(top: float, bottom: float, one: Interval, two: Interval, *, z: float) -> Interval:
    error = float(np.hypot((one.std_error or 0) / top, (two.std_error or 0) / bottom))
    ratio = top / bottom
    return Interval(
        value=ratio,
        low=float(ratio * np.exp(-z * error)),
        high=float(ratio * np.exp(z * error)),
        method="normal on the log",
        std_error=error,
    )
