"""Patients like this one: the nearest reported patients by a distance anyone can check, and how little they prove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from oncospine.base import Level, read_yaml
from oncospine.evidence.patient import Patient, region_of

FEATURES = ("histology", "disease_class", "region", "myelopathy", "cord_compression", "operation", "age")
"""What the distance looks at; weights stand in the data file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The patient asked about. None or empty: not known, and then not compared."""

    histology_group: str = ""
    disease_class: str = ""
    levels: tuple[Level, ...] = ()
    region: str = ""
    myelopathy: bool | None = None
    cord_compression: bool | None = None
    operated: bool | None = None
    approach: str = ""
    age_years: float | None = None
    sex: str = ""
    """Not part of the distance; tells whether a reported patient may be this very one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """One reported patient: distance (0 the same, 1 quite different), each part of it, and what was not comparable."""

    patient: Patient
    distance: float
    parts: tuple[tuple[str, float], ...]
    not_compared: tuple[str, ...]
    compared_share: float
    treatment: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPatients:
    """The nearest patients with the sentences that belong beside them, and what was done for them."""

    query: Query
    nearest: tuple[Similar, ...]
    strategies: tuple[tuple[str, int, str], ...]
    sentences: tuple[str, ...]


def patients_like(
    query: Query, patients: Sequence[Patient], *, most: int = 8, without: frozenset[str] = frozenset()
) -> SimilarPatients:
    """The `most` nearest readable patients; `without` are ids left out (the patient's own report, if published).

    Notes
    -----
    The distance is a weighted mean over the features known of the patient asked about; a feature that the report does
    not state counts one half, so that an empty report is not near to anybody. Weights are an oncospine default.
    """
    scored = [_similar(query, p) for p in patients if not p.title_only and p.id not in without]
    nearest = tuple(sorted(scored, key=lambda item: (item.distance, item.patient.id))[:most])
    return SimilarPatients(
        query=query,
        nearest=nearest,
        strategies=_strategies(nearest),
        sentences=(*_sentences(nearest, len(scored)), *_same_patient(query, nearest)),
    )


def _similar(query: Query, patient: Patient) -> Similar:
    table = _table()
    weights = table["weights"]
    parts, unknown, asked = [], [], 0.0
    for name in FEATURES:
        if not _is_known(query, name):
            continue
        asked += weights[name]
        value = _part(name, query, patient, table)
        if value is None:
            unknown.append(name)
        else:
            parts.append((name, value))
    compared = sum(weights[name] for name, _ in parts)
    total = sum(weights[name] * value for name, value in parts) + sum(weights[name] for name in unknown) * 0.5
    return Similar(
        patient=patient,
        distance=total / asked if asked else 1.0,
        parts=tuple(parts),
        not_compared=tuple(unknown),
        compared_share=compared / asked if asked else 0.0,
        treatment=_strategy(patient),
        outcome=_outcome(patient),
    )


def _is_known(query: Query, name: str) -> bool:
    known = {
        "histology": bool(query.histology_group),
        "disease_class": bool(query.disease_class),
        "region": bool(query.levels or query.region),
        "myelopathy": query.myelopathy is not None,
        "cord_compression": query.cord_compression is not None,
        "operation": query.operated is not None or bool(query.approach),
        "age": query.age_years is not None,
    }
    return known[name]


def _part(name: str, query: Query, patient: Patient, table: dict[str, Any]) -> float | None:
    """Distance in one feature, None where the report does not say."""
    if name == "histology":
        row = table["histology_groups"].get(query.histology_group, {})
        different = float(patient.group != query.histology_group)
        return float(row.get(patient.group, different)) if patient.group else None
    if name == "disease_class":
        return None if not patient.disease_class else float(patient.disease_class != query.disease_class)
    if name == "region":
        return _region_distance(query, patient, table)
    if name == "age":
        if patient.age_years is None or query.age_years is None:
            return None
        return min(1.0, abs(patient.age_years - query.age_years) / float(table["age_years_for_distance_1"]))
    if name == "operation":
        if query.approach and patient.approach:
            return float(query.approach != patient.approach)
        return None if patient.operated is None or query.operated is None else float(patient.operated != query.operated)
    mine, theirs = getattr(query, name), getattr(patient, name)
    return None if theirs is None else 1.0 if mine != theirs else 0.0


