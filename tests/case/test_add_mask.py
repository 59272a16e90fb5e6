"""A mask is added to its study; every other line of case.yaml stays as it was."""

from dataclasses import replace

import pytest

from oncospine.base import InputError
from oncospine.case import MaskContent, MaskFile, add_mask, read_case

MASK = MaskFile(
    path="outlines/ct.nii.gz", convention="mask", what=MaskContent.TUMOUR, made_by="oncospine outline: edited"
)

HEAD = "schema_version: 1\npseudonym: someone\nstudies:\n"
OTHER = "  - {id: mr, date: 2013-01-01, modality: MR}\n"

FORMS = {
    "no masks, study last": HEAD + OTHER + "  - id: ct\n    date: 2013-01-01\n    modality: CT\n",
    "no masks, study first": HEAD + "  - id: ct\n    date: 2013-01-01\n    modality: CT\n\n  # the MR\n" + OTHER,
    "masks in flow form": HEAD
    + "  - id: ct\n    masks:\n      - {path: a.nii.gz, convention: verse, what: anatomy}  # by hand\n"
    + "    date: 2013-01-01\n    modality: CT\n# end\n",
    "masks in block form": HEAD
    + "- id: ct\n  date: 2013-01-01\n  modality: CT\n  masks:\n  - path: a.nii.gz\n    convention: verse\n"
    + "    what: anatomy\nnotes: last\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outlines").mkdir()
    for name in ("a.nii.gz", "outlines/ct.nii.gz"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_the_mask_is_the_only_change(folder, text):
    (folder / "case.yaml").write_text(text)
    before = read_case(folder)
    add_mask(folder, "ct", MASK)
    after = read_case(folder)
    assert after.study("ct") == replace(before.study("ct"), masks=(*before.study("ct").masks, MASK))
    assert [study for study in after.studies if study.id != "ct"] == [s for s in before.studies if s.id != "ct"]
    written = (folder / "case.yaml").read_text().splitlines()
    kept = [line for line in written if "outlines/ct.nii.gz" not in line and line.strip() != "masks:"]
    assert kept == [line for line in text.splitlines() if line.strip() != "masks:"]


@pytest.mark.parametrize(
    "study",
    ["{id: ct, date: 2013-01-01, modality: CT}", "id: ct\n    date: 2013-01-01\n    modality: CT\n    masks: []"],
)
def test_a_study_on_one_line_is_left_alone_and_the_line_is_shown(folder, study):
    text = HEAD + f"  - {study}\n"
    (folder / "case.yaml").write_text(text)
    with pytest.raises(InputError, match=r"- \{path: outlines/ct.nii.gz"):
        add_mask(folder, "ct", MASK)
    assert (folder / "case.yaml").read_text() == text


def test_a_mask_is_added_once_and_only_to_a_known_study(folder):
    (folder / "case.yaml").write_text(FORMS["no masks, study last"])
    add_mask(folder, "ct", MASK)
    with pytest.raises(InputError, match="already"):
        add_mask(folder, "ct", MASK)
    with pytest.raises(InputError, match="xx"):
        add_mask(folder, "xx", MASK)
