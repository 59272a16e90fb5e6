"""Cox regression with Firth's penalty: finite hazard ratios from few events, with profile intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import MeasurementError
from oncospine.evidence.statistics.follow_up import Floats, Interval
from oncospine.evidence.statistics.partial_likelihood import CoxData, Hill, climbed, cox_data, derivatives


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FirthFit:
    """Penalised log hazard ratios; `hazard_ratio` holds profile-likelihood intervals, `p` penalised LR tests."""

    names: tuple[str, ...]
    coefficients: Floats
    std_error: Floats
    hazard_ratio: tuple[Interval, ...]
    p: tuple[float, ...]
    lr_statistic: float
    n: int
    n_events: int
    method: str = "Cox with Firth's penalty, breslow ties"

    @property
    def events_per_parameter(self) -> float:
        return self.n_events / len(self.names)


def firth_cox(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    names: tuple[str, ...] | None = None,
    start: ArrayLike | None = None,
    confidence: float = 0.95,
) -> FirthFit:
    """Cox regression penalised by half the log determinant of the information.

    Notes
    -----
    Heinze and Schemper, Biometrics 2001;57:114, doi:10.1111/j.0006-341X.2001.00114.x. Tests and intervals compare
    penalised likelihoods with the full determinant, one coefficient held fixed; Wald intervals are not offered.
    """
    from scipy.stats import chi2

    raw = cox_data(times, events, covariates, names=names, start=start)
    scale = raw.x.std(axis=0)
    if (scale == 0).any():
        raise MeasurementError(
            f"covariate '{raw.names[int(np.argmin(scale))]}' is the same for all patients: remove it"
        )
    data = CoxData(x=(raw.x - raw.x.mean(axis=0)) / scale, sets=raw.sets, offset=raw.offset, names=raw.names)
    p = data.x.shape[1]
    beta, height = _climbed(data, np.zeros(p), free=np.ones(p, dtype=bool))
    drop = float(chi2.ppf(confidence, 1)) / 2
    covariance = np.linalg.inv(derivatives(data, beta, ties="breslow").information)
    error = np.sqrt(np.diag(covariance))
    intervals, tests = [], []
    for index in range(p):
        low, high = (_profile_limit(data, beta, index, height - drop, step=sign * error[index]) for sign in (-1, 1))
        without = _held(data, beta, index, 0.0)[1]
        tests.append(float(chi2.sf(max(0.0, 2 * (height - without)), 1)))
        intervals.append(
            Interval(
                value=float(np.exp(beta[index] / scale[index])),
                low=float(np.exp(low / scale[index])),
                high=float(np.exp(high / scale[index])),
                method="profile penalised likelihood",
                std_error=float(error[index] / scale[index]),
            )
        )
    return FirthFit(
        names=data.names,
        coefficients=beta / scale,
        std_error=error / scale,
        hazard_ratio=tuple(intervals),
        p=tuple(tests),
        lr_statistic=2 * (height - _penalised(data, np.zeros(p))[0]),
        n=data.x.shape[0],
        n_events=data.n_events,
    )


def _penalised(data: CoxData, beta: Floats) -> Hill:
    """Penalised log likelihood, its gradient, and the information."""
    at = derivatives(data, beta, ties="breslow", third=True)
    sign, logdet = np.linalg.slogdet(at.information)
    if sign <= 0 or at.third is None:
        return -np.inf, at.score, at.information
    pull = np.einsum("ij,jik->k", np.linalg.inv(at.information), at.third)
    return at.loglik + 0.5 * float(logdet), at.score + 0.5 * pull, at.information


def _climbed(data: CoxData, start: Floats, *, free: np.ndarray) -> tuple[Floats, float]:
    """Maximise over the `free` coefficients, the others held."""

    def whole(part: Floats) -> Floats:
        beta = start.copy()
        beta[free] = part
        return beta

    def look(part: Floats) -> Hill:
        height, slope, information = _penalised(data, whole(part))
        return height, slope[free], information[np.ix_(free, free)]

    if not free.any():
        return start, _penalised(data, start)[0]
    part, height = climbed(look, start[free], longest=LONGEST_STEP)
    return whole(part), height


LONGEST_STEP = 5.0
"""Longest step in standard deviations of a covariate: keeps Newton inside where the determinant is positive."""


def _held(data: CoxData, beta: Floats, index: int, value: float) -> tuple[Floats, float]:
    start = beta.copy()
    start[index] = value
    return _climbed(data, start, free=np.arange(beta.size) != index)


def _profile_limit(data: CoxData, beta: Floats, index: int, target: float, *, step: float) -> float:
    """Where the profile falls to `target`, on the side of `step`."""
    from scipy.optimize import brentq

    def excess(value: float) -> float:
        return _held(data, beta, index, value)[1] - target

    inner, outer = float(beta[index]), float(beta[index] + step)
    for _ in range(60):
        if excess(outer) < 0:
            return float(brentq(excess, inner, outer, xtol=1e-10))
        inner, outer = outer, outer + step
    raise MeasurementError("the profile likelihood does not fall off: the data carry no limit on this side")
