"""ESCC: an ordered label with ranges, the CT estimate, and the worst level."""

import itertools

import pytest

from oncospine.base import InputError
from oncospine.scores import Escc, escc, n_classes, worst_escc


def test_grades_are_ordered_as_published() -> None:
    assert [grade.value for grade in sorted(Escc, key=lambda grade: grade.order)] == ["0", "1a", "1b", "1c", "2", "3"]


@pytest.mark.parametrize(
    ("grade", "klass", "band"),
    [("0", "low", "low"), ("1a", "low", "low"), ("1b", "low", "low"), ("1c", "low", "grey"), ("2", "high", "high"),
     ("3", "high", "high")],
)  # fmt: skip
def test_class_of_every_grade_and_1c_kept_apart(grade: str, klass: str, band: str) -> None:
    assert n_classes([grade]) == (klass,)
    score = escc(escc_grade=grade, level="T3")
    assert (score.value, score.band) == (grade, band)
    assert any("grey_zone" in note for note in score.notes) is (grade == "1c")


@pytest.mark.parametrize(
    ("estimate", "ends", "band"), [("none", (0, 0), "low"), ("low", (1, 3), None), ("high", (4, 5), "high")]
)
def test_a_ct_estimate_is_a_range_marked_as_such(estimate: str, ends: tuple[int, int], band: str | None) -> None:
    score = escc(escc_ct=estimate, level="T3")
    assert (score.range, score.band) == (ends, band)
    assert any("CT estimate" in note for note in score.notes)


def test_an_entered_grade_wins_over_the_estimate() -> None:
    score = escc(escc_grade="1b", escc_ct="high", level="T3")
    assert score.value == "1b"
    assert not any("CT estimate" in note for note in score.notes)


def test_nothing_known_is_missing_not_zero() -> None:
    score = escc(level="T3")
    assert (score.value, score.missing, score.range) == (None, ("escc_grade",), (0, 5))


def test_below_the_conus_the_scale_does_not_apply() -> None:
    assert escc(escc_grade="2", level="L1").applicable
    assert not escc(escc_grade="2", level="L2").applicable


def test_the_worst_level_is_the_maximum_over_all_combinations() -> None:
    grades = list(Escc)
    sets = [tuple(grades[low : high + 1]) for low in range(6) for high in range(low, 6)]
    for one, two in itertools.product(sets, sets):
        expected = sorted({max(a, b, key=lambda g: g.order) for a in one for b in two}, key=lambda g: g.order)
        assert worst_escc([one, two]) == tuple(expected)


def test_an_unknown_level_leaves_everything_above_the_known_floor_open() -> None:
    assert worst_escc([(Escc.G2,), None]) == (Escc.G2, Escc.G3)
    assert worst_escc([(Escc.G3,), None]) == (Escc.G3,)
    assert worst_escc([None]) is None
    assert worst_escc([]) is None


def test_a_bad_grade_is_refused() -> None:
    with pytest.raises(InputError, match="escc_grade: '4' is not one of"):
        escc(escc_grade="4")
