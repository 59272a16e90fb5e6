"""The nearest valid word to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word of `words` that `word` most likely meant, or None."""
    by_lower = {name.lower(): name for name in words}
    found = difflib.get_close_matches(word.lower()[:80], list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def or_nearest(word: str, words: Iterable[str]) -> str:
    """ "; did you mean 'T3'?", or nothing."""
    found = nearest(word, words)
    return f"; did you mean '{found}'?" if found is not None else ""
