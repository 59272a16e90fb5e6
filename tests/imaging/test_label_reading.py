import numpy as np
import pytest
from imaging_samples import RAS, intensities, labels, nifti, raw_nifti, shared

from oncospine.base import InputError, Level, Side
from oncospine.geometry import Volume
from oncospine.imaging import (
    LabelMap,
    Structure,
    StructureKind,
    convention,
    conventions,
    read_labels,
    read_mask,
    read_scan,
    require_same_grid,
)

TOTAL = "totalsegmentator_total"


def test_labels_become_structures(tmp_path):
    found = read_labels(nifti(tmp_path / "m.nii.gz", labels()), convention=TOTAL)
    assert found.volume.array.dtype == np.uint8
    assert {label: item.name for label, item in found.present().items()} == {
        40: "vertebra T4",
        41: "vertebra T3",
        79: "spinal_cord",
    }
    assert found.levels() == (Level.T3, Level.T4)
    assert found.convention == TOTAL
    assert dict(found.counts) == {40: 72, 41: 72, 79: 32}
    assert any("dural sac" in note for note in found.notes)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "i4", "u2"])
def test_masks_stored_as_floats_or_wide_integers(tmp_path, dtype):
    found = read_labels(nifti(tmp_path / "m.nii.gz", labels().astype(dtype)), convention=TOTAL)
    np.testing.assert_array_equal(found.volume.array, labels())
    assert found.volume.array.dtype == np.uint8


def test_masks_with_a_scale_factor(tmp_path):
    stored = labels().astype(np.float64) * 4
    path = raw_nifti(tmp_path / "m.nii", stored, scl_slope=0.25, datatype=64, bitpix=64)
    np.testing.assert_array_equal(read_labels(path, convention=TOTAL).volume.array, labels())


def test_rounding_noise_of_a_scale_factor_is_not_a_fraction(tmp_path):
    path = raw_nifti(tmp_path / "m.nii", labels(), scl_slope=1.0000001)
    np.testing.assert_array_equal(read_labels(path, convention=TOTAL).volume.array, labels())


def test_labels_above_255_become_uint16():
    array = np.zeros((4, 4, 4), np.uint16)
    array[0, 0, 0] = 300
    structures = {300: Structure(kind=StructureKind.AORTA)}
    found = LabelMap(volume=Volume(array, RAS), structures=structures, convention="own")
    assert found.mask(StructureKind.AORTA).array.sum() == 1


def test_mask_by_kind_level_and_side():
    array = np.zeros((6, 4, 4), np.uint8)
    array[1], array[4], array[2, 2] = 94, 106, 41
    found = LabelMap(volume=Volume(array, RAS), structures=convention(TOTAL).structures, convention=TOTAL)
    assert found.mask(StructureKind.RIB).array.sum() == 32
    assert found.mask(StructureKind.RIB, side=Side.LEFT).array.sum() == 16
    assert found.mask(StructureKind.VERTEBRA, Level.T3).array.sum() == 4
    assert found.mask(StructureKind.VERTEBRA, Level.T4).array.sum() == 0
    assert found.mask(StructureKind.AZYGOS_VEIN).array.sum() == 0
    assert found.has(StructureKind.RIB, side=Side.RIGHT)
    assert not found.has(StructureKind.AORTA)


def test_the_canal_is_the_canal_and_what_lies_in_it():
    array = np.zeros((3, 3, 3), np.uint8)
    array[0], array[1, 1] = 2, 1
    table = convention("totalspineseg_step2").structures
    found = LabelMap(volume=Volume(array, RAS), structures=table, convention="totalspineseg_step2")
    assert found.mask(StructureKind.SPINAL_CANAL).array.sum() == 9
    assert found.mask_of_canal().array.sum() == 12


def test_remapping_keeps_every_structure_and_refuses_to_lose_one():
    found = LabelMap(volume=Volume(labels(), RAS), structures=convention(TOTAL).structures, convention=TOTAL)
    other = found.remapped(
        convention("totalsegmentator_total_v1").structures | {105: Structure.from_name("spinal_cord")}, convention="x"
    )
    for structure in found.present().values():
        np.testing.assert_array_equal(
            found.mask(structure.kind, structure.level).array, other.mask(structure.kind, structure.level).array
        )
    with pytest.raises(InputError, match="'verse' has no number for: spinal_cord"):
        found.remapped(convention("verse").structures, convention="verse")


def test_canonical_moves_no_voxel():
    lefts = np.diag([-0.8, 0.7, 2.5, 1])
    found = LabelMap(volume=Volume(labels(), lefts), structures=convention(TOTAL).structures, convention=TOTAL)
    for kind in (StructureKind.VERTEBRA, StructureKind.SPINAL_CORD):
        np.testing.assert_allclose(found.mask(kind).centroid_mm(), found.canonical().mask(kind).centroid_mm())


