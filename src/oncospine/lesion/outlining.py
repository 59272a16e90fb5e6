"""Semi-automatic outlining: a mask grown from a few points inside, points outside and a box, by random walks.

What is surely inside and outside is grown from the points (`outline_seeds`); the band between the two is decided by
random walks (Grady L. IEEE Trans Pattern Anal Mach Intell 2006;28:1768-1783, by scikit-image):
every voxel gets the seed that a walker, who dislikes steps across edges of the image, reaches first. Works on any
modality; the result is a proposal to be edited: add points and call again with the mask so far to see what changed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from oncospine.base import InputError
from oncospine.geometry import Box, Grid, Mask, bounding_box, cropped_grid
from oncospine.imaging import LabelMap, Scan
from oncospine.lesion.outline_seeds import INSIDE, OUTSIDE, UNSEEN_MM, Block, noise_of, seeds

REACH_MM = 20.0
"""Without a box, this far around the points inside is looked at."""

MOST_VOXELS = 150_000
"""Blocks larger than this are outlined on a coarser grid, so that an edit answers within a second."""

EDGE_NOISE = 3.0
"""A step of this many noise levels is an edge [D]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """A mask on the scan's grid; `change_ml` against the mask before (None for a first outline)."""

    mask: Mask
    volume_ml: float
    change_ml: float | None
    notes: tuple[str, ...]


def outlined(
    scan: Scan,
    inside_mm: ArrayLike,
    *,
    outside_mm: ArrayLike | None = None,
    box_mm: tuple[ArrayLike, ArrayLike] | None = None,
    within: Mask | None = None,
    labels: LabelMap | None = None,
    before: Mask | None = None,
) -> Outline:
    """Outline the lesion that holds the points `inside_mm` (n, 3, RAS mm).

    `outside_mm` are points that are not lesion; `box_mm` (lowest and highest corner) bounds it, its rim counts as
    outside; `within` (on the scan's grid) forbids everything else. With `labels` (on the scan's grid) the outline keeps
    to the labelled structures, and the unlabelled tissue, that hold a point inside. `before` is the mask so far.

    Raises `InputError` for points outside the scan or the box, and for a point that is both inside and outside.
    """
    grid = scan.volume.grid
    inner = _points(inside_mm, grid, "inside")
    outer = _points(outside_mm, grid, "outside") if outside_mm is not None else np.zeros((0, 3))
    _contradicted(inner, outer)
    box = _box(grid, inner, box_mm)
    stride = _stride(box)
    values = np.asarray(scan.volume.array[box], dtype=np.float32)
    local = _coarse_grid(cropped_grid(grid, box), stride)
    block = Block(
        values=_averaged(values, stride),
        grid=local,
        regions=None if labels is None else _regions(labels, grid, box, stride),
        rim=_rim(local.shape),
    )
    marks, unseen = seeds(block, inner, outer, bounded=box_mm is not None)
    if within is not None:
        marks[~_averaged(within.array[box].astype(np.float32), stride).astype(bool)] = OUTSIDE
    found = _walked(block.values, marks, local)
    fine = np.repeat(np.repeat(np.repeat(found, stride, 0), stride, 1), stride, 2) if stride > 1 else found
    whole = np.zeros(grid.shape, np.bool_)
    whole[box] = _fitted(fine, values.shape) > 0.5
    if within is not None:
        whole &= within.array
    whole = _holding(whole, grid, inner)
    mask = Mask(whole, grid.affine)
    notes: tuple[str, ...] = (f"outlined on every {stride} voxels",) if stride > 1 else ()
    notes += (UNSEEN.format(count=unseen, radius=UNSEEN_MM),) if unseen else ()
    change = None if before is None else mask.volume_ml - before.volume_ml
    return Outline(mask=mask, volume_ml=mask.volume_ml, change_ml=change, notes=notes)


UNSEEN = (
    "around {count} of the points inside no border is seen in the image: only {radius:g} mm around are taken; "
    "add points inside, points outside or a box"
)


def _points(points_mm: ArrayLike, grid: Grid, name: str) -> NDArray[np.float64]:
    points = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
    if points.size == 0 or points.shape[-1] != 3 or not np.isfinite(points).all():
        raise InputError(f"points {name} the lesion are (n, 3) finite RAS mm with n of at least 1, got {points.shape}")
    voxels = np.rint(grid.to_voxel(points))
    lost = ((voxels < 0) | (voxels >= np.array(grid.shape))).any(axis=1)
    if lost.any():
        raise InputError(f"point {points[lost][0].round(1).tolist()} {name} the lesion lies outside the scan")
    return points


