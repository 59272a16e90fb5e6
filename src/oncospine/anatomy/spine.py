"""The spine: its vertebrae, its canal and what runs in it, and every doubt about their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.alignment import Alignment
from oncospine.anatomy.profiles import SectionProfile, canal_profile
from oncospine.anatomy.vertebra import Vertebra
from oncospine.base import Level
from oncospine.geometry import Box, Frame, Grid, Mask, Polyline, Volume, label_boxes
from oncospine.imaging import Structure


class Severity(StrEnum):
    """How much a doubt matters."""

    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something the reader of any result from this spine has to know."""

    severity: Severity
    topic: str
    text: str


class Confidence(StrEnum):
    """Confidence in the names of the levels."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelNaming:
    """Confidence in the level names with every reason for and against."""

    confidence: Confidence
    reasons: tuple[str, ...]


class TubeKind(StrEnum):
    """What the labelled structure inside the canal really is."""

    DURAL_SAC = "dural sac"
    CORD = "spinal cord"
    UNKNOWN = "sac or cord"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tube:
    """Dural sac or cord, named for what it is and why. `labelled_as` is the name in the source.

    `profile` has its size in every section across the canal.
    """

    kind: TubeKind
    labelled_as: str
    reason: str
    mask: Mask
    profile: SectionProfile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canal:
    """The bony canal.

    `centreline` runs cranial to caudal; `frames` (n) stand on it every `step_mm`, superior along the canal, anterior
    towards the bodies; `levels` (n) names the vertebra whose slab each frame lies in; `radii_mm` (n, 72) is the
    distance from the centreline to bone at angles 0, 5, ... degrees from anterior towards the patient's right;
    `walled` (n, 72) is True where bone was met and False where the wall was bridged (foramina, destroyed walls).
    """

    centreline: Polyline
    step_mm: float
    frames: tuple[Frame, ...]
    arc_mm: NDArray[np.float64]
    levels: tuple[Level, ...]
    radii_mm: NDArray[np.float64]
    walled: NDArray[np.bool_]
    mask: Mask

    @property
    def areas_mm2(self) -> NDArray[np.float64]:
        """Area (n,) of the canal perpendicular to its centreline."""
        step = 2 * np.pi / self.radii_mm.shape[1]
        following = np.roll(self.radii_mm, -1, axis=1)
        return np.asarray(0.5 * np.sin(step) * (self.radii_mm * following).sum(axis=1))

    @property
    def profile(self) -> SectionProfile:
        """Size of the bony canal in every section."""
        return canal_profile(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spine:
    """The spine of one scan on the canonical grid of the crop around it (RAS order, no interpolation).

    `level_codes` holds `Level.code` per voxel, `part_codes` holds `Part.code` per voxel (0 outside bone);
    `others` are labelled neighbours (ribs, aorta, lungs ...) on the same grid as codes into `other_structures`.
    """

    grid: Grid
    level_codes: NDArray[np.uint8]
    part_codes: NDArray[np.uint8]
    other_codes: NDArray[np.uint8]
    other_structures: Mapping[int, Structure]
    vertebrae: Mapping[Level, Vertebra]
    fragments: tuple[Level, ...]
    canal: Canal
    tubes: tuple[Tube, ...]
    naming: LevelNaming
    doubts: tuple[Doubt, ...]
    alignment: Alignment
    modality: str

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels with a frame, cranial to caudal."""
        return tuple(self.vertebrae)

    @cached_property
    def level_boxes(self) -> Mapping[Level, Box]:
        """The smallest block of voxels around the bone of every level, fragments too."""
        return MappingProxyType({Level.from_code(code): box for code, box in label_boxes(self.level_codes).items()})

    def tube(self, kind: TubeKind) -> Tube | None:
        """The labelled sac or cord, if there is one."""
        return next((tube for tube in self.tubes if tube.kind is kind), None)

    def level_volume(self) -> Volume:
        """Level codes with their affine."""
        return Volume(self.level_codes, self.grid.affine)
