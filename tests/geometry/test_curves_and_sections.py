import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import GeometryError
from oncospine.geometry import (
    Frame,
    Mask,
    Plane,
    Polyline,
    Volume,
    angle_deg,
    fitted_plane,
    frame_from,
    frame_grid,
    frames_along,
    label_statistics,
    resampled_to,
    sampled_at,
    section_points,
    smoothed_curve,
)


def circle(radius, turn, count):
    angles = np.linspace(0, turn, count)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.zeros(count)], axis=-1)


def test_the_length_of_an_arc_is_its_length():
    curve = Polyline(circle(100, np.pi / 2, 400))
    assert curve.length_mm == pytest.approx(100 * np.pi / 2, rel=1e-5)


def test_tangents_of_a_circle_stand_across_its_radius():
    curve = Polyline(circle(100, np.pi / 2, 400))
    arcs = np.linspace(5, 150, 30)
    points, tangents = curve.at(arcs), curve.tangents_at(arcs)
    assert np.abs((points / 100 * tangents).sum(axis=1)).max() < 0.01


@given(st.floats(0, 157), st.floats(-5, 5))
def test_the_nearest_place_on_a_curve_is_the_foot_of_the_perpendicular(arc, off):
    curve = Polyline(circle(100, np.pi / 2, 400))
    foot = curve.at(arc)
    assert curve.nearest_arc_mm(foot * (1 + off / 100)) == pytest.approx(arc, abs=0.3)


def test_resampling_keeps_both_ends():
    curve = Polyline(circle(50, 2.0, 37)).resampled(1.0)
    assert np.allclose(curve.points_mm[[0, -1]], circle(50, 2.0, 37)[[0, -1]])
    assert np.ptp(np.linalg.norm(np.diff(curve.points_mm, axis=0), axis=1)) < 0.01


def test_smoothing_leaves_a_straight_line_where_it_is():
    line = np.stack([np.linspace(0, 10, 20), np.linspace(5, -40, 20), np.linspace(0, 90, 20)], axis=-1)
    smooth = smoothed_curve(line, step_mm=1.0, sigma_mm=6.0)
    assert np.allclose(smooth.points_mm[[0, -1]], line[[0, -1]])
    assert np.abs(np.cross(smooth.points_mm - line[0], line[-1] - line[0])).max() < 1e-6


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.zeros((3, 3)), np.full((2, 3), np.nan)])
def test_a_curve_needs_distinct_finite_points(points):
    with pytest.raises(GeometryError):
        Polyline(points)


@pytest.mark.parametrize("lean_deg", [0, 20, 35, 45])
def test_the_area_of_a_leaning_tube_is_that_across_its_axis_not_across_the_slice(lean_deg):
    lean = np.radians(lean_deg)
    axis = np.array([0.0, np.sin(lean), np.cos(lean)])
    spacing = np.array([0.7, 0.7, 2.5])
    shape = (60, 130, 44)
    ijk = np.indices(shape).reshape(3, -1).T * spacing + np.array([-21, -45, -55])
    radial = ijk - (ijk @ axis)[:, None] * axis
    array = (np.linalg.norm(radial, axis=1) <= 8).reshape(shape)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-21, -45, -55]
    tube = Mask(array, affine)
    frames = frames_along(Polyline(np.array([30 * axis, -30 * axis])), np.linspace(15, 45, 10), anterior=[0, 1, 0])
    areas = sampled_at(tube, section_points(frames, half_width_mm=12, step_mm=0.5)).sum(axis=(1, 2)) * 0.25
    assert areas.mean() == pytest.approx(np.pi * 64, rel=0.01)
    assert areas == pytest.approx(np.pi * 64, rel=0.03)  # one section: 0.7 mm voxels on an 8 mm radius


def test_a_frame_is_right_handed_and_turns_back():
    frame = frame_from([1, 2, 3], superior=[0.1, -0.5, 0.8], anterior=[0, 1, 0.2])
    assert np.allclose(np.cross(frame.right, frame.anterior), frame.superior)
    points = np.random.default_rng(0).normal(size=(20, 3)) * 50
    assert np.allclose(frame.to_world(frame.to_local(points)), points)


def test_a_left_handed_frame_is_refused():
    with pytest.raises(GeometryError, match="right-handed"):
        Frame(np.zeros(3), np.diag([-1.0, 1.0, 1.0]))


def test_a_plane_fits_the_points_it_came_from():
    rng = np.random.default_rng(0)
    normal = np.array([0.2, -0.3, 0.93])
    points = rng.normal(size=(200, 3)) * 10
    points -= np.outer(points @ normal / (normal @ normal), normal)
    points += [5, 6, 7]
    plane = fitted_plane(points, facing=[0, 0, 1])
    assert angle_deg(plane.normal, normal) < 1e-4
    assert np.abs(Plane(plane.point_mm, normal).distances_to(points)).max() < 1e-6


def test_a_grid_on_a_frame_is_symmetric_about_its_origin():
    frame = frame_from([3, 4, 5], superior=[0, 0.5, 1], anterior=[0.2, 1, 0])
    grid = frame_grid(frame, low_mm=(-9, -9, -9), high_mm=(9, 9, 9), step_mm=0.75)
    local = frame.to_local(grid.corners_mm())
    assert np.allclose(local, -local[::-1])


def test_resampling_a_linear_image_gives_the_linear_image():
    array = np.fromfunction(lambda i, j, k: 2 * i - j + 3 * k, (20, 20, 20))
    volume = Volume(array.astype(np.float32), np.diag([0.5, 0.5, 2.0, 1.0]))
    frame = frame_from([5, 5, 20], superior=[0.1, 0.2, 1], anterior=[0, 1, 0])
    grid = frame_grid(frame, low_mm=(-2, -2, -5), high_mm=(2, 2, 5), step_mm=0.5)
    at = grid.to_world(np.indices(grid.shape).reshape(3, -1).T)
    expected = at @ [4, -2, 1.5]
    assert np.allclose(resampled_to(volume, grid).ravel(), expected, atol=1e-4)


def test_outside_the_volume_is_the_value_for_outside():
    volume = Volume(np.ones((4, 4, 4), np.float32), np.eye(4))
    assert sampled_at(volume, np.array([[100.0, 0, 0]]), outside=-7)[0] == -7


def test_label_statistics_agree_with_counting_each_label_alone():
    rng = np.random.default_rng(3)
    array = rng.integers(0, 5, (9, 8, 7)).astype(np.uint8)
    affine = np.diag([0.7, 0.8, 2.5, 1.0])
    found = label_statistics(Volume(array, affine))
    assert set(found) == {1, 2, 3, 4}
    for label, statistics in found.items():
        where = np.argwhere(array == label)
        assert statistics.voxels == len(where)
        assert np.allclose(statistics.centroid_mm, where.mean(axis=0) * [0.7, 0.8, 2.5])
        assert [part.start for part in statistics.box] == where.min(axis=0).tolist()
        assert [part.stop for part in statistics.box] == (where.max(axis=0) + 1).tolist()


def test_label_statistics_say_which_faces_are_touched():
    array = np.zeros((5, 5, 5), np.uint8)
    array[0, 2, 2] = array[2, 2, 4] = 3
    assert label_statistics(Volume(array, np.eye(4)))[3].touches == {"i-", "k+"}
    assert label_statistics(Volume(np.zeros((2, 2, 2), np.uint8), np.eye(4))) == {}
