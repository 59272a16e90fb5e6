import json

import nibabel as nib
import numpy as np
import pytest
from imaging_samples import IDENTIFIERS, NAME, RAS, ct_series, dicom_folder, intensities, labels, nifti, shared
from test_deidentification import HIDDEN, KEY
from test_dicom_segmentations import two_vertebrae, write_seg

from oncospine.base import InputError, content_hash
from oncospine.geometry import Volume
from oncospine.imaging import (
    LabelMap,
    MaskSource,
    convention,
    import_study,
    read_labels,
    read_mask,
    read_scan,
    write_nifti,
    write_seg_nrrd,
)

TOTAL = "totalsegmentator_total"


def everything_in(folder):
    return b"".join(
        file.name.encode() + (nib.load(file).header.binaryblock if file.name.endswith(".nii.gz") else file.read_bytes())
        for file in sorted(folder.rglob("*"))
    )


def test_a_dicom_study_becomes_a_folder_without_identifiers(tmp_path):
    study = import_study(dicom_folder(tmp_path / "in", ct_series()), tmp_path / "case" / "studies" / "preop")
    folder = tmp_path / "case" / "studies" / "preop"
    assert sorted(item.name for item in folder.iterdir()) == ["scan.nii.gz", "study.json"]
    content = everything_in(folder)
    assert not [word for word in (*IDENTIFIERS, *HIDDEN) if word.encode() in content]
    told = json.loads((folder / "study.json").read_text())
    assert told["modality"] == "CT"
    assert told["day"] is None
    assert told["date_policy"] == "no date was kept"
    assert told["scan_hash"] == content_hash(folder / "scan.nii.gz") == study.scan_hash
    assert told["slice_thickness_mm"] == 2.5
    assert told["shape"] == [12, 10, 8]


def test_voxels_and_places_are_those_of_the_source(tmp_path):
    source = read_scan(dicom_folder(tmp_path / "in", ct_series()))
    import_study(tmp_path / "in", tmp_path / "s")
    copy = read_scan(tmp_path / "s" / "scan.nii.gz")
    np.testing.assert_array_equal(copy.volume.array, source.volume.array)
    assert copy.grid.is_same_as(source.grid)


def test_with_a_key_intervals_between_studies_are_kept(tmp_path):
    days = []
    for number, day in enumerate(("20130208", "20130517")):
        slices = ct_series(AcquisitionDate=day)
        study = import_study(dicom_folder(tmp_path / f"in{number}", slices), tmp_path / f"s{number}", key=KEY)
        days.append(np.datetime64(study.day))
        assert "same for all studies" in study.date_policy
    assert (days[1] - days[0]).astype(int) == 98


def test_the_text_of_a_nifti_header_is_emptied(tmp_path):
    image = nib.Nifti1Image(intensities(), RAS)
    for field in ("descrip", "aux_file", "db_name", "intent_name"):
        image.header[field] = NAME.encode()
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", NAME.encode()))
    nib.save(image, tmp_path / "ct.nii.gz")
    import_study(tmp_path / "ct.nii.gz", tmp_path / "s", modality="CT")
    assert NAME.encode() not in everything_in(tmp_path / "s")
    assert not nib.load(tmp_path / "s" / "scan.nii.gz").header.extensions
    np.testing.assert_array_equal(read_scan(tmp_path / "s" / "scan.nii.gz").volume.array, intensities())


def test_the_same_study_gives_the_same_bytes(tmp_path):
    nifti(tmp_path / "ct.nii", intensities())
    for name in ("a", "b"):
        import_study(tmp_path / "ct.nii", tmp_path / name, modality="CT")
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b")


def test_masks_come_along_on_the_grid_of_the_scan(tmp_path):
    ct = nifti(tmp_path / "ct.nii", intensities())
    mask = nifti(tmp_path / "seg.nii", labels(), descrip=NAME.encode())
    tumour = nifti(tmp_path / "t.nii", (labels() == 40) * np.float32(1))
    sources = [
        MaskSource(path=mask, convention=TOTAL, name="anatomy"),
        MaskSource(path=tumour, convention="mask", name="tumour"),
    ]
    study = import_study(ct, tmp_path / "s", modality="CT", masks=sources)
    assert [(item.file, item.convention) for item in study.masks] == [
        ("anatomy.nii.gz", TOTAL),
        ("tumour.nii.gz", "mask"),
    ]
    np.testing.assert_array_equal(
        read_labels(tmp_path / "s" / "anatomy.nii.gz", convention=TOTAL).volume.array, labels()
    )
    assert read_mask(tmp_path / "s" / "tumour.nii.gz").array.sum() == 72
    assert NAME.encode() not in everything_in(tmp_path / "s")


