"""What a finished review has to say, as one small file: read beside a patient without computing anything again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from oncospine.base import InputError, Level
from oncospine.evidence.patient import Patient

BRIEF_FILE = "evidence.json"
"""Name of the file in the results of a review."""

BRIEF_VERSION = 2
"""Version of its layout."""

COVERED = ("review.yaml", "extraction/cases.csv", "extraction/series.csv", "extraction/studies.csv")
"""Files whose content a brief depends on; the decisions of the reviewers come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigure:
    """Events of one arm of one series, with the share and its interval (Wilson)."""

    series: str
    arm: str
    population: str
    events: int
    total: int
    value: float
    low: float | None
    high: float | None

    @property
    def label(self) -> str:
        return f"{self.series}: {self.arm.replace('_', ' ')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFigure:
    """One outcome after one kind of treatment: the arms, and what they pool to (None where they stand alone)."""

    kind: str
    outcome: str
    arms: tuple[ArmFigure, ...]
    value: float | None
    low: float | None
    high: float | None
    prediction_low: float | None
    prediction_high: float | None
    tau2: float | None
    method: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFigure:
    """One pooled curve in figures; medians are text, because they may not be reached."""

    name: str
    n: int
    events: int
    median: str
    followup: str
    interpretable: bool
    patients: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedSurvival:
    """One survival figure as a source prints it (None: not reached), with what makes it differ from the others."""

    series: str
    doi: str
    population: str
    arm: str
    n_patients: int | None
    figure: str
    value: float | None
    interval: str
    clock: str

    @property
    def months(self) -> str:
        return "not reached" if self.value is None else f"{self.value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """One outcome that a series prints for patients of one technique, with its number as printed."""

    series: str
    doi: str
    population: str
    arm: str
    n_patients: int | None
    figure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedStudy:
    """A study with its reports and the patients extracted from it: the way back from any figure to the records."""

    key: str
    records: tuple[str, ...]
    title: str
    doi: str
    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBrief:
    """One review. `state` are digests of what it was made from; `histologies` maps ids of histologies to its groups.

    `judged` holds what the team says of the certainty of single options (`certainty: {options: ...}` in review.yaml);
    `detail` is for looking up: facts stated, appraisals, patients that may stand in two reports, problems of tables.
    """

    version: int
    title: str
    question: str
    histologies: Mapping[str, str]
    flow: Mapping[str, int]
    flow_missing: str
    sentences: tuple[str, ...]
    certainty: str
    certainty_why: tuple[str, ...]
    judged: Mapping[str, Any]
    patients: tuple[Patient, ...]
    pooled: tuple[PooledFigure, ...]
    curves: tuple[CurveFigure, ...]
    printed: tuple[PrintedSurvival, ...]
    arm_results: tuple[ArmResult, ...]
    disagreements: tuple[str, ...]
    doubts: tuple[str, ...]
    studies: tuple[TracedStudy, ...]
    detail: Mapping[str, Any]
    state: Mapping[str, str]


def shipped_brief() -> ReviewBrief:
    """The review of leiomyosarcoma of the spine that comes with the program."""
    return parsed_brief(
        (files("oncospine.evidence") / "data" / "leiomyosarcoma" / BRIEF_FILE).read_text("utf-8"), BRIEF_FILE
    )


def read_brief(folder: Path) -> ReviewBrief:
    """The brief of the review in `folder`, as `oncospine evidence pool` wrote it."""
    path = folder / "results" / BRIEF_FILE
    if not (folder / "review.yaml").is_file():
        raise InputError(f"{folder} is no review (it has no review.yaml); start one with `oncospine evidence new`")
    if not path.is_file():
        raise InputError(f"{folder} has not been pooled yet; run `oncospine evidence pool {folder}` first")
    return parsed_brief(path.read_text("utf-8"), str(path))


def changed_since(folder: Path, brief: ReviewBrief) -> tuple[str, ...]:
    """Files of the review that are not as they were when the brief was made."""
    now = review_state(folder)
    return tuple(sorted(name for name in now.keys() | brief.state.keys() if now.get(name) != brief.state.get(name)))


def review_state(folder: Path) -> dict[str, str]:
    """A digest of each file a brief depends on; journals count without their times, which every decision has anew."""
    found = {}
    for name in COVERED:
        if (folder / name).is_file():
            found[name] = _digest((folder / name).read_bytes())
    for path in sorted((*folder.glob("screening/*.jsonl"), *folder.glob("fulltext/*.jsonl"))):
        lines = [line.partition(b', "time"')[0] for line in path.read_bytes().split(b"\n")]
        found[path.relative_to(folder).as_posix()] = _digest(b"\n".join(lines))
    return found


def parsed_brief(text: str, name: str) -> ReviewBrief:
    """The brief a file holds; a file of another layout, or changed by hand, is refused with what to do."""
    again = "run `oncospine evidence pool` again"
    try:
        row = json.loads(text)
        if row["version"] != BRIEF_VERSION:
            raise InputError(f"{name} has layout {row['version']}, expected {BRIEF_VERSION}; {again}")
        return _brief(row)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is not as it was written ({type(error).__name__}: {error}); {again}") from error


def _brief(row: dict[str, Any]) -> ReviewBrief:
    """Values from plain ones: lists become tuples, level names become levels."""
    row["patients"] = [
        Patient(**{**item, "levels": tuple(map(Level, item["levels"]))}) for item in _frozen(row["patients"])
    ]
    row["pooled"] = [
        PooledFigure(**{**item, "arms": tuple(ArmFigure(**arm) for arm in item["arms"])})
        for item in _frozen(row["pooled"])
    ]
    row["curves"] = [CurveFigure(**item) for item in _frozen(row["curves"])]
    row["printed"] = [PrintedSurvival(**item) for item in row["printed"]]
    row["arm_results"] = [ArmResult(**item) for item in row["arm_results"]]
    row["studies"] = [TracedStudy(**item) for item in _frozen(row["studies"])]
    return ReviewBrief(**next(_frozen([row])))


def _frozen(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
