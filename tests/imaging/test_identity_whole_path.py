"""Nothing of a patient's identity that stands in a DICOM series comes out of any command: files, names, words."""

import base64
import gzip
import re
import shutil
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from imaging_samples import IDENTIFIERS, NAME, ct_series, dicom_folder
from typer.testing import CliRunner

from oncospine.base import Level, parse_levels
from oncospine.cli.app import app
from oncospine.phantom import BonePiece, EpiduralPiece, PhantomSpec, TumourSpec, make_phantom

SPACING_MM = (1.2, 1.2, 1.5)


def run(*words: object) -> str:
    told = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Path, list[str]]:
    """A case imported from DICOM of an identified patient, every command run on it, and all that was printed."""
    tumour = TumourSpec(
        bone=(BonePiece(level=Level.T4, part="body", fraction=0.6, centre=(0.2, -0.6, 0.0)),),
        epidural=(EpiduralPiece(level=Level.T4, thickness_mm=5.0, length_mm=16.0, clock_deg=20.0, offset_mm=0.0),),
    )
    phantom = make_phantom(PhantomSpec(levels=parse_levels("T2-T6"), voxel_mm=SPACING_MM, seed=4, tumour=tumour))
    place = tmp_path_factory.mktemp("identity")
    image = phantom.scan.volume.canonical().array[::-1, ::-1]
    rows, columns = SPACING_MM[1], SPACING_MM[0]
    series = dicom_folder(place / NAME, ct_series(np.asarray(image), step=SPACING_MM[2], spacing=(rows, columns)))
    run("new", place / "scratch")
    run("import", series, place / "scratch", "--study", "ct", "--date", "2020-05-17")
    stored = nib.load(place / "scratch" / "studies" / "ct" / "scan.nii.gz")
    for name, volume in (("labels", phantom.labels.volume), ("tumour", phantom.tumour)):
        array = _like(np.asarray(stored.affine), volume.canonical().array)
        assert array.shape == stored.shape
        nib.save(nib.Nifti1Image(array, stored.affine), place / f"{name}.nii.gz")
    case = place / "case"
    told = [run("series", series), run("new", case)]
    masks = ["--labels", place / "labels.nii.gz", "--labels-convention", "totalsegmentator_total"]
    masks += ["--tumour", place / "tumour.nii.gz", "--tumour-convention", "tumour_compartments"]
    told.append(run("import", series, case, "--study", "ct", "--date", "2020-05-17", *masks))
    for words in (["measure", case], ["assess", case], ["plan", case], ["compare", case], ["export", case]):
        told.append(run(*words))
    shutil.copytree(case, place / "kept")
    return place / "kept", told


def _like(affine: np.ndarray, array: np.ndarray) -> np.ndarray:
    """A canonical array turned to the axes of a stored file."""
    flips = tuple(slice(None, None, int(np.sign(affine[axis, axis]))) for axis in range(3))
    return np.ascontiguousarray(array[flips])


def contents(path: Path) -> list[bytes]:
    """All bytes of a file, those inside its compression and its pictures too."""
    found = [path.read_bytes()]
    if path.suffix == ".html":
        packed = re.compile(rb"base64,([A-Za-z0-9+/=]+)")
        found = [packed.sub(b"", found[0]), *(base64.b64decode(part) for part in packed.findall(found[0]))]
    if path.suffix == ".gz":
        found = [gzip.decompress(found[0])]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(name) for name in archive.namelist()]
            found += [name.encode() for name in archive.namelist()]
    return found


@pytest.mark.slow
def test_no_identifier_survives_in_a_file_a_name_or_a_word(walked):
    case, told = walked
    files = [path for path in case.rglob("*") if path.is_file()]
    made = {path.name for path in files}
    assert {"case.yaml", "findings.json", "assessment.json", "plan.json", "report.html", "comparison.html"} <= made
    for identifier in IDENTIFIERS:
        secret = identifier.lower()
        assert not [path for path in files if secret in str(path.relative_to(case)).lower()]
        leaking = [path.name for path in files for part in contents(path) if secret.encode() in part.lower()]
        assert not leaking, (identifier, leaking)
        assert not [words for words in told if secret in words.lower()], identifier
