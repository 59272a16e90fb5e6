"""From spine and tumour mask to `Findings`: the one place where the steps of this room are strung together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine, TubeKind
from oncospine.base import InputError, Level, Quantity, measured
from oncospine.geometry import Mask, Volume, cropped_grid
from oncospine.imaging import LabelMap, Scan, StructureKind
from oncospine.lesion.body_shape import body_shapes
from oncospine.lesion.bone_density import bone_density
from oncospine.lesion.breach import breaches
from oncospine.lesion.cauda import cauda_compromise
from oncospine.lesion.compartments import CODES, EATEN_MM, PlacedTumour, placed_tumour
from oncospine.lesion.compression import compression_profile, worst_level
from oncospine.lesion.contacts import contacts, rib_contacts
from oncospine.lesion.distances import tube_distances
from oncospine.lesion.escc_estimate import escc_estimates, escc_limits
from oncospine.lesion.findings import BoneDensity, Compartment, Findings
from oncospine.lesion.involvement import distribution, dominant_side, level_findings
from oncospine.lesion.pieces import tumour_pieces
from oncospine.lesion.posterolateral import posterolateral
from oncospine.lesion.scan_faults import ScanFaults, scan_faults
from oncospine.lesion.sections import canal_sections
from oncospine.lesion.spaces import disc_invasions, foramen_invasions
from oncospine.lesion.surroundings import surroundings
from oncospine.lesion.tomita import tomita
from oncospine.lesion.wbb import wbb_stages

COMPARTMENT_KINDS = {
    StructureKind.TUMOUR_BONE: Compartment.BONE,
    StructureKind.TUMOUR_EPIDURAL: Compartment.EPIDURAL,
    StructureKind.TUMOUR_PARAVERTEBRAL: Compartment.PARAVERTEBRAL,
}
"""Labels that name the compartment; plain `TUMOUR` is placed by geometry."""


def measured_findings(spine: Spine, tumour: LabelMap, scan: Scan | None = None) -> Findings:
    """Findings of the tumour in `tumour`, which must lie on the grid that the spine was labelled on.

    A CT `scan` on the same grid adds the density of the lesion.

    Raises `InputError` for an empty mask and for a tumour that comes nowhere near the labelled spine.
    """
    canonical = tumour.canonical()
    table = _codes(canonical)
    voxel_ml = canonical.grid.voxel_volume_mm3 / 1000
    total = float(sum(count for label, count in canonical.counts.items() if table[label])) * voxel_ml
    if total == 0:
        raise InputError("the tumour mask is empty: no voxel is set. Remove it from the case, or draw the tumour")
    cropped = table[np.ascontiguousarray(on_spine_grid(canonical.volume, spine, "tumour mask"))]
    mask = cropped > 0
    if not mask.any():
        raise InputError("the tumour mask lies more than 40 mm from every labelled vertebra: is it of this study?")
    named = np.where(cropped == UNNAMED, 0, cropped).astype(np.uint8)
    placed = placed_tumour(mask, spine, named if named.any() else None)
    compartments = np.zeros(spine.grid.shape, np.uint8)
    compartments[tuple(placed.voxels.T)] = placed.compartments
    near = surroundings(mask, spine)
    levels = level_findings(placed, spine)
    sections = canal_sections(spine, Mask(compartments == CODES[Compartment.EPIDURAL], spine.grid.affine))
    profile = compression_profile(spine, sections)
    side, side_reason = dominant_side(placed)
    involved = tuple(level for level, found in levels.items() if found.involved_parts)
    depth = near.depth_mm[tuple((placed.voxels - [part.start for part in near.box]).T)].astype(np.float64)
    ribs = rib_contacts(near, spine)
    values = None if scan is None or scan.modality != "CT" else on_spine_grid(scan.volume.canonical(), spine, "scan")
    faults = ScanFaults() if values is None else scan_faults(values, spine, mask)
    return Findings(
        tumour=Mask(mask, spine.grid.affine),
        compartments=compartments,
        volume_ml=measured(total, "ml", rule="voxels of the mask times voxel volume"),
        compartment_ml=_compartment_volumes(placed, voxel_ml, by_label=bool(named.any())),
        levels=levels,
        profile=profile,
        worst=worst_level(profile),
        escc=escc_estimates(profile, sections, involved),
        cauda=cauda_compromise(profile, escc_limits()["epidural_area_mm2"].value),
        shapes=body_shapes(spine, involved),
        density=_density(values, spine, compartments, involved, faults),
        dominant_side=side,
        side_reason=side_reason,
        distribution=distribution(involved),
        pieces=tumour_pieces(placed, near, spine),
        breaches=breaches(placed, near, spine),
        discs=disc_invasions(placed, spine),
        foramina=foramen_invasions(placed, spine),
        ribs=ribs,
        contacts=contacts(near, spine),
        distances=tube_distances(near, spine),
        posterolateral=posterolateral(levels, ribs, spine),
        wbb=wbb_stages(placed, depth, spine, profile),
        tomita=tomita(levels, profile),
        notes=(*_notes(total, float(np.count_nonzero(mask)) * voxel_ml, placed, spine, bool(involved)), *faults.notes),
    )


def _density(
    values: NDArray[Any] | None,
    spine: Spine,
    compartments: NDArray[np.uint8],
    involved: tuple[Level, ...],
    faults: ScanFaults,
) -> BoneDensity | None:
    if values is None:
        return None
    in_bone = compartments == CODES[Compartment.BONE]
    return bone_density(values, spine, in_bone, involved, unreadable=faults.unreadable)


UNNAMED = 255
"""Code of a tumour voxel whose compartment the source does not name."""


def _codes(tumour: LabelMap) -> NDArray[np.uint8]:
    """Compartment code per label, `UNNAMED` where only "tumour" is said, 0 for all else."""
    table = np.zeros(int(np.iinfo(tumour.volume.array.dtype).max) + 1, np.uint8)
    for label, structure in tumour.present().items():
        if structure.kind is StructureKind.TUMOUR:
            table[label] = UNNAMED
        elif structure.kind in COMPARTMENT_KINDS:
            table[label] = COMPARTMENT_KINDS[structure.kind].code
    return table


def on_spine_grid(volume: Volume, spine: Spine, what: str) -> NDArray[Any]:
    """The spine's crop out of a canonical volume on the grid that the spine was labelled on; else `InputError`."""
    first = np.rint(volume.grid.to_voxel(spine.grid.affine[:3, 3])).astype(int)
    box = tuple(slice(int(a), int(a) + n) for a, n in zip(first, spine.grid.shape, strict=True))
    fits = all(part.start >= 0 and part.stop <= size for part, size in zip(box, volume.array.shape, strict=True))
    if not fits or not cropped_grid(volume.grid, (box[0], box[1], box[2])).is_same_as(spine.grid):
        raise InputError(
            f"{what} and vertebra labels lie on different grids: {volume.grid.described()}; "
            f"the spine's crop is {spine.grid.described()}. Resample one onto the other's grid."
        )
    return volume.array[box]


