"""ISNCSCI tables in the file: one dermatome or a range per key, "C2-T3: 2"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from oncospine.base import SEGMENTS, InputError, Segment, parse_segment
from oncospine.case.fields import Checked, expected

DERMATOMES: tuple[Segment, ...] = tuple(segment for segment in SEGMENTS if segment is not Segment.C1)
"""The 28 dermatomes C2..S4-5."""

KEY_MUSCLES: tuple[Segment, ...] = tuple(
    Segment(name) for name in ("C5", "C6", "C7", "C8", "T1", "L2", "L3", "L4", "L5", "S1")
)
"""The segments with a key muscle."""

_SENSORY = re.compile(r"[01]\*{0,2}|2|NT\*{0,2}")
_MOTOR = re.compile(r"[0-4]\*{0,2}|5|NT\*{0,2}")


def in_ranges(table: Mapping[Segment, str], order: tuple[Segment, ...]) -> dict[str, int | str]:
    """A table as it stands in the file: neighbours in `order` of one grade as a range, "C2-T3"."""
    runs: list[tuple[Segment, Segment]] = []
    before: Segment | None = None
    for segment in order:
        if segment in table and before is not None and table[segment] == table.get(before):
            runs[-1] = (runs[-1][0], segment)
        elif segment in table:
            runs.append((segment, segment))
        before = segment
    return {first.value if first is last else f"{first}-{last}": _grade(table[first]) for first, last in runs}


def _grade(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _segments_of(key: str, allowed: tuple[Segment, ...]) -> list[Segment]:
    """Segments of "T4", "C2-T3" or "T4-S4-5", those of `allowed`; a range must run caudally."""
    bare = re.sub(r"\s+", "", key).upper().replace("S4-5", "S4_5")
    ends = [parse_segment(end.replace("S4_5", "S4-5")) for end in bare.split("-")]
    if len(ends) > 2 or ends[0].order > ends[-1].order:
        raise InputError(f"'{key}' is not a range of segments; write it cranial to caudal, as C2-T3")
    found = [segment for segment in allowed if ends[0].order <= segment.order <= ends[-1].order]
    if not found or (len(ends) == 1 and ends[0] not in allowed):
        raise InputError(f"'{key}' holds none of the segments examined here ({', '.join(allowed)})")
    return found


def _table(value: Any, allowed: tuple[Segment, ...], grade: re.Pattern[str], words: str) -> Mapping[Segment, str]:
    if not isinstance(value, dict):
        raise expected("segments with their grade, such as {C2-T3: 2, T4-S4-5: 1}")
    found: dict[Segment, str] = {}
    for key, entry in value.items():
        text = str(entry) if isinstance(entry, int) and not isinstance(entry, bool) else entry
        if not isinstance(text, str) or not grade.fullmatch(text):
            raise expected(f"{words} at {key}, found {entry!r}")
        try:
            segments = _segments_of(str(key), allowed)
        except InputError as problem:
            raise expected(f"segments such as T4 or C2-T3: {problem}") from None
        twice = [segment for segment in segments if segment in found]
        if twice:
            raise expected(f"each segment once, but {twice[0]} is given twice (again by {key})")
        found.update(dict.fromkeys(segments, text))
    return {segment: found[segment] for segment in allowed if segment in found}


def _sensory(value: Any) -> Mapping[Segment, str]:
    return _table(value, DERMATOMES, _SENSORY, "a sensory grade 0, 1, 2 or NT (0, 1, NT may bear * or **)")


def _motor(value: Any) -> Mapping[Segment, str]:
    return _table(value, KEY_MUSCLES, _MOTOR, "a motor grade 0..5 or NT (0..4, NT may bear * or **)")


SensoryTable = Annotated[
    Mapping[Segment, str],
    Checked(
        _sensory,
        {
            "type": "object",
            "additionalProperties": {"enum": [0, 1, 2, "0", "1", "2", "0*", "1*", "0**", "1**", "NT", "NT*", "NT**"]},
        },
    ),
]
"""Dermatome to "0", "1", "2" or "NT", with stars, cranial to caudal."""

MotorTable = Annotated[
    Mapping[Segment, str],
    Checked(
        _motor,
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "integer", "minimum": 0, "maximum": 5},
                    {"type": "string", "pattern": r"^([0-4]\*{0,2}|5|NT\*{0,2})$"},
                ]
            },
        },
    ),
]
"""Key muscle segment to "0".."5" or "NT", with stars, cranial to caudal."""
