"""Everything a review has to say, computed from its extraction tables, with the way back to each patient and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oncospine.base import InputError, MeasurementError
from oncospine.evidence.brief import ArmResult, PrintedSurvival, TracedStudy
from oncospine.evidence.certainty import Certainty, certainty, imprecision_facts, judged
from oncospine.evidence.counted import included_reports, prisma_flow, studies_of_reports
from oncospine.evidence.extraction.appraisal import Appraisal, read_appraisals
from oncospine.evidence.extraction.patients import CaseTable, Overlap, overlapping_patients, read_cases
from oncospine.evidence.extraction.series import Doubt, SeriesResult, SeriesTable, read_series, series_doubts
from oncospine.evidence.extraction.typed_table import TypedTable
from oncospine.evidence.group_comparison import GroupComparison, compared_groups
from oncospine.evidence.options import arm_kinds, arms_of_options, outcome_words
from oncospine.evidence.patient import Patient
from oncospine.evidence.pooled_proportions import (
    PooledProportion,
    compared_arms,
    pooled_proportion,
    printed_survival,
)
from oncospine.evidence.prisma import PrismaFlow
from oncospine.evidence.project import Protocol, Review
from oncospine.evidence.records.normal import doi_key, plain_text
from oncospine.evidence.statistics import CumulativeIncidence, TwoByTwo
from oncospine.evidence.survival import SurvivalSynthesis, recurrence_incidence, survival_sample, survival_synthesis

_EMPTY = TypedTable(file="", columns=(), rows=(), problems=())
NO_CASES = CaseTable(table=_EMPTY, patients=(), problems=())
NO_SERIES = SeriesTable(table=_EMPTY, results=(), problems=())
"""A review has patients, or series, or both."""

REVIEW_WORDS = ("systematic review", "meta-analysis", "literature")
"""Populations collected from other reports: their patients may be the ones in the case table."""

OUTCOMES = ("pain", "myelopathy", "operated", "resection", "radiotherapy", "neuro_outcome", "local_recurrence",
            "followup_months", "dead")  # fmt: skip
"""Facts whose completeness is printed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Synthesis:
    """The results of one review."""

    flow: PrismaFlow | None
    flow_missing: str
    cases: CaseTable
    series: SeriesTable
    survival: tuple[SurvivalSynthesis, ...]
    comparison: GroupComparison | None
    recurrence_free: SurvivalSynthesis | None
    incidence: CumulativeIncidence | None
    recurrence: Mapping[str, PooledProportion]
    surgery_against_radiosurgery: TwoByTwo | None
    printed: tuple[PrintedSurvival, ...]
    arm_results: tuple[ArmResult, ...]
    disagreements: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    overlaps: tuple[Overlap, ...]
    reported: dict[str, int]
    certainty: Certainty
    appraisals: tuple[Appraisal, ...]
    studies: tuple[TracedStudy, ...]
    sentences: tuple[str, ...]


def synthesis(review: Review) -> Synthesis:
    """Compute all results of a review that has extraction tables."""
    paths = {name: review.rows_of(name) for name in ("cases", "series")}
    if paths["cases"] is None and paths["series"] is None:
        raise InputError(
            f"{review.folder} has no extraction/cases.csv and no series.csv; run `oncospine evidence extract` first"
        )
    cases = read_cases(paths["cases"]) if paths["cases"] else NO_CASES
    series = read_series(paths["series"]) if paths["series"] else NO_SERIES
    patients = cases.readable
    flow, flow_missing = _flow(review, len(patients))
    printed, disagreements = printed_survival(series.results)
    survival = _survival(patients, review.protocol)
    recurrence_free, incidence = _recurrence(patients)
    return Synthesis(
        flow=flow,
        flow_missing=flow_missing,
        cases=cases,
        series=series,
        survival=survival,
        comparison=compared_groups(patients),
        recurrence_free=recurrence_free,
        incidence=incidence,
        recurrence=_pooled_recurrence(series),
        surgery_against_radiosurgery=_two_arms(series),
        printed=printed,
        arm_results=_arm_results(series),
        disagreements=disagreements,
        doubts=series_doubts(series.results),
        overlaps=overlapping_patients(cases.patients),
        reported={name: sum(getattr(patient, name) not in (None, "") for patient in patients) for name in OUTCOMES},
        certainty=_certainty(survival, review.protocol),
        appraisals=_appraisals(review),
        studies=_studies(review, cases.patients),
        sentences=(*_sentences(cases, series), *_untraced(review, patients)),
    )


def _flow(review: Review, patients: int) -> tuple[PrismaFlow | None, str]:
    try:
        return prisma_flow(review, patients=patients), ""
    except InputError as error:
        return None, str(error)


def _survival(patients: Sequence[Patient], protocol: Protocol) -> tuple[SurvivalSynthesis, ...]:
    """Curves of the groups the review is about (else its largest), of all, of those whose status is stated outright."""
    sizes = Counter(patient.group for patient in patients if patient.group)
    groups = dict.fromkeys(protocol.histologies.values()) or [group for group, _ in sizes.most_common(1)]
    wanted: list[tuple[str, list[Patient], bool]] = [
        (group.replace("_", " "), [patient for patient in patients if patient.group == group], False)
        for group in groups
    ]
    wanted += [("all groups", list(patients), False), ("all groups, status stated", list(patients), True)]
    found: list[SurvivalSynthesis] = []
    for name, members, stated in wanted:
        try:
            sample = survival_sample(members, stated_only=stated)
        except MeasurementError:
            continue
        if all(sample.ids != earlier.sample.ids for earlier in found):
            found.append(survival_synthesis(name, sample))
    return tuple(found)


