"""A label map carried from one scan to another: every structure by its share of each voxel, the largest share wins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oncospine.geometry import Box, Grid, Mask, Volume, bounding_box, cropped_grid, resampled_to
from oncospine.imaging.label_map import LabelMap
from oncospine.imaging.rigid import Registration


def moved_labels(labels: LabelMap, registration: Registration, *, onto: Grid) -> LabelMap:
    """`labels` of the moving scan on a grid of the fixed scan.

    A voxel takes the label that fills the largest share of it; background is what the labels leave. Labels that touch
    keep their common border.
    """
    best = np.zeros(onto.shape, np.float32)
    filled = np.zeros(onto.shape, np.float32)
    codes = np.zeros(onto.shape, labels.volume.array.dtype)
    for label in labels.present():
        inside = labels.volume.array == label
        box = bounding_box(inside, margin=1)
        if box is None:
            continue
        part = Mask(inside[box], registration.matrix @ cropped_grid(labels.grid, box).affine)
        where = _reached(part.grid, onto)
        share = resampled_to(part, cropped_grid(onto, where))
        filled[where] += share
        larger = share > best[where]
        best[where][larger], codes[where][larger] = share[larger], label
    codes[filled < HALF] = 0
    return replace(labels, volume=Volume(codes, onto.affine))


def _reached(part: Grid, onto: Grid) -> Box:
    """The block of `onto` that a part can reach; at least one voxel, so that it is a grid."""
    corners = onto.to_voxel(part.corners_mm())
    ranges = zip(corners.min(axis=0), corners.max(axis=0), onto.shape, strict=True)
    first, second, third = (
        slice(start := min(max(int(low) - 1, 0), size - 1), max(min(int(high) + 3, size), start + 1))
        for low, high, size in ranges
    )
    return first, second, third


HALF = 0.5
"""From this share of labelled tissue on a voxel is labelled."""
