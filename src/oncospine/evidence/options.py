"""What a review holds on one option: who was treated so, what came of it, what series say, and how little that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from oncospine.base import InputError, read_yaml
from oncospine.evidence.brief import PooledFigure, ReviewBrief, TracedStudy
from oncospine.evidence.patient import Patient
from oncospine.evidence.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMatch:
    """Which patients and which arms belong beside an option: facts of `Patient` with the values that count."""

    option: str
    words: str
    patients: Mapping[str, tuple[Any, ...]]
    arms: str

    def counts(self, patient: Patient) -> bool:
        """Every fact is stated of this patient and has one of the values."""
        facts = self.patients.items()
        return not patient.title_only and all(getattr(patient, name) in wanted for name, wanted in facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvidence:
    """Reported patients with one kind of treatment (counts over stated values only) and pooled figures of series."""

    option: str
    words: str
    patients: tuple[str, ...]
    neurology: Mapping[str, int]
    recurrences: int
    recurrence_stated: int
    deaths: int
    status_stated: int
    longest_followup_months: float | None
    pooled: tuple[PooledFigure, ...]
    studies: tuple[TracedStudy, ...]
    sentences: tuple[str, ...]


@cache
def option_matches() -> Mapping[str, OptionMatch]:
    """All options that patients and arms can be matched to, by id, checked once."""
    data = read_yaml("oncospine.evidence", "data", "option_matches.yaml")
    known = {field.name for field in fields(Patient)} | {"irradiated"}
    found = {}
    for option, row in data["options"].items():
        unknown = [name for name in row["patients"] if name not in known]
        if unknown or row.get("arms", "") not in {"", *data["arm_kinds"]}:
            raise InputError(f"option_matches.yaml, {option}: unknown {', '.join(unknown) or row['arms']}")
        wanted = {name: tuple(values) for name, values in row["patients"].items()}
        found[option] = OptionMatch(option=option, words=row["words"], patients=wanted, arms=row.get("arms", ""))
    return found


@cache
def arm_kinds() -> Mapping[str, tuple[str, ...]]:
    """Names of arms by kind of treatment; one that holds others stands before them."""
    data = read_yaml("oncospine.evidence", "data", "option_matches.yaml")["arm_kinds"]
    return {kind: tuple(row["arms"]) for kind, row in data.items()}


def option_evidence(option: str, review: ReviewBrief, *, group: str = "") -> OptionEvidence | None:
    """What the review holds on an option, of patients of one histology group where given; None where nothing can match.

    Treatments that a case table cannot tell apart (such as a biopsy first) have no match, and say nothing.
    """
    match = option_matches().get(option)
    if match is None:
        return None
    chosen = [p for p in review.patients if match.counts(p) and (not group or p.group == group)]
    pooled = tuple(figure for figure in review.pooled if match.arms and figure.kind == match.arms)
    neurology = Counter(patient.neuro_outcome or "not reported" for patient in chosen)
    recurred = [patient.local_recurrence for patient in chosen if patient.local_recurrence is not None]
    status = [patient.dead for patient in chosen if patient.dead is not None]
    keys = {patient.study for patient in chosen} | {arm.series for figure in pooled for arm in figure.arms}
    return OptionEvidence(
        option=option,
        words=match.words,
        patients=tuple(patient.id for patient in chosen),
        neurology=dict(neurology.most_common()),
        recurrences=sum(recurred),
        recurrence_stated=len(recurred),
        deaths=sum(status),
        status_stated=len(status),
        longest_followup_months=max((p.followup_months for p in chosen if p.followup_months is not None), default=None),
        pooled=pooled,
        studies=tuple(study for study in review.studies if study.key in keys),
        sentences=_sentences(match, chosen, recurred, status),
    )


def _sentences(
    match: OptionMatch, chosen: Sequence[Patient], recurred: Sequence[bool], status: Sequence[bool]
) -> tuple[str, ...]:
    if not chosen:
        return (
            f"No patient of this review is stated to have had {match.words}. "
            "That is an absence of reports, not of effect.",
        )
    told = [patient.neuro_outcome for patient in chosen if patient.neuro_outcome]
    improved = sum(outcome in ("improved", "recovered") for outcome in told)
    outcomes = (
        ("neurology", f"neurology improved in {improved} of {len(told)}", len(told)),
        ("local recurrence", f"local recurrence in {sum(recurred)} of {len(recurred)}", len(recurred)),
        ("vital status", f"{sum(status)} of {len(status)} died during follow-up", len(status)),
    )
    known = [text for _, text, n in outcomes if n]
    unknown = [name for name, _, n in outcomes if not n]
    text = f"{counted(len(chosen), 'reported patient')} had {match.words}"
    if known:
        text += f"; of those with a statement: {', '.join(known)}"
    if unknown:
        text += f"; not stated of any: {', '.join(unknown)}"
    return (f"{text}.",)
