"""What can be done with a review folder: one plain function per command."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError, Progress, silent, to_json, write_atomically
from oncospine.evidence.brief import BRIEF_FILE
from oncospine.evidence.briefed import brief_of
from oncospine.evidence.counted import included_reports, prisma_flow, stage_state, studies_of_reports
from oncospine.evidence.duplicates.groups import Deduplicated
from oncospine.evidence.extraction.appraisal import Appraisal, read_appraisals
from oncospine.evidence.extraction.patients import CaseTable, read_cases
from oncospine.evidence.extraction.series import SeriesTable, read_series
from oncospine.evidence.extraction.templates import write_empty_tables
from oncospine.evidence.figures.canvas import FigureFiles
from oncospine.evidence.figures.curves import draw_incidence, draw_survival
from oncospine.evidence.figures.flow import draw_flow
from oncospine.evidence.figures.forest import draw_forest
from oncospine.evidence.figures.swimmer import draw_swimmer
from oncospine.evidence.project import Review, goes_on
from oncospine.evidence.records.formats import Imported, exported
from oncospine.evidence.records.record import Problem, Record
from oncospine.evidence.review_synthesis import Synthesis, synthesis
from oncospine.evidence.screening.ranker import screening_text
from oncospine.evidence.screening.simulation import Simulation, repeated_simulation


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
    if not chosen:
        raise InputError(f"no {which} record to write: the review has none yet, and {path.name} was not written")
    exported(chosen, path)
    return len(chosen)


def dedupe(folder: Path, *, progress: Progress = silent) -> Deduplicated:
    """Find duplicates; results/duplicates.csv holds every merge with its reason and the pairs left for a person."""
    review = Review(folder)
    found = review.deduplicated(progress)
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


TABLES = ("cases", "series", "studies", "appraisal")
"""Extraction tables of a review; each is a CSV file in extraction/."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extracted:
    """The tables of a review as they were read; None where there is none yet."""

    cases: CaseTable | None
    series: SeriesTable | None
    appraisals: tuple[Appraisal, ...]
    problems: tuple[Problem, ...]


def extract(folder: Path, **tables: Path | None) -> Extracted:
    """Bring extraction tables (named as in `TABLES`) into the review and check all that are there.

    Problems carry their line. A table whose columns are not those of its kind is refused, and what was there before
    stays.
    """
    review = Review(folder)
    for name, path in tables.items():
        if name not in TABLES:
            raise InputError(f"unknown table '{name}', expected {', '.join(TABLES)}")
        if path is not None:
            if not path.is_file():
                raise InputError(f"{path} is not a file; expected the {name} table as CSV")
            _read_tables({name: path})
            target = folder / "extraction" / f"{name}.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.resolve() != target.resolve():
                shutil.copyfile(path, target)
    found = {name: path for name in TABLES if (path := review.rows_of(name)) is not None}
    if not found:
        raise InputError(f"{folder} has no extraction tables yet: give one of {', '.join(TABLES)}")
    if "studies" in found:
        studies_of_reports(review)
    return _read_tables(found)


def _read_tables(paths: Mapping[str, Path]) -> Extracted:
    cases = read_cases(paths["cases"]) if "cases" in paths else None
    series = read_series(paths["series"]) if "series" in paths else None
    appraisals, doubts = read_appraisals(paths["appraisal"]) if "appraisal" in paths else ((), ())
    problems = [*(cases.problems if cases else ()), *(series.problems if series else ()), *doubts]
    return Extracted(cases=cases, series=series, appraisals=appraisals, problems=tuple(problems))


def write_templates(folder: Path, target: Path) -> tuple[Path, ...]:
    """Empty extraction tables in `target`, with a line for each included report; files that exist are left alone."""
    review = Review(folder)
    names = set(included_reports(review))
    reports = [report for report in review.reports if report.id in names]
    return write_empty_tables(target, reports, studies_of_reports(review))


def pool(folder: Path, *, progress: Progress = silent) -> tuple[Synthesis, tuple[FigureFiles, ...]]:
    """Compute everything; write results/evidence.json, which `plan` reads, and the figures with their numbers."""
    review = Review(folder)
    result = synthesis(review)
    progress("drawing figures", 0.5)
    target = folder / "results"
    write_atomically(target / BRIEF_FILE, to_json(brief_of(review, result)))
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
