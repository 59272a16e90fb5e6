"""The corridor search against tubes of known size, exhaustive search, and itself turned and mirrored."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree
from surgery_samples import (
    LEFT_TUBE,
    RIGHT_TUBE,
    intact_other_side,
    intact_spine,
    patient,
    tube_direction,
    tube_point,
    tube_spine,
)

from oncospine.base import Level, Side
from oncospine.geometry import Mask, angle_deg
from oncospine.surgery import Trajectory, plan_screws
from oncospine.surgery.bone_field import bone_field
from oncospine.surgery.sizes import screw_rules
from oncospine.surgery.trajectory_search import SLACK_MM, relevant_surface, widest_axis

TUBES = {Side.LEFT: LEFT_TUBE, Side.RIGHT: RIGHT_TUBE}


@pytest.mark.parametrize("side", list(Side))
def test_the_corridor_of_a_tube_is_the_tube(side):
    spine = tube_spine()
    field = bone_field(spine, Level.T6)
    axis = widest_axis(field, side, screw_rules())
    radius, convergence, slope = TUBES[side]
    assert axis is not None
    assert 2 * radius - 0.9 < 2 * axis.clearance_mm < 2 * radius + 0.05  # labels have stairs: never wider, a voxel less
    found = field.frame.axes.T @ axis.direction(side)
    assert angle_deg(found, tube_direction(side, convergence, slope)) < 4.0
    point = field.frame.to_world(axis.point(side)) - tube_point(side)
    way = tube_direction(side, convergence, slope)
    assert np.linalg.norm(point - (point @ way) * way) < 0.5


@pytest.mark.parametrize("side", list(Side))
def test_no_axis_found_is_narrower_than_the_true_axis_of_the_tube(side):
    field = bone_field(tube_spine(), Level.T6)
    axis = widest_axis(field, side, screw_rules())
    way = field.frame.axes @ tube_direction(side, *TUBES[side][1:])
    start = field.frame.to_local(tube_point(side))
    surface = relevant_surface(field, side) * [side.sign, 1, 1]
    along = np.arange(-12.0, 20.0, 0.25)
    true = cKDTree(surface).query(_judged(field, side, start + along[:, None] * way))[0].min()
    assert axis.clearance_mm >= true - SLACK_MM - 1e-6


@pytest.mark.slow
@pytest.mark.parametrize(("level", "side"), [(Level.T4, Side.RIGHT), (Level.T2, Side.LEFT)])
def test_exhaustive_search_finds_no_wider_corridor(level, side):
    field = bone_field(intact_spine(), level)
    axis = widest_axis(field, side, screw_rules())
    surface = relevant_surface(field, side) * [side.sign, 1, 1]
    tree = cKDTree(surface)
    best = 0.0
    for lateral in np.arange(-1.5, 1.6, 0.375):
        for convergence in np.arange(axis.convergence_deg - 12, axis.convergence_deg + 13, 2.0):
            tried = [
                replace(
                    axis,
                    lateral_mm=axis.lateral_mm + lateral,
                    height_mm=axis.height_mm + height,
                    convergence_deg=convergence,
                    slope_deg=slope,
                )
                for height in np.arange(-4.0, 4.1, 0.75)
                for slope in np.arange(-10.0, 31.0, 3.0)
            ]
            along = np.arange(-8.0, 24.0, 1.0)
            points = np.array([_judged(field, side, a.point(side) + along[:, None] * a.direction(side)) for a in tried])
            inside = (field.occupancy_at(points) > 0.5).all(axis=1)
            distance = tree.query(points)[0].min(axis=1)
            best = max(best, float(np.where(inside, distance, 0.0).max()))
    assert best > 1.0
    assert 2 * axis.clearance_mm >= 2 * best - 0.3


def _judged(field, side, points):
    """Points of an axis moved to the ends of the stretch that is judged, so that the number of points is the same."""
    rules = screw_rules()
    back, front = field.pedicle_back_mm[side], field.pedicle_front_mm[side]
    stop = front + rules.body_share * (field.body_front_mm - front)
    inside = (points[:, 1] >= back) & (points[:, 1] <= stop)
    return points[np.clip(np.arange(len(points)), *np.flatnonzero(inside)[[0, -1]])]


def test_left_and_right_swap_when_the_patient_is_mirrored():
    spine, mirror = intact_spine(), intact_other_side()
    places = [(level, side) for level in (Level.T2, Level.T3, Level.T4, Level.T5) for side in Side]
    one = plan_screws(spine, places)
    other = plan_screws(mirror, [(level, side.other) for level, side in places])
    middle = spine.grid.corners_mm()[:, 0].mean() + mirror.grid.corners_mm()[:, 0].mean()
    for a, b in zip(one, other, strict=True):
        assert (a.diameter_mm, a.length_mm) == pytest.approx((b.diameter_mm, b.length_mm))
        assert a.grade.gertzbein is b.grade.gertzbein
        assert a.corridor_mm == pytest.approx(b.corridor_mm, abs=1e-3)
        assert np.allclose(a.entry_mm[1:], b.entry_mm[1:], atol=1e-3)
        assert a.entry_mm[0] + b.entry_mm[0] == pytest.approx(middle, abs=1e-3)
        assert a.convergence_deg == pytest.approx(b.convergence_deg, abs=1e-3)


def test_moving_the_patient_moves_the_screw():
    spine = intact_spine()
    place = [(Level.T4, Side.LEFT)]
    (before,) = plan_screws(spine, place)
    angle = np.radians(25.0)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    shift = np.array([120.0, -45.0, 300.0])
    (after,) = plan_screws(_moved(spine, turn, shift), place)
    assert np.allclose(after.entry_mm, turn @ before.entry_mm + shift, atol=0.02)
    assert np.allclose(after.tip_mm, turn @ before.tip_mm + shift, atol=0.02)
    assert after.margins.medial_mm == pytest.approx(before.margins.medial_mm, abs=0.02)


def _moved(spine, turn, shift):
    """The spine with everything a screw reads moved rigidly."""
    affine = spine.grid.affine.copy()
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = turn @ affine[:3, 3] + shift
    grid = replace(spine.grid, affine=affine)
    level = Level.T4
    old = spine.vertebrae[level]
    parts = old.parts.affine.copy()
    parts[:3, :3] = turn @ parts[:3, :3]
    parts[:3, 3] = turn @ parts[:3, 3] + shift
    plate = old.upper_endplate
    vertebra = replace(
        old,
        frame=replace(old.frame, origin_mm=turn @ old.frame.origin_mm + shift, axes=old.frame.axes @ turn.T),
        canal_mm=turn @ old.canal_mm + shift,
        parts=replace(old.parts, affine=parts),
        pedicles={
            side: replace(p, isthmus_mm=turn @ p.isthmus_mm + shift, axis=turn @ p.axis)
            for side, p in old.pedicles.items()
        },
        upper_endplate=replace(
            plate,
            plane=replace(plate.plane, point_mm=turn @ plate.plane.point_mm + shift, normal=turn @ plate.plane.normal),
        ),
    )
    canal = replace(spine.canal, mask=Mask(spine.canal.mask.array, affine))
    return replace(spine, grid=grid, vertebrae={level: vertebra}, canal=canal, tubes=())


def test_more_tumour_never_leaves_a_wider_corridor():
    spine = intact_spine()
    vertebra = spine.vertebrae[Level.T4]
    points = spine.grid.to_world(np.stack(np.meshgrid(*map(np.arange, spine.grid.shape), indexing="ij"), axis=-1))
    centre = vertebra.pedicles[Side.LEFT].isthmus_mm + 4.0 * vertebra.frame.superior
    widths = []
    for radius in (0.0, 2.0, 3.0, 4.0):
        ball = np.linalg.norm(points - centre, axis=-1) < radius
        field = bone_field(spine, Level.T4, tumour=Mask(ball, spine.grid.affine))
        axis = widest_axis(field, Side.LEFT, screw_rules())
        widths.append(0.0 if axis is None else axis.clearance_mm)
    assert all(after <= before + SLACK_MM for before, after in pairwise(widths))
    assert widths[-1] < widths[0] - 0.2


def test_straight_forward_is_nearer_to_the_endplate_and_anatomic_to_the_pedicle():
    spine = intact_spine()
    field = bone_field(spine, Level.T3)
    straight = widest_axis(field, Side.LEFT, screw_rules(), trajectory=Trajectory.STRAIGHT_FORWARD)
    anatomic = widest_axis(field, Side.LEFT, screw_rules(), trajectory=Trajectory.ANATOMIC)
    pedicle = spine.vertebrae[Level.T3].pedicles[Side.LEFT].sagittal_deg
    assert abs(straight.slope_deg) <= abs(anatomic.slope_deg)
    assert abs(anatomic.slope_deg - pedicle) <= abs(straight.slope_deg - pedicle)
    assert anatomic.clearance_mm == pytest.approx(straight.clearance_mm, abs=2 * SLACK_MM)


def test_tumour_in_the_same_vertebra_but_far_away_changes_nothing():
    spine, findings, _ = patient()
    places = [(Level.T5, Side.RIGHT)]
    (without,) = plan_screws(spine, places)
    (with_it,) = plan_screws(spine, places, tumour=findings.tumour)
    assert np.allclose(without.entry_mm, with_it.entry_mm)
