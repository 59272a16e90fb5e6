"""Commands that prepare studies, as a user runs them: list, de-identify, import with a key, segment, register."""

import json
import os
import stat
import sys
import textwrap

import nibabel as nib
import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation
from test_bad_input import files_below, run

from oncospine.case import MaskContent, MaskFile, Study, add_study, read_case
from oncospine.imaging import read_labels


def move_study(case, name, degrees, shift):
    """A second study of the patient: everything of study `ct`, the patient moved; returns the motion back."""
    source, place = case / "studies" / "ct", case / "studies" / name
    place.mkdir()
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    motion[:3, 3] = shift
    for file in ("scan.nii.gz", "labels.nii.gz", "tumour.nii.gz"):
        image = nib.load(source / file)
        nib.save(nib.Nifti1Image(np.asanyarray(image.dataobj), motion @ image.affine), place / file)
    first = read_case(case).studies[0]
    mask = MaskFile(
        path=f"studies/{name}/labels.nii.gz", convention=first.masks[0].convention, what=MaskContent.ANATOMY
    )
    study = Study(id=name, date=first.date, modality=first.modality, scan=f"studies/{name}/scan.nii.gz", masks=(mask,))
    add_study(case, study)
    return np.linalg.inv(motion)


@pytest.fixture
def two_studies(phantom_case):
    """A case with the study `ct` (with the tumour) and `moved`, the same patient lying differently, without tumour."""
    back = move_study(phantom_case, "moved", (6, -4, 9), (12, -20, 35))
    return phantom_case, back


