"""The adapters against fake programs that take the same arguments and write the same files as the real ones."""

import json
import os
import stat
import sys
import textwrap

import numpy as np
import pytest
from imaging_samples import ct_series, dicom_folder, intensities, labels, nifti

from oncospine.base import InputError, MissingExtraError
from oncospine.imaging import conventions, engine, engines, read_labels, read_scan, segment

TOTALSEGMENTATOR = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", required=True)
    parser.add_argument("-o", required=True)
    parser.add_argument("-ml", action="store_true")
    parser.add_argument("-ta", choices=["total", "total_mr", "vertebrae_mr"], default="total")
    given = parser.parse_args()
    print("Resampling...", flush=True)
    print("  0%|          | 0/8", flush=True)
    print(" 50%|#####     | 4/8", flush=True)
    image = nib.load(given.i)
    assert given.ml and given.o.endswith(".nii.gz")
    nib.save(nib.Nifti1Image(OUTPUT, image.affine), given.o)
"""

TOTALSPINESEG = """
    source, target = sys.argv[1:]
    (file,) = Path(source).glob("*.nii.gz")
    image = nib.load(file)
    for folder in ("step1_output", "step2_output"):
        (Path(target) / folder).mkdir()
        nib.save(nib.Nifti1Image(OUTPUT, image.affine), Path(target) / folder / file.name)
"""

SPINEPS = """
    assert sys.argv[1] == "sample"
    words = sys.argv[2:]
    file = Path(words[words.index("-i") + 1])
    assert words[words.index("-model_semantic") + 1] == "t2w"
    assert words[words.index("-model_labeling") + 1] == "labeling"
    image = nib.load(file)
    folder = file.parent / "derivatives_seg"
    folder.mkdir()
    for kind, values in (("seg-vert", OUTPUT), ("seg-spine", np.where(OUTPUT > 0, 49, 0).astype(np.uint8))):
        nib.save(nib.Nifti1Image(values, image.affine), folder / f"sub-case_mod-T2w_{kind}_msk.nii.gz")
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Install a program of that name on the PATH; `output` is what it segments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def install(name, body, output=None):
        np.save(folder / f"{name}.npy", labels() if output is None else output)
        head = f"""
            #!{sys.executable}
            import sys
            from pathlib import Path
            import nibabel as nib
            import numpy as np
            OUTPUT = np.load({str(folder / f"{name}.npy")!r})
        """
        path = folder / name
        path.write_text(textwrap.dedent(head).strip() + "\n" + textwrap.dedent(body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return install


@pytest.fixture
def scan(tmp_path):
    return read_scan(nifti(tmp_path / "scan.nii", intensities()), modality="unknown")


def test_totalsegmentator_is_run_and_its_output_kept(tmp_path, fake, scan):
    fake("TotalSegmentator", TOTALSEGMENTATOR)
    seen = []
    (mask,) = segment(
        scan,
        tmp_path / "out",
        engine_name="totalsegmentator",
        progress=lambda doing, part=None: seen.append((doing, part)),
    )
    assert mask.convention == "totalsegmentator_total"
    found = read_labels(tmp_path / "out" / mask.file, convention=mask.convention)
    np.testing.assert_array_equal(found.volume.array, labels())
    assert any("dural sac" in note for note in mask.notes)
    assert ("TotalSegmentator: 50%|#####     | 4/8", 0.5) in seen


def test_totalspineseg_takes_folders_and_its_second_step_is_kept(tmp_path, fake, scan):
    fake("totalspineseg", TOTALSPINESEG, np.where(labels() == 41, 23, 0).astype(np.uint8))
    (mask,) = segment(scan, tmp_path / "out", engine_name="totalspineseg")
    found = read_labels(tmp_path / "out" / mask.file, convention=mask.convention)
    np.testing.assert_array_equal(found.mask_of("vertebra T3").array, labels() == 41)


def test_spineps_gives_two_masks(tmp_path, fake, scan):
    fake("spineps", SPINEPS, np.where(labels() == 41, 10, 0).astype(np.uint8))
    masks = segment(scan, tmp_path / "out", engine_name="spineps")
    assert [mask.convention for mask in masks] == ["spineps_vert", "spineps_subregion"]
    found = read_labels(tmp_path / "out" / masks[0].file, convention="spineps_vert")
    np.testing.assert_array_equal(found.mask_of("vertebra T3").array, labels() == 41)


def test_a_missing_engine_says_how_to_install_it(tmp_path, scan, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(MissingExtraError, match=r"not installed.*pip install totalspineseg"):
        segment(scan, tmp_path / "out", engine_name="totalspineseg")


def test_an_engine_that_fails_is_quoted_and_nothing_is_kept(tmp_path, fake, scan):
    fake("TotalSegmentator", "    print('CUDA out of memory <b>'); sys.exit(3)")
    with pytest.raises(InputError, match=r"failed \(exit code 3\); it said: CUDA out of memory \?b\?"):
        segment(scan, tmp_path / "out", engine_name="totalsegmentator")
    assert not (tmp_path / "out").exists()


def test_an_engine_that_writes_nothing(tmp_path, fake, scan):
    fake("TotalSegmentator", "    print('done')")
    with pytest.raises(InputError, match="wrote 0 files where one was expected"):
        segment(scan, tmp_path / "out", engine_name="totalsegmentator")


def test_output_on_another_grid_is_refused(tmp_path, fake, scan):
    fake("TotalSegmentator", TOTALSEGMENTATOR.replace("image.affine", "image.affine * 1.01"))
    with pytest.raises(InputError, match="the output of TotalSegmentator is not on the grid of the scan"):
        segment(scan, tmp_path / "out", engine_name="totalsegmentator")
    assert not (tmp_path / "out").exists()


def test_output_with_labels_of_another_version_is_refused(tmp_path, fake, scan):
    fake("TotalSegmentator", TOTALSEGMENTATOR, np.where(labels() > 0, 200, 0).astype(np.uint8))
    with pytest.raises(InputError, match="has no label 200"):
        segment(scan, tmp_path / "out", engine_name="totalsegmentator")


def test_an_engine_for_mr_is_not_run_on_ct(tmp_path, fake):
    fake("totalspineseg", TOTALSPINESEG)
    ct = read_scan(dicom_folder(tmp_path / "d", ct_series()))
    with pytest.raises(InputError, match="made for MR; this scan is CT"):
        segment(ct, tmp_path / "out", engine_name="totalspineseg")


def test_the_engine_sees_no_identifier(tmp_path, fake):
    record = tmp_path / "seen.json"
    body = (
        TOTALSEGMENTATOR
        + f"""
    import json
    Path({str(record)!r}).write_text(json.dumps([sys.argv, str(nib.load(given.i).header)]))
"""
    )
    fake("TotalSegmentator", body, np.ascontiguousarray(labels()))
    ct = read_scan(dicom_folder(tmp_path / "d", ct_series()))
    segment(ct, tmp_path / "out", engine_name="totalsegmentator")
    from imaging_samples import IDENTIFIERS

    text = json.dumps(json.loads(record.read_text()))
    assert not [word for word in IDENTIFIERS if word in text]


def test_an_unknown_engine_offers_the_nearest(tmp_path, scan):
    with pytest.raises(InputError, match="did you mean 'totalsegmentator'"):
        segment(scan, tmp_path / "out", engine_name="totalsegmentor")


@pytest.mark.parametrize("name", engines())
def test_every_engine_writes_under_a_known_convention(name):
    for output in engine(name).outputs:
        assert output.convention in conventions()
