"""The gap of a corpectomy and the cage in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from oncospine.anatomy import Endplate, Spine
from oncospine.base import Level
from oncospine.geometry import Mask, Point, angle_deg
from oncospine.surgery.operation import CageStep, Corpectomy
from oncospine.surgery.sizes import room_data


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CagePlan:
    """A cage between two endplates, or why there is none (`refusal`).

    `gap_mm` is the distance between the endplates at their centres; `angle_deg` the angle between them (0 parallel);
    `lower_mm` and `upper_mm` the centres of the cage's ends in RAS+ mm; `bearing_share` the share of the smaller
    endplate's area that the footprint covers; `tumour_share` the share of tumour in the bone under each end.
    `kyphosis_deg` is the sagittal part of `angle_deg`, which endplates set parallel would correct (positive: kyphosis);
    `cement_ml` fills the gap to the footprint instead of a cage; `plate_mm` spans the middles of both bodies.
    """

    above: Level | None
    below: Level | None
    gap_mm: float | None = None
    angle_deg: float | None = None
    height_mm: float | None = None
    footprint_mm: float | None = None
    upper_mm: Point | None = None
    lower_mm: Point | None = None
    bearing_share: float | None = None
    kyphosis_deg: float | None = None
    cement_ml: float | None = None
    plate_mm: float | None = None
    tumour_share: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    refusal: str | None = None


@cache
def _limits() -> dict[str, Any]:
    found: dict[str, Any] = room_data("implants.yaml")["cage"]
    return found


def planned_cage(spine: Spine, corpectomy: Corpectomy, wanted: CageStep, *, tumour: Mask | None = None) -> CagePlan:
    """The cage for a corpectomy: the surgeon's sizes checked, the rest chosen; refused with the reason."""
    above = corpectomy.levels[0].neighbour(-1)
    below = corpectomy.levels[-1].neighbour(1)
    upper, lower = _endplate(spine, above, upper=False), _endplate(spine, below, upper=True)
    if upper is None or lower is None:
        lost = [str(level) for level, plate in ((above, upper), (below, lower)) if plate is None]
        reason = f"the endplate of {' and '.join(lost)} towards the gap is not in view"
        return CagePlan(above=above, below=below, refusal=reason)
    top, bottom = upper.plane.point_mm, lower.plane.point_mm
    gap = float(np.linalg.norm(top - bottom))
    angle = 180.0 - angle_deg(upper.plane.normal, lower.plane.normal)
    height, height_problem = _height(gap, wanted)
    footprint, footprint_problem = _footprint(upper, lower, wanted)
    shares = (
        _tumour_share(top, -upper.plane.normal, footprint, tumour),
        _tumour_share(bottom, -lower.plane.normal, footprint, tumour),
    )
    problem = height_problem or footprint_problem or _bearing_problem(above, below, shares)
    if problem is not None:
        return CagePlan(above=above, below=below, gap_mm=gap, angle_deg=angle, tumour_share=shares, refusal=problem)
    middle, way = (top + bottom) / 2, (top - bottom) / gap
    area = np.pi / 4 * min(plate.width_mm * plate.depth_mm for plate in (upper, lower))
    return CagePlan(
        above=above,
        below=below,
        gap_mm=gap,
        angle_deg=angle,
        height_mm=height,
        footprint_mm=footprint,
        upper_mm=middle + height / 2 * way,
        lower_mm=middle - height / 2 * way,
        bearing_share=float(np.pi / 4 * footprint**2 / area),
        tumour_share=shares,
        kyphosis_deg=_kyphosis_deg(spine, above, upper, lower),
        cement_ml=float(np.pi / 4 * footprint**2 * gap / 1000),
        plate_mm=_plate_mm(spine, above, below),
        notes=("sizes from a generic catalogue; expandable or mesh cages fit between them",),
    )


