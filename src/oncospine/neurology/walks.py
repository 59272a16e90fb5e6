"""The level walks of ISNCSCI on domains: every outcome an examination still allows, without enumerating cells.

Levels are indices into C1..S4-5 plus INT. A cell is a bit set of the values it may have. A walk down the levels
branches only at cells that leave it open, so a branch records what it settled: where sensation ended, where motor
function ended, and how it ended. Everything else stays free and is counted as a minimum and a maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from oncospine.base import SEGMENTS
from oncospine.neurology.exam import KEY_LEVELS, MOTOR, SENSORY, SideExam

INT = len(SEGMENTS)
"""Index of "intact", below S4-5."""

S4_5 = INT - 1
S3 = INT - 2

KEY_INDEX: tuple[int, ...] = tuple(level.order for level in KEY_LEVELS)
"""Level index of each key muscle."""

KEY_AT: tuple[int | None, ...] = tuple(KEY_INDEX.index(level) if level in KEY_INDEX else None for level in range(INT))
"""Position among the key muscles of each level, None where a level has none."""

FAR = 4
"""Motor function counts for AIS C when it lies more than three levels below the motor level."""

INTACT = 0b100
ABSENT = 0b001
PRESENT = 0b110
WEAK = 0b000111
PARTIAL = 0b011000
FULL = 0b100000
USEFUL = PARTIAL | FULL
ANY_MOTOR = 0b111110


class Domains(NamedTuple):
    """One side as bit sets: `touch` and `pin` by level index (C1 unused), `motor` by key muscle."""

    touch: tuple[int, ...]
    pin: tuple[int, ...]
    motor: tuple[int, ...]
    non_key: int | None


class Branch(NamedTuple):
    """One way motor function of a side can end.

    `motor` is the motor level, `failed` the key muscle that stopped it with a grade below 3 (None where something
    else did), `sensory` the bit set of sensory levels that go with it.
    """

    motor: int
    failed: int | None
    sensory: int

    @property
    def upper(self) -> int:
        """Bit set of the more cranial of sensory and motor level."""
        below = self.sensory & ((1 << self.motor) - 1)
        return below | (1 << self.motor) if self.sensory >> self.motor else below


def domains(side: SideExam, *, face: bool) -> Domains:
    """Bit sets of one side; `face` ignores the stars and takes every score as it stands."""
    which = 1 if face else 0
    lowest = None if side.lowest_non_key is None else side.lowest_non_key.order
    return Domains(
        (INTACT, *(SENSORY[token][which] for token in side.light_touch)),
        (INTACT, *(SENSORY[token][which] for token in side.pin_prick)),
        tuple(MOTOR[token][which] for token in side.motor),
        lowest,
    )


def sensory_levels(side: Domains) -> int:
    """Bit set of every sensory level the side allows."""
    found = 0
    for level in range(1, INT):
        touch, pin = side.touch[level], side.pin[level]
        if touch & ~INTACT or pin & ~INTACT:
            found |= 1 << (level - 1)
        if not (touch & INTACT and pin & INTACT):
            return found
    return found | 1 << INT


def branches(side: Domains, sensory: int, *, contraction: bool) -> list[Branch]:
    """Every way motor function can end, given the sensory levels and whether the anal sphincter contracts.

    One walk for all sensory levels: a level without key muscle is passed by those that reach it and stops the rest.
    """
    found: list[Branch] = []
    current = 0
    for level in range(1, S4_5):
        key = KEY_AT[level]
        if key is None:
            stopped = sensory & ((1 << level) - 1)
            if stopped:
                found.append(Branch(current, None, stopped))
            sensory ^= stopped
            if not sensory:
                return found
        else:
            grade = side.motor[key]
            if grade & WEAK:
                found.append(Branch(current, key, sensory))
            if grade & PARTIAL:
                found.append(Branch(level, None, sensory))
            if not grade & FULL:
                return found
        current = level
    intact = sensory & (1 << INT)
    if sensory ^ intact:
        found.append(Branch(S3, None, sensory ^ intact))
    if intact:
        found.append(Branch(INT if contraction else S3, None, intact))
    return found


def bits(mask: int) -> list[int]:
    """Members of a bit set, cranial to caudal."""
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


def sacral_sparing(side: Domains) -> tuple[bool, ...]:
    """Whether sensation at S4-5 can be present and can be absent: (False,), (True,) or both."""
    touch, pin = side.touch[S4_5], side.pin[S4_5]
    can_be = bool(touch & PRESENT or pin & PRESENT)
    can_lack = bool(touch & ABSENT and pin & ABSENT)
    return tuple(value for value, possible in ((False, can_lack), (True, can_be)) if possible)


def far_function(side: Domains, branch: Branch) -> tuple[bool, bool]:
    """Whether motor function more than three levels below the motor level can be absent, and can be present."""
    start = branch.motor + FAR
    if side.non_key is not None and side.non_key >= start:
        return False, True
    cells = [side.motor[key] for key, level in enumerate(KEY_INDEX) if level >= start]
    return all(grade & ABSENT for grade in cells), any(grade & ANY_MOTOR for grade in cells)


def useful_below(side: Domains, branch: Branch) -> tuple[list[int], list[int]]:
    """Fewest and most key muscles with grade 3 or more, from each key muscle downwards, in this branch."""
    low, high = [0], [0]
    for key in range(len(KEY_INDEX) - 1, -1, -1):
        grade = side.motor[key]
        if KEY_INDEX[key] <= branch.motor:
            least = most = 1
        elif key == branch.failed:
            least = most = 0
        else:
            least, most = int(not grade & WEAK), int(bool(grade & USEFUL))
        low.append(low[-1] + least)
        high.append(high[-1] + most)
    return low[::-1], high[::-1]


def first_key_below(injury: int) -> int:
    """Position of the first key muscle below a level."""
    return sum(level <= injury for level in KEY_INDEX)


def motor_zones(side: Domains, found: Sequence[Branch]) -> set[int]:
    """Most caudal levels with any motor function by key muscles, not above the motor level."""
    zones: set[int] = set()
    for branch in found:
        lacking = True
        for key in range(len(KEY_INDEX) - 1, -1, -1):
            level = KEY_INDEX[key]
            if level <= branch.motor:
                break
            grade = side.motor[key] & (WEAK if key == branch.failed else ~0)
            if grade & ANY_MOTOR:
                zones.add(level)
            if not grade & ABSENT:
                lacking = False
                break
        if lacking:
            zones.add(branch.motor)
    return zones


def with_zone(side: Domains, branch: Branch, zone: int) -> Domains:
    """The side with its motor zone settled: function at the zone, none below it."""
    motor = list(side.motor)
    for key, level in enumerate(KEY_INDEX):
        if level > max(zone, branch.motor):
            motor[key] &= ABSENT
        elif level == zone and level > branch.motor:
            motor[key] &= ANY_MOTOR
    return side._replace(motor=tuple(motor))


def sensory_zones(side: Domains) -> set[int]:
    """Most caudal dermatomes with any sensation, S4-5 being without; at least the sensory level."""
    zones: set[int] = set()
    for sensory in bits(sensory_levels(side)):
        if sensory >= S4_5:
            continue
        lacking = True
        for level in range(S3, sensory, -1):
            touch, pin = side.touch[level], side.pin[level]
            if touch & PRESENT or pin & PRESENT:
                zones.add(level)
            if not (touch & ABSENT and pin & ABSENT):
                lacking = False
                break
        if lacking:
            zones.add(sensory)
    return zones
