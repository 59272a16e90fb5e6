"""Proportions of series pooled, or shown side by side; medians are explained, never pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from oncospine.base import InputError
from oncospine.evidence.brief import ArmFigure, PrintedSurvival
from oncospine.evidence.extraction.series import SeriesResult
from oncospine.evidence.statistics import (
    FEWEST_FOR_EGGER,
    FEWEST_STUDIES,
    Interval,
    MixedModel,
    Pooled,
    TwoByTwo,
    binomial_normal,
    double_arcsine_effects,
    egger_test,
    from_double_arcsine,
    from_logit,
    harmonic_mean,
    leave_one_out,
    logit_effects,
    pool,
    proportion,
    two_by_two,
)
from oncospine.evidence.words import counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledProportion:
    """Proportions of several studies. `pooled` is None where there are fewer than three: the studies stand alone.

    The transform (logit) and the method (REML, Hartung-Knapp floored at 1) are fixed before looking; the
    binomial-normal model and the double arcsine are sensitivity. `prediction` is where a new study would lie.
    """

    outcome: str
    studies: tuple[ArmFigure, ...]
    pooled: Pooled | None
    estimate: Interval | None
    prediction: tuple[float, float] | None
    mixed: MixedModel | None
    double_arcsine: float | None
    without_each: tuple[tuple[str, float], ...]
    heterogeneous: tuple[str, ...]
    sentences: tuple[str, ...]


def pooled_proportion(outcome: str, results: Sequence[SeriesResult]) -> PooledProportion:
    """Pool events of denominators of one outcome over independent series."""
    studies = tuple(_study(result) for result in results)
    repeated = {study.series for study in studies if sum(other.series == study.series for other in studies) > 1}
    if repeated:
        raise InputError(
            f"{', '.join(sorted(repeated))} would enter twice: arms of one series are not "
            "independent studies; pool one arm"
        )
    populations = tuple(dict.fromkeys(study.population for study in studies))
    heterogeneous = populations if len(populations) > 1 else ()
    sentences = _sentences(outcome, studies, heterogeneous)
    if len(studies) < FEWEST_STUDIES:
        text = f"{counted(len(studies), 'study')}: fewer than {FEWEST_STUDIES}, so each is shown by itself, not pooled."
        return PooledProportion(
            outcome=outcome, studies=studies, pooled=None, estimate=None, prediction=None, mixed=None,
            double_arcsine=None, without_each=(), heterogeneous=heterogeneous, sentences=(*sentences, text),
        )  # fmt: skip
    x, n = [study.events for study in studies], [study.total for study in studies]
    effects = logit_effects(x, n)
    pooled = pool(*effects)
    arcsine = pool(*double_arcsine_effects(x, n), test="normal")
    estimate = Interval(
        value=from_logit(pooled.estimate),
        low=from_logit(pooled.low),
        high=from_logit(pooled.high),
        method="logit, REML, Hartung-Knapp floored at 1",
    )
    low, high = pooled.prediction()
    left = leave_one_out(*effects) if len(studies) > FEWEST_STUDIES else ()
    without_each = tuple((s.label, from_logit(p.estimate)) for s, p in zip(studies, left, strict=False))
    return PooledProportion(
        outcome=outcome,
        studies=studies,
        pooled=pooled,
        estimate=estimate,
        prediction=(from_logit(low), from_logit(high)),
        mixed=binomial_normal(x, n),
        double_arcsine=from_double_arcsine(arcsine.estimate, harmonic_mean(n)),
        without_each=without_each,
        heterogeneous=heterogeneous,
        sentences=(*sentences, *_sensitivity(without_each), *_small_studies(*effects)),
    )


def compared_arms(first: SeriesResult, second: SeriesResult) -> TwoByTwo:
    """Crude events of two arms of one series against each other."""
    one, other = _study(first), _study(second)
    return two_by_two(one.events, one.total, other.events, other.total)


def _study(result: SeriesResult) -> ArmFigure:
    if result.events is None or result.denominator is None:
        raise InputError(f"row {result.row} ({result.series}, {result.metric}) has no count: only counts can be pooled")
    share = proportion(result.events, result.denominator)
    return ArmFigure(
        series=result.series,
        arm=result.arm,
        population=result.population,
        events=result.events,
        total=result.denominator,
        value=share.value,
        low=share.low,
        high=share.high,
    )


def _sentences(outcome: str, studies: Sequence[ArmFigure], heterogeneous: Sequence[str]) -> tuple[str, ...]:
    events, total = sum(study.events for study in studies), sum(study.total for study in studies)
    size = f"{counted(events, 'event')} in {counted(total, 'patient')} of {counted(len(studies), 'study')}"
    found = [f"{outcome}: {size}."]
    if heterogeneous:
        found.append(
            "The populations differ (" + "; ".join(heterogeneous) + "): a pooled figure describes none of them, "
            "and each study is shown."
        )
    return tuple(found)


def _sensitivity(without_each: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """How far one study alone moves the pooled share."""
    if not without_each:
        return ()
    least, most = (pick(without_each, key=lambda item: item[1]) for pick in (min, max))
    return (
        f"Leaving out one study at a time: {least[1]:.0%} (without {least[0]}) to {most[1]:.0%} (without {most[0]}).",
    )


def _small_studies(effects: ArrayLike, variances: ArrayLike) -> tuple[str, ...]:
    """Egger's regression where there are enough studies for it."""
    if np.size(effects) < FEWEST_FOR_EGGER:
        return ()
    found = egger_test(effects, variances)
    return (f"Small-study effects (Egger, {found.k} studies): z {found.z:.2f}, p {found.p:.2f}.",)


