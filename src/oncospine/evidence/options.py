"""What a review holds on one option: who was treated so, what came of it, what series say, and how little that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from oncospine.base import InputError, read_yaml
from oncospine.evidence.brief import ArmResult, PooledFigure, ReviewBrief, TracedStudy
from oncospine.evidence.certainty import Certainty, certainty, judged
from oncospine.evidence.patient import Patient
from oncospine.evidence.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMatch:
    """Which patients and which arms belong beside an option: facts of `Patient` with the values that count.

    `why_not` tells, where nothing can be matched, why a case table cannot tell the option apart.
    """

    option: str
    words: str
    patients: Mapping[str, tuple[Any, ...]]
    arms: str
    technique: tuple[str, ...]
    why_not: str

    def counts(self, patient: Patient) -> bool:
        """Every fact is stated of this patient and has one of the values."""
        facts = self.patients.items()
        told = all(getattr(patient, name) in wanted for name, wanted in facts)
        return not self.why_not and not patient.title_only and told


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvidence:
    """Reported patients with one kind of treatment (counts over stated values only) and figures of series.

    `certainty` is None where there is neither patient nor series: then nothing is known, which is less than little.
    """

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
    technique: tuple[ArmResult, ...]
    studies: tuple[TracedStudy, ...]
    certainty: Certainty | None
    sentences: tuple[str, ...]


@cache
def _data() -> Mapping[str, Any]:
    return dict(read_yaml("oncospine.evidence", "data", "option_matches.yaml"))


@cache
def option_matches() -> Mapping[str, OptionMatch]:
    """All options by id, checked once: what can be matched to them, or why nothing can."""
    known = {field.name for field in fields(Patient)} | {"irradiated"}
    found = {}
    for option, row in _data()["options"].items():
        unknown = [name for name in row.get("patients", ()) if name not in known]
        if unknown or row.get("arms", "") not in {"", *_data()["arm_kinds"]}:
            raise InputError(f"option_matches.yaml, {option}: unknown {', '.join(unknown) or row['arms']}")
        found[option] = OptionMatch(
            option=option,
            words=row.get("words", ""),
            patients={name: tuple(values) for name, values in row.get("patients", {}).items()},
            arms=row.get("arms", ""),
            technique=tuple(row.get("technique", ())),
            why_not=row.get("why_not", ""),
        )
    return found


@cache
def arm_kinds() -> Mapping[str, tuple[str, ...]]:
    """Names of arms by kind of treatment; one that holds others stands before them."""
    return {kind: tuple(row["arms"]) for kind, row in _data()["arm_kinds"].items()}


def arms_of_options() -> frozenset[str]:
    """Arms of series that are of the technique of one option."""
    return frozenset(arm for match in option_matches().values() for arm in match.technique)


def outcome_words() -> Mapping[str, str]:
    """Outcomes of series that are listed beside an option, and how they are called."""
    return dict(_data()["outcomes"])


def options_of_review(review: ReviewBrief, *, group: str = "") -> tuple[OptionEvidence, ...]:
    """What the review holds on every option; those with case evidence first."""
    groups = sorted({patient.group for patient in review.patients})
    if group and group not in groups:
        raise InputError(f"no patient of this review is of group '{group}'; its groups are {', '.join(groups)}")
    found = [option_evidence(option, review, group=group) for option in option_matches()]
    return tuple(sorted(found, key=lambda item: item.certainty is None))


def option_evidence(option: str, review: ReviewBrief, *, group: str = "") -> OptionEvidence:
    """What the review holds on an option, of patients of one histology group where given.

    Of treatments that a case table cannot tell apart (such as a biopsy first) it says just that.
    """
    match = option_matches().get(option)
    if match is None:
        raise InputError(f"unknown option '{option}', expected one of {', '.join(option_matches())}")
    chosen = [p for p in review.patients if match.counts(p) and (not group or p.group == group)]
    pooled = tuple(figure for figure in review.pooled if match.arms and figure.kind == match.arms)
    technique = tuple(result for result in review.arm_results if result.arm in match.technique)
    neurology = Counter(patient.neuro_outcome or "not reported" for patient in chosen)
    recurred = [patient.local_recurrence for patient in chosen if patient.local_recurrence is not None]
    status = [patient.dead for patient in chosen if patient.dead is not None]
    keys = {patient.study for patient in chosen} | {arm.series for figure in pooled for arm in figure.arms}
    keys |= {result.series for result in technique}
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
        technique=technique,
        studies=tuple(study for study in review.studies if study.key in keys),
        certainty=_certainty(match, chosen, pooled, technique, row=review.judged.get(option)),
        sentences=_sentences(match, chosen, recurred, status),
    )


def _certainty(
    match: OptionMatch,
    chosen: Sequence[Patient],
    pooled: Sequence[PooledFigure],
    technique: Sequence[ArmResult],
    *,
    row: Mapping[str, Any] | None,
) -> Certainty | None:
    """The judgement of the team on this option, else that of reports without comparison; None without any report."""
    arms = [arm for figure in pooled for arm in figure.arms]
    if not (chosen or arms or technique):
        return None
    facts = [f"{counted(len(chosen), 'reported patient')} with {match.words}"]
    told = sum(p.local_recurrence is not None or p.dead is not None or bool(p.neuro_outcome) for p in chosen)
    facts += [f"an outcome is stated of {told}"] if chosen else []
    if arms:
        events, total = sum(arm.events for arm in arms), sum(arm.total for arm in arms)
        of_series = f"{counted(len(arms), 'arm')} of series of any technique"
        facts.append(f"{events} of {total} patients had a local recurrence in {of_series}")
    if technique:
        facts.append(f"{counted(len({result.series for result in technique}), 'series')} of this technique")
    question = f"The outcome after {match.words}, against that after another treatment."
    if row is not None:
        return judged(row, question=question, facts=tuple(facts))
    default = _data()["certainty"]
    names = ["patients" if chosen else "series", *(["any_technique"] if not (chosen or technique) else [])]
    steps = tuple((default[name]["reason"], default[name]["step"], default[name]["why"]) for name in names)
    return certainty(question, start=default["start"], steps=steps, facts=tuple(facts))


def _sentences(
    match: OptionMatch, chosen: Sequence[Patient], recurred: Sequence[bool], status: Sequence[bool]
) -> tuple[str, ...]:
    if match.why_not:
        return (f"No case evidence in this review: {match.why_not}.",)
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
