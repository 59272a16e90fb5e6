"""Heights of a vertebral body: between the corners of its endplates, and in its middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import Block
from oncospine.anatomy.endplates import OUTLIER_MM, PlateFit, Surfaces
from oncospine.anatomy.rim import MIDLINE_MM
from oncospine.anatomy.vertebra import BodyHeights

CORNER_SHARE = 0.25
"""The corner of an endplate lies in this share of its depth from the edge."""


def body_heights(
    surfaces: Surfaces, upper: PlateFit | None, lower: PlateFit | None, block: Block
) -> BodyHeights | None:
    """Anterior, middle and posterior height in the midline third; None where an endplate is not known.

    The anterior and posterior height are those between the corners of the rim (the six points of classifications.md
    section 11.1): the planes at the edge, and how far the corners stand out of them.
    """
    if upper is None or lower is None:
        return None
    tops = _corners(surfaces.top_mm, upper, block, outwards=1)
    bottoms = _corners(surfaces.bottom_mm, lower, block, outwards=-1)
    if tops is None or bottoms is None:
        return None
    posterior, middle, anterior = (top - bottom for top, bottom in zip(tops, bottoms, strict=True))
    return BodyHeights(anterior_mm=anterior, middle_mm=middle, posterior_mm=posterior)


def _corners(
    surface: NDArray[np.float64], fit: PlateFit, block: Block, *, outwards: int
) -> tuple[float, float, float] | None:
    """Height of the posterior corner, of the middle and of the anterior corner of one endplate in the midline third."""
    third = max(MIDLINE_MM, fit.rim.width_mm / 6)
    strip = np.abs(block.r_mm - fit.rim.r_mm) <= third
    off = outwards * (surface - fit.plane_mm)[strip]
    off = np.where(np.abs(off) <= OUTLIER_MM, off, np.nan)
    back, front = fit.rim.a_mm - fit.rim.depth_mm / 2, fit.rim.a_mm + fit.rim.depth_mm / 2
    near = np.isfinite(off).sum(axis=0) * 2 >= np.count_nonzero(strip)
    profile = np.full(off.shape[1], np.nan)
    profile[near] = np.nanmedian(off[:, near], axis=0)
    found = []
    for place, low, high in (
        (back, back - block.step_mm, back + CORNER_SHARE * fit.rim.depth_mm),
        (fit.rim.a_mm, fit.rim.a_mm - MIDLINE_MM, fit.rim.a_mm + MIDLINE_MM),
        (front, front - CORNER_SHARE * fit.rim.depth_mm, front + block.step_mm),
    ):
        values = profile[(block.a_mm >= low) & (block.a_mm <= high) & near]
        if values.size == 0:
            return None
        rise = float(np.median(values)) if place == fit.rim.a_mm else float(values.max())
        found.append(fit.height_at(block, fit.rim.r_mm, place) + outwards * rise)
    return found[0], found[1], found[2]
