import gzip

import nibabel as nib
import numpy as np
import pytest
from imaging_samples import RAS, intensities, labels, nifti, raw_nifti, shared

from oncospine.base import InputError
from oncospine.imaging import read_labels, read_scan

TOTAL = "totalsegmentator_total"


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", ["i2", "u1", "i4", "f4", "f8", "u2"])
def test_whole_numbers_come_back_as_int16_whatever_they_were_stored_as(tmp_path, suffix, dtype):
    array = np.clip(intensities(), 0, 250) if dtype in {"u1", "u2"} else intensities()
    scan = read_scan(nifti(tmp_path / f"ct{suffix}", array.astype(dtype)))
    assert scan.volume.array.dtype == np.int16
    np.testing.assert_array_equal(scan.volume.array, array)
    np.testing.assert_allclose(scan.volume.affine, RAS, atol=1e-5)


def test_fractions_stay_float32(tmp_path):
    array = intensities().astype(np.float64) / 4
    scan = read_scan(nifti(tmp_path / "mr.nii.gz", array))
    assert scan.volume.array.dtype == np.float32
    np.testing.assert_array_equal(scan.volume.array, array)


def test_values_beyond_int16_are_kept(tmp_path):
    array = intensities().astype(np.int32) * 1000
    scan = read_scan(nifti(tmp_path / "mr.nii", array))
    np.testing.assert_array_equal(scan.volume.array, array)


def test_the_first_fraction_late_in_the_file_does_not_change_what_came_before(tmp_path):
    array = np.zeros((128, 128, 128), np.float32)
    array[..., 0] = np.arange(128)
    array[-1, -1, -1] = 0.5
    np.testing.assert_array_equal(read_scan(nifti(tmp_path / "mr.nii", array)).volume.array, array)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"), [(1, -1024, np.int16), (2, 0, np.int16), (0.5, 0, np.float32)]
)
def test_scale_factors_are_applied(tmp_path, slope, intercept, dtype):
    stored = intensities() + 400
    path = raw_nifti(tmp_path / "ct.nii", stored, scl_slope=slope, scl_inter=intercept)
    scan = read_scan(path)
    assert scan.volume.array.dtype == dtype
    np.testing.assert_array_equal(scan.volume.array, stored * slope + intercept)
    np.testing.assert_array_equal(scan.volume.array, nib.load(path).get_fdata())


def test_big_endian_and_nifti_2(tmp_path):
    big = nib.Nifti1Image(intensities(), RAS)
    nib.save(nib.Nifti1Image(intensities(), RAS, big.header.as_byteswapped(">")), tmp_path / "big.nii")
    nib.save(nib.Nifti2Image(intensities(), RAS), tmp_path / "two.nii.gz")
    for name in ("big.nii", "two.nii.gz"):
        np.testing.assert_array_equal(read_scan(tmp_path / name).volume.array, intensities())


def test_several_gzip_members_are_one_file(tmp_path):
    plain = nifti(tmp_path / "a.nii", intensities()).read_bytes()
    path = tmp_path / "ct.nii.gz"
    path.write_bytes(gzip.compress(plain[:500]) + gzip.compress(plain[500:]) + b"\0" * 512)
    np.testing.assert_array_equal(read_scan(path).volume.array, intensities())


@pytest.mark.parametrize("codes", ["LAS", "LPS", "RAS", "PIR", "SRA"])
def test_left_handed_and_permuted_files_describe_the_same_patient(tmp_path, codes):
    image = nib.Nifti1Image(intensities(), RAS)
    start = nib.orientations.io_orientation(RAS)
    turned = image.as_reoriented(nib.orientations.ornt_transform(start, nib.orientations.axcodes2ornt(codes)))
    nib.save(turned, tmp_path / "ct.nii.gz")
    back = read_scan(tmp_path / "ct.nii.gz").volume.canonical()
    np.testing.assert_array_equal(back.array, intensities())
    np.testing.assert_allclose(back.affine, RAS, atol=1e-4)


def test_not_finite_voxels_are_noted(tmp_path):
    array = intensities().astype(np.float32) + 0.5
    array[3, 4, 5] = np.nan
    array[3, 4, 6] = np.inf
    scan = read_scan(nifti(tmp_path / "mr.nii", array))
    assert scan.volume.array[3, 4, 5] == np.nanmin(array)
    assert scan.volume.array[3, 4, 6] == np.nanmin(array)
    assert any("2 voxels were not finite" in note for note in scan.notes)