def _compartment_volumes(placed: PlacedTumour, voxel_ml: float, *, by_label: bool) -> dict[Compartment, Quantity]:
    rule = (
        "as labelled in the mask" if by_label else "bone labels, canal walls and sac label; the rest is paravertebral"
    )
    return {
        compartment: measured(float(np.count_nonzero(placed.compartments == code)) * voxel_ml, "ml", rule=rule)
        for compartment, code in CODES.items()
    }


def _notes(total: float, seen: float, placed: PlacedTumour, spine: Spine, in_bone: bool) -> tuple[str, ...]:
    notes = []
    if total - seen >= SMALLEST_SAID_ML:
        notes.append(f"{total - seen:.1f} ml of the mask lies more than 40 mm from the spine and is only counted")
    astray = placed.astray * spine.grid.voxel_volume_mm3 / 1000
    if astray >= SMALLEST_SAID_ML:
        notes.append(
            f"{astray:.1f} ml that the mask calls bone lies more than {EATEN_MM:g} mm from every labelled vertebra: "
            "it is counted as paravertebral; is the mask of this study?"
        )
    if not in_bone:
        notes.append("no vertebral bone is involved")
    ends = placed.voxels.min(axis=0) == 0, placed.voxels.max(axis=0) == np.array(spine.grid.shape) - 1
    if ends[0].any() or ends[1].any():
        notes.append("the mask reaches the edge of the scan or of the region measured: the tumour may be larger")
    notes += [*_contradictions(placed, spine), *_overlaps(placed, spine)]
    return tuple(notes)


SMALLEST_SAID_ML = 0.05
"""Less than this would be said as 0.0 ml."""

CONTRADICTING_SHARE = 0.1
"""Labels and geometry differ at their borders by a voxel; from this share of the tumour on it is said [D]."""


def _contradictions(placed: PlacedTumour, spine: Spine) -> list[str]:
    """What the mask calls one thing and the anatomy another, where it is more than the voxels at a border."""
    bone = CODES[Compartment.BONE]
    differs = (placed.compartments == bone) != (placed.by_geometry == bone)
    if differs.mean() < CONTRADICTING_SHARE:
        return []
    ml = float(np.count_nonzero(differs)) * spine.grid.voxel_volume_mm3 / 1000
    return [
        f"the compartments named in the mask contradict the anatomy for {ml:.1f} ml (bone or not bone); "
        "the names in the mask are used"
    ]


def _overlaps(placed: PlacedTumour, spine: Spine) -> list[str]:
    cord = spine.tube(TubeKind.CORD)
    if cord is None:
        return []
    count = int(np.count_nonzero(cord.mask.array[tuple(placed.voxels.T)]))
    if count == 0:
        return []
    ml = count * spine.grid.voxel_volume_mm3 / 1000
    return [f"the tumour mask overlaps the labelled cord by {ml:.2f} ml: one of the two is wrong, or it is intradural"]
