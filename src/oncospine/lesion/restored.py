"""Vertebra labels with the bone that the tumour has eaten put back, so that the spine can be built as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oncospine.base import InputError
from oncospine.geometry import Volume, bounding_box
from oncospine.imaging import LabelMap, StructureKind


def restored_vertebrae(labels: LabelMap, tumour: LabelMap) -> LabelMap:
    """`labels` in which tumour voxels named as in bone, but in no vertebra, belong to the vertebra they grow from.

    Labels spread through the tumour in bone only, so that they do not cross a disc. Where nothing has been eaten, or
    the tumour's compartments are not named, the same labels come back. Both maps must lie on one grid.
    """
    if not tumour.grid.is_same_as(labels.grid):
        raise InputError(
            f"tumour and vertebra labels lie on different grids: {tumour.grid.described()}; {labels.grid.described()}. "
            "Resample one onto the other's grid."
        )
    vertebrae = [
        label for label, item in labels.present().items() if item.kind is StructureKind.VERTEBRA and item.level
    ]
    own = np.isin(labels.volume.array, vertebrae)
    in_bone = tumour.mask(StructureKind.TUMOUR_BONE).array
    eaten = in_bone & ~own
    box = bounding_box(eaten, margin=2)
    if box is None:
        return labels
    from skimage import segmentation

    watershed: Any = segmentation.watershed  # untyped

    markers = np.where(own[box], labels.volume.array[box], 0).astype(np.int32)
    spread = watershed(np.zeros(markers.shape, np.uint8), markers, connectivity=3, mask=own[box] | eaten[box])
    array = labels.volume.array.copy()
    fill = eaten[box] & (spread > 0)
    array[box][fill] = spread[fill].astype(array.dtype)
    ml = float(np.count_nonzero(fill)) * labels.grid.voxel_volume_mm3 / 1000
    note = f"{ml:.1f} ml of bone replaced by tumour had no vertebra label and was given back to its vertebra"
    return replace(labels, volume=Volume(array, labels.volume.affine), notes=(*labels.notes, note))
