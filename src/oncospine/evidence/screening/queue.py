"""Which record comes next, for one reviewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from oncospine.evidence.records import Record, plain_text
from oncospine.evidence.screening.journal import Choice, Decision
from oncospine.evidence.screening.ranker import Ranker, Scores, ScreeningText


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
