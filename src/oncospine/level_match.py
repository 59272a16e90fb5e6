"""Does the examination fit the images: sensory level and pattern of weakness against the levels of compression.

The vertebra-to-segment map and the comparison are neurology's; which levels are compressed is lesion's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oncospine.base import InputError, Level, Segment, Side, Verification, described_levels
from oncospine.case import Exam
from oncospine.lesion import Findings, compressed_levels, myelopathy_match
from oncospine.neurology import cord_segments, graded_exam, level_agreement

ARM_KEYS = frozenset({Segment.C5, Segment.C6, Segment.C7, Segment.C8, Segment.T1})
"""Segments of the key muscles of the arm."""

NORMAL_GRADE = "5"
NORMAL_ARM_MJOA = 5
"""Full score of the arms in the mJOA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMatch:
    """Sentences on sensory level and weakness against the images; `image_rest` asks for the rest of the spine.

    `fits` is None where there is nothing to compare.
    """

    compressed: tuple[Level, ...]
    fits: bool | None
    image_rest: bool
    sentences: tuple[str, ...]
    citations: tuple[str, ...]
    verification: Verification | None


def level_match(exam: Exam | None, findings: Findings, *, imaged: tuple[Level, ...]) -> LevelMatch:
    """Compare an examination with findings in which `imaged` levels are in view."""
    compressed = compressed_levels(findings)
    judged = [_sensory(findings, compressed, name, felt, imaged) for name, felt in _sensory_levels(exam).items()]
    arms = _arms(exam, compressed, imaged)
    judged += [arms] if arms is not None else []
    if not judged:
        text = myelopathy_match(findings, None, fits=None, imaged=imaged).text
        return _match(compressed, [(None, False, f"{text[0].upper()}{text[1:]}.")])
    return _match(compressed, judged)


Judged = tuple[bool | None, bool, str]
"""Fits, asks for imaging, sentence."""


def _match(compressed: tuple[Level, ...], judged: list[Judged]) -> LevelMatch:
    verdicts = [fits for fits, _, _ in judged if fits is not None]
    with_cord = _with_cord(compressed)
    source = level_agreement(cord_segments(with_cord[0])[0], with_cord[:1]) if with_cord else None
    return LevelMatch(
        compressed=compressed,
        fits=all(verdicts) if verdicts else None,
        image_rest=any(rest for _, rest, _ in judged),
        sentences=tuple(text for _, _, text in judged),
        citations=() if source is None else source.citations,
        verification=None if source is None else source.verification,
    )


def _sensory(
    findings: Findings, compressed: tuple[Level, ...], name: str, felt: Segment, imaged: tuple[Level, ...]
) -> Judged:
    """One sensory level; `name` is its side in words, or empty."""
    levels = _with_cord(compressed)
    if compressed and not levels:
        text = (
            f"The sensory level {felt}{name} is not compared: the tumour at {described_levels(compressed)} "
            "lies below the conus"
        )
        return None, False, f"{text}."
    agreement = level_agreement(felt, levels) if levels else None
    found = myelopathy_match(findings, felt, fits=None if agreement is None else agreement.fits, imaged=imaged)
    text = found.text.replace(f"sensory level {felt}", f"sensory level {felt}{name}")
    text = text.replace(f"sensory level of {felt}", f"sensory level of {felt}{name}")
    if agreement is not None:
        tumour = f"epidural tumour at {described_levels(levels)}"
        text = text.replace(tumour, f"{tumour} (cord segments {agreement.expected[0]} to {agreement.expected[1]})")
    return found.fits, found.image_rest, f"{text[0].upper()}{text[1:]}."


def _with_cord(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """The levels at which the cord lies in the canal."""
    found = []
    for level in sorted(levels, key=lambda item: item.order):
        try:
            cord_segments(level)
        except InputError:
            continue
        found.append(level)
    return tuple(found)


def _sensory_levels(exam: Exam | None) -> dict[str, Segment]:
    """Words for the side and the sensory level on it: as stated, else as the ISNCSCI tables give it."""
    if exam is None:
        return {}
    stated = exam.sensory_level
    if stated is not None and stated.single is not None and stated.right is None and stated.left is None:
        return {"": stated.single}
    own = {side: stated.on(side) for side in Side} if stated is not None else _graded(exam)
    known = {side: felt for side, felt in own.items() if felt is not None}
    if len(known) == len(Side) and len(set(known.values())) == 1:
        return {"": next(iter(known.values()))}
    return {f" on the {side}": felt for side, felt in known.items()}


def _graded(exam: Exam) -> Mapping[Side, Segment | None]:
    """Sensory level of each side where the ISNCSCI tables leave exactly one answer and it is not intact."""
    graded = graded_exam(exam)
    if graded is None:
        return {}
    answers = {side: getattr(graded.grades, side.value).sensory_level.value for side in Side}
    return {side: Segment(value) if value in set(Segment) else None for side, value in answers.items()}


def _arms(exam: Exam | None, compressed: tuple[Level, ...], imaged: tuple[Level, ...]) -> Judged | None:
    """Weak arms are not explained by tumour that lies wholly below the segments of the arms."""
    levels = _with_cord(compressed)
    if exam is None or not levels or not _weak_arms(exam):
        return None
    lowest_arm = max(ARM_KEYS, key=lambda segment: segment.order)
    first = min((cord_segments(level)[0] for level in levels), key=lambda segment: segment.order)
    where = described_levels(levels)
    if first.order <= lowest_arm.order:
        return True, False, f"Weakness of the arms is compatible with the epidural tumour at {where}."
    text = (
        f"Weakness of the arms is not explained by the epidural tumour at {where}, whose highest cord segment is "
        f"{first}; imaged is {described_levels(imaged)}: imaging of the rest of the spine could be considered."
    )
    return False, True, text


def _weak_arms(exam: Exam) -> bool:
    """A key muscle of the arm below 5 for a reason of the cord, or points lost for the arms in the mJOA."""
    points = None if exam.mjoa is None else exam.mjoa.upper_limb_motor
    if points is not None and points < NORMAL_ARM_MJOA:
        return True
    tables = exam.isncsci
    return tables is not None and any(_weak(tables.side(side).motor) for side in Side)


def _weak(motor: Mapping[Segment, str] | None) -> bool:
    grades: Iterable[str] = (str(grade) for segment, grade in (motor or {}).items() if segment in ARM_KEYS)
    return any(grade[0].isdigit() and grade != NORMAL_GRADE and not grade.endswith("**") for grade in grades)
