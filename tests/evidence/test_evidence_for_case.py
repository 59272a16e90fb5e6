"""The review beside a patient: the shipped file, what is counted on each option, and whom it finds."""

import csv
import json
import random
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import pytest

from oncospine.base import InputError, Level, to_json
from oncospine.evidence import (
    build_leiomyosarcoma_review,
    evidence_for_case,
    evidence_summary,
    option_evidence,
    options_of_review,
    patients_like,
    query_of,
    read_brief,
    shipped_brief,
)
from oncospine.evidence.brief import BRIEF_FILE, changed_since, parsed_brief
from oncospine.evidence.for_case import shipped_histologies
from oncospine.evidence.options import arm_kinds, option_matches
from oncospine.strategy import LevelInputs, PatientInputs, assess, faults

SHIPPED = Path(str(files("oncospine.evidence") / "data" / "leiomyosarcoma"))
OPTIONS = tuple(option_matches())


def patient(**changes):
    levels = (LevelInputs(level=Level.T3, escc=("2", "3")), LevelInputs(level=Level.T4, escc=("1b",)))
    given = {"levels": levels, "histology": "lms", "tumour_role": "metastasis", "myelopathy": True, "age_years": 52}
    return PatientInputs(**(given | {"sex": "female"} | changes))


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """The shipped review, built from its files."""
    return build_leiomyosarcoma_review(tmp_path_factory.mktemp("lms") / "review").review.folder


def test_the_shipped_review_is_what_its_files_give(review):
    assert (review / "results" / BRIEF_FILE).read_bytes() == (SHIPPED / BRIEF_FILE).read_bytes()


@pytest.mark.shared_data
def test_the_shipped_files_are_the_published_literature_data(shared_data):
    for path in SHIPPED.iterdir():
        if path.name != BRIEF_FILE:
            assert path.read_bytes() == (shared_data / "literature" / path.name).read_bytes(), path.name


def test_a_brief_is_read_back_as_it_was_written(review):
    brief = read_brief(review)
    assert brief == shipped_brief()
    assert to_json(brief) == (SHIPPED / BRIEF_FILE).read_text()
    assert brief.patients[0].levels == (Level.T3, Level.T4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"version": 99}, "layout 99, expected 2"),
        (lambda row: {k: v for k, v in row.items() if k != "patients"}, "KeyError: 'patients'"),
        (lambda row: row | {"patients": [row["patients"][0] | {"levels": ["T99"]}]}, "T99"),
        (lambda row: row | {"curves": [{"name": "x"}]}, "missing"),
    ],
)
def test_a_file_that_is_no_brief_is_refused_with_what_to_do(change, message):
    row = change(json.loads((SHIPPED / BRIEF_FILE).read_text()))
    with pytest.raises(InputError, match=message) as told:
        parsed_brief(json.dumps(row), "evidence.json")
    assert "oncospine evidence pool" in str(told.value)


def test_folders_without_a_pooled_review_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no review \(it has no review\.yaml\)"):
        read_brief(tmp_path)
    (tmp_path / "review.yaml").write_text("question: q\n")
    with pytest.raises(InputError, match="not been pooled yet"):
        read_brief(tmp_path)


def test_a_changed_table_or_decision_is_noticed(review, tmp_path):
    import shutil

    copy = tmp_path / "review"
    shutil.copytree(review, copy)
    brief = read_brief(copy)
    assert changed_since(copy, brief) == ()
    journal = next((copy / "screening").glob("*.jsonl"))
    journal.write_text(journal.read_text().replace('"exclude"', '"include"', 1))
    with (copy / "extraction" / "cases.csv").open("a") as stream:
        stream.write("\n")
    assert changed_since(copy, brief) == ("extraction/cases.csv", "screening/labels.jsonl")
    told = evidence_for_case(patient(), OPTIONS, folder=copy)
    assert "run `oncospine evidence pool" in told.notes[0]


def test_every_matched_option_is_an_option_of_the_strategy():
    known = {option.id for option in assess(patient()).options}
    assert set(OPTIONS) == known
    assert {match.arms for match in option_matches().values()} <= {"", *arm_kinds()}


