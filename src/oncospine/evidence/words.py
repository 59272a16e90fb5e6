"""Numbers with their nouns."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A count with its noun: "1 study", "2 studies", "1,845 records"."""
    plural = noun if noun.endswith("series") else noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"
