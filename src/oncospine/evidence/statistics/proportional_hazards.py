"""Are hazards proportional? The score test of a coefficient that changes with time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from oncospine.evidence.statistics.cox import cox
from oncospine.evidence.statistics.follow_up import checked_events, checked_times
from oncospine.evidence.statistics.kaplan_meier import kaplan_meier
from oncospine.evidence.statistics.partial_likelihood import cox_data, risk_terms


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
