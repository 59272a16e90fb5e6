"""Text that came with a file is foreign: what is repeated of it in a message must be harmless."""

from __future__ import annotations

MAX_PRINTED = 80
"""Longest piece of foreign text that an error message repeats."""


def printable(text: str) -> str:
    """Foreign text made harmless for messages: control characters and markup replaced, shortened."""
    clean = "".join(char if char.isprintable() and char not in "<>&\"'`$\\" else "?" for char in text)
    return clean if len(clean) <= MAX_PRINTED else clean[: MAX_PRINTED - 3] + "..."
