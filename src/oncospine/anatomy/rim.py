"""The rim of an endplate: its outline, in the middle of which the plate is fitted and from which it has its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import SOLID, Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Middle (right, anterior) and size of a footprint in the block's coordinates."""

    r_mm: float
    a_mm: float
    width_mm: float
    depth_mm: float


def outline_of(footprint: NDArray[np.float64], block: Block) -> Outline | None:
    """Widest row in front of the pedicles and depth in the midline of a footprint (nr, na) with shares of bone.

    Gaps inside the footprint, such as the hollow of an endplate, count as bone.
    """
    rows = np.flatnonzero((footprint > SOLID).any(axis=0))
    if rows.size == 0:
        return None
    front = _filled(footprint[:, rows[0] + round(FRONT_OF_PEDICLES * rows.size) :])
    widths = front.sum(axis=0)
    if not widths.any():
        return None
    r_mm = float(block.r_mm @ front.sum(axis=1) / widths.sum())
    midline = _filled(footprint[np.abs(block.r_mm - r_mm) <= MIDLINE_MM].T)
    depth = midline.sum(axis=0)
    if not depth.any():
        return None
    return Outline(
        r_mm=r_mm,
        a_mm=float(block.a_mm @ midline.sum(axis=1) / depth.sum()),
        width_mm=float(widths.max()) * block.step_mm,
        depth_mm=float(depth.max()) * block.step_mm,
    )


def _filled(footprint: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column of the array with what lies between its ends filled; partial ends stay."""
    return np.asarray(
        np.minimum(np.maximum.accumulate(footprint, axis=0), np.maximum.accumulate(footprint[::-1], axis=0)[::-1])
    )


FRONT_OF_PEDICLES = 0.5
"""The hindmost share of the depth, where the pedicles spring from the body, does not count for its width [D]."""

MIDLINE_MM = 2.0
"""Half-width of the midline strip in which depths are read, and the least of that for heights."""

LAYERS_MM = ((0.5, 2.5), (2.5, 4.5))
"""Two layers of bone inside the rim of an endplate: its size is their sizes, extended to the rim itself."""

FAINT = 0.1
"""A column with less bone than this is no edge of the body."""

LARGEST_EXTENSION = 0.1
"""By no more than this share is the size of the first layer extended: bodies are waisted by 10-15 % in all."""

WAIST_SHARE = 0.4
"""A lip of the rim has no bone at this share of the height inside; a pedicle beside the body has [D]."""


def rim_outline(block: Block, rim_mm: NDArray[np.float64], tall: NDArray[np.bool_], *, upper: bool) -> Outline | None:
    """Outline of the rim whose height is `rim_mm` everywhere: the waist from layer to layer goes on, if it does."""
    height = float(np.median(block.occupancy[tall].sum(axis=1))) * block.step_mm
    lowest = float(block.a_mm[np.flatnonzero(tall.any(axis=0))[0]])
    rows = block.a_mm >= lowest
    near, bone, outwards = rim_mm[:, rows], block.occupancy[:, rows], 1 if upper else -1
    waist = np.rint((near - outwards * WAIST_SHARE * height - block.s_mm[0]) / block.step_mm).astype(np.intp)
    waist = np.clip(waist, 0, bone.shape[2] - 1)
    beside = ~tall[:, rows] & (np.take_along_axis(bone, waist[..., None], axis=2)[..., 0] > SOLID)
    reach = LAYERS_MM[-1][1] + block.step_mm
    slab = (block.s_mm >= near.min() - reach) & (block.s_mm <= near.max() + reach)
    inwards, bone = (near[..., None] - block.s_mm[slab]) * outwards, bone[:, :, slab]
    outlines: list[Outline] = []
    for low, high in LAYERS_MM:
        layer = (inwards >= low) & (inwards <= high)
        share = (layer * bone).sum(axis=2) / np.maximum(layer.sum(axis=2), 1)
        filled = np.zeros(tall.shape)
        filled[:, rows] = np.where((share > FAINT) & ~beside, share, 0.0)
        found = outline_of(filled, block)
        if found is None:
            return outlines[0] if outlines else None
        outlines.append(found)
    return _extended(*outlines)


def _extended(outer: Outline, inner: Outline) -> Outline:
    """The first layer extended to the rim by what it has over the second."""
    share = np.mean(LAYERS_MM[0]) / (np.mean(LAYERS_MM[1]) - np.mean(LAYERS_MM[0]))
    width, depth = (
        one + float(np.clip(share * (one - two), 0, LARGEST_EXTENSION * one))
        for one, two in ((outer.width_mm, inner.width_mm), (outer.depth_mm, inner.depth_mm))
    )
    a_mm = outer.a_mm + float(
        np.clip(share * (outer.a_mm - inner.a_mm), -0.5 * (depth - outer.depth_mm), 0.5 * (depth - outer.depth_mm))
    )
    return Outline(r_mm=outer.r_mm, a_mm=a_mm, width_mm=width, depth_mm=depth)
