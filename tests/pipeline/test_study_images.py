"""Images of one study on shared voxels: what coincides is used and said, what does not is refused."""

import nibabel as nib
import numpy as np
import pytest

from oncospine.base import InputError, silent
from oncospine.case import read_case
from oncospine.study_images import read_study


def read(folder):
    case = read_case(folder)
    return read_study(folder, case.studies[0], silent)


def cut(path, low: int, high: int) -> None:
    """Keep slices `low` to `high` of a file, where they were in space."""
    image = nib.load(path)
    nib.save(image.slicer[:, :, low:high], path)


def test_scan_labels_and_tumour_of_one_grid_are_kept_as_they_are(phantom_case):
    images = read(phantom_case)
    assert images.notes == ()
    assert images.scan.grid.is_same_as(images.anatomy[0].grid)
    assert images.tumour.grid.is_same_as(images.scan.grid)


def test_a_scan_of_part_of_the_labels_is_measured_where_both_are_and_the_lost_tumour_is_counted(phantom_case):
    whole = read(phantom_case)
    tumour = np.asarray(whole.tumour.volume.array) > 0
    middle = int(np.median(np.nonzero(tumour)[2]))
    cut(phantom_case / "studies" / "ct" / "scan.nii.gz", 0, middle)
    part = read(phantom_case)
    assert part.scan.grid.shape[2] == part.anatomy[0].grid.shape[2] == middle
    assert np.array_equal(part.anatomy[0].volume.array, whole.anatomy[0].volume.array[:, :, :middle])
    lost_ml = tumour[:, :, middle:].sum() * whole.tumour.grid.voxel_volume_mm3 / 1000
    shared, lost = part.notes
    assert "different parts of one grid" in shared
    assert lost.startswith(f"{lost_ml:.1f} ml of the tumour mask lies outside")


def test_a_scan_shifted_by_half_a_voxel_is_refused_with_both_geometries(phantom_case):
    path = phantom_case / "studies" / "ct" / "scan.nii.gz"
    image = nib.load(path)
    affine = image.affine.copy()
    affine[0, 3] += 0.5
    nib.save(nib.Nifti1Image(np.asanyarray(image.dataobj), affine), path)
    with pytest.raises(InputError, match=r"(?s)scan.*labels.*"):
        read(phantom_case)


def test_a_study_without_vertebrae_says_what_to_add(phantom_case):
    text = (phantom_case / "case.yaml").read_text().replace("what: anatomy", "what: cord")
    (phantom_case / "case.yaml").write_text(text)
    with pytest.raises(InputError, match="no mask of vertebrae"):
        read(phantom_case)


def test_a_tumour_mask_that_stands_beside_the_scan_is_counted_as_lost(phantom_case):
    """As many voxels as the scan, but moved along it: part of the tumour is where nothing is measured."""
    path = phantom_case / "studies" / "ct" / "tumour.nii.gz"
    image = nib.load(path)
    array = np.asanyarray(image.dataobj)
    middle = int(np.median(np.nonzero(array)[2]))
    affine = image.affine.copy()
    affine[:3, 3] -= affine[:3, 2] * middle
    nib.save(nib.Nifti1Image(array, affine), path)
    (note,) = read(phantom_case).notes
    assert "of the tumour mask lies outside" in note
