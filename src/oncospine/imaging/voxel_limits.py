"""The lower end of CT numbers: what lies below is padding, not tissue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PADDING_HU = -1024
"""Lowest value of a CT number in 12 bits: what lies below is padding outside the field of view, not tissue."""

_SLICES = 16
"""Slices looked at together: no copy of the whole array is made."""


def without_padding(array: NDArray[Any], *, already: int = 0) -> tuple[NDArray[Any], tuple[str, ...]]:
    """CT numbers with everything below `PADDING_HU` set to it, and a note on how many voxels that were.

    `already` counts voxels that were recognised as padding before.
    """
    padded = already
    for start in range(0, array.shape[-1], _SLICES):
        part = array[..., start : start + _SLICES]
        if part.min() < PADDING_HU:
            padded += int(np.count_nonzero(part < PADDING_HU))
            np.maximum(part, PADDING_HU, out=part)
    if not padded:
        return array, ()
    share = padded / array.size
    return array, (f"{padded} voxels ({share:.1%}) are padding outside the field of view, set to {PADDING_HU} HU",)
