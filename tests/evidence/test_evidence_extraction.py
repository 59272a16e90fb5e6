"""Typed tables, levels, inconsistent cells, double counting, double entry, appraisal, doubts in series."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from oncospine.base import InputError, Level
from oncospine.evidence.certainty import certainty, imprecision_facts
from oncospine.evidence.extraction.appraisal import appraised, checklists
from oncospine.evidence.extraction.double_entry import compared_entries
from oncospine.evidence.extraction.patients import overlapping_patients, read_cases
from oncospine.evidence.extraction.series import read_series, series_doubts
from oncospine.evidence.extraction.typed_table import read_typed_table, table_columns
from oncospine.evidence.patient import levels_in, region_of
from oncospine.evidence.statistics import NOT_REACHED

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"


def table(folder, name, rows, file="t.csv"):
    columns = [column.name for column in table_columns(name)]
    path = folder / file
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


CASE = {
    "case_id": "a-1",
    "study_key": "a",
    "histology_group": "malignant",
    "age_years": "52",
    "sex": "F",
    "levels": "T3-T4",
}


def messages(found):
    return [(problem.line, problem.message) for problem in found.problems]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"followup_months": "-3"}, "followup_months is -3 months, expected 0 to 1200"),
        ({"age_years": "fifty"}, "age_years is 'fifty', expected a number of years"),
        ({"sex": "female"}, "sex is 'female', expected F, M or empty"),
        ({"surgery": "yes"}, "surgery is 'yes', expected y, n or empty"),
        ({"year": "2013.5"}, "year is 2013.5, expected a whole number"),
        ({"study_key": ""}, "study_key is empty"),
        ({"local_recurrence_months": "5"}, "local_recurrence_months is 5 although local_recurrence is not 'y'"),
        (
            {"local_recurrence": "y", "local_recurrence_months": "9", "followup_months": "6"},
            "local_recurrence_months 9 is later than followup_months 6",
        ),
        ({"vital_status": "dead", "disease_status": "NED"}, "vital_status is dead but disease_status NED"),
        ({"vital_status": "alive", "cause_of_death": "sepsis"}, "alive, but a death is described"),
        ({"levels": "somewhere"}, "levels 'somewhere' could not be read"),
        ({"surgery": "n", "resection_extent": "GTR"}, "a resection is given although surgery is 'n'"),
    ],
)
def test_impossible_cells_are_named_with_their_line_and_kept_as_text(tmp_path, cells, message):
    found = read_cases(table(tmp_path, "case", [CASE, CASE | {"case_id": "b-1"} | cells]))
    assert [line for line, _ in messages(found)] == [3]
    assert message in messages(found)[0][1]
    for name, text in cells.items():
        assert found.table.rows[1].raw[name] == text


def test_an_impossible_number_counts_as_not_reported(tmp_path):
    found = read_cases(table(tmp_path, "case", [CASE | {"followup_months": "-3"}]))
    assert found.patients[0].followup_months is None


def test_an_empty_cell_is_neither_yes_nor_no(tmp_path):
    patient = read_cases(table(tmp_path, "case", [CASE])).patients[0]
    assert (patient.myelopathy, patient.dead, patient.approach, patient.followup_months) == (None, None, "", None)


def test_keys_that_stand_twice_and_missing_columns(tmp_path):
    found = read_cases(table(tmp_path, "case", [CASE, CASE]))
    assert messages(found) == [(3, "case_id 'a-1' stands already on line 2; both rows were kept")]
    assert len(found.patients) == 2
    path = tmp_path / "short.csv"
    path.write_text("case_id,study_key\na,b\n")
    with pytest.raises(InputError, match=r"short\.csv, line 1: columns patient_no, .* missing"):
        read_cases(path)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("T3-T4", "T3 T4"), ("C7-T1; T8-T9", "C7 T1 T8 T9"), ("L4/5", "L4 L5"), ("S1-S3", "S1 S2 S3"),
        ("L2; L4", "L2 L4"),
        ("skull base to C2", "C1 C2"), ("D11", "T11"), ("T11 and T12", "T11 T12"), ("T5–T6", "T5 T6"),
        ("T5 to T6", "T5 T6"),
        ("multilevel", ""), ("cervicothoracic", ""), ("", ""),
    ],
)  # fmt: skip
def test_levels_as_printed(text, levels):
    assert [level.value for level in levels_in(text)] == levels.split()


def test_region_follows_the_print_and_else_the_levels():
    assert region_of((Level.C7, Level.T1), "") == "cervicothoracic"
    assert region_of((Level.T3,), "") == "thoracic"
    assert region_of((Level.T3, Level.L4, Level.C2), "") == "multilevel"
    assert region_of((), "lumbar; sacral") == "lumbar"


@pytest.mark.shared_data
def test_the_case_table_of_the_literature():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    found = read_cases(LITERATURE / "lms_spine_cases.csv")
    assert (len(found.patients), len(found.readable)) == (47, 43)
    groups = [patient.group for patient in found.readable]
    assert [groups.count(name) for name in ("malignant", "ebv_smt", "benign")] == [21, 7, 15]
    assert found.problems == ()
    assert sum(patient.age_years is not None and bool(patient.sex) for patient in found.readable) == 34
    known = [item for item in overlapping_patients(found.patients) if item.known]
    assert [item.one for item in known] == ["ochiai_c7-1"]


def test_the_same_patient_in_two_reports_is_flagged_not_merged(tmp_path):
    rows = [
        CASE,
        CASE | {"case_id": "b-1", "study_key": "b", "levels": "T4", "age_years": "53"},
        CASE | {"case_id": "a-2"},
        CASE | {"case_id": "c-1", "study_key": "c", "sex": "M"},
        CASE | {"case_id": "d-1", "study_key": "d", "levels": "L1"},
        CASE | {"case_id": "e-1", "study_key": "e", "age_years": ""},
    ]
    found = overlapping_patients(read_cases(table(tmp_path, "case", rows)).patients)
    assert {(item.one, item.other) for item in found} == {("a-1", "b-1"), ("b-1", "a-2")}
    assert found[0].reasons == ("ages 52 and 53", "sex F", "level T4")


def test_double_entry_finds_what_differs_and_nothing_else(tmp_path):
    one = table(
        tmp_path, "case", [CASE | {"followup_months": "6", "notes": "x"}, CASE | {"case_id": "only"}], "one.csv"
    )
    two = table(tmp_path, "case", [CASE | {"followup_months": "6.0", "sex": "M", "levels": " t3-t4 "}], "two.csv")
    found = compared_entries(
        read_typed_table(one, "case", key=("case_id",)), read_typed_table(two, "case", key=("case_id",)), key="case_id"
    )
    assert [(d.key, d.column, d.first, d.second) for d in found.differences] == [("a-1", "sex", "F", "M")]
    assert found.only_first == ("only",)
    assert found.agreement["sex"] == 0
    assert found.agreement["followup_months"] == 1


def test_checklists_are_lights_without_a_sum():
    assert [len(checklists()[name].items) for name in ("jbi_case_report", "jbi_case_series", "murad_surgery")] == [
        8,
        10,
        5,
    ]
    found = appraised("a", "jbi_case_report", {"1": "yes", "2": "no", "3": "unclear", "4": "not_applicable"})
    assert list(found.lights.values()) == ["green", "red", "amber", "grey"]
    assert found.unanswered == ("5", "6", "7", "8")
    assert not hasattr(found, "total")
    with pytest.raises(InputError, match="'9' is no item"):
        appraised("a", "jbi_case_report", {"9": "yes"})
    with pytest.raises(InputError, match="'maybe' is no answer"):
        appraised("a", "jbi_case_report", {"1": "maybe"})
    with pytest.raises(InputError, match="unknown checklist"):
        appraised("a", "jbi", {})


def test_certainty_moves_only_for_named_reasons_with_words():
    found = certainty("q", start="low", steps=(("imprecision", -1, "one event"),))
    assert found.level == "very low"
    assert certainty("q", start="low", steps=(("imprecision", -2, "x"), ("risk of bias", -2, "y"))).level == "very low"
    assert certainty("q", start="low", steps=(("large effect", 2, "x"),)).level == "high"
    for step in (("imprecision", -1, " "), ("imprecision", 1, "x"), ("taste", -1, "x"), ("imprecision", -3, "x")):
        with pytest.raises(InputError):
            certainty("q", start="low", steps=(step,))
    with pytest.raises(InputError, match="starts at one of"):
        certainty("q", start="fair")


def test_imprecision_is_stated_in_facts():
    facts = imprecision_facts(events=1, patients=8, low=0.387, high=0.981)
    assert facts[0] == "1 event in 8 patients"
    assert "39% to 98%" in facts[1]
    assert imprecision_facts(events=0, patients=8, low=None, high=None)[1] == "no interval can be given"


ROW = {"row_id": "1", "series_key": "s", "scope": "core", "population": "p", "arm": "a", "n_patients": "83"}


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"metric": "m", "value": "32.14", "unit": "percent"},
        "32.14 % fits no count of the 83 patients; 27 of 84 would"),
        ({"metric": "m", "value": "21.67", "unit": "percent"}, "fits no count of the 83 patients; 18 of 83 is 21.69 %"),
        ({"metric": "m", "value": "70", "unit": "percent", "events": "5", "denominator": "8"},
        "5 of 8 is 62.50 %, printed 70 %"),
        ({"metric": "hr", "value": "27.6", "unit": "ratio"}, "hr 27.6 without an interval"),
        ({"metric": "hr", "value": "0.05", "unit": "ratio"}, "hr 0.05 without an interval"),
    ],
)  # fmt: skip
def test_figures_that_do_not_add_up_are_shown(tmp_path, cells, text):
    found = series_doubts(read_series(table(tmp_path, "series", [ROW | cells])).results)
    assert len(found) == 1
    assert text in found[0].text


@pytest.mark.parametrize(
    "cells",
    [
        {"metric": "m", "value": "21.69", "unit": "percent"},
        {"metric": "m", "value": "63", "unit": "percent", "n_patients": "8"},
        {"metric": "os", "value": "67", "unit": "percent", "time_months": "12"},
        {"metric": "m", "value": "62.5", "unit": "percent", "events": "5", "denominator": "8"},
        {"metric": "hr", "value": "27.6", "unit": "ratio", "interval_low": "2", "interval_high": "300"},
        {"metric": "os_median", "value": "not_reached", "unit": "months"},
    ],
)
def test_figures_that_add_up_are_left_alone(tmp_path, cells):
    assert series_doubts(read_series(table(tmp_path, "series", [ROW | cells])).results) == ()


def test_not_reached_is_a_value_and_more_events_than_patients_a_problem(tmp_path):
    rows = [
        ROW | {"metric": "os_median", "value": "not_reached", "unit": "months"},
        ROW | {"row_id": "2", "metric": "m", "events": "9", "denominator": "8"},
    ]
    found = read_series(table(tmp_path, "series", rows))
    assert found.results[0].value is NOT_REACHED
    assert messages(found) == [(3, "9 events of 8: impossible")]


@pytest.mark.shared_data
def test_the_known_contradictions_of_the_literature_are_flagged():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    table_ = read_series(LITERATURE / "lms_spine_series.csv")
    assert (len(table_.results), table_.problems) == (136, ())
    texts = [(doubt.series, doubt.text) for doubt in series_doubts(table_.results)]
    assert any(series == "kharbat2024" and "27 of 84" in text for series, text in texts)
    assert any(series == "kharbat2024" and "18 of 83 is 21.69" in text for series, text in texts)
    assert sum(series == "serrato2025" and "sparse data" in text for series, text in texts) == 4
    assert sum("local control is printed" in text for _, text in texts) == 2
    changed = [replace(result, events=None) for result in table_.results]
    assert not any("local control is printed" in doubt.text for doubt in series_doubts(changed))
