"""What was found of the tumour: per level, along the canal, and as a whole. Every number says how it was had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import BodyHeights, Part
from oncospine.base import Level, Quantity, Side
from oncospine.geometry import Mask
from oncospine.lesion.extent_findings import (
    Breach,
    CaudaCompromise,
    Contact,
    DiscInvasion,
    ForamenInvasion,
    Piece,
    Posterolateral,
    RibContact,
    Tomita,
    TubeDistance,
    Wbb,
)


class Compartment(StrEnum):
    """Where a tumour voxel lies."""

    BONE = "bone"
    EPIDURAL = "epidural"
    PARAVERTEBRAL = "paravertebral"

    @property
    def code(self) -> int:
        """Value in compartment arrays: 1 bone, 2 epidural, 3 paravertebral (as in the tumour label files)."""
        return _CODES[self]


_CODES = {compartment: index + 1 for index, compartment in enumerate(Compartment)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartInvolvement:
    """Tumour in one part of one vertebra: ml, and the fraction of the part (tumour-replaced bone counted as bone)."""

    volume_ml: float
    fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFinding:
    """One involved vertebra.

    `parts` lists every part with tumour in it; `bone_fraction` is of the whole vertebra; the epidural and paravertebral
    volumes are what lies in the slab of this level.
    """

    level: Level
    parts: Mapping[Part, PartInvolvement]
    bone_ml: float
    bone_fraction: float
    epidural_ml: float
    paravertebral_ml: Mapping[Side, float]

    @property
    def body_fraction(self) -> float:
        found = self.parts.get(Part.BODY)
        return 0.0 if found is None else found.fraction

    def involves(self, part: Part) -> bool:
        """True if the part holds at least `INVOLVED_FRACTION` of tumour, or `INVOLVED_ML`."""
        found = self.parts.get(part)
        return found is not None and (found.fraction >= INVOLVED_FRACTION or found.volume_ml >= INVOLVED_ML)

    @property
    def involved_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if self.involves(part))


INVOLVED_FRACTION = 0.10
"""A part counts as involved from this share of its volume (classifications.md section 1.3, suggested trigger [D])."""

INVOLVED_ML = 0.1
"""... or from this much tumour in it (the same place)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompressionProfile:
    """Along the canal (n stations, the canal's own): areas across the centreline in mm2, NaN where not measurable.

    `canal_occupation` is tumour within the bony canal over canal area; `sac_occupation` is tumour within the labelled
    sac over the sac's area (the label drawn as if the tumour were not there), NaN without a sac label. `direction_deg`
    is where the tumour's centroid lies seen from the canal's centre: 0 anterior, 90 the patient's right, 180 posterior;
    `thickness_mm` is how thick the tumour is along that direction.
    """

    arc_mm: NDArray[np.float64]
    levels: tuple[Level, ...]
    canal_mm2: NDArray[np.float64]
    tumour_mm2: NDArray[np.float64]
    sac_mm2: NDArray[np.float64]
    cord_mm2: NDArray[np.float64]
    canal_occupation: NDArray[np.float64]
    sac_occupation: NDArray[np.float64]
    circumference: NDArray[np.float64]
    direction_deg: NDArray[np.float64]
    thickness_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstLevel:
    """The place of greatest compression; `length_mm` is how much of the canal the tumour lies along."""

    level: Level
    arc_mm: float
    canal_occupation: Quantity
    sac_occupation: Quantity
    free_canal_mm2: Quantity
    direction: str
    clock_deg: float | None
    circumferential_deg: float
    length_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EsccEstimate:
    """ESCC grades that the masks leave possible at one level, mildest first, and the rule that decided.

    `basis` says what was seen ("CT estimate" or masks of the cord); `room` is the ratio the rule compared. `grade` is
    the single best answer, None on CT; `margin` is its distance to the nearer neighbouring grade in errors of the
    measurement that decides (below 1 two grades are possible). `displaced` marks a 1c whose cord is moved.
    """

    level: Level
    possible: tuple[str, ...]
    basis: str
    rule: str
    room: float | None
    grade: str | None = None
    margin: float | None = None
    circumferential: bool = False
    displaced: bool = False
    gap_mm: float | None = None
    sac_ratio: float | None = None
    csf_share: float | None = None

    @property
    def is_ct(self) -> bool:
        return self.basis == "CT estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyShape:
    """Shape of one involved body; a `Quantity` without value says why."""

    heights: BodyHeights | None
    height_loss_percent: Quantity
    translation_mm: Quantity
    segmental_kyphosis_deg: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneDensity:
    """HU of the lesion in the bodies against the healthy bodies of the same scan.

    HU depend on contrast and tube voltage; the fractions compare within one scan only.
    """

    healthy_levels: tuple[Level, ...]
    healthy_mean_hu: float
    healthy_sd_hu: float
    lesion_mean_hu: float
    below_fraction: float
    above_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """All findings of one lesion on one scan. `compartments` holds `Compartment.code` per voxel of the spine's grid."""

    tumour: Mask
    compartments: NDArray[np.uint8]
    volume_ml: Quantity
    compartment_ml: Mapping[Compartment, Quantity]
    levels: Mapping[Level, LevelFinding]
    profile: CompressionProfile
    worst: WorstLevel | None
    escc: Mapping[Level, EsccEstimate]
    shapes: Mapping[Level, BodyShape]
    density: BoneDensity | None
    dominant_side: Side | None
    side_reason: str
    distribution: str
    pieces: tuple[Piece, ...]
    breaches: tuple[Breach, ...]
    discs: tuple[DiscInvasion, ...]
    foramina: tuple[ForamenInvasion, ...]
    ribs: tuple[RibContact, ...]
    contacts: tuple[Contact, ...]
    distances: tuple[TubeDistance, ...]
    posterolateral: Mapping[Level, Mapping[Side, Posterolateral]]
    cauda: Mapping[Level, CaudaCompromise]
    wbb: Mapping[Level, Wbb]
    tomita: Tomita | None
    notes: tuple[str, ...]

    @property
    def involved_levels(self) -> tuple[Level, ...]:
        """Levels with tumour in bone, cranial to caudal."""
        return tuple(level for level, found in self.levels.items() if found.involved_parts)
