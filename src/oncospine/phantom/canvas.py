"""The image being painted: grey values with partial volume, and one label array per question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from oncospine.geometry import Affine, Box
from oncospine.phantom.bone import SpineModel
from oncospine.phantom.shapes import Floats, Lattice, coverage

THICK_MM = 1.6
"""Voxel edges above this are painted as three finer ones and averaged, as a scanner averages its slice."""

SUBSTEPS = 3
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Canvas:
    """Arrays on a fine lattice; `substeps` fine cells per voxel and axis, the middle one carries the labels."""

    lattice: Lattice
    substeps: tuple[int, int, int]
    tissue: Mapping[str, float]
    grey: Floats
    labels: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    neural: NDArray[np.uint8]
    tumour: NDArray[np.uint8]

    def paint(self, box: Box, distance: Floats, tissue: str) -> None:
        """Lay a tissue over what is there, by coverage."""
        self.paint_share(box, coverage(distance, self.lattice.step_mm), self.tissue[tissue])

    def paint_share(self, box: Box, share: Floats, value: float | Floats) -> None:
        grey = self.grey[box]
        grey += share * (np.float32(value) - grey)

    def label(self, box: Box, inside: NDArray[np.bool_], value: int) -> None:
        """Give the labelled cells inside the number `value`."""
        part, where = self.labelled_cells(box, inside)
        self.labels[part][where] = value

    def labelled_cells(self, box: Box, values: NDArray[T]) -> tuple[Box, NDArray[T]]:
        """The voxels whose middle cell lies in `box`, and the values at those cells."""
        voxels, cells = [], []
        for part, step in zip(box, self.substeps, strict=True):
            middle = (step - 1) // 2
            first = -(-(part.start - middle) // step)
            last = -(-(part.stop - middle) // step)
            voxels.append(slice(max(first, 0), max(last, 0)))
            cells.append(slice(max(first, 0) * step + middle - part.start, None, step))
        where = values[cells[0], cells[1], cells[2]]
        shape = [part.stop - part.start for part in voxels]
        return (voxels[0], voxels[1], voxels[2]), where[: shape[0], : shape[1], : shape[2]]


def blank_canvas(model: SpineModel, affine: Affine, shape: tuple[int, int, int], tissue: Mapping[str, float]) -> Canvas:
    """An empty canvas on the voxel grid (`affine` to the world) of the spec."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    steps = [SUBSTEPS if step > THICK_MM else 1 for step in spacing]
    fine = affine.copy()
    fine[:3, :3] = affine[:3, :3] / steps
    fine[:3, 3] = affine[:3, 3] - fine[:3, :3] @ [(step - 1) / 2 for step in steps]
    inward = np.eye(4)
    inward[:3, :3] = model.pose.axes @ fine[:3, :3]
    inward[:3, 3] = model.pose.axes @ (fine[:3, 3] - model.pose.origin_mm)
    cells = (shape[0] * steps[0], shape[1] * steps[1], shape[2] * steps[2])
    return Canvas(
        lattice=Lattice(cells, inward),
        substeps=(steps[0], steps[1], steps[2]),
        tissue=tissue,
        grey=np.full(cells, tissue["muscle"], np.float32),
        labels=np.zeros(shape, np.uint8),
        parts=np.zeros(shape, np.uint8),
        neural=np.zeros(shape, np.uint8),
        tumour=np.zeros(shape, np.uint8),
    )


def averaged(canvas: Canvas) -> Floats:
    """Grey values per voxel: the mean of its cells."""
    grey = canvas.grey
    for axis, step in enumerate(canvas.substeps):
        if step > 1:
            size = [*grey.shape[:axis], grey.shape[axis] // step, step, *grey.shape[axis + 1 :]]
            grey = grey.reshape(size).mean(axis=axis + 1)
    return grey
