"""Dated examinations as entered: everything optional, nothing graded here (that is neurology's work)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from oncospine.base import Segment, Side
from oncospine.case.dates import Day
from oncospine.case.fields import Kps, OneSegment, Strict, Text, YesNo, expected, number, whole
from oncospine.case.isncsci_tables import DERMATOMES, KEY_MUSCLES, MotorTable, SensoryTable, in_ranges
from oncospine.case.kinds import Ais, Ambulation, Course, Frankel, McCormick, PainCharacter, SacralFinding, Sphincter


@dataclass(frozen=True, slots=True, kw_only=True)
class IsncsciSide(Strict):
    """One side of the ISNCSCI examination; what is not listed was not examined."""

    light_touch: SensoryTable | None = None
    """Dermatome or range of dermatomes to 0, 1, 2, NT; `*` (not normal) or `**` (as normal) marks a non-SCI cause."""
    pin_prick: SensoryTable | None = None
    """As light_touch."""
    motor: MotorTable | None = None
    """Key muscle segment (C5-T1, L2-S1) or range to 0..5 or NT, with the same stars."""
    lowest_non_key_muscle: OneSegment | None = None
    """Lowest root level with function in a non-key muscle."""

    def to_plain(self) -> dict[str, Any]:
        """As in the file: runs of equal grades as ranges."""
        tables = {
            "light_touch": (self.light_touch, DERMATOMES),
            "pin_prick": (self.pin_prick, DERMATOMES),
            "motor": (self.motor, KEY_MUSCLES),
        }
        plain: dict[str, Any] = {
            name: in_ranges(table, order) for name, (table, order) in tables.items() if table is not None
        }
        if self.lowest_non_key_muscle is not None:
            plain["lowest_non_key_muscle"] = self.lowest_non_key_muscle.value
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Isncsci(Strict):
    """ISNCSCI tables, complete or partial (classifications.md 6.1, 6.10)."""

    right: IsncsciSide = IsncsciSide()
    left: IsncsciSide = IsncsciSide()
    vac: SacralFinding | None = None
    """Voluntary anal contraction."""
    dap: SacralFinding | None = None
    """Deep anal pressure."""
    previous_deficit: YesNo | None = None
    """Whether there ever was a deficit: AIS E needs one."""

    def side(self, side: Side) -> IsncsciSide:
        return self.right if side is Side.RIGHT else self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class SensoryLevel(Strict):
    """The sensory level as stated: once, or per side. A cord segment, not a vertebra."""

    single: OneSegment | None = None
    """Stated without a side; in the file simply `sensory_level: T4`."""
    right: OneSegment | None = None
    left: OneSegment | None = None

    def on(self, side: Side) -> Segment | None:
        """The level on that side: its own, else the one stated without a side."""
        own = self.right if side is Side.RIGHT else self.left
        return own if own is not None else self.single

    def to_plain(self) -> Any:
        """As in the file: the segment alone where no side is known."""
        sides = {"single": self.single, "right": self.right, "left": self.left}
        known = {name: segment.value for name, segment in sides.items() if segment is not None}
        return known["single"] if list(known) == ["single"] else known

    @property
    def most_cranial(self) -> Segment | None:
        stated = [segment for segment in (self.single, self.right, self.left) if segment is not None]
        return min(stated, key=lambda segment: segment.order, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mjoa(Strict):
    """Items of the mJOA-18 (Benzel), classifications.md 7.2."""

    upper_limb_motor: Annotated[int, whole(0, 5)] | None = None
    lower_limb_motor: Annotated[int, whole(0, 7)] | None = None
    hand_sensation: Annotated[int, whole(0, 3)] | None = None
    sphincter: Annotated[int, whole(0, 3)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoaThoracic(Strict):
    """Items of the thoracic JOA-11, classifications.md 7.3."""

    lower_limb_motor: Annotated[int, whole(0, 4)] | None = None
    leg_sensation: Annotated[int, whole(0, 2)] | None = None
    trunk_sensation: Annotated[int, whole(0, 2)] | None = None
    bladder: Annotated[int, whole(0, 3)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain(Strict):
    """Pain at rest and on movement apart, and its character for SINS."""

    nrs_rest: Annotated[int, whole(0, 10)] | None = None
    nrs_movement: Annotated[int, whole(0, 10)] | None = None
    vas_rest_mm: Annotated[float, number(0, 100, "mm")] | None = None
    vas_movement_mm: Annotated[float, number(0, 100, "mm")] | None = None
    character: PainCharacter | None = None
    """mechanical: relieved by lying down or provoked by movement or loading; occasional: there, not mechanical."""
    worse_lying: YesNo | None = None
    severe: YesNo | None = None
    band_like: YesNo | None = None


def _sensory_level(value: Any) -> Any:
    if isinstance(value, str):
        return {"single": value}
    if isinstance(value, dict) or value is None:
        return value
    raise expected("a cord segment such as T4, or {right: T4, left: T5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam(Strict):
    """One dated examination; every finding is optional and what is absent is unknown."""

    date: Day
    by: Text | None = None
    """Role of the examiner, such as "neurosurgeon"; no name."""
    sensory_level: (
        Annotated[SensoryLevel, BeforeValidator(_sensory_level, json_schema_input_type=SensoryLevel | OneSegment)]
        | None
    ) = None
    isncsci: Isncsci | None = None
    frankel: Frankel | None = None
    ais: Ais | None = None
    """AIS as entered by the clinician; never computed here."""
    mjoa: Mjoa | None = None
    joa_thoracic: JoaThoracic | None = None
    nurick: Annotated[int, whole(0, 5)] | None = None
    mccormick: McCormick | None = None
    kps: Kps | None = None
    kps_before_deficit: Kps | None = None
    """Karnofsky score before the acute neurological loss."""
    ecog: Annotated[int, whole(0, 4)] | None = None
    ecog_before_deficit: Annotated[int, whole(0, 4)] | None = None
    pain: Pain | None = None
    ambulation: Ambulation | None = None
    sphincter: Sphincter | None = None
    sphincter_change: YesNo | None = None
    """New bladder or bowel trouble."""
    saddle_numbness: YesNo | None = None
    myelopathy: YesNo | None = None
    """Clinical signs of cord disease."""
    weakness: YesNo | None = None
    """New or worsening limb weakness."""
    gait_loss: YesNo | None = None
    """New or worsening trouble with walking."""
    progression: Course | None = None
    motor_deficit_days: Annotated[float, number(0, 4000, "days")] | None = None
    """Days over which the motor deficit developed."""
    complete_paraplegia_hours: Annotated[float, number(0, 100000, "hours")] | None = None
    """Hours since paraplegia became complete."""
    notes: Text | None = None
