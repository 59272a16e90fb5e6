"""What is kept of a synthesis: the summary with every id, and the brief that is read beside a patient."""

from __future__ import annotations

from dataclasses import fields

from oncospine.base import to_json, write_atomically
from oncospine.evidence.brief import (
    BRIEF_FILE,
    BRIEF_VERSION,
    CurveFigure,
    PooledFigure,
    ReviewBrief,
    review_state,
)
from oncospine.evidence.figures import printed_median
from oncospine.evidence.pooled_proportions import PooledProportion
from oncospine.evidence.project import Review
from oncospine.evidence.review_synthesis import Synthesis
from oncospine.evidence.survival import SurvivalSynthesis


def brief_of(review: Review, result: Synthesis) -> ReviewBrief:
    """What the review has to say, without the arrays behind it."""
    curves = (*result.survival, *((result.recurrence_free,) if result.recurrence_free else ()))
    return ReviewBrief(
        version=BRIEF_VERSION,
        title=review.protocol.title,
        question=review.protocol.question,
        histologies=dict(review.protocol.histologies),
        flow=result.flow.counts() if result.flow else {},
        flow_missing=result.flow_missing,
        sentences=result.sentences,
        certainty=result.certainty.level,
        certainty_why=(*(f"{reason}: {why}" for reason, _, why in result.certainty.steps), *result.certainty.facts),
        patients=result.cases.readable,
        pooled=tuple(_pooled(kind, item) for kind, item in result.recurrence.items()),
        curves=tuple(map(_curve, curves)),
        printed=result.printed,
        disagreements=result.disagreements,
        doubts=tuple(f"{doubt.series}: {doubt.text}" for doubt in result.doubts),
        studies=result.studies,
        state=review_state(review.folder),
    )


def write_brief(review: Review, result: Synthesis) -> None:
    """Write results/evidence.json, which `oncospine plan` reads."""
    write_atomically(review.folder / "results" / BRIEF_FILE, to_json(brief_of(review, result)))


def _curve(item: SurvivalSynthesis) -> CurveFigure:
    return CurveFigure(
        name=item.name,
        n=item.curve.n,
        events=item.curve.n_events,
        median=printed_median(item.median),
        followup=printed_median(item.followup),
        interpretable=item.interpretable,
        sentences=item.sentences,
    )


def _pooled(kind: str, item: PooledProportion) -> PooledFigure:
    estimate, prediction = item.estimate, item.prediction or (None, None)
    return PooledFigure(
        kind=kind,
        outcome=item.outcome,
        arms=item.studies,
        value=estimate.value if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        prediction_low=prediction[0],
        prediction_high=prediction[1],
        method=estimate.method if estimate else "",
        sentences=item.sentences,
    )


def summary(result: Synthesis) -> dict[str, object]:
    """The synthesis as plain data for results/synthesis.json: estimates, ids, and nothing that was not computed."""
    curves = (*result.survival, *((result.recurrence_free,) if result.recurrence_free else ()))
    return {
        "flow": result.flow.counts() if result.flow else {"not_drawn": result.flow_missing},
        "sentences": result.sentences,
        "reported_facts": result.reported,
        "curves": [
            {
                "name": item.name,
                "patients": item.sample.ids,
                "events": item.curve.n_events,
                "median": {f.name: getattr(item.median, f.name) for f in fields(item.median)},
                "followup_median": item.followup.value,
                "interpretable": item.interpretable,
                "sentences": item.sentences,
            }
            for item in curves
        ],
        "recurrence": {kind: _plain_pooled(pooled) for kind, pooled in result.recurrence.items()},
        "surgery_against_radiosurgery": result.surgery_against_radiosurgery,
        "printed_survival": result.printed,
        "disagreements": result.disagreements,
        "doubts": result.doubts,
        "overlaps": result.overlaps,
        "certainty": result.certainty,
        "appraisals": result.appraisals,
        "studies": result.studies,
        "problems": [str(problem) for problem in (*result.cases.problems, *result.series.problems)],
    }


def _plain_pooled(pooled: PooledProportion) -> dict[str, object]:
    return {
        "studies": pooled.studies,
        "estimate": pooled.estimate,
        "prediction": pooled.prediction,
        "tau2": pooled.pooled.tau2 if pooled.pooled else None,
        "sentences": pooled.sentences,
    }
