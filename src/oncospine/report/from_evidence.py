"""The literature out of a review brief: on each option, and of patients like this one; counts, never advice."""

from __future__ import annotations

from oncospine.evidence.brief import PooledFigure, PrintedSurvival, ReviewBrief, TracedStudy
from oncospine.evidence.for_case import CaseEvidence
from oncospine.evidence.options import OptionEvidence
from oncospine.evidence.similar import Similar
from oncospine.report.view_evidence import EvidenceView, OptionEvidenceView, StudyLine
from oncospine.report.view_parts import Table
from oncospine.report.words import ABSENT, decimal, percent, spoken

SEX = {"F": "woman", "M": "man"}

NO_CASES = "no case evidence in this project"
"""Beside an option of which no patient and no series is known here."""


def evidence_view(evidence: CaseEvidence) -> EvidenceView:
    """The section of the page on one review."""
    review = evidence.review
    return EvidenceView(
        title=review.title,
        question=review.question,
        source=evidence.source,
        certainty=review.certainty,
        certainty_why=review.certainty_why,
        flow=_flow(review),
        sentences=review.sentences,
        similar=_similar_table(evidence),
        similar_notes=(*_treatments(evidence), *evidence.similar.sentences),
        recurrence=_recurrence(review),
        survival=_survival(review),
        disagreements=review.disagreements,
        doubts=review.doubts,
        studies=tuple(_study(study) for study in review.studies),
        notes=evidence.notes,
    )


def option_evidence_view(item: OptionEvidence) -> OptionEvidenceView:
    """What stands beside one option. Patients, arms and studies are named, so that each number can be followed."""
    sentences = list(item.sentences)
    sentences += [
        f"Series, any technique. {_pooled(figure)} {' '.join(figure.sentences[1:])}".strip() for figure in item.pooled
    ]
    sentences += [f"Series of this technique, as published. {text}" for text in _technique(item)]
    return OptionEvidenceView(
        brief=_brief(item),
        sentences=tuple(sentences),
        certainty=_certainty(item),
        patients=", ".join(item.patients),
        studies=tuple(_study(study) for study in item.studies),
    )


def no_review_view() -> OptionEvidenceView:
    """Beside an option of a tumour that no review of this project is about."""
    text = "No case evidence in this project: no review here is about this tumour (`--evidence` names one of your own)."
    return OptionEvidenceView(brief=NO_CASES, sentences=(text,), certainty="", patients="", studies=())


def _brief(item: OptionEvidence) -> str:
    n, arms = len(item.patients), sum(len(figure.arms) for figure in item.pooled)
    series = len({result.series for result in item.technique})
    told = [
        f"{n} reported {'patient' if n == 1 else 'patients'}" if n else "no reported patient",
        f"{arms} {'arm' if arms == 1 else 'arms'} of series" if arms else "",
        f"{series} series of this technique" if series else "",
    ]
    if item.certainty is None:
        return NO_CASES
    known = [text for text in told if text]
    listed = " and ".join([*filter(None, [", ".join(known[:-1])]), known[-1]])
    return f"{listed}; certainty {item.certainty.level}"


def _certainty(item: OptionEvidence) -> str:
    found = item.certainty
    return "" if found is None else f"{found.level} (starts {found.start}; {'; '.join(found.why)})"


def _technique(item: OptionEvidence) -> list[str]:
    """What each series of this very technique prints, as it stands."""
    lines: dict[tuple[str, str], list[str]] = {}
    for result in item.technique:
        size = f", n {result.n_patients}" if result.n_patients is not None else ""
        lines.setdefault((result.series, f"{result.population}, {spoken(result.arm)}{size}"), []).append(result.figure)
    return [f"{series} ({who}): {', '.join(figures)}." for (series, who), figures in lines.items()]


def _pooled(figure: PooledFigure) -> str:
    """One sentence on a pooled figure, with its prediction interval and what it was made of."""
    arms = "; ".join(f"{arm.series} {arm.events}/{arm.total}" for arm in figure.arms)
    if figure.value is None:
        return f"{figure.outcome}: {arms}."
    return (
        f"{figure.outcome}: {percent(figure.value)} (95 % interval {percent(figure.low)} to {percent(figure.high)}, "
        f"prediction interval {percent(figure.prediction_low)} to {percent(figure.prediction_high)}; {figure.method}), "
        f"from {arms}."
    )


