"""Cox regression: tie methods by name, strata, clusters, ridge, proportionality; refused without a maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import Floats, Interval, checked_events, checked_groups, checked_times
from oncospine.evidence.statistics.kaplan_meier import kaplan_meier
from oncospine.evidence.statistics.partial_likelihood import (
    CoxData,
    Derivatives,
    Ties,
    cox_data,
    derivatives,
    newton,
    risk_terms,
)

LARGEST_LOG_HAZARD_RATIO = 10.0
"""A log hazard ratio beyond this (a 22,000-fold hazard) over the range of a covariate means there is no maximum."""

LARGEST_RELATIVE_ERROR = 50.0
"""A standard error this many times its usual size (1 / (sd of x * sqrt(events))) means there is no maximum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxFit:
    """Log hazard ratios with their errors. `std_error` is the robust one where clusters were given."""

    names: tuple[str, ...]
    coefficients: Floats
    std_error: Floats
    covariance: Floats
    loglik: float
    loglik_null: float
    n: int
    n_events: int
    method: str
    confidence: float = 0.95

    @property
    def events_per_parameter(self) -> float:
        return self.n_events / len(self.names)

    def hazard_ratio(self, name: str) -> Interval:
        """Hazard ratio of one covariate with its Wald interval."""
        from scipy.stats import norm

        index = self.names.index(name)
        centre, error = float(self.coefficients[index]), float(self.std_error[index])
        half = float(norm.ppf((1 + self.confidence) / 2)) * error
        return Interval(
            value=float(np.exp(centre)),
            low=float(np.exp(centre - half)),
            high=float(np.exp(centre + half)),
            method=f"Wald, {self.method}",
            std_error=error,
        )


def cox(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    names: tuple[str, ...] | None = None,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    start: ArrayLike | None = None,
    ridge: float = 0.0,
) -> CoxFit:
    """Cox proportional hazards regression.

    Parameters
    ----------
    covariates : (n,) or (n, p) float
        Finite; patients with missing values are left out by the caller, who reports their number.
    ties : "efron", "breslow" or "exact"
        Printed with the result: the three differ where deaths share a time.
    strata : (n,) labels, optional
        Own baseline hazard for each; a stratum of one patient contributes nothing.
    clusters : (n,) labels, optional
        Robust (sandwich) errors summed by cluster, for patients nested in studies.
    ridge : float
        Penalty: half of it times the square of each coefficient is taken from the log likelihood.

    Raises
    ------
    MeasurementError
        If the likelihood has no maximum (all events on one side): a printed coefficient would be an accident of
        where the program stopped. Use `firth_cox`.
    """
    if ridge < 0:
        raise InputError(f"ridge is {ridge}, expected 0 or more")
    data = cox_data(times, events, covariates, names=names, strata=strata, start=start)
    beta, top = newton(data, ties=ties, ridge=ridge)
    information = top.information + ridge * np.eye(beta.size)
    refuse_monotone(data, beta, information)
    bread = np.linalg.inv(information).astype(np.float64)
    covariance = bread @ top.information @ bread
    method = f"Cox, {ties} ties" + (", stratified" if strata is not None else "")
    method += f", ridge {ridge:g}" if ridge else ""
    if clusters is not None:
        if ties == "exact":
            raise InputError("robust errors by cluster need ties='efron' or 'breslow', not 'exact'")
        covariance = _sandwich(data, beta, bread, checked_groups(clusters, data.x.shape[0], "clusters"), ties=ties)
        method += ", robust by cluster"
    return fitted(data, beta, top, covariance, method=method, ties=ties)


def fitted(data: CoxData, beta: Floats, top: Derivatives, covariance: Floats, *, method: str, ties: Ties) -> CoxFit:
    """Wrap a solution; the null model is the same likelihood at zero."""
    return CoxFit(
        names=data.names,
        coefficients=beta,
        std_error=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        loglik=top.loglik,
        loglik_null=derivatives(data, np.zeros_like(beta), ties=ties).loglik,
        n=data.x.shape[0],
        n_events=data.n_events,
        method=method,
    )