def _kyphosis_deg(spine: Spine, above: Level | None, upper: Endplate, lower: Endplate) -> float | None:
    """Sagittal angle between the endplates that face the gap; positive where the front is lower than the back."""
    if above is None:
        return None
    axes = spine.vertebrae[above].frame.axes
    top, bottom = axes @ -np.asarray(upper.plane.normal), axes @ np.asarray(lower.plane.normal)
    return float(np.degrees(np.arctan2(top[1], top[2]) - np.arctan2(bottom[1], bottom[2])))


def _plate_mm(spine: Spine, above: Level | None, below: Level | None) -> float | None:
    """Distance between the middles of the bodies that a plate would be screwed to."""
    if above is None or below is None:
        return None
    ends = [spine.vertebrae[level].frame.origin_mm for level in (above, below)]
    return float(np.linalg.norm(ends[0] - ends[1]))


def _endplate(spine: Spine, level: Level | None, *, upper: bool) -> Endplate | None:
    vertebra = spine.vertebrae.get(level) if level is not None else None
    if vertebra is None:
        return None
    return vertebra.upper_endplate if upper else vertebra.lower_endplate


def _height(gap_mm: float, wanted: CageStep) -> tuple[float, str | None]:
    """The tallest height that fits the gap, or the wanted one; and what is wrong with it."""
    row = _limits()
    if wanted.height_mm is not None:
        most = gap_mm + float(row["most_distraction_mm"])
        if wanted.height_mm > most:
            return wanted.height_mm, (
                f"the cage of {wanted.height_mm:g} mm is taller than the gap of {gap_mm:.1f} mm "
                f"(at most {most:.1f} mm with distraction)"
            )
        return wanted.height_mm, None
    sizes = np.arange(row["heights_mm"]["from"], row["heights_mm"]["to"] + 1, row["heights_mm"]["step"])
    fitting = sizes[sizes <= gap_mm]
    if fitting.size == 0:
        return float(sizes[0]), f"the gap of {gap_mm:.1f} mm is smaller than the smallest cage ({sizes[0]:g} mm)"
    return float(fitting[-1]), None


def _footprint(upper: Endplate, lower: Endplate, wanted: CageStep) -> tuple[float, str | None]:
    """The widest round footprint inside both endplates, or the wanted one; and what is wrong with it."""
    row = _limits()
    room = min(upper.width_mm, upper.depth_mm, lower.width_mm, lower.depth_mm) - 2 * float(row["edge_mm"])
    if wanted.footprint_mm is not None:
        if wanted.footprint_mm > room:
            return wanted.footprint_mm, (
                f"the footprint of {wanted.footprint_mm:g} mm is wider than the endplates allow ({room:.1f} mm)"
            )
        return wanted.footprint_mm, None
    fitting = [float(size) for size in row["footprints_mm"] if size <= room]
    if not fitting:
        return float(row["footprints_mm"][0]), f"no footprint fits the endplates ({room:.1f} mm of room)"
    return fitting[-1], None


def _tumour_share(centre: Point, into_bone: Point, footprint_mm: float, tumour: Mask | None) -> float:
    """Share of tumour in the cylinder of bone under one end of the cage."""
    if tumour is None:
        return 0.0
    from oncospine.geometry import sampled_at

    way = np.asarray(into_bone)
    across = np.cross(way, [1.0, 0.0, 0.0] if abs(way[0]) < 0.9 else [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    up = np.cross(way, across)
    offsets = np.arange(-footprint_mm / 2, footprint_mm / 2 + 0.5, 1.0)
    u, v, depth = np.meshgrid(offsets, offsets, np.arange(0.5, float(_limits()["endplate_depth_mm"])), indexing="ij")
    inside = np.hypot(u, v) <= footprint_mm / 2
    points = centre + u[inside][:, None] * across + v[inside][:, None] * up + depth[inside][:, None] * way
    return float((sampled_at(tumour, points) > 0.5).mean())


def _bearing_problem(above: Level | None, below: Level | None, shares: tuple[float, float]) -> str | None:
    limit = float(_limits()["endplate_tumour_share"])
    bearing = [f"{level} ({share:.0%})" for level, share in zip((above, below), shares, strict=True) if share >= limit]
    return f"the endplate would stand on tumour: {', '.join(bearing)} (F-13)" if bearing else None
