"""What the page holds of the literature: one review, what it has on each option, and patients like this one."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import Source, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLine:
    """One included study with the way back to the records it was read from."""

    key: str
    title: str
    doi: str
    records: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvidenceView:
    """What is known of one option: one line for the first screen, sentences, certainty, and the studies behind them.

    `source` names what was published on the rules behind the option, where this project has no case of it.
    """

    brief: str
    sentences: tuple[str, ...]
    certainty: str
    patients: str
    studies: tuple[StudyLine, ...]
    source: Source | None = None


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
