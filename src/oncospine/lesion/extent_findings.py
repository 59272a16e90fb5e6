"""How far the tumour reaches: stages, walls broken, spaces and neighbours met, distances to what must be spared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncospine.anatomy import TubeKind
from oncospine.base import Level, Side, Verification
from oncospine.geometry import Point, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class CaudaCompromise:
    """Below the conus, where the ESCC scale does not apply: what the tumour leaves of the sac or canal."""

    level: Level
    free_fraction: float
    free_mm2: float
    of: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wbb:
    """WBB stage of one vertebra: sectors 1-12 in the convention named, layers A-D (E is not looked for).

    `margin` are the neighbouring sectors that another reader may count. `bone_fraction` is the share of each sector's
    bone that is tumour, `sector_layers` the layers in each involved sector. `midline` says what the angles start from.
    """

    level: Level
    sectors: tuple[int, ...]
    margin: tuple[int, ...]
    layers: tuple[str, ...]
    sector_layers: Mapping[int, tuple[str, ...]]
    bone_fraction: Mapping[int, float]
    layer_ml: Mapping[str, float]
    midline: str
    convention: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tomita:
    """Tomita surgical classification: type 1-7, its group, the rule that decided and every site involved."""

    type: int
    group: str
    reason: str
    sites: tuple[str, ...]
    citations: tuple[str, ...]
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """Tumour through a wall of bone: the area of the interface, in mm2."""

    level: Level
    wall: str
    area_mm2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscInvasion:
    """Tumour in the disc between two vertebrae; `crosses` where it reaches from one endplate to the other."""

    above: Level
    below: Level
    volume_ml: float
    crosses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForamenInvasion:
    """Tumour in the neural foramen between two vertebrae on one side."""

    above: Level
    below: Level
    side: Side
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A labelled neighbour: distance to the tumour, degrees of its circumference in contact (None: not a tube)."""

    structure: str
    distance_mm: float
    degrees: float | None
    overlap_ml: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RibContact:
    """A rib that the tumour touches; `costovertebral` where it does so at the head or neck."""

    number: int
    side: Side
    overlap_ml: float
    costovertebral: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TubeDistance:
    """Distance of the tumour to the cord or sac, within `error_mm` (half the largest voxel side).

    `within_ml` is how much tumour lies nearer than each limit; `map_mm` holds the distance of every tumour voxel's
    centre, NaN elsewhere. Where the sac is drawn as if the tumour were not there, `overlap_ml` is above 0.
    """

    tube: TubeKind
    least_mm: float
    error_mm: float
    overlap_ml: float
    within_ml: Mapping[str, float]
    map_mm: Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """One connected piece of the mask."""

    volume_ml: float
    levels: tuple[Level, ...]
    centre_mm: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterolateral:
    """What SINS asks of one side of a vertebra: pedicle, facet, costovertebral joint (None: no rib labelled)."""

    pedicle_fraction: float
    pedicle_ml: float
    facet_fraction: float
    facet_ml: float
    costovertebral: bool | None
