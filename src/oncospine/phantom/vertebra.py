"""One vertebra as a list of named solids: body, pedicles, laminae, articular, transverse and spinous processes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level, Region, Side
from oncospine.geometry import Frame
from oncospine.phantom.body import Body
from oncospine.phantom.shapes import Plate, Solid, Tube, Waist
from oncospine.phantom.subject import VertebraShape

PEDICLE_FLARE_MM = 11.0
MEDIAL_CLEARANCE_MM = 0.5
"""Gap between the isthmus and the canal's ellipse, so that the canal never cuts the isthmus."""

ISTHMUS_AHEAD = 0.30
"""How far the isthmus lies in front of the canal's centre, in canal depths."""

PILLAR_BEHIND_MM = 6.0
"""From the isthmus back to the middle of the pillar; leaves the isthmus clear of every other part."""

JOINT_GAP_MM = 1.4
FACET_THICKNESS_MM = 3.6


@dataclass(frozen=True, slots=True, eq=False)
class PartSolid:
    """A solid that belongs to a part."""

    part: str
    solid: Solid


@dataclass(frozen=True, slots=True, eq=False)
class PedicleShape:
    """The narrowest section of a pedicle in its vertebra's coordinates: centre, axis (to the front), sizes."""

    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    across: NDArray[np.float64]
    width: float
    height: float
    transverse_angle_deg: float
    sagittal_angle_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """A facet joint in patient coordinates; `frame` has its normal (from superior to inferior facet) as third axis."""

    frame: Frame
    half_width: float
    half_height: float


@dataclass(frozen=True, eq=False)
class VertebraModel:
    """Shape, place and solids of one vertebra; solids are in the coordinates of `frame`, most important part first."""

    shape: VertebraShape
    frame: Frame
    body: Body
    pedicles: Mapping[Side, PedicleShape]
    parts: tuple[PartSolid, ...]
    blocking: tuple[PartSolid, ...]
    """The solids that the vertebra above must keep clear of (joint gaps)."""
    transverse_tips: Mapping[Side, NDArray[np.float64]]

    @property
    def level(self) -> Level:
        return self.shape.level

    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        boxes = [item.solid.bounds for item in self.parts]
        return np.min([box[0] for box in boxes], 0), np.max([box[1] for box in boxes], 0)


def canal_middle(shape: VertebraShape) -> float:
    """Where the canal's centre lies behind the body's centre."""
    return -(shape.mean_depth + shape.sizes["SCD"]) / 2


def pedicle_shape(shape: VertebraShape, side: Side) -> PedicleShape:
    """Axis and isthmus from the angles of the table; the sagittal angle is measured from the upper endplate."""
    sizes, own = shape.sizes, shape.sides[side]
    turn = math.radians(own.transverse_angle_deg)
    tilt = math.radians(own.sagittal_angle_deg) + shape.half_wedge
    flat = np.array([-side.sign * math.sin(turn), math.cos(turn), 0.0])
    axis = np.array([flat[0] * math.cos(tilt), flat[1] * math.cos(tilt), -math.sin(tilt)])
    across = np.array([side.sign * math.cos(turn), math.sin(turn), 0.0])
    width, height = own.pedicle_width, own.pedicle_height
    x = sizes["SCW"] / 2 + MEDIAL_CLEARANCE_MM + width / 2 / math.cos(turn)
    y = canal_middle(shape) + ISTHMUS_AHEAD * sizes["SCD"]
    share = 0.55 if shape.level.region is Region.LUMBAR else 0.675
    at_body = min((share - 0.5) * sizes["VBHp"], (sizes["VBHp"] - height) / 2 - 0.3)
    rise = math.tan(tilt) * (-shape.mean_depth / 2 - y)
    centre = np.array([side.sign * x, y, at_body + rise * 0.6])
    return PedicleShape(centre, axis, across, width, height, own.transverse_angle_deg, own.sagittal_angle_deg)


def facet_joint(lower: VertebraShape, frame: Frame, row: VertebraShape, side: Side) -> Joint:
    """Joint between the vertebra of `row` and the one below it (`lower`, standing in `frame`)."""
    slope, turn = math.radians(row.sizes["fS"]), math.radians(row.sizes["fT"])
    sagittal = row.level.order >= Level.T12.order
    lateral = -1.0 if sagittal else 1.0
    normal = np.array(
        [
            side.sign * lateral * math.sin(turn) * math.sin(slope),
            -math.cos(turn) * math.sin(slope),
            math.cos(slope),
        ]
    )
    half_height = 5.6 if row.level.region is not Region.CERVICAL else 4.6
    half_width = 5.0 if not sagittal else 5.5
    x = lower.sizes["SCW"] / 2 + (2.6 if not sagittal else 2.0) + lower.sides[side].facet_shift
    depth = 0.30 if row.level.region is Region.THORACIC and not sagittal else 0.36
    y = canal_middle(lower) - (0.55 if sagittal else depth) * lower.sizes["SCD"]
    z = lower.sizes["VBHp"] / 2 + 0.45 * row.sizes["dh"]
    n = normal @ frame.axes
    across = np.cross(frame.superior, n)
    across /= np.linalg.norm(across)
    axes = np.array([across, np.cross(n, across), n])
    return Joint(Frame(frame.to_world((side.sign * x, y, z)), axes), half_width, half_height)


