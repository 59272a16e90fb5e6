"""From the record to what the rules read: the clinician's entry wins, both are traced, and nothing is invented."""

from dataclasses import fields

import pytest

from oncospine.base import How
from oncospine.case import parse_case
from oncospine.patient_inputs import patient_inputs
from oncospine.strategy import PatientInputs, assess

HEAD = "schema_version: 1\npseudonym: p\n"
DIAGNOSIS = "diagnosis: {kind: metastatic, histology_id: lms, tissue_diagnosis: yes}\n"


def inputs_of(text: str, **given):
    return patient_inputs(parse_case(HEAD + text), None, **given)


def test_an_empty_case_gives_only_unknown_inputs() -> None:
    found = inputs_of("")
    assert {item.name for item in fields(PatientInputs) if getattr(found, item.name) is not None} == {"sources"}
    assert dict(found.sources) == {}


def test_a_diagnosis_known_before_this_lesion_is_a_known_cancer_and_says_where_from() -> None:
    found = inputs_of(DIAGNOSIS)
    assert (found.histology, found.tumour_role, found.known_cancer) == ("lms", "metastasis", True)
    assert found.sources["histology"].text == "case, diagnosis"


def test_a_histology_without_tissue_is_not_used() -> None:
    assert inputs_of("diagnosis: {kind: metastatic, histology_id: lms, tissue_diagnosis: no}\n").histology is None


@pytest.mark.parametrize(("birth", "age"), [(1943, 70), (1942, None), (1941, 72), (1973, None), (1960, 53)])
def test_the_age_is_known_only_where_the_birth_year_leaves_one_side_of_every_limit(birth, age) -> None:
    """70 or 71 and 39 or 40 lie on two sides of a limit of the scores and rules; 52 or 53 do not."""
    assert inputs_of(f"birth_year: {birth}\nexams:\n  - {{date: 2013-06-01, kps: 60}}\n").age_years == age


TABLES = """exams:
  - date: 2013-02-08
    isncsci:
      right: {light_touch: {C2-T4: 2, T5-S4-5: 1}, pin_prick: {C2-T4: 2, T5-S4-5: 1}, motor: {C5-T1: 5, L2-S1: 3}}
      left: {light_touch: {C2-T4: 2, T5-S4-5: 1}, pin_prick: {C2-T4: 2, T5-S4-5: 1}, motor: {C5-T1: 5, L2-S1: 3}}
      vac: yes
"""


def test_an_ais_from_the_tables_is_derived_and_an_entered_one_wins_and_keeps_both() -> None:
    graded = inputs_of(DIAGNOSIS + TABLES)
    assert (graded.ais, graded.ais_graded, graded.sensory_level) == ("D", ("D",), True)
    assert graded.sources["ais"].how is How.DERIVED
    both = inputs_of(DIAGNOSIS + TABLES + "    ais: B\n")
    assert (both.ais, both.ais_graded) == ("B", ("D",))
    assert both.sources["ais"].how is How.ENTERED
    assert any("ISNCSCI" in item.text for item in assess(both).contradictions)
    assert not assess(graded).contradictions


def test_tables_that_leave_several_grades_give_no_grade_but_still_a_deficit() -> None:
    """Without the sacral examination nobody knows the grade; that something is lost is known all the same."""
    found = inputs_of(DIAGNOSIS + TABLES.replace("      vac: yes\n", "").replace("S4-5: 1", "S3: 1"))
    assert found.ais is None
    assert found.ais_graded is not None
    assert len(found.ais_graded) > 1
    assert "E-1" in assess(found).fired()


OVERRIDES = """affected_levels: T3-T4
overrides:
  - {what: escc, level: T3, value: '2', by: radiologist, date: 2013-02-09, why: read on T2}
  - {what: sins_bone_lesion, level: T4, value: lytic, by: radiologist, date: 2013-02-09, why: CT}
  - {what: gross_instability, value: 'no', by: surgeon, date: 2013-02-09, why: standing films}
  - {what: escc, level: T3, value: '3', by: radiologist, date: 2013-02-10, why: read again}
"""


