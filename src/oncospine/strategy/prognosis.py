"""What is printed on prognosis: every score, the range of classes, the ensemble, and the histology's own literature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from oncospine.base import Verification, read_yaml
from oncospine.scores import Ensemble, Score, SurvivalRange, ensemble_survival, survival_range
from oncospine.scores.survival import HORIZONS
from oncospine.strategy.facts import Facts, Reader
from oncospine.strategy.facts_survival import OTHER_SCORES, SURVIVAL_SCORES, score_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSurvival:
    """One published figure for a histology. `view` is pessimistic or optimistic."""

    view: str
    months: float
    kind: str
    low: float | None
    high: float | None
    n: int
    what: str
    citation: str
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class HistologySurvival:
    """Pessimistic and optimistic literature side by side, and why they differ."""

    histology: str
    rows: tuple[PublishedSurvival, ...]
    why_they_differ: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prognosis:
    """All scores of which anything is known; `default_score` is the one to read first for this histology."""

    scores: tuple[Score, ...]
    default_score: str
    survival: SurvivalRange
    ensembles: tuple[Ensemble, ...]
    histology_survival: HistologySurvival | None


SARCOMA_DEFAULT = "katagiri"
"""The only classic score with a place for sarcoma."""

GENERAL_DEFAULT = "nesms"
"""Best public formula for one-year survival in head-to-head comparison."""


def prognosis(facts: Facts) -> Prognosis:
    """Scores, survival range and ensembles of one patient."""
    reader = Reader(facts)
    ranked = _found(reader, SURVIVAL_SCORES)
    sarcoma = reader.one("is_sarcoma")
    before, now = reader.get("kps_before_deficit"), reader.get("kps")
    return Prognosis(
        scores=(*ranked, *_found(reader, OTHER_SCORES)),
        default_score=SARCOMA_DEFAULT if sarcoma else GENERAL_DEFAULT,
        survival=survival_range(
            ranked,
            systemic_option_unused=reader.get("systemic_option_unused"),
            is_sarcoma=sarcoma,
            acute_deficit=reader.one("deficit") is True and (before is None or now is None or before > now),
        ),
        ensembles=tuple(ensemble_survival(ranked, months=months) for months in HORIZONS),
        histology_survival=histology_survival(reader.get("histology")),
    )


def histology_survival(name: str | None) -> HistologySurvival | None:
    """Published survival of one histology; None where the reference has none."""
    row = _table().get(name or "")
    if row is None or name is None:
        return None
    rows = tuple(
        PublishedSurvival(**{**item, "verification": Verification(item["verification"])}) for item in row["rows"]
    )
    return HistologySurvival(histology=name, rows=rows, why_they_differ=row["why"])


def _found(reader: Reader, names: tuple[str, ...]) -> tuple[Score, ...]:
    return tuple(score for name in names if (score := score_of(reader, name)) is not None)


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_yaml("oncospine.strategy", "data", "histology_survival.yaml")
    return found