def _region_distance(query: Query, patient: Patient, table: dict[str, Any]) -> float | None:
    if query.levels and patient.levels:
        if set(query.levels) & set(patient.levels):
            return 0.0
        gap = min(abs(one.order - other.order) for one in query.levels for other in patient.levels)
        return min(1.0, gap / float(table["levels_for_distance_1"]))
    order: list[str] = table["regions"]
    mine, theirs = region_of(query.levels, query.region), patient.region
    if mine not in order or theirs not in order:
        return None
    return min(1.0, abs(order.index(mine) - order.index(theirs)) / float(table["region_steps_for_distance_1"]))


def _strategies(nearest: Sequence[Similar]) -> tuple[tuple[str, int, str], ...]:
    """What was done, how often, and what is known of the neurology afterwards."""
    groups: dict[str, list[Patient]] = {}
    for item in nearest:
        groups.setdefault(item.treatment, []).append(item.patient)
    rows = []
    for name, members in groups.items():
        outcomes = Counter(patient.neuro_outcome or "not reported" for patient in members)
        rows.append((name, len(members), ", ".join(f"{word} {count}" for word, count in outcomes.most_common())))
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def _strategy(patient: Patient) -> str:
    if patient.operated is None:
        return "treatment not reported"
    if not patient.operated:
        return "no operation"
    words = [f"{patient.approach} operation" if patient.approach else "operation, approach not reported"]
    if patient.resection:
        words.append(f"resection {patient.resection.replace('_', ' ')}")
    words += [name for name, used in (("fixation", patient.fixation), ("radiotherapy", patient.radiotherapy)) if used]
    return ", ".join(words)


def _outcome(patient: Patient) -> str:
    """What is stated of the time after treatment, in one phrase."""
    words = [f"neurology {patient.neuro_outcome.replace('_', ' ')}"] if patient.neuro_outcome else []
    if patient.local_recurrence is not None:
        words.append("local recurrence" if patient.local_recurrence else "no local recurrence")
    if patient.dead is not None:
        words.append("died" if patient.dead else "alive")
    if patient.followup_months is not None:
        words.append(f"followed {patient.followup_months:g} months")
    return ", ".join(words) or "not reported"


def _sentences(nearest: Sequence[Similar], searched: int) -> tuple[str, ...]:
    with_time = sum(item.patient.followup_months is not None and item.patient.dead is not None for item in nearest)
    dead = sum(item.patient.dead is True for item in nearest)
    return (
        f"{len(nearest)} nearest of {searched} reported patients; {with_time} of them have a follow-up time "
        f"with vital status ({dead} died).",
        "These are single published patients, selected by being published. They tell what has been done and "
        "written of; they are no proof of benefit and no forecast for this patient.",
    )


def _same_patient(query: Query, nearest: Sequence[Similar]) -> tuple[str, ...]:
    """Reports that may be of the very patient asked about: none of them is evidence for himself."""
    same = [item.patient.id for item in nearest if _may_be(query, item.patient)]
    if not same:
        return ()
    return (
        f"{', '.join(same)} has the age (within a year), the levels and no other sex than this patient: if it is the "
        "report of this very patient, it counts as no evidence.",
    )


def _may_be(query: Query, patient: Patient) -> bool:
    if query.age_years is None or patient.age_years is None or not query.levels:
        return False
    same_sex = not query.sex or not patient.sex or query.sex == patient.sex
    same_levels = set(query.levels) == set(patient.levels)
    return same_sex and same_levels and abs(query.age_years - patient.age_years) <= 1


@cache
def _table() -> dict[str, Any]:
    return dict(read_yaml("oncospine.evidence", "data", "similarity.yaml"))