def test_what_a_clinician_states_of_a_level_is_used_there_and_only_there_with_who_and_when() -> None:
    found = inputs_of(DIAGNOSIS + OVERRIDES)
    assert found.levels is not None
    levels = {item.level.value: item for item in found.levels}
    assert (levels["T3"].escc, levels["T4"].escc) == (("3",), None)
    assert (levels["T3"].bone, levels["T4"].bone) == (None, "lytic")
    assert levels["T3"].escc_from_ct is False
    assert found.sources["levels.T3.escc"].text == "radiologist on 2013-02-10: read again"
    assert found.gross_instability is False
    assert found.sources["gross_instability"].kind == "user"


def test_every_known_input_has_a_source() -> None:
    found = inputs_of(DIAGNOSIS + OVERRIDES + TABLES + "    kps: 60\n    pain: {character: mechanical}\n")
    known = {item.name for item in fields(PatientInputs) if getattr(found, item.name) is not None} - {"sources"}
    assert known - set(found.sources) == set()


def test_a_recommendation_names_the_source_of_every_level_it_read() -> None:
    found = assess(inputs_of(DIAGNOSIS + OVERRIDES + "wishes: {declines_surgery: yes}\n"))
    wish = found.recommendation("C-4")
    assert wish is not None
    assert any(used.name == "declines_surgery" and used.value is True for used in wish.inputs_used)
    read = {used.name: used for item in found.recommendations for used in item.inputs_used}
    assert read["escc"].value == {"T3": ("3",), "T4": None}
    assert "radiologist on 2013-02-10" in read["escc"].source


def test_options_that_need_a_declined_operation_are_set_apart_with_the_reason() -> None:
    found = assess(inputs_of(DIAGNOSIS + OVERRIDES + "wishes: {declines_surgery: yes}\n"))
    stated = "it was stated: the patient declines an operation"
    apart = {item.id for item in found.options if any(stated in why for why in item.not_chosen_because)}
    assert {"separation_sbrt", "staged_360", "posterior_circumferential_cage", "en_bloc"} <= apart
    assert found.leading_option not in apart


def test_a_stated_sins_total_reaches_the_rules_with_its_source() -> None:
    stated = "  - {what: sins_total, level: T3, value: 13, by: surgeon, date: 2013-02-09, why: counted}\n"
    found = inputs_of(DIAGNOSIS + "affected_levels: T3\noverrides:\n" + stated)
    assert found.levels is not None
    assert found.levels[0].sins_total == 13
    assert found.sources["levels.T3.sins_total"].text == "surgeon on 2013-02-09: counted"
    assert "E-12" in assess(found).fired()


@pytest.mark.parametrize(("whole", "asked"), [("yes", False), ("no", True)])
def test_an_mr_of_the_whole_spine_among_the_studies_is_not_asked_for_again(whole: str, asked: bool) -> None:
    exam = "exams:\n  - {date: 2013-02-08, weakness: yes}\n"
    study = f"studies:\n  - {{id: mr, date: 2013-02-08, modality: MR, whole_spine: {whole}}}\n"
    assert ("E-1b" in assess(inputs_of(DIAGNOSIS + exam + study)).fired()) is asked


def test_every_line_of_an_assessment_keeps_the_wording_rules() -> None:
    from oncospine.cli.assessed_text import assessed_lines
    from oncospine.pipeline import assess_case
    from oncospine.strategy import FOOTER, faults

    entered = "entered_scores:\n  - {name: sorg-90d, value: 0.78, date: 2013-02-09, by: oncologist, source: nomogram}\n"
    case = parse_case(HEAD + DIAGNOSIS + OVERRIDES + TABLES + "    ais: B\n    kps: 60\n" + entered)
    lines = assessed_lines(assess_case(case, None))
    assert [fault for line in lines if line != FOOTER for fault in faults(line)] == []
    assert lines[-1] == FOOTER
    assert any("sorg-90d 0.78" in line for line in lines)
    titles = [line for line in lines if line.isupper()]
    assert titles[0] == "EMERGENCY AND SAFETY FLAGS"


def test_an_incomplete_removal_and_a_failed_construct_reach_the_rules() -> None:
    surgery = "{date: 2013-01, what: laminectomy, at_lesion: yes, subtotal: yes, failed_construct: yes}"
    found = inputs_of(DIAGNOSIS + f"treatments:\n  surgery:\n    - {surgery}\n")
    assert (found.prior_surgery, found.subtotal_resection, found.failed_posterior) == (True, True, True)
    assert "X-6" in assess(found).fired()
