"""Proposals of lytic and blastic regions in vertebrae on CT, to be confirmed by a reader; never used silently.

Normal is the patient's own bone: the trend over the levels of the trabecular HU of each body (it falls from the neck
downwards), and the spread within a body. Two smoothings are compared: a fine one for small lesions of high contrast, a
coarse one for large lesions that differ little from the texture of bone. What deviates in spreads and in HU, in a
connected region large enough, is proposed with a likelihood, which orders proposals and is not calibrated on patients.
In bodies the spongy core is searched; the arch part by part (`arch_finder`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy import Part, Spine
from oncospine.base import InputError, Level, read_yaml
from oncospine.geometry import Box, Mask, Point, bounding_box, cropped_grid
from oncospine.imaging import Scan
from oncospine.lesion.arch_finder import ArchRegion, arch_regions, trend
from oncospine.lesion.measure import on_spine_grid
from oncospine.lesion.scan_faults import scan_faults
from oncospine.lesion.surroundings import distance_to


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """A region that differs from this patient's own bone; `mask` lies on the spine's grid cropped to `level`.

    `difference_hu` is its mean minus the normal, `likelihood` (0..1) orders proposals and is not a probability.
    """

    level: Level
    kind: str
    volume_ml: float
    difference_hu: float
    likelihood: float
    centre_mm: Point
    mask: Mask
    part: Part = Part.BODY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """All proposals, most likely first, with what was searched and against what."""

    proposals: tuple[Proposal, ...]
    searched: tuple[Level, ...]
    skipped: Mapping[Level, str]
    normal_hu: Mapping[Level, float]
    note: str


NOTE = (
    "proposals to be confirmed by a reader; searched is the spongy core of vertebral bodies on CT, and pedicles, "
    "laminae, joints and spinous processes as wholes, not the transverse processes; "
    "the likelihood orders proposals and is not calibrated on patients"
)


@cache
def finder_rules() -> Mapping[str, float]:
    """`value` of every row of data/finder.yaml."""
    rows = read_yaml("oncospine.lesion", "data", "finder.yaml")
    return MappingProxyType({name: float(row["value"]) for name, row in rows.items()})


FEWEST_LEVELS = 3
"""With fewer bodies in view the patient's own normal cannot be told from a lesion."""

FEWEST_VOXELS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Core:
    """The spongy core of one body: its block, the core mask and the HU of the block at both smoothings."""

    box: Box
    core: NDArray[np.bool_]
    smooth: tuple[NDArray[np.float32], ...]


def proposed_lesions(spine: Spine, scan: Scan) -> Search:
    """Search the bodies of a CT; raises `InputError` for another modality or fewer than three bodies to compare."""
    if scan.modality != "CT":
        raise InputError(f"the lesion finder reads CT only (HU); this scan is {scan.modality}: outline the lesion")
    values = on_spine_grid(scan.volume.canonical(), spine, "scan")
    cores, skipped = _cores(values, spine)
    if len(cores) < FEWEST_LEVELS:
        raise InputError(
            f"{len(cores)} vertebral bodies can be compared, at least {FEWEST_LEVELS} are needed to know this "
            "patient's normal bone; extend the labels or outline the lesion"
        )
    usual = [
        trend({level: float(np.median(item.smooth[scale][item.core])) for level, item in cores.items()})
        for scale in range(len(SCALES))
    ]
    limits = [_limits(cores, scale) for scale in range(len(SCALES))]
    normal = usual[0]
    regions = {level: _regions(item, [trend[level] for trend in usual], limits) for level, item in cores.items()}
    found = [
        proposal
        for level, kinds in regions.items()
        for kind, region in kinds.items()
        for proposal in _proposals(level, kind, region, cores[level], spine, normal[level])
    ]
    whole = [level for level in cores if not spine.vertebrae[level].completeness.cut]
    found += [_arch_proposal(region, spine) for region in arch_regions(values, spine, whole, finder_rules())]
    return Search(
        proposals=tuple(sorted(_supported(found), key=lambda item: (-round(item.likelihood, 9), item.level.order))),
        searched=tuple(cores),
        skipped=skipped,
        normal_hu=normal,
        note=NOTE,
    )


SCALES = ("fine_mm", "coarse_mm")


def _regions(item: _Core, usual: list[float], limits: list[tuple[float, float]]) -> dict[str, NDArray[np.bool_]]:
    """Lytic and blastic voxels of one core: far from normal finely, or coarsely and half as far finely.

    The second condition keeps the blur of a dense lesion from growing beyond it.
    """
    fine, coarse = (values - np.float32(normal) for values, normal in zip(item.smooth, usual, strict=True))
    some = np.float32(finder_rules()["least_hu"] / 2)
    (fine_low, fine_high), (coarse_low, coarse_high) = limits
    return {
        "lytic": item.core & ((fine <= fine_low) | ((coarse <= coarse_low) & (fine <= -some))),
        "blastic": item.core & ((fine >= fine_high) | ((coarse >= coarse_high) & (fine >= some))),
    }


