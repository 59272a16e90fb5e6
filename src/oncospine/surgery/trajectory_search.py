"""The widest straight corridor through a pedicle into the body: found over all entries and directions, then polished.

Every axis through a pedicle crosses the coronal plane of its isthmus. So an axis is a point of bone in that plane and a
direction; all such pairs are tried on the distance grid. The best few are then polished against the true surface
(sub-voxel points, not voxels): the surface points nearest to the axis say how it has to be moved and turned to leave
all of them at once (steepest ascent of a minimum of distances), as long as there is such a way.

Inside this file an axis is a row of four numbers: lateral and height (mm) where it crosses the plane, convergence and
slope (degrees). Lateral is positive on both sides, so that left and right are searched alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import sided
from oncospine.base import Side
from oncospine.surgery.bone_field import DECIMALS, SOLID, BoneField
from oncospine.surgery.sizes import ScrewRules

COARSE_DEG = 5.0
"""Step of the directions tried: at the end of a 15 mm pedicle 1.3 mm, near the step of the grid; polishing follows."""

COARSE_MM = 1.0
"""Step along the axis in the first search; near the step of the distance grid."""

STARTS = 3
"""Axes that are polished: distinct ones, so that one misled by the voxels is not the only one."""

MOST_TRIED = 400
"""Best axes looked through for distinct ones."""

DISTINCT = np.array([2.0, 2.0, 9.0, 9.0])
"""Axes that differ by more than this (mm, degrees) in some respect are distinct."""

ASCENTS = 40
"""Most steps of polishing; it ends before where nothing is gained."""

ACTIVE_MM = (0.4, 0.15, 0.05, 0.02)
"""Points this much further than the nearest count as touching; the width shrinks when no way out is found."""

STRIDES_MM = 1.5 * 0.5 ** np.arange(8)
"""Lengths of a step that are tried at once."""

DEG_PER_MM = 4.0
"""Turning that counts as much as moving by 1 mm: over the 15 mm of a pedicle they are the same."""

PROBE = 0.01
"""Step of the finite differences (mm, and times `DEG_PER_MM` degrees): far below the spacing of surface points."""

FINE_STEPS = ((0.4, 3.0), (0.2, 1.5), (0.1, 0.6))
"""Last steps (mm, degrees), in all directions, towards the wanted slope within a corridor as good as the widest."""

MOST_STEPS = 12
"""Last steps of one size: together they can turn an axis by more than any pedicle allows."""

LOOKED_AT = 16
"""Axes whose clearance is found at once, best first."""

SLACK_MM = 0.1
"""Clearance that may be given up for the wanted slope: far below a voxel, so the corridor is as good as the widest."""

SLOPE_WEIGHT = 0.02
"""Weight of a degree of slope against a millimetre of mean depth weighted by `CENTRING`: the slope comes first."""

CENTRING = 0.02
"""Weight of the mean depth against the narrowest place: it settles ties, and no more."""

CENTRED_MM = 8.0
"""Depth beyond which being more central counts no more."""

NEAR_MM = 2.0
"""Surface further from an axis than its clearance plus this is left out while that axis is polished."""

ENTRY_REACH_MM = 12.0
"""How far behind the pedicle the canal's wall still counts: lamina and articular mass, entry included."""

TIE_MM = 1e-9
"""Two axes whose values differ by less are the same but for rounding: the first one stays."""

GAIN_MM = 0.002
"""A gain below this is none."""

FLAT = 1e-3
"""A way out that recedes slower than this is none."""

SUM_WEIGHT = 100.0
"""Weight with which the shares of the touching points are held to a sum of 1."""

SCALE = np.array([1.0, 1.0, DEG_PER_MM, DEG_PER_MM])
"""Units of the four numbers of an axis in one unit of the ascent."""

NEIGHBOURS = np.array([step for step in product((-1, 0, 1), repeat=4) if any(step)], dtype=np.float64)
"""All combinations of moving and turning by one step."""

