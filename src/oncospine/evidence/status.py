"""Where a review stands, and what comes next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError
from oncospine.evidence.brief import BRIEF_FILE, changed_since, read_brief
from oncospine.evidence.counted import stage_state
from oncospine.evidence.decisions import sample_estimate
from oncospine.evidence.project import STAGES, Review, goes_on
from oncospine.evidence.screening.agreement import Agreement
from oncospine.evidence.screening.journal import STOPPED
from oncospine.evidence.screening.stopping import MissedEstimate
from oncospine.evidence.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStatus:
    """How far one reviewer is in one stage. `estimate` says what may be left, where a random sample was read."""

    name: str
    read: int
    included: int
    maybe: int
    excluded: int
    not_retrieved: int
    aside: int
    estimate: MissedEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStatus:
    """One stage: how many records it has, its readers, and where they disagree."""

    stage: str
    total: int
    decided: int
    readers: tuple[ReaderStatus, ...]
    agreement: Agreement | None
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewStatus:
    """The whole review. `to_do` is what comes next, first thing first."""

    title: str
    files: int
    records: int
    publications: int
    pairs_for_a_person: int
    stages: tuple[StageStatus, ...]
    tables: tuple[str, ...]
    to_do: tuple[str, ...]


def review_status(folder: Path) -> ReviewStatus:
    """Read everything that was decided so far; nothing is written."""
    review = Review(folder)
    stages = tuple(_stage(review, stage) for stage in STAGES)
    tables = tuple(name for name in ("cases", "series", "studies", "appraisal") if review.rows_of(name) is not None)
    return ReviewStatus(
        title=review.protocol.title,
        files=len(review.imports),
        records=len(review.records),
        publications=len(review.reports),
        pairs_for_a_person=len(review.unique.possible),
        stages=stages,
        tables=tables,
        to_do=_to_do(review, stages, tables),
    )


def _stage(review: Review, stage: str) -> StageStatus:
    state = stage_state(review, stage)
    total = len(review.reports)
    if stage == "fulltext":
        total = sum(goes_on(decision) for decision in stage_state(review, "screening").decisions.values())
    return StageStatus(
        stage=stage,
        total=total,
        decided=len(state.decisions),
        readers=tuple(_reader(review, stage, name) for name in state.reviewers),
        agreement=state.agreement,
        conflicts=state.open_conflicts,
    )


def _reader(review: Review, stage: str, name: str) -> ReaderStatus:
    decisions = review.by_report(review.journal(stage, name).decisions())
    aside = sum(decision.how == STOPPED for decision in decisions.values())
    kinds = Counter(str(decision.choice) for decision in decisions.values())
    return ReaderStatus(
        name=name,
        read=len(decisions) - aside,
        included=kinds["include"],
        maybe=kinds["maybe"],
        excluded=kinds["exclude"] - aside,
        not_retrieved=kinds["not_retrieved"],
        aside=aside,
        estimate=sample_estimate(review, name) if stage == "screening" else None,
    )


def _to_do(review: Review, stages: tuple[StageStatus, ...], tables: tuple[str, ...]) -> tuple[str, ...]:
    """What is still open, in the order of the work."""
    folder, found = review.folder, []
    if not review.records:
        return (f"bring records in: oncospine evidence import {folder} FILE ...",)
    if review.unique.possible:
        pairs = counted(len(review.unique.possible), "pair")
        found.append(f"look at {pairs} in results/duplicates.csv: oncospine evidence pair {folder} ID ID join|separate")
    for stage in stages:
        option = " --stage fulltext" if stage.stage == "fulltext" else ""
        if stage.conflicts:
            n = counted(len(stage.conflicts), "conflict")
            found.append(f"settle {n}: oncospine evidence resolve {folder} --reviewer NAME{option}")
        left = stage.total - stage.decided - len(stage.conflicts)
        if left > 0:
            found.append(
                f"read {left} more ({stage.stage}): oncospine evidence screen {folder} --reviewer NAME{option}"
            )
    if not {"cases", "series"} & set(tables):
        found.append(f"extract: oncospine evidence extract {folder} --template DIR, then --cases FILE, --series FILE")
    elif changed := _not_pooled(folder):
        found.append(f"{changed}: oncospine evidence report {folder}")
    return tuple(found)


def _not_pooled(folder: Path) -> str:
    try:
        changed = changed_since(folder, read_brief(folder))
    except InputError:
        return f"pool (results/{BRIEF_FILE} is missing)"
    return f"pool again ({', '.join(changed)} changed)" if changed else ""
