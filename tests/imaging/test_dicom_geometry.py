"""Where DICOM slices lie: orientation, gantry tilt, gaps, spacing."""

import numpy as np
import pytest
from dicom_checks import refused, same_patient
from imaging_samples import ct_series, ct_slice, dicom_folder, intensities, shared

from oncospine.imaging import read_scan


@pytest.mark.parametrize(
    ("orientation", "axes"),
    [
        ((1, 0, 0, 0, 1, 0), "LPS"),
        ((-1, 0, 0, 0, -1, 0), "RAS"),
        ((0, 1, 0, 0, 0, -1), "PIR"),
        ((1, 0, 0, 0, 0, -1), "LIP"),
    ],
)
def test_prone_sagittal_and_coronal_series_keep_their_axes(tmp_path, orientation, axes):
    import nibabel as nib

    array = intensities()
    normal = np.cross(orientation[:3], orientation[3:])
    slices = [
        ct_slice(
            array[:, :, k].T, position=tuple(normal * k * 2.5), number=k, orientation=orientation, RescaleIntercept=0
        )
        for k in range(8)
    ]
    scan = read_scan(dicom_folder(tmp_path / "d", slices))
    np.testing.assert_array_equal(scan.volume.array, array)
    assert "".join(nib.aff2axcodes(scan.volume.affine)) == axes


def test_feet_first_changes_nothing_because_positions_are_those_of_the_patient(tmp_path):
    same_patient(read_scan(dicom_folder(tmp_path / "d", ct_series(PatientPosition="FFS"))))


def tilted(shape=(24, 30, 9), degrees=18.5, step=3.0):
    """Slices of a tilted gantry: the plane leans, the table moves along the patient; values linear in place."""
    angle = np.radians(degrees)
    row, column = np.array([1.0, 0, 0]), np.array([0, np.cos(angle), -np.sin(angle)])
    slices = []
    for k in range(shape[2]):
        origin = np.array([-10.0, -12.0, k * step])
        i, j = np.meshgrid(np.arange(shape[0]) * 0.8, np.arange(shape[1]) * 0.7, indexing="xy")
        place = origin + i[..., None] * row + j[..., None] * column
        values = np.rint(5 * (place @ [3.0, 5.0, 7.0])).astype(np.int16)
        slices.append(
            ct_slice(values, position=tuple(origin), number=k, orientation=(*row, *column), RescaleIntercept=0)
        )
    return slices


def test_a_tilted_gantry_is_straightened_and_every_value_stays_where_it_was(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", tilted()))
    assert scan.grid.is_orthogonal
    assert any("gantry tilt of 18.5 degrees" in note for note in scan.notes)
    array = scan.volume.array
    voxels = np.argwhere(array != -1024)
    world_lps = scan.grid.to_world(voxels) * (-1, -1, 1)
    expected = 5 * (world_lps @ [3.0, 5.0, 7.0])
    assert len(voxels) > 24 * 28 * 9
    assert np.abs(array[tuple(voxels.T)] - expected).max() <= 1.01
    spacing = scan.grid.spacing_mm
    assert spacing[2] == pytest.approx(3.0 * np.cos(np.radians(18.5)), abs=1e-6)


def test_slices_that_lean_more_than_any_gantry_are_refused(tmp_path):
    refused("lean by 50.0 degrees", dicom_folder(tmp_path / "d", tilted(degrees=50)))


def test_a_missing_slice(tmp_path):
    slices = ct_series()
    del slices[3]
    refused(
        r"slices are missing: between slice 3 and 4 \(of 7\) there are 5.00 mm", dicom_folder(tmp_path / "d", slices)
    )


def test_two_different_images_at_one_place(tmp_path):
    slices = ct_series()
    other = ct_slice(np.zeros((10, 12), np.int16), position=(-30, -40, 5.0), number=99)
    refused("two different images lie at one place", dicom_folder(tmp_path / "d", [*slices, other]))


def test_uneven_spacing(tmp_path):
    slices = ct_series()
    slices[4].ImagePositionPatient = [-30, -40, 10.6]
    refused("not evenly spaced: 1.90 to 3.10", dicom_folder(tmp_path / "d", slices))


def test_slices_shifted_unevenly(tmp_path):
    slices = ct_series()
    slices[4].ImagePositionPatient = [-27, -40, 10]
    refused("shifted against each other", dicom_folder(tmp_path / "d", slices))


def test_spacing_wider_than_the_slices_is_noted(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(SliceThickness=1.0)))
    assert any("slices of 1 mm stand 2.5 mm apart" in note for note in scan.notes)


def test_a_single_slice(tmp_path):
    refused("one slice", dicom_folder(tmp_path / "d", ct_series()[:1]))


@pytest.mark.parametrize(
    "tags",
    [
        {"PixelSpacing": [0, 0.8]},
        {"PixelSpacing": None},
        {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]},
        {"BitsStored": 99},
        {"Rows": 60000},
    ],
)
def test_damaged_geometry_is_refused(tmp_path, tags):
    refused("DICOM file number", dicom_folder(tmp_path / "d", ct_series(**tags)))


@pytest.mark.shared_data
def test_the_real_tilted_series_with_missing_slices_is_refused():
    refused("slices are missing", shared("dicom_gantry_tilt"))


@pytest.mark.shared_data
def test_the_real_tilted_pair_is_straightened():
    files = [shared(f"dicom_gantry_tilt/{n}.dcm") for n in (13, 14)]
    scan = read_scan(files)
    assert any("gantry tilt of 18.5 degrees" in note for note in scan.notes)
    assert scan.grid.is_orthogonal
