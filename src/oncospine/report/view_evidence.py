"""What the page holds of the literature: one review, what it has on each option, and patients like this one."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLine:
    """One included study with the way back to the records it was read from."""

    key: str
    title: str
    doi: str
    records: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvidenceView:
    """What the review holds on one option: one line for the first screen, sentences, and the studies behind them."""

    brief: str
    sentences: tuple[str, ...]
    patients: str
    studies: tuple[StudyLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """The review beside this patient."""

    title: str
    question: str
    source: str
    certainty: str
    certainty_why: tuple[str, ...]
    flow: str
    sentences: tuple[str, ...]
    similar: Table
    similar_notes: tuple[str, ...]
    recurrence: Table | None
    survival: Table
    disagreements: tuple[str, ...]
    doubts: tuple[str, ...]
    studies: tuple[StudyLine, ...]
    notes: tuple[str, ...]
