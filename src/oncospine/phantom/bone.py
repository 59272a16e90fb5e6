"""Evaluating vertebrae on a lattice: one distance and one part per point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Side
from oncospine.geometry import Box, Frame
from oncospine.phantom.body import CONCAVITY_MM
from oncospine.phantom.canal import Neural, neural, position_of
from oncospine.phantom.column import canal_curve, chained_frames, pose_of
from oncospine.phantom.shapes import FAR_MM, Bounds, Floats, Lattice, Points, smooth_union
from oncospine.phantom.spec import MODELLED_LEVELS, PART_CODES, PhantomSpec
from oncospine.phantom.subject import drawn_subject
from oncospine.phantom.vertebra import (
    JOINT_GAP_MM,
    VertebraModel,
    canal_middle,
    facet_joint,
    vertebra_model,
)

FILLET_MM = 1.2
"""Radius of the fillets where parts meet."""

CARVE_REACH_MM = 22.0


@dataclass(frozen=True, eq=False)
class SpineModel:
    """The whole implicit spine of one spec, in patient coordinates; `pose` puts the patient into the world."""

    spec: PhantomSpec
    pose: Frame
    vertebrae: Mapping[Level, VertebraModel]
    neural: Neural

    def below(self, level: Level) -> VertebraModel | None:
        """The next vertebra of the image, caudal to `level`."""
        index = MODELLED_LEVELS.index(level) + 1
        lower = MODELLED_LEVELS[index] if index < len(MODELLED_LEVELS) else None
        return self.vertebrae[lower] if lower in self.spec.levels else None


@dataclass(frozen=True, eq=False)
class Bone:
    """A vertebra on a block of the lattice: distance to its surface and part of every point (by nearness outside)."""

    box: Box
    distance: Floats
    part: NDArray[np.uint8]


def spine_model(spec: PhantomSpec) -> SpineModel:
    """Build every vertebra, joint and the canal of `spec`."""
    shapes = drawn_subject(spec)
    frames = chained_frames(shapes, spec)
    joints = {}
    for upper, lower in pairwise(MODELLED_LEVELS):
        joints[upper] = {side: facet_joint(shapes[lower], frames[lower], shapes[upper], side) for side in Side}
    first, last = MODELLED_LEVELS[0], MODELLED_LEVELS[-1]
    top = {side: facet_joint(shapes[first], frames[first], shapes[first], side) for side in Side}
    end = Frame(frames[last].origin_mm - 34 * frames[last].superior, frames[last].axes)
    bottom = {side: facet_joint(shapes[last], end, shapes[last], side) for side in Side}
    models = {}
    for index, level in enumerate(MODELLED_LEVELS):
        above = joints[MODELLED_LEVELS[index - 1]] if index else top
        models[level] = vertebra_model(shapes[level], frames[level], above=above, below=joints.get(level, bottom))
    curve = canal_curve(shapes, frames)
    return SpineModel(spec, pose_of(spec.posture), models, neural(curve, shapes, spec))


def bone_on(model: SpineModel, level: Level, lattice: Lattice) -> Bone | None:
    """The vertebra `level` on the part of `lattice` that it touches; None if it lies outside."""
    vertebra = model.vertebrae[level]
    low, high = vertebra.bounds()
    bounds: Bounds = ((low[0], low[1], low[2]), (high[0], high[1], high[2]))
    box = lattice.box_of(bounds, vertebra.frame, margin_mm=2.5)
    if box is None:
        return None
    block = lattice.cropped_to(box)
    distance = np.full(block.shape, FAR_MM, np.float32)
    key = np.full(block.shape, FAR_MM, np.float32)
    part = np.zeros(block.shape, np.uint8)
    for rank, item in enumerate(vertebra.parts):
        inner = block.box_of(item.solid.bounds, vertebra.frame, margin_mm=2.5)
        if inner is None:
            continue
        points = block.cropped_to(inner).points_in(vertebra.frame)
        own = item.solid.distance(points)
        distance[inner] = smooth_union(distance[inner], own, FILLET_MM)
        rival = np.where(own <= 0, np.float32(rank - 1000), own)
        wins = rival < key[inner]
        key[inner] = np.where(wins, rival, key[inner])
        part[inner] = np.where(wins, _codes(item.part, points, vertebra), part[inner])
    _carve_canal(model, level, block, distance)
    _carve_joints(model.below(level), block, distance)
    return Bone(box, distance, part)


def _codes(part: str, points: Points, vertebra: VertebraModel) -> NDArray[np.uint8]:
    """Code of a part at every point; a pedicle ends where the section of the body does: what goes on is its flank."""
    codes = np.full(points[1].shape, PART_CODES[part], np.uint8)
    if part.startswith("pedicle"):
        codes[points[1] > vertebra.body.back - CONCAVITY_MM] = PART_CODES["body"]
    return codes


def _carve_canal(model: SpineModel, level: Level, block: Lattice, distance: Floats) -> None:
    vertebra = model.vertebrae[level]
    sizes, middle = vertebra.shape.sizes, canal_middle(vertebra.shape)
    half_u, half_v = sizes["SCW"] / 2 + 2.5, sizes["SCD"] / 2 + 2.5
    reach = CARVE_REACH_MM + vertebra.shape.mean_height
    inner = block.box_of(((-half_u, middle - half_v - 4, -reach), (half_u, middle + half_v + 4, reach)), vertebra.frame)
    if inner is None:
        return
    own = canal_distance(model, block.cropped_to(inner))
    distance[inner] = np.maximum(distance[inner], -own)


def canal_distance(model: SpineModel, block: Lattice) -> Floats:
    """Distance to the wall of the bony canal; negative inside."""
    s, u, v = model.neural.curve.section_coordinates(block.points_in(PATIENT))
    return model.neural.canal.distance(u, v, position_of(s))


PATIENT = Frame(np.zeros(3), np.eye(3))
"""The patient's own axes."""


def _carve_joints(lower: VertebraModel | None, block: Lattice, distance: Floats) -> None:
    if lower is None:
        return
    for item in lower.blocking:
        inner = block.box_of(item.solid.bounds, lower.frame, margin_mm=2.5)
        if inner is not None:
            own = item.solid.distance(block.cropped_to(inner).points_in(lower.frame))
            distance[inner] = np.maximum(distance[inner], np.float32(JOINT_GAP_MM) - own)