def _contradicted(inner: NDArray[np.float64], outer: NDArray[np.float64]) -> None:
    for point in inner:
        if len(outer) and (np.linalg.norm(outer - point, axis=1) < 1e-6).any():
            raise InputError(f"point {point.round(1).tolist()} is marked as inside and as outside the lesion")


def _box(grid: Grid, inner: NDArray[np.float64], box_mm: tuple[ArrayLike, ArrayLike] | None) -> Box:
    if box_mm is None:
        ends = np.array([inner.min(axis=0) - REACH_MM, inner.max(axis=0) + REACH_MM])
    else:
        ends = np.sort(np.array([np.asarray(end, dtype=np.float64) for end in box_mm]), axis=0)
        if ((inner < ends[0]) | (inner > ends[1])).any():
            raise InputError("a point inside the lesion lies outside the box: widen the box or move the point")
    picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
    voxels = grid.to_voxel(ends[picks, np.arange(3)])
    low = np.clip(np.floor(voxels.min(axis=0)).astype(int), 0, np.array(grid.shape) - 1)
    high = np.clip(np.ceil(voxels.max(axis=0)).astype(int) + 1, 1, grid.shape)
    parts = [slice(int(a), int(b)) for a, b in zip(low, high, strict=True)]
    return parts[0], parts[1], parts[2]


def _stride(box: Box) -> int:
    count = int(np.prod([part.stop - part.start for part in box]))
    return max(int(np.ceil((count / MOST_VOXELS) ** (1 / 3))), 1)


def _averaged(block: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """Means over cubes of `stride` voxels; the last cubes repeat the edge."""
    if stride == 1:
        return block
    wide = np.pad(block, [(0, -size % stride) for size in block.shape], mode="edge")
    ni, nj, nk = (size // stride for size in wide.shape)
    return np.asarray(wide.reshape(ni, stride, nj, stride, nk, stride).mean(axis=(1, 3, 5)), np.float32)


def _coarse_grid(grid: Grid, stride: int) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 3] = grid.to_world(np.full(3, (stride - 1) / 2))
    affine[:3, :3] *= stride
    ni, nj, nk = (-(-size // stride) for size in grid.shape)
    return Grid((ni, nj, nk), affine)


def _rim(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rim = np.ones(shape, np.bool_)
    rim[1:-1, 1:-1, 1:-1] = False
    return rim


def _regions(labels: LabelMap, grid: Grid, box: Box, stride: int) -> NDArray[np.integer]:
    """Number of the labelled structure at the middle of every cell."""
    volume = labels.canonical().volume
    if not volume.grid.is_same_as(grid):
        raise InputError(f"the labels lie on another grid ({volume.grid.described()}) than the scan: resample them")
    first = (stride - 1) // 2
    own = np.asarray(volume.array[box])
    padded = np.pad(own, [(0, -size % stride) for size in own.shape], mode="edge")
    return np.asarray(padded[first::stride, first::stride, first::stride])


def _walked(values: NDArray[np.float32], marks: NDArray[np.int32], grid: Grid) -> NDArray[np.float32]:
    """Probability of the inside seed at every voxel; what no walker from a seed can reach is outside."""
    from skimage import segmentation

    random_walker: Any = segmentation.random_walker  # untyped

    open_, _ = ndimage.label(marks != OUTSIDE)
    joined = np.unique(open_[marks == INSIDE])
    marks[~np.isin(open_, joined[joined > 0])] = OUTSIDE
    result = np.asarray(marks == INSIDE, np.float32)
    box = bounding_box(marks != OUTSIDE, margin=1)
    if box is None or not (marks[box] == 0).any():
        return result
    values, marks = values[box], marks[box]
    scaled = (values / (EDGE_NOISE * max(noise_of(values), 1e-6))).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # nothing left to decide, or a loose tolerance
        found: NDArray[np.float64] = random_walker(
            scaled,
            marks,
            beta=1.0,
            mode="cg_j",
            tol=1e-2,
            spacing=np.array(grid.spacing_mm) / min(grid.spacing_mm),
            return_full_prob=True,
        )
    result[box] = found[0]
    return result


def _fitted(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.asarray(values[: shape[0], : shape[1], : shape[2]])


def _holding(mask: NDArray[np.bool_], grid: Grid, inner: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Only the pieces that hold a point inside."""
    labels, _ = ndimage.label(mask)
    voxels = np.rint(grid.to_voxel(inner)).astype(int)
    kept = np.unique(labels[tuple(voxels.T)])
    return np.asarray(np.isin(labels, kept[kept > 0]), np.bool_)
