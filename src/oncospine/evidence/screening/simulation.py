"""Screening played through on records whose labels are known: what would reading in this order have saved?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from oncospine.base import InputError, Progress, silent
from oncospine.evidence.screening.metrics import ScreeningMetrics, screening_metrics
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