def _limits(cores: Mapping[Level, _Core], scale: int) -> tuple[float, float]:
    """How far below and above normal a region has to be: in spreads of healthy bone, and in HU at least."""
    rules = finder_rules()
    below, above = [], []
    for item in cores.values():
        away = item.smooth[scale][item.core] - np.median(item.smooth[scale][item.core])
        below.append(1.4826 * float(np.median(-away[away <= 0])))
        above.append(1.4826 * float(np.median(away[away >= 0])))
    low = rules["lytic_z"] * max(float(np.median(below)), rules["least_sd_hu"])
    high = rules["blastic_z"] * max(float(np.median(above)), rules["least_sd_hu"])
    return min(low, -rules["least_hu"]), max(high, rules["least_hu"])


def _cores(values: NDArray[np.generic], spine: Spine) -> tuple[dict[Level, _Core], dict[Level, str]]:
    """Core of every body, and why a body has none.

    The rim is left out by distance to what is not this body's bone, and HU are smoothed within the body only, so that
    neither cortex nor soft tissue leaks in.
    """
    rules, step = finder_rules(), spine.grid.spacing_mm
    body = spine.part_codes == Part.BODY.code
    found: dict[Level, _Core] = {}
    faults = scan_faults(values, spine)
    skipped = dict.fromkeys(faults.padded, "partly outside the field of view of the scan (padding)")
    skipped |= dict.fromkeys(faults.metal, "metal in or near it")
    for level, vertebra in spine.vertebrae.items():
        if level in skipped:
            continue
        own = spine.level_codes == level.code
        box = bounding_box(own & body, margin=2)
        if box is None:
            skipped[level] = "no body in view"
            continue
        depth = distance_to(~(own & body)[box], step)
        core = depth >= rules["rim_mm"] + max(step) / 2
        if np.count_nonzero(core) < FEWEST_VOXELS:
            skipped[level] = "too little of the body in view"
            continue
        inner = core.astype(np.float32)
        hu = np.where(inner > 0, values[box], 0).astype(np.float32)
        smooth = tuple(_smoothed(hu, inner, [rules[name] / size for size in step]) for name in SCALES)
        found[level] = _Core(box=box, core=core, smooth=smooth)
        if vertebra.completeness.body_cut:
            skipped[level] = "body cut by the field of view: searched as far as it is in view"
    return found, skipped


def _smoothed(hu: NDArray[np.float32], inner: NDArray[np.float32], sigma: list[float]) -> NDArray[np.float32]:
    weight = np.maximum(ndimage.gaussian_filter(inner, sigma), np.float32(1e-3))
    return np.asarray(ndimage.gaussian_filter(hu, sigma) / weight, np.float32)


def _proposals(
    level: Level, kind: str, region: NDArray[np.bool_], item: _Core, spine: Spine, normal: float
) -> list[Proposal]:
    import cc3d

    grid = cropped_grid(spine.grid, item.box)
    voxel_ml = grid.voxel_volume_mm3 / 1000
    labels = np.asarray(cc3d.connected_components(region.view(np.uint8), connectivity=6))
    found = []
    for number in range(1, int(labels.max()) + 1):
        own = labels == number
        volume = float(np.count_nonzero(own)) * voxel_ml
        if volume < finder_rules()["smallest_ml"]:
            continue
        mean = float(item.smooth[0][own].mean()) - normal
        found.append(
            Proposal(
                level=level,
                kind=kind,
                volume_ml=volume,
                difference_hu=mean,
                likelihood=_likelihood(abs(mean), volume),
                centre_mm=grid.to_world(np.argwhere(own).mean(axis=0)),
                mask=Mask(own, grid.affine),
            )
        )
    return found


def _supported(found: list[Proposal]) -> list[Proposal]:
    """Proposals of one kind in several parts of a vertebra speak for each other: both would have to be wrong."""
    raised = []
    for item in found:
        others = [
            other.likelihood
            for other in found
            if (other.level, other.kind) == (item.level, item.kind) and other.part is not item.part
        ]
        raised.append(replace(item, likelihood=1 - (1 - item.likelihood) * (1 - max(others, default=0.0))))
    return raised


def _arch_proposal(region: ArchRegion, spine: Spine) -> Proposal:
    grid = cropped_grid(spine.grid, region.box)
    volume = float(np.count_nonzero(region.mask)) * grid.voxel_volume_mm3 / 1000
    rules = finder_rules()
    scaled = abs(region.difference_hu) * rules["likelihood_half_hu"] / rules["arch_half_hu"]
    return Proposal(
        level=region.level,
        kind=region.kind,
        volume_ml=volume,
        difference_hu=region.difference_hu,
        likelihood=_likelihood(scaled, volume),
        centre_mm=grid.to_world(np.argwhere(region.mask).mean(axis=0)),
        mask=Mask(region.mask, grid.affine),
        part=region.part,
    )


def _likelihood(difference_hu: float, volume_ml: float) -> float:
    """Rises with contrast and with size; a monotone default, not fitted to patients."""
    rules = finder_rules()
    contrast = 1 / (1 + np.exp(-(difference_hu - rules["likelihood_half_hu"]) / rules["likelihood_width_hu"]))
    return float(contrast * volume_ml / (volume_ml + rules["likelihood_half_ml"]))
