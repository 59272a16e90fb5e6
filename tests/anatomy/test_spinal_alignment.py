"""Kyphosis, scoliosis, slips and their grades on columns of known shape."""

from dataclasses import replace

import numpy as np
import pytest
from anatomy_samples import phantom, spine

from oncospine.anatomy import (
    alignment_of,
)
from oncospine.anatomy.alignment import alignment_table, meyerding_index
from oncospine.base import Level, Side, citation
from oncospine.geometry import Frame, Plane


def straight_column(levels, *, turn_deg=0.0, axis="kyphosis", slip_mm=0.0, side_slip_mm=0.0):
    """Vertebrae of a phantom re-posed as a circular arc with `turn_deg` between neighbours, 20 mm apart."""
    made = spine("T2-T6")
    source = made.vertebrae[Level.T4]
    column, place = {}, np.zeros(3)
    for index, level in enumerate(levels):
        turn = np.radians(turn_deg * index)
        c, s = np.cos(turn), np.sin(turn)
        if axis == "kyphosis":
            axes = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        else:
            axes = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        if index:
            half = np.radians(turn_deg * (index - 0.5))
            down = -np.array(
                [0, -np.sin(half), np.cos(half)] if axis == "kyphosis" else [-np.sin(half), 0, np.cos(half)]
            )
            place = place + 20 * down
        shifted = place - axes[1] * slip_mm * index - axes[0] * side_slip_mm * index
        upper = replace(source.upper_endplate, plane=Plane(shifted + 8 * axes[2], axes[2]), depth_mm=24.0)
        lower = replace(source.lower_endplate, plane=Plane(shifted - 8 * axes[2], -axes[2]), depth_mm=24.0)
        column[level] = replace(
            source, level=level, frame=Frame(shifted, axes), upper_endplate=upper, lower_endplate=lower
        )
    return column


LEVELS = (Level.T4, Level.T5, Level.T6, Level.T7, Level.T8, Level.T9, Level.T10, Level.T11, Level.T12)


@pytest.mark.parametrize("turn", [-3.0, 0.0, 2.0, 5.0])
def test_a_circular_arc_has_its_angle_everywhere(turn):
    found = alignment_of(straight_column(LEVELS, turn_deg=turn))
    (thoracic,) = [region for region in found.regions if region.name == "thoracic"]
    assert abs(thoracic.kyphosis_deg) == pytest.approx(abs(8 * turn), abs=1e-6)
    for joint in found.joints:
        assert joint.kyphosis_deg == pytest.approx(thoracic.kyphosis_deg / 8, abs=1e-6)
    assert found.curve.cobb_deg == pytest.approx(0, abs=1e-6)


def test_kyphosis_is_positive_when_the_head_is_ahead():
    """Facing forwards (+y): the upper vertebrae of a kyphotic column lean forwards."""
    found = alignment_of(straight_column(LEVELS, turn_deg=-4.0))
    first, last = found.posterior_wall_mm[Level.T4], found.posterior_wall_mm[Level.T12]
    upper, lower = straight_column(LEVELS, turn_deg=-4.0)[Level.T4], straight_column(LEVELS, turn_deg=-4.0)[Level.T12]
    leans_forwards = upper.frame.superior[1] > lower.frame.superior[1]
    assert (found.in_view.kyphosis_deg > 0) == leans_forwards
    assert first[0][2] > last[0][2]


@pytest.mark.parametrize(("turn", "convex"), [(2.0, Side.LEFT), (-2.0, Side.RIGHT)])
def test_a_coronal_arc_is_a_scoliosis_of_its_angle(turn, convex):
    column = straight_column(LEVELS, turn_deg=turn, axis="scoliosis")
    curve = alignment_of(column).curve
    assert curve.cobb_deg == pytest.approx(16.0, abs=1e-6)
    assert curve.is_scoliosis
    assert (curve.upper, curve.lower, curve.apex) == (Level.T4, Level.T12, Level.T8)
    chord = (column[Level.T4].frame.origin_mm + column[Level.T12].frame.origin_mm) / 2
    bulge = column[Level.T8].frame.origin_mm - chord
    across = np.cos(np.radians(4 * turn)) * bulge[0]
    assert curve.convex is (Side.RIGHT if across > 0 else Side.LEFT)
    assert curve.convex is convex


