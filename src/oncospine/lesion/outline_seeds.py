"""What an outline takes for granted before the random walk: what is surely lesion, and what surely is not.

Every point inside grows on its own: over what looks like it, hangs together with it by more than a thin bridge, and
lies in the same labelled structure where there are labels (a wall is a wall even where the image shows none). Growth
that meets the rim of the block widely has leaked and is tried again with half the tolerance; where it still leaks no
border can be seen, and only a small ball around the point is taken. The walk is left with a narrow band around what is
sure, so that an edit changes the outline around the point that was set; further off by hardly more than the wider
block does, in which the contrast is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.geometry import Grid

INSIDE, OUTSIDE = 1, 2

LIKE, UNLIKE = 3.0, 8.0
"""Spreads of the value at a point within which a voxel looks like it, and beyond which it does not [D]."""

LIKE_SHARE, UNLIKE_SHARE = 0.3, 0.6
"""... or these shares of the contrast between the point and what is marked as outside, where that is more [D]."""

SMOOTHING_MM = 1.0

BRIDGE_MM = 1.2
"""What hangs together only by bridges thinner than twice this does not hang together [D]."""

BAND_MM = 3.0
"""The random walk decides this far beyond what is surely inside; further out is outside [D]."""

UNSEEN_MM = 8.0
"""Radius of the ball taken around a point whose border cannot be seen [D]."""

PUSH_MM = 4.0
"""A point outside clears a ball of this radius, but never nearer to a point inside than half way [D]."""

LOCAL_MM = 8.0
"""A point that corrects what other points have grown changes no more than this around it [D]."""

LEAK_SHARE = 0.02
"""A lesion may reach beyond the block; growth that meets more of the rim than this has leaked [D]."""

TOLERANCES = (1.0, 0.5, 0.25)


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """The part of the image looked at; `regions` numbers the labelled structures (0: unlabelled), None without labels.

    `rim` is where growth has leaked.
    """

    values: NDArray[np.float32]
    grid: Grid
    regions: NDArray[np.integer] | None
    rim: NDArray[np.bool_]

    @cached_property
    def world_mm(self) -> NDArray[np.float32]:
        """Where every voxel lies (..., 3)."""
        shape = self.values.shape
        return self.grid.to_world(np.indices(shape).reshape(3, -1).T).reshape(*shape, 3).astype(np.float32)


def seeds(
    block: Block, inner: NDArray[np.float64], outer: NDArray[np.float64], *, bounded: bool
) -> tuple[NDArray[np.int32], int]:
    """Marks for the walk (1 inside, 2 outside, 0 to be decided), and at how many points no border was seen.

    `bounded`: the rim is a box drawn around the lesion, so that growth may touch it.
    """
    shape = block.values.shape
    smooth = ndimage.gaussian_filter(block.values, [SMOOTHING_MM / step for step in block.grid.spacing_mm])
    rest = float(np.median(smooth[block.rim]))
    tissues = [_tissue(block, smooth, point, rest) for point in inner]
    marks = np.zeros(shape, np.int32)
    marks[block.rim] = OUTSIDE
    for point in outer:
        near, core = (ball(block, point, radius) for radius in (PUSH_MM, SEED_MM))
        value = float(np.median(smooth[core]))
        half_way = float(np.linalg.norm(inner - point, axis=1).min()) / 2
        other = np.min([np.abs(smooth - np.float32(tissue.usual)) for tissue in tissues], axis=0)
        marks[core | (near & ball(block, point, half_way) & (np.abs(smooth - np.float32(value)) <= other))] = OUTSIDE
    for tissue in tissues:
        marks[tissue.seed] = INSIDE
    sure, unseen = marks == INSIDE, 0
    band = np.zeros(shape, np.bool_)
    for point, tissue in zip(inner, tissues, strict=True):
        away = np.abs(smooth - np.float32(tissue.usual))
        corrects = bool(band[tissue.seed].any())
        reach = tissue.region & ball(block, point, LOCAL_MM) if corrects else tissue.region
        grown = tissue.seed if tissue.on_edge else _grown(away, tissue, block, reach, bounded=bounded)
        if grown is None:
            unseen += 1
            grown = (ball(block, point, UNSEEN_MM) & reach & (away <= tissue.like)) | tissue.seed
            band |= grown
        else:
            band |= _near(grown, BAND_MM, block.grid) & tissue.region & (away <= tissue.unlike)
        sure |= grown
    for point in outer:
        half_way = float(np.linalg.norm(inner - point, axis=1).min()) / 2
        sure &= ~ball(block, point, min(LOCAL_MM, half_way))
    marks[~band & (marks == 0)] = OUTSIDE
    for tissue in tissues:
        sure |= tissue.seed
    marks[sure & (marks != OUTSIDE)] = INSIDE
    return marks, unseen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tissue:
    """What lies at a point inside: its usual value, how far from it is like and unlike, and where it may grow."""

    seed: NDArray[np.bool_]
    usual: float
    least: float
    like: float
    unlike: float
    region: NDArray[np.bool_]
    on_edge: bool


def _tissue(block: Block, smooth: NDArray[np.float32], point: NDArray[np.float64], rest: float) -> _Tissue:
    spread = max(noise_of(block.values) / 2, 1e-6)
    seed = ball(block, point, SEED_MM)
    usual = float(np.median(smooth[seed]))
    contrast = abs(usual - rest)
    like = max(LIKE * spread, LIKE_SHARE * contrast)
    low, high = np.quantile(smooth[seed], (0.1, 0.9))
    return _Tissue(
        seed=seed,
        usual=usual,
        least=2 * spread,
        like=like,
        unlike=max(UNLIKE * spread, UNLIKE_SHARE * contrast),
        region=_same_region(block, seed),
        on_edge=bool(high - low > EDGE_SHARE * like),
    )


EDGE_SHARE = 1.0
"""Values within a point that differ by more than this share of what counts as like lie on an edge: no growth [D]."""

SEED_MM = 1.5
"""Radius of a point: a click means a small neighbourhood."""


def _grown(
    away: NDArray[np.float32], tissue: _Tissue, block: Block, reach: NDArray[np.bool_], *, bounded: bool
) -> NDArray[np.bool_] | None:
    """What looks like the seed and hangs together with it; None where it leaks at every tolerance."""
    rim = ndimage.binary_dilation(block.rim) & ~block.rim
    for share in TOLERANCES:
        like = max(share * tissue.like, tissue.least)
        free = _opened((away <= like) & reach & ~block.rim, block.grid) | tissue.seed
        found = _holding(free, tissue.seed)
        if bounded or np.count_nonzero(found & rim) <= LEAK_SHARE * np.count_nonzero(rim):
            return found
    return None


def _opened(mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.bool_]:
    """Without what is thinner than twice `BRIDGE_MM`."""
    step = grid.spacing_mm
    core = ndimage.distance_transform_edt(mask, step) > BRIDGE_MM
    return np.asarray(ndimage.distance_transform_edt(~core, step) <= BRIDGE_MM) & mask


def _near(mask: NDArray[np.bool_], reach_mm: float, grid: Grid) -> NDArray[np.bool_]:
    return np.asarray(ndimage.distance_transform_edt(~mask, grid.spacing_mm) <= reach_mm)


def _holding(mask: NDArray[np.bool_], seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(mask)
    kept = np.unique(labels[seed])
    return np.asarray(np.isin(labels, kept[kept > 0]), np.bool_)


def _same_region(block: Block, seed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the labelled structures that most of the seed lies in reach."""
    if block.regions is None:
        return np.ones(seed.shape, np.bool_)
    codes, counts = np.unique(block.regions[seed], return_counts=True)
    return np.asarray(block.regions == codes[counts.argmax()], np.bool_)


def ball(block: Block, point_mm: NDArray[np.float64], radius_mm: float) -> NDArray[np.bool_]:
    """Voxels within `radius_mm` of a point, at least the nearest one."""
    distance = np.linalg.norm(block.world_mm - point_mm.astype(np.float32), axis=-1)
    return np.asarray(distance <= max(radius_mm, float(distance.min()) + 1e-4))


def noise_of(values: NDArray[np.float32]) -> float:
    """Noise of the image from the differences of neighbours, robust to edges."""
    steps = np.concatenate([np.diff(values, axis=axis).ravel() for axis in range(3)])
    return float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2))
