"""Survival from several scores: the range of classes (never an average in months), and a recalibrated ensemble."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from oncospine.base import InputError, Verification, read_yaml
from oncospine.scores.score import Score

CLASSES = ("<3", "3-6", "6-12", ">12")
"""Survival classes in months, worst first; oncospine's own mapping of the published bands."""

HORIZONS = (6, 12, 24)
"""Months at which the ensemble can be asked."""

UPPER_TAIL = 0.975
"""Probability below the upper end of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalRange:
    """Classes over all complete scores: lowest, highest and the middle one (both where two are in the middle).

    `reachable` is the widest range: with every class that incomplete scores can still give.
    `per_score` keeps every score's class and band; `flags` say why the scores may mislead for this patient.
    """

    lowest: str | None
    highest: str | None
    median: tuple[str, ...]
    reachable: tuple[str, str] | None
    per_score: Mapping[str, str]
    bands: Mapping[str, str]
    eras: Mapping[str, str]
    left_out: tuple[str, ...]
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    verification: Verification = Verification.PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """One survival estimate at one horizon with its 95 % interval, or why there is none.

    It describes groups in historical cohorts and not one patient.
    """

    months: int
    percent: float | None
    low: float | None
    high: float | None
    used: Mapping[str, float]
    reason: str | None
    notes: tuple[str, ...]
    citations: tuple[str, ...]
    verification: Verification = Verification.PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """logit(found elsewhere) = intercept + slope x logit(published), with the residual standard deviation."""

    intercept: float
    slope: float
    residual: float
    pairs: int

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the residual: pairs less the two fitted numbers."""
        return self.pairs - 2


def survival_range(
    scores: Iterable[Score],
    *,
    systemic_option_unused: bool | None = None,
    is_sarcoma: bool | None = None,
    acute_deficit: bool | None = None,
) -> SurvivalRange:
    """Class range over the complete scores that have one (reference 1.16)."""
    given = list(scores)
    used = [score for score in given if score.is_complete and len(score.survival_classes) == 1]
    places = sorted(CLASSES.index(score.survival_classes[0]) for score in used)
    middle = {places[(len(places) - 1) // 2], places[len(places) // 2]} if places else set()
    flags = [
        text
        for holds, text in (
            (systemic_option_unused, "modern_therapy: scores are likely pessimistic"),
            (is_sarcoma, "sarcoma_low_n: hardly any sarcoma in these cohorts"),
            (acute_deficit, "acute_deficit_kps: performance may be lowered by the acute deficit alone"),
        )
        if holds
    ]
    open_places = [CLASSES.index(name) for score in given for name in score.survival_classes]
    calibration = _data()["calibration"]
    return SurvivalRange(
        lowest=CLASSES[places[0]] if places else None,
        highest=CLASSES[places[-1]] if places else None,
        median=tuple(CLASSES[place] for place in sorted(middle)),
        reachable=(CLASSES[min(open_places)], CLASSES[max(open_places)]) if open_places else None,
        per_score=MappingProxyType({score.id: score.survival_classes[0] for score in used}),
        bands=MappingProxyType({score.id: str(score.band) for score in used}),
        eras=MappingProxyType({score.id: score.era or "" for score in used}),
        left_out=tuple(score.id for score in given if score not in used),
        flags=tuple(flags),
        notes=(f"{calibration['text']} ({calibration['citation']})",),
    )


def ensemble_survival(scores: Iterable[Score], *, months: int = 12) -> Ensemble:
    """Pooled survival at 6, 12 or 24 months from verified published band survivals, recalibrated.

    Parameters
    ----------
    scores : Score
        Only complete scores whose band has a verified published survival at this horizon are used.
    months : int
        6, 12 or 24.

    Returns
    -------
    Ensemble
        `percent` is None where fewer than two scores can be used: thin inputs give no estimate.

    Notes
    -----
    Every band survival p is moved to a + b logit(p), fitted by least squares to the pairs of published and externally
    found band survival in `survival_bands.yaml`. The estimate is the mean on the logit scale. Its variance adds the
    spread between the scores and the residual variance of the fit, which stands for moving to another cohort and is
    shared by all scores, so it does not shrink with their number; the interval takes Student's t with the few degrees
    of freedom of that fit. Ours; nobody published it.
    """
    if months not in HORIZONS:
        raise InputError(f"months: {months} is not one of {', '.join(map(str, HORIZONS))}")
    rows = {(row["score"], row["band"]): row for row in _data()["bands"] if row["months"] == months}
    found = {
        score.id: rows[(score.id, str(score.band))]
        for score in scores
        if score.is_complete and (score.id, str(score.band)) in rows
    }
    least = int(_data()["least_scores"])
    notes = (*_data()["doubts"], _data()["calibration"]["text"])
    rows_cited = [*found.values(), *_data()["recalibration"], _data()["calibration"]]
    cited = tuple(dict.fromkeys(row["citation"] for row in rows_cited))
    used = MappingProxyType({name: float(row["percent"]) for name, row in found.items()})
    if len(found) < least:
        reason = f"{len(found)} of at least {least} scores have a verified survival at {months} months"
        return Ensemble(
            months=months, percent=None, low=None, high=None, used=used, reason=reason, notes=notes, citations=cited
        )
    fit = recalibration()
    moved = [fit.intercept + fit.slope * _logit(row["percent"], row["n"]) for row in found.values()]
    spread = float(np.var(moved, ddof=1)) / len(moved)
    error = math.sqrt(spread + fit.residual**2)
    centre = float(np.mean(moved))
    from scipy.special import stdtrit

    reach = float(stdtrit(fit.freedom, UPPER_TAIL)) * error
    low, middle, high = (_percent(centre + shift * reach) for shift in (-1, 0, 1))
    return Ensemble(
        months=months, percent=middle, low=low, high=high, used=used, reason=None, notes=notes, citations=cited
    )


@cache
def recalibration() -> Recalibration:
    """The fit of externally found on published band survival."""
    pairs = _data()["recalibration"]
    published = np.array([_logit(row["published"], row["n"]) for row in pairs])
    elsewhere = np.array([_logit(row["found"], row["n"]) for row in pairs])
    design = np.column_stack([np.ones_like(published), published])
    (intercept, slope), *_ = np.linalg.lstsq(design, elsewhere, rcond=None)
    left = elsewhere - design @ np.array([intercept, slope])
    residual = math.sqrt(float(left @ left) / (len(pairs) - design.shape[1]))
    return Recalibration(intercept=float(intercept), slope=float(slope), residual=residual, pairs=len(pairs))


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml("oncospine.scores", "data", "survival_bands.yaml")
    return data


def _logit(percent: float, count: int) -> float:
    """Log odds; 0 and 100 % are moved in by half a patient of the cohort."""
    edge = 50.0 / count
    inside = min(max(float(percent), edge), 100.0 - edge) / 100.0
    return math.log(inside / (1.0 - inside))


def _percent(logit: float) -> float:
    return 100.0 / (1.0 + math.exp(-logit))
