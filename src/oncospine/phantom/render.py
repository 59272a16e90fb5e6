"""Painting the spine and what surrounds it, from the outside in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Progress, Region, Side, silent
from oncospine.geometry import Affine, Box
from oncospine.imaging import Structure, StructureKind, convention
from oncospine.phantom.bone import PATIENT, Bone, SpineModel, bone_on
from oncospine.phantom.canal import position_of
from oncospine.phantom.canvas import Canvas, blank_canvas
from oncospine.phantom.shapes import Floats, coverage
from oncospine.phantom.spec import Modality
from oncospine.phantom.tables import materials
from oncospine.phantom.thorax import organs, outline, ribs, sternum
from oncospine.phantom.tumour import (
    TumourModel,
    bone_tumour,
    disc_on,
    epidural_tumour,
    paravertebral_tumour,
)

CORTEX_MM = {"body": 0.55, "arch": 1.0, "rib": 0.8}
"""Thickness of the cortical shell (morphometry.md 12.1 items 2, 4 and 8)."""

SLAB = 24
"""Slices painted at a time where the whole image is covered: bounds the memory."""

CONVENTIONS = {Modality.CT: "totalsegmentator_total", Modality.MR_T2: "totalspineseg_step2"}
NEURAL_CODES = {"epidural": 1, "csf": 2, "cord": 3}
COMPARTMENTS = {"bone": 1, "epidural": 2, "paravertebral": 3}


def label_numbers(modality: Modality) -> Mapping[Structure, int]:
    """The lowest number of each structure in the convention the phantom's labels follow."""
    table = convention(CONVENTIONS[modality]).structures
    return {structure: label for label, structure in sorted(table.items(), reverse=True)}


def painted(
    model: SpineModel,
    tumour: TumourModel | None,
    affine: Affine,
    shape: tuple[int, int, int],
    progress: Progress = silent,
) -> Canvas:
    """The finished canvas, before blur and noise."""
    column = "ct" if model.spec.modality is Modality.CT else "mr_t2"
    canvas = blank_canvas(model, affine, shape, materials(column))
    numbers = label_numbers(model.spec.modality)
    progress("phantom: surroundings", 0.0)
    if model.spec.thorax:
        _paint_outline(model, canvas, numbers)
        _paint_tubes(model, canvas, numbers)
    _paint_discs(model, canvas, numbers)
    progress("phantom: canal", 0.35)
    _paint_canal(model, canvas, numbers)
    for index, level in enumerate(model.spec.levels):
        progress(f"phantom: {level}", 0.4 + 0.5 * index / len(model.spec.levels))
        _paint_vertebra(model, tumour, level, canvas, numbers)
    if tumour is not None:
        _paint_soft_tumour(model, tumour, canvas)
    progress("phantom: painted", 1.0)
    return canvas


def _paint_outline(model: SpineModel, canvas: Canvas, numbers: Mapping[Structure, int]) -> None:
    table = outline(model)
    ni, nj, nk = canvas.lattice.shape
    middle_z = model.vertebrae[Level.T5].frame.origin_mm[2]
    for start in range(0, nk, SLAB):
        box = (slice(0, ni), slice(0, nj), slice(start, min(start + SLAB, nk)))
        points = canvas.lattice.cropped_to(box).points_in(PATIENT)
        skin = table.skin(points)
        canvas.paint(box, -(skin + 11), "skin_fat")
        canvas.paint(box, -skin, "air")
        lung = np.maximum(table.lung(points), skin + 24)
        canvas.paint(box, lung, "lung")
        front = points[1] > np.float32(model.vertebrae[Level.T5].frame.origin_mm[1] + 16)
        canvas.paint_share(
            box,
            (front & (lung > 0) & (lung < 30) & (skin < -35)).astype(np.float32) * 0.6,
            canvas.tissue["mediastinum"],
        )
        for side in Side:
            label = numbers.get(Structure(kind=StructureKind.LUNG, side=side))
            if label is not None:
                inside = (lung < 0) & ((points[0] < 0) if side is Side.LEFT else (points[0] >= 0))
                canvas.label(box, inside, label)
                lower = 11 if side is Side.LEFT else 14
                canvas.label(box, inside & (points[2] < middle_z), lower)


