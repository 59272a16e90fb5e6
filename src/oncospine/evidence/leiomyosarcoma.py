"""The worked example: the review of leiomyosarcoma of the spine, from exports and decisions to figures and report."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from oncospine.base import InputError, Progress, silent, write_atomically
from oncospine.evidence.commands import dedupe, extract, import_records, pool
from oncospine.evidence.page import write_report
from oncospine.evidence.project import Protocol, Review, new_review
from oncospine.evidence.review_synthesis import Synthesis
from oncospine.evidence.screening.journal import Choice, decided

PROTOCOL = Protocol(
    title="Smooth-muscle tumours of the spine",
    question=(
        "Does the record report a human patient with a smooth-muscle tumour (leiomyosarcoma, EBV-related, leiomyoma, "
        "metastasizing leiomyoma, STUMP) in or on the spinal column or canal, or a series of such patients?"
    ),
    include=("human patient or series", "smooth-muscle tumour", "spinal column or canal"),
    exclude_reasons=(
        "wrong_histology",
        "wrong_site",
        "review_no_cases",
        "mixed_histology_not_separable",
        "mixed_site_not_separable",
        "animal",
        "conference_abstract",
        "unclear_histology",
    ),
    histologies={"lms": "malignant"},
    notes="Worked example: decisions are the labels that ship with the records.",
)

SOURCES = ("lms_spine_records.ris", "lms_spine_records.nbib")
"""The two exports, in the order of the label file (ids A001.. and B001..)."""

LABELLER = "labels"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkedExample:
    """The finished example: its folder, results and report."""

    review: Review
    synthesis: Synthesis
    report: Path


def build_leiomyosarcoma_review(
    folder: Path, *, literature: Path | None = None, progress: Progress = silent
) -> WorkedExample:
    """Run the whole review into the new `folder`, from import to report (default: from the shipped files)."""
    literature = literature or Path(str(files("oncospine.evidence") / "data" / "leiomyosarcoma"))
    needed = (*SOURCES, "labels.csv", "lms_spine_cases.csv", "lms_spine_series.csv")
    absent = [name for name in needed if not (literature / name).is_file()]
    if absent:
        raise InputError(f"{literature} lacks {', '.join(absent)}: give the folder of literature data")
    review = new_review(folder, PROTOCOL)
    progress("importing records", 0.1)
    import_records(folder, *(literature / name for name in SOURCES))
    progress("finding duplicates", 0.2)
    dedupe(folder)
    review = Review(folder)
    _decide(review, literature / "labels.csv")
    extract(folder, cases=literature / "lms_spine_cases.csv", series=literature / "lms_spine_series.csv")
    progress("pooling", 0.5)
    result, figures = pool(folder)
    progress("writing the report", 0.9)
    return WorkedExample(review=review, synthesis=result, report=write_report(review, result, figures))


def _decide(review: Review, labels: Path) -> None:
    """The labels as decisions of one reviewer, and the study of each report."""
    with labels.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if len(rows) != len(review.records):
        raise InputError(f"{labels.name} has {len(rows)} rows for {len(review.records)} records; they must match")
    leaders = {group.leader for group in review.unique.groups}
    screened, full = [], []
    studies = ["record_id,study_key"]
    for record, row in zip(review.records, rows, strict=True):
        if record.id not in leaders:
            continue
        studies.append(f"{record.id},{row['study_key']}")
        screened.append(decided(record.id, row["screen_label"], reviewer=LABELLER, reason=row["screen_reason"]))
        if row["screen_label"] == Choice.INCLUDE:
            full.append(decided(record.id, row["fulltext_label"], reviewer=LABELLER, reason=row["fulltext_reason"]))
    review.journal("screening", LABELLER).append(*screened)
    review.journal("fulltext", LABELLER).append(*full)
    write_atomically(review.folder / "extraction" / "studies.csv", "\n".join(studies) + "\n")
