"""Which slices of a DICOM source make one scan, and what of their headers is told."""

import numpy as np
import pytest
from dicom_checks import refused, same_patient
from imaging_samples import IDENTIFIERS, ct_series, ct_slice, dicom_folder, dicom_zip, intensities, shared

from oncospine.imaging import list_series, read_scan


def test_slices_are_sorted_by_place_not_by_number(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series()))
    same_patient(scan)
    assert scan.modality == "CT"
    assert scan.slice_thickness_mm == 2.5
    assert scan.source == "DICOM series, 8 slices"
    assert scan.volume.array.dtype == np.int16


def test_folder_zip_several_zips_and_single_files_are_one_scan(tmp_path):
    slices = ct_series()
    folder = dicom_folder(tmp_path / "d", slices)
    scans = [
        read_scan(folder),
        read_scan(dicom_zip(tmp_path / "a.zip", slices)),
        read_scan([dicom_zip(tmp_path / "b.zip", slices[5:]), dicom_zip(tmp_path / "c.zip", slices[:5])]),
        read_scan(sorted(folder.iterdir())),
    ]
    for scan in scans:
        same_patient(scan)
        assert scan.content_hash == scans[0].content_hash


def test_copies_are_read_once(tmp_path):
    slices = ct_series()
    scan = read_scan([dicom_folder(tmp_path / "d", slices), dicom_folder(tmp_path / "e", slices[:3])])
    same_patient(scan)
    assert any("3 files are there twice" in note for note in scan.notes)


def test_a_mixed_study_is_listed_and_chosen_by_key(tmp_path):
    other = ct_series(intensities() + 5, series="9.8.7")
    folder = dicom_folder(tmp_path / "a", ct_series()).parent
    dicom_folder(tmp_path / "b", other[:6])
    message = refused("several series could be meant", folder)
    listed = list_series(folder)
    assert [item.images for item in listed] == [8, 6]
    assert all(item.described() in message for item in listed)
    same_patient(read_scan(folder, series=listed[0].key))
    assert read_scan(folder, series=listed[1].key).volume.array.shape == (12, 10, 6)
    refused("no series with that key", folder, series="nonsense")


def test_a_localizer_beside_the_series_is_left_out_and_noted(tmp_path):
    localizer = ct_slice(
        np.zeros((10, 12), np.int16), position=(0, 0, 0), number=1, series="7.7",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )  # fmt: skip
    scan = read_scan(dicom_folder(tmp_path / "d", [*ct_series(), localizer]))
    same_patient(scan)
    assert any("1 other image series" in note for note in scan.notes)


def test_echoes_in_one_series_are_offered_apart(tmp_path):
    one, two = ct_series(EchoNumbers=1), ct_series(intensities() + 9, EchoNumbers=2)
    folder = dicom_folder(tmp_path / "d", [*one, *two])
    refused("several series could be meant", folder)
    keys = [item.key for item in list_series(folder)]
    arrays = [read_scan(folder, series=key).volume.array for key in keys]
    assert {int((array - intensities()).max()) for array in arrays} == {0, 9}


def test_burned_in_text_is_warned_of(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(BurnedInAnnotation="YES")))
    assert any("burned into the pixels" in note for note in scan.notes)


def test_nothing_that_identifies_the_patient_gets_out(tmp_path):
    scan = read_scan(dicom_zip(tmp_path / "x.zip", ct_series()))
    text = f"{scan.source}{scan.notes}{scan.content_hash}{scan!r}{list_series(tmp_path)!r}"
    assert not [word for word in (*IDENTIFIERS, "script") if word in text]


def test_what_is_there_instead_of_images_is_listed(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    data = ct_series()[0]
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.34"
    dicom_folder(tmp_path / "d", [data])
    refused("there is: 1 x Comprehensive 3D SR Storage, 1 x file that is not DICOM", tmp_path)


# What the headers say about the values


@pytest.fixture(scope="module")
def real_zips():
    return [shared(f"lidc0001_thoracic/dicom_C6-T5_part{n}.zip") for n in (3, 1, 4, 2)]


@pytest.mark.shared_data
def test_the_real_zips_hold_the_voxels_of_the_nifti_file(real_zips):
    scan = read_scan(real_zips)
    nifti = read_scan(shared("lidc0001_thoracic/upperthoracic_wide_ct.nii.gz"))
    upright = scan.volume.canonical()
    start = upright.grid.to_voxel(nifti.grid.to_world([0, 0, 0]))
    assert np.abs(start - np.rint(start)).max() < 1e-3
    i, j, k = np.rint(start).astype(int)
    ni, nj, nk = nifti.volume.array.shape
    part = upright.array[i : i + ni, j : j + nj, k : k + nk]
    np.testing.assert_array_equal(np.clip(part, -1024, 3071), nifti.volume.array)
    assert any("padding" in note for note in scan.notes)


@pytest.mark.shared_data
def test_a_single_real_zip_is_a_part_of_the_whole(real_zips):
    whole, part = read_scan(real_zips), read_scan(real_zips[0])
    height = round((part.volume.affine[2, 3] - whole.volume.affine[2, 3]) / 2.5)
    np.testing.assert_array_equal(part.volume.array, whole.volume.array[:, :, height : height + 12])


@pytest.mark.shared_data
def test_the_real_folder_with_the_zips_in_it_is_one_series(real_zips):
    assert [item.images for item in list_series(real_zips[0].parent)] == [47]


@pytest.mark.shared_data
def test_the_slices_among_segmentations_and_reports_are_found():
    scan = read_scan(shared("dicom_seg_sr/dcmqi"))
    assert scan.volume.array.shape == (512, 512, 3)
    assert any("Segmentation Storage" in note for note in scan.notes)


@pytest.mark.parametrize(
    ("tags", "given"),
    [
        ({}, None),
        ({"ContrastBolusAgent": ""}, False),
        ({"ContrastBolusAgent": "NONE"}, False),
        ({"ContrastBolusAgent": "IV"}, True),
    ],
)
def test_contrast_agent_is_told_and_its_text_is_not(tmp_path, tags, given):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(**tags)))
    assert scan.contrast_given is given
    assert any("contrast agent was given" in note for note in scan.notes) is (given is True)


def test_tube_voltage_is_told(tmp_path):
    assert read_scan(dicom_folder(tmp_path / "d", ct_series(KVP=100))).tube_voltage_kv == 100
    assert read_scan(dicom_folder(tmp_path / "e", ct_series())).tube_voltage_kv is None


def test_derived_images_are_noted(tmp_path):
    scan = read_scan(dicom_folder(tmp_path / "d", ct_series(ImageType=["DERIVED", "SECONDARY", "MPR"])))
    assert any("derived images" in note for note in scan.notes)


def test_a_mosaic_is_not_a_slice(tmp_path):
    refused("mosaic of slices", dicom_folder(tmp_path / "d", ct_series(ImageType=["ORIGINAL", "PRIMARY", "MOSAIC"])))
