"""One ISNCSCI examination: what was tested, with "not testable" and non-SCI stars, and the domain of every cell."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from oncospine.base import SEGMENTS, InputError, Segment, Side, parse_segment

DERMATOMES: tuple[Segment, ...] = tuple(segment for segment in SEGMENTS if segment is not Segment.C1)
"""The 28 dermatomes C2..S4-5; C1 has none and counts as intact."""

KEY_LEVELS: tuple[Segment, ...] = tuple(
    Segment(name) for name in ("C5", "C6", "C7", "C8", "T1", "L2", "L3", "L4", "L5", "S1")
)
"""The ten levels with a key muscle."""

NT = "NT"
"""Not testable."""

NORMAL_SENSATION = 2
NORMAL_MOTOR = 5


class Finding(StrEnum):
    """Voluntary anal contraction and deep anal pressure."""

    YES = "yes"
    NO = "no"
    NT = "NT"


def _domains(normal: int) -> dict[str, tuple[int, int]]:
    """Per token: bit sets of the values it may stand for, as treated for classification and at face value.

    `v*` is lowered by something other than the cord injury and not considered normal: the injury alone would give v
    or more, below normal. `v**` is considered normal.
    """
    full = (1 << (normal + 1)) - 1
    below = full >> 1
    table = {str(value): (1 << value, 1 << value) for value in range(normal + 1)}
    table[NT] = (full, full)
    table[f"{NT}*"] = (below, full)
    table[f"{NT}**"] = (1 << normal, full)
    for value in range(normal):
        table[f"{value}*"] = (below & ~((1 << value) - 1), 1 << value)
        table[f"{value}**"] = (1 << normal, 1 << value)
    return table


SENSORY = _domains(NORMAL_SENSATION)
"""Every light touch or pin prick token."""

MOTOR = _domains(NORMAL_MOTOR)
"""Every key muscle token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideExam:
    """One side of the body: 28 light touch, 28 pin prick and 10 key muscle tokens, cranial to caudal."""

    light_touch: tuple[str, ...]
    pin_prick: tuple[str, ...]
    motor: tuple[str, ...]
    lowest_non_key: Segment | None = None

    def __post_init__(self) -> None:
        for name, tokens, known, count in (
            ("light_touch", self.light_touch, SENSORY, len(DERMATOMES)),
            ("pin_prick", self.pin_prick, SENSORY, len(DERMATOMES)),
            ("motor", self.motor, MOTOR, len(KEY_LEVELS)),
        ):
            if len(tokens) != count:
                raise InputError(f"{name}: expected {count} values cranial to caudal, got {len(tokens)}")
            for place, token in enumerate(tokens):
                if token not in known:
                    where = (KEY_LEVELS if known is MOTOR else DERMATOMES)[place]
                    raise InputError(f"{name} {where}: {_refusal(token, motor=known is MOTOR)}")

    @property
    def has_star(self) -> bool:
        return any("*" in token for token in (*self.light_touch, *self.pin_prick, *self.motor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """A whole examination. `had_deficit` False says that this person never had a deficit: no AIS is given."""

    right: SideExam
    left: SideExam
    vac: Finding = Finding.NT
    dap: Finding = Finding.NT
    had_deficit: bool | None = None

    def side(self, side: Side) -> SideExam:
        """The right or the left half."""
        return self.right if side is Side.RIGHT else self.left

    @property
    def has_star(self) -> bool:
        return self.right.has_star or self.left.has_star


Values = Mapping[str, object] | Sequence[object] | str | int
"""Cells of one modality: by level name (others NT), all cranial to caudal, or one value for all."""


def side_exam(
    *,
    light_touch: Values = NT,
    pin_prick: Values = NT,
    motor: Values = NT,
    lowest_non_key: Segment | str | None = None,
) -> SideExam:
    """One side from mappings by level, full sequences, or one value for all levels; what is not given is NT."""
    lowest = None if lowest_non_key is None else Segment(parse_segment(str(lowest_non_key)))
    return SideExam(
        light_touch=_tokens("light_touch", light_touch, DERMATOMES),
        pin_prick=_tokens("pin_prick", pin_prick, DERMATOMES),
        motor=_tokens("motor", motor, KEY_LEVELS),
        lowest_non_key=lowest,
    )


def finding(value: object) -> Finding:
    """VAC or DAP from yes/no/NT, True/False/None."""
    if isinstance(value, Finding):
        return value
    words = {
        "yes": Finding.YES,
        "true": Finding.YES,
        "no": Finding.NO,
        "false": Finding.NO,
        "nt": Finding.NT,
        "none": Finding.NT,
    }
    found = words.get(str(value).strip().lower())
    if found is None:
        raise InputError(f"VAC/DAP: expected yes, no or NT, got {value!r}")
    return found


def cell(token: object) -> str:
    """A cell in canonical spelling: "2", "NT", "1*" (not normal), "NT**" (considered normal)."""
    return str(token).strip().upper().replace("ND", NT) if token is not None else NT


def _tokens(name: str, given: Values, levels: tuple[Segment, ...]) -> tuple[str, ...]:
    if isinstance(given, Mapping):
        by_level = {_level(name, key, levels): cell(value) for key, value in given.items()}
        return tuple(by_level.get(level, NT) for level in levels)
    if isinstance(given, str | int):
        return (cell(given),) * len(levels)
    return tuple(cell(value) for value in given)


def _level(name: str, key: object, levels: tuple[Segment, ...]) -> Segment:
    segment = parse_segment(str(key).replace("_", "-"))
    if segment not in levels:
        close = difflib.get_close_matches(str(key), [level.value for level in levels], n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise InputError(f"{name}: {segment} has no such test (levels {levels[0]}..{levels[-1]}){hint}")
    return segment


def _refusal(token: str, *, motor: bool) -> str:
    normal = NORMAL_MOTOR if motor else NORMAL_SENSATION
    if token.startswith(f"{normal}*"):
        return f"'{token}': a normal score carries no star (the 5* of older forms is retired); enter {normal}"
    kind = "muscle grades run 0 to 5" if motor else "sensation runs 0 to 2"
    return f"'{token}' is not possible: {kind}, NT, each with * or ** where a non-SCI condition lowers it"
