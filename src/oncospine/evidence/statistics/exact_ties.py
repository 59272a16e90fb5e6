"""The exact partial likelihood for tied deaths: which d of those at risk died, by recursion over subsets."""

from __future__ import annotations

import numpy as np

from oncospine.evidence.statistics.follow_up import Floats
from oncospine.evidence.statistics.partial_likelihood import CoxData, Derivatives


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
