"""Blocks of voxels: around labels, united, widened."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oncospine.geometry import Grid, bounding_box, label_boxes, overlap, shifted, united, voxels_of, widened


@given(arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3), elements=st.integers(0, 4)), st.sampled_from("CF"))
def test_label_boxes_are_the_bounding_boxes_of_each_label(labels: np.ndarray, order: str) -> None:
    stored = np.asarray(labels, order=order)
    expected = {int(code): bounding_box(labels == code) for code in np.unique(labels) if code > 0}
    assert label_boxes(stored) == expected


def test_label_boxes_of_a_flipped_view_are_in_its_own_axes() -> None:
    labels = np.zeros((4, 5, 6), np.uint8, order="F")
    labels[1:3, 4, 2:5] = 7
    assert label_boxes(labels[::-1, :, ::-1]) == {7: (slice(1, 3), slice(4, 5), slice(1, 4))}


def test_united_holds_all_blocks() -> None:
    boxes = [(slice(2, 4), slice(0, 1), slice(5, 9)), (slice(1, 3), slice(6, 7), slice(7, 8))]
    assert united(boxes) == (slice(1, 4), slice(0, 7), slice(5, 9))


def test_widened_reaches_at_least_the_margin_and_stops_at_the_grid() -> None:
    grid = Grid((20, 20, 20), np.diag([1.0, 2.0, 0.7, 1.0]))
    box = (slice(8, 10), slice(1, 19), slice(10, 11))
    assert widened(box, grid, 3.0) == (slice(5, 13), slice(0, 20), slice(5, 16))


def test_the_overlap_of_two_blocks_and_its_place_in_each() -> None:
    one, other = (slice(2, 8), slice(0, 5), slice(1, 9)), (slice(5, 12), slice(3, 4), slice(0, 2))
    both = overlap(one, other)
    assert both == (slice(5, 8), slice(3, 4), slice(1, 2))
    assert shifted(both, one) == (slice(3, 6), slice(3, 4), slice(0, 1))
    assert shifted(both, other) == (slice(0, 3), slice(0, 1), slice(1, 2))


def test_blocks_that_only_touch_share_nothing() -> None:
    assert overlap((slice(0, 2),) * 3, (slice(2, 4), slice(0, 2), slice(0, 2))) is None


@given(arrays(np.uint8, st.tuples(*[st.integers(1, 5)] * 3), elements=st.integers(0, 1)))
def test_voxels_are_those_of_a_search_through_the_whole_array(mask: np.ndarray) -> None:
    assert np.array_equal(voxels_of(mask), np.argwhere(mask))
