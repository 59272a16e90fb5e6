"""What a phantom is asked to be: the patient, the posture, the scanner and the tumour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from oncospine.base import InputError, Level, Side, parse_levels

MODELLED_LEVELS = parse_levels("C3-L5")
"""Vertebrae the phantom can make."""

PART_CODES: Mapping[str, int] = {
    "body": 1,
    "pedicle left": 2,
    "pedicle right": 3,
    "lamina left": 4,
    "lamina right": 5,
    "articular left": 6,
    "articular right": 7,
    "transverse left": 8,
    "transverse right": 9,
    "spinous": 10,
}
"""Values in part arrays; the same names and numbers as the parts of `oncospine.anatomy`."""


class Modality(StrEnum):
    """What the scan shows."""

    CT = "CT"
    MR_T2 = "MR T2"


class LesionKind(StrEnum):
    """What the tumour does to bone."""

    LYTIC = "lytic"
    BLASTIC = "blastic"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BonePiece:
    """Tumour in one part of one vertebra, filling `fraction` of it.

    `part` is a name of `PART_CODES`. `centre` is where it grows from, in half sizes of the vertebral body along right,
    anterior and superior ((0, -1, 0) is the middle of the posterior wall); None grows a body lesion from its centre,
    and any other part from the end nearest to the body.
    """

    level: Level
    part: str = "body"
    fraction: float = 0.5
    centre: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        _require(self.part in PART_CODES, f"unknown part '{self.part}'; parts are {', '.join(PART_CODES)}")
        _require(0 < self.fraction <= 1, f"the fraction of a part is above 0 and at most 1, got {self.fraction}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpiduralPiece:
    """Tumour in the bony canal outside the dural sac, centred on the canal at `level`.

    It advances as a front from the canal wall at `clock_deg` (0 in front, 90 at the patient's right, 180 behind, 270
    left), `thickness_mm` at its middle, over `length_mm` along the canal; `offset_mm` moves its middle caudally.
    """

    level: Level
    thickness_mm: float
    length_mm: float
    clock_deg: float = 0.0
    offset_mm: float = 0.0

    def __post_init__(self) -> None:
        _require(0 < self.thickness_mm <= 20, f"epidural thickness within 0-20 mm, got {self.thickness_mm}")
        _require(0 < self.length_mm <= 300, f"epidural length within 0-300 mm, got {self.length_mm}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParavertebralPiece:
    """Tumour beside a vertebral body: an ellipsoid of half sizes (outward, along the body, cranio-caudal) in mm."""

    level: Level
    side: Side
    half_sizes_mm: tuple[float, float, float] = (9.0, 12.0, 11.0)

    def __post_init__(self) -> None:
        _require(min(self.half_sizes_mm) > 0, f"half sizes are above 0 mm, got {self.half_sizes_mm}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """Loss of height of one body, as fractions of the anterior and posterior height."""

    level: Level
    anterior_loss: float = 0.3
    posterior_loss: float = 0.0

    def __post_init__(self) -> None:
        losses = (self.anterior_loss, self.posterior_loss)
        _require(all(0 <= loss < 0.9 for loss in losses), f"loss of height within 0-0.9, got {losses}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourSpec:
    """A tumour as a list of pieces. The first epidural piece leads; further ones only cut the space."""

    bone: tuple[BonePiece, ...] = ()
    epidural: tuple[EpiduralPiece, ...] = ()
    paravertebral: tuple[ParavertebralPiece, ...] = ()
    kind: LesionKind = LesionKind.LYTIC
    collapses: tuple[Collapse, ...] = ()

    def levels(self) -> tuple[Level, ...]:
        """Levels of the pieces, cranial to caudal."""
        found = {piece.level for piece in self.bone}
        found |= {piece.level for piece in self.epidural} | {piece.level for piece in self.paravertebral}
        found |= {collapse.level for collapse in self.collapses}
        return tuple(sorted(found, key=lambda level: level.order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """How the patient lies in the scanner and how the spine bends; degrees and millimetres.

    `lean_deg` turns the patient about the right axis (positive: head forward), `roll_deg` about the anterior axis
    (positive: head towards the right), `turn_deg` about the superior axis (positive: front towards the left).
    `kyphosis_deg` is added over T1-T12, `scoliosis_deg` is the Cobb angle of a curve with its apex at T7.
    """

    lean_deg: float = 10.0
    roll_deg: float = 1.5
    turn_deg: float = -2.0
    shift_mm: tuple[float, float, float] = (4.0, -7.0, 12.0)
    kyphosis_deg: float = 0.0
    scoliosis_deg: float = 5.0
    standing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSpec:
    """One phantom. The same spec always gives the same bytes.

    `seed` draws the person (sizes, asymmetries) and the noise. `variation` scales the differences between people (0:
    the table's adult), `asymmetry` those between left and right (at least 0.25: no phantom is symmetric). `psf_mm` is
    the standard deviation of the blur. `noise` is in HU for CT and in the scan's units for MR. `shape` fixes the number
    of voxels; otherwise the image covers the levels with `margin_mm` above and below (negative cuts the end vertebrae)
    and `half_width_mm` to each side. `thorax` adds ribs, lungs, vessels and skin.
    """

    levels: tuple[Level, ...] = parse_levels("C6-T8")
    voxel_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    seed: int = 1
    sex: str | None = None
    stature_cm: float = 170.0
    variation: float = 1.0
    asymmetry: float = 1.0
    posture: Posture = Posture()
    modality: Modality = Modality.CT
    noise: float = 18.0
    psf_mm: float = 0.45
    contrast: bool = False
    thorax: bool = True
    tumour: TumourSpec | None = None
    shape: tuple[int, int, int] | None = None
    margin_mm: tuple[float, float] = (14.0, 14.0)
    half_width_mm: float = 62.0

    def __post_init__(self) -> None:
        _require(len(self.levels) > 0, f"a phantom needs at least one level, got {self.levels!r}")
        lost = [level.value for level in self.levels if level not in MODELLED_LEVELS]
        _require(not lost, f"the phantom has no {', '.join(lost)}; it models C3-L5")
        first = MODELLED_LEVELS.index(self.levels[0])
        run = MODELLED_LEVELS[first : first + len(self.levels)]
        _require(self.levels == run, "levels must be neighbours, cranial to caudal, such as parse_levels('C6-T8')")
        _require(len(self.voxel_mm) == 3, f"voxel_mm has three values, got {self.voxel_mm!r}")
        _require(all(0.2 <= step <= 6 for step in self.voxel_mm), f"voxel_mm within 0.2-6 mm, got {self.voxel_mm}")
        _require(0 <= self.variation <= 2, f"variation within 0-2, got {self.variation}")
        _require(0.25 <= self.asymmetry <= 2, f"asymmetry within 0.25-2 (never symmetric), got {self.asymmetry}")
        _require(self.sex in (None, "female", "male"), f"sex is 'female', 'male' or None, got {self.sex!r}")
        _require(self.noise >= 0 and self.psf_mm >= 0, "noise and psf_mm cannot be negative")
        if self.tumour is not None:
            outside = [level.value for level in self.tumour.levels() if level not in self.levels]
            _require(not outside, f"tumour at {', '.join(outside)}, outside the phantom's levels")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InputError(f"phantom: {message}")
