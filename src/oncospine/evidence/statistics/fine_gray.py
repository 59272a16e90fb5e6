"""Two regressions with competing events that answer two questions: Fine-Gray and cause-specific hazards."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import MeasurementError
from oncospine.evidence.statistics.cox import CoxFit, cox, fitted, refuse_monotone
from oncospine.evidence.statistics.follow_up import Floats, Ints, checked_states, checked_times
from oncospine.evidence.statistics.partial_likelihood import CoxData, RiskSet, cox_data, newton


def cause_specific_cox(
    times: ArrayLike, states: ArrayLike, covariates: ArrayLike, *, event: int = 1, names: tuple[str, ...] | None = None
) -> CoxFit:
    """Effect on the rate of `event` among patients still free of any event; other events end follow-up (Efron ties)."""
    state = checked_states(states, checked_times(times).size)
    return cox(times, state == event, covariates, names=names)


def fine_gray(
    times: ArrayLike, states: ArrayLike, covariates: ArrayLike, *, event: int = 1, names: tuple[str, ...] | None = None
) -> CoxFit:
    """Effect on the cumulative incidence of `event`: subdistribution hazard ratios.

    Notes
    -----
    Fine and Gray, J Am Stat Assoc 1999;94:496, doi:10.1080/01621459.1999.10474144. Patients with a competing event stay
    in the risk sets with the probability of still being uncensored, G(t-)/G(T-). Efron ties. Errors are from the
    information, which ignores that G is estimated.
    """
    durations = checked_times(times)
    state = checked_states(states, durations.size)
    plain = cox_data(durations, state == event, covariates, names=names)
    uncensored = _uncensored(durations, state)
    competing = (state > 0) & (state != event)
    data = CoxData(
        x=plain.x,
        sets=tuple(_kept_at_risk(item, durations, competing, uncensored) for item in plain.sets),
        offset=plain.offset,
        names=plain.names,
    )
    beta, top = newton(data, ties="efron")
    refuse_monotone(data, beta, top.information)
    covariance = np.linalg.inv(top.information).astype(np.float64)
    return fitted(data, beta, top, covariance, method="Fine-Gray, efron ties", ties="efron")


def _kept_at_risk(item: RiskSet, times: Floats, competing: np.ndarray, uncensored: tuple[Floats, Floats]) -> RiskSet:
    kept = np.flatnonzero(competing & (times < item.time))
    weights = _before(item.time, uncensored) / _before(times[kept], uncensored)
    rows = np.concatenate([item.rows, kept])
    fails = np.concatenate([item.fails, np.zeros(kept.size, dtype=bool)])
    return RiskSet(item.time, rows, np.concatenate([item.weights, weights]), item.failing, fails)


def _uncensored(times: Floats, state: Ints) -> tuple[Floats, Floats]:
    """Product-limit curve of being uncensored; a censoring comes after an event at the same time."""
    grid = np.unique(times[state == 0])
    at_risk = np.array([(times > time).sum() + ((times == time) & (state == 0)).sum() for time in grid], dtype=float)
    censored = np.array([((times == time) & (state == 0)).sum() for time in grid], dtype=float)
    if grid.size and (at_risk <= 0).any():
        raise MeasurementError("the censoring distribution cannot be estimated from these times")
    return grid, np.concatenate([[1.0], np.cumprod(1 - censored / at_risk)]) if grid.size else np.ones(1)


def _before(time: float | Floats, curve: tuple[Floats, Floats]) -> Floats:
    grid, values = curve
    return np.asarray(values[np.searchsorted(grid, time, side="left")], dtype=np.float64)
