"""Single proportions, two-by-two tables, and the scales on which proportions and rates of studies are pooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError
from oncospine.evidence.statistics.follow_up import Floats, Interval

ProportionInterval = Literal["wilson", "clopper-pearson"]

HALF = 0.5
"""Continuity correction, given only to studies in which nobody or everybody had the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoByTwo:
    """Effects of a first against a second group; logs carry the half correction only where a cell is empty."""

    log_odds_ratio: float
    log_odds_ratio_variance: float
    log_risk_ratio: float
    log_risk_ratio_variance: float
    risk_difference: float
    risk_difference_variance: float
    fisher_p: float
    corrected: bool


def checked_counts(events: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    """Events and totals of studies as floats; more events than patients, fractions or negatives are an error."""
    x, n = np.atleast_1d(np.asarray(events, dtype=float)), np.atleast_1d(np.asarray(totals, dtype=float))
    if x.shape != n.shape or x.ndim != 1:
        raise InputError(f"events {x.shape} and totals {n.shape} need one number per study each")
    whole = np.isfinite(x) & np.isfinite(n) & (x == np.floor(x)) & (n == np.floor(n))
    bad = np.flatnonzero(~(whole & (x >= 0) & (n >= 1) & (x <= n)))
    if bad.size:
        i = bad[0]
        raise InputError(
            f"study {i + 1}: {x[i]:g} events of {n[i]:g} patients; expected whole numbers, 0 <= events <= n"
        )
    return x, n


def proportion(events: int, total: int, *, method: ProportionInterval = "wilson", confidence: float = 0.95) -> Interval:
    """One proportion with its interval (Wilson, or the exact one of Clopper and Pearson)."""
    from scipy.stats import binomtest

    checked_counts([events], [total])
    names: dict[str, Literal["wilson", "exact"]] = {"wilson": "wilson", "clopper-pearson": "exact"}
    if method not in names:
        raise InputError(f"unknown interval '{method}', expected one of {', '.join(names)}")
    limits = binomtest(int(events), int(total)).proportion_ci(confidence, method=names[method])
    return Interval(value=events / total, low=float(limits.low), high=float(limits.high), method=method)


def two_by_two(events: int, total: int, other_events: int, other_total: int) -> TwoByTwo:
    """Odds ratio, risk ratio, risk difference (first minus second) and Fisher's exact test."""
    from scipy.stats import fisher_exact

    (a, c), (n, m) = checked_counts([events, other_events], [total, other_total])
    b, d = n - a, m - c
    p = float(fisher_exact(np.array([[a, b], [c, d]], dtype=np.int64))[1])
    difference = a / n - c / m
    spread = a * b / n**3 + c * d / m**3
    corrected = min(a, b, c, d) == 0
    if corrected:
        a, b, c, d = a + HALF, b + HALF, c + HALF, d + HALF
    return TwoByTwo(
        log_odds_ratio=float(np.log(a * d / (b * c))),
        log_odds_ratio_variance=float(1 / a + 1 / b + 1 / c + 1 / d),
        log_risk_ratio=float(np.log((a / (a + b)) / (c / (c + d)))),
        log_risk_ratio_variance=float(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)),
        risk_difference=float(difference),
        risk_difference_variance=float(spread),
        fisher_p=p,
        corrected=bool(corrected),
    )


def logit_effects(events: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    """Log odds of the event in each study, and their variances."""
    x, n = checked_counts(events, totals)
    extreme = (x == 0) | (x == n)
    x, n = x + HALF * extreme, n + 2 * HALF * extreme
    return np.log(x / (n - x)), 1 / x + 1 / (n - x)


def double_arcsine_effects(events: ArrayLike, totals: ArrayLike) -> tuple[Floats, Floats]:
    """Freeman-Tukey double arcsine of each study (half the sum, as metafor; Miller prints the sum), and variances."""
    x, n = checked_counts(events, totals)
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


def from_logit(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def from_double_arcsine(value: float, n: float) -> float:
    """Proportion whose double arcsine at `n` patients is `value`; 0 or 1 outside the range it can take.

    Notes
    -----
    Miller, Am Stat 1978;32:138, doi:10.1080/00031305.1978.10479283. With the harmonic mean of the sample sizes for `n`
    it can mislead (Schwarzer et al., Res Synth Methods 2019;10:476, doi:10.1002/jrsm.1348): sensitivity only.
    """
    lowest = np.arcsin(np.sqrt(1 / (n + 1))) / 2
    if value <= lowest:
        return 0.0
    if value >= np.pi / 2 - lowest:
        return 1.0
    sine = np.sin(2 * value)
    inner = 1 - (sine + (sine - 1 / sine) / n) ** 2
    return float(np.clip(0.5 * (1 - np.sign(np.cos(2 * value)) * np.sqrt(max(0.0, inner))), 0, 1))


def harmonic_mean(totals: ArrayLike) -> float:
    n = np.asarray(totals, dtype=float)
    return float(n.size / (1 / n).sum())


def checked_rates(events: ArrayLike, time_at_risk: ArrayLike) -> tuple[Floats, Floats]:
    """Events and patient-time of studies; events are whole numbers of 0 or more, time is above 0."""
    x, t = np.atleast_1d(np.asarray(events, dtype=float)), np.atleast_1d(np.asarray(time_at_risk, dtype=float))
    if x.shape != t.shape or x.ndim != 1:
        raise InputError(f"events {x.shape} and time at risk {t.shape} need one number per study each")
    bad = np.flatnonzero(~(np.isfinite(x) & np.isfinite(t) & (x >= 0) & (x == np.floor(x)) & (t > 0)))
    if bad.size:
        raise InputError(
            f"study {bad[0] + 1}: {x[bad[0]]:g} events in {t[bad[0]]:g} patient-time; "
            "expected a whole number of events and a time above 0"
        )
    return x, t


def log_rate_effects(events: ArrayLike, time_at_risk: ArrayLike) -> tuple[Floats, Floats]:
    """Log of events per patient-time in each study, and variances; 0 events count as one half."""
    x, t = checked_rates(events, time_at_risk)
    x = np.where(x == 0, HALF, x)
    return np.log(x / t), 1 / x


def root_rate_effects(events: ArrayLike, time_at_risk: ArrayLike) -> tuple[Floats, Floats]:
    """Freeman-Tukey double square root of each rate, and variances."""
    x, t = checked_rates(events, time_at_risk)
    return (np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)


def from_root_rate(value: float, time_at_risk: float) -> float:
    """Rate whose double square root at `time_at_risk` is `value`; 0 below the smallest value it can take."""
    if value <= np.sqrt(1 / time_at_risk) / 2:
        return 0.0
    return float((1 / (16 * value**2 * time_at_risk**2)) + value**2 - 1 / (2 * time_at_risk))
