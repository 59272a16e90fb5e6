"""Pooling effects of studies: common and random effects, prediction interval, leave-one-out, small-study effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.statistics.follow_up import Floats
from oncospine.evidence.statistics.heterogeneity import (
    TauMethod,
    between_variance,
    q_profile_interval,
    typical_variance,
)

Test = Literal["normal", "hartung-knapp", "hartung-knapp-floored"]
"""How the interval is made; "floored" never lets Hartung-Knapp be narrower than the normal interval's error."""

PredictionKind = Literal["t(k-2)", "normal"]

FEWEST_STUDIES = 3
"""Below this, no random-effects interval: the studies are shown one by one (oncospine default)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """A pooled effect on the scale it was pooled on. `weights` sum to 1; `i2_q` and `i2_tau2` are two definitions."""

    estimate: float
    std_error: float
    low: float
    high: float
    tau2: float
    q: float
    q_p: float
    i2_q: float
    i2_tau2: float
    k: int
    weights: Floats
    method: TauMethod
    test: Test
    confidence: float

    def prediction(self, kind: PredictionKind = "t(k-2)") -> tuple[float, float]:
        """Where the effect of a new study is expected (Higgins 2009: t with k-2 degrees)."""
        from scipy.stats import norm, t

        tail = (1 + self.confidence) / 2
        quantile = float(norm.ppf(tail)) if kind == "normal" else float(t.ppf(tail, self.k - 2))
        half = quantile * float(np.hypot(self.std_error, np.sqrt(self.tau2)))
        return self.estimate - half, self.estimate + half


def checked_effects(effects: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    """Effects and variances as floats, one each per study; variances above 0."""
    y, v = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    if y.ndim != 1 or y.shape != v.shape or not np.isfinite(y).all() or not (v > 0).all() or not np.isfinite(v).all():
        raise InputError("pooling needs one finite effect and one variance above 0 for each study")
    return y, v


def pool(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: TauMethod = "REML",
    test: Test = "hartung-knapp-floored",
    confidence: float = 0.95,
) -> Pooled:
    """Inverse-variance pooling with the named estimator of the variance between studies.

    Raises
    ------
    MeasurementError
        With fewer than three studies and a random-effects method: two studies cannot tell how studies differ.
    """
    from scipy.stats import chi2, norm, t

    y, v = checked_effects(effects, variances)
    k = y.size
    if k < 2 or (k < FEWEST_STUDIES and method != "common"):
        raise MeasurementError(
            f"{k} studies are too few for a random-effects interval (at least {FEWEST_STUDIES}); "
            "show the studies one by one"
        )
    tau2 = between_variance(y, v, method)
    w = 1 / (v + tau2)
    estimate = float(w @ y / w.sum())
    fixed = 1 / v
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    factor = float(w @ (y - estimate) ** 2 / (k - 1))
    if test == "hartung-knapp-floored":
        factor = max(1.0, factor)
    error = float(np.sqrt((1.0 if test == "normal" else factor) / w.sum()))
    tail = (1 + confidence) / 2
    half = error * float(norm.ppf(tail) if test == "normal" else t.ppf(tail, k - 1))
    return Pooled(
        estimate=estimate,
        std_error=error,
        low=estimate - half,
        high=estimate + half,
        tau2=tau2,
        q=q,
        q_p=float(chi2.sf(q, k - 1)),
        i2_q=max(0.0, 100 * (q - (k - 1)) / q) if q > 0 else 0.0,
        i2_tau2=100 * tau2 / (tau2 + typical_variance(v)),
        k=k,
        weights=w / w.sum(),
        method=method,
        test=test,
        confidence=confidence,
    )


def between_variance_interval(
    effects: ArrayLike, variances: ArrayLike, confidence: float = 0.95
) -> tuple[float, float]:
    """Q-profile interval of the variance between studies."""
    return q_profile_interval(*checked_effects(effects, variances), confidence)


def leave_one_out(
    effects: ArrayLike, variances: ArrayLike, *, method: TauMethod = "REML", test: Test = "hartung-knapp-floored"
) -> tuple[Pooled, ...]:
    """The pooled effect without each study in turn."""
    y, v = checked_effects(effects, variances)
    return tuple(pool(np.delete(y, index), np.delete(v, index), method=method, test=test) for index in range(y.size))


FEWEST_FOR_EGGER = 10
"""Below ten studies the test has no power and a funnel plot misleads (Sterne et al., BMJ 2011;343:d4002)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Egger:
    """Slope of the effect on its standard error in a random-effects regression, with a normal test."""

    slope: float
    z: float
    p: float
    tau2: float
    k: int


def egger_test(effects: ArrayLike, variances: ArrayLike, *, method: TauMethod = "REML") -> Egger:
    """Regression test for small-study effects (Egger 1997, random-effects version)."""
    from scipy.stats import norm

    y, v = checked_effects(effects, variances)
    if y.size < FEWEST_FOR_EGGER:
        raise MeasurementError(f"{y.size} studies: small-study effects are tested only with {FEWEST_FOR_EGGER} or more")
    design = np.column_stack([np.ones(y.size), np.sqrt(v)])
    tau2 = between_variance(y, v, method, design)
    w = 1 / (v + tau2)
    covariance = np.linalg.inv(design.T @ (w[:, None] * design))
    slope = float((covariance @ (design.T @ (w * y)))[1])
    z = slope / float(np.sqrt(covariance[1, 1]))
    return Egger(slope=slope, z=z, p=float(2 * norm.sf(abs(z))), tau2=tau2, k=int(y.size))
