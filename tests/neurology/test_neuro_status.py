"""A case's examinations: graded, followed, compared with what was entered and with the images."""

from datetime import date

import pytest

from oncospine.base import Level, Side, parse_segment
from oncospine.case import parse_case
from oncospine.neurology import (
    Answer,
    isncsci,
    level_agreement,
    neuro_status,
    parsed_exam,
    sensory_agreement,
    worksheet_svg,
)

TABLES = """
      right: {light_touch: {C2-T4: 2, T5-S4-5: 1}, pin_prick: {C2-T4: 2, T5-S4-5: 1}, motor: {C5-T1: 5, L2-S1: 3}}
      left: {light_touch: {C2-T4: 2, T5-S4-5: 1}, pin_prick: {C2-T4: 2, T5-S4-5: 1}, motor: {C5-T1: 5, L2-S1: 4}}
      vac: yes
      dap: yes
"""


def case_with(*exams: str):
    entries = "".join(f"  - {exam}" for exam in exams)
    return parse_case(
        f"schema_version: 1\npseudonym: p\ndiagnosis: {{kind: metastatic, histology_id: lms}}\nexams:\n{entries}"
    )


def exam(day: str, **given: object) -> str:
    lines = [f"date: {day}"] + [f"{name}: {value}" for name, value in given.items()]
    return "\n    ".join(lines) + "\n"


def tables(day: str, **given: object) -> str:
    return exam(day, **given) + "    isncsci:" + TABLES


def test_the_tables_of_the_file_are_graded_as_the_same_examination_in_text() -> None:
    status = neuro_status(case_with(tables("2013-02-08")))
    assert status.latest is not None
    felt = "LT C2..T4=2 T5..S4-5=1; {s} PP C2..T4=2 T5..S4-5=1; {s} M C5..T1=5 L2..S1={m}"
    text = f"R {felt.format(s='R', m=3)}; L {felt.format(s='L', m=4)}; VAC=yes; DAP=yes"
    assert status.latest.grades == isncsci(parsed_exam(text))
    assert status.latest.grades.ais.value == "D"
    assert {item.scale: item.latest.value.value for item in status.series} == {"ais": "D", "uems": 50, "lems": 35}
    assert status.latest.grades.lems == 5 * 3 + 5 * 4


def test_left_and_right_of_the_file_stay_left_and_right() -> None:
    status = neuro_status(case_with(tables("2013-02-08")))
    assert status.latest is not None
    assert (status.latest.grades.right.lower_motor, status.latest.grades.left.lower_motor) == (15, 20)


@pytest.mark.parametrize(("entered", "fits"), [("D", True), ("A", False), ("B", False), ("E", False)])
def test_an_ais_that_contradicts_the_tables_is_flagged_with_both_values(entered: str, fits: bool) -> None:
    status = neuro_status(case_with(tables("2013-02-08", ais=entered)))
    (found,) = status.agreements
    assert found.agreement.fits is fits
    assert {found.agreement.entered, found.agreement.found} == {entered, "D"}
    assert len(status.contradictions) == (0 if fits else 1)


def test_the_ais_as_entered_stands_in_the_series_and_the_graded_one_only_where_none_was() -> None:
    status = neuro_status(case_with(tables("2013-02-08", ais="C"), tables("2013-03-08")))
    (ais,) = [item for item in status.series if item.scale == "ais"]
    assert [item.value.value for item in ais.observations] == ["C", "D"]
    assert ais.change_since_last is not None
    assert ais.change_since_last.word == "better"


@pytest.mark.parametrize(
    ("stated", "fits", "one_apart"),
    [("T4", True, False), ("T5", False, True), ("T3", False, True), ("T8", False, False)],
)
def test_a_sensory_level_one_segment_off_is_told_from_one_that_is_far_off(
    stated: str, fits: bool, one_apart: bool
) -> None:
    status = neuro_status(case_with(tables("2013-02-08", sensory_level=stated)))
    assert [item.agreement.fits for item in status.agreements] == [fits, fits]
    assert all(("one segment apart" in item.agreement.text) is one_apart for item in status.agreements)


def test_a_one_sided_sensory_level_is_compared_with_that_side_only() -> None:
    right = "LT C2..T4=2 T5..S4-5=1; R PP C2..T4=2 T5..S4-5=1"
    left = "LT C2..S4-5=2; L PP C2..S4-5=2"
    graded = isncsci(
        parsed_exam(f"R {right}; L {left}; R M C5..T1=5 L2..S1=5; L M C5..T1=5 L2..S1=5; VAC=yes; DAP=yes")
    )
    assert sensory_agreement(parse_segment("T4"), graded, Side.RIGHT).fits
    assert not sensory_agreement(parse_segment("T4"), graded, Side.LEFT).fits


