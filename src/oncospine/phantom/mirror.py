"""The same phantom as a patient mirrored left to right, and the same voxels in another axis order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations, product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError, Level, Side
from oncospine.geometry import Volume, canonical_axes
from oncospine.imaging import convention
from oncospine.phantom.phantom import Phantom
from oncospine.phantom.spec import PART_CODES, Modality
from oncospine.phantom.truth import PedicleTruth, PhantomTruth, VertebraTruth
from oncospine.phantom.truth_canal import CanalTruth
from oncospine.phantom.truth_tumour import TumourTruth

Triple = tuple[float, float, float]
T = TypeVar("T")

AXIS_CODES: tuple[str, ...] = tuple(
    "".join(letters) for order in permutations(("RL", "AP", "SI")) for letters in product(*order)
)
"""The 48 ways to store a volume: the direction in which each array axis runs."""


def reoriented(volume: Volume, axes: str) -> Volume:
    """The same voxels stored with array axes running towards `axes`, such as "LPS"; nothing is interpolated."""
    if axes not in AXIS_CODES:
        raise InputError(f"'{axes}' is not an axis code; use one of R/L, A/P and S/I each once, such as LPS")
    ras = volume.canonical()
    order = [0 if c in "RL" else 1 if c in "AP" else 2 for c in axes]
    array = np.transpose(ras.array, order)
    affine = ras.affine[:, [*order, 3]].copy()
    for axis, letter in enumerate(axes):
        if letter in "LPI":
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    return Volume(array, affine)


def mirrored(phantom: Phantom) -> Phantom:
    """The patient reflected in the sagittal plane through the middle of the image: voxels, labels and truth.

    The grid stays; voxels swap places left to right, left and right labels and parts swap names. `spec` stays that of
    the original.
    """
    grid = phantom.scan.grid
    if canonical_axes(grid.affine)[0] != (0, 1, 2) or np.count_nonzero(grid.affine[:3, :3]) != 3:
        raise InputError("only a phantom on its own grid (axes Right, Anterior, Superior) can be mirrored")
    centre = float(grid.to_world((np.asarray(grid.shape) - 1) / 2)[0])
    return replace(
        phantom,
        scan=replace(phantom.scan, volume=_flipped(phantom.scan.volume, None)),
        labels=replace(phantom.labels, volume=_flipped(phantom.labels.volume, _label_swap(phantom))),
        parts=_flipped(phantom.parts, _part_swap()),
        neural=_flipped(phantom.neural, None),
        tumour=_flipped(phantom.tumour, None),
        truth=_mirrored_truth(phantom.truth, centre),
    )


def _flipped(volume: Volume, table: NDArray[np.uint8] | None) -> Volume:
    array = volume.array if table is None else table[volume.array]
    return Volume(np.ascontiguousarray(np.flip(array, 0)), volume.affine)


def _part_swap() -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    for name, code in PART_CODES.items():
        table[code] = PART_CODES[_other_side(name)]
    return table


def _label_swap(phantom: Phantom) -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    if phantom.spec.modality is Modality.CT:
        names = convention(phantom.labels.convention).source_names
        number_of = {name: label for label, name in names.items()}
        for label, name in names.items():
            table[label] = number_of.get(_other_side(name), label)
    return table


def _other_side(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")


def _mirrored_truth(truth: PhantomTruth, centre: float) -> PhantomTruth:
    canal = truth.canal
    return replace(
        truth,
        vertebrae={level: _mirrored_vertebra(item, centre) for level, item in truth.vertebrae.items()},
        canal=_mirrored_canal(canal, centre),
        escc={
            level: replace(item, clock_deg=None if item.clock_deg is None else (360 - item.clock_deg) % 360)
            for level, item in truth.escc.items()
        },
        tumour=None if truth.tumour is None else _mirrored_tumour(truth.tumour),
    )


def _mirrored_canal(canal: CanalTruth, centre: float) -> CanalTruth:
    return replace(
        canal,
        centre_mm=tuple(_point(p, centre) for p in canal.centre_mm),
        superior=tuple(_direction(p) for p in canal.superior),
    )


def _mirrored_vertebra(item: VertebraTruth, centre: float) -> VertebraTruth:
    right = _direction(item.right)
    return replace(
        item,
        origin_mm=_point(item.origin_mm, centre),
        right=(-right[0], -right[1], -right[2]),
        anterior=_direction(item.anterior),
        superior=_direction(item.superior),
        canal_centre_mm=_point(item.canal_centre_mm, centre),
        pedicles={side: _mirrored_pedicle(item.pedicles[side.other], centre) for side in Side},
        part_volume_mm3={name: item.part_volume_mm3[_other_side(name)] for name in item.part_volume_mm3},
    )


def _mirrored_pedicle(item: PedicleTruth, centre: float) -> PedicleTruth:
    return replace(
        item,
        centre_mm=_point(item.centre_mm, centre),
        axis=_direction(item.axis),
        entry_mm=_point(item.entry_mm, centre),
    )


def _mirrored_tumour(item: TumourTruth) -> TumourTruth:
    def swapped(values: Mapping[Side, T]) -> dict[Side, T]:
        return {side.other: value for side, value in values.items()}

    parts: dict[Level, dict[str, float]] = {
        level: {_other_side(name): fraction for name, fraction in row.items()}
        for level, row in item.part_fraction.items()
    }
    return replace(
        item,
        paravertebral_by_side_mm3=swapped(item.paravertebral_by_side_mm3),
        bone_by_side_mm3=swapped(item.bone_by_side_mm3),
        part_fraction=parts,
    )


def _point(values: Triple, centre: float) -> Triple:
    return 2 * centre - values[0], values[1], values[2]


def _direction(values: Triple) -> Triple:
    return -values[0], values[1], values[2]
