"""What the page holds of screws and operations."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import PictureView, ReasonView, Source, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrewCell:
    """One planned screw, or why there is none."""

    size: str
    margin: str
    grade: str
    angles: str
    doubt: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrewRow:
    """Both sides of one vertebra."""

    level: str
    right: ScrewCell | None
    left: ScrewCell | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrewTable:
    """The screws of one operation, C7 to T5 or wherever it goes."""

    title: str
    rows: tuple[ScrewRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlanView:
    """What surrounds a stage: under each heading sentences with their source."""

    title: str
    parts: tuple[tuple[str, tuple[ReasonView, ...]], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation: who proposes it and why, its stages in words, then what the evaluation found."""

    title: str
    origin: str
    source: Source
    reasons: tuple[str, ...]
    stages: tuple[str, ...]
    tables: tuple[Table, ...]
    checks: tuple[ReasonView, ...]
    plans: tuple[StagePlanView, ...]
    notes: tuple[str, ...]
    pictures: tuple[PictureView, ...]
