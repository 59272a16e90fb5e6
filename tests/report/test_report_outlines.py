"""Outlines drawn with fewer points stay where they were."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from oncospine.report.outlines import SIMPLIFICATIONS, simplified


def test_a_straight_line_loses_its_inner_points_and_keeps_its_ends():
    line = np.column_stack([np.arange(33.0), 2 * np.arange(33.0)])
    kept = simplified(line, 0.01)
    assert len(kept) <= 33 / 2**SIMPLIFICATIONS + 2
    assert np.array_equal(kept[[0, -1]], line[[0, -1]])


def test_a_corner_is_kept():
    square = np.array([[0, 0], [5, 0], [10, 0], [10, 5], [10, 10], [5, 10], [0, 10], [0, 5], [0, 0]], float)
    assert {tuple(point) for point in simplified(square, 0.01)} >= {(0, 0), (10, 0), (10, 10), (0, 10)}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_shortest_curves_are_left_alone(count: int):
    assert len(simplified(np.zeros((count, 2)), 1.0)) == count


@settings(deadline=None)
@given(st.integers(8, 200), st.floats(0.01, 0.5), st.integers(0, 99))
def test_every_point_left_out_lies_near_the_drawn_line(count: int, tolerance: float, seed: int):
    rng = np.random.default_rng(seed)
    turns = np.linspace(0, 2 * np.pi, count)
    radius = 20 + rng.normal(0, 0.2, count)
    curve = np.column_stack([radius * np.cos(turns), radius * np.sin(turns)])
    drawn = simplified(curve, tolerance)
    dense = np.concatenate([np.linspace(a, b, 200) for a, b in itertools.pairwise(drawn)])
    step = np.linalg.norm(np.diff(drawn, axis=0), axis=1).max() / 199
    assert cdist(curve, dense).min(axis=1).max() <= 2 * SIMPLIFICATIONS * tolerance + step