def rows_where(**wanted):
    """Counts straight from the table, by another route than the engine's."""
    with (SHIPPED / "lms_spine_cases.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["confidence"] != "title_only"]
    rows = [row for row in rows if row["histology_group"] == "malignant"]
    return {row["case_id"] for row in rows if all(row[name] in values.split() for name, values in wanted.items())}


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        ("staged_360", {"surgery": "y", "approach": "combined"}),
        ("posterior_circumferential_cage", {"surgery": "y", "approach": "posterior", "fixation": "y"}),
        ("en_bloc", {"surgery": "y", "resection_extent": "en_bloc"}),
        ("stabilise_cebrt", {"surgery": "y", "fixation": "y", "radiotherapy": "y"}),
        ("stabilise_sbrt", {"surgery": "y", "fixation": "y", "srs_sbrt": "y"}),
        ("sbrt_alone", {"surgery": "n", "srs_sbrt": "y"}),
        ("cebrt_alone", {"surgery": "n", "radiotherapy": "y"}),
        ("laminectomy_alone", {"surgery": "y", "approach": "posterior", "fixation": "n"}),
    ],
)
def test_an_option_counts_the_patients_of_the_table(option, wanted):
    found = option_evidence(option, shipped_brief(), group="malignant")
    assert set(found.patients) == rows_where(**wanted)
    assert sum(found.neurology.values()) == len(found.patients)


def test_separation_counts_radiotherapy_of_either_kind():
    found = option_evidence("separation_sbrt", shipped_brief(), group="malignant")
    behind = {"surgery": "y", "approach": "posterior"}
    assert set(found.patients) == rows_where(**behind, radiotherapy="y") | rows_where(**behind, srs_sbrt="y")


def test_a_fact_that_is_not_stated_never_counts():
    brief = shipped_brief()
    silent = tuple(replace(one, approach="", fixation=None, radiosurgery=None, resection="") for one in brief.patients)
    for option in ("staged_360", "stabilise_sbrt", "en_bloc", "laminectomy_alone"):
        assert option_evidence(option, replace(brief, patients=silent)).patients == ()


def test_outcomes_count_stated_values_only_and_say_what_is_not_stated():
    found = option_evidence("staged_360", shipped_brief(), group="malignant")
    assert set(found.patients) == {"maimone2013-1", "yang2017-1"}
    assert (found.recurrence_stated, found.recurrences, found.status_stated, found.deaths) == (1, 0, 1, 0)
    assert "neurology improved in 1 of 1, local recurrence in 0 of 1, 0 of 1 died" in found.sentences[0]
    assert [(arm.series, arm.events, arm.total) for arm in found.pooled[0].arms] == [
        ("ziewacz2012", 5, 8),
        ("stanford2022", 4, 10),
        ("zhangjh2022", 0, 8),
    ]
    none = option_evidence("sbrt_alone", shipped_brief(), group="malignant")
    assert "absence of reports, not of effect" in none.sentences[0]
    with pytest.raises(InputError, match="unknown option 'laser'"):
        option_evidence("laser", shipped_brief())


def test_an_option_that_a_case_table_cannot_tell_apart_says_so_and_has_no_certainty():
    for name, match in option_matches().items():
        found = option_evidence(name, shipped_brief())
        if match.why_not:
            assert (found.patients, found.pooled, found.technique, found.certainty) == ((), (), (), None)
            assert found.sentences == (f"No case evidence in this review: {match.why_not}.",)


def test_certainty_is_of_the_option_and_names_the_facts_it_rests_on():
    brief = shipped_brief()
    both, series, none = (
        option_evidence(name, brief, group="malignant") for name in ("staged_360", "separation_sbrt", "cebrt_alone")
    )
    assert [reason for reason, _, _ in both.certainty.steps] == ["risk of bias"]
    assert both.certainty.facts == (
        "2 reported patients with a combined anterior and posterior operation",
        "an outcome is stated of 2",
        "9 of 26 patients had a local recurrence in 3 arms of series of any technique",
    )
    assert [reason for reason, _, _ in series.certainty.steps] == ["risk of bias", "indirectness"]
    assert none.certainty is None


def test_the_team_may_judge_an_option_and_a_wrong_judgement_is_told():
    step = {"reason": "large effect", "step": 1, "why": "all walked again"}
    row = {"start": "low", "steps": [step]}
    brief = replace(shipped_brief(), judged={"staged_360": row})
    found = option_evidence("staged_360", brief, group="malignant")
    assert (found.certainty.level, found.certainty.why[0]) == ("moderate", "large effect: all walked again")
    assert option_evidence("en_bloc", brief).certainty.level == "very low"
    with pytest.raises(InputError, match=r"review\.yaml, certainty: .*expected start and steps"):
        option_evidence("staged_360", replace(brief, judged={"staged_360": {"steps": [step]}}))


