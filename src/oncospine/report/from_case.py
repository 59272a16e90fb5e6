"""The head of the page out of a case: who, what, since when, how the patient is."""

from __future__ import annotations

from datetime import date

from oncospine.base import described_levels
from oncospine.case import Case, Exam, Sex, Study
from oncospine.report.view import PatientView
from oncospine.report.words import spoken

SEX = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.UNKNOWN: "sex not stated"}
"""Words of the first line."""

HISTORY_SHOWN = 6
"""Entries of the history in the line at the top, the most recent ones."""


def patient_view(case: Case, study: Study | None) -> PatientView:
    """The first lines: nothing is filled in; what the case leaves out is said to be unknown."""
    day = study.date if study is not None else _latest_day(case)
    return PatientView(
        pseudonym=case.pseudonym,
        who=f"{_age(case, day)}, {SEX[case.sex]}",
        diagnosis=_diagnosis(case),
        history=_history(case),
        examination=_examination(case.latest_exam()),
        study=study_line(study),
        notes=case.notes or "",
    )


def _latest_day(case: Case) -> date | None:
    days = [exam.date for exam in case.exams] + [study.date for study in case.studies]
    return max(days, default=None)


def _age(case: Case, day: date | None) -> str:
    span = case.age_on(day) if day is not None else None
    if span is None:
        return "age not known"
    return f"{span[0]} years" if span[0] == span[1] else f"{span[0]}–{span[1]} years"


def _diagnosis(case: Case) -> str:
    found = case.diagnosis
    histology = found.histology or found.histology_id
    parts = [histology or "histology not known", "" if found.kind == "unknown" else str(found.kind)]
    if found.tissue_diagnosis is False:
        parts.append("no tissue diagnosis")
    if case.affected_levels:
        parts.append(f"stated levels {described_levels(case.affected_levels)}")
    return ", ".join(part for part in parts if part)


def _history(case: Case) -> str:
    entries = [f"{entry.date} {entry.what}" for entry in case.history[-HISTORY_SHOWN:]]
    left_out = len(case.history) - len(entries)
    earlier = f"({left_out} earlier entries) " if left_out > 0 else ""
    return earlier + "; ".join(entries) if entries else "no history entered"


def _examination(exam: Exam | None) -> str:
    if exam is None:
        return "no examination entered"
    found = []
    for name, value in (
        ("Frankel", exam.frankel),
        ("AIS", exam.ais),
        ("sensory level", _sensory(exam)),
        ("walking", exam.ambulation),
        ("sphincter", exam.sphincter),
        ("progression", exam.progression),
        ("KPS", exam.kps),
        ("ECOG", exam.ecog),
    ):
        if value is not None:
            found.append(f"{name} {spoken(str(value))}")
    return f"{exam.date}: {', '.join(found) or 'nothing graded'}"


def _sensory(exam: Exam) -> str | None:
    level = exam.sensory_level
    if level is None:
        return None
    sides = [(name, getattr(level, name)) for name in ("right", "left")]
    told = [f"{name} {segment}" for name, segment in sides if segment is not None]
    return "/".join(told) if told else (str(level.single) if level.single else None)


def study_line(study: Study | None) -> str:
    """One study in a line: modality, date, id, position."""
    if study is None:
        return "no imaging study"
    position = "" if study.position == "unknown" else f", {study.position}"
    sequence = f" {study.sequence}" if study.sequence else ""
    return f"{study.modality}{sequence} of {study.date} ({study.id}{position})"
