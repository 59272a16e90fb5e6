"""Does the examination fit the images: sensory level and pattern of weakness against the levels of compression.

The vertebra-to-segment map and the comparison are neurology's; which levels are compressed is lesion's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncospine.base import Level, Segment, Side, Verification, described_levels
from oncospine.case import Exam
from oncospine.lesion import Findings, compressed_levels, myelopathy_match
from oncospine.motor_match import Judged, levels_with_cord, motor_match
from oncospine.neurology import cord_segments, graded_exam, level_agreement, normal_mismatch_segments


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
    judged += motor_match(exam, compressed, imaged=imaged)
    if not judged:
        text = myelopathy_match(findings, None, fits=None, imaged=imaged).text
        return _match(compressed, [(None, False, f"{text[0].upper()}{text[1:]}.")])
    return _match(compressed, judged)


def _match(compressed: tuple[Level, ...], judged: list[Judged]) -> LevelMatch:
    verdicts = [fits for fits, _, _ in judged if fits is not None]
    with_cord = levels_with_cord(compressed)
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
    levels = levels_with_cord(compressed)
    if compressed and not levels:
        return _sensory_below_conus(compressed, name, felt, imaged)
    agreement = level_agreement(felt, levels) if levels else None
    found = myelopathy_match(findings, felt, fits=None if agreement is None else agreement.fits, imaged=imaged)
    text = found.text.replace(f"sensory level {felt}", f"sensory level {felt}{name}")
    text = text.replace(f"sensory level of {felt}", f"sensory level of {felt}{name}")
    if agreement is not None:
        tumour = f"epidural tumour at {described_levels(levels)}"
        text = text.replace(tumour, f"{tumour} (cord segments {agreement.expected[0]} to {agreement.expected[1]})")
    return found.fits, found.image_rest, f"{text[0].upper()}{text[1:]}."


FIRST_ROOT = Segment.L2
"""Below the conus, which usually ends at L1-L2 (reference classifications 0.4), run the roots from here on [D]."""


def _sensory_below_conus(compressed: tuple[Level, ...], name: str, felt: Segment, imaged: tuple[Level, ...]) -> Judged:
    """Roots below the conus explain no sensory level on the trunk or the arms; others are not compared."""
    tumour = f"the tumour at {described_levels(compressed)}"
    if felt.order < FIRST_ROOT.order - normal_mismatch_segments():
        text = (
            f"The sensory level {felt}{name} is not explained by {tumour}, which lies below the conus; imaged is "
            f"{described_levels(imaged)}: imaging of the rest of the spine could be considered"
        )
        return False, True, f"{text}."
    return None, False, f"The sensory level {felt}{name} is not compared: {tumour} lies below the conus."


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
