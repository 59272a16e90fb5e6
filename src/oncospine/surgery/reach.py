"""Which tumour a straight instrument can reach through an approach, voxel by voxel.

From every tumour voxel straight lines go out in the directions the approach allows. The voxel is reachable if one of
them meets nothing forbidden: not the sac or cord, vessels, viscera (with a margin and the instrument's radius), nor
bone that stays. Tumour itself does not block: it is removed on the way. More directions or less bone can only add.
Within the instrument's radius plus margin only what the line itself meets counts, so that tumour on a wall can be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.base import Side
from oncospine.geometry import Box, Frame, Grid, Mask, bounding_box, cropped_grid, overlap, shifted, voxels_of, widened
from oncospine.surgery.approaches import Approach
from oncospine.surgery.sizes import RuleSource, room_data, source_of

STEP_MM = 1.0
"""Sampling along a line near its voxel. Further out the step is the radius by which all walls are widened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRules:
    """Numbers and names of `data/reach_rules.yaml`."""

    instrument_diameter_mm: float
    sac_margin_mm: float
    vessel_margin_mm: float
    shell_mm: float
    epidural_mm: float
    direction_step_deg: float
    tilt_step_deg: float
    farthest_mm: float
    forbidden: frozenset[str]
    bones: frozenset[str]
    lung_from_behind: frozenset[str]
    source: RuleSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """One approach as it is used: its side (None: both) and the bone that is gone when the tumour is removed."""

    approach: Approach
    side: Side | None
    removed: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """Tumour that can be reached, on the spine's grid; `shell_mm` wide is the layer of it that touches the sac."""

    tumour: Mask
    reachable: Mask
    sac: Sac
    shell_mm: float

    @property
    def sac_known(self) -> bool:
        return self.sac.is_labelled

    @property
    def shell(self) -> Mask:
        """The tumour that touches the sac or the cord."""
        ni, nj, nk = self.tumour.grid.shape
        whole = slice(0, ni), slice(0, nj), slice(0, nk)
        return Mask(self.tumour.array & self.sac.sac.within(self.shell_mm, whole), self.tumour.affine)

    @property
    def reachable_ml(self) -> float:
        return self.reachable.volume_ml

    @property
    def share(self) -> float:
        """Reachable part of the tumour, 0..1."""
        total = np.count_nonzero(self.tumour.array)
        return float(np.count_nonzero(self.reachable.array) / total) if total else 0.0

    @property
    def left(self) -> Mask:
        """Tumour out of reach."""
        return Mask(self.tumour.array & ~self.reachable.array, self.tumour.affine)

    @property
    def shell_left_ml(self) -> float:
        """Tumour out of reach that touches the sac or the cord."""
        return Mask(self.left.array & self.shell.array, self.tumour.affine).volume_ml

    def to_plain(self) -> dict[str, object]:
        return {
            "tumour_ml": self.tumour.volume_ml,
            "reachable_ml": self.reachable_ml,
            "share": self.share,
            "left_ml": self.left.volume_ml,
            "shell_ml": self.shell.volume_ml,
            "shell_left_ml": self.shell_left_ml,
            "sac_known": self.sac_known,
        }


