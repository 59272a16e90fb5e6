"""Arrays and single examinations give the same grading; text and back gives the same examination."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from isncsci_exams import as_exam, drawn

from oncospine.base import InputError
from oncospine.neurology import (
    NAMES,
    Answer,
    Exam,
    batch_of,
    exam_batch,
    exam_text,
    isncsci,
    isncsci_batch,
    limited_exam,
    parsed_exam,
    side_exam,
)


def index(answer: Answer) -> int:
    if answer.value is None:
        return -2
    return -1 if answer.value == "NA" else NAMES.index(answer.value)


def test_the_batch_agrees_with_single_grading_with_and_without_untested_cells(rng: random.Random) -> None:
    exams = [as_exam(drawn(rng, untested=rng.choice([0, 0, 0, 2]))) for _ in range(2000)]
    grades = isncsci_batch(batch_of(exams))
    for row, exam in enumerate(exams):
        one = isncsci(exam)
        for place, side in enumerate((one.right, one.left)):
            assert grades.sensory_level[row, place] == index(side.sensory_level)
            assert grades.motor_level[row, place] == index(side.motor_level)
            assert grades.sensory_zpp[row, place] == index(side.sensory_zpp)
            assert grades.motor_zpp[row, place] == index(side.motor_zpp)
        assert grades.neurological_level[row] == index(one.neurological_level)
        assert grades.ais[row] == (-2 if one.ais.value is None else "ABCDE".index(one.ais.value))
        assert grades.complete[row] == {None: -2, "complete": 1, "incomplete": 0}[one.complete.value]
        assert grades.light_touch[row] == (-1 if one.light_touch is None else one.light_touch)
        assert grades.pin_prick[row] == (-1 if one.pin_prick is None else one.pin_prick)
        assert grades.uems[row] == (-1 if one.uems is None else one.uems)
        assert grades.lems[row] == (-1 if one.lems is None else one.lems)


def test_an_empty_batch_is_graded_to_nothing() -> None:
    batch = exam_batch(
        light_touch=np.zeros((0, 2, 28)), pin_prick=np.zeros((0, 2, 28)), motor=np.zeros((0, 2, 10)), vac=[], dap=[]
    )
    assert isncsci_batch(batch).ais.shape == (0,)


def test_bad_arrays_are_refused_with_the_row() -> None:
    cells = np.zeros((3, 2, 28))
    muscles = np.zeros((3, 2, 10))
    muscles[2, 1, 4] = 6
    with pytest.raises(InputError, match=r"motor: 6.0 at row 2"):
        exam_batch(light_touch=cells, pin_prick=cells, motor=muscles, vac=[0] * 3, dap=[0] * 3)
    with pytest.raises(InputError, match="expected shape"):
        exam_batch(light_touch=cells[:, :, :27], pin_prick=cells, motor=cells[:, :, :10], vac=[0] * 3, dap=[0] * 3)


def test_starred_scores_are_refused_in_a_batch() -> None:
    starred = side_exam(motor={"C7": "3*"})
    with pytest.raises(InputError, match="one by one"):
        batch_of([Exam(right=starred, left=starred)])


@given(st.integers(0, 10**9), st.integers(0, 12))
def test_text_and_back_is_the_same_examination(seed: int, untested: int) -> None:
    exam = as_exam(drawn(random.Random(seed), untested=untested))
    assert parsed_exam(exam_text(exam)) == exam


def test_text_joins_equal_neighbours_and_keeps_stars() -> None:
    text = "R LT C2..T4=2 T5=1* T6..S4-5=NT; VAC=no"
    exam = parsed_exam(text)
    assert exam.right.light_touch[11] == "1*"
    assert exam_text(exam).startswith("R LT C2..T4=2 T5=1* T6..S4-5=NT; R PP C2..S4-5=NT")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("R LT T4..C2=2", "cranial to caudal"),
        ("R LT T4", "expected level=value"),
        ("R LT C2..T4=2 T4=1", "already given"),
        ("R XX C5=3", "expected LT, PP, M"),
        ("Q LT C5=2", "expected 'R LT"),
        ("R M T6=3", "no such test"),
        ("R LT TH4=2", "did you mean 'T4'"),
    ],
)
def test_text_that_cannot_be_read_names_the_piece(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parsed_exam(text)


def test_a_bedside_description_leaves_the_rest_open() -> None:
    exam = limited_exam(sensory_level="T4", legs=3, arms=5)
    graded = isncsci(exam)
    assert graded.lems == 30
    assert graded.right.sensory_level.values[0] == "T4"
    assert set(graded.ais.values) == {"A", "D"}
