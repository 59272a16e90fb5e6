"""Log-rank test, stratified or weighted by the pooled curve (Fleming-Harrington)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import Bools, Floats, checked_events, checked_groups, checked_times


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """Chi-square of a comparison of survival; `observed` and `expected` are (weighted) events by group."""

    chisq: float
    degrees: int
    p: float
    observed: Mapping[str, float]
    expected: Mapping[str, float]
    method: str


def log_rank(
    times: ArrayLike, events: ArrayLike, groups: ArrayLike, *, strata: ArrayLike | None = None, rho: float = 0.0
) -> LogRank:
    """Compare the survival of groups with the hypergeometric variance.

    `strata` compares only within each stratum (one study, one litter). `rho` weights each event time by S(t-)**rho of
    the pooled curve: 0 is the log-rank test, 1 stresses early differences (Harrington and Fleming 1982).
    """
    durations = checked_times(times)
    observed = checked_events(events, durations.size)
    labels = checked_groups(groups, durations.size)
    layer = checked_groups(strata if strata is not None else np.zeros(durations.size), durations.size, "strata")
    names, code = np.unique(labels, return_inverse=True)
    if names.size < 2:
        raise InputError(f"a log-rank test needs two groups or more, got only '{names[0]}'")
    seen, expected = np.zeros(names.size), np.zeros(names.size)
    covariance = np.zeros((names.size, names.size))
    for stratum in np.unique(layer):
        inside = layer == stratum
        parts = _one_stratum(durations[inside], observed[inside], code[inside], n_groups=names.size, rho=rho)
        seen, expected, covariance = seen + parts[0], expected + parts[1], covariance + parts[2]
    from scipy.stats import chi2

    difference = (seen - expected)[:-1]
    if np.linalg.matrix_rank(covariance[:-1, :-1]) < names.size - 1:
        raise MeasurementError(
            "no stratum has patients of two groups at risk at an event: the groups cannot be compared"
        )
    chisq = float(difference @ np.linalg.solve(covariance[:-1, :-1], difference))
    method = "log-rank" if rho == 0 else f"Fleming-Harrington rho={rho:g}"
    return LogRank(
        chisq=chisq,
        degrees=names.size - 1,
        p=float(chi2.sf(chisq, names.size - 1)),
        observed=dict(zip(names.tolist(), seen.tolist(), strict=True)),
        expected=dict(zip(names.tolist(), expected.tolist(), strict=True)),
        method=method if strata is None else f"stratified {method}",
    )


def _one_stratum(
    times: Floats, events: Bools, code: np.ndarray, *, n_groups: int, rho: float
) -> tuple[Floats, Floats, Floats]:
    """Observed, expected and covariance of one stratum, summed over its event times."""
    observed, expected = np.zeros(n_groups), np.zeros(n_groups)
    covariance = np.zeros((n_groups, n_groups))
    survival = 1.0
    for time in np.unique(times[events]):
        here = np.bincount(code[(times == time) & events], minlength=n_groups).astype(float)
        risk = np.bincount(code[times >= time], minlength=n_groups).astype(float)
        d, n = here.sum(), risk.sum()
        weight, share = survival**rho, risk / n
        observed += weight * here
        expected += weight * d * share
        if n > 1:
            covariance += weight**2 * d * (n - d) / (n - 1) * (np.diag(share) - np.outer(share, share))
        survival *= 1 - d / n
    return observed, expected, covariance
