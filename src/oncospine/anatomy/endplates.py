"""Endplates, measured on the vertebra's own grid.

An endplate is a plane fitted to the middle of its surface; its rim stands a little proud of that plane where the
endplate is hollow. Width, depth and the anterior and posterior heights are those of the rim, because that is where
callipers and the six points of morphometry are put.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.block import SOLID, Block
from oncospine.anatomy.rim import Outline, outline_of, rim_outline
from oncospine.anatomy.vertebra import Endplate
from oncospine.geometry import Plane

FITTED_SHARE = 0.8
"""Share of the endplate, by linear size, whose surface is fitted: all of it but the rim.

The central 60 % of classifications.md section 11.2 tell the wedge of 1 mm phantoms within 4.6 degrees, this within 2.5.
"""

COARSE_SHARE = 0.95
"""The same where voxels are `COARSE_MM` or more along superior: a step of one voxel then turns a shorter plane."""

COARSE_MM = 1.25
"""From this extent along superior on the voxels of a scan are coarse [D]."""

SOLID_FRACTION = 0.6
"""A column of the body counts where its height reaches this share of the median column: leaves out osteophytes."""

WHOLE_SHARE = 0.85
"""Once both planes are known, a column has to fill this share of their distance: leaves out pedicles beside a body."""

OUTLIER_MM = 2.0
"""Surface points further than this from the first fit (vessel channels, label steps) are left out of the second."""

FEWEST_COLUMNS = 12
"""Fewer columns than this (7 mm2) are no endplate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surfaces:
    """Heights (nr, na) of the upper and lower surface of the body along the superior axis; NaN outside the body.

    `tall` marks the columns that reach from endplate to endplate, `height_mm` is the bone in each column.
    """

    top_mm: NDArray[np.float64]
    bottom_mm: NDArray[np.float64]
    tall: NDArray[np.bool_]
    height_mm: NDArray[np.float64]


