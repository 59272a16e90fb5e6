"""From label maps to a `Spine`: the one place where the steps of this room are strung together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.alignment import alignment_of
from oncospine.anatomy.bone_pieces import piece_doubts, without_islands
from oncospine.anatomy.canal import canal_along
from oncospine.anatomy.completeness import Touch, cut_directions, touched_faces
from oncospine.anatomy.level_naming import checked_names
from oncospine.anatomy.measure import described_vertebra
from oncospine.anatomy.orientation import absent_endplates, oriented
from oncospine.anatomy.plausibility import plausibility_doubts, plausibility_sizes
from oncospine.anatomy.spine import Doubt, Severity, Spine, Tube
from oncospine.anatomy.starts import Start, first_frames
from oncospine.anatomy.tubes import MR_CANAL_KINDS, named_tube
from oncospine.anatomy.vertebra import Vertebra
from oncospine.base import InputError, Level, Progress, SideProcess, mapped, silent
from oncospine.geometry import (
    Box,
    Frame,
    Grid,
    Mask,
    Volume,
    cropped_grid,
    united,
    widened,
)
from oncospine.imaging import LabelMap, Structure, StructureKind

CROP_MARGIN_MM = 40.0
"""What is kept around the vertebrae: rib heads, great vessels, muscle, the corridor of a screw; and the sternum."""

TUBE_KINDS = (StructureKind.SPINAL_CORD, StructureKind.DURAL_SAC, *MR_CANAL_KINDS)
"""Labels that become tubes in the canal."""


def spine_from_labels(
    labels: Sequence[LabelMap], *, modality: str, beside: SideProcess | None = None, progress: Progress = silent
) -> Spine:
    """`Spine` from one or more label maps on one grid; the first with vertebrae names the levels.

    Raises `InputError` where the maps lie on different grids or no vertebra with a canal can be found.
    """
    maps = [_snapped(item.canonical()) for item in labels]
    _require_one_grid(maps)
    progress("finding the vertebrae", 0.1)
    box = block_around_spine(maps)
    grid = cropped_grid(maps[0].grid, box)
    codes, island_doubts, pieces = without_islands(_level_codes(maps, box), grid)
    touches = touched_faces(codes, grid)
    others, structures = _other_structures(maps, box)
    tube_masks = _tube_masks(maps, box, grid)
    progress("orienting the vertebrae", 0.3)
    starts, fragments, doubts = first_frames(codes, grid, [mask for _, mask in tube_masks], beside)
    vertebrae, canal_frames, parts = _described(codes, grid, starts, touches, beside, progress)
    progress("following the canal", 0.8)
    canal = canal_along(canal_frames, _half_heights(vertebrae), Mask(codes > 0, grid.affine))
    tubes = tuple(named_tube(kind, mask, canal, modality) for kind, mask in tube_masks)
    naming, name_doubts = checked_names(canal, canal_frames, others, structures, grid)
    alignment = alignment_of(vertebrae)
    profiles = {tube.kind: tube.profile for tube in tubes}
    sizes = plausibility_sizes(vertebrae, alignment, canal.profile, profiles)
    return Spine(
        grid=grid,
        level_codes=codes,
        part_codes=parts,
        other_codes=others,
        other_structures=structures,
        vertebrae=vertebrae,
        fragments=fragments,
        canal=canal,
        tubes=tubes,
        naming=naming,
        doubts=(
            *name_doubts,
            *doubts,
            *island_doubts,
            *piece_doubts(pieces, touches),
            *_completeness_doubts(vertebrae, fragments),
            *_tube_doubts(tubes),
            *plausibility_doubts(sizes),
        ),
        alignment=alignment,
        modality=modality,
    )


def _snapped(labels: LabelMap) -> LabelMap:
    """The map with its affine rounded, so that flipping a file leaves no trace in the bits."""
    affine = np.round(labels.volume.affine, SNAP_DECIMALS)
    return replace(labels, volume=Volume(labels.volume.array, affine))


SNAP_DECIMALS = 9
"""Digits of an affine that count: far below a voxel, far above the rounding of a flip."""


def _require_one_grid(maps: list[LabelMap]) -> None:
    if not maps:
        raise InputError("a spine needs at least one label map")
    for other in maps[1:]:
        if not other.grid.is_same_as(maps[0].grid):
            raise InputError(
                f"label maps lie on different grids: {maps[0].grid.described()}; {other.grid.described()}. "
                "Resample one onto the other first."
            )


def block_around_spine(labels: Sequence[LabelMap]) -> Box:
    """The voxels that a spine is built from: around the vertebrae, with the sternum. Canonical maps of one grid.

    Raises `InputError` where no map labels a vertebra.
    """
    named = _naming_levels(labels)
    near = widened(united(named.boxes[label] for label in _vertebra_labels(named)), named.grid, CROP_MARGIN_MM)
    return united([near, *_sternum_boxes(labels)])


def _vertebra_labels(labels: LabelMap) -> dict[int, Level]:
    """Level of every label that is a vertebra; the sacrum is not a level here."""
    return {
        label: structure.level
        for label, structure in labels.present().items()
        if structure.kind is StructureKind.VERTEBRA and structure.level is not None
    }


def _naming_levels(labels: Sequence[LabelMap]) -> LabelMap:
    """The first map that labels vertebrae with levels."""
    for item in labels:
        if _vertebra_labels(item):
            return item
    raise InputError("no vertebra in the label map: name the convention of the mask, or segment the vertebrae")


def _level_codes(maps: list[LabelMap], box: Box) -> NDArray[np.uint8]:
    """`Level.code` per voxel of the block."""
    named = _naming_levels(maps)
    table = np.zeros(int(np.iinfo(named.volume.array.dtype).max) + 1, np.uint8)
    for label, level in _vertebra_labels(named).items():
        table[label] = level.code
    codes: NDArray[np.uint8] = table[np.ascontiguousarray(named.volume.array[box])]
    return codes


def _sternum_boxes(maps: Sequence[LabelMap]) -> list[Box]:
    """Blocks around the sternum, a voxel wider: an anterior approach is judged by it and by all that lies before it."""
    return [
        widened(item.boxes[label], item.grid, max(item.grid.spacing_mm))
        for item in maps
        for label in item.labels_of(StructureKind.STERNUM)
        if label in item.boxes
    ]


def _other_structures(maps: list[LabelMap], box: Box) -> tuple[NDArray[np.uint8], dict[int, Structure]]:
    """Everything labelled that is neither vertebra nor tube nor tumour, recoded 1..n on the crop."""
    skipped = {StructureKind.VERTEBRA, *TUBE_KINDS}
    structures: dict[int, Structure] = {}
    combined = np.zeros(tuple(part.stop - part.start for part in box), np.uint8)
    for item in maps:
        table = np.zeros(int(np.iinfo(item.volume.array.dtype).max) + 1, np.uint8)
        for label, structure in item.present().items():
            if structure.kind not in skipped and len(structures) < np.iinfo(np.uint8).max:
                structures[len(structures) + 1] = structure
                table[label] = len(structures)
        found = table[item.volume.array[box]]
        np.copyto(combined, found, where=(combined == 0) & (found > 0))
    return combined, structures


def _tube_masks(maps: list[LabelMap], box: Box, grid: Grid) -> list[tuple[StructureKind, Mask]]:
    masks = []
    for item in maps:
        for kind in TUBE_KINDS:
            if item.has(kind):
                near = replace(item, volume=Volume(np.ascontiguousarray(item.volume.array[box]), grid.affine))
                in_canal = kind in {StructureKind.SPINAL_CANAL, StructureKind.CSF}
                masks.append((kind, near.mask_of_canal() if in_canal else near.mask(kind)))
    return [(kind, mask) for kind, mask in masks if mask.array.any()]


def _described(
    codes: NDArray[np.uint8],
    grid: Grid,
    starts: Mapping[Level, Start],
    touches: Mapping[Level, list[Touch]],
    beside: SideProcess | None,
    progress: Progress,
) -> tuple[dict[Level, Vertebra], dict[Level, Frame], NDArray[np.uint8]]:
    """Every vertebra measured; its frame with the origin in the canal; the part codes of all voxels."""
    parts = np.zeros(codes.shape, np.uint8)
    vertebrae: dict[Level, Vertebra] = {}
    frames: dict[Level, Frame] = {}
    tasks = [(level, start, touches.get(level, []), grid) for level, start in starts.items()]
    for (level, start), (vertebra, frame, voxel_codes) in zip(
        starts.items(), mapped(_described_one, tasks, beside), strict=True
    ):
        parts[start.bone.box] = np.where(start.bone.volume.array > 0, voxel_codes, parts[start.bone.box])
        vertebrae[level], frames[level] = vertebra, frame
        progress(f"measured {level}", 0.3 + 0.5 * len(vertebrae) / len(starts))
    return vertebrae, frames, parts


def _described_one(task: tuple[Level, Start, list[Touch], Grid]) -> tuple[Vertebra, Frame, NDArray[np.uint8]]:
    """One vertebra measured, its frame with the origin in the canal, the part codes of the voxels of its block."""
    level, start, touches, grid = task
    cut = cut_directions(start.frame, touches)
    found = oriented(start.bone, start.frame, start.column, cut.body_cut, absent_endplates(level))
    vertebra, voxel_codes = described_vertebra(start.bone, found, cut, grid)
    return vertebra, found.block.frame, voxel_codes


def _half_heights(vertebrae: Mapping[Level, Vertebra]) -> dict[Level, float]:
    """Half the height of each body, from its own heights or half the distance to the neighbours'."""
    known = [v.heights.middle_mm for v in vertebrae.values() if v.heights is not None]
    usual = float(np.median(known)) if known else USUAL_BODY_HEIGHT_MM
    return {level: (v.heights.middle_mm if v.heights else usual) / 2 for level, v in vertebrae.items()}


USUAL_BODY_HEIGHT_MM = 16.0
"""Height of an upper thoracic body (morphometry.md section 12), used only to end the canal where none is measured."""


def _completeness_doubts(vertebrae: Mapping[Level, Vertebra], fragments: tuple[Level, ...]) -> list[Doubt]:
    texts = [f"{level}: {v.completeness.reason}" for level, v in vertebrae.items() if not v.completeness.is_complete]
    texts += [f"{level}: only a fragment in view, not measured" for level in fragments]
    halved = [str(level) for level, v in vertebrae.items() if {"left", "right"} & set(v.completeness.body_cut)]
    notes = [Doubt(severity=Severity.NOTE, topic="completeness", text=text) for text in texts]
    if not halved:
        return notes
    text = f"{', '.join(halved)}: the scan ends beside the middle of the body; angles and widths there are not reliable"
    return [Doubt(severity=Severity.WARNING, topic="completeness", text=text), *notes]


def _tube_doubts(tubes: tuple[Tube, ...]) -> list[Doubt]:
    return [Doubt(severity=Severity.NOTE, topic="canal contents", text=f"{tube.kind}: {tube.reason}") for tube in tubes]
