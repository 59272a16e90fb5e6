"""Exactly what the page holds, as plain values: the template reads these and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from oncospine.base import Side
from oncospine.report.view_comparison import ComparisonView
from oncospine.report.view_evidence import EvidenceView, OptionEvidenceView
from oncospine.report.view_lesion import LesionView
from oncospine.report.view_parts import Fact, PictureView, ReasonView, Source, Table
from oncospine.report.view_reasoning import NeurologyView, PrognosisView
from oncospine.report.view_surgery import OperationView, ScrewTable


class Grade(StrEnum):
    """How loud a notice is; the order is the order on the page."""

    EMERGENCY = "emergency"
    WARNING = "warning"
    NOTE = "note"

    @property
    def word(self) -> str:
        """Printed before the notice, so that the grade does not hang on colour."""
        return {"emergency": "EMERGENCY FLAG", "warning": "DOUBT", "note": "Note"}[self.value]


class CellState(StrEnum):
    """What is known of one part of one vertebra."""

    FREE = "free"
    TOUCHED = "touched"
    INVOLVED = "involved"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A flag, a doubt or a note. It is always on the first screen."""

    grade: Grade
    text: str
    source: Source = field(default_factory=Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """Who and what, under a pseudonym."""

    pseudonym: str
    who: str
    diagnosis: str
    history: str
    examination: str
    study: str
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the level map; `side` is the patient's."""

    heading: str
    side: Side | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One part of one vertebra: the number, and how dark the cell is (0..1)."""

    text: str
    shade: float
    state: CellState
    spoken: str

    @property
    def is_dark(self) -> bool:
        """Whether light text reads better on it."""
        return self.shade >= DARK


DARK = 0.79
"""From this shade on white text has the better contrast (either has at least 4.5 to 1 there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One vertebra of the level map; without cells where only a fragment is in view."""

    level: str
    note: str
    involved: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMapView:
    """One row per vertebra, one cell per part."""

    columns: tuple[Column, ...]
    rows: tuple[LevelRow, ...]
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """Compression along the canal: the drawing and what it says in words."""

    picture: PictureView
    sentences: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreView:
    """One score: the value or its range, the classes still open, and what is missing."""

    name: str
    subject: str
    value: str
    limits: str
    band: str
    missing: tuple[str, ...]
    components: tuple[Fact, ...]
    notes: tuple[str, ...]
    source: Source
    headline: bool = True
    """Whether it stands on the first screen; every score stands in the details."""
    era: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionView:
    """One course of treatment to discuss."""

    id: str
    title: str
    standing: str
    leading: bool
    stages: tuple[str, ...]
    reasons: tuple[ReasonView, ...]
    conflicts: tuple[ReasonView, ...]
    changes: tuple[str, ...]
    missing: tuple[str, ...]
    not_chosen_because: tuple[str, ...]
    other_tumours: str = ""
    awaits_histology: bool = False
    """Nothing but the histology is missing, and nothing speaks for it yet."""
    evidence: OptionEvidenceView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationView:
    """One sentence of the rules with its full contract."""

    topic: str
    text: str
    strength: str
    level: str
    source: Source
    assumptions: tuple[str, ...]
    inputs: tuple[str, ...]
    missing: tuple[str, ...]
    changes: tuple[str, ...]
    conflicts: tuple[ReasonView, ...]
    not_chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """A second study of the same lesion, such as the MR beside the CT: what it adds."""

    study: str
    profile: ProfileView | None
    pictures: tuple[PictureView, ...]
    measurements: tuple[Table, ...]
    impression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationView:
    """One entry of the list of sources."""

    number: int
    id: str
    text: str
    doi: str
    verification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The whole page, in its order."""

    title: str
    patient: PatientView
    notices: tuple[Notice, ...]
    level_map: LevelMapView | None
    profile: ProfileView | None
    scores: tuple[ScoreView, ...]
    options: tuple[OptionView, ...]
    recommendations: tuple[RecommendationView, ...]
    not_evaluated: tuple[str, ...]
    screws: tuple[ScrewTable, ...]
    comparison: Table | None
    criteria: ComparisonView | None
    operations: tuple[OperationView, ...]
    second_study: StudyView | None
    pictures: tuple[PictureView, ...]
    legend: tuple[tuple[str, str, str], ...]
    measurements: tuple[Table, ...]
    provenance: tuple[Fact, ...]
    citations: tuple[CitationView, ...]
    footer: str
    made_on: str = ""
    evidence: EvidenceView | None = None
    neurology: NeurologyView | None = None
    prognosis: PrognosisView | None = None
    flips: Table | None = None
    lesion: LesionView | None = None
    lmnop: Table | None = None
    drawn_operation: str = ""