def test_a_folder_with_one_file_per_structure_is_the_single_file(tmp_path):
    folder = tmp_path / "segmentations"
    folder.mkdir()
    names = convention(TOTAL).source_names
    for label in (40, 41, 79, 52):
        nifti(folder / f"{names[label]}.nii.gz", (labels() == label).astype(np.uint8))
    found = read_labels(folder, convention=TOTAL)
    np.testing.assert_array_equal(found.volume.array, labels())
    assert any("1 of 4 masks are empty" in note for note in found.notes)


def test_overlapping_masks_of_a_folder_are_counted(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    for name in ("vertebrae_T3", "vertebrae_T4"):
        nifti(folder / f"{name}.nii.gz", (labels() == 41).astype(np.uint8))
    found = read_labels(folder, convention=TOTAL)
    assert set(found.counts) == {40}
    assert any("72 voxels lie in two masks" in note for note in found.notes)


# Bad input


def refused(match, path, **options):
    with pytest.raises(InputError, match=match) as caught:
        read_labels(path, **options)
    return str(caught.value)


def test_unknown_labels_are_listed_with_counts_and_the_conventions_that_have_them(tmp_path):
    array = labels()
    array[0, 0, :3] = 118
    message = refused(r"no label 118 \(3 voxels\)", nifti(tmp_path / "m.nii", array), convention=TOTAL)
    assert "totalsegmentator_total_diffdrr" in message


def test_the_wrong_convention_is_refused_when_its_numbers_do_not_exist(tmp_path):
    message = refused("'verse' has no label 40", nifti(tmp_path / "m.nii", labels()), convention="verse")
    assert TOTAL in message


def test_a_convention_that_does_not_exist(tmp_path):
    refused(
        "did you mean 'totalsegmentator_total'", nifti(tmp_path / "m.nii", labels()), convention="totalsegmentator_totl"
    )


def test_a_bad_convention_is_named_before_the_file_is_read(tmp_path):
    refused("unknown label convention", tmp_path / "absent.nii", convention="nonsense")


def test_fractions_are_not_labels(tmp_path):
    refused("whole numbers, found 0.5", nifti(tmp_path / "m.nii", labels() * np.float32(0.5) + 0.5), convention=TOTAL)


def test_nan_is_not_a_label(tmp_path):
    array = labels().astype(np.float32)
    array[0, 0, 0] = np.nan
    refused("whole numbers, found nan", nifti(tmp_path / "m.nii", array), convention=TOTAL)


def test_an_image_is_not_a_label_map(tmp_path):
    refused("0..65535, found -", nifti(tmp_path / "m.nii", intensities()), convention=TOTAL)


def test_an_empty_label_map(tmp_path):
    refused("empty", nifti(tmp_path / "m.nii", np.zeros((4, 4, 4), np.uint8)), convention=TOTAL)


def test_an_empty_tumour_mask(tmp_path):
    path = nifti(tmp_path / "m.nii", np.zeros((4, 4, 4), np.uint8))
    with pytest.raises(InputError, match=r"m\.nii.*empty"):
        read_mask(path)


def test_a_mask_without_tumour_under_its_convention(tmp_path):
    with pytest.raises(InputError, match="no voxel is a tumour under convention 'totalsegmentator_total'"):
        read_mask(nifti(tmp_path / "m.nii", labels()), convention=TOTAL)


def test_any_value_of_a_plain_mask_is_tumour(tmp_path):
    array = np.zeros((4, 4, 4), np.float32)
    array[1, 1, 1], array[2, 2, 2] = 255, 3
    assert read_mask(nifti(tmp_path / "m.nii", array)).array.sum() == 2


def test_compartments_together_are_the_tumour(tmp_path):
    array = np.zeros((4, 4, 4), np.uint8)
    array[0, 0, :3] = [1, 2, 3]
    path = nifti(tmp_path / "m.nii", array)
    assert read_mask(path, convention="tumour_compartments").array.sum() == 3
    parts = read_labels(path, convention="tumour_compartments")
    assert parts.mask(StructureKind.TUMOUR_EPIDURAL).array.sum() == 1


def test_a_mask_on_another_grid_is_refused_with_both_geometries(tmp_path):
    scan = read_scan(nifti(tmp_path / "ct.nii", intensities()))
    moved = RAS.copy()
    moved[2, 3] += 2.5
    other = read_labels(nifti(tmp_path / "m.nii", labels(), moved), convention=TOTAL)
    with pytest.raises(InputError) as caught:
        require_same_grid(scan, other, ("ct.nii", "m.nii"))
    assert scan.grid.described() in str(caught.value)
    assert other.grid.described() in str(caught.value)
    assert "(-20.00, 11.00, -297.50)" in str(caught.value)


def test_rounding_of_the_header_is_one_grid(tmp_path):
    scan = read_scan(nifti(tmp_path / "ct.nii", intensities()))
    near = RAS.copy()
    near[:3, 3] += 0.004
    require_same_grid(scan, read_labels(nifti(tmp_path / "m.nii", labels(), near), convention=TOTAL))


def test_a_folder_with_a_stranger(tmp_path):
    nifti(tmp_path / "vertebra_T3.nii.gz", labels())
    refused("no structure named vertebra_T3.*did you mean vertebrae_T3", tmp_path, convention=TOTAL)


def test_a_folder_of_masks_on_two_grids(tmp_path):
    nifti(tmp_path / "vertebrae_T3.nii.gz", (labels() == 41).astype(np.uint8))
    nifti(tmp_path / "vertebrae_T4.nii.gz", (labels() == 40).astype(np.uint8), RAS * 1.01)
    refused("not on the grid of", tmp_path, convention=TOTAL)


def test_a_folder_without_masks(tmp_path):
    refused("holds no .nii", tmp_path, convention=TOTAL)


def test_a_folder_under_a_convention_that_writes_single_files(tmp_path):
    refused("give one file", tmp_path, convention="verse")


def test_a_label_map_must_not_name_the_background():
    with pytest.raises(InputError, match="background"):
        LabelMap(volume=Volume(labels(), RAS), structures={0: Structure(kind=StructureKind.AORTA)}, convention="x")


# Real data


@pytest.mark.shared_data
def test_the_real_labels_are_recognised_and_say_so():
    found = read_labels(shared("lidc0001_thoracic/upperthoracic_wide_totalseg.nii.gz"), convention="recognise")
    assert found.convention == "totalsegmentator_total_diffdrr"
    assert any("not named by anyone" in note for note in found.notes)
    assert found.levels() == tuple(Level(f"C{n}") for n in (5, 6, 7)) + tuple(Level(f"T{n}") for n in range(1, 8))


@pytest.mark.shared_data
def test_the_real_sides_are_the_sides_of_the_patient():
    for name in ("upperthoracic_wide_totalseg", "full_512x512x133_totalseg_mask_LAS"):
        found = read_labels(shared(f"lidc0001_thoracic/{name}.nii.gz"), convention="totalsegmentator_total_diffdrr")
        left, right = (found.mask(StructureKind.RIB, side=side).centroid_mm()[0] for side in (Side.LEFT, Side.RIGHT))
        assert left < right
        heights = [found.mask(StructureKind.VERTEBRA, level).centroid_mm()[2] for level in found.levels()]
        assert heights == sorted(heights, reverse=True)


@pytest.mark.shared_data
def test_the_real_tumour_has_the_volume_of_its_truth():
    import json

    truth = json.loads(shared("lidc0001_sim_tumour_T3T4/truth.json").read_text())
    path = shared("lidc0001_sim_tumour_T3T4/tumour_truth.nii.gz")
    assert read_mask(path).volume_ml == pytest.approx(truth["total_ml"], abs=0.005)
    parts = read_labels(path, convention="tumour_compartments")
    for name in ("bone", "epidural", "paravertebral"):
        kind = StructureKind(f"tumour_{name}")
        assert parts.mask(kind).volume_ml == pytest.approx(truth["volume_ml"][name], abs=0.005)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tptbox_samples/sub-ct_seg-subreg_label-22_msk.nii.gz", "tptbox_subregion"),
        ("tptbox_samples/sub-ct_seg-vert_label-22_msk.nii.gz", "verse"),
        ("sct_testing/PAM50_small_label_disc.nii.gz", "sct_discs"),
    ],
)
def test_real_files_of_other_programs_are_recognised(name, expected):
    assert read_labels(shared(name), convention="recognise").convention == expected


