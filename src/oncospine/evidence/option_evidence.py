"""What a review holds on one way of treating: who had it, what came of it, and how little that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from oncospine.evidence.extraction import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvidence:
    """Reported patients with one kind of treatment: counts over stated values only, each with the number not stated."""

    option: str
    patients: tuple[str, ...]
    studies: tuple[str, ...]
    neurology: dict[str, int]
    recurrences: int
    recurrence_stated: int
    deaths: int
    status_stated: int
    longest_followup_months: float | None
    sentences: tuple[str, ...]


def option_evidence(
    option: str,
    patients: Sequence[Patient],
    *,
    approach: str = "",
    resections: frozenset[str] = frozenset(),
    radiotherapy: bool = False,
    groups: frozenset[str] = frozenset({"malignant"}),
) -> OptionEvidence:
    """Readable patients of the given histology groups whose treatment is stated to be of this kind."""
    chosen = [
        patient
        for patient in patients
        if not patient.title_only
        and patient.group in groups
        and (not approach or patient.approach == approach)
        and (not resections or patient.resection in resections)
        and (not radiotherapy or patient.radiotherapy or patient.radiosurgery)
        and (patient.operated or radiotherapy)
    ]
    neurology = Counter(patient.neuro_outcome or "not reported" for patient in chosen)
    times = [patient.followup_months for patient in chosen if patient.followup_months is not None]
    recurred = [patient.local_recurrence for patient in chosen if patient.local_recurrence is not None]
    status = [patient.dead for patient in chosen if patient.dead is not None]
    return OptionEvidence(
        option=option,
        patients=tuple(patient.id for patient in chosen),
        studies=tuple(dict.fromkeys(patient.study for patient in chosen)),
        neurology=dict(neurology.most_common()),
        recurrences=sum(recurred),
        recurrence_stated=len(recurred),
        deaths=sum(status),
        status_stated=len(status),
        longest_followup_months=max(times, default=None),
        sentences=_sentences(option, len(chosen), len(recurred), len(status)),
    )


def _sentences(option: str, n: int, recurrence: int, status: int) -> tuple[str, ...]:
    if n == 0:
        return (f"No reported patient of this review had: {option}. That is an absence of reports, not of effect.",)
    return (
        f"{n} reported {'patient' if n == 1 else 'patients'} had: {option}. Local recurrence is stated for "
        f"{recurrence}, vital status for {status}.",
        "Certainty is very low: single published cases show that an operation has been done, not that it works. "
        "Evidence is insufficient; options are for the team to discuss.",
    )
