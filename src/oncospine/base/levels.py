"""Names and order of vertebrae and of cord segments: two types that never mix."""

from __future__ import annotations

import difflib
import re
from enum import StrEnum

from oncospine.base.errors import InputError


class Region(StrEnum):
    """Region of the vertebral column."""

    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBAR = "lumbar"
    SACRAL = "sacral"
    COCCYGEAL = "coccygeal"


_REGION = {
    "C": Region.CERVICAL,
    "T": Region.THORACIC,
    "L": Region.LUMBAR,
    "S": Region.SACRAL,
    "Co": Region.COCCYGEAL,
}


class Level(StrEnum):
    """A vertebra, named as in conventions.md section 2; the order of the members is cranial to caudal."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    L6 = "L6"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"
    CO = "Co"

    @property
    def order(self) -> int:
        """Position from cranial (C1 is 0) to caudal; also the value stored in level arrays minus one."""
        return _ORDER[self]

    @property
    def code(self) -> int:
        """Value of this level in oncospine's own level arrays: `order + 1`; 0 is background."""
        return _ORDER[self] + 1

    @property
    def region(self) -> Region:
        return _REGION[self.value.rstrip("0123456789")]

    @property
    def number(self) -> int:
        """1 for T1, 12 for T12; 0 for the coccyx."""
        digits = self.value.lstrip("CTLSo")
        return int(digits) if digits else 0

    @classmethod
    def from_code(cls, code: int) -> Level:
        """The level whose `code` this is; raises `InputError` for anything else."""
        if not 1 <= code <= len(LEVELS):
            raise InputError(f"{code} is not the code of a vertebral level (1..{len(LEVELS)})")
        return LEVELS[code - 1]

    def neighbour(self, step: int) -> Level | None:
        """The level `step` places caudal (negative: cranial) in the usual 7-12-5 column; None past the end."""
        usual = USUAL_COLUMN if self in USUAL_COLUMN else LEVELS
        index = usual.index(self) + step
        return usual[index] if 0 <= index < len(usual) else None


LEVELS: tuple[Level, ...] = tuple(Level)
"""All levels, cranial to caudal."""

USUAL_COLUMN: tuple[Level, ...] = tuple(level for level in LEVELS if level not in {Level.T13, Level.L6})
"""The column without the supernumerary T13 and L6."""

_ORDER = {level: index for index, level in enumerate(LEVELS)}


class Segment(StrEnum):
    """A cord segment or dermatome as in ISNCSCI; not a vertebra."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    C8 = "C8"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
    L5 = "L5"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4_5 = "S4-5"

    @property
    def order(self) -> int:
        return _SEGMENT_ORDER[self]


SEGMENTS: tuple[Segment, ...] = tuple(Segment)
"""All cord segments, cranial to caudal."""

_SEGMENT_ORDER = {segment: index for index, segment in enumerate(SEGMENTS)}


class Side(StrEnum):
    """Side of the patient, never of the picture."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT

    @property
    def sign(self) -> int:
        """Sign of the coordinate along the right axis: +1 right, -1 left."""
        return 1 if self is Side.RIGHT else -1


def parse_level(text: str) -> Level:
    """`Level` of a name such as "T3"; otherwise `InputError` with the nearest name."""
    return Level(_parse(text, [level.value for level in LEVELS], "vertebral level"))


def parse_segment(text: str) -> Segment:
    """`Segment` of a name such as "T4" or "S4-5"; otherwise `InputError` with the nearest name."""
    return Segment(_parse(text, [segment.value for segment in SEGMENTS], "cord segment"))


def parse_levels(text: str) -> tuple[Level, ...]:
    """Levels of "T3", "T1-T4" or "T3, T4", cranial to caudal; a range must run caudally."""
    levels: set[Level] = set()
    for piece in text.split(","):
        ends = [parse_level(end) for end in piece.split("-")]
        if len(ends) > 2 or ends[0].order > ends[-1].order:
            raise InputError(f"'{piece.strip()}' is not a range of levels; write it cranial to caudal, as T1-T4")
        column = LEVELS if {Level.T13, Level.L6} & set(ends) else USUAL_COLUMN
        levels.update(level for level in column if ends[0].order <= level.order <= ends[-1].order)
    return tuple(sorted(levels, key=lambda level: level.order))


def described_levels(levels: tuple[Level, ...] | list[Level]) -> str:
    """Short text of a set of levels: runs are joined, "T1-T4, T7"."""
    ordered = sorted(set(levels), key=lambda level: level.order)
    runs: list[list[Level]] = []
    for level in ordered:
        if runs and runs[-1][-1].neighbour(1) is level:
            runs[-1].append(level)
        else:
            runs.append([level])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _parse(text: str, names: list[str], kind: str) -> str:
    cleaned = re.sub(r"\s+", "", str(text))
    by_lower = {name.lower(): name for name in names}
    found = by_lower.get(cleaned.lower())
    if found is not None:
        return found
    guess = cleaned.lower().replace("th", "t").replace("d", "t")
    near = [by_lower[guess]] if guess in by_lower else difflib.get_close_matches(cleaned.upper(), names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; names run {names[0]}..{names[-1]}"
    raise InputError(f"unknown {kind} '{text}'{hint}")
