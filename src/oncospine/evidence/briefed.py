"""What is kept of a synthesis: figures with every id, without the arrays behind them."""

from __future__ import annotations

from oncospine.evidence.brief import (
    BRIEF_VERSION,
    CurveFigure,
    PooledFigure,
    ReviewBrief,
    review_state,
)
from oncospine.evidence.figures.curves import printed_median
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
        certainty_why=result.certainty.why,
        judged=dict(review.protocol.certainty.get("options") or {}),
        patients=result.cases.readable,
        pooled=tuple(_pooled(kind, item) for kind, item in result.recurrence.items()),
        curves=tuple(map(_curve, curves)),
        printed=result.printed,
        arm_results=result.arm_results,
        disagreements=result.disagreements,
        doubts=tuple(f"{doubt.series}: {doubt.text}" for doubt in result.doubts),
        studies=result.studies,
        detail={
            "stated_facts": result.reported,
            "groups_compared": result.comparison.sentences if result.comparison else (),
            "surgery_against_radiosurgery": result.surgery_against_radiosurgery,
            "appraisals": result.appraisals,
            "patients_perhaps_twice": result.overlaps,
            "problems": [str(problem) for problem in (*result.cases.problems, *result.series.problems)],
        },
        state=review_state(review.folder),
    )


def _curve(item: SurvivalSynthesis) -> CurveFigure:
    return CurveFigure(
        name=item.name,
        n=item.curve.n,
        events=item.curve.n_events,
        median=printed_median(item.median),
        followup=printed_median(item.followup),
        interpretable=item.interpretable,
        patients=item.sample.ids,
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
        tau2=item.pooled.tau2 if item.pooled else None,
        method=estimate.method if estimate else "",
        sentences=item.sentences,
    )
