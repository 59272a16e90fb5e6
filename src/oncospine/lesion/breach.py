"""Where the tumour has broken out of bone: through which wall of which vertebra, and over what area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Part, Spine, Vertebra
from oncospine.geometry import Grid
from oncospine.lesion.compartments import CODES, PlacedTumour
from oncospine.lesion.extent_findings import Breach
from oncospine.lesion.findings import Compartment
from oncospine.lesion.surroundings import Surroundings, surroundings_rules

WALLS = (
    "posterior wall",
    "anterior wall",
    "left lateral wall",
    "right lateral wall",
    "upper endplate",
    "lower endplate",
    "arch left",
    "arch right",
)


def breaches(placed: PlacedTumour, near: Surroundings, spine: Spine) -> tuple[Breach, ...]:
    """Every wall that tumour passes through, by level (cranial to caudal) and wall.

    The area is that of the interface between tumour in bone and tumour outside it, summed as a vector over voxel faces:
    for a flat wall this is its true area at any tilt; for a bent one it is the area seen from straight ahead.
    """
    compartment = np.zeros(near.tumour.shape, np.uint8)
    level = np.zeros(near.tumour.shape, np.uint8)
    part = np.zeros(near.tumour.shape, np.uint8)
    at = tuple((placed.voxels - [piece.start for piece in near.box]).T)
    compartment[at], level[at], part[at] = placed.compartments, placed.level_codes, placed.part_codes
    faces = interface_faces(compartment, near.grid)
    levels = level[tuple(faces.inside.T)]
    found = []
    for name, vertebra in spine.vertebrae.items():
        own = levels == name.code
        if not own.any():
            continue
        walls = _walls(faces, own, compartment, part, near, vertebra)
        for wall in WALLS:
            area = float(np.linalg.norm(faces.area_mm2[own][walls == wall].sum(axis=0)))
            if area >= float(surroundings_rules()["smallest_breach_mm2"]):
                found.append(Breach(level=name, wall=wall, area_mm2=area))
    return tuple(found)


class Faces:
    """Voxel faces between tumour in bone and tumour outside it: both voxels (n, 3) and the area vector (n, 3)."""

    def __init__(self, inside: NDArray[np.intp], outside: NDArray[np.intp], area_mm2: NDArray[np.float64]) -> None:
        self.inside, self.outside, self.area_mm2 = inside, outside, area_mm2


def interface_faces(compartment: NDArray[np.uint8], grid: Grid) -> Faces:
    """Every voxel face between tumour in bone and tumour outside it, its area vector pointing out of the bone."""
    bone = CODES[Compartment.BONE]
    columns = grid.affine[:3, :3]
    inside, outside, areas = [], [], []
    for axis in range(3):
        one, other = np.moveaxis(compartment, axis, 0)[:-1], np.moveaxis(compartment, axis, 0)[1:]
        normal = np.cross(columns[:, (axis + 1) % 3], columns[:, (axis + 2) % 3])
        if normal @ columns[:, axis] < 0:
            normal = -normal
        for sign, first, second in ((1, one, other), (-1, other, one)):
            hit = np.argwhere((first == bone) & (second > 0) & (second != bone))
            low = np.insert(np.delete(hit, 0, axis=1), axis, hit[:, 0], axis=1)
            high = low.copy()
            high[:, axis] += 1
            inside.append(low if sign > 0 else high)
            outside.append(high if sign > 0 else low)
            areas.append(np.broadcast_to(sign * normal, (len(hit), 3)))
    return Faces(np.concatenate(inside), np.concatenate(outside), np.concatenate(areas))


def _walls(
    faces: Faces,
    own: NDArray[np.bool_],
    compartment: NDArray[np.uint8],
    part: NDArray[np.uint8],
    near: Surroundings,
    vertebra: Vertebra,
) -> NDArray[np.str_]:
    """Name of the wall of each face of one vertebra."""
    inside, outside = faces.inside[own], faces.outside[own]
    epidural = compartment[tuple(outside.T)] == CODES[Compartment.EPIDURAL]
    body = part[tuple(inside.T)] == Part.BODY.code
    local = vertebra.frame.to_local(near.grid.to_world((inside + outside) / 2)) / half_sizes_mm(vertebra)
    side = np.where(local[:, 0] > 0, "right", "left")
    main = np.abs(local).argmax(axis=1)
    of_body = np.select(
        [epidural, main == 2, main == 0],
        [
            "posterior wall",
            np.where(local[:, 2] > 0, "upper endplate", "lower endplate"),
            np.where(side == "right", "right lateral wall", "left lateral wall"),
        ],
        default=np.where(local[:, 1] > 0, "anterior wall", "posterior wall"),
    )
    return np.where(body, of_body, np.where(side == "right", "arch right", "arch left"))


USUAL_HALF_SIZES_MM = (14.0, 9.0, 9.0)
"""Half sizes of an upper thoracic body (morphometry.md section 12), used only where its endplates are not known."""


def half_sizes_mm(vertebra: Vertebra) -> NDArray[np.float64]:
    """Half width, half depth and half height of the body."""
    plates = [plate for plate in (vertebra.upper_endplate, vertebra.lower_endplate) if plate is not None]
    if not plates or vertebra.heights is None:
        return np.array(USUAL_HALF_SIZES_MM)
    width = float(np.mean([plate.width_mm for plate in plates]))
    depth = float(np.mean([plate.depth_mm for plate in plates]))
    return np.array([width, depth, vertebra.heights.middle_mm]) / 2
