"""Examination, histology, schemas and asked scores as a user types them."""

import json

import jsonschema
import pytest
from typer.testing import CliRunner

from oncospine.base import InputError
from oncospine.case import parse_case
from oncospine.cli.app import app
from oncospine.cli.exam_text import case_section, exam_from
from oncospine.cli.score_prompt import asked_inputs, question
from oncospine.neurology import exam_text, isncsci, neuro_status, parsed_exam
from oncospine.scores import SCORES, compute, score_inputs
from oncospine.scores.inputs import input_specs

EXAM = (
    "R LT C2..T4=2 T5..S4-5=1; R PP C2..T4=2 T5..S4-5=1; R M C5..T1=5 L2..L5=3 S1=3**; R NK=L4; "
    "L LT C2..T6=2 T7..S4-5=0; L PP C2..T6=2 T7..S3=0 S4-5=NT; L M C5..T1=5 L2..S1=0; VAC=no; DAP=NT; DEFICIT=yes"
)


def run(*words: object, text: str | None = None) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], input=text, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_examination_is_graded_as_the_library_grades_it() -> None:
    found = json.loads(run("exam", EXAM, "--json"))
    grades = isncsci(parsed_exam(EXAM))
    assert found["grades"]["ais"]["values"] == list(grades.ais.values)
    assert found["grades"]["right"]["lower_motor"] == grades.right.lower_motor == 15
    assert found["grades"]["left"]["lower_motor"] == 0


def case_text() -> str:
    section = case_section(parsed_exam(EXAM)).replace("\n", "\n    ")
    return f"schema_version: 1\npseudonym: p\nexams:\n  - date: 2013-02-08\n    {section}\n"


def test_the_section_for_case_yaml_is_the_same_examination() -> None:
    latest = neuro_status(parse_case(case_text())).latest
    assert latest is not None
    assert latest.exam == parsed_exam(EXAM)


def test_the_text_form_may_stand_in_a_file_or_a_case(tmp_path) -> None:
    file = tmp_path / "exam.txt"
    file.write_text(exam_text(parsed_exam(EXAM)))
    assert exam_from(str(file)) == parsed_exam(EXAM)
    case = tmp_path / "case"
    case.mkdir()
    (case / "case.yaml").write_text(case_text())
    assert exam_from(str(case)) == parsed_exam(EXAM)


def test_neither_file_nor_examination_is_told_by_name() -> None:
    with pytest.raises(InputError, match="'nowhere': no case folder, no file, and no examination"):
        exam_from("nowhere")


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_worksheet_is_written(tmp_path, ending: str) -> None:
    path = tmp_path / f"sheet.{ending}"
    assert "written" in run("exam", EXAM, "--worksheet", path)
    assert path.stat().st_size > 10_000


def test_questions_are_asked_until_the_answer_can_be() -> None:
    answers = iter(["T3", "mechanicel", "mechanical", "", "normal", "none|under_50", "bilateral"])
    told: list[str] = []
    found = asked_inputs("sins", {}, ask=lambda _: next(answers), tell=told.append)
    assert found == {
        "level": "T3", "pain": "mechanical", "alignment": "normal", "collapse": "none|under_50",
        "posterolateral": "bilateral",
    }  # fmt: skip
    assert any("did you mean 'mechanical'" in text for text in told)
    assert compute("sins", found).range == (1 + 3 + 0 + 0 + 0 + 3, 1 + 3 + 2 + 0 + 2 + 3)


def test_what_was_given_is_not_asked_again() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question.split(":")[0].split()[1])
        return ""

    asked_inputs("nesms", {"ambulatory": "independent"}, ask=ask, tell=lambda _: None)
    assert asked == [name for name in score_inputs("nesms") if name != "ambulatory"]


def told_and_found(name: str, *answers: str) -> tuple[list[str], dict[str, object]]:
    given, told = iter(answers), list[str]()
    return told, asked_inputs(name, {}, ask=lambda _: next(given), tell=told.append)


def test_an_answer_can_be_taken_back_and_the_result_follows() -> None:
    told, found = told_and_found("sins", "T3", "none", "<", "mechanical", "<", "<", "L1", "mech", ".")
    assert found == {"level": "L1", "pain": "mechanical"}
    so_far = [text.split("so far ")[1] for text in told if "so far" in text]
    assert [text.split(" of ")[0] for text in so_far] == ["1 to 16", "1 to 13", "4 to 16", "3 to 18", "6 to 18"]


def test_back_at_the_first_question_stays_there_and_a_skipped_one_is_not_known() -> None:
    assert told_and_found("sins", "<", "T3", "", ".")[1] == {"level": "T3"}


def test_a_value_between_two_published_classes_is_asked_again_and_not_refused_at_the_end() -> None:
    told, found = told_and_found("van_der_linden", "45", "50", ".")
    assert found == {next(iter(score_inputs("van_der_linden"))): "50"}
    assert any("45" in text for text in told)


def test_a_question_shows_what_each_value_counts() -> None:
    assert question(input_specs()["pain"], compute("sins", {})).endswith("[mechanical +3 / occasional +1 / none +0]")


def test_a_word_that_starts_two_choices_is_not_guessed() -> None:
    told, found = told_and_found("escc", "1", "1b", ".")
    assert found == {"escc_grade": "1b"}
    assert any("'1' is not one of" in text for text in told)


def test_a_score_is_asked_for_at_the_terminal() -> None:
    out = run("score", "sins", "--level", "T3", "--ask", text="mechanical\nlytic\nnormal\nover_50\nbilateral\n")
    assert f"(T3): {1 + 3 + 2 + 0 + 3 + 3}" in out


def test_sins_in_radelement_codes_and_no_other_score() -> None:
    coded = json.loads(run("score", "sins", "--level", "T3", "--bone", "lytic", "--radelement"))
    assert coded["elements"]["RDE153"] == "lytic"
    with pytest.raises(InputError, match="tomita has no RadElement set"):
        run("score", "tomita", "--radelement")


@pytest.mark.parametrize("name", ["case", "rules", *sorted(SCORES)])
def test_every_input_has_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", name)))
    assert name in run("schema", "list").split()


def test_a_histology_is_found_by_its_name_and_a_misspelt_one_is_answered_with_the_nearest() -> None:
    assert "radiosensitivity: resistant" in run("histology", "leiomyosarcoma")
    assert len(run("histology", "list").splitlines()) >= 60
    with pytest.raises(InputError, match="nearest: lms"):
        run("histology", "leiomyosarcom")


def test_a_morphology_that_the_source_has_not_is_said_to_be_missing_there() -> None:
    assert "ICD-O-3 morphology: 8890/3" in run("histology", "lms")
    assert "ICD-O-3 morphology: not in the source" in run("histology", "breast_hr")
