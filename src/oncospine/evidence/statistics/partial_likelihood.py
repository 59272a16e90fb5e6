"""Cox's partial likelihood: risk sets, tie corrections, derivatives up to the third order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import Floats, checked_events, checked_groups, checked_times

Ties = Literal["efron", "breslow", "exact"]
"""How deaths at one and the same time enter the likelihood."""

Indices = NDArray[np.intp]

Hill = tuple[float, Floats, Floats]
"""Height, slope and curvature of a function at one point."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskSet:
    """Who could have had the event at one time (`rows`, with `weights`), and who had it (`failing`, row numbers)."""

    time: float
    rows: Indices
    weights: Floats
    failing: Indices
    fails: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CoxData:
    """Covariates and risk sets; the likelihood needs nothing else."""

    x: Floats
    sets: tuple[RiskSet, ...]
    offset: Floats
    names: tuple[str, ...]

    @property
    def n_events(self) -> int:
        return sum(item.failing.size for item in self.sets)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Derivatives:
    """Log partial likelihood at one point with its score, information and, when asked for, d information / d beta."""

    loglik: float
    score: Floats
    information: Floats
    third: Floats | None = None


def cox_data(
    times: ArrayLike,
    events: ArrayLike,
    covariates: ArrayLike,
    *,
    names: tuple[str, ...] | None = None,
    strata: ArrayLike | None = None,
    start: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> CoxData:
    """Risk sets of right-censored (or, with `start`, delayed-entry) follow-up, within each stratum."""
    durations = checked_times(times)
    size = durations.size
    observed = checked_events(events, size)
    x = np.asarray(covariates, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != size or not np.isfinite(x).all():
        raise InputError(
            f"covariates need one finite row per patient ({size}), got shape {x.shape}; "
            "leave patients with missing covariates out and report how many they are"
        )
    layer = checked_groups(strata if strata is not None else np.zeros(size), size, "strata")
    entry = checked_times(start, "start") if start is not None else np.full(size, -1.0)
    if entry.shape != (size,) or (entry >= durations).any():
        raise InputError("each start must be before its stop time (a patient cannot leave before entering)")
    sets = tuple(
        _risk_set(time, np.flatnonzero((layer == name) & (entry < time) & (durations >= time)), durations, observed)
        for name in np.unique(layer)
        for time in np.unique(durations[observed & (layer == name)])
    )
    if not sets:
        raise MeasurementError("no event was observed: there is nothing to regress on")
    labels = names if names is not None else tuple(f"x{index + 1}" for index in range(x.shape[1]))
    shift = np.zeros(size) if offset is None else np.asarray(offset, dtype=np.float64)
    return CoxData(x=x, sets=sets, offset=shift, names=labels)


def derivatives(data: CoxData, beta: Floats, *, ties: Ties = "efron", third: bool = False) -> Derivatives:
    """Log likelihood, score and information at `beta`; with `third`, also the derivative of the information."""
    if ties == "exact":
        return exact_derivatives(data, beta)
    p = data.x.shape[1]
    linear = data.x @ beta + data.offset
    loglik, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    cube = np.zeros((p, p, p)) if third else None
    for item in data.sets:
        loglik += float(linear[item.failing].sum())
        score += data.x[item.failing].sum(axis=0)
        for multiplicity, share, total, mean, centred in risk_terms(data, item, linear, ties=ties):
            loglik -= multiplicity * float(total)
            score -= multiplicity * mean
            weighted = centred * share[:, None]
            information += multiplicity * (weighted.T @ centred)
            if cube is not None:
                cube += multiplicity * np.einsum("ni,nj,nk->ijk", weighted, centred, centred)
    return Derivatives(loglik=loglik, score=score, information=information, third=cube)


def risk_terms(
    data: CoxData, item: RiskSet, linear: Floats, *, ties: Ties
) -> Iterator[tuple[int, Floats, float, Floats, Floats]]:
    """Terms of one risk set: multiplicity, shares (sum 1), log total, mean and centred covariates of those at risk.

    Breslow: one term counted once per death. Efron: one term per death, in which the dying weigh less and less.
    """
    count = item.failing.size
    top = float(linear[item.rows].max())
    risk = item.weights * np.exp(linear[item.rows] - top)
    x = data.x[item.rows]
    rounds = [(count, 0.0)] if ties == "breslow" else [(1, index / count) for index in range(count)]
    for multiplicity, fraction in rounds:
        weight = risk * (1 - fraction * item.fails) if fraction else risk
        total = weight.sum()
        share = weight / total
        mean = share @ x
        yield multiplicity, share, float(np.log(total)) + top, mean, x - mean


def climbed(look: Callable[[Floats], Hill], start: Floats, *, longest: float = np.inf) -> tuple[Floats, float]:
    """The top of a concave function and its height, by Newton steps that are halved while they do not climb.

    `look` gives height, slope and curvature (positive definite) at a point; no step is longer than `longest`.
    """
    point = start.copy()
    height, slope, curvature = look(point)
    for _ in range(MOST_STEPS):
        step = _solved(curvature, slope)
        step = step * min(1.0, longest / max(float(np.abs(step).max()), np.finfo(float).tiny))
        if 0.5 * float(slope @ step) < GAIN_TOLERANCE:
            return point, height
        for _ in range(MOST_HALVINGS):
            there = look(point + step)
            if there[0] >= height - GAIN_TOLERANCE:
                break
            step = step / 2
        else:
            return point, height
        point, (height, slope, curvature) = point + step, there
    raise MeasurementError(
        f"the regression did not converge in {MOST_STEPS} steps: with so few events use Firth's penalty (firth_cox)"
    )


def newton(data: CoxData, *, ties: Ties, ridge: float = 0.0) -> tuple[Floats, Derivatives]:
    """Maximise the (ridge-penalised) likelihood."""

    def look(beta: Floats) -> Hill:
        at = derivatives(data, beta, ties=ties)
        penalty = ridge * np.eye(beta.size)
        return at.loglik - 0.5 * ridge * float(beta @ beta), at.score - ridge * beta, at.information + penalty

    beta, _ = climbed(look, np.zeros(data.x.shape[1]))
    return beta, derivatives(data, beta, ties=ties)


MOST_STEPS = 100
"""Newton needs 4 to 8 steps; a likelihood without a maximum walks out by about one unit per step."""

MOST_HALVINGS = 30
"""Halving a step 30 times reaches the resolution of a double."""

GAIN_TOLERANCE = 1e-12
"""Expected gain in log likelihood below which a step is not worth taking."""


def _risk_set(time: float, rows: Indices, times: Floats, events: NDArray[np.bool_]) -> RiskSet:
    fails = events[rows] & (times[rows] == time)
    return RiskSet(float(time), rows, np.ones(rows.size), rows[fails], fails)


def _solved(matrix: Floats, vector: Floats) -> Floats:
    if np.linalg.matrix_rank(matrix, hermitian=True) < matrix.shape[0]:
        raise MeasurementError(
            "the covariates cannot be told apart in these patients (one is constant, or a sum of others, or there is "
            "no comparison within any stratum): remove a covariate"
        )
    return np.asarray(np.linalg.solve(matrix, vector), dtype=np.float64)


def exact_derivatives(data: CoxData, beta: Floats) -> Derivatives:
    """Log likelihood, score and information of the discrete (conditional logistic) model.

    Notes
    -----
    The denominator is the sum over all subsets of size d of exp(sum of their linear predictors); it and its two
    derivatives follow one recursion: with patient i, B(d) becomes B(d) + r_i B(d - 1) (Gail, Lubin and Rubinstein,
    Biometrika 1981;68:703, doi:10.1093/biomet/68.3.703).
    """
    p = data.x.shape[1]
    linear = data.x @ beta + data.offset
    loglik, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    for item in data.sets:
        top = float(linear[item.rows].max())
        total, first, second = _subset_sums(np.exp(linear[item.rows] - top), data.x[item.rows], item.failing.size)
        mean = first / total
        loglik += float(linear[item.failing].sum() - np.log(total) - item.failing.size * top)
        score += data.x[item.failing].sum(axis=0) - mean
        information += second / total - np.outer(mean, mean)
    return Derivatives(loglik=loglik, score=score, information=information)


def _subset_sums(risk: Floats, x: Floats, size: int) -> tuple[float, Floats, Floats]:
    """Sum over subsets of `size` of the product of risks, with its gradient and Hessian in beta."""
    p = x.shape[1]
    total, first, second = np.zeros(size + 1), np.zeros((size + 1, p)), np.zeros((size + 1, p, p))
    total[0] = 1.0
    for weight, row in zip(risk, x, strict=True):
        square = np.outer(row, row)
        cross = first[:-1, :, None] * row[None, None, :]
        second[1:] += weight * (second[:-1] + cross + cross.transpose(0, 2, 1) + total[:-1, None, None] * square)
        first[1:] += weight * (first[:-1] + total[:-1, None] * row)
        total[1:] += weight * total[:-1]
    return float(total[size]), first[size], second[size]