MEDIANS = {
    "os_median": "overall survival, clock start as defined by each source (not visible in the abstract)",
    "survival_median": "survival, clock start not visible in the abstract",
    "survival_mean": "mean, not median; clock start not visible in the abstract",
    "survival_after_spinal_metastasis_median": "from the spinal metastasis on",
}
"""Survival figures that must not be averaged, and from when each counts as far as the source says."""


def printed_survival(results: Sequence[SeriesResult]) -> tuple[tuple[PrintedSurvival, ...], tuple[str, ...]]:
    """Printed medians and means of the core series, shortest first, and why they differ."""
    rows = [
        PrintedSurvival(
            series=result.series,
            doi=result.doi,
            population=result.population,
            arm=result.arm,
            n_patients=result.n_patients,
            figure=result.metric.replace("os_", "overall_survival_").replace("_", " "),
            value=result.value if isinstance(result.value, float) else None,
            interval=_interval(result),
            clock=MEDIANS[result.metric],
        )
        for result in results
        if result.core and result.metric in MEDIANS and result.value is not None
    ]
    rows.sort(key=lambda row: (row.value is None, row.value or 0.0))
    known = [row for row in rows if row.value is not None]
    if len(known) < 2:
        return tuple(rows), ()
    text = (
        f"Printed survival runs from {known[0].months} to {known[-1].months} months. The sources start the clock at "
        "different events (operation, spinal metastasis, diagnosis of the primary), select different patients "
        "(operated, bone metastases of any site, published cases) and mix means with medians. The figures are listed, "
        "not averaged."
    )
    ends = (
        f"The shortest, {_told(known[0])}; the longest, {_told(known[-1])}. Each figure answers another question, and "
        "none of them is a forecast for one patient."
    )
    return tuple(rows), (text, ends)


def _told(row: PrintedSurvival) -> str:
    size = f", {row.n_patients} patients" if row.n_patients is not None else ""
    return (
        f"{row.months} months ({row.series}), is a {row.figure} in: {row.population}, {row.arm.replace('_', ' ')}"
        f"{size}; clock: {row.clock}"
    )


def _interval(result: SeriesResult) -> str:
    if result.low is None or result.high is None:
        return ""
    names = {"95ci": "95 % interval", "95ci_assumed": "interval not labelled, taken as 95 %", "iqr": "quartiles"}
    kind = names.get(result.interval_type, result.interval_type.replace("_", " "))
    return f"{result.low:g} to {result.high:g}, {kind}"
