"""The real CT with its simulated T3-T4 tumour: the published operation, the proposal and the table."""

from __future__ import annotations

import pytest
from surgery_samples import real_case

from oncospine.base import Level, Side, parse_levels
from oncospine.surgery import evaluated_on, prepared, proposed_on, published_operation
from oncospine.surgery.compare import compared_on

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def ground():
    return prepared(*real_case())


@pytest.fixture(scope="module")
def published(ground):
    return evaluated_on(ground, published_operation())


def test_destroyed_pedicles_are_refused_and_the_rest_graded(published):
    screws = {screw.name: screw for screw in published.screws}
    assert set(screws) == {f"{level} {side}" for level in parse_levels("C7-T5") for side in Side}
    for name in ("T3 left", "T3 right", "T4 left"):
        assert "F-14" in screws[name].refusal
    # its pedicle stands, the bone beside and below it does not: no way in, out and in again through tumour
    assert "tumour leaves too little bone" in screws["T4 right"].refusal
    for name in ("T1 left", "T1 right", "T2 left", "T2 right", "T5 left", "T5 right"):
        assert screws[name].grade.gertzbein == "A"
        assert screws[name].grade.heary == 1
        assert screws[name].margins.medial_mm > 0
        assert 50 < screws[name].hu_mean < 600


def test_c7_is_handled_as_cut_where_it_is(published):
    screws = {screw.name: screw for screw in published.screws}
    assert "cut by the field of view" in screws["C7 left"].refusal
    right = screws["C7 right"]
    assert right.refusal is not None or any("cut by the field of view" in note for note in right.notes)


def test_the_laminectomy_opens_t1_to_t4(published):
    posterior = published.stages[0].decompression
    for level in parse_levels("T1-T4"):
        found = posterior.levels[level]
        assert found.gain_mm2 > 60, level
        assert found.opened_deg >= 90, level
        assert found.bone_removed_ml > 3
    assert posterior.levels[Level.T6].gain_mm2 == 0
    assert posterior.levels[Level.T3].ventral_tumour_after_mm2 > 50


def test_posterior_alone_reaches_less_than_both_stages(published):
    first, second = published.stages
    assert 0.15 < first.reach.share < 0.4
    assert published.reached_share > first.reach.share + 0.3
    assert second.remaining.total_ml < first.remaining.total_ml


def test_the_checks_say_what_the_reference_says_about_this_construct(published):
    checks = {check.rule_id: check for check in published.checks}
    assert checks["F-2"].inputs["below_levels"] == 1
    assert checks["F-2"].inputs["above_levels"] in {2, 3}
    assert checks["F-2"].text.endswith("Offset by the planned anterior reconstruction.")
    assert {"F-5", "F-6", "F-14"} <= set(checks)


def test_the_cage_fills_the_gap_of_t3_and_t4(published):
    cage = published.stages[1].cage
    assert (cage.above, cage.below) == (Level.T2, Level.T5)
    assert 35 < cage.gap_mm < 50
    assert cage.refusal is None


def test_the_proposal_anchors_twice_on_each_side_and_ends_with_a_second_stage(ground):
    operation = proposed_on(ground)
    assert operation.title == "Staged 360"
    levels = {level for level, _ in operation.stages[0].fixation.places}
    assert levels == {Level.T1, Level.T2, Level.T5, Level.T6}
    assert any("C7 left out" in reason for reason in operation.reasons)
    done = evaluated_on(ground, operation)
    assert "F-2" not in {check.rule_id for check in done.checks}
    assert done.reached_share > 0.9


def test_the_table_stands_with_the_published_operation_in_it(ground):
    table = compared_on(ground, own=[published_operation()])
    values = {item.name: item.values for item in table.alternatives}
    assert len(values) == 6
    assert values["posterior only"]["reached_share"] < values["circumferential posterior"]["reached_share"]
    assert values["circumferential posterior"]["reached_share"] < values["staged 360"]["reached_share"]
    assert "staged 360" in table.pareto
