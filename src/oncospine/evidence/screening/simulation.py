"""Screening played through on known labels, and how much reading an order saves: recall, work saved, loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, MeasurementError, Progress, silent
from oncospine.evidence.screening.ranker import Ranker, ScreeningText, TextRanker


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One run: prior records, then the order of reading with its labels (priors not counted)."""

    prior: tuple[int, ...]
    order: tuple[int, ...]
    labels: tuple[int, ...]
    metrics: ScreeningMetrics
    model: str


def simulated(
    texts: Sequence[ScreeningText],
    labels: Sequence[int],
    *,
    prior: Sequence[int],
    ranker: Ranker | None = None,
    batch: int = 1,
    progress: Progress = silent,
) -> Simulation:
    """Read all records, each time the most likely relevant next; the model learns anew after every `batch` records."""
    known = list(labels)
    if len(known) != len(texts) or {known[i] for i in prior} != {0, 1}:
        raise InputError("a simulation needs a label for every record, and one relevant and one irrelevant prior")
    model = ranker if ranker is not None else TextRanker()
    model.prepare(texts)
    read, unread = list(prior), [i for i in range(len(texts)) if i not in set(prior)]
    while unread:
        scores = model.scores(read, [known[i] for i in read])
        unread.sort(key=lambda i: (-scores[i], i))
        read += unread[:batch]
        unread = unread[batch:]
        progress("simulating", len(read) / len(texts))
    order = read[len(prior) :]
    return Simulation(
        prior=tuple(prior),
        order=tuple(order),
        labels=tuple(known[i] for i in order),
        metrics=screening_metrics([known[i] for i in order]),
        model=model.name,
    )


def random_priors(labels: Sequence[int], *, runs: int, seed: int = 0) -> list[tuple[int, int]]:
    """One relevant and one irrelevant record for each run, reproducible."""
    known = np.asarray(labels)
    relevant, irrelevant = np.flatnonzero(known == 1), np.flatnonzero(known == 0)
    if not relevant.size or not irrelevant.size:
        raise InputError("priors need at least one relevant and one irrelevant record")
    generator = np.random.default_rng(seed)
    return [(int(generator.choice(relevant)), int(generator.choice(irrelevant))) for _ in range(runs)]


def repeated_simulation(
    texts: Sequence[ScreeningText],
    labels: Sequence[int],
    *,
    runs: int = 20,
    seed: int = 0,
    make_ranker: Callable[[], Ranker] = TextRanker,
    progress: Progress = silent,
) -> tuple[Simulation, ...]:
    """The same simulation from several random priors: one prior says little."""
    found = []
    for number, prior in enumerate(random_priors(labels, runs=runs, seed=seed), start=1):
        found.append(simulated(texts, labels, prior=prior, ranker=make_ranker()))
        progress(f"run {number} of {runs}", number / runs)
    return tuple(found)


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
