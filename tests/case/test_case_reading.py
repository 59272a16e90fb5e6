"""Reading case.yaml: what is accepted, and every problem with its place."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from oncospine.base import InputError, Level, Segment, Side
from oncospine.case import (
    CaseError,
    Frankel,
    MaskContent,
    PartialDate,
    case_error,
    override_kinds,
    parse_case,
    read_case,
)
from oncospine.case.explain import sections
from oncospine.case.record import Case

TODAY = date(2026, 6, 1)
DOCS = Path(__file__).parents[2] / "docs" / "case.md"


def example_text() -> str:
    found = re.search(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def refused(text: str) -> CaseError:
    with pytest.raises(CaseError) as caught:
        parse_case(text, today=TODAY)
    return caught.value


def test_the_example_of_the_documentation_is_the_reference_patient():
    case = parse_case(example_text(), today=TODAY)
    exam = case.latest_exam()
    assert exam is not None
    assert case.affected_levels == (Level.T3, Level.T4)
    assert case.age_on(date(2013, 2, 8)) == (52, 53)
    assert exam.sensory_level is not None
    assert exam.sensory_level.on(Side.LEFT) is Segment.T4
    assert exam.frankel is Frankel.D
    assert exam.motor_deficit_days == 8 * 7
    assert case.diagnosis.histology == "leiomyosarcoma, metastatic"
    assert case.diagnosis.date == PartialDate("2010-08")
    mask = case.study("ct-preop").mask(MaskContent.TUMOUR)
    assert mask is not None
    assert mask.convention == "mask"
    assert exam.isncsci is not None
    left = exam.isncsci.side(Side.LEFT)
    assert left.motor is not None
    assert left.motor[Segment.L4] == "4"
    assert left.motor[Segment.L5] == "3"
    assert left.light_touch is not None
    assert len(left.light_touch) == 28


def test_the_documentation_names_every_field():
    text = DOCS.read_text("utf-8")
    fields = {name for section in sections(Case) for name in section.__dataclass_fields__} - {"folder"}
    assert len(fields) > 120
    assert {name for name in fields if f"`{name}`" not in text} == set()


def test_the_documentation_names_every_override_with_its_words():
    rows = [line for line in DOCS.read_text("utf-8").split("\n") if line.startswith("| `")]
    for kind in override_kinds().values():
        row = next(row for row in rows if f"`{kind.name}`" in row and ("| level |" in row or "| case |" in row))
        assert ("| level |" in row) == kind.per_level
        assert kind.name == "tomita_type" or ", ".join(kind.values) in row


def test_the_snippet_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = re.search(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(found[1], names)
    assert names["case"] == Case(pseudonym="P-0017", birth_year=1960)


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    text = "sex: femal\npseudonym: P-1\nexams:\n  - date: 2013-02-08\n    frankel: F\n    kps: 75\nnots: x\n"
    problems = refused(text).problems
    assert [(found.line, found.column, found.field) for found in problems] == [
        (1, 6, "sex"),
        (5, 14, "exams[0].frankel"),
        (6, 10, "exams[0].kps"),
        (7, 1, "nots"),
    ]
    assert "4 problems" in str(refused(text))


def test_a_message_stays_readable_where_nearly_everything_is_wrong():
    error = refused("pseudonym: P-1\n" + "".join(f"field_{number}: 1\n" for number in range(250)))
    assert len(error.problems) == 250
    assert str(error).startswith("case.yaml has 250 problems:")
    assert str(error).endswith("\n  and 150 more")
    assert str(error).count("\n") == 101


# One bad line each inside a valid case: the line, the column of the fault, and what the message must say.
FAULTS = {
    "unknown field": ("sexx: male", 1, "did you mean 'sex'?"),
    "name": ("name: x", 1, "no identifiers"),
    "date of birth": ("date_of_birth: 1961-03-12", 1, "no identifiers"),
    "full birth date": ("birth_year: 1961-03-12", 13, "only the year of birth"),
    "wrong word": ("sex: femal", 6, "did you mean 'female'?"),
    "wrong case of a word": ("sex: Male", 6, "did you mean 'male'?"),
    "wrong type": ("birth_year: [1]", 13, "found a list of 1"),
    "list expected": ("exams: none", 8, "a list"),
    "section expected": ("diagnosis: sarcoma", 12, "a section of fields (kind, histology"),
    "wrong level": ("affected_levels: TH3", 18, "did you mean 'T3'?"),
    "level range backwards": ("affected_levels: T4-T3", 18, "cranial to caudal"),
    "number as text": ("notes: 7", 8, "quotes"),
    "schema of the future": ("schema_version: 2", 17, "expected 1"),
    "missing date": ("exams: [{frankel: D}]", 9, "the required field 'date'"),
    "word in a nested list": ("exams: [{date: 2013-02-08, ais: F}]", 33, "one of A, B, C, D, E"),
    "German date": ("exams: [{date: 08.02.2013}]", 16, "YYYY-MM-DD"),
    "American date": ("exams: [{date: 02/08/2013}]", 16, "YYYY-MM-DD"),
    "date without zeros": ("exams: [{date: 2013-2-8}]", 16, "YYYY-MM-DD"),
    "date as number": ("exams: [{date: 20130208}]", 16, "YYYY-MM-DD"),
    "day that does not exist": ("exams: [{date: 2013-02-30}]", 16, "a day that exists"),
    "month where a day is needed": ("exams: [{date: 2013-02}]", 16, "YYYY-MM-DD"),
    "month that does not exist": ("history: [{date: 2013-13, what: x}]", 18, "a date that exists"),
    "future": ("exams: [{date: 2026-06-02}]", 16, "not after today (2026-06-01)"),
    "future month": ("history: [{date: 2026-07, what: x}]", 18, "not after today"),
    "leading zero": ("exams: [{date: 2013-02-08, ecog: 02}]", 34, "leading zero"),
    "number in quotes": ("exams: [{date: 2013-02-08, ecog: '2'}]", 34, "in quotes"),
    "true for a grade": ("exams: [{date: 2013-02-08, ecog: true}]", 34, "a whole number 0..4"),
    "true for a word": ("exams: [{date: 2013-02-08, isncsci: {vac: true}}]", 43, "did you mean 'yes'?"),
    "KPS between the steps": ("exams: [{date: 2013-02-08, kps: 45}]", 33, "enter 40 or 50"),
    "Thoracic sensory level": ("exams: [{date: 2013-02-08, sensory_level: Th4}]", 43, "did you mean 'T4'?"),
    "no unit": ("laboratory: [{date: 2013-02-08, albumin: 3.8}]", 42, "its unit (g/dL, g/L)"),
    "wrong unit": ("laboratory: [{date: 2013-02-08, albumin: 3.8 g/ml}]", 42, "albumin in g/dL or g/L"),
    "slipped unit": ("laboratory: [{date: 2013-02-08, albumin: 38 g/dL}]", 42, "check the number and its unit"),
    "unit of another analyte": ("laboratory: [{date: 2013-02-08, crp: 3 g/L}]", 38, "mg/dL or mg/L"),
    "decimal comma": ("laboratory: [{date: 2013-02-08, inr: '1,1'}]", 38, "decimal point, not a comma"),
    "dose with unit": ("treatments: {radiotherapy: [{started: 2013-03, dose_gy: 30 Gy}]}", 57, "without the unit"),
    "end before start": (
        "treatments: {steroid: [{started: 2013-03, ended: 2013-02, drug: d}]}",
        50,
        "not before the start",
    ),
    "absolute path": (
        "studies: [{id: a, date: 2013-02-08, modality: CT, scan: /etc/passwd}]",
        57,
        "not an absolute one",
    ),
    "path out of the folder": (
        "studies: [{id: a, date: 2013-02-08, modality: CT, scan: a/../../b}]",
        57,
        "without '..'",
    ),
    "Windows path": (r"studies: [{id: a, date: 2013-02-08, modality: CT, scan: 'C:\a'}]", 57, "'/' between folders"),
    "modality": ("studies: [{id: a, date: 2013-02-08, modality: MRI}]", 47, "did you mean 'MR'?"),
    "same id": (
        "studies: [{id: a, date: 2013-02-08, modality: CT}, {id: a, date: 2013-02-08, modality: MR}]",
        57,
        "studies[0] has the same",
    ),
    "override": ("overrides: [{what: esc, value: 3, by: r, date: 2013-02-08, why: w}]", 20, "did you mean 'escc'?"),
    "override value": (
        "overrides: [{what: escc, value: 4, level: T3, by: r, date: 2013-02-08, why: w}]",
        33,
        "for escc one of 0, 1a",
    ),
    "override without level": (
        "overrides: [{what: escc, value: 3, by: r, date: 2013-02-08, why: w}]",
        13,
        "the vertebral level",
    ),
    "override of a number": (
        "overrides: [{what: sins_total, value: 19, level: T3, by: r, date: 2013-02-08, why: w}]",
        39,
        "a number 0..18 points",
    ),
    "override of no study": (
        "overrides: [{what: gross_instability, value: yes, by: r, date: 2013-02-08, why: w, study: ct}]",
        91,
        "no studies",
    ),
    "segment twice": (
        "exams: [{date: 2013-02-08, isncsci: {right: {motor: {C5-T1: 5, C6: 4}}}}]",
        53,
        "C6 is given twice",
    ),
    "no key muscle": ("exams: [{date: 2013-02-08, isncsci: {right: {motor: {T4: 5}}}}]", 53, "none of the segments"),
    "motor grade": ("exams: [{date: 2013-02-08, isncsci: {right: {motor: {L2: 6}}}}]", 53, "a motor grade 0..5 or NT"),
    "sensory grade": (
        "exams: [{date: 2013-02-08, isncsci: {left: {pin_prick: {T4: 3}}}}]",
        56,
        "a sensory grade 0, 1, 2",
    ),
    "star on a full grade": (
        "exams: [{date: 2013-02-08, isncsci: {left: {pin_prick: {T4: 2*}}}}]",
        56,
        "a sensory grade",
    ),
    "alias": ("notes: *x", 8, "written out"),
    "anchor": ("notes: &x text", 8, "without an anchor"),
    "tag": ("notes: !!python/name:os.system x", 8, "without a tag"),
    "key twice": ("pseudonym: P-2", 1, "stands in line 1 already"),
    "list as a key": ("? [a]\n: b", 3, "a word before the colon"),
    "birth in free text": ("notes: born 12.03.1961 in Rome", 8, "a date of birth"),
    "e-mail in free text": ("notes: write to a.b@c.org", 8, "an e-mail address"),
    "record number in free text": ("notes: 'MRN: 123456'", 8, "a record number"),
    "folder is not a field": ("folder: x", 9, "no field of the file"),
}


@pytest.mark.parametrize(("line", "column", "says"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_told_with_its_place(line: str, column: int, says: str):
    problems = refused(f"pseudonym: P-1\n\n# a comment\n{line}\n").problems
    assert [(found.line, found.column) for found in problems] == [(4, column)]
    assert says in problems[0].sentence


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("pseudonym: P-1\nexams:\n\t- date: 2013-02-08\n  \t  frankel: D\n", 3, 1, "spaces for indentation"),
        ("pseudonym: P-1\nnotes: a: b\n", 2, 9, "in quotes"),
        ("pseudonym: P-1\nsex male\nnotes: x\n", 3, 1, "colon is missing"),
        ("pseudonym: P-1\n  sex: male\n", 2, 6, "indentation"),
        ("pseudonym: 'P-1\n", 2, 1, "the end of the file"),
        ("pseudonym: P-1\nnotes: @x\n", 2, 8, "quotes"),
        ("pseudonym: P-1\n---\npseudonym: P-2\n", 2, 1, "one document"),
        ("pseudonym: P-1\nnotes: a\x07b\n", 2, 9, "control characters"),
        ('pseudonym: "\\UFFFFFFFF"\n', 1, 1, "does not allow"),
        ("[" * 100, 1, 31, "nested deeper"),
        ("", 1, 1, "the fields of a case"),
        ("- a\n", 1, 1, "the fields of a case"),
        ("just words\n", 1, 1, "the fields of a case"),
    ],
)
def test_what_is_not_yaml_or_no_case_is_told_with_its_place(text: str, line: int, column: int, says: str):
    problem = refused(text).problems[0]
    assert (problem.line, problem.column) == (line, column)
    assert says in problem.sentence


def test_every_line_with_a_tab_is_told():
    text = "pseudonym: P-1\nexams:\n\t- date: 2013-02-08\n\t  frankel: D\n"
    assert [found.line for found in refused(text).problems] == [3, 4]


def test_no_stays_no():
    case = parse_case(
        "pseudonym: P-1\ndiagnosis: {histology: no, known_cancer: no}\n"
        "exams: [{date: 2013-02-08, sphincter: normal, by: off, isncsci: {vac: no}}]\n",
        today=TODAY,
    )
    exam = case.exams[0]
    assert case.diagnosis.histology == "no"
    assert case.diagnosis.known_cancer is False
    assert exam.by == "off"
    assert exam.isncsci is not None
    assert exam.isncsci.vac == "no"


def test_what_is_left_empty_is_as_good_as_left_out():
    text = "pseudonym: P-1\nsex:\nbirth_year: ~\nexams:\ndiagnosis:\ntreatments: {surgery: }\naffected_levels:\n"
    assert parse_case(text, today=TODAY) == parse_case("pseudonym: P-1\n", today=TODAY)


def test_a_missing_pseudonym_is_asked_for():
    assert "the required field 'pseudonym'" in str(refused("sex: male\n"))


@pytest.mark.parametrize("name", ["Jane_Doe", "JaneDoe", "Jane-Doe", "1961-03-12", "P_12-03-61", "19610312", "Jane Doe",
                                  "a@b.org", "12345678", "Müller", "", "x" * 41])  # fmt: skip
def test_a_pseudonym_that_identifies_is_refused(name: str):
    assert "pseudonym" in refused(f'pseudonym: "{name}"\n').problems[0].expected


@pytest.mark.parametrize("name", ["P-0017", "reference-1", "case_A", "S00012", "x"])
def test_a_code_is_a_pseudonym(name: str):
    assert parse_case(f"pseudonym: {name}\n").pseudonym == name


def test_entries_run_oldest_first_as_far_as_is_known():
    head = "pseudonym: P-1\nhistory:\n"
    fine = head + "  - {date: 2012, what: a}\n  - {date: 2012-03, what: b}\n  - {date: 2012-03-01, what: c}\n"
    assert len(parse_case(fine, today=TODAY).history) == 3
    wrong = head + "  - {date: 2012-03, what: a}\n  - {date: 2011, what: b}\n  - {date: 2013, what: c}\n"
    found = refused(wrong).problems
    assert [(problem.line, problem.column) for problem in found] == [(4, 12)]
    assert "oldest first; this is before the 2012-03" in found[0].sentence


def test_no_date_lies_before_birth():
    text = "pseudonym: P-1\nbirth_year: 1961\nhistory:\n  - {date: 1960, what: a}\n  - {date: 1961, what: b}\n"
    found = refused(text).problems
    assert [(problem.line, problem.expected) for problem in found] == [
        (4, "a date not before the year of birth (1961)")
    ]
    assert "not after today" in str(refused("pseudonym: P-1\nbirth_year: 2027\n"))


def test_a_field_problem_and_a_problem_between_fields_are_told_together():
    text = "pseudonym: P-1\nexams: [{date: 2030-01-01, frankel: F}]\n"
    assert [found.field for found in refused(text).problems] == ["exams[0].date", "exams[0].frankel"]


def test_missing_files_are_told_with_the_nearest_that_is_there(tmp_path: Path):
    (tmp_path / "scan.nii.gz").write_bytes(b"x")
    (tmp_path / "case.yaml").write_text(
        "pseudonym: P-1\nstudies:\n  - id: a\n    date: 2013-02-08\n    modality: CT\n    scan: scan.nii.gz\n"
        "    masks:\n      - {path: scann.nii.gz, convention: x, what: tumour}\n"
        "treatments: {surgery: [{date: 2013, what: x, operation_file: op.yaml}]}\n"
    )
    with pytest.raises(CaseError) as caught:
        read_case(tmp_path, today=TODAY)
    mask, operation = caught.value.problems
    assert (mask.line, mask.column, mask.field) == (8, 16, "studies[0].masks[0].path")
    assert "did you mean 'scan.nii.gz'?" in mask.sentence
    assert operation.field == "treatments.surgery[0].operation_file"


def test_an_operation_file_that_is_a_folder_is_refused(tmp_path: Path):
    (tmp_path / "op.yaml").mkdir()
    (tmp_path / "case.yaml").write_text(
        "pseudonym: P-1\ntreatments: {surgery: [{date: 2013, what: x, operation_file: op.yaml}]}\n"
    )
    with pytest.raises(CaseError, match="is a folder"):
        read_case(tmp_path, today=TODAY)


def test_an_unknown_study_is_told_with_the_nearest():
    case = parse_case(example_text(), today=TODAY)
    with pytest.raises(InputError, match="did you mean 'ct-preop'"):
        case.study("ct-preopp")
    with pytest.raises(InputError, match="no studies"):
        parse_case("pseudonym: P-1\n").study("ct")


def test_two_masks_of_one_content_need_a_choice():
    mask = "{path: a, convention: x, what: cord}"
    case = parse_case(
        f"pseudonym: P-1\nstudies: [{{id: a, date: 2013-02-08, modality: CT, masks: [{mask}, {mask}]}}]\n"
    )
    with pytest.raises(InputError, match="2 masks of cord"):
        case.study("a").mask(MaskContent.CORD)
    assert case.study("a").mask(MaskContent.TUMOUR) is None


def test_the_latest_exam_is_by_date_and_of_one_day_the_last():
    text = (
        "pseudonym: P-1\nexams:\n  - {date: 2013-01-01, ecog: 0}\n  - {date: 2013-02-01, ecog: 1}\n"
        "  - {date: 2013-02-01, ecog: 2}\n  - {date: 2013-03-01, ecog: 3}\n"
    )
    case = parse_case(text, today=TODAY)
    latest, earlier = case.latest_exam(), case.latest_exam(on=date(2013, 2, 15))
    assert latest is not None
    assert earlier is not None
    assert (latest.ecog, earlier.ecog) == (3, 2)
    assert case.latest_exam(on=date(2012, 1, 1)) is None
    assert (case.latest_laboratory(), case.latest_disease(), case.latest_fitness()) == (None, None, None)


def test_overrides_are_found_by_what_and_level():
    case = parse_case(example_text(), today=TODAY)
    assert [entry.value for entry in case.overrides_of("escc", Level.T3)] == ["3"]
    assert case.overrides_of("escc", Level.T4) == ()
    assert len(case.overrides_of("escc")) == 1


def test_another_room_can_tell_the_place_of_a_field(tmp_path: Path):
    (tmp_path / "case.yaml").write_text(
        "pseudonym: P-1\nstudies:\n  - id: a\n    date: 2013-02-08\n    modality: CT\n    masks:\n"
        "      # a comment\n      - {path: case.yaml, convention: verze, what: anatomy}\n"
    )
    case = read_case(tmp_path, today=TODAY)
    error = case_error(case, ("studies", 0, "masks", 0, "convention"), "a known convention; did you mean 'verse'?")
    line = (tmp_path / "case.yaml").read_text().split("\n")[7]
    assert (error.problems[0].line, error.problems[0].column) == (8, line.index("verze") + 1)
    assert str(error).endswith("found 'verze'; expected a known convention; did you mean 'verse'?")
    unwritten = case_error(parse_case("pseudonym: P-1\n"), ("pseudonym",), "another")
    assert unwritten.problems[0].found == "'P-1'"