def _paint_tubes(model: SpineModel, canvas: Canvas, numbers: Mapping[Structure, int]) -> None:
    found = organs(model)
    blood = "vessel_contrast" if model.spec.contrast else "vessel_wall"
    for tube, kind, tissue, wall in (
        (found.oesophagus, StructureKind.OESOPHAGUS, "oesophagus", 0.0),
        (found.trachea, StructureKind.TRACHEA, "air", 1.5),
        (found.aorta, StructureKind.AORTA, blood, 0.0),
    ):
        hit = tube.distance_on(canvas.lattice) if tube is not None else None
        if hit is None:
            continue
        box, distance = hit
        if wall:
            canvas.paint(box, distance - np.float32(wall), "trachea_wall")
        canvas.paint(box, distance, tissue)
        _label(canvas, box, distance < 0, Structure(kind=kind), numbers)
    bar = sternum(model).distance_on(canvas.lattice)
    if bar is not None:
        _paint_bone(canvas, bar[0], bar[1], CORTEX_MM["rib"], canvas.tissue["arch_trabecular"])
        _label(canvas, bar[0], bar[1] < 0, Structure(kind=StructureKind.STERNUM), numbers)
    for (number, side), rib in ribs(model).items():
        hit = rib.distance_on(canvas.lattice)
        if hit is not None:
            _paint_bone(canvas, hit[0], hit[1], CORTEX_MM["rib"], canvas.tissue["arch_trabecular"])
            _label(canvas, hit[0], hit[1] < 0, Structure(kind=StructureKind.RIB, side=side, number=number), numbers)


def _label(
    canvas: Canvas, box: Box, inside: NDArray[np.bool_], structure: Structure, numbers: Mapping[Structure, int]
) -> None:
    label = numbers.get(structure)
    if label is not None:
        canvas.label(box, inside, label)


def _paint_bone(canvas: Canvas, box: Box, distance: Floats, cortex_mm: float | Floats, core: float | Floats) -> None:
    outer = coverage(distance, canvas.lattice.step_mm)
    inner = coverage(distance + np.asarray(cortex_mm, np.float32), canvas.lattice.step_mm)
    value = np.float32(canvas.tissue["cortex"]) * (outer - inner) + np.asarray(core, np.float32) * inner
    grey = canvas.grey[box]
    grey *= 1 - outer
    grey += value


def _paint_discs(model: SpineModel, canvas: Canvas, numbers: Mapping[Structure, int]) -> None:
    for level in model.spec.levels:
        hit = disc_on(model, level, canvas.lattice)
        if hit is None:
            continue
        box, distance = hit
        canvas.paint(box, distance, "disc")
        canvas.paint(box, distance + np.float32(1.4), "nucleus")
        _label(canvas, box, distance < 0, Structure(kind=StructureKind.DISC, level=level), numbers)


def _paint_canal(model: SpineModel, canvas: Canvas, numbers: Mapping[Structure, int]) -> None:
    neural = model.neural
    first, last = model.vertebrae[model.spec.levels[0]], model.vertebrae[model.spec.levels[-1]]
    rows = _rows_between(model, first.frame.origin_mm[2] + 60, last.frame.origin_mm[2] - 60)
    points = neural.curve.points[rows]
    low, high = points.min(0) - 16, points.max(0) + 16
    whole = canvas.lattice.box_of(((low[0], low[1], low[2]), (high[0], high[1], high[2])), PATIENT)
    if whole is None:
        return
    for start in range(whole[2].start, whole[2].stop, SLAB):
        box = (whole[0], whole[1], slice(start, min(start + SLAB, whole[2].stop)))
        s, u, v = neural.curve.section_coordinates(canvas.lattice.cropped_to(box).points_in(PATIENT))
        at = position_of(s)
        canal = neural.canal.distance(u, v, at)
        sac = np.maximum(neural.sac.distance(u, v, at), -neural.fronts.beyond(u, v, at))
        cord = np.where(at < len(neural.has_cord) - 1, np.maximum(neural.cord.distance(u, v, at), sac), sac)
        cord = np.where(neural.has_cord[np.clip(at, 0, len(neural.has_cord) - 1).astype(int)], cord, np.float32(50))
        canvas.paint(box, canal, "epidural_fat")
        canvas.paint(box, sac, "csf")
        canvas.paint(box, cord, "cord")
        nested = (canal < 0).astype(np.uint8) + (sac < 0) + (cord < 0)
        part, where = canvas.labelled_cells(box, nested)
        canvas.neural[part] = np.maximum(canvas.neural[part], where)
        if model.spec.modality is Modality.CT:
            _label(canvas, box, sac < 0, Structure(kind=StructureKind.SPINAL_CORD), numbers)
        else:
            _label(canvas, box, canal < 0, Structure(kind=StructureKind.SPINAL_CANAL), numbers)
            _label(canvas, box, cord < 0, Structure(kind=StructureKind.SPINAL_CORD), numbers)


