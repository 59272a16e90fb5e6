"""Tumour masks and scans that are odd, run as a user runs them: each is refused or measured, and said."""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from oncospine.cli import main


@pytest.fixture
def measured(monkeypatch, capsys):
    """(exit code, findings or None, stderr) of `oncospine measure CASE --json`."""

    def called(case: Path):
        monkeypatch.setattr(sys, "argv", ["oncospine", "measure", str(case), "--json"])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else None, said.err

    return called


def path_of(case: Path, name: str) -> Path:
    return case / "studies" / "ct" / f"{name}.nii.gz"


def array_of(case: Path, name: str) -> np.ndarray:
    return np.asanyarray(nib.load(path_of(case, name)).dataobj).copy()


def written(case: Path, name: str, array: np.ndarray) -> None:
    nib.save(nib.Nifti1Image(array, nib.load(path_of(case, name)).affine), path_of(case, name))


VOXEL_ML = 1.5 / 1000
THORACIC_6 = 38
"""Value of T6, the lowest vertebra of the case, in the convention totalsegmentator_total."""


def test_the_distance_map_is_the_distance_of_every_tumour_voxel_to_the_sac(phantom_case, monkeypatch, capsys):
    """Against the distance transform of the label itself, on the whole grid."""
    from scipy import ndimage

    monkeypatch.setattr(sys, "argv", ["oncospine", "measure", str(phantom_case), "--maps"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert "distance-ct-dural-sac.nii.gz" in capsys.readouterr().out
    image = nib.load(phantom_case / "results" / "distance-ct-dural-sac.nii.gz")
    found = np.asanyarray(image.dataobj)
    labels, tumour = array_of(phantom_case, "labels"), array_of(phantom_case, "tumour")
    scan = nib.load(path_of(phantom_case, "labels"))
    away = ndimage.distance_transform_edt(labels != 79, sampling=(1.0, 1.0, 1.5))
    expected = np.where(labels == 79, 0.0, np.maximum(away - 0.5, 0.0))
    here = np.argwhere(np.isfinite(found))
    places = np.rint(nib.affines.apply_affine(np.linalg.inv(scan.affine) @ image.affine, here)).astype(int)
    assert len(here) == np.count_nonzero(tumour)
    assert (tumour[tuple(places.T)] > 0).all()
    assert found[tuple(here.T)] == pytest.approx(expected[tuple(places.T)], abs=1e-3)


def test_a_mask_of_several_labels_read_as_one_mask_is_one_tumour(phantom_case, measured):
    _, named, _ = measured(phantom_case)
    record = phantom_case / "case.yaml"
    record.write_text(record.read_text().replace("convention: tumour_compartments", "convention: mask"))
    code, plain, _ = measured(phantom_case)
    assert code == 0
    assert plain["tumour"]["volume_ml"]["value"] == named["tumour"]["volume_ml"]["value"]
    assert plain["tumour"]["volume_ml"]["value"] == pytest.approx(
        np.count_nonzero(array_of(phantom_case, "tumour")) * VOXEL_ML, rel=1e-5
    )
    assert plain["tumour"]["compartments_ml"]["bone"]["value"] == pytest.approx(
        named["tumour"]["compartments_ml"]["bone"]["value"], rel=0.03
    )


def test_a_label_that_the_convention_does_not_know_is_refused(phantom_case, measured):
    tumour = array_of(phantom_case, "tumour")
    written(phantom_case, "tumour", np.where(tumour == 3, 9, tumour).astype(np.uint8))
    code, found, err = measured(phantom_case)
    assert (code, found) == (2, None)
    assert "has no label 9" in err


def test_tumour_beside_the_spine_involves_no_bone_and_says_so(phantom_case, measured):
    tumour = array_of(phantom_case, "tumour")
    written(phantom_case, "tumour", np.where(tumour == 3, 3, 0).astype(np.uint8))
    code, found, _ = measured(phantom_case)
    assert code == 0
    assert found["tumour"]["involved_levels"] == []
    assert "no vertebral bone is involved" in found["tumour"]["notes"]
    assert "without involvement of vertebral bone" in found["tumour"]["impression"]


def test_a_tumour_that_reaches_the_edge_of_the_scan_says_so(phantom_case, measured):
    tumour, labels = array_of(phantom_case, "tumour"), array_of(phantom_case, "labels")
    where = np.argwhere(labels[:, :, -1] > 0)
    x, y = where[len(where) // 2]
    tumour[x - 2 : x + 3, y - 2 : y + 3, -8:] = 1
    written(phantom_case, "tumour", tumour)
    code, found, _ = measured(phantom_case)
    assert code == 0
    assert any("edge of the scan" in note for note in found["tumour"]["notes"])


def test_a_second_lesion_with_a_free_vertebra_between_is_a_skip_lesion(phantom_case, measured):
    tumour, labels = array_of(phantom_case, "tumour"), array_of(phantom_case, "labels")
    bone = np.argwhere((labels > 0) & (tumour == 0))
    high = bone[bone[:, 2] > labels.shape[2] * 0.8]
    x, y, z = high[len(high) // 2]
    tumour[x - 2 : x + 3, y - 2 : y + 3, z - 2 : z + 3] = 1
    before = measured(phantom_case)[1]["tumour"]
    written(phantom_case, "tumour", tumour)
    found = measured(phantom_case)[1]["tumour"]
    assert found["distribution"] == "skip"
    assert before["distribution"] == "contiguous"
    assert len(found["pieces"]) == len(before["pieces"]) + 1
    assert found["tomita"]["type"] == 7
    assert f"in {len(found['pieces'])} separate pieces" in found["impression"]
    assert "with uninvolved vertebrae between" in found["impression"]


def test_tumour_in_the_cord_label_is_said(phantom_case, measured):
    """The CT label called cord is the sac: the overlap shows in the distances; the measuring goes on."""
    tumour, labels = array_of(phantom_case, "tumour"), array_of(phantom_case, "labels")
    sac = np.argwhere((labels == 79) & (tumour == 0))
    x, y, z = sac[len(sac) // 2]
    before = measured(phantom_case)[1]["tumour"]["distances"][0]["overlap_ml"]
    inside = np.zeros_like(tumour, bool)
    inside[x - 2 : x + 3, y - 2 : y + 3, z - 2 : z + 3] = True
    inside &= (labels == 79) & (tumour == 0)
    tumour[inside] = 2
    written(phantom_case, "tumour", tumour)
    after = measured(phantom_case)[1]["tumour"]["distances"][0]["overlap_ml"]
    assert after - before == pytest.approx(inside.sum() * VOXEL_ML, abs=1e-5)
    assert inside.sum() > 10


def test_metal_in_the_lesion_is_said_and_its_density_is_not_given(phantom_case, measured):
    before = measured(phantom_case)[1]["tumour"]
    scan, tumour = array_of(phantom_case, "scan"), array_of(phantom_case, "tumour")
    bone = np.argwhere(tumour == 1)
    x, y, z = bone[len(bone) // 2]
    scan[x - 2 : x + 3, y - 8 : y + 9, z - 2 : z + 3] = 3071
    written(phantom_case, "scan", scan)
    found = measured(phantom_case)[1]["tumour"]
    assert before["bone_density"] is not None
    assert found["bone_density"] is None
    (note,) = [note for note in found["notes"] if note.startswith("metal (from 2500 HU) in or near")]
    assert "-T4: " in note  # from T3, or T2 where the metal lies close under it
    assert found["volume_ml"] == before["volume_ml"]


def test_a_scan_that_ends_inside_the_labels_is_said_and_padding_is_never_read_as_bone(phantom_case, measured):
    before = measured(phantom_case)[1]["tumour"]["bone_density"]
    scan, labels = array_of(phantom_case, "scan"), array_of(phantom_case, "labels")
    lowest = np.argwhere(labels == THORACIC_6)[:, 2]
    scan[:, :, : int(lowest.min() + lowest.max()) // 2] = -3024
    written(phantom_case, "scan", scan)
    found = measured(phantom_case)[1]
    density = found["tumour"]["bone_density"]
    assert any("lies where the scan holds padding" in note for note in found["tumour"]["notes"])
    assert any("padding outside the field of view" in note for note in found["notes"])
    assert set(density["healthy_levels"]) < set(before["healthy_levels"])
    assert density["healthy_mean_hu"] == pytest.approx(before["healthy_mean_hu"], abs=5)
