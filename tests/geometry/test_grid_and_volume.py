import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from oncospine.base import GeometryError
from oncospine.geometry import Grid, Mask, Volume, as_affine, bounding_box, common_grid, cropped_grid, regridded

OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = Rotation.from_euler("xyz", [20, -15, 10], degrees=True).as_matrix() @ np.diag([0.7, 0.8, 2.5])
OBLIQUE[:3, 3] = [-30, 12, 400]


def reoriented(volume, order, flips):
    """The same image with its axes in another order and direction: an independent writing of the operation."""
    array = np.transpose(volume.array, order)
    permutation = np.zeros((4, 4))
    permutation[3, 3] = 1
    for new, old in enumerate(order):
        permutation[old, new] = 1
    affine = volume.affine @ permutation
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            turn = np.eye(4)
            turn[axis, axis] = -1
            turn[axis, 3] = array.shape[axis] - 1
            affine = affine @ turn
    return Volume(np.ascontiguousarray(array), affine)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", list(itertools.product([False, True], repeat=3)))
def test_all_48_orientations_have_one_canonical_form(order, flips):
    array = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(np.int16)
    volume = Volume(array, OBLIQUE)
    there = reoriented(volume, order, flips).canonical()
    here = volume.canonical()
    assert np.array_equal(there.array, here.array)
    assert np.allclose(there.affine, here.affine)


def test_canonical_axes_run_right_anterior_superior():
    volume = Volume(np.zeros((2, 3, 4)), np.diag([-1.0, -1.0, 1.0, 1.0])).canonical()
    assert (np.diag(volume.affine)[:3] > 0).all()


@pytest.mark.parametrize(
    "affine",
    [np.full((4, 4), np.nan), np.diag([1.0, 1.0, 0.0, 1.0]), np.eye(3), np.diag([1.0, 1.0, 1.0, 2.0])],
)
def test_affines_that_are_no_place_in_a_patient_are_refused(affine):
    with pytest.raises(GeometryError):
        as_affine(affine)


def test_a_left_handed_affine_is_a_legal_place():
    grid = Grid((4, 5, 6), np.diag([-0.5, 0.5, 2.0, 1.0]))
    assert grid.voxel_volume_mm3 == pytest.approx(0.5)


def test_a_two_dimensional_image_is_refused():
    with pytest.raises(GeometryError, match="three axes"):
        Volume(np.zeros((4, 5)), np.eye(4))


def test_a_volume_cannot_be_written_to():
    volume = Volume(np.zeros((2, 2, 2)), np.eye(4))
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1


def test_shear_changes_the_voxel_volume_as_the_determinant_says():
    sheared = np.eye(4)
    sheared[1, 2] = 0.5
    assert Grid((3, 3, 3), sheared).voxel_volume_mm3 == pytest.approx(1.0)
    assert not Grid((3, 3, 3), sheared).is_orthogonal


@pytest.mark.parametrize("spacing_mm", [(1, 1, 1), (0.5, 0.5, 2.0)])
def test_volume_of_a_digitised_ball_is_the_volume_of_the_ball(spacing_mm):
    axes = [np.arange(-25, 25, step) for step in spacing_mm]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    mask = Mask(x**2 + y**2 + z**2 <= 20.0**2, np.diag([*spacing_mm, 1.0]))
    assert mask.volume_ml == pytest.approx(4 / 3 * np.pi * 20**3 / 1000, rel=0.01)


@given(st.lists(st.integers(0, 5), min_size=3, max_size=3), st.lists(st.integers(1, 4), min_size=3, max_size=3))
def test_a_crop_keeps_every_voxel_in_its_place(starts, sizes):
    grid = Grid((10, 10, 10), OBLIQUE)
    box = tuple(slice(a, a + n) for a, n in zip(starts, sizes, strict=True))
    crop = cropped_grid(grid, box)
    assert np.allclose(crop.to_world([0, 0, 0]), grid.to_world(starts))
    assert np.allclose(grid.to_voxel(crop.to_world(np.array(sizes) - 1)), np.array(starts) + sizes - 1)


def test_the_bounding_box_of_nothing_is_none():
    assert bounding_box(np.zeros((3, 3, 3))) is None


def test_the_bounding_box_holds_all_and_stays_inside():
    mask = np.zeros((9, 9, 9), bool)
    mask[2, 3, 8] = mask[4, 5, 7] = True
    assert bounding_box(mask, margin=1) == (slice(1, 6), slice(2, 7), slice(6, 9))


def test_a_mask_on_a_crop_of_the_scan_is_put_back_voxel_for_voxel():
    scan = Grid((10, 11, 12), OBLIQUE)
    crop = cropped_grid(scan, (slice(2, 6), slice(3, 9), slice(4, 12)))
    array = np.random.default_rng(1).integers(0, 9, crop.shape).astype(np.uint8)
    back = regridded(Volume(array, crop.affine), scan)
    assert np.array_equal(back.array[2:6, 3:9, 4:12], array)
    assert back.array.sum() == array.sum()
    assert common_grid(scan, crop).is_same_as(crop)


def test_grids_half_a_voxel_apart_are_not_aligned():
    one = Grid((5, 5, 5), np.eye(4))
    moved = np.eye(4)
    moved[0, 3] = 0.5
    assert common_grid(one, Grid((5, 5, 5), moved)) is None
    assert regridded(Volume(np.zeros((5, 5, 5)), moved), one) is None


def test_grids_far_apart_have_nothing_in_common():
    moved = np.eye(4)
    moved[0, 3] = 50
    assert common_grid(Grid((5, 5, 5), np.eye(4)), Grid((5, 5, 5), moved)) is None


def test_the_description_names_what_a_reader_compares():
    text = Grid((4, 5, 6), np.diag([-0.7, 0.7, 2.5, 1.0])).described()
    assert "(4, 5, 6)" in text
    assert "2.500" in text
    assert "LAS" in text
