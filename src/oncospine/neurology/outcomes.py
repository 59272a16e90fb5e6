"""Everything an examination still allows, field by field, as sets of small integers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from oncospine.neurology.exam import Exam, Finding
from oncospine.neurology.walks import (
    FAR,
    INT,
    KEY_INDEX,
    Branch,
    Domains,
    bits,
    branches,
    domains,
    far_function,
    first_key_below,
    motor_zones,
    sacral_sparing,
    sensory_levels,
    sensory_zones,
    useful_below,
    with_zone,
)

FIELDS = (
    *(f"{kind}_{side}" for kind in ("sensory", "motor", "sensory_zpp", "motor_zpp") for side in ("right", "left")),
    "nli",
    "complete",
    "ais",
)
"""Names of the fields: level indices (-1 is NA); `complete` 0 or 1; `ais` 0 (A) to 4 (E)."""

Outcome = dict[str, set[int]]
"""Possible values of every field: level indices; -1 is NA; AIS and completeness as small integers."""


def outcomes(exam: Exam, *, face: bool) -> Outcome:
    """Possible values of every field; `face` ignores stars and takes every score as it stands."""
    right, left = domains(exam.right, face=face), domains(exam.left, face=face)
    found: Outcome = {name: set() for name in FIELDS}
    felt = (sensory_levels(right), sensory_levels(left))
    for name, mask in zip(("right", "left"), felt, strict=True):
        found[f"sensory_{name}"].update(bits(mask))
    sparing = (sacral_sparing(right), sacral_sparing(left))
    for contraction in _values(exam.vac):
        sides = [
            _Side(half, branches(half, mask, contraction=contraction))
            for half, mask in zip((right, left), felt, strict=True)
        ]
        sacral = _Sacral(contraction, _values(exam.dap), sparing)
        grades = _grades(sides, sacral)
        found["ais"] |= grades
        found["complete"] |= {int(grade == 0) for grade in grades}
        _levels(found, sides)
        for place, name in enumerate(("right", "left")):
            found[f"motor_zpp_{name}"] |= {-1} if contraction else _motor_zones(sides, place, grades, sacral)
    for name, half, one in (("right", right, sparing[0]), ("left", left, sparing[1])):
        zone = found[f"sensory_zpp_{name}"]
        if exam.dap is not Finding.NO or True in one:
            zone.add(-1)
        if exam.dap is not Finding.YES and False in one:
            zone |= sensory_zones(half)
    return found


class _Sacral(NamedTuple):
    """What is known of the anal examination: contraction settled, pressure and S4-5 sensation perhaps open."""

    contraction: bool
    pressures: tuple[bool, ...]
    sparing: tuple[tuple[bool, ...], tuple[bool, ...]]


class _Side(NamedTuple):
    """One side with its branches under one answer to the anal contraction."""

    domains: Domains
    all: list[Branch]


class _Ending(NamedTuple):
    """A branch reduced to what AIS asks: upper levels, far motor function absent/present, useful muscles."""

    upper: int
    lacks: bool
    has: bool
    low: list[int]
    high: list[int]


def _grades(sides: list[_Side], sacral: _Sacral) -> set[int]:
    """Grades (0 is A) that these branches allow, over everything the sacral examination leaves open."""
    grades: set[int] = set()
    spared = [_endings(side) for side in sides]
    endings = {True: spared, False: [_without_sparing(side, one) for side, one in zip(sides, spared, strict=True)]}
    done: set[tuple[bool, bool]] = set()
    for right, left, pressure in product(*sacral.sparing, sacral.pressures):
        kept = (endings[right][0], endings[left][1])
        if not all(kept):
            continue
        if not (sacral.contraction or pressure or right or left):
            grades.add(0)
        elif (right, left) not in done:
            done.add((right, left))
            grades |= _incomplete(kept, contraction=sacral.contraction)
    return grades


def _endings(side: _Side) -> list[_Ending]:
    """Endings of a side, in the order of its branches."""
    return [
        _Ending(branch.upper, *far_function(side.domains, branch), *useful_below(side.domains, branch))
        for branch in side.all
    ]


def _without_sparing(side: _Side, endings: list[_Ending]) -> list[_Ending]:
    """The endings that remain where S4-5 is without sensation: the side cannot be intact."""
    found = []
    for branch, ending in zip(side.all, endings, strict=True):
        felt = branch.sensory & ~(1 << INT)
        if felt == branch.sensory:
            found.append(ending)
        elif felt:
            found.append(ending._replace(upper=branch._replace(sensory=felt).upper))
    return found


def _incomplete(kept: tuple[list[_Ending], list[_Ending]], *, contraction: bool) -> set[int]:
    """B to E: every neurological level these endings allow is judged by its own count of useful muscles."""
    grades: set[int] = set()
    masks = [_union(ending.upper for ending in one) for one in kept]
    for injury in _minima(*masks):
        if injury == INT:
            grades.add(4)
            continue
        first = first_key_below(injury)
        right, left = (_counts(one, injury, first) for one in kept)
        muscles = 2 * (len(KEY_INDEX) - first)
        for (right_here, right_far), fewest_right, most_right in right:
            for (left_here, left_far), fewest_left, most_left in left:
                if not (right_here or left_here):
                    continue
                if not (contraction or right_far or left_far):
                    grades.add(1)
                    continue
                if 2 * (fewest_right + fewest_left) < muscles:
                    grades.add(2)
                if 2 * (most_right + most_left) >= muscles:
                    grades.add(3)
    return grades


def _counts(kept: list[_Ending], injury: int, first: int) -> list[tuple[tuple[bool, bool], int, int]]:
    """(is at the level, has far function), fewest and most useful muscles below, over endings not above the level."""
    found: dict[tuple[bool, bool], tuple[int, int]] = {}
    for ending in kept:
        low, high = ending.low[first], ending.high[first]
        for here, possible in ((True, ending.upper >> injury & 1), (False, ending.upper >> (injury + 1))):
            if not possible:
                continue
            for far, allowed in ((False, ending.lacks), (True, ending.has)):
                if allowed:
                    before = found.get((here, far), (low, high))
                    found[(here, far)] = (min(low, before[0]), max(high, before[1]))
    return [(key, *counts) for key, counts in found.items()]


def _levels(found: Outcome, sides: list[_Side]) -> None:
    for name, side in zip(("right", "left"), sides, strict=True):
        found[f"motor_{name}"].update(branch.motor for branch in side.all)
    found["nli"].update(_minima(*(_union(branch.upper for branch in side.all) for side in sides)))


def _minima(one: int, two: int) -> list[int]:
    """Every minimum of a member of one set and a member of the other."""
    limit = min(one.bit_length(), two.bit_length())
    return bits((one | two) & ((1 << limit) - 1))


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _motor_zones(sides: list[_Side], place: int, grades: set[int], sacral: _Sacral) -> set[int]:
    """Motor zones of one side; a non-key muscle more than three levels below a zone moves it in AIS C only."""
    side = sides[place]
    lowest = side.domains.non_key
    if lowest is None or 2 not in grades:
        return motor_zones(side.domains, side.all)
    zones: set[int] = set()
    for branch in side.all:
        for zone in motor_zones(side.domains, [branch]):
            if lowest - zone < FAR:
                zones.add(zone)
                continue
            settled = list(sides)
            settled[place] = _Side(with_zone(side.domains, branch, zone), [branch])
            within = _grades(settled, sacral)
            zones |= ({lowest} if 2 in within else set()) | ({zone} if within - {2} else set())
    return zones


def _values(finding: Finding) -> tuple[bool, ...]:
    return {Finding.YES: (True,), Finding.NO: (False,), Finding.NT: (True, False)}[finding]
