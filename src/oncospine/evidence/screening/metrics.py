"""How much reading an order of records saves: recall, work saved, loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, MeasurementError

TARGET_RECALL = 0.95
"""The share of relevant records at which work saved is usually stated (Cohen et al. 2006)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningMetrics:
    """Measures of one order of reading. Ranks count from 1.

    `wss_classic` is (N - rank)/N - 0.05 (Cohen, J Am Med Inform Assoc 2006;13:206); `wss_insights` compares with the
    rank a linear random curve needs, as the ASReview insights extension prints it. `ceiling` is the classic one of a
    perfect order: with many relevant records it is far below 1. `average_rank` is the average time to discovery.
    """

    n: int
    n_relevant: int
    rank_at_target: int
    last_relevant: int
    wss_classic: float
    wss_insights: float
    ceiling: float
    loss: float
    ndcg: float
    average_rank: float
    recall_at: dict[float, float]
    target: float = TARGET_RECALL


def checked_labels(labels: Sequence[int]) -> NDArray[np.int64]:
    """Labels in reading order as 0 and 1, both present."""
    found = np.asarray(labels)
    if found.ndim != 1 or not np.isin(found, (0, 1)).all():
        raise InputError("labels in reading order are 1 (relevant) or 0 (not relevant), one per record")
    if not 0 < found.sum() < found.size:
        raise MeasurementError("work saved is undefined where all records, or none, are relevant")
    return found.astype(np.int64)


def screening_metrics(labels: Sequence[int], *, target: float = TARGET_RECALL) -> ScreeningMetrics:
    """All measures of one order."""
    read = checked_labels(labels)
    n, relevant = read.size, int(read.sum())
    found = np.cumsum(read)
    wanted = math.ceil(target * relevant - 1e-9)
    rank = int(np.searchsorted(found, wanted)) + 1
    random_rank = int(np.searchsorted(np.round(np.linspace(0, relevant, n)), wanted)) + 1
    ranks = np.flatnonzero(read) + 1
    discount = 1 / np.log2(np.arange(2, n + 2))
    return ScreeningMetrics(
        n=n,
        n_relevant=relevant,
        rank_at_target=rank,
        last_relevant=int(ranks[-1]),
        wss_classic=(n - rank) / n - (1 - target),
        wss_insights=(random_rank - rank) / n,
        ceiling=(n - wanted) / n - (1 - target),
        loss=float((relevant * (n - (relevant - 1) / 2) - found.sum()) / (relevant * (n - relevant))),
        ndcg=float((read * discount).sum() / discount[:relevant].sum()),
        average_rank=float(ranks.mean()),
        recall_at={
            share: float(found[max(0, math.ceil(share * n) - 1)] / relevant) for share in (0.1, 0.25, 0.5, 0.75)
        },
        target=target,
    )


def recall_curve(labels: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of records read and share of relevant ones found, from (0, 0) on."""
    read = checked_labels(labels)
    shares = np.arange(read.size + 1) / read.size
    return shares, np.concatenate([[0.0], np.cumsum(read) / read.sum()])