def body_surfaces(block: Block, body: NDArray[np.bool_]) -> Surfaces:
    """Where the occupancy of the body crosses one half in each column, to sub-voxel precision."""
    height = body.sum(axis=2) * block.step_mm
    some = height > 0
    if not some.any():
        nothing = np.full(height.shape, np.nan)
        return Surfaces(top_mm=nothing, bottom_mm=nothing, tall=some, height_mm=height)
    first = body.argmax(axis=2)
    last = body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2)
    bottom = block.s_mm[first] - block.step_mm * _overshoot(block.occupancy, first, -1)
    top = block.s_mm[last] + block.step_mm * _overshoot(block.occupancy, last, +1)
    return Surfaces(
        top_mm=np.where(some, top, np.nan),
        bottom_mm=np.where(some, bottom, np.nan),
        tall=height > SOLID_FRACTION * np.median(height[some]),
        height_mm=height,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateFit:
    """One endplate in the block's coordinates: height (nr, na) of its plane everywhere, its rim, how well it fits."""

    plane_mm: NDArray[np.float64]
    slope: tuple[float, float]
    rim: Outline
    residual_mm: float

    def height_at(self, block: Block, r_mm: float, a_mm: float) -> float:
        """Height of the plane at one place."""
        across, ahead = r_mm - float(block.r_mm[0]), a_mm - float(block.a_mm[0])
        return float(self.plane_mm[0, 0]) + self.slope[0] * across + self.slope[1] * ahead


def endplate_fits(
    surfaces: Surfaces, block: Block, *, voxel_mm: float = 1.0, seen: tuple[bool, bool] = (True, True)
) -> tuple[PlateFit | None, PlateFit | None]:
    """Upper and lower endplate; None for one that is not `seen` or has too few columns.

    `voxel_mm` is the extent of a voxel of the scan along superior.
    """
    tall, share = surfaces.tall, FITTED_SHARE if voxel_mm < COARSE_MM else COARSE_SHARE
    fits = [
        _fit(surfaces, block, tall, share, upper=upper) if ok else None
        for upper, ok in zip((True, False), seen, strict=True)
    ]
    if fits[0] is not None and fits[1] is not None:
        whole = tall & (surfaces.height_mm >= WHOLE_SHARE * (fits[0].plane_mm - fits[1].plane_mm))
        if 2 * np.count_nonzero(whole) >= np.count_nonzero(tall):
            fits = [_fit(surfaces, block, whole, share, upper=upper) for upper in (True, False)]
    return fits[0], fits[1]


def endplate_of(fit: PlateFit | None, block: Block, *, upper: bool) -> Endplate | None:
    """The fit as an `Endplate` of the patient; its point lies in the plane in the middle of the rim."""
    if fit is None:
        return None
    r, a = fit.rim.r_mm, fit.rim.a_mm
    normal = np.array([-fit.slope[0], -fit.slope[1], 1.0]) * (1 if upper else -1)
    return Endplate(
        plane=Plane(block.frame.to_world([r, a, fit.height_at(block, r, a)]), block.frame.axes.T @ normal),
        width_mm=fit.rim.width_mm,
        depth_mm=fit.rim.depth_mm,
        residual_mm=fit.residual_mm,
    )


def _central(block: Block, outline: Outline, share: float) -> NDArray[np.bool_]:
    """Columns of the middle `share` of an outline, by linear size."""
    beside = (block.r_mm[:, None] - outline.r_mm) / outline.width_mm
    ahead = (block.a_mm[None, :] - outline.a_mm) / outline.depth_mm
    return np.asarray(beside**2 + ahead**2 <= (share / 2) ** 2)


def _fit(surfaces: Surfaces, block: Block, tall: NDArray[np.bool_], share: float, *, upper: bool) -> PlateFit | None:
    """Plane through the central part of the surface; central of the columns first, then of the rim that this shows."""
    surface = surfaces.top_mm if upper else surfaces.bottom_mm
    if np.count_nonzero(tall) < FEWEST_COLUMNS:
        return None
    outline = outline_of(tall.astype(np.float64), block)
    found = None if outline is None else _plane(surface, block, tall, outline, share)
    if outline is None or found is None:
        return None
    rise = _rim_rise(surface, found[0], block, tall, outline, upper=upper)
    rim = rim_outline(block, found[0] + rise * (1 if upper else -1), tall, upper=upper) or outline
    again = _plane(surface, block, tall, rim, share)
    plane, slope, residual = found if again is None else again
    return PlateFit(plane_mm=plane, slope=slope, rim=rim, residual_mm=residual)


def _plane(
    surface: NDArray[np.float64], block: Block, tall: NDArray[np.bool_], outline: Outline, share: float
) -> tuple[NDArray[np.float64], tuple[float, float], float] | None:
    """Least squares over the central part: height everywhere, slopes along right and anterior, residual."""
    beside, ahead = block.r_mm[:, None] - outline.r_mm, block.a_mm[None, :] - outline.a_mm
    i, j = np.nonzero(tall & _central(block, outline, share))
    if i.size < FEWEST_COLUMNS:
        return None
    design = np.column_stack([beside[i, 0], ahead[0, j], np.ones(i.size)])
    heights = surface[i, j]
    fit = np.linalg.lstsq(design, heights, rcond=None)[0]
    kept = np.abs(heights - design @ fit) <= OUTLIER_MM
    if np.count_nonzero(kept) >= FEWEST_COLUMNS:
        fit = np.linalg.lstsq(design[kept], heights[kept], rcond=None)[0]
    else:
        kept[:] = True
    residual = float(np.sqrt(np.mean((heights[kept] - design[kept] @ fit) ** 2)))
    return fit[2] + fit[0] * beside + fit[1] * ahead, (float(fit[0]), float(fit[1])), residual


RIM_FROM = 0.7
"""Columns further out than this share of the outline belong to the rim."""


def _rim_rise(
    surface: NDArray[np.float64],
    plane: NDArray[np.float64],
    block: Block,
    tall: NDArray[np.bool_],
    outline: Outline,
    *,
    upper: bool,
) -> float:
    """How far the outer columns stand out of the plane."""
    beside = (block.r_mm[:, None] - outline.r_mm) / outline.width_mm
    ahead = (block.a_mm[None, :] - outline.a_mm) / outline.depth_mm
    outer = tall & (beside**2 + ahead**2 >= (RIM_FROM / 2) ** 2)
    if np.count_nonzero(outer) < FEWEST_COLUMNS:
        return 0.0
    rise = float(np.median((surface - plane)[outer])) * (1 if upper else -1)
    return float(np.clip(rise, 0.0, OUTLIER_MM))


def _overshoot(occupancy: NDArray[np.float32], index: NDArray[np.intp], towards: int) -> NDArray[np.float64]:
    """Fraction of a step beyond the last solid sample at which the occupancy falls to one half."""
    beyond = np.clip(index + towards, 0, occupancy.shape[2] - 1)
    here = np.take_along_axis(occupancy, index[..., None], axis=2)[..., 0].astype(np.float64)
    there = np.take_along_axis(occupancy, beyond[..., None], axis=2)[..., 0].astype(np.float64)
    drop = np.maximum(here - there, 1e-6)
    return np.asarray(np.clip((here - SOLID) / drop, 0, 1))
