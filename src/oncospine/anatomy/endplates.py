"""Endplates and body heights, measured on the vertebra's own grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import SOLID, Block
from oncospine.anatomy.vertebra import BodyHeights, Endplate
from oncospine.geometry import Plane

CENTRAL_FRACTION = 0.6
"""Share of the endplate, by linear size, whose surface is fitted (classifications.md section 11.2)."""

SOLID_FRACTION = 0.6
"""A column of the body counts where its height reaches this share of the median column: leaves out osteophytes."""

OUTLIER_MM = 2.0
"""Surface points further than this from the first fit (vessel channels, label steps) are left out of the second."""

FEWEST_COLUMNS = 12
"""Fewer columns than this (7 mm2) are no endplate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surfaces:
    """Heights (nr, na) of the upper and lower surface of the body along the superior axis; NaN outside the body."""

    top_mm: NDArray[np.float64]
    bottom_mm: NDArray[np.float64]


def body_surfaces(block: Block, body: NDArray[np.bool_]) -> Surfaces:
    """Where the occupancy of the body crosses one half in each column, to sub-voxel precision."""
    tall = body.sum(axis=2) * block.step_mm
    if not tall.any():
        nothing = np.full(tall.shape, np.nan)
        return Surfaces(top_mm=nothing, bottom_mm=nothing)
    enough = tall > SOLID_FRACTION * np.median(tall[tall > 0])
    first = body.argmax(axis=2)
    last = body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2)
    bottom = block.s_mm[first] - block.step_mm * _overshoot(block.occupancy, first, -1)
    top = block.s_mm[last] + block.step_mm * _overshoot(block.occupancy, last, +1)
    return Surfaces(top_mm=np.where(enough, top, np.nan), bottom_mm=np.where(enough, bottom, np.nan))


def fitted_endplate(height_mm: NDArray[np.float64], block: Block, *, upper: bool) -> Endplate | None:
    """Plane through the central part of one surface; None where too few columns are left.

    Width and depth (EPW, EPD) are those of the bone just inside the plane: the largest width in front of the pedicles,
    the depth in the midline.
    """
    known = np.isfinite(height_mm)
    if np.count_nonzero(known) < FEWEST_COLUMNS:
        return None
    rr, aa = np.meshgrid(block.r_mm, block.a_mm, indexing="ij")
    centre_r, centre_a = float(rr[known].mean()), float(aa[known].mean())
    width, depth = _extents(known.astype(np.float64), block, centre_r)
    inside = ((rr - centre_r) / width) ** 2 + ((aa - centre_a) / depth) ** 2 <= (CENTRAL_FRACTION / 2) ** 2
    central = known & inside
    if np.count_nonzero(central) < FEWEST_COLUMNS:
        return None
    design = np.column_stack([rr[central] - centre_r, aa[central] - centre_a, np.ones(np.count_nonzero(central))])
    heights = height_mm[central]
    fit = np.linalg.lstsq(design, heights, rcond=None)[0]
    kept = np.abs(heights - design @ fit) <= OUTLIER_MM
    if np.count_nonzero(kept) >= FEWEST_COLUMNS:
        fit = np.linalg.lstsq(design[kept], heights[kept], rcond=None)[0]
    else:
        kept[:] = True
    residual = float(np.sqrt(np.mean((heights[kept] - design[kept] @ fit) ** 2)))
    level = fit[2] + fit[0] * (rr - centre_r) + fit[1] * (aa - centre_a)
    in_front = aa >= float(aa[known].min())
    width, depth = _size_at_plane(
        [_extents(_layer(block, level, in_front, depths, upper=upper), block, centre_r) for depths in LAYERS_MM]
    )
    normal = np.array([-fit[0], -fit[1], 1.0]) * (1 if upper else -1)
    point = block.frame.to_world([centre_r, centre_a, fit[2]])
    plane = Plane(point, block.frame.axes.T @ normal)
    return Endplate(plane=plane, width_mm=width, depth_mm=depth, residual_mm=residual)


LAYERS_MM = ((0.5, 2.5), (2.5, 4.5))
"""Two layers of bone inside the plane of an endplate: its size is their sizes, extended to the plane itself."""

FAINT = 0.1
"""A column with less bone than this is no edge of the body."""

LARGEST_EXTENSION = 0.1
"""By no more than this share is the size of the first layer extended: bodies are waisted by 10-15 % in all."""


