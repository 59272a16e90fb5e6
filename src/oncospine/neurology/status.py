"""The examinations of a case graded: each on its date, what contradicts what, and how every scale has moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from oncospine.base import Level, Segment, Side
from oncospine.case import Ambulation, Case, IsncsciSide, Pain
from oncospine.case import Exam as CaseExam
from oncospine.case import Isncsci as EnteredTables
from oncospine.neurology.agreement import (
    Agreement,
    LevelAgreement,
    ais_agreement,
    frankel_agreement,
    level_agreement,
    sensory_agreement,
)
from oncospine.neurology.exam import NT, Exam, SideExam, finding, side_exam
from oncospine.neurology.isncsci import Isncsci, isncsci
from oncospine.neurology.scales import ScaleValue, joa_t_11, mjoa_18, motor_score, on_scale
from oncospine.neurology.series import Observation, Series, series
from oncospine.neurology.tables import table
from oncospine.neurology.text import exam_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """ISNCSCI tables of one examination with their grading; `text` is the examination in one line."""

    date: date
    exam: Exam
    text: str
    grades: Isncsci

    def to_plain(self) -> dict[str, object]:
        return {"date": self.date.isoformat(), "text": self.text, "grades": self.grades}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedAgreement:
    """What was entered against what the tables of the same examination give; both values are kept."""

    date: date
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuroStatus:
    """All of a case's examinations up to a day, oldest first.

    `level` compares the latest sensory level with the involved vertebrae; None where either is unknown, or where an
    involved vertebra lies below the conus.
    """

    graded: tuple[Graded, ...]
    series: tuple[Series, ...]
    agreements: tuple[DatedAgreement, ...]
    level: LevelAgreement | None
    flags: tuple[str, ...]
    possible_ais: tuple[str, ...] = ()
    """Grades that the latest examination leaves: as entered, as graded, or from the signs alone."""

    @property
    def latest(self) -> Graded | None:
        """The most recent examination with ISNCSCI tables."""
        return self.graded[-1] if self.graded else None

    @property
    def contradictions(self) -> tuple[DatedAgreement, ...]:
        """Entries that contradict the examination."""
        return tuple(item for item in self.agreements if not item.agreement.fits)


def neuro_status(case: Case, *, involved: tuple[Level, ...] = (), on: date | None = None) -> NeuroStatus:
    """Grade every examination of the case that is not after `on`; `involved` are the vertebrae with tumour."""
    exams = sorted((exam for exam in case.exams if on is None or exam.date <= on), key=lambda exam: exam.date)
    graded = {id(exam): found for exam in exams if (found := graded_exam(exam)) is not None}
    observations, flags = _one_a_day(item for exam in exams for item in _observations(exam, graded.get(id(exam))))
    return NeuroStatus(
        graded=tuple(graded.values()),
        series=series(observations),
        agreements=tuple(
            DatedAgreement(date=exam.date, agreement=agreement)
            for exam in exams
            for agreement in _agreements(exam, graded.get(id(exam)))
        ),
        level=_level(exams[-1], graded.get(id(exams[-1])), involved) if exams else None,
        flags=tuple(flags),
        possible_ais=_possible_ais(exams[-1], graded.get(id(exams[-1]))) if exams else (),
    )


def graded_exam(exam: CaseExam) -> Graded | None:
    """The grading of the ISNCSCI tables of one entry; None where it has none."""
    if exam.isncsci is None:
        return None
    entered = exam_of(exam.isncsci)
    return Graded(date=exam.date, exam=entered, text=exam_text(entered), grades=isncsci(entered))


def exam_of(tables: EnteredTables) -> Exam:
    """The tables of the file as an examination; what is not listed was not tested."""
    return Exam(
        right=_side(tables.right),
        left=_side(tables.left),
        vac=finding(NT if tables.vac is None else tables.vac.value),
        dap=finding(NT if tables.dap is None else tables.dap.value),
        had_deficit=tables.previous_deficit,
    )


def _side(entered: IsncsciSide) -> SideExam:
    return side_exam(
        light_touch=_cells(entered.light_touch),
        pin_prick=_cells(entered.pin_prick),
        motor=_cells(entered.motor),
        lowest_non_key=entered.lowest_non_key_muscle,
    )


def _cells(entered: Mapping[Segment, str] | None) -> dict[str, object]:
    return {segment.value: value for segment, value in (entered or {}).items()}


def _observations(exam: CaseExam, graded: Graded | None) -> Iterable[Observation]:
    """Every scale of one entry; AIS as graded only where none was entered and one answer remains."""
    values: list[ScaleValue] = []
    ais = exam.ais.value if exam.ais is not None else None
    if ais is None and graded is not None and graded.grades.ais.value in table("scales")["ais"]["grades"]:
        ais = graded.grades.ais.value
    entered = {
        "frankel": exam.frankel, "ais": ais, "nurick": exam.nurick, "mccormick": exam.mccormick, "kps": exam.kps,
        "ecog": exam.ecog, "ambulation": exam.ambulation,
    }  # fmt: skip
    values += [on_scale(name, getattr(value, "value", value)) for name, value in entered.items() if value is not None]
    if exam.mjoa is not None:
        items = exam.mjoa
        values.append(
            mjoa_18(
                upper_motor=items.upper_limb_motor,
                lower_motor=items.lower_limb_motor,
                hand_sensation=items.hand_sensation,
                sphincter=items.sphincter,
            )
        )
    if exam.joa_thoracic is not None:
        joa = exam.joa_thoracic
        values.append(
            joa_t_11(
                lower_motor=joa.lower_limb_motor,
                leg_sensation=joa.leg_sensation,
                trunk_sensation=joa.trunk_sensation,
                bladder=joa.bladder,
            )
        )
    if graded is not None:
        found = {"uems": graded.grades.uems, "lems": graded.grades.lems}
        values += [motor_score(name, score) for name, score in found.items() if score is not None]
    values += _pain(exam.pain)
    return [Observation(date=exam.date, value=value) for value in values]


def _pain(pain: Pain | None) -> list[ScaleValue]:
    """Pain on movement and at rest apart, because they answer different questions."""
    if pain is None:
        return []
    entered = (
        ("nrs", "at rest", pain.nrs_rest),
        ("nrs", "on movement", pain.nrs_movement),
        ("vas_mm", "at rest", pain.vas_rest_mm),
        ("vas_mm", "on movement", pain.vas_movement_mm),
    )
    values = [(when, on_scale(scale, value)) for scale, when, value in entered if value is not None]
    return [
        replace(value, scale=f"{value.scale}_{when.split()[-1]}", name=f"{value.name}, {when}")
        for when, value in values
    ]


def _one_a_day(found: Iterable[Observation]) -> tuple[list[Observation], list[str]]:
    """The last entry of each scale and day, and a flag with both values where an earlier one of that day differs."""
    kept: dict[tuple[str, date], Observation] = {}
    flags = []
    for item in found:
        key = item.value.scale, item.date
        before = kept.get(key)
        if before is not None and before.value.shown != item.value.shown:
            flags.append(
                f"{item.value.name}: two values on {item.date}, {before.value.shown} and {item.value.shown}; "
                "the one entered last is used"
            )
        kept[key] = item
    return list(kept.values()), flags


def _agreements(exam: CaseExam, graded: Graded | None) -> Iterable[Agreement]:
    if graded is None:
        return []
    found = []
    if exam.ais is not None:
        found.append(ais_agreement(exam.ais.value, graded.grades))
    if exam.frankel is not None:
        found.append(frankel_agreement(exam.frankel.value, graded.grades))
    level = exam.sensory_level
    if level is not None:
        found += [
            sensory_agreement(entered, graded.grades, side)
            for side in (Side.RIGHT, Side.LEFT)
            if (entered := level.on(side)) is not None
        ]
    return found


def _level(exam: CaseExam, graded: Graded | None, involved: tuple[Level, ...]) -> LevelAgreement | None:
    felt = exam.sensory_level.most_cranial if exam.sensory_level is not None else _graded_level(graded)
    has_cord = table("segments")["vertebrae"].keys()
    if felt is None or not involved or any(level.value not in has_cord for level in involved):
        return None
    return level_agreement(felt, involved)


SIGNS = ("weakness", "gait_loss", "sensory_level", "sphincter_change", "saddle_numbness", "myelopathy")
"""Entries of an examination that say that something is lost."""


def _possible_ais(exam: CaseExam, graded: Graded | None) -> tuple[str, ...]:
    """A deficit excludes E; walking excludes A and B, because legs that carry move. Nothing stated leaves nothing."""
    if exam.ais is not None:
        return (exam.ais.value,)
    if graded is not None:
        return graded.grades.ais.values
    lost = any(getattr(exam, name) not in {None, False} for name in SIGNS)
    walks = exam.ambulation in {Ambulation.INDEPENDENT, Ambulation.WITH_AID}
    if not lost or exam.frankel is not None:
        return ()
    return tuple("CD" if walks else "ABCD")


def _graded_level(graded: Graded | None) -> Segment | None:
    """The more cranial of the two sensory levels where both have one answer and sensation is lost below."""
    if graded is None:
        return None
    names = [graded.grades.right.sensory_level.value, graded.grades.left.sensory_level.value]
    known = [Segment(name) for name in names if name is not None and name != "INT"]
    return min(known, key=lambda segment: segment.order) if None not in names and known else None
