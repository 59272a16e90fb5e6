"""What can be done with a review folder: one plain function per command."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError, Progress, silent, to_json, write_atomically
from oncospine.evidence.briefed import write_brief
from oncospine.evidence.counted import included_reports, prisma_flow, stage_state
from oncospine.evidence.duplicates import Deduplicated
from oncospine.evidence.extraction import CaseTable, SeriesTable, read_cases, read_series
from oncospine.evidence.figures import (
    FigureFiles,
    draw_flow,
    draw_forest,
    draw_incidence,
    draw_survival,
    draw_swimmer,
)
from oncospine.evidence.project import RESOLVED, Protocol, Review, goes_on, new_review
from oncospine.evidence.records import Imported, Record, exported
from oncospine.evidence.review_synthesis import Synthesis, summary, synthesis
from oncospine.evidence.screening import (
    Choice,
    Decision,
    Ranker,
    Simulation,
    StopAdvice,
    TextRanker,
    consecutive_irrelevant,
    decided,
    ranked_unread,
    repeated_simulation,
    screening_text,
    share_read,
)

__all__ = [
    "NextRecord",
    "ScreeningSession",
    "dedupe",
    "export_records",
    "extract",
    "flow",
    "import_records",
    "pool",
    "record_decision",
    "resolve",
    "screen_next",
    "simulate",
    "start",
]


def start(folder: Path, protocol: Protocol) -> Review:
    """Start a review."""
    return new_review(folder, protocol)


def import_records(folder: Path, *paths: Path, progress: Progress = silent) -> tuple[Imported, ...]:
    """Bring exports of searches into the review."""
    review = Review(folder)
    return tuple(review.add(path, progress=progress) for path in paths)


def export_records(folder: Path, path: Path, *, which: str = "unique") -> int:
    """Write records in the format of `path`: all, unique (merged), or included. Returns how many."""
    review = Review(folder)
    if which == "all":
        chosen: Sequence[Record] = review.records
    elif which == "unique":
        chosen = review.reports
    elif which == "included":
        names = set(included_reports(review))
        chosen = [report for report in review.reports if report.id in names]
    else:
        raise InputError(f"cannot export '{which}', expected all, unique or included")
    exported(chosen, path)
    return len(chosen)


def dedupe(folder: Path) -> Deduplicated:
    """Find duplicates; results/duplicates.csv holds every merge with its reason and the pairs left for a person."""
    review = Review(folder)
    found = review.unique
    titles = {record.id: record.title for record in review.records}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("verdict", "score", "one", "other", "reasons", "title_one", "title_other"))
    for pair in (*found.pairs, *found.possible):
        reasons = "; ".join(pair.reasons)
        writer.writerow(
            (pair.verdict, f"{pair.score:.3f}", pair.one, pair.other, reasons, titles[pair.one], titles[pair.other])
        )
    write_atomically(folder / "results" / "duplicates.csv", text.getvalue())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NextRecord:
    """What the reviewer sees: the record, the criteria, why this one comes now, how far the work is, stop advice."""

    record: Record
    title_only: bool
    how: str
    read: int
    total: int
    question: str
    include: tuple[str, ...]
    exclude_reasons: tuple[str, ...]
    advice: tuple[StopAdvice, ...]


class ScreeningSession:
    """Screening by one reviewer with the features kept in memory; every decision is on disk when `decide` returns."""

    def __init__(self, folder: Path, reviewer: str, *, ranker: Ranker | None = None) -> None:
        self.review = Review(folder)
        self.reviewer = reviewer
        self._ranker = ranker if ranker is not None else TextRanker()
        self._reports = self.review.reports
        if not self._reports:
            raise InputError(f"{folder} holds no records yet; import some first")
        self._ranker.prepare([screening_text(report) for report in self._reports])
        self._journal = self.review.journal("screening", reviewer)
        self._decisions = self.review.by_report(self._journal.decisions())
        self._how = ""

    def next(self) -> NextRecord | None:
        """The next record to read, or None when all are read. Nothing stops by itself before."""
        protocol = self.review.protocol
        ranked = ranked_unread(self._reports, self._decisions, self._ranker, question=protocol.question)
        if not ranked.order:
            return None
        self._how = ranked.how
        record = next(report for report in self._reports if report.id == ranked.order[0])
        labels = [int(goes_on(decision)) for decision in self._decisions.values()]
        return NextRecord(
            record=record,
            title_only=record.title_only,
            how=ranked.how,
            read=len(self._decisions),
            total=len(self._reports),
            question=protocol.question,
            include=protocol.include,
            exclude_reasons=protocol.exclude_reasons,
            advice=(consecutive_irrelevant(labels), share_read(len(labels), len(self._reports))),
        )

    def decide(self, record: str, choice: Choice | str, *, reason: str = "") -> Decision:
        """Record a decision; deciding again on a record replaces the earlier one (both stay in the journal)."""
        decision = _checked(self.review, record, choice, self.reviewer, reason, "screening", self._how)
        self._journal.append(decision)
        self._decisions[self.review.leader_of[record]] = decision
        return decision


def screen_next(folder: Path, reviewer: str) -> NextRecord | None:
    """The next record for a reviewer (one look; for many records keep a `ScreeningSession`)."""
    return ScreeningSession(folder, reviewer).next()


def record_decision(
    folder: Path, record: str, choice: Choice | str, *, reviewer: str, reason: str = "", stage: str = "screening"
) -> Decision:
    """Record one decision of one reviewer."""
    review = Review(folder)
    decision = _checked(review, record, choice, reviewer, reason, stage, "")
    review.journal(stage, reviewer).append(decision)
    return decision


def resolve(
    folder: Path, record: str, choice: Choice | str, *, reviewer: str, reason: str = "", stage: str = "screening"
) -> Decision:
    """Settle a conflict between two reviewers."""
    review = Review(folder)
    state = stage_state(review, stage)
    if review.leader_of.get(record) not in state.open_conflicts:
        raise InputError(f"'{record}' is not in conflict in {stage}; {len(state.open_conflicts)} records are")
    decision = _checked(review, record, choice, reviewer, reason, stage, "settled conflict")
    review.journal(stage, RESOLVED).append(decision)
    return decision


def _checked(
    review: Review, record: str, choice: Choice | str, reviewer: str, reason: str, stage: str, how: str
) -> Decision:
    if record not in review.leader_of:
        raise InputError(f"no record '{record}' in this review")
    decision = decided(record, choice, reviewer=reviewer, reason=reason, how=how)
    reasons = review.protocol.exclude_reasons
    if decision.choice is Choice.EXCLUDE and not decision.reason:
        raise InputError(f"excluding {record} needs a reason" + (f": {', '.join(reasons)}" if reasons else ""))
    if decision.choice is Choice.NOT_RETRIEVED and stage == "screening":
        raise InputError("not_retrieved belongs to full texts, not to screening")
    return decision


def simulate(folder: Path, *, runs: int = 20, seed: int = 0, progress: Progress = silent) -> tuple[Simulation, ...]:
    """Play the finished screening through again from random priors: what would the ranking have saved?"""
    review = Review(folder)
    decisions = stage_state(review, "screening").decisions
    chosen = [report for report in review.reports if report.id in decisions]
    labels = [int(goes_on(decisions[report.id])) for report in chosen]
    if not chosen:
        chosen = [report for report in review.reports if report.label is not None]
        labels = [int(report.label or 0) for report in chosen]
    return repeated_simulation(
        [screening_text(report) for report in chosen], labels, runs=runs, seed=seed, progress=progress
    )


def extract(
    folder: Path, *, cases: Path | None = None, series: Path | None = None, studies: Path | None = None
) -> tuple[CaseTable | None, SeriesTable | None]:
    """Bring extraction tables into the review (or check those already there); problems carry their line."""
    review = Review(folder)
    for name, path in (("cases", cases), ("series", series), ("studies", studies)):
        if path is not None:
            if not path.is_file():
                raise InputError(f"{path} is not a file; expected the {name} table as CSV")
            target = folder / "extraction" / f"{name}.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.resolve() != target.resolve():
                shutil.copyfile(path, target)
    case_path, series_path = review.rows_of("cases"), review.rows_of("series")
    if case_path is None and series_path is None:
        raise InputError(f"{folder} has no extraction tables yet: give cases= or series=")
    return (
        read_cases(case_path) if case_path else None,
        read_series(series_path) if series_path else None,
    )


def pool(folder: Path, *, progress: Progress = silent) -> tuple[Synthesis, tuple[FigureFiles, ...]]:
    """Compute everything, write results/synthesis.json and the figures with their numbers."""
    review = Review(folder)
    result = synthesis(review)
    progress("drawing figures", 0.5)
    target = folder / "results"
    write_atomically(target / "synthesis.json", to_json(summary(result)))
    write_brief(review, result)
    figures = [draw_flow(result.flow, target)] if result.flow else []
    if result.survival:
        figures.append(draw_survival(result.survival[:2], target))
        figures.append(draw_swimmer(result.cases.readable, target))
    if result.incidence:
        figures.append(draw_incidence(result.incidence, target))
    figures += [
        draw_forest(pooled, target, name="forest" if kind == "surgery" else f"forest_{kind}")
        for kind, pooled in result.recurrence.items()
    ]
    return result, tuple(figures)


def flow(folder: Path) -> FigureFiles:
    """Draw the PRISMA flow alone."""
    return draw_flow(prisma_flow(Review(folder)), folder / "results")
