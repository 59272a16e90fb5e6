"""Random-intercept models of counts: binomial-normal for proportions, Poisson-normal for rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import MeasurementError
from oncospine.evidence.statistics.follow_up import Floats
from oncospine.evidence.statistics.pooling import FEWEST_STUDIES
from oncospine.evidence.statistics.proportions import checked_counts, checked_rates

NODES = 31
"""Gauss-Hermite nodes, centred at each study's mode: more change nothing in the sixth digit."""

SMALLEST_TAU = 1e-3
"""A standard deviation between studies below this is reported as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedModel:
    """Mean on the link scale (logit or log), its error and interval, variance between studies, log likelihood."""

    estimate: float
    std_error: float
    low: float
    high: float
    tau2: float
    loglik: float
    k: int
    method: str


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Log likelihood of all studies at linear predictors `eta`, shape (k, m), with slope and curvature in it."""

    loglik: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    curvature: Callable[[Floats], Floats]
    start: float
    k: int


def binomial_normal(events: ArrayLike, totals: ArrayLike, *, confidence: float = 0.95) -> MixedModel:
    """Exact binomial counts with normal logits between studies, by maximum likelihood; needs no 0.5 for empty cells.

    Notes
    -----
    Stijnen, Hamza and Ozdemir, Stat Med 2010;29:3046, doi:10.1002/sim.4040.
    """
    x, n = (part[:, None] for part in checked_counts(events, totals))
    counts = _Counts(
        loglik=lambda eta: x * eta - n * np.logaddexp(0, eta),
        slope=lambda eta: x - n / (1 + np.exp(-eta)),
        curvature=lambda eta: n / (2 + 2 * np.cosh(eta)),
        start=float(np.log((x.sum() + 0.5) / (n.sum() - x.sum() + 0.5))),
        k=x.size,
    )
    return _fitted(counts, confidence=confidence, method="binomial-normal, maximum likelihood")


def poisson_normal(events: ArrayLike, time_at_risk: ArrayLike, *, confidence: float = 0.95) -> MixedModel:
    """Exact Poisson counts with normal log rates between studies, by maximum likelihood."""
    x, t = (part[:, None] for part in checked_rates(events, time_at_risk))
    counts = _Counts(
        loglik=lambda eta: x * eta - t * np.exp(eta),
        slope=lambda eta: x - t * np.exp(eta),
        curvature=lambda eta: t * np.exp(eta),
        start=float(np.log((x.sum() + 0.5) / t.sum())),
        k=x.size,
    )
    return _fitted(counts, confidence=confidence, method="Poisson-normal, maximum likelihood")


def _fitted(counts: _Counts, *, confidence: float, method: str) -> MixedModel:
    from scipy.optimize import minimize
    from scipy.stats import norm

    if counts.k < FEWEST_STUDIES:
        raise MeasurementError(f"{counts.k} studies are too few for a random-effects model (at least {FEWEST_STUDIES})")

    def cost(point: Floats) -> float:
        return -_marginal(counts, float(point[0]), float(np.exp(point[1])))

    found = min(
        (
            minimize(
                cost,
                np.array([counts.start, np.log(tau)]),
                method="Nelder-Mead",
                options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000},
            )
            for tau in (0.3, 1.0)
        ),
        key=lambda result: float(result.fun),
    )
    mean, tau = float(found.x[0]), float(np.exp(found.x[1]))
    curve = _hessian(cost, np.asarray(found.x))
    flat = tau < SMALLEST_TAU or curve[1, 1] <= 0
    error = float(np.sqrt(1 / curve[0, 0] if flat else np.linalg.inv(curve)[0, 0]))
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return MixedModel(
        estimate=mean,
        std_error=error,
        low=mean - half,
        high=mean + half,
        tau2=0.0 if flat else tau**2,
        loglik=-float(found.fun),
        k=counts.k,
        method=method,
    )


def _marginal(counts: _Counts, mean: float, tau: float) -> float:
    """Sum of the logs of the integrals over each study's normal deviate, nodes centred at its mode."""
    mode = np.zeros((counts.k, 1))
    for _ in range(50):
        eta = mean + tau * mode
        step = (tau * counts.slope(eta) - mode) / (1 + tau**2 * counts.curvature(eta))
        mode = mode + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            break
    width = 1 / np.sqrt(1 + tau**2 * counts.curvature(mean + tau * mode))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    deviate = mode + width * nodes
    values = counts.loglik(mean + tau * deviate) - deviate**2 / 2 + nodes**2 / 2
    top = values.max(axis=1, keepdims=True)
    total = (weights * np.exp(values - top)).sum(axis=1, keepdims=True)
    return float((top + np.log(width * total / np.sqrt(2 * np.pi))).sum())


def _hessian(cost: Callable[[Floats], float], point: Floats, step: float = 1e-3) -> Floats:
    size = point.size
    hessian = np.zeros((size, size))
    unit = np.eye(size) * step
    for i in range(size):
        for j in range(size):
            corners = [cost(point + a * unit[i] + b * unit[j]) * a * b for a in (1, -1) for b in (1, -1)]
            hessian[i, j] = sum(corners) / (4 * step**2)
    return hessian
