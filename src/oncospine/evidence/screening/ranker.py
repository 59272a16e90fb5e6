"""The order of reading: TF-IDF and logistic regression by default; anything with the same methods can replace it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oncospine.base import MeasurementError
from oncospine.evidence.extras import needed
from oncospine.evidence.records.normal import plain_text
from oncospine.evidence.records.record import Record
from oncospine.evidence.screening.journal import Choice, Decision

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScreeningText:
    """What a ranker may read of a record. `abstract` is empty for title-only records."""

    title: str
    abstract: str = ""

    @property
    def whole(self) -> str:
        return f"{self.title} {self.abstract}".strip()


class Ranker(Protocol):
    """Learns from labelled records and scores all: higher is more likely relevant. Equal input gives equal output."""

    @property
    def name(self) -> str: ...

    def prepare(self, texts: Sequence[ScreeningText]) -> None:
        """Read all records once, before any label is known."""
        ...

    def scores(self, labelled: Sequence[int], labels: Sequence[int]) -> Scores:
        """Scores of all records after seeing `labels` (1, 0) of the records at positions `labelled`."""
        ...

    def likeness(self, query: str) -> Scores:
        """How much each record resembles a text, for the start when nothing is labelled yet."""
        ...


MOST_FEATURES = 60_000
"""Features kept in each block (the most frequent): enough for any review, and bounded in time and memory."""


FEW_RECORDS = 20
"""Up to this many records letter groups of a single record are kept too; above, they only cost time."""


@dataclass(slots=True)
class TextRanker:
    """TF-IDF of words and word pairs of title and abstract, of the title alone, and of its letter groups.

    Balanced logistic regression on top. The title blocks let a title-only record compete: it is judged by the same
    words as the titles of the others; letter groups carry word stems and misspellings.
    """

    regularisation: float = 10.0
    _features: Any = field(default=None, repr=False)
    _vectorisers: list[Any] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        return f"TF-IDF words, title and letters + logistic regression (C={self.regularisation:g})"

    def prepare(self, texts: Sequence[ScreeningText]) -> None:
        self._vectorisers = self._made(len(texts))
        parts = [
            vectoriser.fit_transform([_read(text, block) for text in texts])
            for vectoriser, block in zip(self._vectorisers, ("whole", "title", "title"), strict=True)
        ]
        from scipy.sparse import hstack

        self._features = hstack(parts).tocsr()

    def scores(self, labelled: Sequence[int], labels: Sequence[int]) -> Scores:
        if len(set(labels)) < 2:
            raise MeasurementError("the ranker needs at least one relevant and one irrelevant record to learn from")
        order = np.argsort(np.asarray(labelled), kind="stable")
        rows, target = np.asarray(labelled)[order], np.asarray(labels)[order]
        model = needed("sklearn.linear_model").LogisticRegression(
            C=self.regularisation, class_weight="balanced", solver="liblinear", dual=True, random_state=0, max_iter=2000
        )
        model.fit(self._features[rows], target)
        return np.asarray(model.decision_function(self._features), dtype=np.float64)

    def likeness(self, query: str) -> Scores:
        from scipy.sparse import hstack

        wanted = hstack([vectoriser.transform([query]) for vectoriser in self._vectorisers]).tocsr()
        return np.asarray((self._features @ wanted.T).todense(), dtype=np.float64).ravel()

    @staticmethod
    def _made(n: int) -> list[Any]:
        vectoriser = needed("sklearn.feature_extraction.text").TfidfVectorizer
        words: dict[str, Any] = {"ngram_range": (1, 2), "sublinear_tf": True, "max_features": MOST_FEATURES}
        letters = words | {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 2 if n > FEW_RECORDS else 1}
        return [vectoriser(**words), vectoriser(**words), vectoriser(**letters)]


def _read(text: ScreeningText, block: str) -> str:
    return text.title if block == "title" else text.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Unread records, most likely relevant first; `how` says by what, for the journal."""

    order: tuple[str, ...]
    how: str


def screening_text(record: Record) -> ScreeningText:
    """Title and abstract as a ranker reads them."""
    return ScreeningText(plain_text(record.title), plain_text(record.abstract))


def ranked_unread(
    records: Sequence[Record], decisions: Mapping[str, Decision], ranker: Ranker, *, question: str
) -> Ranked:
    """Order the unread records.

    Until the reviewer has included one record and excluded one, records most like the review question come first, and,
    once one is included, the least like it: the model then has both kinds to learn from.
    `ranker` must have been prepared with `screening_text` of the same records.
    """
    position = {record.id: index for index, record in enumerate(records)}
    seen = [(position[name], decision) for name, decision in decisions.items() if name in position]
    labels = [int(decision.choice is not Choice.EXCLUDE) for _, decision in seen]
    if len(set(labels)) == 2:
        scores, how = ranker.scores([index for index, _ in seen], labels), ranker.name
    elif labels and labels[0] == 1:
        scores, how = -ranker.likeness(question), "least like the question (the model needs an irrelevant record)"
    else:
        scores, how = ranker.likeness(question), "most like the question"
    unread = [index for index, record in enumerate(records) if record.id not in decisions]
    return Ranked(order=tuple(records[index].id for index in _sorted(unread, scores)), how=how)


def _sorted(unread: Sequence[int], scores: Scores) -> list[int]:
    keys = np.asarray(unread, dtype=np.int64)
    return [int(keys[i]) for i in np.lexsort((keys, -scores[keys]))] if keys.size else []