def test_padding_of_a_ct_is_noted_and_set_to_air(tmp_path):
    array = intensities()
    array[0] = -3024
    scan = read_scan(nifti(tmp_path / "ct.nii", array), modality="CT")
    assert scan.volume.array.min() == -1024
    assert any("80 voxels (8.3%) are padding" in note for note in scan.notes)


def test_sform_and_qform_that_differ_are_noted_and_the_sform_is_used(tmp_path):
    image = nib.Nifti1Image(intensities(), RAS)
    moved = RAS.copy()
    moved[0, 3] += 3
    image.set_qform(moved, 1)
    image.set_sform(RAS, 1)
    nib.save(image, tmp_path / "ct.nii")
    scan = read_scan(tmp_path / "ct.nii")
    np.testing.assert_allclose(scan.volume.affine, RAS, atol=1e-5)
    assert any("differ by up to 3.00 mm" in note for note in scan.notes)


def test_a_sheared_grid_is_read_and_noted(tmp_path):
    sheared = RAS.copy()
    sheared[1, 2] = 1.2
    scan = read_scan(nifti(tmp_path / "ct.nii", intensities(), sheared))
    np.testing.assert_allclose(scan.volume.affine, sheared, atol=1e-5)
    assert any("not at right angles" in note for note in scan.notes)


def test_the_hash_is_that_of_the_file(tmp_path):
    from oncospine.base import content_hash

    path = nifti(tmp_path / "ct.nii.gz", intensities())
    assert read_scan(path).content_hash == content_hash(path)


def test_header_text_goes_nowhere(tmp_path):
    path = nifti(tmp_path / "ct.nii.gz", intensities(), descrip=b"Zzyzx Philippa", aux_file=b"Zzyzx", db_name=b"Zzyzx")
    scan = read_scan(path)
    assert "Zzyzx" not in f"{scan.source}{scan.notes}"


def test_progress_runs_from_0_to_1(tmp_path):
    seen = []
    read_scan(nifti(tmp_path / "ct.nii", intensities()), progress=lambda doing, part=None: seen.append(part))
    assert seen == sorted(seen)
    assert seen[-1] == 1


# Bad input: one clear sentence each


def refused(path, match, **options):
    with pytest.raises(InputError, match=match) as caught:
        read_scan(path, **options)
    assert path.name in str(caught.value)


def test_missing_file(tmp_path):
    refused(tmp_path / "none.nii.gz", "no such file")


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_truncated_gzip(tmp_path, keep):
    rng = np.random.default_rng(1)
    path = nifti(tmp_path / "ct.nii.gz", rng.integers(-1000, 1000, (40, 40, 40)).astype(np.int16))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    refused(path, "truncated")


def test_truncated_plain_file(tmp_path):
    path = nifti(tmp_path / "ct.nii", intensities())
    path.write_bytes(path.read_bytes()[:-100])
    refused(path, "truncated")


@pytest.mark.parametrize("size", [0, 2, 100])
def test_a_file_shorter_than_a_header(tmp_path, size):
    path = tmp_path / "ct.nii"
    path.write_bytes(nifti(tmp_path / "whole.nii", intensities()).read_bytes()[:size])
    refused(path, "truncated|not a NIfTI")


def test_damaged_gzip(tmp_path):
    path = nifti(tmp_path / "ct.nii.gz", intensities())
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)
    refused(path, "damaged")


def test_text_named_as_nifti(tmp_path):
    path = tmp_path / "notes.nii"
    path.write_text("this is not an image at all")
    refused(path, "not a NIfTI file")


def test_two_dimensional_image(tmp_path):
    refused(nifti(tmp_path / "x.nii", intensities()[:, :, 0]), "2-D image")


def test_a_single_slice_is_not_a_volume(tmp_path):
    refused(nifti(tmp_path / "x.nii", intensities()[:, :, :1]), "2-D image")


def test_four_dimensional_image(tmp_path):
    refused(nifti(tmp_path / "x.nii", np.stack([intensities()] * 2, axis=-1)), "4-D image.*one 3-D volume")


def test_a_fourth_axis_of_one_is_dropped(tmp_path):
    scan = read_scan(nifti(tmp_path / "x.nii", intensities()[..., None]))
    assert scan.volume.array.shape == (12, 10, 8)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_affine_that_is_not_finite(tmp_path, bad):
    refused(raw_nifti(tmp_path / "x.nii", intensities(), srow_x=[0.8, 0, bad, 0]), "not finite")


