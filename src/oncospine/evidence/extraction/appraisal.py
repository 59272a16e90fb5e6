"""Critical appraisal: checklists as traffic lights without a sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from oncospine.base import InputError, read_yaml
from oncospine.evidence.extraction.typed_table import read_typed_table
from oncospine.evidence.records.record import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A published list of questions, in our words."""

    id: str
    title: str
    citation: str
    items: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """Answers to a checklist for one study. There is no total: the items do not weigh the same."""

    study: str
    checklist: str
    answers: Mapping[str, str]
    lights: Mapping[str, str]
    unanswered: tuple[str, ...]


@cache
def _data() -> dict[str, Any]:
    return dict(read_yaml("oncospine.evidence", "data", "checklists.yaml"))


def checklists() -> dict[str, Checklist]:
    """All checklists by id."""
    return {
        key: Checklist(id=key, title=row["title"], citation=row["citation"], items=row["items"])
        for key, row in _data().items()
        if key != "answers"
    }


def appraised(study: str, checklist: str, answers: Mapping[str, str]) -> Appraisal:
    """Check answers (yes, no, unclear, not_applicable) and turn them into lights."""
    known = checklists()
    if checklist not in known:
        raise InputError(f"unknown checklist '{checklist}', expected one of {', '.join(known)}")
    lights = _data()["answers"]
    for item, answer in answers.items():
        if item not in known[checklist].items:
            raise InputError(
                f"{study}: '{item}' is no item of {checklist}; items are {', '.join(known[checklist].items)}"
            )
        if answer not in lights:
            raise InputError(f"{study}, item {item}: '{answer}' is no answer, expected {', '.join(lights)}")
    return Appraisal(
        study=study,
        checklist=checklist,
        answers=dict(answers),
        lights={item: lights[answer] for item, answer in answers.items()},
        unanswered=tuple(item for item in known[checklist].items if item not in answers),
    )


def read_appraisals(path: Path) -> tuple[tuple[Appraisal, ...], tuple[Problem, ...]]:
    """The answers of a table (CSV), one appraisal per study and checklist, and what is wrong with their cells."""
    table = read_typed_table(path, "appraisal", key=("study_key", "checklist", "item"))
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for row in table.rows:
        name = (row.text("study_key"), row.text("checklist"))
        given = answers.setdefault(name, {})
        if row.text("answer"):
            given[row.text("item")] = row.text("answer")
    return tuple(appraised(study, name, given) for (study, name), given in answers.items() if name), table.problems
