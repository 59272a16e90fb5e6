"""`outline` and `find-lesions` as a user runs them: edits, undo, acceptance, confirmation; nothing used silently."""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from oncospine.case import MaskContent, read_case
from oncospine.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """(exit code, stdout, stderr) of a command line."""

    def called(*words):
        monkeypatch.setattr(sys, "argv", ["oncospine", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def without_tumour(case: Path) -> Path:
    """The case as it comes from the scanner: no tumour mask."""
    path = case / "case.yaml"
    lines = path.read_text().splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if "tumour.nii.gz" in line)
    first = at
    while not lines[first].lstrip().startswith("- "):
        first -= 1
    last = at + 1
    indent = lines[first].index("-")
    while last < len(lines) and lines[last].strip() and not lines[last][: indent + 1].strip():
        last += 1
    path.write_text("".join([*lines[:first], *lines[last:]]))
    assert read_case(case).study("ct").masks_of(MaskContent.TUMOUR) == ()
    return case


def truth(case: Path) -> tuple[np.ndarray, np.ndarray]:
    image = nib.load(case / "studies" / "ct" / "tumour.nii.gz")
    return np.asanyarray(image.dataobj), image.affine


def point_in(case: Path, value: int) -> str:
    """The deepest point of one compartment of the tumour, as X,Y,Z."""
    from scipy import ndimage

    array, affine = truth(case)
    depth = ndimage.distance_transform_edt(array == value)
    voxel = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    return ",".join(f"{mm:.1f}" for mm in (affine @ [*voxel, 1])[:3])


def mask_of(case: Path, name: str = "tumour") -> np.ndarray:
    return np.asanyarray(nib.load(case / "studies" / "ct" / f"outline-{name}.nii.gz").dataobj) > 0


def files_of(case: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in case.rglob("*") if path.is_file()}


def test_an_outline_grows_is_edited_is_undone_and_is_used_once_accepted(phantom_case, run):
    case = without_tumour(phantom_case)
    inside = point_in(case, 3)
    before = (case / "case.yaml").read_bytes()
    code, out, _ = run("outline", case, "--study", "ct", f"--inside={inside}", "--json")
    first = json.loads(out)
    assert code == 0
    assert first["volume_ml"] > 0.3
    assert f"{first['volume_ml']:.2f} ml" in (case / first["page"]).read_text()
    assert first["change_ml"] is None
    voxel_ml = 1.5 / 1000
    assert mask_of(case).sum() * voxel_ml == pytest.approx(first["volume_ml"], rel=1e-5)
    original = mask_of(case)

    x, y, z = (float(part) for part in inside.split(","))
    box = ",".join(f"{value:.1f}" for value in (x - 6, y - 6, z - 6, x + 6, y + 6, z + 6))
    code, out, _ = run("outline", case, "--study", "ct", f"--box={box}", "--json")
    second = json.loads(out)
    assert second["change_ml"] == pytest.approx(second["volume_ml"] - first["volume_ml"], abs=2e-6)
    assert second["volume_ml"] <= 13**3 / 1000
    assert not np.array_equal(mask_of(case), original)

    code, out, _ = run("outline", case, "--study", "ct", "--undo", "--json")
    assert json.loads(out)["volume_ml"] == first["volume_ml"]
    assert np.array_equal(mask_of(case), original)
    assert (case / "case.yaml").read_bytes() == before
    assert read_case(case).study("ct").masks_of(MaskContent.TUMOUR) == ()

    code, out, _ = run("outline", case, "--study", "ct", "--accept", "--by", "radiologist")
    assert code == 0
    assert "the case measures it" in out
    mask = read_case(case).study("ct").mask(MaskContent.TUMOUR)
    assert mask.path == "studies/ct/outline-tumour.nii.gz"
    assert mask.made_by == "oncospine outline, 1 edit(s), accepted by radiologist"
    code, out, _ = run("measure", case, "--json")
    assert json.loads(out)["tumour"]["volume_ml"]["value"] == pytest.approx(first["volume_ml"], rel=1e-4)


def test_a_box_alone_starts_an_outline_and_bounds_it(phantom_case, run):
    inside = point_in(phantom_case, 3)
    x, y, z = (float(part) for part in inside.split(","))
    box = ",".join(f"{value:.1f}" for value in (x + 9, y - 9, z - 9, x - 9, y + 9, z + 9))
    code, out, err = run("outline", phantom_case, "--study", "ct", f"--box={box}")
    assert code == 0, err
    assert "the middle of the box counts as one" in out
    boxed = mask_of(phantom_case)
    code, out, _ = run("outline", phantom_case, "--study", "ct", f"--inside={x},{y},{z}")
    assert "+0.00 ml" in out
    assert "the middle of the box" not in out
    assert np.array_equal(mask_of(phantom_case), boxed)
    _, affine = truth(phantom_case)
    corners = (affine @ np.c_[np.argwhere(boxed), np.ones(boxed.sum())].T)[:3].T
    assert (np.abs(corners - [x, y, z]) <= 9 + 1.5).all()
    assert boxed.sum() * 1.5 / 1000 > 0.3


def test_lps_points_are_the_same_places(phantom_case, run):
    inside = point_in(phantom_case, 3)
    x, y, z = (float(part) for part in inside.split(","))
    run("outline", phantom_case, "--study", "ct", f"--inside={inside}", "--name", "ras")
    run("outline", phantom_case, "--study", "ct", f"--inside={-x},{-y},{z}", "--lps", "--name", "lps")
    assert np.array_equal(mask_of(phantom_case, "ras"), mask_of(phantom_case, "lps"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--study", "ct"], "nothing to add"),
        (["--study", "xx", "--inside=0,0,0"], "unknown study 'xx'"),
        (["--study", "ct", "--inside=1,2"], "expected X,Y,Z in mm"),
        (["--study", "ct", "--inside=1,2,nan"], "expected X,Y,Z in mm"),
        (["--study", "ct", "--inside=0,0,9000"], "outside the scan"),
        (["--study", "ct", "--outside=0,0,0"], "starts from a point inside the lesion, or a box"),
        (["--study", "ct", "--inside=0,0,0", "--box=1,2,3"], "expected two corners"),
        (["--study", "ct", "--undo"], "no outline 'tumour' yet"),
        (["--study", "ct", "--undo", "--inside=0,0,0"], "--undo stands alone"),
        (["--study", "ct", "--accept"], "--accept needs --by"),
        (["--study", "ct", "--accept", "--by", "radiologist"], "no outline 'tumour' yet"),
        (["--study", "ct", "--inside=0,0,0", "--name", "../x"], "cannot name an outline"),
    ],
)
def test_an_outline_that_cannot_be_is_refused_and_nothing_is_written(phantom_case, run, words, says):
    before = files_of(phantom_case)
    code, out, err = run("outline", phantom_case, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert files_of(phantom_case) == before


def test_a_study_that_has_a_tumour_mask_keeps_it(phantom_case, run):
    run("outline", phantom_case, "--study", "ct", f"--inside={point_in(phantom_case, 3)}")
    before = files_of(phantom_case)
    code, _, err = run("outline", phantom_case, "--study", "ct", "--accept", "--by", "radiologist")
    assert code == 2
    assert "has the tumour mask studies/ct/tumour.nii.gz already" in err
    assert files_of(phantom_case) == before


def test_the_only_edit_cannot_be_undone_and_a_broken_list_of_edits_is_said(phantom_case, run):
    run("outline", phantom_case, "--study", "ct", f"--inside={point_in(phantom_case, 3)}")
    code, _, err = run("outline", phantom_case, "--study", "ct", "--undo")
    assert (code, "one edit only" in err) == (2, True)
    (phantom_case / "studies" / "ct" / "outline-tumour.json").write_text('{"edits": [{"inside": 3}]}')
    code, _, err = run("outline", phantom_case, "--study", "ct", "--undo")
    assert (code, "not a list of edits" in err) == (2, True)


def test_proposals_are_written_and_nothing_else_changes(phantom_case, run):
    case = without_tumour(phantom_case)
    before = files_of(case)
    code, out, _ = run("find-lesions", case, "--study", "ct")
    assert code == 0
    assert "to be confirmed by a reader" in out
    changed = {path for path, data in files_of(case).items() if before.get(path) != data}
    assert changed == {case / "results" / f"lesion_proposals.{ending}" for ending in ("json", "html")}
    found = json.loads((case / "results" / "lesion_proposals.json").read_text())
    array, affine = truth(case)
    assert found["proposals"]
    top = found["proposals"][0]
    voxel = np.rint(np.linalg.inv(affine) @ [*top["centre_ras_mm"], 1])[:3].astype(int)
    assert top["level"] in {"T3", "T4"}
    assert array[tuple(voxel)] == 1


def test_confirmed_proposals_become_the_tumour_of_the_study(phantom_case, run):
    case = without_tumour(phantom_case)
    code, out, err = run("find-lesions", case, "--study", "ct", "--confirm", "1", "--by", "radiologist", "--json")
    assert code == 0, err
    top = json.loads(out)["found"][0]
    mask = read_case(case).study("ct").mask(MaskContent.TUMOUR)
    assert mask.made_by == "oncospine find-lesions, proposals 1 confirmed by radiologist"
    written = np.asanyarray(nib.load(case / mask.path).dataobj) > 0
    assert written.sum() * 1.5 / 1000 == pytest.approx(top["volume_ml"], rel=1e-4)
    array, _ = truth(case)
    assert (array[written] > 0).mean() > 0.5
    code, out, _ = run("measure", case, "--json")
    assert code == 0
    assert json.loads(out)["tumour"]["involved_levels"] == [top["level"]]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--study", "ct", "--confirm", "1"], "--confirm needs --by"),
        (["--study", "ct", "--confirm", "99", "--by", "radiologist"], "there is no proposal 99"),
        (["--study", "ct", "--confirm", "1", "--by", "radiologist"], "has the tumour mask studies/ct/tumour.nii.gz"),
        (["--study", "xx"], "unknown study 'xx'"),
    ],
)
def test_a_search_that_cannot_be_is_refused_and_nothing_is_written(phantom_case, run, words, says):
    before = files_of(phantom_case)
    code, out, err = run("find-lesions", phantom_case, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert files_of(phantom_case) == before


def test_mr_is_not_searched(phantom_case, run):
    path = phantom_case / "case.yaml"
    path.write_text(path.read_text().replace("modality: CT", "modality: MR"))
    code, _, err = run("find-lesions", phantom_case, "--study", "ct")
    assert code == 2
    assert "reads CT only" in err