def vertebra_model(
    shape: VertebraShape, frame: Frame, *, above: Mapping[Side, Joint], below: Mapping[Side, Joint]
) -> VertebraModel:
    """All solids of a vertebra with its joints to the neighbours."""
    body = Body(shape)
    pedicles = {side: pedicle_shape(shape, side) for side in Side}
    parts = [PartSolid("body", body)]
    blocking, tips = [], {}
    for side in Side:
        parts.append(PartSolid(f"pedicle {side}", _pedicle_solid(shape, pedicles[side])))
    for side in Side:
        superior = _superior_articular(shape, frame, pedicles[side], above[side], side)
        inferior = _inferior_articular(shape, frame, pedicles[side], below[side], side)
        blocking += superior
        parts += superior + inferior
    for side in Side:
        process, tip = _transverse(shape, pedicles[side], side)
        parts.append(process)
        tips[side] = tip
    laminae = [_lamina(shape, pedicles[side], side) for side in Side]
    blocking += laminae
    parts += [*laminae, *_spinous(shape)]
    return VertebraModel(shape, frame, body, pedicles, tuple(parts), tuple(blocking), tips)


def _pedicle_solid(shape: VertebraShape, pedicle: PedicleShape) -> Waist:
    to_wall = (-shape.mean_depth / 2 - pedicle.centre[1]) / pedicle.axis[1]
    half_width = (shape.sizes["EPWu"] + shape.sizes["EPWl"]) / 4
    to_side = (abs(pedicle.centre[0]) - 0.8 * half_width) / max(abs(pedicle.axis[0]), 0.2)
    return Waist(
        _triple(pedicle.centre),
        _triple(pedicle.axis),
        _triple(pedicle.across),
        pedicle.width / 2,
        pedicle.height / 2,
        PEDICLE_FLARE_MM,
        back_mm=4.0,
        front_mm=max(to_wall + 0.5, min(to_side, 16.0)),
    )


def _pillar(shape: VertebraShape, pedicle: PedicleShape) -> NDArray[np.float64]:
    """Where pedicle, lamina and processes meet, behind the isthmus."""
    return np.asarray(pedicle.centre - PILLAR_BEHIND_MM * pedicle.axis)


def _superior_articular(
    shape: VertebraShape, frame: Frame, pedicle: PedicleShape, joint: Joint, side: Side
) -> list[PartSolid]:
    normal, axes = _joint_axes(frame, joint)
    middle = frame.to_local(joint.frame.origin_mm) - normal * (JOINT_GAP_MM + FACET_THICKNESS_MM) / 2
    plate = Plate(_triple(middle), axes, (joint.half_width, joint.half_height, FACET_THICKNESS_MM / 2), 1.2)
    foot = _pillar(shape, pedicle)
    stem = Tube(_triple(foot), _triple(middle - 2.0 * axes[1]), (1.0, 0.0, 0.0), (3.6, 2.5), (3.8, 1.7))
    return [PartSolid(f"articular {side}", plate), PartSolid(f"articular {side}", stem)]


def _inferior_articular(
    shape: VertebraShape, frame: Frame, pedicle: PedicleShape, joint: Joint, side: Side
) -> list[PartSolid]:
    normal, axes = _joint_axes(frame, joint)
    middle = frame.to_local(joint.frame.origin_mm) + normal * (JOINT_GAP_MM + FACET_THICKNESS_MM) / 2
    plate = Plate(_triple(middle), axes, (joint.half_width, joint.half_height, FACET_THICKNESS_MM / 2), 1.2)
    foot = _pillar(shape, pedicle) - np.array([0.0, 0.4, 1.5])
    pars = Tube(_triple(foot), _triple(middle + 2.0 * axes[1]), (1.0, 0.0, 0.0), (3.3, 2.4), (4.2, 2.3))
    return [PartSolid(f"articular {side}", plate), PartSolid(f"lamina {side}", pars)]


def _joint_axes(frame: Frame, joint: Joint) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    axes = joint.frame.axes @ frame.axes.T
    return axes[2], axes


