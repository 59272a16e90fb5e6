"""Alignment of the column from the endplates: kyphosis, scoliosis, slips, disc heights, the posterior wall line.

Angles are read between endplate planes, projected on the mean sagittal or coronal plane of the vertebrae concerned, so
they do not depend on how the patient lies. Kyphosis is positive; so is a slip of the upper vertebra forwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy.vertebra import Endplate, Vertebra
from oncospine.base import Level, Side, Verification, read_yaml
from oncospine.geometry import Point, unit

SUPINE_NOTE = "measured lying down: kyphosis and slips are usually smaller than standing"
"""What the reader of any of these angles has to know (classifications.md section 11.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Listhesis of a joint: of the upper vertebra on the lower one, along its endplate.

    `grade` is Meyerding's; None where the slip is within the error of the method. `beyond_limit` is True where the
    translation exceeds the limit of instability of its region, None where there is none.
    """

    forwards_mm: float
    to_right_mm: float
    percent: float
    grade: str | None
    beyond_limit: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Two neighbours: the angle from upper endplate of the upper to lower endplate of the lower one, and the disc."""

    upper: Level
    lower: Level
    kyphosis_deg: float | None
    disc_kyphosis_deg: float | None
    disc_height_mm: float | None
    slip: Slip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalAngle:
    """Sagittal angle of a region; `usual` bounds it in health, with the tag of that statement."""

    name: str
    upper: Level
    lower: Level
    kyphosis_deg: float
    usual: tuple[float, float] | None
    verification: Verification | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoronalCurve:
    """The largest coronal Cobb angle in view; `is_scoliosis` from the customary limit on."""

    upper: Level
    lower: Level
    apex: Level
    convex: Side
    cobb_deg: float
    is_scoliosis: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """Everything about alignment that the scan shows; what it does not show is absent.

    `posterior_wall_mm` has the upper and lower posterior corner of every body in the midline, cranial to caudal.
    """

    wedges_deg: Mapping[Level, float]
    joints: tuple[Joint, ...]
    regions: tuple[RegionalAngle, ...]
    in_view: RegionalAngle | None
    curve: CoronalCurve | None
    t1_slope_deg: float | None
    posterior_wall_mm: Mapping[Level, tuple[Point, Point]]
    notes: tuple[str, ...]

    def joint_below(self, level: Level) -> Joint | None:
        """The joint of `level` with the vertebra below it."""
        return next((joint for joint in self.joints if joint.upper is level), None)


@cache
def alignment_table() -> Mapping[str, Any]:
    """Regions, grades and limits of data/alignment.yaml."""
    return dict(read_yaml("oncospine.anatomy", "data", "alignment.yaml"))


def alignment_of(vertebrae: Mapping[Level, Vertebra]) -> Alignment:
    """Alignment of the vertebrae (cranial to caudal)."""
    ordered = list(vertebrae.values())
    table = alignment_table()
    regions = [_regional(vertebrae, row) for row in table["regions"]]
    seen = [v for v in ordered if v.upper_endplate is not None or v.lower_endplate is not None]
    whole = None
    if len(seen) > 1:
        whole = _region(vertebrae, {"name": "in view", "upper": _top(seen), "lower": _bottom(seen)})
    error = table["error"]["angle_deg"]
    return Alignment(
        wedges_deg={v.level: angle for v in ordered if (angle := v.wedge_deg) is not None},
        joints=tuple(_joint(upper, lower) for upper, lower in pairwise(ordered) if _adjacent(upper, lower)),
        regions=tuple(region for region in regions if region is not None),
        in_view=whole,
        curve=_curve(ordered),
        t1_slope_deg=_t1_slope(vertebrae),
        posterior_wall_mm={v.level: wall for v in ordered if (wall := _posterior_wall(v)) is not None},
        notes=(SUPINE_NOTE, f"error of an angle: about {error} degrees"),
    )


def _top(vertebrae: Sequence[Vertebra]) -> str | None:
    return next((v.level.value for v in vertebrae if v.upper_endplate is not None), None)


def _bottom(vertebrae: Sequence[Vertebra]) -> str | None:
    return next((v.level.value for v in reversed(vertebrae) if v.lower_endplate is not None), None)


def _adjacent(upper: Vertebra, lower: Vertebra) -> bool:
    """Neighbours by name, supernumerary vertebrae included."""
    special = {upper.level, lower.level} & {Level.T13, Level.L6}
    return upper.level.neighbour(1) is lower.level or bool(special)


def _regional(vertebrae: Mapping[Level, Vertebra], row: Mapping[str, Any]) -> RegionalAngle | None:
    if Level(row["upper"]) not in vertebrae or Level(row["lower"]) not in vertebrae:
        return None
    return _region(vertebrae, row)


def _region(vertebrae: Mapping[Level, Vertebra], row: Mapping[str, Any]) -> RegionalAngle | None:
    if row["upper"] is None or row["lower"] is None:
        return None
    upper, lower = vertebrae[Level(row["upper"])], vertebrae[Level(row["lower"])]
    below = lower.upper_endplate if lower.level is Level.S1 else lower.lower_endplate
    flipped = lower.level is Level.S1
    if upper.upper_endplate is None or below is None or upper.level.order >= lower.level.order:
        return None
    between = [v for v in vertebrae.values() if upper.level.order <= v.level.order <= lower.level.order]
    normal = -below.plane.normal if flipped else below.plane.normal
    usual = row.get("usual")
    return RegionalAngle(
        name=row["name"],
        upper=upper.level,
        lower=lower.level,
        kyphosis_deg=sagittal_angle_deg(upper.upper_endplate.plane.normal, normal, between),
        usual=None if usual is None else (float(usual[0]), float(usual[1])),
        verification=Verification(row["verification"]) if "verification" in row else None,
    )


def sagittal_angle_deg(
    upwards: NDArray[np.float64], downwards: NDArray[np.float64], vertebrae: Sequence[Vertebra]
) -> float:
    """Kyphosis between an endplate that faces upwards and one that faces downwards, in the vertebrae's mean plane."""
    _, anterior, superior = _mean_axes(vertebrae)
    above = np.arctan2(upwards @ anterior, upwards @ superior)
    below = np.arctan2(downwards @ anterior, -(downwards @ superior))
    return float(np.degrees(above + below))


def _mean_axes(
    vertebrae: Sequence[Vertebra],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Right, anterior and superior of the vertebrae together."""
    superior = unit(np.sum([v.frame.superior for v in vertebrae], axis=0))
    right = np.sum([v.frame.right for v in vertebrae], axis=0)
    right = unit(right - (right @ superior) * superior)
    return right, np.cross(superior, right), superior


def _joint(upper: Vertebra, lower: Vertebra) -> Joint:
    pair = [upper, lower]
    whole = disc = height = slip = None
    if upper.upper_endplate is not None and lower.lower_endplate is not None:
        whole = sagittal_angle_deg(upper.upper_endplate.plane.normal, lower.lower_endplate.plane.normal, pair)
    if upper.lower_endplate is not None and lower.upper_endplate is not None:
        above, below = upper.lower_endplate, lower.upper_endplate
        disc = sagittal_angle_deg(-above.plane.normal, -below.plane.normal, pair)
        across = unit(below.plane.normal - above.plane.normal)
        height = float((above.plane.point_mm - below.plane.point_mm) @ across)
        slip = _slip(upper, above, lower, below)
    return Joint(
        upper=upper.level,
        lower=lower.level,
        kyphosis_deg=whole,
        disc_kyphosis_deg=disc,
        disc_height_mm=height,
        slip=slip,
    )


def _posterior_corner(vertebra: Vertebra, plate: Endplate) -> NDArray[np.float64]:
    """Where the endplate's midline ends behind."""
    backwards = -vertebra.frame.anterior
    backwards = unit(backwards - (backwards @ plate.plane.normal) * plate.plane.normal)
    return np.asarray(plate.plane.point_mm + backwards * plate.depth_mm / 2)


def _slip(upper: Vertebra, above: Endplate, lower: Vertebra, below: Endplate) -> Slip:
    """Offset of the lower posterior corner of the upper body, along the upper endplate of the lower body."""
    table = alignment_table()
    forwards = lower.frame.anterior
    forwards = unit(forwards - (forwards @ below.plane.normal) * below.plane.normal)
    to_right = np.cross(forwards, below.plane.normal)
    offset = _posterior_corner(upper, above) - _posterior_corner(lower, below)
    slip = float(offset @ forwards)
    percent = 100 * slip / below.depth_mm
    limits = {row["region"]: row["translation_mm"] for row in table["instability"]}
    limit = limits.get(lower.level.region.value)
    grade = None
    if abs(slip) > table["error"]["slip_mm"]:
        bounds = table["meyerding"]["percent"]
        grade = table["meyerding"]["grades"][meyerding_index(abs(percent), bounds)]
    return Slip(
        forwards_mm=slip,
        to_right_mm=float(offset @ to_right),
        percent=percent,
        grade=grade,
        beyond_limit=None if limit is None else abs(slip) > limit,
    )


def meyerding_index(percent: float, bounds: Sequence[float]) -> int:
    """Index of the grade: I below 25, II from 25, III from 50, IV 75 to 100, V above 100."""
    inner = [bound for bound in bounds[:-1] if percent >= bound]
    return len(inner) + int(percent > bounds[-1])


def _curve(vertebrae: Sequence[Vertebra]) -> CoronalCurve | None:
    """The pair of end vertebrae with the largest coronal angle, at least one vertebra between them."""
    if len(vertebrae) < FEWEST_IN_CURVE:
        return None
    right, _, superior = _mean_axes(vertebrae)

    def lean(normal: NDArray[np.float64]) -> float:
        return float(np.degrees(np.arctan2(normal @ right, normal @ superior)))

    tops = {i: lean(v.upper_endplate.plane.normal) for i, v in enumerate(vertebrae) if v.upper_endplate}
    ends = {i: lean(-v.lower_endplate.plane.normal) for i, v in enumerate(vertebrae) if v.lower_endplate}
    pairs = [(i, j) for i in tops for j in ends if j - i >= FEWEST_IN_CURVE - 1]
    if not pairs:
        return None
    first, last = max(pairs, key=lambda pair: abs(tops[pair[0]] - ends[pair[1]]))
    angle = tops[first] - ends[last]
    start, end = vertebrae[first].frame.origin_mm, vertebrae[last].frame.origin_mm
    along = unit(end - start)
    across = right - (right @ along) * along
    offsets = [float((v.frame.origin_mm - start) @ across) for v in vertebrae[first + 1 : last]]
    apex = int(np.argmax(np.abs(offsets)))
    return CoronalCurve(
        upper=vertebrae[first].level,
        lower=vertebrae[last].level,
        apex=vertebrae[first + 1 + apex].level,
        convex=Side.RIGHT if angle < 0 else Side.LEFT,
        cobb_deg=abs(angle),
        is_scoliosis=abs(angle) >= alignment_table()["scoliosis"]["from_deg"],
    )


FEWEST_IN_CURVE = 3
"""A curve has two end vertebrae and an apex between them."""


def _t1_slope(vertebrae: Mapping[Level, Vertebra]) -> float | None:
    """Slope of T1's upper endplate against the scanner's axial plane, sagittally; positive where it falls forwards."""
    t1 = vertebrae.get(Level.T1)
    if t1 is None or t1.upper_endplate is None:
        return None
    right = t1.frame.right
    cranial = unit(np.array([0.0, 0.0, 1.0]) - right[2] * right)
    normal = t1.upper_endplate.plane.normal
    return float(np.degrees(np.arctan2(normal @ np.cross(cranial, right), normal @ cranial)))


def _posterior_wall(vertebra: Vertebra) -> tuple[Point, Point] | None:
    if vertebra.upper_endplate is None or vertebra.lower_endplate is None:
        return None
    return (
        _posterior_corner(vertebra, vertebra.upper_endplate),
        _posterior_corner(vertebra, vertebra.lower_endplate),
    )
