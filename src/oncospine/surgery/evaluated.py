"""What comes of an operation: per stage and in all. Results only; how they are had stands in `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncospine.anatomy import Part
from oncospine.base import Level, Side
from oncospine.geometry import Mask
from oncospine.lesion import Compartment
from oncospine.surgery.anterior_column import CagePlan
from oncospine.surgery.decompression import Decompression
from oncospine.surgery.fixation_checks import FixationCheck
from oncospine.surgery.operation import Operation, Stage
from oncospine.surgery.reach import Reach
from oncospine.surgery.rods import Rod
from oncospine.surgery.screw import PlannedScrew
from oncospine.surgery.stage_plan import StagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """Tumour that is still there, in ml: in all, by compartment, by part of each vertebra, in the canal, by side."""

    total_ml: float
    compartments: Mapping[Compartment, float]
    parts: Mapping[Level, Mapping[Part, float]]
    canal_ml: float
    sides: Mapping[Side, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluatedStage:
    """One stage: `reach` is of the tumour still there when it begins; `tumour_left` what is there when it ends.

    What is within reach is an upper limit of what can be taken, not a promise. `plan` is what surrounds the stage.
    """

    stage: Stage
    reach: Reach | None
    decompression: Decompression
    screws: tuple[PlannedScrew, ...]
    rods: tuple[Rod, ...]
    cage: CagePlan | None
    removed_bone: Mask
    tumour_left: Mask
    remaining: Remaining
    plan: StagePlan
    notes: tuple[str, ...]

    def to_plain(self) -> dict[str, object]:
        return {
            "stage": self.stage,
            "reach": self.reach,
            "decompression": self.decompression,
            "screws": self.screws,
            "rods": self.rods,
            "cage": self.cage,
            "remaining": self.remaining,
            "plan": self.plan,
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluatedOperation:
    """An operation with everything that comes of it. `before` is the tumour before the first stage."""

    operation: Operation
    before: Remaining
    stages: tuple[EvaluatedStage, ...]
    checks: tuple[FixationCheck, ...]
    notes: tuple[str, ...]

    @property
    def screws(self) -> tuple[PlannedScrew, ...]:
        """Screws of all stages, planned or refused."""
        return tuple(screw for stage in self.stages for screw in stage.screws)

    @property
    def remaining(self) -> Remaining:
        """What is left after the last stage."""
        return self.stages[-1].remaining

    @property
    def reached_share(self) -> float | None:
        """Share of the tumour within reach of the stages together; None without a tumour."""
        if self.before.total_ml == 0:
            return None
        return 1 - self.remaining.total_ml / self.before.total_ml
