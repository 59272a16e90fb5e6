import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncospine.base import (
    LEVELS,
    SEGMENTS,
    InputError,
    Level,
    Segment,
    Side,
    described_levels,
    parse_level,
    parse_levels,
    parse_segment,
)


def test_codes_are_unique_run_from_one_and_come_back():
    assert [level.code for level in LEVELS] == list(range(1, len(LEVELS) + 1))
    assert all(Level.from_code(level.code) is level for level in LEVELS)


@pytest.mark.parametrize("code", [0, -1, len(LEVELS) + 1])
def test_a_code_that_is_no_level_is_an_error(code):
    with pytest.raises(InputError, match=str(code)):
        Level.from_code(code)


@pytest.mark.parametrize(
    ("level", "step", "neighbour"),
    [("C7", 1, "T1"), ("T12", 1, "L1"), ("L5", 1, "S1"), ("T1", -1, "C7"), ("C1", -1, None), ("Co", 1, None)],
)
def test_neighbours_cross_the_regions_of_the_usual_column(level, step, neighbour):
    assert Level(level).neighbour(step) == neighbour


def test_a_thirteenth_thoracic_vertebra_lies_between_its_neighbours():
    assert Level.T13.neighbour(-1) is Level.T12
    assert Level.T13.neighbour(1) is Level.L1


@pytest.mark.parametrize(("text", "level"), [("T3", "T3"), (" t3 ", "T3"), ("co", "Co"), ("L 5", "L5")])
def test_level_names_are_read_whatever_their_case(text, level):
    assert parse_level(text) == level


@pytest.mark.parametrize(("text", "hint"), [("TH3", "T3"), ("D4", "T4"), ("T33", "T3"), ("X", "C1..Co")])
def test_a_misspelt_level_offers_the_nearest(text, hint):
    with pytest.raises(InputError, match=hint):
        parse_level(text)


def test_segments_are_not_vertebrae():
    assert parse_segment("s4-5") is Segment.S4_5
    assert parse_segment("C8") is Segment.C8
    with pytest.raises(InputError):
        parse_level("C8")
    assert len(SEGMENTS) == 29


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("T3", ["T3"]),
        ("T1-T4", ["T1", "T2", "T3", "T4"]),
        ("C7-T1, T4", ["C7", "T1", "T4"]),
        ("T12-L1", ["T12", "L1"]),
        ("T12-T13", ["T12", "T13"]),
    ],
)
def test_ranges_of_levels(text, levels):
    assert list(parse_levels(text)) == levels


def test_a_range_that_runs_upwards_is_refused():
    with pytest.raises(InputError, match="cranial to caudal"):
        parse_levels("T4-T1")


@given(st.sets(st.sampled_from([level for level in LEVELS if level not in {Level.T13, Level.L6}]), min_size=1))
def test_the_description_of_levels_reads_back(levels):
    assert set(parse_levels(described_levels(list(levels)))) == levels


def test_sides_have_signs_along_right():
    assert (Side.RIGHT.sign, Side.LEFT.sign) == (1, -1)
    assert Side.RIGHT.other is Side.LEFT
