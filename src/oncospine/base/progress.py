"""How long work tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with what is being done and how far it is (0..1; None while unknown)."""

    def __call__(self, doing: str, fraction: float | None = None, /) -> None: ...


def silent(doing: str, fraction: float | None = None, /) -> None:
    """Progress that nobody listens to."""
