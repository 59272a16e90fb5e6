"""Survival of the extracted patients: who enters, what the clock is, and how little the curve may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from oncospine.base import MeasurementError
from oncospine.evidence.patient import Patient
from oncospine.evidence.statistics import (
    FEWEST_EVENTS,
    CumulativeIncidence,
    KaplanMeier,
    Median,
    cumulative_incidence,
    kaplan_meier,
    reverse_kaplan_meier,
)
from oncospine.evidence.statistics.follow_up import Bools, Floats, Ints
from oncospine.evidence.words import counted

Endpoint = Literal["death", "local recurrence"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Patients that enter one curve, and why the others do not (reason -> number)."""

    endpoint: Endpoint
    ids: tuple[str, ...]
    studies: tuple[str, ...]
    times: Floats
    events: Bools
    left_out: Mapping[str, int]
    n_implied: int
    n_reconstructed: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalSynthesis:
    """One pooled patient-level curve with the sentences that must stand beside it."""

    name: str
    sample: Sample
    curve: KaplanMeier
    median: Median
    followup: Median
    interpretable: bool
    sentences: tuple[str, ...]


def survival_sample(patients: Sequence[Patient], *, endpoint: Endpoint = "death", stated_only: bool = False) -> Sample:
    """Times in months and events; title-only rows, and patients without time or status, are counted and left out."""
    left_out: Counter[str] = Counter()
    kept: list[tuple[Patient, float, bool]] = []
    for patient in patients:
        reason, time, event = _time_and_event(patient, endpoint, stated_only=stated_only)
        if reason:
            left_out[reason] += 1
        elif time is not None:
            kept.append((patient, time, event))
    if not kept:
        raise MeasurementError(f"no patient has a time and a status for {endpoint}: there is no curve to draw")
    chosen = [patient for patient, _, _ in kept]
    return Sample(
        endpoint=endpoint,
        ids=tuple(patient.id for patient in chosen),
        studies=tuple(patient.study for patient in chosen),
        times=np.array([time for _, time, _ in kept]),
        events=np.array([event for _, _, event in kept], dtype=np.bool_),
        left_out=dict(left_out),
        n_implied=sum(patient.status_basis == "implied" for patient in chosen) if endpoint == "death" else 0,
        n_reconstructed=sum(patient.origin == "reconstructed" for patient in chosen),
        warnings=clock_warnings(chosen),
    )


def _time_and_event(patient: Patient, endpoint: Endpoint, *, stated_only: bool) -> tuple[str, float | None, bool]:
    if patient.title_only:
        return "known from a title only", None, False
    if endpoint == "death":
        if patient.dead is None:
            return "vital status not reported", None, False
        if patient.followup_months is None:
            return "follow-up time not reported", None, False
        if stated_only and patient.status_basis != "stated":
            return "vital status implied, not stated", None, False
        return "", patient.followup_months, patient.dead
    if patient.local_recurrence is None:
        return "local recurrence not reported", None, False
    time = patient.local_recurrence_months if patient.local_recurrence else patient.followup_months
    if time is None:
        return "time of recurrence or follow-up not reported", None, False
    return "", time, patient.local_recurrence


def clock_warnings(patients: Sequence[Patient]) -> tuple[str, ...]:
    """Warnings about where the clock starts and about time in which nobody could die."""
    found = []
    starts = Counter(patient.time_zero or "not recorded" for patient in patients)
    if set(starts) != {next(iter(starts))} or "not recorded" in starts:
        parts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in starts.most_common())
        found.append(f"Clock start: {parts}. Times from different starts on one curve are not one survival.")
    treated = sum(patient.operated is True for patient in patients)
    if treated:
        found.append(
            f"Immortal time: {treated} of {len(patients)} patients had an operation, and had to live until it to be "
            "counted as operated; the curve is no comparison of operated with other patients."
        )
    found.append("Selection: case reports favour survivors and the unusual; a pooled curve of them is not a cohort.")
    return tuple(found)


def survival_synthesis(name: str, sample: Sample) -> SurvivalSynthesis:
    """Kaplan-Meier curve of a sample; with fewer than five events it is called not interpretable."""
    curve = kaplan_meier(sample.times, sample.events)
    interpretable = curve.interpretable
    events = curve.n_events
    sentences = [
        f"{counted(curve.n, 'patient')} from {counted(len(set(sample.studies)), 'study')}, {counted(events, 'event')} "
        f"({sample.endpoint}).",
    ]
    if not interpretable:
        sentences.append(
            f"{'One event' if events == 1 else f'{events} events'}; not interpretable: a curve needs at least "
            f"{FEWEST_EVENTS} events before its level says anything."
        )
    missing = ", ".join(f"{reason} {count}" for reason, count in sample.left_out.items())
    sentences.append(f"Left out: {missing}." if missing else "No patient was left out.")
    if sample.n_implied:
        sentences.append(f"Vital status of {sample.n_implied} is implied by a later observation, not stated.")
    if sample.n_reconstructed:
        verb = "is" if sample.n_reconstructed == 1 else "are"
        sentences.append(f"{counted(sample.n_reconstructed, 'patient')} {verb} rebuilt from printed curves.")
    return SurvivalSynthesis(
        name=name,
        sample=sample,
        curve=curve,
        median=curve.median(),
        followup=reverse_kaplan_meier(sample.times, sample.events).median(),
        interpretable=interpretable,
        sentences=(*sentences, *sample.warnings),
    )


def recurrence_incidence(patients: Sequence[Patient]) -> tuple[CumulativeIncidence, tuple[str, ...]]:
    """Cumulative incidence of local recurrence with death as the competing event, and the ids that entered."""
    times: list[float] = []
    states: list[int] = []
    ids = []
    for patient in patients:
        if patient.title_only or patient.local_recurrence is None:
            continue
        time = patient.local_recurrence_months if patient.local_recurrence else patient.followup_months
        if time is None:
            continue
        times.append(time)
        states.append(1 if patient.local_recurrence else 2 if patient.dead else 0)
        ids.append(patient.id)
    if not times:
        raise MeasurementError("no patient has a statement on local recurrence with a time")
    coded: Ints = np.array(states, dtype=np.int64)
    return cumulative_incidence(times, coded), tuple(ids)
