"""SINS: every level, option, band and trap of the published table, and the ranges over what is missing."""

import itertools

import pytest

from oncospine.base import InputError, Level, Segment
from oncospine.scores import (
    LesionInputs,
    OneOf,
    patient_sins,
    radelement,
    sins,
    suggested_alignment,
    suggested_collapse,
    suggested_posterolateral,
)

BEST = {"pain": "none", "bone": "blastic", "alignment": "normal", "collapse": "none", "posterolateral": "none"}
OPTIONS = {
    "pain": {"mechanical": 3, "occasional": 1, "none": 0},
    "bone": {"lytic": 2, "mixed": 1, "blastic": 0},
    "alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
    "collapse": {"over_50": 3, "under_50": 2, "body_over_50": 1, "none": 0},
    "posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
}
LOCATION = {
    3: "C0 C1 C2 C7 T1 T2 T11 T12 L1 L5 S1",
    2: "C3 C4 C5 C6 L2 L3 L4",
    1: "T3 T4 T5 T6 T7 T8 T9 T10",
    0: "S2 S3 S4 S5",
}


@pytest.mark.parametrize(("level", "points"), [(n, p) for p, names in LOCATION.items() for n in names.split()])
def test_location_points_of_every_level(level: str, points: int) -> None:
    assert sins(level=level, **BEST).value == points


@pytest.mark.parametrize(("level", "as_level", "points"), [("T13", "T12", 3), ("L6", "L5", 3)])
def test_a_transitional_vertebra_is_scored_as_its_neighbour_and_says_so(level: str, as_level: str, points: int) -> None:
    score = sins(level=level, **BEST)
    assert score.value == points
    assert any("transitional anatomy" in note and as_level in note for note in score.notes)


@pytest.mark.parametrize(("item", "option"), [(item, option) for item, rows in OPTIONS.items() for option in rows])
def test_points_of_every_option(item: str, option: str) -> None:
    assert sins(level="S2", **(BEST | {item: option})).value == OPTIONS[item][option]


def test_all_totals_are_the_sum_and_the_band_follows_the_total() -> None:
    seen = set()
    for picks in itertools.product(*(rows.items() for rows in OPTIONS.values())):
        given = dict(zip(OPTIONS, (name for name, _ in picks), strict=True))
        total = 1 + sum(points for _, points in picks)
        score = sins(level="T5", **given)
        assert score.value == total
        assert score.band == ("stable" if total <= 6 else "indeterminate" if total <= 12 else "unstable")
        seen.add(total)
    assert {6, 7, 12, 13} <= seen


def test_total_runs_from_0_to_18() -> None:
    assert sins(level="S2", **BEST).value == 0
    worst = {item: max(rows, key=rows.__getitem__) for item, rows in OPTIONS.items()}
    assert sins(level="T11", **worst).value == 18


def test_missing_inputs_give_the_range_and_no_band_across_a_boundary() -> None:
    score = sins(level="T3", pain="mechanical", bone="lytic", posterolateral="bilateral")
    assert (score.value, score.range, score.band) == (None, (9, 16), None)
    assert score.missing == ("alignment", "collapse")
    assert score.bands == ("indeterminate", "unstable")


def test_a_band_is_given_where_both_ends_agree() -> None:
    score = sins(level="T3", pain="mechanical", bone="lytic", alignment="normal", posterolateral="bilateral")
    assert (score.range, score.band) == ((9, 12), "indeterminate")


def test_alternatives_are_neither_missing_nor_settled() -> None:
    score = sins(level="T3", **(BEST | {"collapse": OneOf(("under_50", "over_50"))}))
    assert (score.value, score.range, score.missing) == (None, (3, 4), ())