def test_a_dicom_segmentation_becomes_a_slicer_file_and_a_tumour_mask(tmp_path):
    slices = ct_series()
    folder = dicom_folder(tmp_path / "in", slices)
    tumour = np.zeros(labels().shape, bool)
    tumour[6:11, 6:8, 4:7] = True
    seg = write_seg(tmp_path / "seg.dcm", slices, {**two_vertebrae(), ("Tumour", "108369006"): tumour})
    source = MaskSource(path=seg, convention="segment_names", name="seg")
    study = import_study(folder, tmp_path / "s", masks=[source])
    assert [item.file for item in study.masks] == ["seg.seg.nrrd", "seg_tumour.nii.gz"]
    found = read_labels(tmp_path / "s" / "seg.seg.nrrd", convention="segment_names")
    np.testing.assert_array_equal(found.mask_of("vertebra T3").array, labels() == 41)
    np.testing.assert_array_equal(read_mask(tmp_path / "s" / "seg_tumour.nii.gz").array, tumour)
    assert not [word for word in (*IDENTIFIERS, *HIDDEN) if word.encode() in everything_in(tmp_path / "s")]


# Whole or not at all


def nothing_left(tmp_path):
    return not (tmp_path / "s").exists() and not [
        item for item in tmp_path.iterdir() if item.name.startswith(".import")
    ]


def test_a_mask_on_another_grid_leaves_nothing_behind(tmp_path):
    ct = nifti(tmp_path / "ct.nii", intensities())
    mask = nifti(tmp_path / "m.nii", labels(), RAS * 1.1)
    with pytest.raises(InputError, match="not on the grid"):
        import_study(ct, tmp_path / "s", masks=[MaskSource(path=mask, convention=TOTAL, name="m")])
    assert nothing_left(tmp_path)


def test_an_existing_study_is_never_overwritten(tmp_path):
    ct = nifti(tmp_path / "ct.nii", intensities())
    import_study(ct, tmp_path / "s")
    before = content_hash(tmp_path / "s")
    with pytest.raises(InputError, match="exists already"):
        import_study(ct, tmp_path / "s")
    assert content_hash(tmp_path / "s") == before


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "x.y", "<b>"])
def test_a_mask_name_is_a_plain_word(tmp_path, name):
    ct = nifti(tmp_path / "ct.nii", intensities())
    mask = nifti(tmp_path / "m.nii", labels())
    with pytest.raises(InputError, match="letters, digits"):
        import_study(ct, tmp_path / "s", masks=[MaskSource(path=mask, convention=TOTAL, name=name)])
    assert nothing_left(tmp_path)


def test_two_masks_of_one_name(tmp_path):
    ct = nifti(tmp_path / "ct.nii", intensities())
    mask = MaskSource(path=nifti(tmp_path / "m.nii", labels()), convention=TOTAL, name="m")
    with pytest.raises(InputError, match="two masks would be named"):
        import_study(ct, tmp_path / "s", masks=[mask, mask])
    assert nothing_left(tmp_path)


# Writers


@pytest.mark.parametrize("name", ["x.nii", "x.nii.gz"])
@pytest.mark.parametrize("dtype", ["i2", "f4", "u1"])
def test_what_is_written_is_read_back(tmp_path, name, dtype):
    sheared = RAS.copy()
    sheared[0, 2] = 0.4
    array = np.clip(intensities(), 0, 250).astype(dtype)
    write_nifti(Volume(array, sheared), tmp_path / name)
    image = nib.load(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    np.testing.assert_allclose(image.affine, sheared, atol=1e-5)
    np.testing.assert_array_equal(read_scan(tmp_path / name).volume.array, array)


def test_a_slicer_file_carries_the_names(tmp_path):
    found = LabelMap(volume=Volume(labels(), RAS), structures=convention(TOTAL).structures, convention=TOTAL)
    write_seg_nrrd(found, tmp_path / "x.seg.nrrd")
    back = read_labels(tmp_path / "x.seg.nrrd", convention="segment_names")
    assert {item.name for item in back.present().values()} == {item.name for item in found.present().values()}
    for item in found.present().values():
        np.testing.assert_array_equal(found.mask_of(item.name).array, back.mask_of(item.name).array)
    np.testing.assert_allclose(back.volume.affine, RAS, atol=1e-12)


def test_every_structure_of_every_convention_survives_the_slicer_file():
    from oncospine.imaging import conventions
    from oncospine.imaging.naming import structure_named

    for name in conventions():
        for structure in convention(name).structures.values():
            assert structure_named(structure.name) == structure


def test_endings_are_checked(tmp_path):
    found = LabelMap(volume=Volume(labels(), RAS), structures=convention(TOTAL).structures, convention=TOTAL)
    with pytest.raises(InputError, match=r"end in \.nii"):
        write_nifti(found.volume, tmp_path / "x.img")
    with pytest.raises(InputError, match=r"end in .seg\.nrrd"):
        write_seg_nrrd(found, tmp_path / "x.nrrd")


@pytest.mark.shared_data
def test_the_real_zips_are_imported_without_their_numbers(tmp_path):
    zips = [shared(f"lidc0001_thoracic/dicom_C6-T5_part{n}.zip") for n in (1, 2, 3, 4)]
    study = import_study(zips, tmp_path / "s", key=KEY)
    assert study.day is not None
    assert study.day != "2000-01-01"
    for word in (b"LIDC", b"14519", b"2000-01-01", b"20000101", b"GE MEDICAL"):
        assert word not in everything_in(tmp_path / "s")
    np.testing.assert_array_equal(read_scan(tmp_path / "s" / "scan.nii.gz").volume.array, read_scan(zips).volume.array)
