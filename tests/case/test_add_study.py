from dataclasses import replace
from datetime import date

import pytest

from oncospine.base import InputError
from oncospine.case import MaskContent, MaskFile, Modality, Study, add_study, new_case, read_case

STUDY = Study(
    id="ct-2",
    date=date(2013, 2, 9),
    modality=Modality.CT,
    scan="studies/ct-2/scan.nii.gz",
    masks=(MaskFile(path="studies/ct-2/labels.nii.gz", convention="verse", what=MaskContent.ANATOMY),),
)

HEAD = "schema_version: 1\npseudonym: someone\n"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "studies" / "ct-2"
    place.mkdir(parents=True)
    for name in ("scan.nii.gz", "labels.nii.gz", "other.nii.gz"):
        (place / name).write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "studies:\n",
        "studies: []\n",
        "studies:  # all scans\n  # none yet\nnotes: last\n",
        "studies:\n- id: a\n  date: 2013-01-01\n  modality: MR\nnotes: last\n",
        "studies:\n    - id: a\n      date: 2013-01-01\n      modality: MR\n\n# the end\n",
    ],
)
def test_a_study_is_added_and_nothing_else_changes(folder, rest):
    (folder / "case.yaml").write_text(HEAD + rest)
    before = read_case(folder)
    add_study(folder, STUDY)
    assert read_case(folder) == replace(before, studies=(*before.studies, STUDY))
    kept = [line for line in (HEAD + rest).splitlines() if line.startswith("#") or "# none yet" in line]
    assert all(line in (folder / "case.yaml").read_text() for line in kept)


def test_the_template_takes_a_study_and_keeps_its_comments(folder):
    new_case(folder, pseudonym="someone")
    comments = (folder / "case.yaml").read_text().count("#")
    add_study(folder, STUDY)
    assert read_case(folder).study("ct-2") == STUDY
    assert (folder / "case.yaml").read_text().count("#") == comments


def test_an_id_is_used_once(folder):
    (folder / "case.yaml").write_text(HEAD)
    add_study(folder, STUDY)
    text = (folder / "case.yaml").read_text()
    with pytest.raises(InputError, match="already"):
        add_study(folder, STUDY)
    assert (folder / "case.yaml").read_text() == text


def test_a_list_on_one_line_is_left_alone_and_the_lines_are_shown(folder):
    text = HEAD + "studies: [{id: a, date: 2013-01-01, modality: MR}]\n"
    (folder / "case.yaml").write_text(text)
    with pytest.raises(InputError, match="id: ct-2"):
        add_study(folder, STUDY)
    assert (folder / "case.yaml").read_text() == text