def refuse_monotone(data: CoxData, beta: Floats, information: Floats) -> None:
    """Raise where a coefficient ran away: the signs are its size over the range of x, and its standard error."""
    width = np.ptp(data.x, axis=0)
    usual = 1 / np.maximum(data.x.std(axis=0) * np.sqrt(data.n_events), np.finfo(float).tiny)
    error = np.sqrt(np.maximum(np.diag(np.linalg.pinv(information)), 0))
    runaway = (np.abs(beta) * width > LARGEST_LOG_HAZARD_RATIO) | (error > LARGEST_RELATIVE_ERROR * usual)
    if runaway.any():
        name = data.names[int(np.flatnonzero(runaway)[0])]
        raise MeasurementError(
            f"the likelihood has no maximum in '{name}' ({data.n_events} events): its coefficient grows without end, "
            "so no hazard ratio is printed. Use Firth's penalty (firth_cox), or fewer covariates."
        )


def score_residuals(data: CoxData, beta: Floats, *, ties: Ties) -> Floats:
    """Contribution of each patient to the score, shape (n, p); they sum to zero at the maximum."""
    linear = data.x @ beta + data.offset
    residuals = np.zeros_like(data.x)
    for item in data.sets:
        deaths = item.failing.size
        for multiplicity, share, _, mean, centred in risk_terms(data, item, linear, ties=ties):
            residuals[item.failing] += multiplicity / deaths * (data.x[item.failing] - mean)
            residuals[item.rows] -= multiplicity * share[:, None] * centred
    return residuals


def _sandwich(data: CoxData, beta: Floats, bread: Floats, clusters: np.ndarray, *, ties: Ties) -> Floats:
    residuals = score_residuals(data, beta, ties=ties)
    _, code = np.unique(clusters, return_inverse=True)
    by_cluster = np.zeros((code.max() + 1, residuals.shape[1]))
    np.add.at(by_cluster, code, residuals)
    influence = by_cluster @ bread
    return np.asarray(influence.T @ influence, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionalHazards:
    """Chi-square on one degree of freedom; a small p speaks against one hazard ratio for all times."""

    name: str
    chisq: float
    p: float
    transform: str


def proportional_hazards_test(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    names: tuple[str, ...] | None = None,
    transform: Literal["km", "identity"] = "km",
) -> tuple[ProportionalHazards, ...]:
    """Score test of x * g(time) added to an Efron fit, one covariate at a time (Grambsch and Therneau 1994)."""
    from scipy.stats import chi2

    durations = checked_times(times)
    observed = checked_events(events, durations.size)
    fit = cox(durations, observed, covariates, names=names)
    data = cox_data(durations, observed, covariates, names=fit.names)
    curve = kaplan_meier(durations, observed)
    p = len(fit.names)
    score, both, cross, plain = np.zeros(p), np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    linear = data.x @ fit.coefficients
    for item in data.sets:
        before = np.searchsorted(curve.times, item.time, side="left")
        g = item.time if transform == "identity" else 1 - np.concatenate([[1.0], curve.survival])[before]
        score += g * data.x[item.failing].sum(axis=0)
        for multiplicity, share, _, mean, centred in risk_terms(data, item, linear, ties="efron"):
            spread = multiplicity * ((centred * share[:, None]).T @ centred)
            score -= multiplicity * g * mean
            plain, cross, both = plain + spread, cross + g * spread, both + g * g * spread
    inverse = np.linalg.inv(plain)
    results = []
    for index, name in enumerate(fit.names):
        variance = both[index, index] - cross[index] @ inverse @ cross[:, index]
        chisq = float(score[index] ** 2 / variance)
        results.append(ProportionalHazards(name=name, chisq=chisq, p=float(chi2.sf(chisq, 1)), transform=transform))
    return tuple(results)