def test_mjoa_and_joa_recover_by_the_published_formula() -> None:
    first = "{upper_limb_motor: 3, lower_limb_motor: 3, hand_sensation: 2, sphincter: 2}"
    later = "{upper_limb_motor: 4, lower_limb_motor: 5, hand_sensation: 3, sphincter: 2}"
    status = neuro_status(case_with(exam("2013-02-08", mjoa=first), exam("2013-06-08", mjoa=later)))
    (mjoa,) = [item for item in status.series if item.scale == "mjoa_18"]
    assert mjoa.recovery_percent == pytest.approx(100 * (14 - 10) / (18 - 10))


def test_two_values_of_a_day_are_flagged_with_both_and_the_last_entered_is_used() -> None:
    status = neuro_status(case_with(exam("2013-02-08", kps=60), exam("2013-02-08", kps=80)))
    (kps,) = status.series
    assert kps.latest.value.value == 80
    assert any("60" in flag and "80" in flag for flag in status.flags)


def test_pain_at_rest_and_on_movement_are_two_series() -> None:
    status = neuro_status(case_with(exam("2013-02-08", pain="{nrs_rest: 2, nrs_movement: 8}")))
    assert {item.scale: item.latest.value.value for item in status.series} == {"nrs_rest": 2, "nrs_movement": 8}


@pytest.mark.parametrize(
    ("level", "levels", "fits"),
    [
        ("T4", (Level.T3, Level.T4), True),
        ("T10", (Level.T3, Level.T4), False),
        ("T4", (Level.L3,), None),
        ("T4", (), None),
    ],
)
def test_the_sensory_level_is_compared_with_the_vertebrae_where_there_is_a_cord(level, levels, fits) -> None:
    status = neuro_status(case_with(exam("2013-02-08", sensory_level=level)), involved=levels)
    assert (None if status.level is None else status.level.fits) is fits


def test_examinations_after_the_day_are_left_out() -> None:
    case = case_with(exam("2013-02-08", frankel="D"), exam("2013-05-08", frankel="E"))
    (series,) = neuro_status(case, on=date(2013, 3, 1)).series
    assert series.latest.value.value == "D"


def test_nothing_entered_gives_nothing() -> None:
    status = neuro_status(case_with(exam("2013-02-08", notes="seen")))
    assert (status.graded, status.series, status.agreements, status.level, status.flags) == ((), (), (), None, ())


def test_the_worksheet_is_the_same_picture_for_the_same_examination() -> None:
    graded = neuro_status(case_with(tables("2013-02-08"))).latest
    assert graded is not None
    first = worksheet_svg(graded.exam)
    assert first == worksheet_svg(graded.exam)
    assert "RIGHT" in first
    assert "AIS                 D" in first.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("given", "possible"),
    [
        ({"myelopathy": "yes"}, ("A", "B", "C", "D")),
        ({"sensory_level": "T5"}, ("A", "B", "C", "D")),
        ({"weakness": "yes", "ambulation": "with_aid"}, ("C", "D")),
        ({"weakness": "no"}, ()),
        ({"weakness": "yes", "ais": "C"}, ("C",)),
        ({"weakness": "yes", "frankel": "C"}, ()),
    ],
)
def test_signs_alone_leave_several_grades_and_never_one(given: dict[str, str], possible: tuple[str, ...]) -> None:
    assert neuro_status(case_with(exam("2013-02-08", **given))).possible_ais == possible


@pytest.mark.parametrize(
    ("values", "starred", "short"),
    [
        (("T4",), (), "T4"),
        (("T4", "T5"), (), "T4, T5"),
        (("C8", "T1", "T2"), (), "C8..T2"),
        (("C1", "C2", "C3", "T1", "T3", "INT"), (), "C1..C3, T1, T3, INT"),
        (("T4", "T5", "T6", "T7"), ("T5",), "T4, T5*, T6, T7"),
        (("NA", "S1"), (), "NA, S1"),
        (("A", "D"), (), "A, D"),
    ],
)
def test_many_levels_are_told_as_runs_and_a_star_is_never_lost(values, starred, short) -> None:
    assert Answer(values=values, starred=starred).short == short


def test_a_single_level_and_a_single_segment_read_as_one() -> None:
    text = level_agreement("T10", (Level.T10,)).text
    assert text == "sensory level T10 is compatible with involvement of T10: 1 segment above cord segments T11-T12"