@cache
def reach_rules() -> ReachRules:
    """The rules that come with the program."""
    data = room_data("reach_rules.yaml")
    return ReachRules(
        instrument_diameter_mm=float(data["instrument_diameter_mm"]),
        sac_margin_mm=float(data["sac_margin_mm"]),
        vessel_margin_mm=float(data["vessel_margin_mm"]),
        shell_mm=float(data["shell_mm"]),
        epidural_mm=float(data["epidural_mm"]),
        direction_step_deg=float(data["direction_step_deg"]),
        tilt_step_deg=float(data["tilt_step_deg"]),
        farthest_mm=float(data["farthest_mm"]),
        forbidden=frozenset(data["forbidden"]),
        bones=frozenset(data["bones"]),
        lung_from_behind=frozenset(data["lung_from_behind"]),
        source=source_of(data),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearness:
    """Distance of voxel centres to the nearest voxel centre of a structure, in the block where it can be `NEAR_MM`.

    `box` is None, and `distance_mm` empty, where there is no such structure.
    """

    box: Box | None
    distance_mm: NDArray[np.float32]

    def within(self, limit_mm: float, block: Box) -> NDArray[np.bool_]:
        """Which voxels of a block lie within `limit_mm`, at most `NEAR_MM`."""
        found = np.zeros([part.stop - part.start for part in block], np.bool_)
        shared = None if self.box is None else overlap(self.box, block)
        if self.box is not None and shared is not None:
            found[shifted(shared, block)] = self.distance_mm[shifted(shared, self.box)] <= limit_mm
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sac:
    """How near the sac or cord is, and what no approach crosses.

    `is_labelled` is False where the inner canal stands for the sac.
    """

    sac: Nearness
    organs: Nearness
    is_labelled: bool


def sac_of(spine: Spine, tumour: Mask) -> Sac:
    """The sac and the cord as labelled, without the tumour; where none is, the inner canal stands for it."""
    union = np.zeros(spine.grid.shape, np.bool_)
    for tube in spine.tubes:
        union |= tube.mask.array
    if not spine.tubes:
        canal = spine.canal.mask.array
        union |= _deeper_than(canal, spine.grid, reach_rules().epidural_mm)
    organs = [code for code, item in spine.other_structures.items() if item.kind.value in reach_rules().forbidden]
    return Sac(
        sac=_nearness(union & ~tumour.array, spine.grid),
        organs=_nearness(_coded(spine.other_codes, organs) & ~tumour.array, spine.grid),
        is_labelled=bool(spine.tubes),
    )


def reach_of(
    spine: Spine,
    tumour: Mask,
    corridors: Sequence[Corridor],
    *,
    sac: Sac | None = None,
    rules: ReachRules | None = None,
) -> Reach:
    """Tumour within reach of any of the corridors; `tumour` on the spine's grid.

    `sac` is where the sac lies (`sac_of`, from the tumour before anything was taken); measured here if not given.
    """
    rules = rules or reach_rules()
    sac = sac or sac_of(spine, tumour)
    shape = tumour.grid.shape
    reached = np.zeros(shape, np.bool_)
    voxels = voxels_of(tumour.array)
    for corridor in corridors:
        going = [
            (chosen, directions(corridor, frame, rules))
            for frame, chosen in by_level(spine, spine.grid, voxels[~reached[tuple(voxels.T)]])
        ]
        box = _needed_box(spine.grid, going, rules)
        if box is None:
            continue
        grid = cropped_grid(spine.grid, box)
        first = np.array([part.start for part in box])
        solid, wide = _blocked(spine, tumour, corridor, sac, box=box, rules=rules)
        for chosen, outward in going:
            free = _free(grid, chosen - first, outward, solid, wide, rules)
            reached[tuple(chosen[free].T)] = True
    return Reach(tumour=tumour, reachable=Mask(reached, spine.grid.affine), sac=sac, shell_mm=rules.shell_mm)


def _needed_box(
    grid: Grid, going: Sequence[tuple[NDArray[np.intp], NDArray[np.float64]]], rules: ReachRules
) -> Box | None:
    """The voxels that lines from the voxels along their directions can pass, an instrument wide; None without any."""
    if not going:
        return None
    turn = grid.voxel_from_world[:3, :3].T * rules.farthest_mm
    lows, highs = [], []
    for chosen, outward in going:
        ends = np.vstack([outward @ turn, np.zeros((1, 3))])
        lows.append(chosen.min(axis=0) + ends.min(axis=0))
        highs.append(chosen.max(axis=0) + ends.max(axis=0))
    margin = np.ceil(rules.instrument_diameter_mm / np.array(grid.spacing_mm)) + 1
    low = np.clip(np.floor(np.min(lows, axis=0) - margin), 0, None).astype(int)
    high = np.minimum(np.ceil(np.max(highs, axis=0) + margin) + 1, grid.shape).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def directions(corridor: Corridor, frame: Frame, rules: ReachRules) -> NDArray[np.float64]:
    """Unit world vectors (n, 3) outwards along which an instrument may come; always with the middle of the range."""
    approach, side = corridor.approach, corridor.side or Side.RIGHT
    first, last = approach.corridor_deg
    count = max(int(np.ceil((last - first) / rules.direction_step_deg)), 1) + 1
    around = np.radians(np.linspace(first, last, count))
    tilts = max(round(approach.tilt_deg / rules.tilt_step_deg), 0)
    tilt = np.radians(np.linspace(-approach.tilt_deg, approach.tilt_deg, 2 * tilts + 1))
    phi, theta = (grid.ravel() for grid in np.meshgrid(around, tilt, indexing="ij"))
    local = np.stack([side.sign * np.sin(phi) * np.cos(theta), -np.cos(phi) * np.cos(theta), np.sin(theta)], axis=-1)
    return np.asarray(local @ frame.axes)


def stage_colours(reaches: Mapping[int, Mask], tumour: Mask) -> NDArray[np.uint8]:
    """Per voxel of the tumour the number (1..) of the first stage that reaches it, `OUT_OF_REACH` where none does."""
    colours = np.where(tumour.array, np.uint8(OUT_OF_REACH), np.uint8(0))
    for number in sorted(reaches, reverse=True):
        colours[reaches[number].array & tumour.array] = number
    return np.asarray(colours)


OUT_OF_REACH = 255
"""Value in a colour map of tumour that no stage reaches."""


NEAR_MM = 10.0
"""How far distances to sac and organs are measured: more than any margin of the rules asks for."""


def _nearness(mask: NDArray[np.bool_], grid: Grid) -> Nearness:
    import edt

    block = bounding_box(mask)
    if block is None:
        return Nearness(box=None, distance_mm=np.empty((0, 0, 0), np.float32))
    box = widened(block, grid, NEAR_MM)
    return Nearness(box=box, distance_mm=np.asarray(edt.edt(~mask[box], anisotropy=grid.spacing_mm), np.float32))


def _deeper_than(mask: NDArray[np.bool_], grid: Grid, depth_mm: float) -> NDArray[np.bool_]:
    """Voxels of the mask that lie further than `depth_mm` from the nearest voxel outside it."""
    import edt

    found = np.zeros(mask.shape, np.bool_)
    block = bounding_box(mask)
    if block is not None:
        box = widened(block, grid, max(grid.spacing_mm))
        found[box] = edt.edt(mask[box], anisotropy=grid.spacing_mm) > depth_mm
    return found


def _coded(codes: NDArray[np.uint8], wanted: Sequence[int]) -> NDArray[np.bool_]:
    """True where the code is one of those wanted."""
    table = np.zeros(np.iinfo(codes.dtype).max + 1, np.bool_)
    table[list(wanted)] = True
    return table[codes]


SAME_RADIUS_MM = 1e-6
"""A centre exactly on the ball counts as inside, whatever the last bit says."""


def _dilated(mask: NDArray[np.bool_], grid: Grid, radius_mm: float) -> NDArray[np.bool_]:
    """Voxels whose centre lies within `radius_mm` of a centre in the mask: the mask, shifted over a ball, united.

    For a few voxels of radius this is several times faster than a distance transform.
    """
    reach = [int(radius_mm / step) for step in grid.spacing_mm]
    offsets = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.linalg.norm(offsets @ grid.affine[:3, :3].T, axis=1) <= radius_mm + SAME_RADIUS_MM
    united = np.zeros(mask.shape, np.bool_)
    for offset in offsets[near]:
        target = tuple(slice(max(d, 0), n + min(d, 0)) for d, n in zip(offset, mask.shape, strict=True))
        source = tuple(slice(max(-d, 0), n + min(-d, 0)) for d, n in zip(offset, mask.shape, strict=True))
        united[target] |= mask[source]
    return united


def _blocked(
    spine: Spine, tumour: Mask, corridor: Corridor, sac: Sac, *, box: Box, rules: ReachRules
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Within the box: what blocks a line (`solid`), and what blocks an instrument of the given radius (`wide`)."""
    radius = rules.instrument_diameter_mm / 2
    approach, others, own = corridor.approach, spine.other_codes[box], tumour.array[box]
    kinds = {code: structure.kind.value for code, structure in spine.other_structures.items()}
    in_the_way = (rules.bones - approach.removes) | (rules.lung_from_behind if approach.is_posterior else frozenset())
    stays = (spine.level_codes[box] > 0) & ~corridor.removed.array[box]
    stays |= _coded(others, [code for code, kind in kinds.items() if kind in in_the_way])
    stays &= ~own
    wide = _dilated(stays, spine.grid, radius)
    wide |= sac.organs.within(radius + rules.vessel_margin_mm, box)
    wide |= sac.sac.within(radius + rules.sac_margin_mm, box)
    solid = stays | ((sac.organs.within(0.0, box) | sac.sac.within(rules.sac_margin_mm, box)) & ~own)
    return solid, wide


def by_level(spine: Spine, grid: Grid, voxels: NDArray[np.intp]) -> list[tuple[Frame, NDArray[np.intp]]]:
    """Voxels of a grid with the frame of the vertebra whose slab they lie in."""
    if len(voxels) == 0:
        return []
    from scipy.spatial import cKDTree

    canal = spine.canal
    origins = np.array([frame.origin_mm for frame in canal.frames])
    stations = np.atleast_1d(cKDTree(origins).query(grid.to_world(voxels))[1])
    names: NDArray[np.object_] = np.array(canal.levels, dtype=object)[stations]
    found = []
    for level in dict.fromkeys(canal.levels):
        chosen = voxels[names == level]
        if len(chosen):
            found.append((spine.vertebrae[level].frame, chosen))
    return found


def _free(
    grid: Grid,
    voxels: NDArray[np.intp],
    outward: NDArray[np.float64],
    solid: NDArray[np.bool_],
    wide: NDArray[np.bool_],
    rules: ReachRules,
) -> NDArray[np.bool_]:
    """True for each voxel from which at least one direction is free."""
    per_mm = outward @ grid.voxel_from_world[:3, :3].T
    clear = rules.instrument_diameter_mm / 2 + max(rules.sac_margin_mm, rules.vessel_margin_mm)
    near = np.arange(STEP_MM, clear + STEP_MM / 2, STEP_MM)
    far = np.arange(near[-1] + STEP_MM, rules.farthest_mm, max(rules.instrument_diameter_mm / 2, STEP_MM))
    stations = [(distance, solid.ravel()) for distance in near] + [(distance, wide.ravel()) for distance in far]
    shape, low, high = np.array(grid.shape), voxels.min(axis=0), voxels.max(axis=0)
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    start = voxels @ strides
    free = np.zeros(len(voxels), np.bool_)
    for along in per_mm:
        going = np.flatnonzero(~free)
        for distance, blocking in stations:
            step = np.rint(distance * along).astype(np.intp)
            if (low + step < 0).any() or (high + step >= shape).any():
                at = voxels[going] + step
                inside = ((at >= 0) & (at < shape)).all(axis=1)
                free[going[~inside]] = True
                going = going[inside]
            going = going[~blocking[start[going] + step @ strides]]
            if going.size == 0:
                break
        free[going] = True
    return free
