"""ISNCSCI against a naive second implementation, its own rules, and every completion of incomplete examinations."""

import random
from typing import Any

import pytest
from isncsci_exams import as_exam, drawn, fields
from naive_isncsci import MUSCLES, ORDER, completions, grade, possible

from oncospine.base import InputError
from oncospine.neurology import NT, Exam, Finding, isncsci, limited_exam, parsed_exam, side_exam

NORMAL = "R LT C2..S4-5=2; R PP C2..S4-5=2; R M C5..S1=5; L LT C2..S4-5=2; L PP C2..S4-5=2; L M C5..S1=5; "


def complete_at(level: str, *, vac: str = "no", dap: str = "no", **changes: str) -> Exam:
    """Normal down to a level, nothing below; `changes` such as R_M="L4=3" are applied on top."""
    cut = ORDER.index(level)
    parts: dict[str, dict[str, str]] = {}
    for side in "RL":
        for kind in ("LT", "PP", "M"):
            levels = MUSCLES if kind == "M" else ORDER[1:]
            top = "5" if kind == "M" else "2"
            parts[f"{side}_{kind}"] = {name: top if ORDER.index(name) <= cut else "0" for name in levels}
    extra = ""
    for key, text in changes.items():
        for word in text.split():
            name, _, value = word.partition("=")
            if key.endswith("NK"):
                extra += f"{key[0]} NK={text}; "
            else:
                parts[key][name] = value
    lines = [f"{key[0]} {key[2:]} " + " ".join(f"{k}={v}" for k, v in cells.items()) for key, cells in parts.items()]
    return parsed_exam("; ".join(lines) + f"; {extra}VAC={vac}; DAP={dap}")


def test_4000_random_complete_examinations_agree_with_the_naive_version(rng: random.Random) -> None:
    for _ in range(4000):
        exam = drawn(rng)
        assert fields(as_exam(exam)) == {name: {value} for name, value in grade(exam).items()}, exam


def test_incomplete_examinations_give_exactly_what_their_completions_give(rng: random.Random) -> None:
    checked = 0
    while checked < 400:
        exam = drawn(rng, untested=rng.choice([1, 2, 3, 4]))
        if sum(1 for _ in completions(exam)) > 200:
            continue
        assert fields(as_exam(exam)) == possible(exam), exam
        checked += 1


def test_an_examination_of_which_nothing_is_known_leaves_every_grade_open() -> None:
    graded = isncsci(limited_exam())
    assert graded.ais.values == ("A", "B", "C", "D", "E")
    assert (graded.ais.form, graded.uems, graded.light_touch) == ("ND", None, None)


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        # arms all 5, abnormal sensation at or above T2: motor level T1 even with sensory level C4
        (complete_at("T1", R_LT="C5=1", L_LT="C5=1"), {"sensory_right": "C4", "motor_right": "T1", "nli": "C4"}),
        # sensation to L1, L2 below 3: motor level L1
        (complete_at("L1"), {"motor_right": "L1", "motor_left": "L1", "nli": "L1", "ais": "A"}),
        # C5 below 3 with sensory level C4: motor level C4
        (complete_at("C4"), {"motor_right": "C4", "sensory_left": "C4", "ais": "A"}),
        # C4 follows sensation although C5 is 5
        (complete_at("T1", R_LT="C4=1"), {"motor_right": "C3", "sensory_right": "C3"}),
        # C2 abnormal
        (complete_at("T1", R_PP="C2=0"), {"sensory_right": "C1", "motor_right": "C1", "nli": "C1"}),
        # a key muscle of 3 or 4 is the level, 2 is not
        (complete_at("T8", R_M="C7=4"), {"motor_right": "C7"}),
        (complete_at("T8", R_M="C7=3"), {"motor_right": "C7"}),
        (complete_at("T8", R_M="C7=2"), {"motor_right": "C6"}),
        # S4-5: contraction decides between S3 and INT
        (parsed_exam(NORMAL + "VAC=no; DAP=yes"), {"motor_right": "S3", "nli": "S3", "ais": "B"}),
        (parsed_exam(NORMAL + "VAC=yes; DAP=yes"), {"motor_right": "INT", "nli": "INT", "ais": "E"}),
        # each way of sacral sparing
        (complete_at("T8", dap="yes"), {"ais": "B", "complete": "incomplete"}),
        (complete_at("T8", R_LT="S4-5=1"), {"ais": "B", "szpp_right": "NA", "szpp_left": "T8"}),
        (complete_at("T8", vac="yes"), {"ais": "C", "mzpp_right": "NA"}),
        # function more than three levels below the side's motor level: T8 + 4 = T12, so L2 counts
        (complete_at("T8", dap="yes", R_M="L2=1"), {"ais": "C"}),
        # exactly three levels below the motor level does not count: L1 -> L4 is 3, L5 is 4
        (complete_at("L1", dap="yes", R_M="L4=1"), {"ais": "B"}),
        (complete_at("L1", dap="yes", R_M="L5=1"), {"ais": "C"}),
        # half of the key muscles below the level
        (complete_at("T8", vac="yes", R_M="L2=3 L3=3 L4=3 L5=3 S1=3"), {"ais": "D"}),
        (complete_at("T8", vac="yes", R_M="L2=3 L3=3 L4=3 L5=3 S1=2"), {"ais": "C"}),
        # no key muscle below: S1 and lower give D
        (complete_at("S1", vac="yes"), {"ais": "D"}),
        # non-key muscle separates B from C, and moves the zone in C only
        (complete_at("T8", dap="yes", R_NK="L3"), {"ais": "C", "mzpp_right": "L3", "mzpp_left": "T8"}),
        (complete_at("T8", R_NK="L3"), {"ais": "A", "mzpp_right": "T8"}),
        # zones
        (complete_at("T8", R_M="L4=1"), {"mzpp_right": "L4", "mzpp_left": "T8"}),
        (complete_at("T8", R_PP="L2=1"), {"szpp_right": "L2", "szpp_left": "T8"}),
    ],
)  # fmt: skip
def test_published_consequences(exam: Exam, expected: dict[str, str]) -> None:
    found = fields(exam)
    assert {name: found[name] for name in expected} == {name: {value} for name, value in expected.items()}


