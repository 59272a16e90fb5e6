"""Do small studies report other effects than large ones? Egger's regression, only where there are enough studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import MeasurementError
from oncospine.evidence.statistics.heterogeneity import TauMethod, between_variance
from oncospine.evidence.statistics.pooling import checked_effects

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
