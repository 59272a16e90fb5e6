"""Pieces that several parts of the page are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A citation as a number on this page."""

    number: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What stands behind a sentence: citations of this page, and words for how far it was verified."""

    refs: tuple[Ref, ...] = ()
    verification: str = ""
    rule: str = ""
    is_verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A named value with words for how it was obtained."""

    name: str
    value: str
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """One picture as a data URI, with the words under it and instead of it."""

    kind: str
    title: str
    caption: str
    uri: str
    aspect: float = 1.0
    """Width over height."""
    study: str = ""
    """The study it is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """A sentence for or against, with its source."""

    text: str
    source: Source
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Any other table: headings, rows of text, notes below it."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: frozenset[int] = frozenset({0})
    """Columns that hold words and are set to the left; numbers stand to the right."""