def test_singular_affine(tmp_path):
    refused(raw_nifti(tmp_path / "x.nii", intensities(), srow_x=[0, 0, 0, 0]), "singular")


def test_no_orientation_is_refused_because_left_and_right_are_unknown(tmp_path):
    path = raw_nifti(tmp_path / "x.nii", intensities(), sform_code=0, qform_code=0)
    refused(path, "left and right are unknown")


def test_voxels_of_a_metre(tmp_path):
    refused(nifti(tmp_path / "x.nii", intensities(), np.diag([1000.0, 1000, 1000, 1])), "expected 0.01 to 100 mm")


def test_units_of_micrometres(tmp_path):
    refused(raw_nifti(tmp_path / "x.nii", intensities(), xyzt_units=3), "micrometres")


def test_colour_voxels(tmp_path):
    refused(raw_nifti(tmp_path / "x.nii", intensities(), datatype=128), "one number per voxel")


def test_constant_image(tmp_path):
    refused(nifti(tmp_path / "x.nii", np.full((4, 4, 4), 7, np.int16)), "same value")


def test_all_voxels_nan(tmp_path):
    refused(nifti(tmp_path / "x.nii", np.full((4, 4, 4), np.nan, np.float32)), "no voxel holds a finite")


def test_header_and_voxels_in_two_files(tmp_path):
    nib.save(nib.Nifti1Pair(intensities(), RAS), tmp_path / "x.img")
    path = tmp_path / "x.nii"
    path.write_bytes((tmp_path / "x.hdr").read_bytes())
    refused(path, "two files")


@pytest.mark.parametrize("dims", [[3, 32767, 32767, 32767, 1, 1, 1, 1], [3, 1000, 1000, 1000, 1, 1, 1, 1]])
def test_a_header_that_promises_more_than_the_file_can_hold_is_refused_before_memory_is_taken(tmp_path, dims):
    import tracemalloc

    path = raw_nifti(tmp_path / "bomb.nii", intensities(), dim=dims)
    packed = tmp_path / "bomb.nii.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    tracemalloc.start()
    refused(packed, "voxels")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_a_gzip_bomb_behind_the_voxels_is_not_inflated(tmp_path):
    plain = nifti(tmp_path / "a.nii", intensities()).read_bytes()
    path = tmp_path / "x.nii.gz"
    path.write_bytes(gzip.compress(plain + b"\0" * 100_000_000))
    refused(path, "follow the voxels")


def test_folder_named_like_a_scan(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no CT or MR image"):
        read_scan(tmp_path / "empty")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name",
    [
        "lidc0001_thoracic/upperthoracic_wide_ct.nii.gz",
        "sct_testing/t2.nii.gz",
        "tptbox_samples/sub-ct_label-22_ct.nii.gz",
    ],
)
def test_real_files_are_read_as_nibabel_reads_them(name):
    path = shared(name)
    scan, image = read_scan(path), nib.load(path)
    np.testing.assert_array_equal(scan.volume.array, np.asarray(image.dataobj))
    np.testing.assert_array_equal(scan.volume.affine, image.affine)
    assert scan.volume.array.dtype == np.int16


def test_labels_of_a_left_handed_file_stay_on_their_side(tmp_path):
    array = labels()
    array[10, 5:9, 5:8] = 94  # rib left 3 on high i
    lefts = RAS.copy()
    lefts[0] = [-0.8, 0, 0, 20]
    one = read_labels(nifti(tmp_path / "l.nii", array, lefts), convention=TOTAL)
    from oncospine.imaging import StructureKind

    assert one.mask(StructureKind.RIB).centroid_mm()[0] < one.mask(StructureKind.SPINAL_CORD).centroid_mm()[0]


def test_a_scale_factor_beyond_all_measure_leaves_no_voxel(tmp_path):
    refused(raw_nifti(tmp_path / "x.nii", intensities() + 5000, scl_slope=3e38), "no voxel holds a finite")


@pytest.mark.parametrize("offset", [np.nan, -5, 1e20])
def test_an_impossible_offset_of_the_voxels(tmp_path, offset):
    refused(raw_nifti(tmp_path / "x.nii", intensities(), vox_offset=offset), "voxels start at byte")