def test_series_of_one_technique_are_listed_as_printed_beside_that_option_alone():
    brief = shipped_brief()
    with (SHIPPED / "lms_spine_series.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["arm"] == "tes" and row["time_months"]]
    figures = [item.figure for item in option_evidence("en_bloc", brief).technique]
    for row in rows:
        assert f"cause-specific survival at {row['time_months']} months {row['value']} %" in figures
    assert "complications 30 % (3 of 10)" in figures
    assert {item.arm for item in option_evidence("sbrt_alone", brief).technique} == {"srs"}
    assert option_evidence("staged_360", brief).technique == ()


def test_options_of_a_review_stand_with_evidence_first_and_an_unknown_group_is_refused():
    found = options_of_review(shipped_brief(), group="malignant")
    assert {item.option for item in found} == set(OPTIONS)
    known = [item.certainty is not None for item in found]
    assert known == sorted(known, reverse=True)
    with pytest.raises(InputError, match="no patient of this review is of group 'x'"):
        options_of_review(shipped_brief(), group="x")


def test_every_patient_and_arm_of_an_option_leads_to_records():
    for option in OPTIONS:
        found = option_evidence(option, shipped_brief())
        by_key = {study.key: study for study in found.studies}
        for arm in (arm for figure in found.pooled for arm in figure.arms):
            assert by_key[arm.series].records
        traced = {name for study in found.studies for name in study.patients}
        assert set(found.patients) <= traced


def test_the_patient_of_the_rules_becomes_a_query():
    query = query_of(patient(), group="malignant")
    assert (query.histology_group, query.disease_class, query.levels) == (
        "malignant",
        "metastatic",
        (Level.T3, Level.T4),
    )
    assert (query.myelopathy, query.cord_compression, query.age_years, query.sex) == (True, True, 52, "F")
    assert query.operated is None
    unknown = query_of(PatientInputs())
    assert all(getattr(unknown, field.name) in (None, "", ()) for field in fields(unknown))


@pytest.mark.parametrize(
    ("grades", "compressed"),
    [
        ((("2",), ("0",)), True),
        ((("2", "3"), None), True),
        ((("1c", "2"), ("0",)), None),
        ((("1c",), ("0",)), False),
        ((("1c",), None), None),
        ((), None),
    ],
)
def test_compression_is_known_only_where_no_grade_leaves_it_open(grades, compressed):
    levels = tuple(LevelInputs(level=level, escc=item) for level, item in zip(Level, grades, strict=False))
    assert query_of(patient(levels=levels)).cord_compression is compressed


def test_the_shipped_review_is_read_for_its_histology_alone():
    assert evidence_for_case(patient(histology="breast_other"), OPTIONS) is None
    assert evidence_for_case(patient(histology=None), OPTIONS) is None
    for histology in (*shipped_histologies(), "leiomyosarcoma"):
        assert evidence_for_case(patient(histology=histology), OPTIONS).group == "malignant"


def test_a_review_that_does_not_know_the_histology_says_so(review):
    found = evidence_for_case(patient(histology="breast_other"), OPTIONS, folder=review)
    assert "the histology 'breast_other' belongs to is not said" in found.notes[0]
    groups = {one.id: one.group for one in found.review.patients}
    counted = {groups[name] for item in found.options.values() for name in item.patients}
    assert "benign" in counted
    assert all("histology" not in dict(item.parts) for item in found.similar.nearest)


def test_the_report_of_this_very_patient_is_named_as_no_evidence():
    def own_report(given):
        sentences = evidence_for_case(given, OPTIONS).similar.sentences
        return any("maimone2013-1" in text and "counts as no evidence" in text for text in sentences)

    assert own_report(patient())
    assert own_report(patient(age_years=51))
    assert own_report(patient(sex=None))
    assert not own_report(patient(age_years=54))
    assert not own_report(patient(sex="male"))
    assert not own_report(patient(levels=(LevelInputs(level=Level.T3),)))


def test_the_order_of_the_table_changes_nothing():
    found = shipped_brief().patients
    shuffled = list(found)
    random.Random(4).shuffle(shuffled)
    query = query_of(patient(), group="malignant")
    assert patients_like(query, shuffled).nearest == patients_like(query, found).nearest


def test_no_sentence_orders_or_claims_more_than_the_reports_say():
    found = evidence_for_case(patient(), OPTIONS)
    texts = [*found.notes, *found.similar.sentences, *found.review.sentences, *found.review.disagreements]
    texts += [text for item in found.options.values() for text in item.sentences]
    texts += [text for figure in found.review.pooled for text in figure.sentences]
    texts += [text for curve in found.review.curves for text in curve.sentences]
    assert {text: faults(text) for text in texts if faults(text)} == {}


def test_the_plan_keeps_the_evidence_without_the_review():
    found = evidence_for_case(patient(), OPTIONS)
    kept = json.loads(to_json(evidence_summary(found)))
    assert kept["certainty"] == "very low"
    assert kept["options"]["staged_360"]["patients"] == ["maimone2013-1", "yang2017-1"]
    assert "patients" not in kept["review"]
