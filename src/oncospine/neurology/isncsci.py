"""ISNCSCI (2019): levels, completeness, AIS, zones of partial preservation and sub-scores of an examination.

Where cells are not testable, every field is the set of answers that remain possible. An answer carries a star where
it depends on how a score lowered by a non-SCI condition was treated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oncospine.base import SEGMENTS, How, Verification
from oncospine.neurology.exam import Exam, SideExam
from oncospine.neurology.outcomes import outcomes

NOT_DETERMINABLE = "ND"
NOT_APPLICABLE = "NA"
NAMES: tuple[str, ...] = (*(segment.value for segment in SEGMENTS), "INT")
"""Level names by index."""

GRADES = "ABCDE"
CITATIONS = ("rupp2021", "kirshblum2022", "schuld2024", "isncsci_star2021")
ARM_KEYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The values one field may have, in order; a starred value depends on a starred score."""

    values: tuple[str, ...]
    starred: tuple[str, ...] = ()

    @property
    def value(self) -> str | None:
        """The value where there is exactly one (without its star), otherwise None."""
        return self.values[0] if len(self.values) == 1 else None

    @property
    def form(self) -> str:
        """What the official form shows: the value with its star, or ND."""
        return self.listed if len(self.values) == 1 else NOT_DETERMINABLE

    @property
    def listed(self) -> str:
        """All values that remain, as "B,C" or "T6*"."""
        return ",".join(f"{value}*" if value in self.starred else value for value in self.values)

    @property
    def short(self) -> str:
        """All values that remain, with three or more neighbouring levels as "C5..T4"."""
        runs: list[list[str]] = []
        for value in self.values:
            last = runs[-1][-1] if runs else None
            follows = last in NAMES and value in NAMES and NAMES.index(value) == NAMES.index(str(last)) + 1
            if follows and value not in self.starred and last not in self.starred:
                runs[-1].append(value)
            else:
                runs.append([value])
        told = [f"{run[0]}..{run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs]
        return ", ".join(f"{text}*" if text in self.starred else text for text in told)

    def to_plain(self) -> dict[str, object]:
        return {"form": self.form, "values": self.values, "starred": self.starred}


@dataclass(frozen=True, slots=True, kw_only=True)
class SideGrades:
    """Levels, zones and sub-scores of one side; a sub-score with a cell that is not testable is None (ND)."""

    sensory_level: Answer
    motor_level: Answer
    sensory_zpp: Answer
    motor_zpp: Answer
    light_touch: int | None
    pin_prick: int | None
    upper_motor: int | None
    lower_motor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Isncsci:
    """The whole grading of one examination."""

    right: SideGrades
    left: SideGrades
    neurological_level: Answer
    complete: Answer
    ais: Answer
    uems: int | None
    lems: int | None
    light_touch: int | None
    pin_prick: int | None
    notes: tuple[str, ...] = ()
    how: How = How.DERIVED
    citations: tuple[str, ...] = CITATIONS
    verification: Verification = Verification.V2


def isncsci(exam: Exam) -> Isncsci:
    """Grade one examination.

    Notes
    -----
    Rupp et al., Top Spinal Cord Inj Rehabil 2021;27(2):1-22, doi:10.46292/sci2702-1. Sets for cells that are not
    testable are exact: they hold what some completion of the examination gives, and nothing else.
    """
    treated = outcomes(exam, face=False)
    face = outcomes(exam, face=True) if exam.has_star else treated
    answers = {name: _answer(treated[name], face[name], _NAMER[name]) for name in treated}
    notes = ["AIS E needs a deficit in the past"] if "E" in answers["ais"].values and exam.had_deficit is None else []
    right, left = _side(exam.right, "right", answers), _side(exam.left, "left", answers)
    return Isncsci(
        right=right,
        left=left,
        neurological_level=answers["nli"],
        complete=answers["complete"],
        ais=answers["ais"] if exam.had_deficit is not False else _never_impaired(answers["ais"]),
        uems=_sum(right.upper_motor, left.upper_motor),
        lems=_sum(right.lower_motor, left.lower_motor),
        light_touch=_sum(right.light_touch, left.light_touch),
        pin_prick=_sum(right.pin_prick, left.pin_prick),
        notes=tuple(notes),
    )


def _answer(treated: set[int], face: set[int], named: Callable[[int], str]) -> Answer:
    values = tuple(named(value) for value in sorted(treated))
    if treated == face:
        return Answer(values=values)
    starred = treated if len(treated) == 1 else treated - face
    return Answer(values=values, starred=tuple(named(value) for value in sorted(starred)))


def _never_impaired(ais: Answer) -> Answer:
    """A person who never had a deficit has no AIS where E would be given."""
    return Answer(values=tuple(NOT_APPLICABLE if value == "E" else value for value in ais.values), starred=ais.starred)


def _side(side: SideExam, name: str, answers: dict[str, Answer]) -> SideGrades:
    return SideGrades(
        sensory_level=answers[f"sensory_{name}"],
        motor_level=answers[f"motor_{name}"],
        sensory_zpp=answers[f"sensory_zpp_{name}"],
        motor_zpp=answers[f"motor_zpp_{name}"],
        light_touch=_total(side.light_touch),
        pin_prick=_total(side.pin_prick),
        upper_motor=_total(side.motor[:ARM_KEYS]),
        lower_motor=_total(side.motor[ARM_KEYS:]),
    )


def _total(tokens: Iterable[str]) -> int | None:
    """Sum at face value; None (ND) where any cell is not testable."""
    values = [token.rstrip("*") for token in tokens]
    return None if "NT" in values else sum(map(int, values))


def _sum(one: int | None, two: int | None) -> int | None:
    return None if one is None or two is None else one + two


def _level_name(value: int) -> str:
    return NOT_APPLICABLE if value < 0 else NAMES[value]


_NAMER: dict[str, Callable[[int], str]] = {
    **{
        f"{kind}_{side}": _level_name
        for kind in ("sensory", "motor", "sensory_zpp", "motor_zpp")
        for side in ("right", "left")
    },
    "nli": _level_name,
    "complete": lambda value: "complete" if value else "incomplete",
    "ais": lambda value: GRADES[value],
}