def _flow(review: ReviewBrief) -> str:
    if not review.flow:
        return f"No flow of records: {review.flow_missing}."
    count = review.flow
    identified = count["database_results"] + count["register_results"]
    return (
        f"{identified} records identified, {count['duplicates']} duplicates, "
        f"{count['records_screened']} screened, {count['records_excluded']} excluded, {count['dbr_sought_reports']} "
        f"reports sought, {count['dbr_notretrieved_reports']} not retrieved, {count['dbr_assessed']} assessed, "
        f"{count['total_studies']} studies included."
    )


def _similar_table(evidence: CaseEvidence) -> Table:
    nearest = evidence.similar.nearest
    return Table(
        title="The nearest reported patients",
        headings=("Report", "Distance", "Patient", "Levels", "Treatment", "Outcome", "Made of", "Read at"),
        rows=tuple(_similar_row(item) for item in nearest),
        notes=(
            "Distance: 0 the same, 1 quite different; the weighted mean of the parts listed. A part not stated in a "
            "report counts one half. Weights: oncospine default.",
        ),
        words=frozenset({0, 2, 3, 4, 5, 6, 7}),
    )


def _similar_row(item: Similar) -> tuple[str, ...]:
    patient = item.patient
    age = f"{patient.age_years:g}" if patient.age_years is not None else "age not stated"
    who = ", ".join(
        word for word in (age, SEX.get(patient.sex, ""), patient.histology, spoken(patient.disease_class)) if word
    )
    parts = [f"{spoken(name)} {value:.2g}" for name, value in item.parts]
    if item.not_compared:
        parts.append(f"not stated: {', '.join(map(spoken, item.not_compared))}")
    doi = f" (doi {patient.doi})" if patient.doi else ""
    return (
        patient.id,
        decimal(item.distance, digits=2),
        who,
        patient.levels_text or patient.region or ABSENT,
        item.treatment,
        item.outcome,
        "; ".join(parts),
        f"{patient.place}{doi}" or ABSENT,
    )


def _treatments(evidence: CaseEvidence) -> tuple[str, ...]:
    """What was done for the nearest patients, how often, and the neurology reported afterwards; most frequent first."""
    told = [f"{name}: {n} (neurology {outcomes})" for name, n, outcomes in evidence.similar.strategies]
    return (f"What was done for these patients. {'; '.join(told)}.",) if told else ()


def _recurrence(review: ReviewBrief) -> Table | None:
    if not review.pooled:
        return None
    rows = []
    for figure in review.pooled:
        for arm in figure.arms:
            interval = f"{percent(arm.low)} to {percent(arm.high)}" if arm.low is not None else ABSENT
            events = f"{arm.events}/{arm.total}"
            rows.append((f"{arm.series}: {spoken(arm.arm)}", arm.population, events, percent(arm.value), interval))
        if figure.value is not None:
            name = f"Pooled, {figure.kind} ({figure.method})"
            interval = f"{percent(figure.low)} to {percent(figure.high)}"
            rows.append((name, "describes none of the populations above", "", percent(figure.value), interval))
    return Table(
        title="Crude local recurrence in series",
        headings=("Series and arm", "Population", "Events/n", "Share", "95 % interval"),
        rows=tuple(rows),
        words=frozenset({0, 1}),
    )


def _survival(review: ReviewBrief) -> Table:
    rows: list[tuple[str, ...]] = [
        (
            f"patients of this review: {curve.name}",
            f"{curve.n} patients, {curve.events} died" if "recurrence" not in curve.name else f"{curve.n} patients",
            "Kaplan-Meier median",
            curve.median,
            "" if curve.interpretable else "not interpretable: too few events",
        )
        for curve in review.curves
    ]
    rows += [_printed_row(figure) for figure in review.printed]
    return Table(
        title="Survival, listed and not averaged",
        headings=("Source", "Patients", "Figure", "Months", "Clock, reading"),
        rows=tuple(rows),
        words=frozenset({0, 1, 2, 4}),
    )


def _printed_row(figure: PrintedSurvival) -> tuple[str, ...]:
    size = f", n {figure.n_patients}" if figure.n_patients is not None else ""
    interval = f" ({figure.interval})" if figure.interval else ""
    arm = f", {spoken(figure.arm)}" if figure.arm else ""
    return (
        figure.series,
        f"{figure.population}{arm}{size}",
        figure.figure,
        f"{figure.months}{interval}",
        figure.clock,
    )


def _study(study: TracedStudy) -> StudyLine:
    return StudyLine(key=study.key, title=study.title, doi=study.doi, records=", ".join(study.records))
