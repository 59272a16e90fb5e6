"""Finer parts of a vertebra: articular processes above and below, and where a rib meets the bone."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.parts import Part, sided
from oncospine.anatomy.vertebra import Vertebra
from oncospine.base import Level, Region, Side
from oncospine.geometry import Volume


class Subpart(StrEnum):
    """A piece of a part; left and right are the patient's."""

    SUPERIOR_ARTICULAR_LEFT = "superior articular left"
    SUPERIOR_ARTICULAR_RIGHT = "superior articular right"
    INFERIOR_ARTICULAR_LEFT = "inferior articular left"
    INFERIOR_ARTICULAR_RIGHT = "inferior articular right"
    COSTAL_LEFT = "costal left"
    COSTAL_RIGHT = "costal right"

    @property
    def code(self) -> int:
        """Value of this piece in subpart arrays; 0 is none."""
        return _CODES[self]

    @property
    def side(self) -> Side:
        return Side(self.value.rsplit(" ", 1)[-1])

    @property
    def mirrored(self) -> Subpart:
        """The same piece on the other side."""
        return Subpart(f"{self.value.rsplit(' ', 1)[0]} {self.side.other}")


SUBPARTS: tuple[Subpart, ...] = tuple(Subpart)
"""All pieces."""

_CODES = {piece: index + 1 for index, piece in enumerate(SUBPARTS)}


def subparts_of(vertebra: Vertebra) -> Volume:
    """Subpart codes (uint8) on the vertebra's own grid, 0 elsewhere.

    Articular processes are split at the middle of the pedicles. The costal region is the back and side of a thoracic
    body beside the disc above (and the disc below down to T9), where the heads of the ribs lie [D].
    """
    grid = vertebra.parts.grid
    local = vertebra.frame.to_local(grid.affine[:3, 3])
    step = grid.spacing_mm[0]
    r, a, s = (local[axis] + step * np.arange(grid.shape[axis]) for axis in range(3))
    middle = _pedicle_middle(vertebra, s)
    codes = np.zeros(grid.shape, np.uint8)
    above = np.broadcast_to((s > middle)[None, None, :], grid.shape)
    for side in Side:
        process = vertebra.parts.array == sided("articular", side).code
        codes[process & above] = Subpart(f"superior articular {side}").code
        codes[process & ~above] = Subpart(f"inferior articular {side}").code
    if vertebra.level.region is Region.THORACIC:
        for side in Side:
            region = _costal_region(vertebra, side, r, a, s)
            codes[region] = Subpart(f"costal {side}").code
    return Volume(codes, grid.affine)


def subpart_volumes_ml(vertebra: Vertebra) -> dict[Subpart, float]:
    """Volume of every piece on the vertebra's own grid."""
    found = subparts_of(vertebra)
    counts = np.bincount(found.array.ravel(), minlength=len(SUBPARTS) + 1)
    return {piece: float(counts[piece.code]) * found.grid.voxel_volume_mm3 / 1000 for piece in SUBPARTS}


def _pedicle_middle(vertebra: Vertebra, s: NDArray[np.float64]) -> float:
    """Height of the pedicles in the vertebra's frame: of the isthmuses, of the pedicle parts, else of the canal."""
    if vertebra.pedicles:
        places = [vertebra.frame.to_local(pedicle.isthmus_mm)[2] for pedicle in vertebra.pedicles.values()]
        return float(np.mean(places))
    counts = vertebra.part_mask(Part.PEDICLE_LEFT, Part.PEDICLE_RIGHT).sum(axis=(0, 1))
    if counts.sum() > 0:
        return float(counts @ s / counts.sum())
    return float(vertebra.frame.to_local(vertebra.canal_mm)[2])


FACET_MM = 9.0
"""How far along the body from an endplate the head of a rib reaches: half to two thirds of a head of 12 mm [D]."""

BACK_SHARE = 0.5
"""The heads of the ribs meet the hindmost half of the body and the base of the pedicle [D]."""

SIDE_SHARE = 0.55
"""And its outer part, from this share of the body's half width [D]."""

LAST_LOWER_FACET = Level.T9
"""Heads of ribs 2-10 touch the body above too (morphometry.md section 9): so far down bodies have a lower facet."""


def _costal_region(
    vertebra: Vertebra, side: Side, r: NDArray[np.float64], a: NDArray[np.float64], s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    bone = vertebra.part_mask(Part.BODY, sided("pedicle", side))
    plates = vertebra.upper_endplate, vertebra.lower_endplate
    body = vertebra.part_mask(Part.BODY)
    if plates[0] is None or not body.any():
        return np.zeros(bone.shape, np.bool_)
    rows = np.flatnonzero(body.any(axis=(0, 2)))
    back, front = a[rows[0]], a[rows[-1]]
    half_width = plates[0].width_mm / 2
    behind = (a < back + BACK_SHARE * (front - back)) & (a > back - FACET_MM / 2)
    beside = side.sign * r > SIDE_SHARE * half_width
    upper, lower = (0.0 if plate is None else vertebra.frame.to_local(plate.plane.point_mm)[2] for plate in plates)
    near = s > upper - FACET_MM
    if plates[1] is not None and vertebra.level.order <= LAST_LOWER_FACET.order:
        near = near | (s < lower + FACET_MM)
    return np.asarray(bone & beside[:, None, None] & behind[None, :, None] & near[None, None, :])