def _lamina(shape: VertebraShape, pedicle: PedicleShape, side: Side) -> PartSolid:
    """A plate from the pillar to the midline, leaning back as it goes down, flush with the canal at its top."""
    sizes = shape.sizes
    middle, thick = canal_middle(shape), sizes["lamT"]
    height = min(sizes["lamH"], 1.02 * shape.mean_height + 0.4 * sizes["dh"])
    pillar = _pillar(shape, pedicle)
    outer_x = max(sizes["SCW"] / 2 + 1.8, abs(pillar[0]) - 2.0)
    outer = np.array([side.sign * outer_x, min(float(pillar[1]), middle - 0.14 * sizes["SCD"])])
    inner = np.array([0.0, middle - sizes["SCD"] / 2 - 0.42 * thick])
    along = np.append(inner - outer, 0.0)
    length = float(np.linalg.norm(along))
    lean = math.radians(13.0)
    e_along = along / length
    up = np.array([0.0, math.sin(lean), math.cos(lean)])
    e_up = up - (up @ e_along) * e_along
    e_up /= np.linalg.norm(e_up)
    top = float(pedicle.centre[2]) + 0.28 * sizes["PDH"]
    centre = np.append((outer + inner) / 2, 0.0) + e_up * (top - height / 2 + 2.5) - np.array([0.0, 0.0, 2.5])
    axes = np.array([e_along, np.cross(e_up, e_along), e_up])
    plate = Plate(_triple(centre), axes, (length / 2 + 1.2, thick / 2, height / 2), min(1.8, thick / 2 - 0.3))
    return PartSolid(f"lamina {side}", plate)


def _transverse(shape: VertebraShape, pedicle: PedicleShape, side: Side) -> tuple[PartSolid, NDArray[np.float64]]:
    level = shape.level
    foot = _pillar(shape, pedicle)
    reach = shape.sides[side].transverse_reach
    tilt, rise = _transverse_lie(level)
    tip_x = reach - 3.2
    run = max(tip_x - abs(foot[0]), 4.0)
    tip = foot + np.array([side.sign * run, -run * math.tan(math.radians(tilt)), 0.0])
    height = foot[2] + rise
    foot = foot + np.array([side.sign * 1.5, -0.4, 0.5 * rise])
    tip[2] = height + 0.8
    if level.region is Region.LUMBAR:
        solid = Tube(_triple(foot), _triple(tip), (0.0, 0.0, 1.0), (5.5, 3.2), (4.0, 2.4))
    elif level.region is Region.CERVICAL:
        solid = Tube(_triple(foot), _triple(tip), (0.0, 0.0, 1.0), (3.4, 3.2), (3.0, 2.8))
    else:
        solid = Tube(_triple(foot), _triple(tip), (0.0, 0.0, 1.0), (4.6, 2.9), (4.2, 3.6))
    return PartSolid(f"transverse {side}", solid), tip


def _transverse_lie(level: Level) -> tuple[float, float]:
    """Backward tilt (degrees) and height over the pedicle axis (mm) of the process (morphometry.md 6.2, 12.1.6)."""
    if level.region is Region.CERVICAL:
        return 8.0, 0.0
    if level.region is Region.LUMBAR:
        return 10.0, -2.0
    share = (level.number - 1) / 11
    return 38.0 - 14.0 * max(share - 0.6, 0.0) / 0.4, 5.45 - 12.05 * share


def _spinous(shape: VertebraShape) -> list[PartSolid]:
    """A blade from the lamina junction; its tip is `SPL` from the posterior margin of the upper endplate."""
    sizes = shape.sizes
    slope = math.radians(sizes["SPi"])
    height = min(sizes["lamH"], 1.02 * shape.mean_height)
    foot = np.array([0.0, canal_middle(shape) - sizes["SCD"] / 2 - 0.62 * sizes["lamT"], -0.18 * height])
    direction = np.array([0.0, -math.cos(slope), -math.sin(slope)])
    margin = np.array([0.0, -shape.mean_depth / 2, sizes["VBHp"] / 2])
    gap = foot - margin
    half_b = float(gap @ direction)
    length = -half_b + math.sqrt(half_b**2 - float(gap @ gap) + sizes["SPL"] ** 2)
    deviation = math.radians(shape.spinous_deviation_deg)
    direction = np.array([math.sin(deviation), direction[1] * math.cos(deviation), direction[2] * math.cos(deviation)])
    pitch = shape.mean_height + sizes["dh"]
    reach = min(7.5, 0.40 * pitch * math.cos(slope) + 0.6)
    tip = foot + direction * (length - 3.0)
    blade = Tube(_triple(foot), _triple(tip), (1.0, 0.0, 0.0), (2.9, reach), (2.3, 0.66 * reach))
    knob = Tube(_triple(tip - 5 * direction), _triple(tip), (1.0, 0.0, 0.0), (2.4, 3.4), (3.0, 3.6))
    return [PartSolid("spinous", blade), PartSolid("spinous", knob)]


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
