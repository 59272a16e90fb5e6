"""Operations on all criteria: what stands where, what is beaten and said so, which colour means which stage."""

import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import case, changed, measured, operation
from test_report_page import Page

from oncospine.geometry import Mask
from oncospine.report import comparison_page, render_comparison, render_report, report_view
from oncospine.report.bibliography import Bibliography
from oncospine.report.comparison_chart import HEIGHT, LEFT, STEP, TOP, comparison_chart, criterion_value, letter_of
from oncospine.report.from_comparison import comparison_view
from oncospine.report.reach_views import reach_views
from oncospine.strategy import faults
from oncospine.surgery import Comparison, comparison_of, criteria, evaluate, parse_operation

FRONT = """
title: From the front too
stages:
  - title: "from behind"
    approach: A-LAM
    laminectomy: {levels: T3-T4}
    resection: {intent: subtotal, levels: T3-T4}
    fixation: {levels: T2-T5}
  - title: "from the right"
    approach: A-HTHO
    resection: {intent: subtotal, levels: T3-T4}
"""


@pytest.fixture(scope="module")
def both():
    scan, spine, findings = measured()
    return operation(), evaluate(parse_operation(FRONT), spine, findings, scan)


@pytest.fixture(scope="module")
def compared(both) -> Comparison:
    return comparison_of([(item.operation.title, item) for item in both], measured()[2])


def with_values(comparison: Comparison, *values: dict[str, float | None]) -> Comparison:
    rows = tuple(
        replace(comparison.alternatives[0], name=f"n{i}", values=one, dominated_by=()) for i, one in enumerate(values)
    )
    return replace(comparison, alternatives=rows)


def test_the_table_holds_every_value_under_its_own_alternative(compared) -> None:
    view = comparison_view(compared, Bibliography())
    assert view.table.headings == ("", "A Posterior alone", "B From the front too")
    for criterion, row in zip(criteria(), view.table.rows, strict=False):
        assert row[0] == f"{criterion.text} ({criterion.better} is better)"
        for shown, alternative in zip(row[1:], compared.alternatives, strict=True):
            assert shown == criterion_value(criterion, alternative.values[criterion.id])
    sessions = next(row for row in view.table.rows if row[0].startswith("sessions"))
    assert sessions[1:] == ("1", "2")


def test_a_beaten_alternative_is_named_with_what_beats_it_and_dashed(compared) -> None:
    base = {item.id: 1.0 for item in criteria()}
    worse = {**base, "sessions": 2.0}
    made = with_values(compared, base, worse)
    made = replace(made, alternatives=(made.alternatives[0], replace(made.alternatives[1], dominated_by=("n0",))))
    view = comparison_view(made, Bibliography())
    assert view.table.rows[-1][1:] == ("none of these", "A")
    assert view.free.startswith("Not beaten on every criterion by another: A. ")
    assert view.alternatives[1].beaten_by == "A"
    svg = comparison_chart(made)
    assert svg.count("stroke-dasharray") == 1


def test_better_is_up_on_every_axis_whichever_way_it_counts(compared) -> None:
    best = {item.id: (9.0 if item.better == "more" else 1.0) for item in criteria()}
    worst = {item.id: (1.0 if item.better == "more" else 9.0) for item in criteria()}
    svg = comparison_chart(with_values(compared, best, worst))
    ups, downs = re.findall(r'<path d="M([^"]+)"', svg)
    assert {point.split()[1] for point in ups.split("L")} == {f"{TOP:g}"}
    assert {point.split()[1] for point in downs.split("L")} == {f"{TOP + HEIGHT:g}"}
    assert [float(point.split()[0]) for point in ups.split("L")] == [LEFT + STEP * i for i in range(len(criteria()))]


def test_a_value_that_does_not_apply_breaks_the_line_and_is_a_dash(compared) -> None:
    base: dict[str, float | None] = {item.id: 1.0 for item in criteria()}
    gap = {**base, "least_room_mm2": None}
    svg = comparison_chart(with_values(compared, gap, base))
    assert len(re.findall(r"<path ", svg)) == 3
    assert criterion_value(criteria()[2], None) == "—"


def test_letters_on_one_place_stand_side_by_side(compared) -> None:
    base = {item.id: 1.0 for item in criteria()}
    svg = comparison_chart(with_values(compared, base, base, base))
    centres = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert len(centres) == len(set(centres)) == 3 * len(criteria())
    assert letter_of(2) == "C"


def test_the_colours_are_those_of_the_stages_that_reach_and_only_those(both) -> None:
    _, spine, findings = measured()
    first, second = (reach_views(spine, findings, item, letters=("L",))[0] for item in both)
    assert first.caption.startswith("green: within reach of stage 1; orange: out of reach")
    assert "blue" not in first.caption
    assert "blue: within reach of stage 2" in second.caption


def test_all_of_the_tumour_in_reach_leaves_nothing_orange(both) -> None:
    _, spine, findings = measured()
    stage = both[0].stages[0]
    everything = replace(stage.reach, reachable=Mask(stage.reach.tumour.array, stage.reach.tumour.affine))
    item = replace(both[0], stages=(replace(stage, reach=everything),))
    (view,) = reach_views(spine, findings, item, letters=("A",))
    assert view.caption == "green: within reach of stage 1. An upper limit, by geometry."
    nothing = replace(everything, reachable=Mask(np.zeros_like(stage.reach.tumour.array), stage.reach.tumour.affine))
    (view,) = reach_views(spine, findings, replace(item, stages=(replace(stage, reach=nothing),)), letters=("A",))
    assert view.caption.startswith("orange: out of reach")
    assert reach_views(spine, findings, replace(item, stages=(replace(stage, reach=None),))) == ()


def test_the_report_compares_two_operations_and_not_one(both) -> None:
    assert report_view(changed(operations=both[:1])).criteria is None
    view = report_view(changed(operations=both))
    html = render_report(view)
    assert view.criteria is not None
    assert "What is traded for what" in html
    assert "oncospine compare" in html
    page = Page(html)
    assert page is not None


def test_what_surrounds_each_stage_stands_in_the_report_with_its_source(both) -> None:
    view = report_view(changed(operations=both))
    plans = view.operations[1].plans
    assert [plan.title for plan in plans] == ["1. from behind", "2. from the right"]
    headings = [heading for heading, _ in plans[0].parts]
    assert headings[:2] == ["Before", "Stop, or think again"]
    told = [item for plan in plans for _, items in plan.parts for item in items]
    assert all(faults(item.text) == () for item in told)
    monitoring = next(item for item in told if "evoked potentials" in item.text)
    assert [ref.id for ref in monitoring.source.refs] == ["kobayashi2014"]
    html = render_report(view)
    assert "evoked potentials" in html
    assert "deciding on the next stage" in html.lower()


def test_the_page_stands_alone_and_escapes_what_it_prints(compared) -> None:
    _, spine, findings = measured()
    known = case()
    named = replace(compared, alternatives=(replace(compared.alternatives[0], name="<b>x</b>"),))
    html = render_comparison(comparison_page(known, known.studies[0], spine, findings, named))
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<b>x</b>" not in html
    assert "Planning aid, not for navigation" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert html == render_comparison(comparison_page(known, known.studies[0], spine, findings, named))
