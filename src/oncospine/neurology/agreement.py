"""Does what was entered agree with the examination, and the examination with the image level?"""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.base import InputError, Level, Region, Segment, Side, Verification, described_levels, parse_level
from oncospine.neurology.isncsci import Isncsci
from oncospine.neurology.scales import on_scale
from oncospine.neurology.tables import table

LOWER_THORACIC_FROM = 7
"""First thoracic vertebra of the older bedside rule's lower part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two statements side by side, and whether they fit; both are always kept."""

    fits: bool
    text: str
    entered: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelAgreement:
    """A sensory level against the involved vertebrae, in cord segments.

    `distance` is 0 within the segments at the involved vertebrae, negative where the sensory level lies above them
    and positive where it lies below, as it often does. `older_rule` is the segment the bedside rule expects at the
    most cranial involved vertebra.
    """

    fits: bool
    distance: int
    expected: tuple[Segment, Segment]
    older_rule: Segment | None
    text: str
    citations: tuple[str, ...]
    verification: Verification


def ais_agreement(entered: str, graded: Isncsci) -> Agreement:
    """An entered AIS against the grading; a contradiction is flagged with both values, never overwritten."""
    letter = str(on_scale("ais", entered).value)
    fits = letter in graded.ais.values
    verdict = "agrees with" if fits else "contradicts"
    text = f"AIS {letter} as entered {verdict} the examination, which gives {graded.ais.listed}"
    return Agreement(fits=fits, text=text, entered=letter, found=graded.ais.listed)


def frankel_agreement(entered: str, graded: Isncsci) -> Agreement:
    """An entered Frankel grade against the examination: only complete and normal can contradict it outright."""
    letter = str(on_scale("frankel", entered).value)
    possible = set(graded.ais.values)
    clash = (letter == "E" and possible <= {"A", "B", "C"}) or (letter == "A" and not possible & {"A", "B"})
    verdict = "contradicts" if clash else "is compatible with"
    text = f"Frankel {letter} as entered {verdict} the examination, which gives AIS {graded.ais.listed}"
    return Agreement(fits=not clash, text=text, entered=letter, found=graded.ais.listed)


def sensory_agreement(entered: Segment, graded: Isncsci, side: Side) -> Agreement:
    """A stated sensory level against that of the tables on one side.

    One segment of difference is often a matter of words: the lowest normal dermatome, or the first abnormal one.
    """
    answer = (graded.right if side is Side.RIGHT else graded.left).sensory_level
    fits = entered.value in answer.values
    names = [segment.value for segment in Segment]
    near = any(value in names and abs(names.index(value) - entered.order) == 1 for value in answer.values)
    verdict = "agrees with" if fits else "contradicts"
    text = f"sensory level {entered} as entered {verdict} the examination on the {side}, which gives {answer.listed}"
    if not fits and near:
        text += " (one segment apart: the lowest normal dermatome, or the first abnormal one?)"
    return Agreement(fits=fits, text=text, entered=entered.value, found=answer.listed)


def cord_segments(level: Level | str) -> tuple[Segment, Segment]:
    """First and last cord segment inside a vertebra (PAM50 template); `InputError` below the conus."""
    name = parse_level(str(level))
    row = table("segments")["vertebrae"].get({"T13": "T12"}.get(name.value, name.value))
    if row is None:
        raise InputError(f"{name} lies below the conus: no cord segments there")
    return Segment(row[0]), Segment(row[1])


def normal_mismatch_segments() -> int:
    """How many segments an examination and an image may lie apart and still fit (reference classifications 0.4)."""
    return int(table("segments")["normal_mismatch_segments"])


def level_agreement(sensory_level: Segment | str, involved: tuple[Level, ...]) -> LevelAgreement:
    """The sensory level against the cord segments at the involved vertebrae; up to two segments apart is normal."""
    if not involved:
        raise InputError("no involved vertebra to compare the sensory level with")
    felt = Segment(str(sensory_level))
    ordered = sorted(involved, key=lambda level: level.order)
    first, last = cord_segments(ordered[0])[0], cord_segments(ordered[-1])[1]
    above, below = felt.order - first.order, felt.order - last.order
    distance = above if above < 0 else max(below, 0)
    fits = abs(distance) <= normal_mismatch_segments()
    apart = f"{abs(distance)} segment{'' if abs(distance) == 1 else 's'} {'above' if distance < 0 else 'below'}"
    place = "within" if distance == 0 else apart
    verdict = "is compatible with" if fits else "does not fit"
    return LevelAgreement(
        fits=fits,
        distance=distance,
        expected=(first, last),
        older_rule=_older_rule(ordered[0]),
        text=(
            f"sensory level {felt} {verdict} involvement of {described_levels(ordered)}: {place} "
            f"cord segments {first}-{last}"
        ),
        citations=tuple(table("segments")["citations"]),
        verification=Verification(table("segments")["verification"]),
    )


def _older_rule(level: Level) -> Segment | None:
    """Segment the bedside rule expects: upper thoracic + 2, lower thoracic + 3."""
    shifts = table("segments")["older_rule"]
    names = [segment.value for segment in Segment]
    if level.region is not Region.THORACIC:
        return None
    kind = "lower_thoracic" if level.number >= LOWER_THORACIC_FROM else "upper_thoracic"
    return Segment(
        names[
            min(
                names.index(min(level, Level.T12, key=lambda item: item.order).value) + int(shifts[kind]),
                len(names) - 1,
            )
        ]
    )
