"""ESCC (Bilsky) grade of epidural spinal cord compression: an ordered label, never a number."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from oncospine.base import How, InputError, Level, Verification
from oncospine.scores.inputs import alternatives
from oncospine.scores.score import Choice, Component, Direction, Score


class Escc(StrEnum):
    """Grades on axial T2 MR, in order of severity."""

    G0 = "0"
    G1A = "1a"
    G1B = "1b"
    G1C = "1c"
    G2 = "2"
    G3 = "3"

    @property
    def order(self) -> int:
        """For sorting only: 0 is the mildest."""
        return list(Escc).index(self)

    @property
    def is_high(self) -> bool:
        return self in HIGH_GRADES

    @property
    def is_grey(self) -> bool:
        """1c: low in the original table, unclear for several centres."""
        return self is Escc.G1C


HIGH_GRADES = frozenset({Escc.G2, Escc.G3})
"""Grades called high by every source."""

CT_ESTIMATE = {
    "none": (Escc.G0,),
    "low": (Escc.G1A, Escc.G1B, Escc.G1C),
    "high": (Escc.G2, Escc.G3),
}
"""What an estimate on CT, without MR, can stand for."""

WORDS = {
    Escc.G0: "tumour in bone only",
    Escc.G1A: "epidural extension, thecal sac not deformed",
    Escc.G1B: "thecal sac deformed, tumour does not touch the cord",
    Escc.G1C: "thecal sac deformed and tumour abuts the cord, cord not compressed",
    Escc.G2: "cord compressed, CSF still visible around the cord",
    Escc.G3: "cord compressed, no CSF visible around the cord",
}
"""The published pictures in words."""

LAST_CORD_LEVEL = Level.L1
"""Below the conus there is no cord to compress; the conus usually ends at L1-L2."""


def escc(*, escc_grade: object | None = None, escc_ct: object | None = None, level: Level | str | None = None) -> Score:
    """ESCC grade of one level: the grade read on MR if there is one, otherwise what the CT estimate leaves open.

    Notes
    -----
    Bilsky et al., J Neurosurg Spine 2010;13:324, doi:10.3171/2010.3.SPINE09459. Not applicable below the conus.
    """
    place = alternatives("level", level)
    where = place[0] if place is not None and len(place) == 1 else None
    grades = possible_grades(escc_grade=escc_grade, escc_ct=escc_ct)
    below = isinstance(where, Level) and where.order > LAST_CORD_LEVEL.order
    notes = _notes(grades, entered=escc_grade is not None, estimated=escc_ct is not None, below=below)
    ordered = tuple(Escc) if grades is None or below else grades
    settled = len(ordered) == 1 and not below
    return Score(
        id="escc",
        name="Epidural spinal cord compression scale (Bilsky)",
        unit="level",
        value=ordered[0].value if settled else None,
        band=_band(ordered) if not below else None,
        direction=Direction.HIGHER_WORSE,
        components=(_component(grades, entered=escc_grade is not None),),
        missing=("escc_grade",) if grades is None or (escc_grade is None and not settled) else (),
        range=None if below else (ordered[0].order, ordered[-1].order),
        limits=(0, len(Escc) - 1),
        bands=() if below else tuple(dict.fromkeys(_class(grade) for grade in ordered)),
        notes=notes,
        citations=("bilsky2010",),
        verification=Verification.V2,
        rule_version="2010-1",
        subject=None if where is None else str(where),
        applicable=not below,
    )


def possible_grades(*, escc_grade: object | None = None, escc_ct: object | None = None) -> tuple[Escc, ...] | None:
    """Grades that remain possible, mildest first; None where nothing is known. An entered grade wins over CT."""
    entered = alternatives("escc_grade", escc_grade)
    if entered is not None:
        return tuple(sorted((Escc(str(item)) for item in entered), key=lambda grade: grade.order))
    estimated = alternatives("escc_ct", escc_ct)
    if estimated is None:
        return None
    grades = {grade for item in estimated for grade in CT_ESTIMATE[str(item)]}
    return tuple(sorted(grades, key=lambda grade: grade.order))


def worst_escc(levels: Iterable[tuple[Escc, ...] | None]) -> tuple[Escc, ...] | None:
    """Grades the worst level can have, given what each level can have; None where no level says anything.

    The maximum of independent sets: every grade reachable somewhere that is not below the best case everywhere else.
    A level of which nothing is known can have any grade.
    """
    known = list(levels)
    if all(item is None for item in known):
        return None
    sets = [item if item is not None else tuple(Escc) for item in known]
    floor = max(min(grade.order for grade in item) for item in sets)
    reachable = {grade for item in sets for grade in item if grade.order >= floor}
    return tuple(sorted(reachable, key=lambda grade: grade.order))


def n_classes(grades: Iterable[Escc | str]) -> tuple[str, ...]:
    """NOMS neurological class of the possible grades: low (0, 1a, 1b, and 1c by default), high (2, 3)."""
    known = [Escc(grade) for grade in grades]
    if not known:
        raise InputError("no ESCC grade given; leave the input out where it is unknown")
    return tuple(dict.fromkeys("high" if grade.is_high else "low" for grade in sorted(known, key=lambda g: g.order)))


def _class(grade: Escc) -> str:
    return "high" if grade.is_high else "grey" if grade.is_grey else "low"


def _band(ordered: tuple[Escc, ...]) -> str | None:
    classes = {_class(grade) for grade in ordered}
    return classes.pop() if len(classes) == 1 else None


def _component(grades: tuple[Escc, ...] | None, *, entered: bool) -> Component:
    shown = None if grades is None else grades[0].value if len(grades) == 1 else tuple(item.value for item in grades)
    possible = tuple(grade.order for grade in (grades or tuple(Escc)))
    return Component(
        name="grade",
        input="escc_grade" if entered or grades is None else "escc_ct",
        value=shown,
        points=possible[0] if len(possible) == 1 else None,
        possible=possible,
        how=None if grades is None else How.ENTERED if entered else How.DERIVED,
        options=tuple(Choice(value=grade.value, points=grade.order, text=WORDS[grade]) for grade in Escc),
        note="the number is an order for sorting, not points",
    )


def _notes(grades: tuple[Escc, ...] | None, *, entered: bool, estimated: bool, below: bool) -> tuple[str, ...]:
    notes: list[str] = []
    if below:
        notes.append("below the conus there is no cord: report thecal sac compromise instead")
    if estimated and not entered:
        notes.append("CT estimate: the grade needs axial T2 MR")
    if grades is not None and Escc.G1C in grades:
        notes.append("grey_zone: 1c counts as low by default; several centres call it unclear")
    return tuple(notes)
