"""Graded scales and sums: every grade, limit and band; conversions only by a named convention."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import How, InputError, Level, Verification
from oncospine.neurology import (
    Observation,
    ais_agreement,
    cord_segments,
    frankel_agreement,
    frankel_of_ais,
    isncsci,
    joa_t_11,
    kps_of_ecog,
    level_agreement,
    limited_exam,
    mjoa_18,
    on_scale,
    parsed_exam,
    recovery_rate,
    series,
    worksheet,
)

GRADES = {
    "frankel": "ABCDE",
    "ais": "ABCDE",
    "nurick": range(6),
    "mccormick": ("I", "II", "III", "IV", "V"),
    "kps": range(0, 101, 10),
    "ecog": range(6),
    "ambulation": ("not_walking", "with_aid", "independent"),
}
BETTER = {"frankel": 1, "ais": 1, "nurick": -1, "mccormick": -1, "kps": 1, "ecog": -1, "ambulation": 1}


@pytest.mark.parametrize(("scale", "grade"), [(name, grade) for name, rows in GRADES.items() for grade in rows])
def test_every_grade_is_known_and_says_what_it_means(scale: str, grade: object) -> None:
    value = on_scale(scale, grade)
    assert value.value == grade
    assert value.text
    assert value.better == BETTER[scale]


@pytest.mark.parametrize(
    ("scale", "value"), [("kps", 45), ("kps", 110), ("ecog", 6), ("frankel", "F"), ("nurick", 6), ("nrs", 3.5),
                         ("nrs", 11), ("vas_mm", 101), ("vas_mm", True), ("ecog", None)],
)  # fmt: skip
def test_impossible_values_are_refused(scale: str, value: object) -> None:
    with pytest.raises(InputError, match=scale):
        on_scale(scale, value)


def test_a_misspelt_scale_offers_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'nurick'"):
        on_scale("nurik", 2)


@pytest.mark.parametrize(
    ("value", "band"),
    [(0, "none"), (1, "mild"), (3, "mild"), (4, "moderate"), (6, "moderate"), (7, "severe"), (10, "severe")],
)
def test_pain_bands_nrs(value: int, band: str) -> None:
    assert on_scale("nrs", value).band == band


@pytest.mark.parametrize(
    ("value", "band"),
    [(0, "none"), (5, "mild"), (44, "mild"), (45, "moderate"), (74, "moderate"), (75, "severe"), (100, "severe")],
)
def test_pain_bands_vas(value: int, band: str) -> None:
    assert on_scale("vas_mm", value).band == band


@pytest.mark.parametrize(
    ("items", "total", "band"),
    [
        ((5, 7, 3, 3), 18, "no deficit"),
        ((5, 7, 3, 2), 17, "mild"),
        ((4, 5, 3, 3), 15, "mild"),
        ((4, 5, 2, 3), 14, "moderate"),
        ((3, 4, 2, 3), 12, "moderate"),
        ((3, 4, 2, 2), 11, "severe"),
        ((0, 0, 0, 0), 0, "severe"),
    ],
)
def test_mjoa_totals_and_bands(items: tuple[int, int, int, int], total: int, band: str) -> None:
    arms, legs, hand, sphincter = items
    value = mjoa_18(upper_motor=arms, lower_motor=legs, hand_sensation=hand, sphincter=sphincter)
    assert (value.value, value.band, value.maximum) == (total, band, 18)


def test_mjoa_with_a_missing_item_is_a_range_with_a_band_only_where_both_ends_agree() -> None:
    value = mjoa_18(upper_motor=5, lower_motor=7, hand_sensation=3)
    assert (value.value, value.range, value.band, value.missing) == (None, (15, 18), None, ("sphincter",))
    assert mjoa_18(upper_motor=0, lower_motor=0, hand_sensation=0).band == "severe"


def test_thoracic_joa_runs_to_11_and_refuses_arm_items() -> None:
    assert joa_t_11(lower_motor=4, leg_sensation=2, trunk_sensation=2, bladder=3).value == 11
    assert joa_t_11(lower_motor=0, leg_sensation=0, trunk_sensation=0, bladder=0).value == 0
    with pytest.raises(InputError, match="unknown item 'upper_motor'"):
        joa_t_11(upper_motor=3)
    with pytest.raises(InputError, match="outside 0 to 4"):
        joa_t_11(lower_motor=5)


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("A", [(90, 100), (70, 80), (50, 60), (30, 40), (10, 20)]),
        ("B", [(100, 100), (80, 90), (60, 70), (40, 50), (10, 30)]),
        ("prasad", [(100, 100), (80, 90), (70, 70), (50, 60), (10, 40)]),
    ],
)
def test_ecog_to_karnofsky_only_by_a_named_convention(convention: str, expected: list[tuple[int, int]]) -> None:
    assert [kps_of_ecog(grade, convention=convention) for grade in range(5)] == expected


def test_conversion_needs_a_known_convention() -> None:
    with pytest.raises(InputError, match="published ones"):
        kps_of_ecog(1, convention="usual")
    with pytest.raises(InputError, match="no Karnofsky range"):
        kps_of_ecog(5, convention="A")


def test_frankel_from_ais_is_marked_as_derived() -> None:
    value = frankel_of_ais("C")
    assert (value.value, value.how, value.verification) == ("C", How.DERIVED, Verification.PROJECT)
    assert "converted" in value.notes[0]


@pytest.mark.parametrize(
    ("before", "after", "scale", "rate"),
    [(5, 8, "joa_t_11", 50.0), (5, 11, "joa_t_11", 100.0), (8, 5, "joa_t_11", -100.0), (11, 9, "joa_t_11", None),
     (12, 15, "mjoa_18", 50.0), (9, 13, "joa_17", 50.0)],
)  # fmt: skip
def test_recovery_rate(before: int, after: int, scale: str, rate: float | None) -> None:
    assert recovery_rate(before, after, scale=scale) == rate


def at(day: int, scale: str, value: object) -> Observation:
    return Observation(date=datetime.date(2013, 1, day), value=on_scale(scale, value))


def test_change_is_positive_where_the_patient_is_better_whatever_the_direction_of_the_scale() -> None:
    found = {
        one.scale: one
        for one in series([at(1, "nurick", 4), at(1, "frankel", "C"), at(9, "nurick", 1), at(9, "frankel", "E")])
    }
    for scale, steps in (("nurick", 3), ("frankel", 2)):
        trend = found[scale].change_since_last
        assert trend is not None
        assert (trend.steps, trend.word, trend.days) == (steps, "better", 8)


def test_entries_out_of_order_are_sorted_and_flagged_with_both_dates() -> None:
    (found,) = series([at(9, "frankel", "E"), at(1, "frankel", "C")])
    assert [item.value.value for item in found.observations] == ["C", "E"]
    assert "2013-01-01" in found.flags[0]
    assert "2013-01-09" in found.flags[0]


def test_two_values_on_one_date_are_refused_with_both() -> None:
    with pytest.raises(InputError, match="C and D"):
        series([at(1, "frankel", "C"), at(1, "frankel", "D")])
    assert len(series([at(1, "frankel", "C"), at(1, "frankel", "C")])[0].observations) == 1


def test_recovery_of_a_series_is_first_to_latest() -> None:
    days = [(1, 5), (5, 6), (20, 8)]
    rows = [
        Observation(
            date=datetime.date(2013, 1, day),
            value=joa_t_11(lower_motor=total - 5, leg_sensation=1, trunk_sensation=1, bladder=3),
        )
        for day, total in days
    ]
    (found,) = series(rows)
    assert found.recovery_percent == 50.0


@given(st.lists(st.integers(0, 10), min_size=2, max_size=6))
def test_steps_add_up_to_the_change_since_the_first(values: list[int]) -> None:
    (found,) = series([at(1 + day, "nrs", value) for day, value in enumerate(values)])
    whole = found.change_since_first
    assert whole is not None
    assert sum(trend.steps or 0 for trend in found.trends) == whole.steps == values[0] - values[-1]


def test_an_entered_ais_that_contradicts_the_examination_is_flagged_with_both() -> None:
    text = "R LT C2..T4=2 T5..S4-5=0; R PP C2..T4=2 T5..S4-5=0; R M C5..T1=5 L2..S1=0; " * 1
    exam = parsed_exam(text + text.replace("R ", "L ") + "VAC=no; DAP=no")
    graded = isncsci(exam)
    assert graded.ais.value == "A"
    bad = ais_agreement("C", graded)
    assert (bad.fits, bad.entered, bad.found) == (False, "C", "A")
    assert ais_agreement("A", graded).fits
    assert not frankel_agreement("E", graded).fits
    assert frankel_agreement("A", graded).fits
    assert frankel_agreement("D", isncsci(limited_exam())).fits


TABLE = {
    "C1": "C1 C3", "C2": "C3 C4", "C3": "C4 C5", "C4": "C5 C6", "C5": "C6 C7", "C6": "C7 C8", "C7": "C8 T1",
    "T1": "T1 T2", "T2": "T2 T3", "T3": "T3 T4", "T4": "T4 T5", "T5": "T5 T6", "T6": "T6 T7", "T7": "T7 T8",
    "T8": "T8 T9", "T9": "T10 T11", "T10": "T11 T12", "T11": "T12 L2", "T12": "L2 L5",
}  # fmt: skip


@pytest.mark.parametrize("level", TABLE)
def test_cord_segments_of_every_vertebra(level: str) -> None:
    assert [segment.value for segment in cord_segments(level)] == TABLE[level].split()


def test_there_is_no_cord_at_l3() -> None:
    with pytest.raises(InputError, match="below the conus"):
        cord_segments("L3")


@pytest.mark.parametrize(
    ("felt", "distance", "fits"),
    [("T3", 0, True), ("T5", 0, True), ("T7", 2, True), ("T8", 3, False), ("T1", -2, True), ("C8", -3, False)],
)
def test_a_sensory_level_within_two_segments_of_t3_t4_fits(felt: str, distance: int, fits: bool) -> None:
    found = level_agreement(felt, (Level.T4, Level.T3))
    assert (found.distance, found.fits) == (distance, fits)
    assert found.older_rule == "T5"


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_worksheet_holds_the_values_and_both_sides(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sheet{suffix}"
    exam = limited_exam(sensory_level="T4", legs=3)
    worksheet(exam, path)
    content = path.read_bytes()
    if suffix == ".svg":
        text = content.decode()
        assert all(word in text for word in ("RIGHT", "LEFT", "Light touch", "Pin prick", "hip flexors", "S4-5"))
        worksheet(exam, path)
        assert path.read_bytes() == content
    else:
        assert content.startswith(b"\x89PNG")


def test_a_worksheet_has_a_known_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="written as"):
        worksheet(limited_exam(), tmp_path / "sheet.docx")
