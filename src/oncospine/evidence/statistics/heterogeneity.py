"""Variance between studies: seven published estimators on the same small algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from oncospine.base import InputError
from oncospine.evidence.statistics.follow_up import Floats

TauMethod = Literal["common", "DL", "REML", "ML", "PM", "HE", "SJ"]
"""common effect, DerSimonian-Laird, restricted and full maximum likelihood, Paule-Mandel, Hedges, Sidik-Jonkman."""


def between_variance(y: Floats, v: Floats, method: TauMethod, design: Floats | None = None) -> float:
    """tau2 of effects `y` with sampling variances `v`; with `design`, what is left after the regression on it."""
    x = np.ones((y.size, 1)) if design is None else design
    degrees = int(y.size - x.shape[1])
    if method == "common":
        return 0.0
    if method == "DL":
        w = _weights(v, 0.0)
        return max(0.0, (_q(y, v, x, 0.0) - degrees) / float(np.trace(_projection(w, x))))
    if method == "HE":
        p = _projection(np.ones(y.size), x)
        return max(0.0, float((y @ p @ y - np.trace(p @ np.diag(v))) / degrees))
    if method == "SJ":
        rough = float(((y - y.mean()) ** 2).mean())
        return rough * _q(y, v, x, rough) / degrees
    if method == "PM":
        return _root(lambda tau2: _q(y, v, x, tau2) - degrees, y)
    if method in ("ML", "REML"):
        return _likeliest(y, v, x, restricted=method == "REML")
    raise InputError(f"unknown estimator of tau2 '{method}', expected common, DL, REML, ML, PM, HE or SJ")


def q_profile_interval(y: Floats, v: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of tau2: where the generalised Q meets the chi-square quantiles (Viechtbauer, Stat Med 2007;26:37)."""
    from scipy.stats import chi2

    x = np.ones((y.size, 1))
    tail = (1 - confidence) / 2

    def meets(level: float) -> float:
        target = float(chi2.ppf(level, y.size - 1))
        return _root(lambda tau2: _q(y, v, x, tau2) - target, y)

    return meets(1 - tail), meets(tail)


def typical_variance(v: Floats) -> float:
    """The sampling variance of a typical study (Higgins and Thompson 2002): what I2 from tau2 divides by."""
    w = 1 / v
    return float((v.size - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def _weights(v: Floats, tau2: float) -> Floats:
    return 1 / (v + tau2)


def _projection(w: Floats, x: Floats) -> Floats:
    """W - W X (X'WX)^-1 X'W."""
    wx = w[:, None] * x
    return np.asarray(np.diag(w) - wx @ np.linalg.solve(x.T @ wx, wx.T), dtype=np.float64)


def _q(y: Floats, v: Floats, x: Floats, tau2: float) -> float:
    return float(y @ _projection(_weights(v, tau2), x) @ y)


def _root(excess: Callable[[float], float], y: Floats) -> float:
    """Where a decreasing function of tau2 is 0; 0 where it is negative from the start."""
    from scipy.optimize import brentq

    if excess(0.0) <= 0:
        return 0.0
    upper = max(1.0, 10 * float(np.var(y)))
    while excess(upper) > 0:
        upper *= 4
    return float(brentq(excess, 0.0, upper, xtol=1e-12))


def _likeliest(y: Floats, v: Floats, x: Floats, *, restricted: bool) -> float:
    """Highest root of the score on a fine grid of tau2, or 0 where the likelihood falls from the start."""
    from scipy.optimize import brentq

    def loglik(tau2: float) -> float:
        w = _weights(v, tau2)
        value = 0.5 * float(np.log(w).sum()) - 0.5 * _q(y, v, x, tau2)
        return value - 0.5 * float(np.linalg.slogdet(x.T @ (w[:, None] * x))[1]) if restricted else value

    def score(tau2: float) -> float:
        w = _weights(v, tau2)
        p = _projection(w, x)
        py = p @ y
        return float(py @ py - (np.trace(p) if restricted else w.sum()))

    top = 20 * max(float(np.var(y)), float(v.max()))
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * top, top, 200)])
    slopes = [score(tau2) for tau2 in grid]
    candidates = [0.0] if slopes[0] <= 0 else []
    for left, right, up, down in zip(grid[:-1], grid[1:], slopes[:-1], slopes[1:], strict=True):
        if up > 0 >= down:
            candidates.append(float(brentq(score, left, right, xtol=1e-13)))
    return max(candidates, key=loglik)
