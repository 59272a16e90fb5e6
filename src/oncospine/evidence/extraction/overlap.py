"""Patients that may have been counted twice: the same person in two reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from oncospine.evidence.patient import Patient


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
