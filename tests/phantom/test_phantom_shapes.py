"""The distance functions against bodies of known size."""

import math

import numpy as np
import pytest

from oncospine.geometry import Frame
from oncospine.phantom.shapes import Lattice, Plate, Tube, Waist, coverage, ellipse_distance, smooth_union

WORLD = Frame(np.zeros(3), np.eye(3))
TILTED = np.array([[0.96, 0.28, 0.0], [-0.28, 0.96, 0.0], [0.0, 0.0, 1.0]])


def volume_of(solid, step_mm):
    low, high = np.asarray(solid.bounds[0]) - 2, np.asarray(solid.bounds[1]) + 2
    affine = np.diag([step_mm] * 3 + [1.0])
    affine[:3, 3] = low
    size = np.ceil((high - low) / step_mm).astype(int) + 1
    lattice = Lattice(tuple(int(n) for n in size), affine)
    share = coverage(solid.distance(lattice.points_in(WORLD)), step_mm)
    return float(share.sum(dtype=float)) * step_mm**3


@pytest.mark.parametrize("step_mm", [0.4, 0.8, 1.2])
def test_volume_of_a_capsule_is_cylinder_plus_ball_at_every_step(step_mm):
    capsule = Tube((1.0, 2.0, 3.0), (5.0, -6.0, 14.0), (1.0, 0.0, 0.0), (5.0, 5.0), (5.0, 5.0))
    length = math.dist(capsule.start, capsule.end)
    expected = math.pi * 25 * length + 4 / 3 * math.pi * 125
    assert volume_of(capsule, step_mm) == pytest.approx(expected, rel=0.01)


def test_volume_of_a_box_is_its_edges_multiplied():
    box = Plate((0.3, -0.2, 0.1), TILTED, (6.0, 4.0, 3.0), 0.0)
    assert volume_of(box, 0.25) == pytest.approx(8 * 6 * 4 * 3, rel=0.01)


def test_a_waist_is_narrowest_at_its_centre_and_exactly_as_wide_as_asked():
    waist = Waist((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), 2.3, 5.9, 11.0, 5.0, 5.0)
    step = 0.05
    grid = np.arange(-9, 9, step, dtype=np.float32)
    u, v = np.meshgrid(grid, grid, indexing="ij")

    def area(s):
        points = (u[:, None], np.full_like(u, s)[:, None], -v[:, None])
        return float((waist.distance(points) < 0).sum()) * step**2

    assert area(0.0) == pytest.approx(math.pi * 2.3 * 5.9, rel=0.005)
    assert area(3.0) > 1.05 * area(0.0)
    assert area(-3.0) == pytest.approx(area(3.0), rel=1e-6)


def test_ellipse_distance_is_exact_along_its_axes_near_the_wall():
    x = np.array([9.5, 10.0, 10.5], np.float32)
    found = ellipse_distance(x, np.zeros(3, np.float32), 10.0, 6.0)
    assert found == pytest.approx([-0.5, 0.0, 0.5], abs=0.03)
    found = ellipse_distance(np.zeros(3, np.float32), np.array([5.7, 6.0, 6.3], np.float32), 10.0, 6.0)
    assert found == pytest.approx([-0.3, 0.0, 0.3], abs=0.03)


def test_a_fillet_changes_nothing_where_one_surface_is_far():
    near, far = np.array([-1.0, 0.0, 2.0], np.float32), np.array([3.0, 4.0, 9.0], np.float32)
    assert np.array_equal(smooth_union(near, far, 1.2), near)
    assert smooth_union(near, near, 1.2)[1] == pytest.approx(-0.3)


def test_coverage_of_a_plane_is_linear_in_its_distance():
    found = coverage(np.array([-2.0, -0.25, 0.0, 0.25, 2.0], np.float32), 1.0)
    assert found == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])


def test_points_of_a_lattice_are_its_affine_applied():
    affine = np.array([[0.5, 0.1, 0.0, 3.0], [0.0, 0.7, 0.2, -4.0], [0.1, 0.0, 1.1, 5.0], [0, 0, 0, 1.0]])
    frame = Frame(np.array([1.0, -2.0, 0.5]), TILTED)
    points = np.stack(Lattice((3, 4, 5), affine).points_in(frame), -1)
    ijk = np.array([2, 1, 4])
    expected = frame.to_local(affine[:3, :3] @ ijk + affine[:3, 3])
    assert points[tuple(ijk)] == pytest.approx(expected, abs=1e-5)


def test_the_block_of_a_solid_holds_every_cell_it_covers():
    tube = Tube((2.0, 2.0, 2.0), (8.0, 3.0, 4.0), (0.0, 0.0, 1.0), (1.5, 2.5), (1.0, 2.0))
    lattice = Lattice((30, 30, 30), np.diag([0.5, 0.5, 0.5, 1.0]))
    box = lattice.box_of(tube.bounds, WORLD)
    everywhere = tube.distance(lattice.points_in(WORLD)) < 0
    inside = np.zeros_like(everywhere)
    inside[box] = everywhere[box]
    assert everywhere.any()
    assert np.array_equal(inside, everywhere)
    assert lattice.box_of(((100, 100, 100), (110, 110, 110)), WORLD) is None
