"""Bad input of any kind: one clear message, exit code 2, no traceback, nothing half-written."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import yaml


def run(*words):
    """The command line as a user runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from oncospine.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
    )


def files_below(folder):
    return {path.relative_to(folder): path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()}


def refused(case, *, says):
    """`oncospine measure` refuses the case with exit code 2 and a message, and leaves the folder as it was."""
    before = files_below(case)
    result = run("measure", case)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    for word in says:
        assert word in result.stderr
    assert files_below(case) == before


def rewritten(path, change):
    """Replace the image in `path` by what `change(array, affine)` returns."""
    image = nib.load(path)
    array, affine = change(np.asanyarray(image.dataobj).copy(), image.affine.copy())
    new = nib.Nifti1Image(array, affine)
    nib.save(new, path)


def labels(case):
    return case / "studies" / "ct" / "labels.nii.gz"


def tumour(case):
    return case / "studies" / "ct" / "tumour.nii.gz"


def scan(case):
    return case / "studies" / "ct" / "scan.nii.gz"


def edited(case, change):
    record = yaml.safe_load((case / "case.yaml").read_text())
    change(record)
    (case / "case.yaml").write_text(yaml.safe_dump(record))


def test_missing_file(phantom_case):
    labels(phantom_case).unlink()
    refused(phantom_case, says=["labels.nii.gz", "case.yaml"])


def test_truncated_gzip(phantom_case):
    data = labels(phantom_case).read_bytes()
    labels(phantom_case).write_bytes(data[: len(data) // 2])
    refused(phantom_case, says=["labels.nii.gz"])


def test_not_gzip_at_all(phantom_case):
    scan(phantom_case).write_bytes(b"hello" * 100)
    refused(phantom_case, says=["scan.nii.gz"])


def test_gzip_of_something_else(phantom_case):
    scan(phantom_case).write_bytes(gzip.compress(b"hello" * 1000))
    refused(phantom_case, says=["scan.nii.gz"])


def test_tumour_mask_on_another_grid(phantom_case):
    def shifted(array, affine):
        affine[0, 3] += 0.4
        return array, affine

    rewritten(tumour(phantom_case), shifted)
    refused(phantom_case, says=["tumour.nii.gz", "shape", "first voxel at RAS"])


def test_labels_on_another_grid(phantom_case):
    rewritten(labels(phantom_case), lambda array, affine: (array, affine @ np.diag([1.01, 1, 1, 1])))
    refused(phantom_case, says=["scan", "labels", "shape", "first voxel at RAS"])


def test_unknown_label(phantom_case):
    def with_unknown(array, affine):
        array[0, 0, 0] = 250
        return array, affine

    rewritten(labels(phantom_case), with_unknown)
    refused(phantom_case, says=["250", "labels.nii.gz"])


def test_wrong_convention(phantom_case):
    edited(phantom_case, lambda record: record["studies"][0]["masks"][0].update(convention="verse"))
    refused(phantom_case, says=["labels.nii.gz", "verse"])


def test_unknown_convention_offers_the_nearest(phantom_case):
    edited(phantom_case, lambda record: record["studies"][0]["masks"][0].update(convention="totalsegmentator_totl"))
    refused(phantom_case, says=["totalsegmentator_totl", "totalsegmentator_total"])


def test_empty_tumour(phantom_case):
    rewritten(tumour(phantom_case), lambda array, affine: (np.zeros_like(array), affine))
    refused(phantom_case, says=["empty"])


def test_non_finite_affine(phantom_case):
    data = bytearray(gzip.decompress(labels(phantom_case).read_bytes()))
    data[280:296] = np.full(4, np.nan, "<f4").tobytes()
    labels(phantom_case).write_bytes(gzip.compress(bytes(data)))
    refused(phantom_case, says=["labels.nii.gz"])


def test_two_dimensional_image(phantom_case):
    rewritten(labels(phantom_case), lambda array, affine: (array[:, :, 0], affine))
    refused(phantom_case, says=["labels.nii.gz"])


def test_mask_of_fractions(phantom_case):
    rewritten(tumour(phantom_case), lambda array, affine: (array.astype(np.float32) * 0.5, affine))
    refused(phantom_case, says=["tumour.nii.gz"])


def test_labels_without_vertebrae(phantom_case):
    rewritten(labels(phantom_case), lambda array, affine: (np.where(array == 79, 79, 0).astype(np.uint8), affine))
    refused(phantom_case, says=["no vertebra"])


def test_no_case(tmp_path):
    result = run("measure", tmp_path)
    assert result.returncode == 2
    assert "oncospine new" in result.stderr


def test_misspelt_field_names_its_line(phantom_case):
    edited(phantom_case, lambda record: record.update(pseudonim="x"))
    refused(phantom_case, says=["case.yaml", "pseudonim", "did you mean 'pseudonym'"])


def test_a_left_handed_affine_is_legal_and_changes_nothing(phantom_case):
    first = json.loads(run("measure", phantom_case, "--json").stdout)

    def flipped(array, affine):
        turn = np.eye(4)
        turn[0, 0], turn[0, 3] = -1, array.shape[0] - 1
        return array[::-1].copy(), affine @ turn

    for path in (labels(phantom_case), tumour(phantom_case), scan(phantom_case)):
        rewritten(path, flipped)
    second = json.loads(run("measure", phantom_case, "--json").stdout)
    assert first["tumour"] == second["tumour"]
    assert first["spine"] == second["spine"]