def _recurrence(patients: Sequence[Patient]) -> tuple[SurvivalSynthesis | None, CumulativeIncidence | None]:
    try:
        free = survival_synthesis("free of local recurrence", survival_sample(patients, endpoint="local recurrence"))
        return free, recurrence_incidence(patients)[0]
    except MeasurementError:
        return None, None


def _crude_recurrence(series: SeriesTable) -> list[SeriesResult]:
    return [result for result in series.results if result.core and result.metric == "local_recurrence_crude"]


def _pooled_recurrence(series: SeriesTable) -> dict[str, PooledProportion]:
    """Crude local recurrence in the core series, by kind of treatment; arms of no known kind are left out.

    Of a series that prints several arms of one kind the first one named in the table of kinds enters: the others are
    parts of it, and a patient must not count twice.
    """
    found = {}
    for kind, arms in arm_kinds().items():
        rows = [result for result in _crude_recurrence(series) if result.arm in arms]
        rows.sort(key=lambda result: arms.index(result.arm))
        whole = {result.series: result for result in reversed(rows)}
        kept = [result for result in _crude_recurrence(series) if whole.get(result.series) is result]
        if kept:
            found[kind] = pooled_proportion(f"Crude local recurrence after {kind}", kept)
    return found


def _unpooled_arms(series: SeriesTable) -> list[str]:
    known = {arm for arms in arm_kinds().values() for arm in arms}
    return sorted({result.arm for result in _crude_recurrence(series)} - known)


def _two_arms(series: SeriesTable) -> TwoByTwo | None:
    """Surgery against radiosurgery within one series that reports both."""
    kinds = arm_kinds()
    for surgery in _crude_recurrence(series):
        for other in _crude_recurrence(series):
            if surgery.series == other.series and surgery.arm == "surgery" and other.arm in kinds["radiosurgery"]:
                return compared_arms(surgery, other)
    return None


def _arm_results(series: SeriesTable) -> tuple[ArmResult, ...]:
    """Outcomes that series print for one technique of treatment, as they stand; context series too."""
    words, arms = outcome_words(), arms_of_options()
    return tuple(
        ArmResult(
            series=result.series,
            doi=result.doi,
            population=result.population,
            arm=result.arm,
            n_patients=result.n_patients,
            figure=_figure(result, words[result.metric]),
        )
        for result in series.results
        if result.arm in arms and result.metric in words
    )


def _figure(result: SeriesResult, words: str) -> str:
    at = f" at {result.time_months:g} months" if result.time_months is not None else ""
    count = f" ({result.events} of {result.denominator})" if result.events is not None else ""
    unit = " %" if result.unit == "percent" else f" {result.unit}"
    return f"{words}{at} {result.value_text}{unit}{count}"


def _appraisals(review: Review) -> tuple[Appraisal, ...]:
    path = review.rows_of("appraisal")
    return read_appraisals(path)[0] if path else ()


def _certainty(survival: Sequence[SurvivalSynthesis], protocol: Protocol) -> Certainty:
    """The judgement in review.yaml, else that of case reports: very low for any comparison. The facts are computed."""
    facts: tuple[str, ...] = ()
    if survival:
        first = survival[0]
        point = first.curve.at(float(first.curve.times[-1]))
        facts = imprecision_facts(events=first.curve.n_events, patients=first.curve.n, low=point.low, high=point.high)
    if "start" in protocol.certainty:
        return judged(protocol.certainty, question=protocol.question, facts=facts)
    return certainty(
        "Does an operation change survival or recurrence in these patients?",
        start="low",
        steps=(("risk of bias", -1, "single case reports without comparison, selected by being published"),),
        facts=facts,
    )


def _studies(review: Review, patients: Sequence[Patient]) -> tuple[TracedStudy, ...]:
    study = studies_of_reports(review)
    members = {group.leader: group for group in review.unique.groups}
    found: dict[str, list[str]] = {}
    for report in included_reports(review):
        found.setdefault(study.get(report, report), []).append(report)
    by_study: dict[str, list[str]] = {}
    for patient in patients:
        by_study.setdefault(patient.study, []).append(patient.id)
    return tuple(
        TracedStudy(
            key=key,
            records=tuple(record for report in reports for record in members[report].members),
            title=plain_text(members[reports[0]].merged.title),
            doi=doi_key(members[reports[0]].merged.doi),
            patients=tuple(by_study.get(key, ())),
        )
        for key, reports in sorted(found.items())
    )


def _sentences(cases: CaseTable, series: SeriesTable) -> tuple[str, ...]:
    patients = cases.readable
    groups = Counter(patient.group or "group not reported" for patient in patients)
    parts = ", ".join(f"{group.replace('_', ' ')} {count}" for group, count in groups.most_common())
    title_only = len(cases.patients) - len(patients)
    found = [
        f"{len(patients)} patients ({parts}); {title_only} more are known from a title only and enter no analysis.",
    ]
    collected = sorted({r.series for r in series.results if r.core and any(w in r.population for w in REVIEW_WORDS)})
    if collected:
        found.append(
            f"{', '.join(collected)} collected published cases: the patients of the case table may be among theirs, so "
            "their totals are never added to it."
        )
    if unknown := _unpooled_arms(series):
        found.append(
            f"Local recurrence of the arms {', '.join(unknown)} was not pooled: they are named neither as surgery nor "
            "as radiosurgery."
        )
    return tuple(found)


def _untraced(review: Review, patients: Sequence[Patient]) -> tuple[str, ...]:
    """Patients that lead back to no included report: named, because their figures cannot be followed."""
    study = studies_of_reports(review)
    known = {study.get(report, report) for report in included_reports(review)}
    lost = sorted({patient.study for patient in patients} - known) if known else []
    if not lost:
        return ()
    return (f"Patients of {', '.join(lost)} belong to no included report (study_key in cases.csv, studies.csv).",)