def _layer(
    block: Block,
    level_mm: NDArray[np.float64],
    in_front: NDArray[np.bool_],
    depths_mm: tuple[float, float],
    *,
    upper: bool,
) -> NDArray[np.float64]:
    """Share of bone (nr, na) in a layer inside the plane whose height is `level_mm`: partial volume at its edge."""
    rows = in_front.any(axis=0)
    level_mm = level_mm[:, rows]
    reach = depths_mm[1] + block.step_mm
    near = (block.s_mm >= level_mm.min() - reach) & (block.s_mm <= level_mm.max() + reach)
    inwards = (level_mm[..., None] - block.s_mm[near]) * (1 if upper else -1)
    layer = (inwards >= depths_mm[0]) & (inwards <= depths_mm[1])
    share = (layer * block.occupancy[:, rows][:, :, near]).sum(axis=2) / np.maximum(layer.sum(axis=2), 1)
    filled = np.zeros(in_front.shape)
    filled[:, rows] = np.where(share > FAINT, share, 0.0)
    return filled


def _size_at_plane(sizes_mm: list[tuple[float, float]]) -> tuple[float, float]:
    """Width and depth at the plane: the waist from the second layer to the first goes on for as long again, if it does.

    A body that is no narrower deeper inside keeps the size of the first layer.
    """
    (outer, inner), share = sizes_mm, np.mean(LAYERS_MM[0]) / (np.mean(LAYERS_MM[1]) - np.mean(LAYERS_MM[0]))
    width, depth = (
        one + float(np.clip(share * (one - two), 0, LARGEST_EXTENSION * one))
        for one, two in zip(outer, inner, strict=True)
    )
    return width, depth


FRONT_OF_PEDICLES = 0.5
"""The hindmost share of the depth, where the pedicles spring from the body, does not count for its width [D]."""


def _extents(footprint: NDArray[np.float64], block: Block, centre_r_mm: float) -> tuple[float, float]:
    """Largest width in front of the pedicles and depth in the midline of a footprint."""
    midline = footprint[np.abs(block.r_mm - centre_r_mm) <= MIDLINE_MM]
    depth = float(midline.sum(axis=1).max() * block.step_mm) if midline.size else 0.0
    rows = np.flatnonzero((footprint > SOLID).any(axis=0))
    if rows.size == 0 or depth == 0:
        return 1.0, 1.0
    front = footprint[:, rows[0] + round(FRONT_OF_PEDICLES * rows.size) :]
    return float(front.sum(axis=0).max() * block.step_mm), depth


MIDLINE_MM = 2.0
"""Half-width of the midline strip in which depths and heights are read."""


def body_heights(surfaces: Surfaces, block: Block, centre_r_mm: float) -> BodyHeights | None:
    """Anterior, middle and posterior height in the midline third; None where the midline is not body.

    Anterior and posterior are read one tenth of the depth inside the rim, the middle at half depth.
    """
    height = surfaces.top_mm - surfaces.bottom_mm
    third = max(MIDLINE_MM, np.isfinite(height).sum(axis=0).max() * block.step_mm / 6)
    strip = height[np.abs(block.r_mm - centre_r_mm) <= third]
    known = np.isfinite(strip).any(axis=0)
    if np.count_nonzero(known) < FEWEST_COLUMNS:
        return None
    profile = np.array([np.nanmedian(column) if ok else np.nan for column, ok in zip(strip.T, known, strict=True)])
    depths = block.a_mm[known]
    low, high = float(depths.min()), float(depths.max())
    at = [low + share * (high - low) for share in (0.1, 0.5, 0.9)]
    posterior, middle, anterior = np.interp(at, depths, profile[known])
    return BodyHeights(anterior_mm=float(anterior), middle_mm=float(middle), posterior_mm=float(posterior))


def _overshoot(occupancy: NDArray[np.float32], index: NDArray[np.intp], towards: int) -> NDArray[np.float64]:
    """Fraction of a step beyond the last solid sample at which the occupancy falls to one half."""
    beyond = np.clip(index + towards, 0, occupancy.shape[2] - 1)
    here = np.take_along_axis(occupancy, index[..., None], axis=2)[..., 0].astype(np.float64)
    there = np.take_along_axis(occupancy, beyond[..., None], axis=2)[..., 0].astype(np.float64)
    drop = np.maximum(here - there, 1e-6)
    return np.asarray(np.clip((here - SOLID) / drop, 0, 1))