LAST_NEIGHBOURS = NEIGHBOURS * [0.2, 0.2, 0.2 * DEG_PER_MM, 0.2 * DEG_PER_MM]
"""Where an axis is tried when no way out is found: the judged stretch ends at corners that have no slope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A straight axis. It crosses the plane `a_mm` (anterior, local) at (`lateral_mm`, `height_mm`).

    It converges by `convergence_deg` and points caudally by `slope_deg`. `clearance_mm` is the distance to the nearest
    surface over the judged stretch: the radius of the widest cylinder around it.
    """

    lateral_mm: float
    height_mm: float
    a_mm: float
    convergence_deg: float
    slope_deg: float
    clearance_mm: float

    def point(self, side: Side) -> NDArray[np.float64]:
        """Where it crosses its plane, in local coordinates of the vertebra."""
        return np.array([side.sign * self.lateral_mm, self.a_mm, self.height_mm])

    def direction(self, side: Side) -> NDArray[np.float64]:
        """Unit vector from posterior to anterior in local coordinates."""
        across, down = np.tan(np.radians([self.convergence_deg, self.slope_deg]))
        vector = np.array([-side.sign * across, 1.0, -down])
        return np.asarray(vector / np.linalg.norm(vector))


class Trajectory(StrEnum):
    """Which of the equally wide corridors is taken (morphometry.md section 11.2)."""

    STRAIGHT_FORWARD = "straight-forward"
    ANATOMIC = "anatomic"


def widest_axis(
    field: BoneField, side: Side, rules: ScrewRules, *, trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD
) -> Axis | None:
    """The axis of the widest corridor; None where no straight axis stays in bone from the arch into the body.

    A pedicle is taller than wide, so many slopes are equally wide: straight-forward takes the one nearest to parallel
    to the upper endplate, anatomic the one nearest to the pedicle's own axis.
    """
    search = _search_of(field, side, rules)
    found = [search.ascended(start) for start in search.coarse_axes(rules)]
    found = [axis for axis in found if search.stays_in_bone(axis)]
    if not found:
        return None
    best = search.best_sloped(np.array(found), _wanted_slope(field, side, trajectory))
    clearance = float(search.clearances(best[None], search.surface)[0])
    lateral, height, convergence, slope = (float(value) for value in best)
    return Axis(
        lateral_mm=lateral,
        height_mm=height,
        a_mm=search.plane_mm,
        convergence_deg=convergence,
        slope_deg=slope,
        clearance_mm=clearance,
    )


