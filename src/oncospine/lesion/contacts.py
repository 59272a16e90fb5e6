"""Contact of the tumour with labelled vessels, airway, gullet, lung and ribs: distance, degrees, overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Spine
from oncospine.base import Side
from oncospine.imaging import Structure, StructureKind
from oncospine.lesion.extent_findings import Contact, RibContact
from oncospine.lesion.surroundings import NEAR_MM, Surroundings, distance_to, surroundings_rules

TUBES = frozenset(
    {
        StructureKind.AORTA,
        StructureKind.OESOPHAGUS,
        StructureKind.TRACHEA,
        StructureKind.VERTEBRAL_ARTERY,
        StructureKind.SUPERIOR_VENA_CAVA,
        StructureKind.INFERIOR_VENA_CAVA,
        StructureKind.AZYGOS_VEIN,
        StructureKind.SUBCLAVIAN_ARTERY,
        StructureKind.COMMON_CAROTID_ARTERY,
        StructureKind.BRACHIOCEPHALIC_TRUNK,
        StructureKind.BRACHIOCEPHALIC_VEIN,
        StructureKind.ILIAC_ARTERY,
        StructureKind.ILIAC_VEIN,
    }
)
"""Structures whose contact is given in degrees of their circumference."""

SURFACES = frozenset({StructureKind.LUNG, StructureKind.HEART, StructureKind.KIDNEY})
"""Structures whose contact is given as distance only."""

BINS = 36


def contacts(near: Surroundings, spine: Spine) -> tuple[Contact, ...]:
    """Every labelled neighbour within `NEAR_MM` of the tumour, nearest first.

    Degrees are counted on the slice with most contact, as directions from the structure's centre in which its wall
    lies within the contact distance of the tumour. Labels are of the organ without the tumour, so a mass that has grown
    into a vessel shows as overlap.
    """
    found = []
    codes = spine.other_codes[near.box]
    for key in dict.fromkeys((item.kind, item.side) for item in spine.other_structures.values()):
        if key[0] not in TUBES | SURFACES:
            continue
        own = [code for code, item in spine.other_structures.items() if (item.kind, item.side) == key]
        mask = np.isin(codes, own)
        if not mask.any():
            continue
        least = float(near.distance_mm[mask].min())
        if least > NEAR_MM:
            continue
        degrees = _degrees(mask, near) if key[0] in TUBES else None
        found.append(
            Contact(
                structure=Structure(kind=key[0], side=key[1]).name,
                distance_mm=least,
                degrees=degrees,
                overlap_ml=float(np.count_nonzero(mask & near.tumour)) * near.voxel_ml,
                words=_words(least, degrees),
            )
        )
    return tuple(sorted(found, key=lambda item: (round(item.distance_mm, 6), item.structure.split()[0])))


def _degrees(mask: NDArray[np.bool_], near: Surroundings) -> float:
    """Largest part of the circumference in contact, over the slices across the scan's own long axis."""
    axes = near.grid.affine[:3, :3]
    worst = 0.0
    touching = mask & (near.distance_mm <= float(surroundings_rules()["contact_mm"]))
    for k in np.flatnonzero(touching.any(axis=(0, 1))):
        slice_mask = mask[:, :, k]
        edge = slice_mask & ~ndimage.binary_erosion(slice_mask)
        voxels = np.argwhere(edge)
        centre = np.argwhere(slice_mask).mean(axis=0)
        places = (voxels - centre) @ axes[:2, :2].T
        bins = np.rint(np.degrees(np.arctan2(places[:, 0], places[:, 1])) % 360 / (360 / BINS)).astype(int) % BINS
        seen = np.zeros(BINS, np.bool_)
        met = np.zeros(BINS, np.bool_)
        seen[bins] = True
        met[bins[touching[:, :, k][edge]]] = True
        worst = max(worst, 360.0 * met.sum() / max(seen.sum(), 1))
    return worst


def _words(distance_mm: float, degrees: float | None) -> str:
    rules = surroundings_rules()
    if distance_mm > float(rules["contact_mm"]):
        return "clear"
    if degrees is None or degrees < float(rules["partly_encased_deg"]):
        return "in contact"
    return "encased" if degrees >= float(rules["encased_deg"]) else "partly encased"


def rib_contacts(near: Surroundings, spine: Spine) -> tuple[RibContact, ...]:
    """Ribs that the tumour touches or has grown into, cranial to caudal; whether at the costovertebral joint."""
    reach = float(surroundings_rules()["contact_mm"])
    codes = spine.other_codes[near.box]
    bone = spine.level_codes[near.box] > 0
    to_spine: NDArray[np.float32] | None = None
    found = []
    for code, item in spine.other_structures.items():
        if item.kind is not StructureKind.RIB or item.side is None or item.number is None:
            continue
        mask = codes == code
        touched = mask & (near.distance_mm <= reach)
        if not touched.any():
            continue
        if to_spine is None:
            to_spine = distance_to(bone, near.grid.spacing_mm)
        head = mask & (to_spine <= to_spine[mask].min() + float(surroundings_rules()["rib_head_mm"]))
        found.append(
            RibContact(
                number=item.number,
                side=item.side,
                overlap_ml=float(np.count_nonzero(mask & near.tumour)) * near.voxel_ml,
                costovertebral=bool((touched & head).any()),
            )
        )
    return tuple(sorted(found, key=lambda item: (item.number, item.side is Side.RIGHT)))
