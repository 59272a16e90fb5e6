"""Dates, laboratory values, ISNCSCI tables and overrides of a case."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from oncospine.base import InputError, Segment, Side
from oncospine.case import (
    DERMATOMES,
    KEY_MUSCLES,
    Ambulation,
    Frankel,
    LabValue,
    PainCharacter,
    PartialDate,
    SensoryLevel,
    Visceral,
    analytes,
    months_between,
    override_kinds,
    parse_case,
)
from oncospine.case.isncsci_tables import in_ranges
from oncospine.case.overrides import override_problem
from oncospine.scores.inputs import input_specs


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2013-02-08", date(2013, 2, 8), date(2013, 2, 8)),
        ("2013-02", date(2013, 2, 1), date(2013, 2, 28)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2013", date(2013, 1, 1), date(2013, 12, 31)),
    ],
)
def test_a_partial_date_spans_what_is_not_known(text: str, first: date, last: date):
    when = PartialDate(text)
    assert (when.earliest, when.latest, str(when)) == (first, last, text)


def test_months_between_bound_what_is_not_known():
    exact = months_between(date(2010, 8, 8), date(2013, 2, 8))
    assert exact == (30, 30)
    low, high = months_between(PartialDate("2010-08"), date(2013, 2, 8))
    assert low == pytest.approx(30 - 23 / 31)
    assert high == pytest.approx(30 + 7 / 31)


@given(start=st.dates(date(1990, 1, 1), date(2030, 1, 1)), days=st.integers(0, 4000))
def test_a_day_later_is_never_fewer_months(start: date, days: int):
    end = start + timedelta(days=days)
    assert months_between(start, end)[0] < months_between(start, end + timedelta(days=1))[0]
    assert months_between(start, end)[0] == pytest.approx(days / 30.436875, abs=0.2)


def test_a_wrong_partial_date_cannot_be_made():
    for text in ("2013-2", "13-02-08", "2013-00", "x"):
        with pytest.raises(ValueError, match=r"."):
            PartialDate(text)


def lab(text: str) -> LabValue:
    name = text.split(":")[0]
    panel = parse_case(f"pseudonym: P-1\nlaboratory: [{{date: 2013-02-08, {text}}}]\n").laboratory[0]
    value = getattr(panel, name)
    assert isinstance(value, LabValue)
    return value


# Every row and unit of data/laboratory.yaml; the amounts follow from the meaning of the units.
UNITS = {
    "albumin: 38 g/L": 3.8,
    "albumin: 3.8 g/dL": 3.8,
    "crp: 4 mg/L": 0.4,
    "crp: 0.4 mg/dL": 0.4,
    "ldh: 250 U/L": 250,
    "ldh: 250 IU/L": 250,
    "ldh: 5 ukat/L": 5e-6 * 60 / 1e-6,
    "ldh: 5 µkat/l": 300,
    "platelets: 100 10^9/L": 1e5,
    "platelets: 100 G/L": 1e5,
    "platelets: 100 10^3/uL": 1e5,
    "platelets: 100000 /uL": 1e5,
    "platelets: 100000 /µL": 1e5,
    "calcium: 10.3 mg/dL": 10.3,
    "calcium: 2.5 mmol/L": 2.5 * 40.078 / 10,
    "bilirubin: 1.4 mg/dL": 1.4,
    "bilirubin: 20 umol/L": 20 * (33 * 12.011 + 36 * 1.008 + 4 * 14.007 + 6 * 15.999) / 1e4,
    "haemoglobin: 121 g/L": 12.1,
    "haemoglobin: 12.1 g/dl": 12.1,
    "inr: 1.1": 1.1,
    "inr: 1": 1,
}


@pytest.mark.parametrize(("entered", "canonical"), UNITS.items())
def test_every_unit_converts_to_the_canonical_one(entered: str, canonical: float):
    assert lab(entered).canonical == pytest.approx(canonical, rel=1e-4)


def test_every_unit_of_every_analyte_is_tested():
    spelt = {(text.split(":")[0], lab(text).unit) for text in UNITS}
    assert spelt == {(name, unit) for name, analyte in analytes().items() for unit in analyte.factors}


def test_calcium_agrees_with_the_pair_of_the_reference():
    assert lab("calcium: 10.3 mg/dL").in_unit("mmol/L") == pytest.approx(2.57, abs=0.005)


def test_a_conversion_there_and_back_is_the_same():
    for analyte in analytes().values():
        for unit in analyte.factors:
            value = LabValue(analyte=analyte.name, value=2.0, unit=unit)
            assert math.isclose(value.in_unit(unit), 2.0)
    with pytest.raises(InputError, match=r"unknown unit 'g/l' of albumin; its units are g/dL, g/L"):
        LabValue(analyte="albumin", value=2.0, unit="g/dL").in_unit("g/l")


@pytest.mark.parametrize("name", list(analytes()))
def test_the_span_of_the_believable_includes_its_ends(name: str):
    analyte = analytes()[name]
    unit = "" if analyte.unit == "1" else f" {analyte.unit}"
    for edge in (analyte.low, analyte.high):
        assert lab(f"{name}: {edge}{unit}").canonical == edge
    for beyond in ([analyte.low * 0.99] if analyte.low else []) + [analyte.high * 1.01]:
        with pytest.raises(InputError, match="believable"):
            lab(f"{name}: {beyond:.6f}{unit}")


def test_there_are_28_dermatomes_and_10_key_muscles():
    assert (len(DERMATOMES), len(KEY_MUSCLES)) == (28, 10)
    assert (DERMATOMES[0], DERMATOMES[-1]) == (Segment.C2, Segment.S4_5)


def table(name: str, text: str) -> dict[Segment, str]:
    case = parse_case(f"pseudonym: P-1\nexams: [{{date: 2013-02-08, isncsci: {{right: {{{name}: {text}}}}}}}]\n")
    isncsci = case.exams[0].isncsci
    assert isncsci is not None
    return dict(getattr(isncsci.side(Side.RIGHT), name))


def test_a_table_is_written_in_segments_or_ranges():
    found = table("light_touch", "{C2-T3: 2, T4: 1*, t5-s4-5: NT}")
    assert list(found) == list(DERMATOMES)
    assert found[Segment.T3] == "2"
    assert found[Segment.T4] == "1*"
    assert {found[segment] for segment in DERMATOMES[DERMATOMES.index(Segment.T5) :]} == {"NT"}
    assert table("pin_prick", "{S4-5: 0}") == {Segment.S4_5: "0"}
    assert table("motor", "{C5-S1: 5}") == dict.fromkeys(KEY_MUSCLES, "5")
    assert table("motor", "{S1: 4**, L2: NT*}") == {Segment.L2: "NT*", Segment.S1: "4**"}
    assert table("motor", "{}") == {}


@pytest.mark.parametrize("bad", ["{C2: 2*}", "{T4-T3: 2}", "{C1: 2}", "{C2-C3-C4: 2}", "{C2: 2.0}", "{C2: ''}", "[2]"])
def test_a_table_that_cannot_be_is_refused(bad: str):
    with pytest.raises(InputError):
        table("light_touch", bad)


def test_runs_of_equal_grades_are_written_as_ranges_without_the_gaps():
    grades = {Segment.C2: "2", Segment.C3: "2", Segment.C5: "2", Segment.T1: "1*"}
    assert in_ranges(grades, DERMATOMES) == {"C2-C3": 2, "C5": 2, "T1": "1*"}


def test_a_sensory_level_is_stated_once_or_per_side():
    once = SensoryLevel(single=Segment.T4)
    sides = SensoryLevel(right=Segment.T4, left=Segment.T6)
    assert (once.on(Side.RIGHT), once.on(Side.LEFT), once.most_cranial) == (Segment.T4, Segment.T4, Segment.T4)
    assert (sides.on(Side.RIGHT), sides.on(Side.LEFT), sides.most_cranial) == (Segment.T4, Segment.T6, Segment.T4)
    assert SensoryLevel(left=Segment.T6).on(Side.RIGHT) is None
    assert SensoryLevel().most_cranial is None
    assert (once.to_plain(), sides.to_plain()) == ("T4", {"right": "T4", "left": "T6"})


def test_every_word_of_every_override_is_accepted_and_a_stranger_is_not():
    assert len(override_kinds()) == 27
    for kind in override_kinds().values():
        for word in kind.values:
            assert override_problem(kind.name, word, has_level=True) is None
        if kind.values:
            wrong = override_problem(kind.name, "strange", has_level=True)
            assert wrong is not None
            assert wrong[0] == "value"
        if kind.low is not None and kind.high is not None:
            for inside in (kind.low, kind.high):
                assert override_problem(kind.name, str(inside), has_level=True) is None
            for outside in (str(kind.low - 1), str(kind.high + 1), "many", "nan"):
                assert override_problem(kind.name, outside, has_level=True) is not None
        word = kind.values[0] if kind.values else "0"
        without = override_problem(kind.name, word, has_level=False)
        assert (without is not None) == kind.per_level


def test_what_the_case_keeps_the_scores_accept():
    specs = input_specs()
    names = {"ldh": "ldh_iu_l", "platelets": "platelets_per_ul", **{name: f"{name}_mg_dl" for name in MG_DL}}
    for name, spec_name in {**names, "albumin": "albumin_g_dl"}.items():
        spec, analyte = specs[spec_name], analytes()[name]
        assert (spec.low, spec.high) == (analyte.low, analyte.high)
    for override, spec_name in OVERRIDE_OF_INPUT.items():
        assert override_kinds()[override].values == specs[spec_name].choices
    assert tuple(Visceral) == specs["visceral"].choices
    assert tuple(PainCharacter) == specs["pain"].choices
    assert tuple(Ambulation) == specs["ambulatory"].choices
    assert tuple(Frankel) == specs["frankel"].choices


MG_DL = ("crp", "calcium", "bilirubin")
OVERRIDE_OF_INPUT = {
    "escc": "escc_grade",
    "sins_bone_lesion": "bone",
    "sins_alignment": "alignment",
    "sins_collapse": "collapse",
    "sins_posterolateral": "posterolateral",
    "sins_pain": "pain",
}


def test_the_words_of_the_case_are_those_of_the_reference():
    assert [word.value for word in Visceral] == ["none", "treatable", "untreatable", "disseminated"]
    assert [word.value for word in PainCharacter] == ["mechanical", "occasional", "none"]
    assert override_kinds()["escc"].values == ("0", "1a", "1b", "1c", "2", "3")


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("nurick", 0, 5),
        ("ecog", 0, 4),
        ("ecog_before_deficit", 0, 4),
        ("mjoa.upper_limb_motor", 0, 5),
        ("mjoa.lower_limb_motor", 0, 7),
        ("mjoa.hand_sensation", 0, 3),
        ("mjoa.sphincter", 0, 3),
        ("joa_thoracic.lower_limb_motor", 0, 4),
        ("joa_thoracic.leg_sensation", 0, 2),
        ("joa_thoracic.trunk_sensation", 0, 2),
        ("joa_thoracic.bladder", 0, 3),
        ("pain.nrs_rest", 0, 10),
        ("pain.nrs_movement", 0, 10),
        ("pain.vas_rest_mm", 0, 100),
        ("pain.vas_movement_mm", 0, 100),
    ],
)
def test_every_scale_has_its_ends(field: str, low: int, high: int):
    def exam(value: int) -> object:
        section, _, name = field.rpartition(".")
        inner = f"{section}: {{{name}: {value}}}" if section else f"{name}: {value}"
        found = parse_case(f"pseudonym: P-1\nexams: [{{date: 2013-02-08, {inner}}}]\n").exams[0]
        for part in field.split("."):
            found = getattr(found, part)
        return found

    assert (exam(low), exam(high)) == (low, high)
    for outside in (low - 1, high + 1):
        with pytest.raises(InputError, match=f"{low}..{high}"):
            exam(outside)


@pytest.mark.parametrize("kps", range(0, 101, 10))
def test_kps_goes_in_steps_of_ten(kps: int):
    assert parse_case(f"pseudonym: P-1\nexams: [{{date: 2013-02-08, kps: {kps}}}]\n").exams[0].kps == kps


def test_a_check_outside_a_file_raises_what_pydantic_expects():
    from oncospine.case.dates import as_day, as_partial_date

    assert as_day(date(2013, 2, 8)) == date(2013, 2, 8)
    assert as_partial_date(date(2013, 2, 8)) == PartialDate("2013-02-08")
    with pytest.raises(PydanticCustomError):
        as_partial_date(True)
