"""Critical appraisal: checklists as traffic lights without a sum, and certainty whose judgement is left to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from oncospine.base import InputError, read_yaml
from oncospine.evidence.extraction.typed_table import read_typed_table
from oncospine.evidence.records import Problem
from oncospine.evidence.words import counted


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


LEVELS = ("very low", "low", "moderate", "high")
"""Certainty of evidence, from least to most (GRADE)."""

LOWERING = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
RAISING = ("large effect", "dose response", "opposing confounding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """Where certainty started, what a person took from it or added and why, and where it ends."""

    question: str
    start: str
    steps: tuple[tuple[str, int, str], ...]
    level: str
    facts: tuple[str, ...]


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


def certainty(
    question: str, *, start: str, steps: tuple[tuple[str, int, str], ...] = (), facts: tuple[str, ...] = ()
) -> Certainty:
    """Certainty after a person's steps: (reason, -2..+2, why). Each step needs its why.

    Randomised evidence starts high, observational low; cohorts for prognosis start high (Iorio, BMJ 2015;350:h870).
    """
    if start not in LEVELS:
        raise InputError(f"certainty starts at one of {', '.join(LEVELS)}, not '{start}'")
    position = LEVELS.index(start)
    for reason, step, why in steps:
        allowed = LOWERING if step < 0 else RAISING
        if reason not in allowed or not 1 <= abs(step) <= 2:
            raise InputError(f"step {step:+d} for '{reason}': expected 1 or 2 levels for one of {', '.join(allowed)}")
        if not why.strip():
            raise InputError(f"the step for '{reason}' needs its reason in words")
        position += step
    return Certainty(question=question, start=start, steps=steps, level=LEVELS[min(max(position, 0), 3)], facts=facts)


def imprecision_facts(*, events: int, patients: int, low: float | None, high: float | None) -> tuple[str, ...]:
    """Facts a person needs to judge imprecision of a proportion or survival (0 to 1): events, width, size needed."""
    facts = [f"{counted(events, 'event')} in {counted(patients, 'patient')}"]
    if low is None or high is None:
        return (*facts, "no interval can be given")
    facts.append(f"the 95 % interval runs from {low:.0%} to {high:.0%} ({high - low:.0%} wide)")
    share = events / patients
    spread = max(share * (1 - share), 0.09)
    needed = round(1.96**2 * spread / 0.1**2)
    facts.append(f"an interval of 10 points on either side would need about {needed} patients")
    return tuple(facts)
