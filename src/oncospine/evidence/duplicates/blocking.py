"""Which pairs are worth comparing: records that share at least one key, so that all pairs need not be tried."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from oncospine.evidence.records.normal import Normal

LARGEST_BLOCK = 150
"""A key shared by more records than this says too little; the block is left out (other keys still meet its pairs)."""

RAREST_WORDS = 6
"""Words of a title that make its keys: any two of its rarest."""


def candidate_pairs(forms: Sequence[Normal], heads: Sequence[str]) -> tuple[set[tuple[int, int]], int]:
    """Pairs (i < j) that share a key, and how many blocks were too large to use.

    `heads` are the title keys before the first colon or dash: the part that survives when the subtitle is lost.
    """
    blocks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    counts = Counter(word for form in forms for word in set(form.title.split()))
    for index, (form, head) in enumerate(zip(forms, heads, strict=True)):
        for key in set(_keys(form, head, counts)):
            blocks[key].append(index)
    pairs: set[tuple[int, int]] = set()
    skipped = 0
    for key, members in blocks.items():
        if len(members) < 2:
            continue
        if len(members) > LARGEST_BLOCK and key[0] not in _CERTAIN:
            skipped += 1
            continue
        pairs.update(combinations(members, 2) if len(members) <= LARGEST_BLOCK else _chain(members))
    return pairs, skipped


_CERTAIN = {"doi", "pmid", "title"}


def _chain(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours only: enough to join hundreds of copies of one and the same identifier."""
    return pairwise(members)


def _keys(form: Normal, head: str, counts: Counter[str]) -> Iterator[tuple[object, ...]]:
    if form.doi:
        yield ("doi", form.doi)
    if form.pmid:
        yield ("pmid", form.pmid)
    if form.title:
        yield ("title", form.title)
        yield ("start", form.title[:30])
    page = "".join(re.findall(r"\d", form.first_page))
    if page and form.volume:
        yield ("place", form.volume, page)
    if form.surnames and page:
        yield ("author and page", form.surnames[0][:4], page)
    if form.surnames and form.year is not None:
        yield from (("author and year", form.surnames[0], form.year + shift) for shift in (0, 1))
    yield from _word_pairs(form.title, counts)
    if head and head != form.title:
        yield from _word_pairs(head, counts)


def _word_pairs(title: str, counts: Counter[str]) -> Iterator[tuple[object, ...]]:
    words: Iterable[str] = {word for word in title.split() if len(word) > 2}
    rarest = sorted(words, key=lambda word: (counts[word], word))[:RAREST_WORDS]
    yield from (("words", *pair) for pair in combinations(sorted(rarest), 2))