def _rows_between(model: SpineModel, top: float, bottom: float) -> NDArray[np.intp]:
    heights = model.neural.curve.points[:, 2]
    return np.flatnonzero((heights <= top) & (heights >= bottom))


def _paint_vertebra(
    model: SpineModel,
    tumour: TumourModel | None,
    level: Level,
    canvas: Canvas,
    numbers: Mapping[Structure, int],
) -> None:
    bone = bone_on(model, level, canvas.lattice)
    if bone is None:
        return
    in_body = bone.part == 1
    cortex = np.where(in_body, np.float32(CORTEX_MM["body"]), np.float32(CORTEX_MM["arch"]))
    if level.region is Region.CERVICAL:
        cortex = cortex + np.float32(0.1)
    core = np.where(in_body, np.float32(canvas.tissue["trabecular"]), np.float32(canvas.tissue["arch_trabecular"]))
    _paint_bone(canvas, bone.box, bone.distance, cortex, core)
    kept = _largest_piece(canvas, bone)
    part, inside = canvas.labelled_cells(bone.box, kept)
    canvas.labels[part][inside] = numbers[Structure(kind=StructureKind.VERTEBRA, level=level)]
    _, codes = canvas.labelled_cells(bone.box, bone.part)
    canvas.parts[part][inside] = codes[inside]
    if tumour is None:
        return
    mass = bone_tumour(tumour, model.vertebrae[level], bone, canvas.lattice.cropped_to(bone.box))
    if mass is not None:
        assert model.spec.tumour is not None
        canvas.paint(bone.box, mass, model.spec.tumour.kind.value)
        _, hit = canvas.labelled_cells(bone.box, mass < 0)
        canvas.tumour[part][hit & inside] = COMPARTMENTS["bone"]


def _largest_piece(canvas: Canvas, bone: Bone) -> NDArray[np.bool_]:
    """The vertebra without specks that joint gaps can cut off; what is cut by the image's edge stays."""
    import cc3d

    inside = bone.distance < 0
    pieces, count = cc3d.connected_components(inside, connectivity=6, return_N=True)
    if count < 2:
        return inside
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    specks = np.flatnonzero(sizes * canvas.lattice.cell_mm3 < SPECK_MM3)
    return np.asarray(inside & ~np.isin(pieces, specks[specks > 0]))


SPECK_MM3 = 60.0
"""Bone pieces below this volume that hang on nothing are not labelled."""


def _paint_soft_tumour(model: SpineModel, tumour: TumourModel, canvas: Canvas) -> None:
    epidural = epidural_tumour(model, canvas.lattice)
    if epidural is not None:
        canvas.paint(*epidural, "soft_tumour")
        part, hit = canvas.labelled_cells(epidural[0], epidural[1] < 0)
        free = canvas.neural[part] < NEURAL_CODES["csf"]
        canvas.tumour[part][hit & free] = COMPARTMENTS["epidural"]
    for piece in tumour.paravertebral:
        beside = paravertebral_tumour(model, tumour, piece, canvas.lattice)
        if beside is not None:
            canvas.paint(*beside, "soft_tumour")
            part, hit = canvas.labelled_cells(beside[0], beside[1] < 0)
            new = hit & (canvas.tumour[part] == 0)
            canvas.tumour[part][new] = COMPARTMENTS["paravertebral"]
            canvas.labels[part][new] = 0