@pytest.mark.slow
def test_a_tumour_is_carried_to_where_the_patient_now_lies(two_studies):
    case, back = two_studies
    result = run("register", case, "--fixed", "moved", "--moving", "ct", "--carry", "tumour", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    np.testing.assert_allclose(found["registration"]["matrix"], np.linalg.inv(back), atol=0.35)
    assert found["registration"]["quality"]["dice"] > 0.97
    assert [item["level"] for item in found["levels"]] == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert max(item["shift_mm"] for item in found["levels"]) < 0.3
    (carried,) = found["carried"]
    assert carried["after_ml"] == pytest.approx(carried["before_ml"], rel=0.03)
    entry = read_case(case).study("moved").masks_of(MaskContent.TUMOUR)[0]
    assert entry.is_carried
    truth = read_labels(case / "studies/moved/tumour.nii.gz", convention=entry.convention)
    moved = read_labels(case / entry.path, convention=entry.convention)
    same = (truth.volume.array == moved.volume.array) & (truth.volume.array > 0)
    assert 2 * same.sum() / ((truth.volume.array > 0).sum() + (moved.volume.array > 0).sum()) > 0.95
    measured = run("measure", case, "--study", "moved")
    assert measured.returncode == 0, measured.stderr
    assert "carried from study ct (rigid, surfaces of the shared vertebrae" in measured.stdout
    again = run("register", case, "--fixed", "moved", "--moving", "ct", "--carry", "tumour")
    assert again.returncode == 2
    assert "has a mask of tumour already" in again.stderr


@pytest.mark.slow
def test_vertebrae_named_one_level_too_low_are_refused_and_nothing_is_written(two_studies):
    """41, 40, 39 ... are T3, T4, T5 of TotalSegmentator: one less is one level lower."""
    case, _ = two_studies
    path = case / "studies" / "moved" / "labels.nii.gz"
    image = nib.load(path)
    array = np.asanyarray(image.dataobj).copy()
    array[(array >= 32) & (array <= 49)] -= 1
    nib.save(nib.Nifti1Image(array, image.affine), path)
    before = files_below(case)
    result = run("register", case, "--fixed", "moved", "--moving", "ct", "--carry", "tumour")
    assert result.returncode == 3, result.stderr
    assert files_below(case) == before


@pytest.mark.slow
def test_a_bent_column_is_refused_and_the_vertebrae_that_stayed_together_are_taken(two_studies):
    """The lower three vertebrae slide 9 mm: no rigid motion brings all of them into place, T1 to T3 fit alone."""
    case, back = two_studies
    path = case / "studies" / "moved" / "labels.nii.gz"
    image = nib.load(path)
    array = np.asanyarray(image.dataobj).copy()
    low = np.isin(array, (40, 39, 38))
    steps = round(9 / image.header.get_zooms()[1])
    slid = np.where(low, 0, array)
    slid[:, :-steps] = np.where(low[:, steps:], array[:, steps:], slid[:, :-steps])
    nib.save(nib.Nifti1Image(slid, image.affine), path)
    result = run("register", case, "--fixed", "moved", "--moving", "ct", "--carry", "tumour")
    assert result.returncode == 3, result.stdout
    assert "level_shift_mm is" in result.stderr
    assert read_case(case).study("moved").masks_of(MaskContent.TUMOUR) == ()
    upper = run("register", case, "--fixed", "moved", "--moving", "ct", "--around", "T1-T3", "--json")
    assert upper.returncode == 0, upper.stderr
    np.testing.assert_allclose(json.loads(upper.stdout)["registration"]["matrix"], np.linalg.inv(back), atol=0.35)


FAKE = """
    #!{python}
    import argparse
    import nibabel as nib
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", required=True)
    parser.add_argument("-o", required=True)
    parser.add_argument("-ml", action="store_true")
    parser.add_argument("-ta", default="total")
    given = parser.parse_args()
    nib.save(nib.load({labels!r}), given.o)
"""


@pytest.fixture
def bare_case(phantom_case, tmp_path, monkeypatch):
    """A case whose study has a scan only, and a TotalSegmentator on the PATH that answers with the true labels."""
    labels = tmp_path / "answer.nii.gz"
    (phantom_case / "studies/ct/labels.nii.gz").rename(labels)
    record = yaml.safe_load((phantom_case / "case.yaml").read_text())
    record["studies"][0]["masks"] = record["studies"][0]["masks"][1:]
    (phantom_case / "case.yaml").write_text(yaml.safe_dump(record))
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "TotalSegmentator"
    program.write_text(textwrap.dedent(FAKE).strip().format(python=sys.executable, labels=str(labels)) + "\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return phantom_case


def test_a_scan_is_segmented_and_then_measured(bare_case):
    result = run("segment", bare_case, "--json")
    assert result.returncode == 0, result.stderr
    (mask,) = json.loads(result.stdout)["masks"]
    assert (mask["convention"], mask["what"]) == ("totalsegmentator_total", "anatomy")
    kept = read_case(bare_case).studies[0].masks
    assert [item.what for item in kept] == [MaskContent.TUMOUR, MaskContent.ANATOMY]
    measured = run("measure", bare_case)
    assert measured.returncode == 0, measured.stderr
    assert "T3" in measured.stdout
    before = files_below(bare_case)
    again = run("segment", bare_case, "--study", "ct")
    assert again.returncode == 2
    assert "never overwritten" in again.stderr
    assert files_below(bare_case) == before


def test_without_an_engine_the_message_says_how_to_install_one(phantom_case, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("segment", phantom_case, "--study", "ct")
    assert result.returncode == 2
    assert "pip install TotalSegmentator" in result.stderr
    listed = run("segment", phantom_case, "--engine", "list")
    assert "spineps" in listed.stdout
    assert "pip install spineps" in listed.stdout


@pytest.mark.shared_data
def test_series_are_listed_and_deidentified_files_read_the_same(shared_data, tmp_path):
    source = shared_data / "lidc0001_thoracic/dicom_C6-T5_part4.zip"
    (row,) = json.loads(run("series", source, "--json").stdout)
    assert row["modality"] == "CT"
    key, out, mapping = tmp_path / "key", tmp_path / "out", tmp_path / "who.json"
    result = run("deidentify", source, out, "--pseudonym", "P1", "--key", key, "--mapping", mapping)
    assert result.returncode == 0, result.stderr
    assert stat.S_IMODE(key.stat().st_mode) == stat.S_IMODE(mapping.stat().st_mode) == 0o600
    assert b"LIDC" not in b"".join(file.read_bytes() for file in out.iterdir())
    (again,) = json.loads(run("series", out, "--json").stdout)
    assert again["key"] != row["key"]
    assert {**again, "key": ""} == {**row, "key": ""}
    refused = run("deidentify", source, out, "--pseudonym", "P1", "--key", key)
    assert refused.returncode == 2
    assert "exists already" in refused.stderr


@pytest.mark.shared_data
def test_two_studies_imported_with_one_key_keep_their_interval(shared_data, tmp_path):
    """The day in the case is the day of the source, shifted."""
    source = shared_data / "lidc0001_thoracic/dicom_C6-T5_part4.zip"
    case, key = tmp_path / "case", tmp_path / "key"
    assert run("new", case, "--pseudonym", "P1").returncode == 0
    for study in ("a", "b"):
        done = run("import", source, case, "--study", study, "--key", key)
        assert done.returncode == 0, done.stderr
    one, two = read_case(case).studies
    assert one.date == two.date
    assert str(one.date) != "2000-01-01"


def test_a_refused_import_or_deidentification_leaves_no_new_key_and_keeps_an_old_one(tmp_path):
    case, fresh, kept = tmp_path / "case", tmp_path / "fresh", tmp_path / "kept"
    assert run("new", case, "--pseudonym", "P1").returncode == 0
    kept.write_text("00ff" * 16 + "\n")
    (tmp_path / "no-images").mkdir()
    for key in (fresh, kept):
        both = run("import", tmp_path, case, "--study", "c", "--key", key, "--date", "2013-02-08")
        assert both.returncode == 2
        assert "--date, or --key" in both.stderr
        for args in (
            ("import", tmp_path / "no-images", case, "--study", "c"),
            ("deidentify", tmp_path / "no-images", tmp_path / "out", "--pseudonym", "P1"),
        ):
            assert run(*args, "--key", key).returncode == 2
    assert not (case / "studies" / "c").exists()
    assert not fresh.exists()
    assert kept.read_text() == "00ff" * 16 + "\n"
