"""Labelled voxels: small integers, and what each integer stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Level, Side
from oncospine.geometry import Box, Grid, Mask, Volume, label_boxes
from oncospine.imaging.structures import Structure, StructureKind

CANAL_KINDS = (
    StructureKind.SPINAL_CANAL,
    StructureKind.CSF,
    StructureKind.DURAL_SAC,
    StructureKind.SPINAL_CORD,
)
"""What lies inside the bony canal. In a label map each voxel has one label, so "canal" there excludes the cord."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelMap:
    """A labelled volume (uint8 or uint16), its vocabulary and the convention it was read under.

    `structures` has every number of the convention; `present()` only those that have voxels.
    """

    volume: Volume
    structures: Mapping[int, Structure]
    convention: str
    notes: tuple[str, ...] = ()
    content_hash: str = ""

    def __post_init__(self) -> None:
        if self.volume.array.dtype not in (np.uint8, np.uint16):
            raise InputError(f"a label map holds uint8 or uint16, got {self.volume.array.dtype}")
        if 0 in self.structures:
            raise InputError("label 0 is background and cannot be a structure")
        object.__setattr__(self, "structures", MappingProxyType(dict(self.structures)))

    @property
    def grid(self) -> Grid:
        return self.volume.grid

    @cached_property
    def counts(self) -> Mapping[int, int]:
        """Number of voxels of every label that occurs, background left out; one pass over the voxels."""
        return MappingProxyType(label_counts(self.volume.array))

    @cached_property
    def boxes(self) -> Mapping[int, Box]:
        """The smallest block of voxels around every label that occurs; one pass over the voxels."""
        return MappingProxyType(label_boxes(self.volume.array))

    def present(self) -> Mapping[int, Structure]:
        """The labels that have voxels, in numeric order."""
        return MappingProxyType({label: self.structures[label] for label in self.boxes})

    def labels_of(self, kind: StructureKind, *, level: Level | None = None, side: Side | None = None) -> list[int]:
        """Numbers of the structures of this kind; level and side narrow it where given."""
        return [
            label
            for label, structure in sorted(self.structures.items())
            if structure.kind is kind
            and (level is None or structure.level is level)
            and (side is None or structure.side is side)
        ]

    def has(self, kind: StructureKind, *, level: Level | None = None, side: Side | None = None) -> bool:
        """True if at least one voxel carries such a label."""
        return any(label in self.boxes for label in self.labels_of(kind, level=level, side=side))

    def mask(self, kind: StructureKind, level: Level | None = None, side: Side | None = None) -> Mask:
        """Voxels of all structures of this kind (narrowed by level and side where given); may be empty."""
        return self._mask_of(self.labels_of(kind, level=level, side=side))

    def mask_of(self, name: str) -> Mask:
        """Voxels of the one structure of this name ("vertebra T3", "rib left 4")."""
        wanted = Structure.from_name(name)
        return self._mask_of([label for label, structure in self.structures.items() if structure == wanted])

    def mask_of_canal(self) -> Mask:
        """The canal with everything in it: union of the labels of `CANAL_KINDS`."""
        return self._mask_of([label for kind in CANAL_KINDS for label in self.labels_of(kind)])

    def levels(self, kind: StructureKind = StructureKind.VERTEBRA) -> tuple[Level, ...]:
        """Levels of this kind that have voxels, cranial to caudal."""
        found = {item.level for item in self.present().values() if item.kind is kind and item.level is not None}
        return tuple(sorted(found, key=lambda level: level.order))

    def canonical(self) -> LabelMap:
        """The same labels with axes closest to Right, Anterior, Superior; no voxel moves."""
        return replace(self, volume=self.volume.canonical())

    def remapped(self, structures: Mapping[int, Structure], *, convention: str) -> LabelMap:
        """The same structures under the numbers of `structures`; a structure without a number there is an error."""
        number_of = {structure: label for label, structure in sorted(structures.items(), reverse=True)}
        present = self.present()
        lost = [structure.name for structure in present.values() if structure not in number_of]
        if lost:
            raise InputError(f"convention '{convention}' has no number for: {', '.join(sorted(lost))}")
        dtype = np.uint8 if max(structures, default=0) <= np.iinfo(np.uint8).max else np.uint16
        table = np.zeros(max(present, default=0) + 1, dtype)
        for label, structure in present.items():
            table[label] = number_of[structure]
        volume = Volume(table[self.volume.array], self.volume.affine)
        return replace(self, volume=volume, structures=structures, convention=convention)

    def _mask_of(self, labels: list[int]) -> Mask:
        array = self.volume.array
        if not labels:
            return Mask(np.zeros(array.shape, np.bool_), self.volume.affine)
        if len(labels) == 1:
            return Mask(array == labels[0], self.volume.affine)
        table = np.zeros(int(np.iinfo(array.dtype).max) + 1, np.bool_)
        table[labels] = True
        return Mask(table[array], self.volume.affine)


_BLOCK = 1 << 16
"""Values counted at a time: `numpy.bincount` turns its input into 64-bit integers, which then stay in the cache."""


def label_counts(array: NDArray[Any]) -> dict[int, int]:
    """Voxels per value of an unsigned integer array, background (0) left out.

    Bytes are counted two at a time, as one 16-bit value: the halves of the value are the two labels.
    """
    flat = array.ravel(order="K")
    if flat.dtype == np.uint8 and flat.flags.c_contiguous:
        even = flat.size - flat.size % 2
        pairs = _histogram(flat[:even].view(np.uint16)).reshape(256, 256)
        counts = pairs.sum(axis=0) + pairs.sum(axis=1)
        counts[flat[even:]] += 1
    else:
        counts = _histogram(flat)
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts) if label != 0}


def _histogram(flat: NDArray[Any]) -> NDArray[np.int64]:
    counts = np.zeros(int(np.iinfo(flat.dtype).max) + 1, np.int64)
    for start in range(0, flat.size, _BLOCK):
        part = np.bincount(flat[start : start + _BLOCK])
        counts[: part.size] += part
    return counts
