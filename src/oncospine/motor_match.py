"""Does the pattern of weakness fit the level of the tumour: arms, legs and signs of the cord, through the segments.

Tumour at the cord can weaken what is supplied at its own segments and below. So weakness that begins above them is not
explained by it, and arms that are spared while the legs are weak speak for a level of T1 or below. Up to as many
segments apart as between image and sensory level count as normal (reference classifications 0.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncospine.base import InputError, Level, Segment, Side, described_levels
from oncospine.case import Exam
from oncospine.case.isncsci_tables import KEY_MUSCLES
from oncospine.neurology import cord_segments, normal_mismatch_segments

Judged = tuple[bool | None, bool, str]
"""Fits (None: cannot be compared), asks for imaging of the rest, sentence."""

LOWEST_ARM = Segment.T1
ARM_KEYS = tuple(segment for segment in map(Segment, KEY_MUSCLES) if segment.order <= LOWEST_ARM.order)
LEG_KEYS = tuple(segment for segment in map(Segment, KEY_MUSCLES) if segment.order > LOWEST_ARM.order)

NORMAL_GRADE = "5"
FULL_MJOA: Mapping[str, int] = {"upper_limb_motor": 5, "lower_limb_motor": 7}
FULL_JOA_LEG = 4
"""Full scores (reference classifications 7.2, 7.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """Arms or legs of both sides: `weak` and `spared` are both False where nothing is known.

    `highest` is the most cranial weak key muscle, None where only a score says that the limb is weak.
    """

    weak: bool
    spared: bool
    highest: Segment | None


def motor_match(exam: Exam | None, compressed: tuple[Level, ...], *, imaged: tuple[Level, ...]) -> tuple[Judged, ...]:
    """One judgement on weak arms, one on weak legs, else on signs of the cord, as far as there is something to say."""
    if exam is None:
        return ()
    arms, legs = _arms(exam), _legs(exam)
    ask = f"imaged is {described_levels(imaged)}: imaging of the rest of the spine could be considered"
    cord_signs = exam.myelopathy is True
    found = []
    if arms.weak:
        found.append(_judged("Weakness of the arms", arms, ARM_KEYS, compressed, ask))
    if legs.weak:
        beside = ["arms of normal strength"] if arms.spared else []
        beside += ["signs of disease of the cord"] if cord_signs and not levels_with_cord(compressed) else []
        words = f"Weakness of the legs{' with ' if beside else ''}{' and '.join(beside)}"
        found.append(_judged(words, legs, LEG_KEYS, compressed, ask, arms_spared=arms.spared, cord_signs=cord_signs))
    elif cord_signs:
        found.append(_cord_signs(compressed, ask))
    return tuple(found)


def _judged(
    words: str,
    limb: Limb,
    keys: tuple[Segment, ...],
    compressed: tuple[Level, ...],
    ask: str,
    *,
    arms_spared: bool = False,
    cord_signs: bool = False,
) -> Judged:
    words += "" if limb.highest is None else f" (key muscles from {limb.highest})"
    if not compressed:
        return False, True, f"{words} is not explained by these images, in which no epidural tumour is seen; {ask}."
    levels = levels_with_cord(compressed)
    if not levels:
        return _below_conus(words, keys, compressed, ask, cord_signs=cord_signs, arms_spared=arms_spared)
    first = min((cord_segments(level)[0] for level in levels), key=lambda segment: segment.order)
    last = max((cord_segments(level)[1] for level in levels), key=lambda segment: segment.order)
    tumour = f"the epidural tumour at {described_levels(levels)} (cord segments {first} to {last})"
    if _begins_above(limb, keys, first):
        return False, True, f"{words} is not explained by {tumour}, which lies below; {ask}."
    if arms_spared and last.order < LOWEST_ARM.order - normal_mismatch_segments():
        return False, True, f"{words} suggests a level of {LOWEST_ARM} or below and does not fit {tumour}; {ask}."
    return True, False, f"{words} is compatible with {tumour}."


def _begins_above(limb: Limb, keys: tuple[Segment, ...], first: Segment) -> bool:
    """Weakness further above the first segment at the tumour than is normal.

    A score names no segment: then it begins above only where every key muscle of the limb lies above the tumour.
    """
    if limb.highest is not None:
        return limb.highest.order < first.order - normal_mismatch_segments()
    return first.order > keys[-1].order


def _below_conus(
    words: str,
    keys: tuple[Segment, ...],
    compressed: tuple[Level, ...],
    ask: str,
    *,
    cord_signs: bool,
    arms_spared: bool,
) -> Judged:
    """Tumour below the conus meets roots of the legs only."""
    tumour = f"the epidural tumour at {described_levels(compressed)}, below the conus"
    if cord_signs and arms_spared:
        return False, True, f"{words} suggests a level of {LOWEST_ARM} or below and does not fit {tumour}; {ask}."
    if cord_signs or keys is ARM_KEYS:
        return False, True, f"{words} is not explained by {tumour}; {ask}."
    return True, False, f"{words} is compatible with compromise of the cauda equina by {tumour}."


def _cord_signs(compressed: tuple[Level, ...], ask: str) -> Judged:
    words = "The entered signs of disease of the cord"
    if not compressed:
        return False, True, f"{words} are not explained by these images, in which no epidural tumour is seen; {ask}."
    levels = levels_with_cord(compressed)
    if not levels:
        where = described_levels(compressed)
        return False, True, f"{words} are not explained by the epidural tumour at {where}, below the conus; {ask}."
    return True, False, f"{words} are compatible with the epidural tumour at {described_levels(levels)}."


def levels_with_cord(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """The levels at which the cord lies in the canal, cranial to caudal."""
    found = []
    for level in sorted(levels, key=lambda item: item.order):
        try:
            cord_segments(level)
        except InputError:
            continue
        found.append(level)
    return tuple(found)


def _arms(exam: Exam) -> Limb:
    score = None if exam.mjoa is None else exam.mjoa.upper_limb_motor
    return _limb(exam, ARM_KEYS, None if score is None else score < FULL_MJOA["upper_limb_motor"])


def _legs(exam: Exam) -> Limb:
    scores = []
    if exam.mjoa is not None and exam.mjoa.lower_limb_motor is not None:
        scores.append(exam.mjoa.lower_limb_motor < FULL_MJOA["lower_limb_motor"])
    if exam.joa_thoracic is not None and exam.joa_thoracic.lower_limb_motor is not None:
        scores.append(exam.joa_thoracic.lower_limb_motor < FULL_JOA_LEG)
    return _limb(exam, LEG_KEYS, any(scores) if scores else None)


def _limb(exam: Exam, keys: tuple[Segment, ...], points_lost: bool | None) -> Limb:
    """From the key muscles of both sides and from a score (None: not entered)."""
    tables = [exam.isncsci.side(side).motor or {} for side in Side] if exam.isncsci is not None else []
    graded = {key: [str(table[key]) for table in tables if key in table] for key in keys}
    weak = [key for key in keys if any(_is_weak(grade) for grade in graded[key])]
    all_full = bool(tables) and all(len(graded[key]) == 2 and not any(map(_unknown, graded[key])) for key in keys)
    return Limb(
        weak=bool(weak) or points_lost is True,
        spared=not weak and points_lost is not True and (all_full or points_lost is False),
        highest=min(weak, key=lambda key: key.order, default=None),
    )


def _is_weak(grade: str) -> bool:
    """Below 5, and not for another cause (`**`: counted as normal)."""
    return grade[0].isdigit() and grade != NORMAL_GRADE and not grade.endswith("**")


def _unknown(grade: str) -> bool:
    return not grade[0].isdigit() and not grade.endswith("**")
