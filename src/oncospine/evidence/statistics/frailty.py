"""Cox regression with a shared gamma frailty: patients of one study resemble each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.evidence.statistics.cox import refuse_monotone
from oncospine.evidence.statistics.follow_up import Floats, checked_groups
from oncospine.evidence.statistics.partial_likelihood import (
    CoxData,
    Derivatives,
    Hill,
    Ties,
    climbed,
    cox_data,
    derivatives,
    newton,
)

SMALLEST_VARIANCE = 1e-4
"""A frailty variance below this is on the boundary and reported as 0: no sign of difference between groups."""

LARGEST_VARIANCE = 20.0
"""Upper end of the search; a variance of 20 would mean a few groups carry nearly all events."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrailtyFit:
    """Log hazard ratios given the frailty; `variance` 0 is a finding (no heterogeneity seen), not a failure.

    `lr_statistic` compares with no frailty; its p is half the chi-square tail, the variance being on the boundary.
    """

    names: tuple[str, ...]
    coefficients: Floats
    std_error: Floats
    variance: float
    marginal_loglik: float
    lr_statistic: float
    p: float
    frailties: dict[str, float]
    n_events: int
    method: str


def frailty_cox(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    groups: ArrayLike,
    *,
    names: tuple[str, ...] | None = None,
    ties: Ties = "efron",
) -> FrailtyFit:
    """Cox regression with one gamma-distributed multiplier (mean 1) per group.

    Notes
    -----
    For each variance the penalised likelihood of coefficients and log frailties is maximised jointly; it gives the EM
    solution of the gamma model (Therneau, Grambsch and Pankratz 2003, doi:10.1198/1061860031365). The variance
    maximises the marginal likelihood. Standard errors come from the joint information at that variance and, as in R,
    do not include its own uncertainty.
    """
    from scipy.optimize import minimize_scalar
    from scipy.stats import chi2

    plain = cox_data(times, events, covariates, names=names)
    labels, code = np.unique(checked_groups(groups, plain.x.shape[0]), return_inverse=True)
    beta, top = newton(plain, ties=ties)
    refuse_monotone(plain, beta, top.information)
    deaths = np.zeros(labels.size)
    for item in plain.sets:
        np.add.at(deaths, code[item.failing], 1)
    model = _GammaModel(plain, code, deaths, ties, beta)
    found = minimize_scalar(
        lambda log_variance: -model.solved(float(np.exp(log_variance))).marginal,
        bounds=(np.log(SMALLEST_VARIANCE / 10), np.log(LARGEST_VARIANCE)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    variance = float(np.exp(found.x))
    best = model.solved(variance)
    if variance < SMALLEST_VARIANCE or best.marginal <= top.loglik:
        variance, best = (
            0.0,
            _Solution(beta, np.zeros(labels.size), top.loglik, np.linalg.inv(top.information).astype(np.float64)),
        )
    p = beta.size
    gain = max(0.0, 2 * (best.marginal - top.loglik))
    return FrailtyFit(
        names=plain.names,
        coefficients=best.beta,
        std_error=np.sqrt(np.diag(best.covariance))[:p],
        variance=variance,
        marginal_loglik=best.marginal,
        lr_statistic=gain,
        p=float(chi2.sf(gain, 1)) / 2 if gain > 0 else 1.0,
        frailties={str(name): float(np.exp(value)) for name, value in zip(labels, best.log_frailty, strict=True)},
        n_events=plain.n_events,
        method=f"Cox with shared gamma frailty, {ties} ties",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    beta: Floats
    log_frailty: Floats
    marginal: float
    covariance: Floats


class _GammaModel:
    """The joint penalised likelihood of coefficients and log frailties; remembers where it last was."""

    def __init__(self, plain: CoxData, code: np.ndarray, deaths: Floats, ties: Ties, beta: Floats) -> None:
        indicator = np.zeros((plain.x.shape[0], deaths.size))
        indicator[np.arange(plain.x.shape[0]), code] = 1
        self._data = CoxData(x=np.hstack([plain.x, indicator]), sets=plain.sets, offset=plain.offset, names=plain.names)
        self._p, self._deaths, self._ties = beta.size, deaths, ties
        self._last = np.concatenate([beta, np.zeros(deaths.size)])

    def solved(self, variance: float) -> _Solution:
        """The maximum of log PL + (1/variance) sum(b - exp b); the penalty also fixes the level of the frailties."""
        shape = 1 / variance

        def look(point: Floats) -> Hill:
            at = derivatives(self._data, point, ties=self._ties)
            return (at.loglik + self._penalty(point, shape), *self._penalised(at, point, shape))

        self._last, height = climbed(look, self._last)
        log_frailty = self._last[self._p :]
        return _Solution(
            self._last[: self._p],
            log_frailty,
            self._marginal(height - self._penalty(self._last, shape), log_frailty, shape),
            _inverse(look(self._last)[2]),
        )

    def _penalty(self, point: Floats, shape: float) -> float:
        b = point[self._p :]
        return float(shape * (b - np.exp(b)).sum())

    def _penalised(self, at: Derivatives, point: Floats, shape: float) -> tuple[Floats, Floats]:
        frailty = np.exp(point[self._p :])
        slope, hessian = at.score.copy(), at.information.copy()
        slope[self._p :] += shape * (1 - frailty)
        hessian[self._p :, self._p :] += np.diag(shape * frailty)
        return slope, hessian

    def _marginal(self, loglik: float, log_frailty: Floats, shape: float) -> float:
        """Frailties integrated out; scaled so that variance 0 gives the ordinary partial likelihood."""
        from scipy.special import gammaln

        d = self._deaths
        parts = shape * log_frailty + gammaln(d + shape) - gammaln(shape) + d - d * np.log(shape)
        parts -= (d + shape) * np.log1p(d / shape)
        return float(loglik + parts.sum())


def _inverse(matrix: Floats) -> Floats:
    return np.linalg.inv(matrix).astype(np.float64)
