"""Certainty of evidence in the manner of GRADE: the facts are computed, the judgement is left to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oncospine.base import InputError
from oncospine.evidence.words import counted

LEVELS = ("very low", "low", "moderate", "high")
"""Certainty of evidence, from least to most (GRADE)."""

LOWERING = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
RAISING = ("large effect", "dose response", "opposing confounding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """Where certainty started, what a person took from it or added and why, and where it ends."""

    question: str
    start: str
    steps: tuple[tuple[str, int, str], ...]
    level: str
    facts: tuple[str, ...]

    @property
    def why(self) -> tuple[str, ...]:
        """What moved it, and the facts it rests on."""
        return (*(f"{reason}: {why}" for reason, _, why in self.steps), *self.facts)


def certainty(
    question: str, *, start: str, steps: tuple[tuple[str, int, str], ...] = (), facts: tuple[str, ...] = ()
) -> Certainty:
    """Certainty after a person's steps: (reason, -2..+2, why). Each step needs its why.

    Randomised evidence starts high, observational low; cohorts for prognosis start high (Iorio, BMJ 2015;350:h870).
    """
    if start not in LEVELS:
        raise InputError(f"certainty starts at one of {', '.join(LEVELS)}, not '{start}'")
    position = LEVELS.index(start)
    for reason, step, why in steps:
        allowed = LOWERING if step < 0 else RAISING
        if reason not in allowed or not 1 <= abs(step) <= 2:
            raise InputError(f"step {step:+d} for '{reason}': expected 1 or 2 levels for one of {', '.join(allowed)}")
        if not why.strip():
            raise InputError(f"the step for '{reason}' needs its reason in words")
        position += step
    return Certainty(question=question, start=start, steps=steps, level=LEVELS[min(max(position, 0), 3)], facts=facts)


def imprecision_facts(*, events: int, patients: int, low: float | None, high: float | None) -> tuple[str, ...]:
    """Facts a person needs to judge imprecision of a proportion or survival (0 to 1): events, width, size needed."""
    facts = [f"{counted(events, 'event')} in {counted(patients, 'patient')}"]
    if low is None or high is None:
        return (*facts, "no interval can be given")
    facts.append(f"the 95 % interval runs from {low:.0%} to {high:.0%} ({high - low:.0%} wide)")
    share = events / patients
    spread = max(share * (1 - share), 0.09)
    needed = round(1.96**2 * spread / 0.1**2)
    facts.append(f"an interval of 10 points on either side would need about {needed} patients")
    return tuple(facts)


def judged(row: Mapping[str, Any], *, question: str, facts: tuple[str, ...]) -> Certainty:
    """The judgement of the team as `review.yaml` has it: start, and steps with reason, step and why."""
    try:
        steps = tuple((str(s["reason"]), int(s["step"]), str(s["why"])) for s in row.get("steps") or ())
        return certainty(str(row.get("question", question)), start=str(row["start"]), steps=steps, facts=facts)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"review.yaml, certainty: {error}; expected start and steps, each with reason, step and why"
        ) from error