@pytest.mark.parametrize(("cobb", "is_scoliosis"), [(9.9, False), (10.1, True)])
def test_scoliosis_begins_at_ten_degrees(cobb, is_scoliosis):
    curve = alignment_of(straight_column(LEVELS, turn_deg=cobb / 8, axis="scoliosis")).curve
    assert curve.is_scoliosis is is_scoliosis


@pytest.mark.parametrize(
    ("slip", "grade"), [(0.0, None), (2.9, None), (5.0, "I"), (7.0, "II"), (13.0, "III"), (19.0, "IV"), (25.0, "V")]
)
def test_a_forward_slip_has_its_size_and_grade(slip, grade):
    joint = alignment_of(straight_column((Level.L3, Level.L4), slip_mm=slip)).joints[0]
    assert joint.slip.forwards_mm == pytest.approx(slip)
    assert joint.slip.percent == pytest.approx(100 * slip / 24)
    assert joint.slip.grade == grade
    assert joint.disc_height_mm == pytest.approx(4.0)


def test_a_slip_backwards_is_negative_and_one_sideways_is_seen():
    slip = alignment_of(straight_column((Level.L3, Level.L4), slip_mm=-5.0, side_slip_mm=4.0)).joints[0].slip
    assert slip.forwards_mm == pytest.approx(-5.0)
    assert slip.to_right_mm == pytest.approx(4.0)
    assert slip.grade == "I"


@pytest.mark.parametrize(
    ("percent", "index"), [(0, 0), (24.99, 0), (25, 1), (49.99, 1), (50, 2), (74.99, 2), (75, 3), (100, 3), (100.01, 4)]
)
def test_every_boundary_of_meyerding(percent, index):
    assert meyerding_index(percent, alignment_table()["meyerding"]["percent"]) == index


@pytest.mark.parametrize(
    ("levels", "limit"), [((Level.C4, Level.C5), 3.5), ((Level.T4, Level.T5), 2.5), ((Level.L3, Level.L4), 4.5)]
)
def test_every_limit_of_instability(levels, limit):
    for slip, beyond in ((limit - 0.01, False), (limit + 0.01, True), (-limit - 0.01, True)):
        assert alignment_of(straight_column(levels, slip_mm=slip)).joints[0].slip.beyond_limit is beyond


def test_t1_slope_is_against_the_scanner():
    column = straight_column((Level.T1, Level.T2), turn_deg=0)
    assert alignment_of(column).t1_slope_deg == pytest.approx(0)
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    forwards = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    tilted = replace(
        column[Level.T1],
        frame=Frame(np.zeros(3), forwards),
        upper_endplate=replace(column[Level.T1].upper_endplate, plane=Plane(np.zeros(3), forwards[2])),
    )
    assert alignment_of({Level.T1: tilted}).t1_slope_deg == pytest.approx(30)


def test_the_kyphosis_of_a_phantom_is_the_true_one():
    assert spine("T2-T6").alignment.in_view.kyphosis_deg == pytest.approx(phantom("T2-T6").truth.kyphosis_deg, abs=4)


def test_the_supine_note_is_always_there():
    assert any("lying down" in note for note in spine("T2-T6").alignment.notes)


def test_alignment_says_nothing_where_nothing_is_in_view():
    found = alignment_of({})
    assert found.joints == ()
    assert found.regions == ()
    assert found.in_view is None
    assert found.t1_slope_deg is None


def test_citations_of_the_room_exist():
    for key in ("valosek2024", "harrison2002", "fehlings1999", "sct", "meyerding", "white_panjabi"):
        assert citation(key).text
