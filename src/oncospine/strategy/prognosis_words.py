"""What may be said of survival, in the allowed words: a range over all scores, never one figure, never a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oncospine.base import Verification
from oncospine.strategy.prognosis import SARCOMA_DEFAULT, Prognosis
from oncospine.strategy.wording import checked


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalSentence:
    """One sentence with what stands behind it."""

    text: str
    citations: tuple[str, ...]
    verification: Verification


def survival_sentences(prognosis: Prognosis) -> tuple[SurvivalSentence, ...]:
    """The range of classes, the score to read first, why they may mislead, the ensemble or why there is none."""
    if not prognosis.scores:
        return ()
    return tuple(_sentences(prognosis))


def _sentences(prognosis: Prognosis) -> Iterable[SurvivalSentence]:
    found = prognosis.survival
    names = {score.id: score.name for score in prognosis.scores}
    if found.lowest is None or found.highest is None:
        yield _said("No score has all its inputs.")
    else:
        used = ", ".join(names[key] for key in found.per_score)
        middle = " or ".join(found.median)
        yield _said(
            f"The scores with all their inputs ({used}) place this patient in groups with a survival class of "
            f"{_span(found.lowest, found.highest)} months (middle {middle}); they describe historical cohorts."
        )
    if found.reachable is not None and found.left_out:
        yield _said(f"With what is missing, the classes run over {_span(*found.reachable)} months.")
    if prognosis.default_score in names:
        yield _first(prognosis.default_score, names[prognosis.default_score])
    for flag in found.flags:
        _, _, why = flag.partition(": ")
        yield _said(f"{why[0].upper()}{why[1:]}.")
    yield SurvivalSentence(
        text=checked("None of 12 models was calibrated in an independent comparison of 953 patients."),
        citations=("bindels2025",),
        verification=Verification.V1,
    )
    yield SurvivalSentence(
        text=checked("A low score alone is no reason to withhold treatment."),
        citations=("dea2020",),
        verification=Verification.V2,
    )
    reasons = [item.reason for item in prognosis.ensembles if item.reason is not None]
    if len(reasons) == len(prognosis.ensembles) and reasons:
        yield _said(f"No pooled estimate: {reasons[0]}.")


def _first(score: str, name: str) -> SurvivalSentence:
    if score == SARCOMA_DEFAULT:
        text, cited = f"{name} is read first: the only classic score with a place for sarcoma.", "katagiri2014"
    else:
        text = f"{name} is read first: it discriminated best in a prospective comparison (n=202, c 0.79)."
        cited = "schoenfeld2022"
    return SurvivalSentence(text=checked(text), citations=(cited,), verification=Verification.PROJECT)


def _said(text: str) -> SurvivalSentence:
    return SurvivalSentence(text=checked(text), citations=(), verification=Verification.PROJECT)


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
