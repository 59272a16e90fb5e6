"""From pairs to groups: each group is one report, every merge has its reason, and a person can undo any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from oncospine.base import InputError, Progress, silent
from oncospine.evidence.duplicates.blocking import candidate_pairs
from oncospine.evidence.duplicates.judge import Judgement, Verdict, judge
from oncospine.evidence.records.normal import Normal, normal, plain_text, title_key
from oncospine.evidence.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPair:
    """Two record ids with what was decided about them and why."""

    one: str
    other: str
    verdict: Verdict
    reasons: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records of one publication: the most complete one leads and takes over what only others carry."""

    leader: str
    members: tuple[str, ...]
    merged: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduplicated:
    """All groups (also those of one), the pairs that made them, and the pairs left for a person."""

    groups: tuple[Group, ...]
    pairs: tuple[ExplainedPair, ...]
    possible: tuple[ExplainedPair, ...]
    compared: int
    notes: tuple[str, ...] = field(default=())

    @property
    def n_removed(self) -> int:
        return sum(len(group.members) - 1 for group in self.groups)

    @property
    def same_pairs(self) -> frozenset[tuple[str, str]]:
        """All pairs within groups, ids in order."""
        return frozenset(
            (one, other)
            for group in self.groups
            for index, one in enumerate(sorted(group.members))
            for other in sorted(group.members)[index + 1 :]
        )


def deduplicated(
    records: Sequence[Record],
    *,
    joined: Iterable[tuple[str, str]] = (),
    separated: Iterable[tuple[str, str]] = (),
    progress: Progress = silent,
) -> Deduplicated:
    """Group the records of one publication.

    `joined` and `separated` are pairs of ids that a person decided; they overrule the rules. Links are made from the
    most certain down; one that would bring records with different identifiers, or a separated pair, into one group is
    not made but listed as possible.
    """
    index = {record.id: position for position, record in enumerate(records)}
    if len(index) < len(records):
        doubled = next(record.id for i, record in enumerate(records) if index[record.id] != i)
        raise InputError(f"record id '{doubled}' stands twice; ids must be unique within a project")
    forms = [normal(record) for record in records]
    pairs, skipped = candidate_pairs(forms, [_head(record) for record in records])
    progress(f"comparing {len(pairs)} pairs", 0.2)
    forced = {_positions(pair, index, "joined") for pair in joined}
    apart = {_positions(pair, index, "separated") for pair in separated}
    judged = [(judge(forms[i], forms[j]), i, j) for i, j in pairs - forced - apart]
    same = [(judgement, i, j) for judgement, i, j in judged if judgement.verdict is Verdict.SAME]
    same += [(Judgement(Verdict.SAME, ("joined by a person",), 2.0), i, j) for i, j in forced]
    same.sort(key=lambda item: (-item[0].score, records[item[1]].id, records[item[2]].id))
    union = _Union(forms, apart)
    accepted, possible = [], [item for item in judged if item[0].verdict is Verdict.POSSIBLE]
    for judgement, i, j in same:
        if judgement.score > 1 or union.may_join(i, j):
            union.join(i, j)
            accepted.append((judgement, i, j))
        else:
            text = "but the group would then hold different identifiers or a pair that a person separated"
            possible.append((Judgement(Verdict.POSSIBLE, (*judgement.reasons, text), judgement.score), i, j))
    open_pairs = [item for item in possible if union.root(item[1]) != union.root(item[2])]
    notes = (f"{skipped} keys were shared by too many records to be used",) if skipped else ()
    return Deduplicated(
        groups=_groups(records, union),
        pairs=_explained(accepted, records),
        possible=_explained(open_pairs, records),
        compared=len(pairs),
        notes=notes,
    )


class _Union:
    """Union-find that knows what may not meet: different DOIs or PMIDs, and separated pairs."""

    def __init__(self, forms: Sequence[Normal], apart: set[tuple[int, int]]) -> None:
        self._parent = list(range(len(forms)))
        self._members = {index: [index] for index in range(len(forms))}
        self._forms = forms
        self._apart = apart

    def root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def may_join(self, i: int, j: int) -> bool:
        a, b = self.root(i), self.root(j)
        if a == b:
            return True
        one, other = self._members[a], self._members[b]
        for name in ("doi", "pmid"):
            held = [{getattr(self._forms[k], name) for k in part} - {""} for part in (one, other)]
            if held[0] and held[1] and not held[0] & held[1]:
                return False
        return not self._apart or not any((min(x, y), max(x, y)) in self._apart for x in one for y in other)

    def join(self, i: int, j: int) -> None:
        a, b = sorted((self.root(i), self.root(j)))
        if a != b:
            self._parent[b] = a
            self._members[a] += self._members.pop(b)

    def groups(self) -> list[list[int]]:
        return [sorted(members) for _, members in sorted(self._members.items())]


def merged_record(records: Sequence[Record]) -> Record:
    """The most complete record, with the fields that only others carry; a title in capitals gives way to another."""
    leader = max(records, key=lambda record: (record.completeness, len(record.title), record.id))
    missing = {
        name: next((getattr(record, name) for record in records if getattr(record, name)), getattr(leader, name))
        for name in (
            "year",
            "journal",
            "journal_short",
            "volume",
            "issue",
            "pages",
            "doi",
            "pmid",
            "abstract",
            "authors",
        )
        if not getattr(leader, name)
    }
    if leader.title.isupper():
        missing["title"] = next((r.title for r in records if r.title and not r.title.isupper()), leader.title)
    urls = tuple(dict.fromkeys(url for record in (leader, *records) for url in record.urls))
    keywords = tuple(dict.fromkeys(word for record in (leader, *records) for word in record.keywords))
    return replace(leader, **missing, urls=urls, keywords=keywords)


def _groups(records: Sequence[Record], union: _Union) -> tuple[Group, ...]:
    found = []
    for members in union.groups():
        held = [records[index] for index in members]
        merged = merged_record(held) if len(held) > 1 else held[0]
        found.append(Group(leader=merged.id, members=tuple(record.id for record in held), merged=merged))
    return tuple(found)


def _explained(items: Iterable[tuple[Judgement, int, int]], records: Sequence[Record]) -> tuple[ExplainedPair, ...]:
    pairs = [
        ExplainedPair(
            one=min(records[i].id, records[j].id),
            other=max(records[i].id, records[j].id),
            verdict=judgement.verdict,
            reasons=judgement.reasons,
            score=judgement.score,
        )
        for judgement, i, j in items
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.score, pair.one, pair.other)))


def _positions(pair: tuple[str, str], index: dict[str, int], word: str) -> tuple[int, int]:
    unknown = [name for name in pair if name not in index]
    if unknown or pair[0] == pair[1]:
        raise InputError(f"{word} pair {pair}: {'unknown record ' + unknown[0] if unknown else 'a record with itself'}")
    first, second = sorted((index[pair[0]], index[pair[1]]))
    return first, second


def _head(record: Record) -> str:
    """Key of the title before its first colon, question mark, full stop or dash."""
    return title_key(re.split(r"[:?.]\s|\s[-–—]\s|[–—]", plain_text(record.title), maxsplit=1)[0])
