"""A case as a folder: written whole, hashed, never overwritten."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date
from pathlib import Path

import pytest

from oncospine.base import InputError
from oncospine.case import (
    Case,
    HistoryEntry,
    MaskContent,
    MaskFile,
    Modality,
    PartialDate,
    Sex,
    Study,
    case_yaml,
    input_files,
    input_hashes,
    new_case,
    parse_case,
    read_case,
    read_result,
    results_folder,
    write_case,
    write_result,
)


def case_with_files(folder: Path) -> Case:
    mask = MaskFile(path="studies/a/mask.nii.gz", convention="binary", what=MaskContent.TUMOUR)
    study = Study(id="a", date=date(2013, 2, 8), modality=Modality.CT, scan="studies/a/dicom", masks=(mask,))
    (folder / "studies/a/dicom").mkdir(parents=True)
    (folder / "studies/a/dicom/1.dcm").write_bytes(b"one")
    (folder / "studies/a/mask.nii.gz").write_bytes(b"mask")
    write_case(Case(pseudonym="P-1", studies=(study,)), folder)
    return read_case(folder)


def test_a_new_case_is_valid_and_is_never_overwritten(tmp_path: Path):
    path = new_case(tmp_path / "P-7", pseudonym="P-7", birth_year=1961, sex=Sex.FEMALE)
    case = read_case(tmp_path / "P-7")
    assert case == Case(pseudonym="P-7", birth_year=1961, sex=Sex.FEMALE)
    before = path.read_bytes()
    with pytest.raises(InputError, match="not overwritten"):
        new_case(tmp_path / "P-7", pseudonym="P-8")
    assert path.read_bytes() == before


def test_every_commented_line_of_the_template_is_valid_too(tmp_path: Path):
    lines = new_case(tmp_path, pseudonym="P-7").read_text("utf-8").split("\n")
    header = next(number for number, line in enumerate(lines) if line.startswith("schema_version"))
    text = "\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines[header:])
    text = text.replace("histology_id: ", "histology_id: leiomyosarcoma ")
    case = parse_case(text)
    assert len(case.exams) == len(case.laboratory) == len(case.studies) == len(case.overrides) == 1
    assert case.wishes.declines_surgery is False


def test_a_new_case_refuses_a_name_and_writes_nothing(tmp_path: Path):
    with pytest.raises(InputError, match="pseudonym"):
        new_case(tmp_path / "a", pseudonym="Jane Doe")
    assert not (tmp_path / "a").exists()


def test_a_new_case_needs_a_folder(tmp_path: Path):
    (tmp_path / "a").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        new_case(tmp_path / "a", pseudonym="P-1")


def test_a_case_reads_back_equal_and_knows_its_folder(tmp_path: Path):
    case = case_with_files(tmp_path)
    assert case.folder == tmp_path
    assert parse_case(case_yaml(case)) == case
    assert "folder" not in case.to_plain()


def test_a_case_that_cannot_be_kept_is_not_written(tmp_path: Path):
    wrong = Case(pseudonym="Jane Doe")
    with pytest.raises(InputError):
        write_case(wrong, tmp_path)
    beyond = Case(pseudonym="P-1", notes=7)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        write_case(beyond, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_write_leaves_the_old_case(tmp_path: Path):
    path = write_case(Case(pseudonym="P-1"), tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError):
        write_case(Case(pseudonym="P-1", history=(HistoryEntry(date=PartialDate("2999"), what="x"),)), tmp_path)
    assert path.read_bytes() == before


def test_every_input_is_hashed(tmp_path: Path):
    case = case_with_files(tmp_path)
    hashes = input_hashes(case)
    assert tuple(hashes) == input_files(case) == ("case.yaml", "studies/a/dicom", "studies/a/mask.nii.gz")
    assert hashes["studies/a/mask.nii.gz"] == "sha256:" + hashlib.sha256(b"mask").hexdigest()
    (tmp_path / "studies/a/dicom/1.dcm").write_bytes(b"two")
    changed = {name for name, value in input_hashes(case).items() if value != hashes[name]}
    assert changed == {"studies/a/dicom"}


def test_inputs_that_went_away_are_told(tmp_path: Path):
    case = case_with_files(tmp_path)
    (tmp_path / "studies/a/mask.nii.gz").unlink()
    with pytest.raises(InputError, match=r"mask\.nii\.gz is named by the case"):
        input_hashes(case)
    with pytest.raises(InputError, match="not read from a folder"):
        input_hashes(Case(pseudonym="P-1"))


def test_results_stay_in_their_folder(tmp_path: Path):
    path = write_result(tmp_path, "findings.json", {"b": 1.0, "a": [date(2013, 2, 8)]})
    assert path == results_folder(tmp_path) / "findings.json"
    assert path.read_text() == '{\n "b": 1.0,\n "a": [\n  "2013-02-08"\n ]\n}\n'
    assert read_result(tmp_path, "findings.json") == {"b": 1.0, "a": ["2013-02-08"]}
    for name in ("../case.yaml", "/tmp/x.json", "", "a\\b"):
        with pytest.raises(InputError, match="not the name of a result"):
            write_result(tmp_path, name, {})


def test_a_result_that_is_not_there_or_broken_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="run the command"):
        read_result(tmp_path, "findings.json")
    write_result(tmp_path, "findings.json", {}).write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        read_result(tmp_path, "findings.json")


def test_a_folder_without_a_case_is_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"no case\.yaml in .*oncospine new"):
        read_case(tmp_path)
    path = write_case(Case(pseudonym="P-1"), tmp_path)
    with pytest.raises(InputError, match="give the case folder"):
        read_case(path)


def test_what_is_not_utf8_or_too_large_is_told(tmp_path: Path):
    file = tmp_path / "case.yaml"
    file.write_bytes(b"pseudonym: P-1\nnotes: M\xfcller\n")
    with pytest.raises(InputError, match=r"case\.yaml:2: found a byte that is not UTF-8"):
        read_case(tmp_path)
    file.write_bytes(b"# " + b"x" * 1_000_000)
    with pytest.raises(InputError, match="larger than 1000000 bytes"):
        read_case(tmp_path)
    with pytest.raises(InputError, match="larger than 1000000 bytes"):
        parse_case("# " + "x" * 1_000_000)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path):
    (tmp_path / "case.yaml").write_bytes(b"\xef\xbb\xbfpseudonym: P-1\r\nsex: male\r\n")
    assert read_case(tmp_path).sex is Sex.MALE


def test_a_link_to_a_scan_elsewhere_is_fine(tmp_path: Path):
    (tmp_path / "scan.nii.gz").write_bytes(b"x")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "scan.nii.gz").symlink_to(tmp_path / "scan.nii.gz")
    study = Study(id="a", date=date(2013, 2, 8), modality=Modality.CT, scan="scan.nii.gz")
    write_case(Case(pseudonym="P-1", studies=(study,)), tmp_path / "case")
    assert input_hashes(read_case(tmp_path / "case"))["scan.nii.gz"] == "sha256:" + hashlib.sha256(b"x").hexdigest()


def test_the_same_case_is_always_written_with_the_same_bytes(tmp_path: Path):
    case = case_with_files(tmp_path)
    again = dataclasses.replace(case, folder=None)
    assert case_yaml(case) == case_yaml(again) == (tmp_path / "case.yaml").read_text("utf-8")