@pytest.mark.shared_data
def test_labels_of_cord_levels_alone_are_ambiguous_and_fine_once_named():
    path = shared("sct_testing/t2_seg-manual_labeled.nii.gz")
    with pytest.raises(InputError, match="ambiguous: sct_levels"):
        read_labels(path, convention="recognise")
    found = read_labels(path, convention="sct_levels")
    assert found.levels(StructureKind.SPINAL_CORD) == (Level.C2, Level.C3, Level.C4, Level.C5)


def test_every_convention_has_a_test_of_its_numbers():
    from pathlib import Path

    source = Path(__file__).with_name("test_imaging_conventions.py").read_text()
    assert [
        name
        for name in conventions()
        if name not in source and name not in {"mask", "segment_names", "sct_seg", "totalsegmentator_vertebrae_body"}
    ] == []


def test_a_folder_with_a_single_mask_is_still_a_folder_of_masks(tmp_path):
    nifti(tmp_path / "vertebrae_T3.nii.gz", (labels() == 41).astype(np.uint8))
    assert read_labels(tmp_path, convention=TOTAL).levels() == (Level.T3,)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(7, 5, 3), (64, 64, 40), (1, 1, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_counts_are_those_of_numpy(dtype, shape, order):
    from oncospine.imaging.label_map import label_counts

    array = np.asarray(np.random.default_rng(4).integers(0, 200, shape), dtype=dtype, order=order)
    for view in (array, array[::2], np.flip(array, 1)):
        values, counts = np.unique(view, return_counts=True)
        assert label_counts(view) == {int(v): int(c) for v, c in zip(values, counts, strict=True) if v}
