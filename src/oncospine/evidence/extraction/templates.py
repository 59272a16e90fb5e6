"""Empty tables to extract into, with what belongs into each column."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from oncospine.evidence.extraction.appraisal import checklists
from oncospine.evidence.extraction.typed_table import Column, table_columns
from oncospine.evidence.records.record import Record

CASE_CHECKLIST = "jbi_case_report"


def write_empty_tables(folder: Path, reports: Iterable[Record], studies: Mapping[str, str]) -> tuple[Path, ...]:
    """cases.csv and series.csv (headings), studies.csv and appraisal.csv (a line per included report or question).

    `studies` are the study keys given so far by record id; a report without one is a study of its own. Files that exist
    are left alone.
    """
    found = list(reports)
    keys = [studies.get(report.id, report.id) for report in found]
    questions = checklists()[CASE_CHECKLIST].items
    tables: dict[str, list[list[str]]] = {
        "cases": [[column.name for column in table_columns("case")]],
        "series": [[column.name for column in table_columns("series")]],
        "studies": [["record_id", "study_key", "title"]]
        + [[report.id, key, report.title] for report, key in zip(found, keys, strict=True)],
        "appraisal": [[column.name for column in table_columns("appraisal")]]
        + [
            [key, CASE_CHECKLIST, item, question, "", ""]
            for key in dict.fromkeys(keys)
            for item, question in questions.items()
        ],
        "columns": [["table", "column", "kind", "choices or range", "unit"]]
        + [[name, *_told(column)] for name in ("case", "series", "appraisal") for column in table_columns(name)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)
            written.append(path)
    return tuple(written)


def _told(column: Column) -> list[str]:
    limits = f"{column.low:g} to {column.high:g}" if column.low is not None and column.high is not None else ""
    kind = column.kind.replace("_", " ") + (", needed" if column.required else "")
    return [column.name, kind, " | ".join(column.choices) or limits, column.unit]