def test_e_needs_a_deficit_in_the_past() -> None:
    normal = parsed_exam(NORMAL + "VAC=yes; DAP=yes")
    assert isncsci(normal).notes
    never = parsed_exam(NORMAL + "VAC=yes; DAP=yes; DEFICIT=no")
    assert isncsci(never).ais.values == ("NA",)
    assert isncsci(parsed_exam(NORMAL + "VAC=yes; DAP=yes; DEFICIT=yes")).ais.value == "E"


def test_sub_scores_and_nd() -> None:
    graded = isncsci(complete_at("T8", R_M="L4=3"))
    assert (graded.right.upper_motor, graded.right.lower_motor, graded.uems, graded.lems) == (25, 3, 50, 3)
    assert (graded.light_touch, graded.pin_prick) == (2 * 2 * 15, 2 * 2 * 15)
    untested = isncsci(complete_at("T8", R_M="L4=NT"))
    assert (untested.lems, untested.uems) == (None, 50)


@pytest.mark.parametrize(
    ("cell", "sensory", "starred"),
    [("1*", ("T3",), ()), ("1**", ("T8",), ("T8",)), ("0*", ("T3",), ()), ("0**", ("T8",), ("T8",)),
     ("NT*", ("T3",), ("T3",)), ("NT**", ("T8",), ("T8",)), ("NT", ("T3", "T8"), ())],
)  # fmt: skip
def test_a_star_is_carried_by_the_level_that_depends_on_it(
    cell: str, sensory: tuple[str, ...], starred: tuple[str, ...]
) -> None:
    level = isncsci(complete_at("T8", R_LT=f"T4={cell}")).right.sensory_level
    assert (level.values, level.starred) == (sensory, starred)


@pytest.mark.parametrize(
    ("cell", "motor", "starred"),
    [("4*", ("C7",), ()), ("4**", ("T8",), ("T8",)), ("0*", ("C6", "C7"), ("C7",)), ("3*", ("C7",), ()),
     ("2*", ("C6", "C7"), ("C7",)), ("0**", ("T8",), ("T8",))],
)  # fmt: skip
def test_a_muscle_lowered_but_not_normal_stays_below_normal(
    cell: str, motor: tuple[str, ...], starred: tuple[str, ...]
) -> None:
    level = isncsci(complete_at("T8", R_M=f"C7={cell}")).right.motor_level
    assert (level.values, level.starred) == (motor, starred)


def test_starred_scores_count_at_face_value_in_the_totals() -> None:
    assert isncsci(complete_at("T8", R_M="C7=2**")).uems == 47


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"motor": {"C5": 6}}, "muscle grades run 0 to 5"),
        ({"light_touch": {"T4": 3}}, "sensation runs 0 to 2"),
        ({"motor": {"C5": "5*"}}, "retired"),
        ({"motor": {"T6": 3}}, "T6 has no such test"),
        ({"light_touch": [2, 2]}, "expected 28 values"),
        ({"pin_prick": {"C1": 2}}, "no such test"),
    ],
)
def test_impossible_examinations_are_refused_by_name(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        side_exam(**given)


def test_mirroring_the_patient_swaps_the_sides_and_nothing_else(rng: random.Random) -> None:
    for _ in range(300):
        exam = drawn(rng, untested=rng.choice([0, 2]))
        mirrored = exam | {"R": exam["L"], "L": exam["R"]}
        one, two = fields(as_exam(exam)), fields(as_exam(mirrored))
        for name, value in one.items():
            other = name.replace("right", "x").replace("left", "right").replace("x", "left")
            assert two[other] == value


def test_what_was_not_given_is_not_testable() -> None:
    exam = Exam(right=side_exam(), left=side_exam())
    assert set(exam.right.motor) == {NT}
    assert exam.vac is Finding.NT


@pytest.mark.parametrize("value", ["perhaps", 2])
def test_vac_is_yes_no_or_nt(value: object) -> None:
    from oncospine.neurology import finding

    with pytest.raises(InputError, match="VAC/DAP"):
        finding(value)
