"""Screws: where one starts and ends, how far it is from every wall, how it would be graded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from oncospine.base import InputError, Level, Side
from oncospine.geometry import Point, as_point


class Gertzbein(StrEnum):
    """Gertzbein-Robbins grade in the A-E form (classifications.md section 8.1)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class Wall(StrEnum):
    """Walls of a pedicle."""

    MEDIAL = "medial"
    LATERAL = "lateral"
    SUPERIOR = "superior"
    INFERIOR = "inferior"


class ScrewPath(StrEnum):
    """How a screw runs."""

    INTRAPEDICULAR = "intrapedicular"
    IN_OUT_IN = "in-out-in"
    LATERAL_MASS = "lateral mass"
    SURGEON = "as entered by the surgeon"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screw:
    """A straight screw, from its entry in the posterior cortex to its tip."""

    level: Level
    side: Side
    entry_mm: Point
    tip_mm: Point
    diameter_mm: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "entry_mm", as_point(self.entry_mm, "entry_mm"))
        object.__setattr__(self, "tip_mm", as_point(self.tip_mm, "tip_mm"))
        if not self.length_mm > 0:
            raise InputError(f"screw {self.level} {self.side}: entry and tip are the same point; a screw has a length")
        if not self.diameter_mm > 0:
            raise InputError(f"screw {self.level} {self.side}: the diameter is {self.diameter_mm} mm; it is above 0")

    @property
    def length_mm(self) -> float:
        return float(np.linalg.norm(self.tip_mm - self.entry_mm))

    @property
    def direction(self) -> Point:
        """Unit vector from entry to tip."""
        return np.asarray((self.tip_mm - self.entry_mm) / self.length_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Bone between the screw's outer surface and each wall, in mm; negative is how far it stands outside.

    The four walls are those of the pedicle; `body_mm` is the nearest wall or endplate of the body beside the screw;
    `anterior_mm` is from the tip along the axis to the end of the intact bone (cortex or tumour); `canal_mm` is to the
    canal over the whole length; `tip_mm` is what `body_mm` is, at the tip only. None where the screw does not reach.
    """

    medial_mm: float | None
    lateral_mm: float | None
    superior_mm: float | None
    inferior_mm: float | None
    body_mm: float | None
    anterior_mm: float | None
    canal_mm: float | None
    tip_mm: float | None = None

    def of(self, wall: Wall) -> float | None:
        """The margin to one wall of the pedicle."""
        found: float | None = getattr(self, f"{wall.value}_mm")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedGrade:
    """Grade of a planned screw by published scales.

    `gertzbein` counts a breach of up to half a voxel in its direction as none; `at_worst` is the grade if every wall
    stood half a voxel nearer. `breach_mm` is the largest breach of the pedicle as measured, 0 for none. `heary`
    (T1-T12) and `neo` (C2-C7) are None at other levels and where the scale does not describe the finding.
    """

    gertzbein: Gertzbein
    at_worst: Gertzbein
    breach_mm: float
    breach_wall: Wall | None
    heary: int | None
    neo: int | None
    uncertainty_mm: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedScrew:
    """One screw of a plan, or the reason why there is none (`refusal`; then the rest is None).

    Angles are in the vertebra's own frame: `convergence_deg` positive towards the midline, `caudal_deg` positive where
    the tip points caudally. `corridor_mm` is the diameter of the widest straight corridor; `pedicle_width_mm` the outer
    transverse width at the isthmus. `hu_mean` and `hu_lowest` are of the bone the screw will displace.
    """

    level: Level
    side: Side
    path: ScrewPath | None = None
    entry_mm: Point | None = None
    tip_mm: Point | None = None
    diameter_mm: float | None = None
    length_mm: float | None = None
    convergence_deg: float | None = None
    caudal_deg: float | None = None
    margins: Margins | None = None
    grade: PredictedGrade | None = None
    pedicle_width_mm: float | None = None
    corridor_mm: float | None = None
    hu_mean: float | None = None
    hu_lowest: float | None = None
    entry_words: str | None = None
    touches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    refusal: str | None = None

    @property
    def name(self) -> str:
        """For example "T2 left"."""
        return f"{self.level} {self.side}"

    @property
    def is_planned(self) -> bool:
        return self.refusal is None

    def screw(self) -> Screw:
        """The screw itself; `InputError` for a refused one."""
        if self.entry_mm is None or self.tip_mm is None or self.diameter_mm is None:
            raise InputError(f"no screw at {self.name}: {self.refusal}")
        return Screw(
            level=self.level,
            side=self.side,
            entry_mm=self.entry_mm,
            tip_mm=self.tip_mm,
            diameter_mm=self.diameter_mm,
        )
