"""Patients read from the case table: what was stated, what was not, and what does not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oncospine.evidence.extraction.typed_table import Row, TypedTable, read_typed_table
from oncospine.evidence.patient import REGIONS, Patient, levels_in, region_of
from oncospine.evidence.records import Problem


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
    return Patient(
        id=row.text("case_id"),
        study=row.text("study_key"),
        doi=row.text("doi"),
        year=int(row.number("year") or 0) or None,
        histology=row.text("histology"),
        group=row.text("histology_group"),
        age_years=row.number("age_years"),
        sex=row.text("sex"),
        primary_site=row.text("primary_site"),
        disease_class=row.text("disease_class"),
        levels=levels,
        levels_text=row.text("levels"),
        region=region_of(levels, row.text("region")),
        pain=row.flag("pain"),
        myelopathy=row.flag("myelopathy"),
        radiculopathy=row.flag("radiculopathy"),
        cord_compression=row.flag("cord_compression"),
        operated=row.flag("surgery"),
        approach=row.text("approach"),
        procedure=row.text("procedure"),
        resection=row.text("resection_extent"),
        fixation=row.flag("fixation"),
        radiotherapy=row.flag("radiotherapy"),
        radiosurgery=row.flag("srs_sbrt"),
        chemotherapy=row.flag("chemotherapy"),
        neuro_outcome=row.text("neuro_outcome"),
        local_recurrence=row.flag("local_recurrence"),
        local_recurrence_months=row.number("local_recurrence_months"),
        progression=row.flag("distant_progression"),
        progression_months=row.number("distant_progression_months"),
        followup_months=row.number("followup_months"),
        time_zero=row.text("time_zero"),
        dead=None if not status else status == "dead",
        status_basis=row.text("vital_status_basis"),
        disease_status=row.text("disease_status"),
        also_reported_in=row.text("also_reported_in"),
        place=row.text("source_quote_location"),
        confidence=row.text("confidence"),
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
