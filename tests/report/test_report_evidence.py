"""The literature on the page: beside each option, and as a section that can be followed to the records."""

import html
import re
from dataclasses import replace

import report_samples as samples

from oncospine.base import Level
from oncospine.evidence import evidence_for_case
from oncospine.report import render_report, report_view
from oncospine.strategy import LevelInputs, PatientInputs, assess, faults


def page_results(histology="lms"):
    levels = (LevelInputs(level=Level.T3, escc=("2", "3")), LevelInputs(level=Level.T4))
    given = PatientInputs(levels=levels, histology=histology, tumour_role="metastasis", age_years=52, sex="female")
    strategy = assess(given)
    evidence = evidence_for_case(given, [option.id for option in strategy.options])
    return samples.changed(
        inputs=given, strategy=strategy, evidence=evidence, spine=None, scan=None, findings=None, study=None
    )


def text_of(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.split("<body")[1])).split())


def test_each_option_has_its_own_certainty_or_says_that_there_is_no_case_and_where_else_to_look():
    view = report_view(page_results())
    for option in view.options:
        told = option.evidence
        if told.certainty:
            assert told.brief.endswith("; certainty very low")
            assert told.certainty.startswith("very low (starts low; risk of bias: ")
            assert told.source is None
        else:
            assert told.brief == "no case evidence in this project"
            assert (told.source is not None) == (not option.not_chosen_because)
    page = text_of(render_report(view))
    assert "Reported: 2 reported patients and 3 arms of series; certainty very low" in page
    assert "kato2020 (leiomyosarcoma spinal metastases, total en bloc spondylectomy 2005-2016, tes, n 10):" in page


def test_without_a_review_every_option_still_says_so_and_names_what_was_published():
    results = page_results(histology="rcc")
    view = report_view(results)
    separation = next(option for option in view.options if option.id == "separation_sbrt")
    assert separation.evidence.sentences[0].startswith("No case evidence in this project: no review here")
    cited = {ref.number: ref for ref in separation.evidence.source.refs}
    listed = {item.number: item.id for item in view.citations}
    assert {"laufer2013noms", "laufer2013sep", "patchell2005"} <= {listed[number] for number in cited}


def test_pooled_figures_stand_with_interval_arms_and_populations():
    page = text_of(render_report(report_view(page_results())))
    assert "38 % (95 % interval 2 % to 96 %, prediction interval 0 % to 100 %" in page
    assert "ziewacz2012 5/8; stanford2022 4/10; zhangjh2022 0/8" in page
    assert "a pooled figure describes none of them" in page


def test_the_section_names_every_study_and_record_and_lists_survival_without_a_mean():
    results = page_results()
    page = text_of(render_report(report_view(results)))
    section = page[page.index("Evidence: Smooth-muscle tumours of the spine") :]
    for study in results.evidence.review.studies:
        assert study.key in section
        assert all(record in section for record in study.records)
    for figure in results.evidence.review.printed:
        assert figure.months in section
    assert "listed and not averaged" in section
    assert "208 records identified, 60 duplicates, 148 screened, 92 excluded, 56 reports sought" in section
    assert "48 studies included" in section


def test_patients_like_this_one_stand_with_the_parts_of_their_distance():
    results = page_results()
    rows = report_view(results).evidence.similar.rows
    assert [row[0] for row in rows] == [item.patient.id for item in results.evidence.similar.nearest]
    first = results.evidence.similar.nearest[0]
    assert first.patient.id == "maimone2013-1"
    assert rows[0][1] == f"{first.distance:.2f}"
    assert "region 0" in rows[0][6]
    assert "10.4236/ojmn.2013.34018" in rows[0][7]
    done = report_view(results).evidence.similar_notes[0]
    assert sum(int(n) for n in re.findall(r": (\d+) \(neurology", done)) == len(rows)
    assert "combined operation, resection STR, fixation: 1 (neurology improved 1)" in done


def test_without_a_review_the_page_has_no_such_section():
    view = report_view(page_results(histology="breast_other"))
    assert view.evidence is None
    assert {option.evidence.brief for option in view.options} == {"no case evidence in this project"}
    assert 'id="evidence"' not in render_report(view)


def test_words_of_the_section_keep_the_wording_rules():
    view = report_view(page_results())
    texts = [text for option in view.options if option.evidence for text in option.evidence.sentences]
    texts += [*view.evidence.similar_notes, *view.evidence.similar.notes, view.evidence.flow]
    assert {text: faults(text) for text in texts if faults(text)} == {}


def test_options_that_wait_for_the_histology_or_are_for_other_tumours_stand_on_a_line_of_the_first_screen():
    results = page_results()
    unknown = assess(PatientInputs(levels=(LevelInputs(level=Level.T5),), spinal_mass=True))
    view = report_view(replace(results, strategy=unknown, evidence=None))
    first = text_of(render_report(view)).split("Open once the histology is known:")[1].split(". ")[0]
    waiting = [option.title for option in view.options if option.awaits_histology]
    assert len(waiting) > 5
    assert all(title in first for title in waiting)
    known = text_of(render_report(report_view(results)))
    assert "Open once the histology is known" not in known
    assert "For other tumours: CT-guided radiofrequency ablation (osteoid osteoma);" in known
