"""Patients read from the case table: what was stated, what does not fit together, who may stand in two reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from oncospine.evidence.extraction.typed_table import Row, TypedTable, read_typed_table
from oncospine.evidence.patient import REGIONS, Patient, levels_in, region_of
from oncospine.evidence.records.record import Problem

COLUMNS = {
    "id": "case_id",
    "study": "study_key",
    "group": "histology_group",
    "levels_text": "levels",
    "operated": "surgery",
    "resection": "resection_extent",
    "radiosurgery": "srs_sbrt",
    "progression": "distant_progression",
    "progression_months": "distant_progression_months",
    "status_basis": "vital_status_basis",
    "place": "source_quote_location",
}
"""Columns of facts that are named otherwise in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTable:
    """All patients of a table, with the problems found while reading it."""

    table: TypedTable
    patients: tuple[Patient, ...]
    problems: tuple[Problem, ...]

    @property
    def readable(self) -> tuple[Patient, ...]:
        """Patients of whom more than a title was read: the only ones that enter an analysis."""
        return tuple(patient for patient in self.patients if not patient.title_only)


def read_cases(path: Path) -> CaseTable:
    """The case table of `path` (CSV) as patients."""
    table = read_typed_table(path, "case", key=("case_id",))
    problems = list(table.problems)
    patients = []
    for row in table.rows:
        patients.append(_patient(row))
        problems += [Problem(file=path.name, line=row.line, message=text) for text in _inconsistencies(row)]
    problems.sort(key=lambda problem: problem.line)
    return CaseTable(table=table, patients=tuple(patients), problems=tuple(problems))


def _patient(row: Row) -> Patient:
    levels = levels_in(row.text("levels"))
    status = row.text("vital_status")
    return row.filled(
        Patient,
        COLUMNS,
        levels=levels,
        region=region_of(levels, row.text("region")),
        dead=None if not status else status == "dead",
        origin=row.text("origin") or "extracted",
    )


def _inconsistencies(row: Row) -> list[str]:
    """Cells that are fine alone but not together."""
    found = []
    followup = row.number("followup_months")
    for event in ("local_recurrence", "distant_progression"):
        months = row.number(f"{event}_months")
        if months is not None and row.flag(event) is not True:
            found.append(f"{event}_months is {months:g} although {event} is not 'y'")
        if months is not None and followup is not None and months > followup:
            found.append(f"{event}_months {months:g} is later than followup_months {followup:g}")
    if row.text("vital_status") == "dead" and row.text("disease_status") in ("NED", "AWD"):
        found.append(f"vital_status is dead but disease_status {row.text('disease_status')} is of the living")
    if row.text("vital_status") == "alive" and (
        row.text("disease_status").startswith("DO") or row.text("cause_of_death")
    ):
        found.append("vital_status is alive, but a death is described")
    printed = row.text("levels")
    if printed and not levels_in(printed) and not any(word in printed for word in REGIONS):
        found.append(f"levels '{printed}' could not be read as levels; the text was kept")
    if row.text("resection_extent") and row.flag("surgery") is False and row.text("resection_extent") != "biopsy":
        found.append("a resection is given although surgery is 'n'")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two rows, or a row and another report, that may be one patient; `known` where the source says so."""

    one: str
    other: str
    reasons: tuple[str, ...]
    known: bool


def overlapping_patients(patients: Sequence[Patient]) -> tuple[Overlap, ...]:
    """Pairs from different studies that share age and sex and do not differ in level or histology group.

    A flag, not a merge: a person looks at both reports. Rows marked `also_reported_in` are listed as known.
    """
    found = [
        Overlap(
            one=patient.id,
            other=patient.also_reported_in,
            reasons=("the source names another report of this patient; it is entered once",),
            known=True,
        )
        for patient in patients
        if patient.also_reported_in
    ]
    for one, other in combinations(patients, 2):
        if one.study == other.study or one.title_only or other.title_only:
            continue
        if reasons := _alike(one, other):
            found.append(Overlap(one=one.id, other=other.id, reasons=reasons, known=False))
    return tuple(found)


def _alike(one: Patient, other: Patient) -> tuple[str, ...]:
    if one.age_years is None or other.age_years is None or abs(one.age_years - other.age_years) > 1:
        return ()
    if not one.sex or one.sex != other.sex or (one.group and other.group and one.group != other.group):
        return ()
    shared = set(one.levels) & set(other.levels)
    if not shared:
        return ()
    reasons = [
        f"ages {one.age_years:g} and {other.age_years:g}",
        f"sex {one.sex}",
        "level " + ", ".join(sorted(level.value for level in shared)),
    ]
    if one.disease_class and other.disease_class and one.disease_class != other.disease_class:
        return ()
    return tuple(reasons)
