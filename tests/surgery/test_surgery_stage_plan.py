"""What surrounds a stage: each rule where its marks hold and nowhere else; sources, verbs, figures of series."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncospine.base import Side, citation
from oncospine.strategy.wording import Strength, faults
from oncospine.surgery import approaches, parse_operation, published_operation, stage_plan
from oncospine.surgery.sizes import room_data
from oncospine.surgery.stage_plan import StagePlan, marks_of

HEAD = "title: x\nstages:\n  - title: one\n"


def plan_of(*lines: str, index: int = 0) -> StagePlan:
    return stage_plan(parse_operation(HEAD + "".join(f"    {line}\n" for line in lines)), index)


def keys(rules) -> set[str]:
    """Ids of the rules that apply, found again by their text (a rule without a published id has none)."""
    table = room_data("stage_rules.yaml")
    return {key for key, row in table.items() for rule in rules if row["subject"][:40].lower() in rule.text.lower()}


def test_fixation_alone_asks_for_counting_and_clotting_and_a_ct_but_for_nothing_at_the_cord():
    plan = plan_of("approach: A-LAM", "fixation: {levels: T5-T7}")
    assert keys(plan.before) == {"level_count", "clotting"}
    assert keys(plan.stop) == set()
    assert keys(plan.after) == {"ct_after"}
    assert not any("2180" in figure.text for figure in plan.figures)


def test_opening_the_canal_asks_for_motor_potentials_and_says_when_to_stop():
    plan = plan_of("approach: A-LAM", "laminectomy: {levels: T3}")
    (monitoring,) = [rule for rule in plan.before if rule.rule_id == "N-1"]
    assert "70 %" in monitoring.text
    assert "sensitivity 95 %, specificity 91 %" in monitoring.text
    assert monitoring.citations == ("kobayashi2014",)
    assert keys(plan.stop) == {"signal_loss"}
    assert "blood" not in keys(plan.before)


def test_embolisation_is_asked_for_where_bodies_are_debulked_not_at_a_separation():
    debulked = plan_of("approach: A-TPb", "resection: {intent: subtotal, levels: T3}")
    apart = plan_of("approach: A-TPb", "resection: {intent: separation, levels: T3}")
    assert "EMB-1" in keys(debulked.before)
    assert "embolised_feeder" in keys(debulked.stop)
    assert "EMB-1" not in keys(apart.before)
    assert {"blood"} <= keys(debulked.before) & keys(apart.before)


@pytest.mark.parametrize(
    ("levels", "side", "asked"),
    [
        ("T6", "left", False),
        ("T7", "left", True),
        ("L3", "left", True),
        ("L4", "left", False),
        ("T9", "right", False),
        ("T9-T10", "right", True),
        ("T3-T4", "left", False),
    ],
)
def test_the_cords_supply_is_asked_for_from_t7_to_l3_on_the_left_or_over_two_bodies(levels, side, asked):
    plan = plan_of("approach: A-THOl", f"side: {side}", f"corpectomy: {{levels: {levels}}}")
    found = [rule for rule in plan.before if rule.rule_id == "L-8"]
    assert bool(found) is asked
    if asked:
        assert levels in found[0].text
        assert ("from the left" in found[0].text) is (side == "left")


def test_a_posterior_approach_from_the_left_alone_does_not_ask_for_the_cords_supply():
    plan = plan_of("approach: A-CTE", "side: left", "corpectomy: {levels: T9}")
    assert "L-8" not in keys(plan.before)


@pytest.mark.parametrize("key", [key for key, row in approaches().items() if not row.is_posterior])
def test_the_lung_is_asked_for_before_a_thoracotomy_and_a_film_follows(key):
    side = "side: left" if approaches()[key].sided else "notes: []"
    plan = plan_of(f"approach: {key}", side, "corpectomy: {levels: T12}")
    chest = key in {"A-HTHO", "A-THOr", "A-THOl", "A-TAB"}
    assert ("lung" in keys(plan.before)) is chest
    assert ("chest_after" in keys(plan.after)) is chest
    assert "L-9" in keys(plan.before)


def test_only_a_stage_that_another_follows_asks_whether_it_is_still_wanted():
    operation = published_operation()
    first, last = stage_plan(operation, 0), stage_plan(operation, 1)
    assert "second_stage" in keys(first.stop)
    assert "second_stage" not in keys(last.stop)
    assert "3 to 14 days" in next(rule for rule in first.stop if "next stage" in rule.text).text


def test_figures_are_those_of_the_approach_then_of_all_such_surgery_and_nothing_is_said_to_be_unknown():
    circumferential = plan_of("approach: A-TPb", "resection: {intent: subtotal, levels: T3}")
    assert any("1500 mL" in figure.text and figure.citations == ("wang2004",) for figure in circumferential.figures)
    apart = plan_of("approach: A-TPb", "resection: {intent: separation, levels: T3}")
    assert any("179 min, 600 mL" in figure.text for figure in apart.figures)
    cervical = plan_of("approach: A-ACx", "side: right", "corpectomy: {levels: C5}")
    assert [figure.text for figure in cervical.figures] == [
        "all surgery for spinal metastases: mean blood loss 2180 mL in a meta-analysis"
    ]
    nothing = plan_of("approach: A-ACx", "side: right", "notes: [a look]")
    assert nothing.figures == ()
    assert nothing.figures_note == "no figures of blood loss and time for anterior cervical among the sources"


def test_every_rule_has_a_source_that_exists_and_the_verb_of_its_strength():
    table = room_data("stage_rules.yaml")
    assert {row["moment"] for row in table.values()} == {"before", "stop", "after"}
    operation = published_operation()
    known = {
        "canal",
        "open_tumour",
        "body_tumour",
        "cord_supply",
        "anterior",
        "thoracotomy",
        "fixation",
        "more_to_come",
    }
    for row in table.values():
        assert set(row["when"]) <= known
        assert all(citation(key) for key in row["citations"])
    for index in range(2):
        plan = stage_plan(operation, index)
        for rule in (*plan.before, *plan.stop, *plan.after):
            assert faults(rule.text) == ()
            assert rule.strength.verb in rule.text
            assert rule.citations or rule.verification in {"D", "V1"}


def test_a_caution_is_a_flag():
    plan = plan_of("approach: A-THOr", "corpectomy: {levels: T5}")
    lung = next(rule for rule in plan.before if "thoracotomy" in rule.text)
    assert lung.strength is Strength.CAUTION
    assert lung.text.startswith("flag: ")
    assert "not known here" in lung.text


def test_sides_do_not_change_what_is_asked_for_above_the_cords_supply():
    operation = published_operation()
    stage = operation.stages[1]
    marks = {side: marks_of(replace(stage, side=side), more_to_come=False) for side in Side}
    assert marks[Side.LEFT] == marks[Side.RIGHT]