def test_the_coccyx_is_not_covered() -> None:
    score = sins(level="Co", **BEST)
    assert not score.applicable
    assert score.value is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pain": "mecanical"}, "did you mean 'mechanical'"),
        ({"level": "T14"}, "unknown vertebral level"),
        ({"level": Segment.T4}, "cord segment"),
    ],
)
def test_bad_input_names_the_field_and_the_nearest_word(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        sins(**given)  # type: ignore[arg-type]


def test_the_patient_value_is_the_maximum_never_the_sum_and_ties_go_cranial() -> None:
    rows = [LesionInputs(level=Level.T4, **BEST), LesionInputs(level=Level.T3, **BEST)]
    found = patient_sins(rows)
    assert found.patient is not None
    assert (found.patient.value, found.patient.subject) == (1, "T3")
    higher = [LesionInputs(level=Level.T3, **BEST), LesionInputs(level=Level.L1, **(BEST | {"pain": "mechanical"}))]
    assert patient_sins(higher).patient.value == 6  # type: ignore[union-attr]


def test_the_patient_range_is_the_range_of_the_maximum() -> None:
    one = LesionInputs(level=Level.T3, **(BEST | {"pain": None}))
    two = LesionInputs(level=Level.T4, **(BEST | {"bone": "lytic"}))
    assert sins(level="T3", **(BEST | {"pain": None})).range == (1, 4)
    assert patient_sins([one, two]).patient.range == (3, 4)  # type: ignore[union-attr]


def test_the_block_value_takes_the_worst_option_of_each_component_and_says_it_is_not_published() -> None:
    one = LesionInputs(level=Level.T3, **(BEST | {"pain": "mechanical"}))
    two = LesionInputs(level=Level.T4, **(BEST | {"bone": "lytic"}))
    three = LesionInputs(level=Level.L3, **BEST)
    (block,) = patient_sins([three, two, one]).contiguous_block
    assert (block.value, block.subject) == (1 + 3 + 2, "T3-T4")
    assert "not a published SINS" in block.notes[0]


@pytest.mark.parametrize(
    ("loss", "body", "options"),
    [
        (80, 0.9, {"over_50"}),
        (50, 0.9, {"over_50", "under_50"}),
        (62.5, 0.9, {"over_50"}),
        (62.4, 0.9, {"over_50", "under_50"}),
        (30, 0.9, {"under_50"}),
        (12.5, 0.2, {"under_50"}),
        (11, 0.6, {"under_50", "body_over_50"}),
        (9.9, 0.4, {"under_50", "none"}),
        (0, 0.51, {"under_50", "body_over_50"}),
        (0, 0.5, {"under_50", "none"}),
        (0, None, {"under_50", "body_over_50", "none"}),
        (-12.4, 0.4, {"under_50", "none"}),
        (-12.5, 0.4, {"none"}),
        (None, 0.9, {"over_50", "under_50", "body_over_50"}),
        (-20, 0.4, {"none"}),
    ],
)
def test_collapse_suggestions_keep_both_answers_near_a_boundary(
    loss: float | None, body: float | None, options: set[str]
) -> None:
    found = suggested_collapse(height_loss_percent=loss, body_fraction=body)
    assert found is not None
    assert set(found.values) == options


def test_exactly_half_without_measurement_error_takes_two_points() -> None:
    found = suggested_collapse(height_loss_percent=50, body_fraction=0.9, error_points=0)
    assert found == OneOf(("under_50",))


@pytest.mark.parametrize(
    ("left", "right", "options"),
    [
        (0.10, 0.10, {"bilateral"}),
        (0.10, 0.0, {"unilateral"}),
        (0.0, 0.0, {"none"}),
        (0.07, 0.0, {"none", "unilateral"}),
        (0.2, None, {"unilateral", "bilateral"}),
        (0.07, 0.07, {"none", "unilateral", "bilateral"}),
    ],
)
def test_posterolateral_suggestions(left: float, right: float | None, options: set[str]) -> None:
    found = suggested_posterolateral(left_fraction=left, right_fraction=right)
    assert found is not None
    assert set(found.values) == options


def test_a_tenth_of_a_millilitre_counts_whatever_the_fraction() -> None:
    found = suggested_posterolateral(left_fraction=0.01, right_fraction=0.0, left_volume_ml=0.1)
    assert found == OneOf(("unilateral",))


@pytest.mark.parametrize(
    ("level", "offset", "deformity", "options"),
    [
        (Level.C5, 3.5, False, {"normal"}),
        (Level.C5, 3.6, False, {"subluxation", "normal"}),
        (Level.C5, 6.5, False, {"subluxation", "normal"}),
        (Level.C5, 6.6, False, {"subluxation"}),
        (Level.T5, 2.5, None, {"deformity", "normal"}),
        (Level.T5, 2.6, None, {"subluxation", "deformity", "normal"}),
        (Level.T5, 5.6, None, {"subluxation"}),
        (Level.L3, 4.5, True, {"deformity"}),
        (Level.L3, -4.6, True, {"subluxation", "deformity"}),
        (Level.L3, -7.6, None, {"subluxation"}),
        (Level.S2, 9.0, False, {"subluxation", "normal"}),
        (Level.T5, None, True, {"subluxation", "deformity"}),
        (Level.T5, 0.0, None, {"deformity", "normal"}),
    ],
)
def test_alignment_suggestions(level: Level, offset: float | None, deformity: bool | None, options: set[str]) -> None:
    found = suggested_alignment(level=level, translation_mm=offset, new_deformity=deformity)
    assert found is not None
    assert set(found.values) == options


def test_export_in_radelement_codes_has_a_local_code_for_pain() -> None:
    coded = radelement(sins(level="T3", **(BEST | {"bone": None})))
    assert coded["set"] == "RDES21"
    assert coded["elements"]["RDE151"] == "T3"  # type: ignore[index]
    assert coded["elements"]["RDE153"] == "indeterminate/unknown"  # type: ignore[index]
    assert coded["elements"]["oncospine:sins-pain"] == "none"  # type: ignore[index]