def relevant_surface(field: BoneField, side: Side) -> NDArray[np.float64]:
    """Surface (n, 3) that a screw of this side must keep away from, lateral made positive.

    From the back of the pedicle forwards all of it; behind, where the screw enters, only what bounds the canal.
    """
    points = field.surface_mm
    kept = points[(points[:, 1] >= field.pedicle_back_mm[side]) | field.faces_canal]
    mirrored = kept * [side.sign, 1.0, 1.0]
    return np.asarray(mirrored[np.lexsort(mirrored.T)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    """One pedicle: its bone, the plane of its isthmus, and the stretch (anterior coordinates) that is judged.

    `surface` (5, m) has lateral, height, way ahead of the plane, 1 and the sum of the three squares of each point.
    """

    field: BoneField
    side: Side
    plane_mm: float
    back_mm: float
    stop_mm: float
    surface: NDArray[np.float64]

    def coarse_axes(self, rules: ScrewRules) -> list[NDArray[np.float64]]:
        """The best distinct axes over all points of the plane and all directions, on the distance grid."""
        points = self._points_of_plane()
        turns = np.array(list(product(_angles(rules.convergence_deg), _angles(rules.slope_deg))))
        ahead = np.arange(self.back_mm, self.stop_mm + COARSE_MM / 2, COARSE_MM) - self.plane_mm
        depths = self._coarse_depths(points, turns, ahead)
        narrowest = depths.min(axis=2)
        values = narrowest + CENTRING * np.minimum(depths, CENTRED_MM).mean(axis=2)
        found: list[NDArray[np.float64]] = []
        for flat in np.argsort(-values, axis=None, kind="stable")[:MOST_TRIED]:
            point, turn = np.unravel_index(flat, values.shape)
            if narrowest[point, turn] <= 0 or len(found) == STARTS:
                break
            axis = np.concatenate([points[point], turns[turn]])
            if all((np.abs(axis - other) > DISTINCT).any() for other in found):
                found.append(axis)
        return found

    def _points_of_plane(self) -> NDArray[np.float64]:
        """Lateral and height (n, 2) of the deeper half of the pedicle's bone in the plane."""
        field = self.field
        index = round((self.plane_mm - field.first_mm[1]) / field.step_mm)
        depth = field.depth_mm[:, index, :]
        here = (field.parts[:, index, :] == sided("pedicle", self.side).code) & (depth > 0)
        rows, columns = np.nonzero(here & (depth >= depth[here].max(initial=0) / 2))
        lateral = np.round(self.side.sign * (field.first_mm[0] + field.step_mm * rows), DECIMALS)
        height = np.round(field.first_mm[2] + field.step_mm * columns, DECIMALS)
        order = np.lexsort((height, lateral))
        return np.stack([lateral, height], axis=-1)[order]

    def _coarse_depths(
        self, points: NDArray[np.float64], turns: NDArray[np.float64], ahead: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Depth (points, directions, samples) at the nearest samples of the grid."""
        field, shape = self.field, self.field.depth_mm.shape
        across, down = np.tan(np.radians(turns)).T
        lateral = points[:, 0, None, None] - across[None, :, None] * ahead
        height = points[:, 1, None, None] - down[None, :, None] * ahead
        first = field.first_mm
        i = np.rint((self.side.sign * lateral - first[0]) / field.step_mm).astype(np.int32)
        j = np.rint((self.plane_mm + ahead - first[1]) / field.step_mm).astype(np.int32)
        k = np.rint((height - first[2]) / field.step_mm).astype(np.int32)
        flat = (np.clip(i, 0, shape[0] - 1) * shape[1] + np.clip(j, 0, shape[1] - 1)) * shape[2]
        return np.asarray(np.take(field.depth_mm.ravel(), flat + np.clip(k, 0, shape[2] - 1)))

    def ascended(self, start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move and turn an axis away from all touching surface points at once, until there is no such way."""
        best, (value, near) = start, self._near(start)
        width = 0
        for _ in range(ASCENTS):
            way = self._way_out(best, near, ACTIVE_MM[width])
            if way is not None:
                tried = best + STRIDES_MM[:, None] * way * SCALE
                chosen = tried[int(self.clearances(tried, near).argmax())]
            elif width == len(ACTIVE_MM) - 1:
                tried = best + LAST_NEIGHBOURS
                chosen = tried[int(self.clearances(tried, near).argmax())]
            else:
                chosen = best
            reached, around = (value, near) if chosen is best else self._near(chosen)
            if reached > value + GAIN_MM:
                best, value, near, width = chosen, reached, around, 0
            elif width == len(ACTIVE_MM) - 1:
                break
            else:
                width += 1
        return best

    def _way_out(
        self, axis: NDArray[np.float64], near: NDArray[np.float64], width_mm: float
    ) -> NDArray[np.float64] | None:
        """Unit direction (4,) in which all touching points recede fastest; None where there is none."""
        from scipy.optimize import nnls

        probes = np.vstack([axis, axis + np.eye(4) * PROBE * SCALE])
        beside, squared = self._beside(probes, near)
        distance = np.sqrt(squared)
        here = np.where(beside[0], distance[0], np.inf)
        touching = np.flatnonzero(here <= here.min() + width_mm)
        slopes = (distance[1:, touching] - distance[0, touching]) / PROBE
        system = np.vstack([slopes, np.full(len(touching), SUM_WEIGHT)])
        shares = nnls(system, np.array([0, 0, 0, 0, SUM_WEIGHT]))[0]
        way = slopes @ shares
        length = float(np.linalg.norm(way))
        return way / length if length > FLAT else None

    def _near(self, axis: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Clearance of an axis, and the surface points that could come nearest when it is moved a little."""
        beside, squared = self._beside(axis[None], self.surface)
        now = float(np.sqrt(np.where(beside, squared, np.inf).min(initial=np.inf)))
        return now, self.surface[:, squared[0] <= (now + NEAR_MM) ** 2]

    def best_sloped(self, axes: NDArray[np.float64], slope_deg: float) -> NDArray[np.float64]:
        """Of axes as good as the widest one, each turned towards the slope, the one that comes nearest to it."""
        wide = self.clearances(axes, self.surface)
        least = float(wide.max()) - SLACK_MM
        order = np.argsort(-self.values(axes, self.surface), kind="stable")
        turned = np.array([self.turned_to(slope_deg, axes[i], least=least) for i in order if wide[i] >= least])
        merits = self._merit(turned, slope_deg)
        return np.asarray(turned[np.flatnonzero(merits >= merits.max() - TIE_MM)[0]])

    def turned_to(self, slope_deg: float, start: NDArray[np.float64], *, least: float) -> NDArray[np.float64]:
        """The axis nearest to a slope (then the most central one) whose clearance is still at least `least`."""
        best, gain = start, float(self._merit(start[None], slope_deg)[0])
        turned, value = best, gain
        for move, turn in FINE_STEPS:
            _, near = self._near(best)
            steps = NEIGHBOURS * [move, move, turn, turn]
            for _ in range(MOST_STEPS):
                tried = best + steps
                merits = self._merit(tried, slope_deg)
                chosen = self._best_wide_enough(tried, merits, near, least=least, above=gain + TIE_MM)
                if chosen is None:
                    break
                best, gain = tried[chosen], float(merits[chosen])
            if self._near(best)[0] < least - TIE_MM or not self.stays_in_bone(best):
                best, gain = turned, value
            turned, value = best, gain
        return turned

    def _best_wide_enough(
        self,
        axes: NDArray[np.float64],
        merits: NDArray[np.float64],
        near: NDArray[np.float64],
        *,
        least: float,
        above: float,
    ) -> int | None:
        """Index of the axis of greatest merit (more than `above`) whose clearance is at least `least`."""
        order = np.argsort(-merits, kind="stable")
        order = order[merits[order] > above]
        for start in range(0, len(order), LOOKED_AT):
            some = order[start : start + LOOKED_AT]
            wide = np.flatnonzero(self.clearances(axes[some], near) >= least)
            if wide.size:
                return int(some[wide[0]])
        return None

    def _merit(self, axes: NDArray[np.float64], slope_deg: float) -> NDArray[np.float64]:
        """Nearness to a slope and, with less weight, depth in bone, (n,)."""
        depth = np.minimum(self.field.depth_at(self._samples(axes, 2.0)), CENTRED_MM).mean(axis=1)
        return np.asarray(CENTRING * depth - SLOPE_WEIGHT * np.abs(axes[:, 3] - slope_deg))

    def values(self, axes: NDArray[np.float64], surface: NDArray[np.float64]) -> NDArray[np.float64]:
        """Narrowest distance plus the small weight of being central, (n,)."""
        depth = np.minimum(self.field.depth_at(self._samples(axes, 2.0)), CENTRED_MM).mean(axis=1)
        return np.asarray(self.clearances(axes, surface) + CENTRING * depth)

    def stays_in_bone(self, axis: NDArray[np.float64]) -> bool:
        """True if the axis itself never leaves the bone over the judged stretch."""
        return bool((self.field.occupancy_at(self._samples(axis[None], 0.5)) > SOLID).all())

    def _samples(self, axes: NDArray[np.float64], step: float) -> NDArray[np.float64]:
        """Local points (axes, samples, 3) from the back of the pedicle to the stop."""
        along = np.arange(self.back_mm, self.stop_mm + step / 2, step)
        across, down = np.tan(np.radians(axes[:, 2:])).T
        ahead = along - self.plane_mm
        points = np.empty((len(axes), len(along), 3))
        points[..., 0] = self.side.sign * (axes[:, 0, None] - across[:, None] * ahead)
        points[..., 1] = along
        points[..., 2] = axes[:, 1, None] - down[:, None] * ahead
        return points

    def clearances(self, axes: NDArray[np.float64], surface: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance (n,) from each axis to the nearest surface point beside the judged stretch."""
        beside, squared = self._beside(axes, surface)
        return np.asarray(np.sqrt(np.where(beside, squared, np.inf).min(axis=1, initial=np.inf)))

    def _beside(
        self, axes: NDArray[np.float64], surface: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Whether each surface point (m) lies beside the judged stretch of each axis (n); its distance squared (n, m).

        Both the place along an axis and the square of the distance to where it crosses its plane are linear in a few
        numbers of the point, so that two products of small matrices give them.
        """
        across, down = np.tan(np.radians(axes[:, 2:])).T
        length = np.sqrt(1 + across**2 + down**2)
        point, crossing = axes[:, 0], axes[:, 1]
        none, one = np.zeros(len(axes)), np.ones(len(axes))
        places = np.array([-across, -down, one, across * point + down * crossing, none])
        along = (places / length).T @ surface
        squared = np.array([-2 * point, -2 * crossing, none, point**2 + crossing**2, one]).T @ surface
        low = ((self.back_mm - ENTRY_REACH_MM - self.plane_mm) * length)[:, None]
        high = ((self.stop_mm - self.plane_mm) * length)[:, None]
        beside = (along >= low) & (along <= high)
        squared -= np.square(along, out=along)
        return beside, np.maximum(squared, 0, out=squared)


def _search_of(field: BoneField, side: Side, rules: ScrewRules) -> _Search:
    back, front = field.pedicle_back_mm[side], field.pedicle_front_mm[side]
    isthmus = round(float(field.frame.to_local(field.vertebra.pedicles[side].isthmus_mm)[1]), DECIMALS)
    inside = min(max(isthmus, back + field.step_mm / 2), front - field.step_mm / 2)
    plane = field.first_mm[1] + field.step_mm * round(round((inside - field.first_mm[1]) / field.step_mm, DECIMALS))
    return _Search(
        field=field,
        side=side,
        plane_mm=round(float(plane), DECIMALS),
        back_mm=round(back, DECIMALS),
        stop_mm=round(front + rules.body_share * (field.body_front_mm - front), DECIMALS),
        surface=_rows(relevant_surface(field, side), round(float(plane), DECIMALS)),
    )


def _rows(points: NDArray[np.float64], plane_mm: float) -> NDArray[np.float64]:
    lateral, ahead, height = points.T
    a = ahead - plane_mm
    return np.array([lateral, height, a, np.ones(len(points)), lateral**2 + a**2 + height**2])


def _wanted_slope(field: BoneField, side: Side, trajectory: Trajectory) -> float:
    """Slope parallel to the upper endplate (0 where it is not known), or that of the pedicle, in degrees."""
    vertebra = field.vertebra
    if trajectory is Trajectory.ANATOMIC:
        along = field.frame.axes @ vertebra.pedicles[side].axis
        return round(float(np.degrees(np.arctan2(-along[2], along[1]))), DECIMALS)
    if vertebra.upper_endplate is None:
        return 0.0
    normal = field.frame.axes @ vertebra.upper_endplate.plane.normal
    return round(float(np.degrees(np.arctan2(normal[1], normal[2]))), DECIMALS)


def _angles(limits: tuple[float, float]) -> NDArray[np.float64]:
    return np.arange(limits[0], limits[1] + COARSE_DEG / 2, COARSE_DEG)
