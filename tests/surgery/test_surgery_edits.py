"""A surgeon's edits: only the edited screw changes, grades are those of a fresh grading, and undo gives all back."""

from __future__ import annotations

import numpy as np
import pytest
from surgery_samples import patient

from oncospine.base import InputError, Level, Side, to_json
from oncospine.surgery import (
    ScrewEdit,
    edit_screws,
    evaluated_on,
    operation_yaml,
    parse_operation,
    prepared,
)

TEXT = """
title: x
stages:
  - title: front
    approach: A-HTHO
    resection: {intent: subtotal, levels: T3}
  - title: behind
    approach: A-LAM
    fixation: {levels: T1-T6, skip: [T2 left]}
"""


@pytest.fixture(scope="module")
def ground():
    return prepared(*patient())


@pytest.fixture(scope="module")
def start(ground):
    return edit_screws(ground, parse_operation(TEXT))


def edit(name: str, **wishes) -> ScrewEdit:
    level, side = name.split()
    return ScrewEdit(level=Level(level), side=Side(side), **wishes)


def test_editing_starts_from_what_the_operation_evaluates_to(ground, start):
    stage = evaluated_on(ground, parse_operation(TEXT)).stages[1]
    assert start.stage == 1
    assert to_json(start.screws) == to_json(stage.screws)
    assert to_json(start.rods) == to_json(stage.rods)


def test_an_edit_changes_its_screw_and_rods_and_nothing_else(start):
    before = start.screw(Level.T5, Side.RIGHT)
    moved = before.entry_mm + np.array([0.0, -1.0, 2.0])
    after = start.edited(edit("T5 right", entry_mm=moved))
    changed = after.screw(Level.T5, Side.RIGHT)
    assert np.allclose(changed.entry_mm, moved)
    assert np.allclose(changed.tip_mm, before.tip_mm)
    assert changed.diameter_mm == before.diameter_mm
    for one in start.screws:
        if one is not before:
            assert after.screw(one.level, one.side) is one
    left, right = ({rod.side: rod for rod in plan.rods} for plan in (start, after))
    assert np.array_equal(left[Side.LEFT].heads_mm, right[Side.LEFT].heads_mm)
    assert not np.array_equal(left[Side.RIGHT].heads_mm, right[Side.RIGHT].heads_mm)


def test_an_edited_plan_is_what_its_operation_file_evaluates_to(ground, start):
    after = start.edited(edit("T5 right", diameter_mm=6.0)).edited(edit("T1 left", length_mm=20.0))
    again = evaluated_on(ground, parse_operation(operation_yaml(after.operation))).stages[1]
    assert to_json(again.screws) == to_json(after.screws)
    assert to_json(again.rods) == to_json(after.rods)


def test_a_moved_screw_survives_the_way_through_the_file(ground, start):
    before = start.screw(Level.T6, Side.LEFT)
    after = start.edited(edit("T6 left", target_mm=before.tip_mm + np.array([1.0, 0.5, -1.0])))
    again = evaluated_on(ground, parse_operation(operation_yaml(after.operation))).stages[1]
    found = next(one for one in again.screws if one.name == "T6 left")
    assert np.allclose(found.tip_mm, before.tip_mm + np.array([1.0, 0.5, -1.0]))
    assert found.margins.medial_mm == pytest.approx(after.screw(Level.T6, Side.LEFT).margins.medial_mm, abs=1e-9)


def test_a_thicker_screw_has_less_margin_by_half_of_what_it_gained(start):
    before = start.screw(Level.T5, Side.LEFT)
    after = start.edited(edit("T5 left", diameter_mm=before.diameter_mm + 1.0)).screw(Level.T5, Side.LEFT)
    for wall in ("medial_mm", "lateral_mm", "inferior_mm", "superior_mm"):
        assert getattr(after.margins, wall) == pytest.approx(getattr(before.margins, wall) - 0.5, abs=0.2)


def test_a_screw_is_removed_and_put_where_the_plan_had_none(start):
    without = start.edited(edit("T6 right", remove=True))
    assert without.screw(Level.T6, Side.RIGHT) is None
    assert len(without.screws) == len(start.screws) - 1
    assert next(rod for rod in without.rods if rod.side is Side.RIGHT).levels[-1] is Level.T5
    added = start.edited(edit("T2 left", length_mm=25.0))
    assert added.screw(Level.T2, Side.LEFT).length_mm == pytest.approx(25.0)
    places = [(one.level.order, one.side) for one in added.screws]
    assert places == sorted(places, key=lambda place: (place[0], list(Side).index(place[1])))


def test_undo_gives_back_the_very_same_plan_and_redo_the_edit(start):
    one = start.edited(edit("T5 right", diameter_mm=6.0))
    two = one.edited(edit("T1 left", remove=True))
    back = two.undone().undone()
    assert back.screws is start.screws
    assert back.operation is start.operation
    assert back.redone().screws is one.screws
    assert back.redone().redone().screws is two.screws
    branched = two.undone().edited(edit("T1 left", length_mm=20.0))
    with pytest.raises(InputError, match="no undone edit"):
        branched.redone()
    with pytest.raises(InputError, match="no edit to undo"):
        back.undone()


def test_a_screw_outside_the_bone_is_refused_and_points_in_lps_are_recognised(start):
    before = start.screw(Level.T5, Side.RIGHT)
    far = start.edited(
        edit(
            "T5 right",
            entry_mm=before.entry_mm + np.array([0.0, 0.0, 60.0]),
            target_mm=before.tip_mm + np.array([0.0, 0.0, 60.0]),
        )
    )
    found = far.screw(Level.T5, Side.RIGHT)
    assert not found.is_planned
    assert "outside the bone of T5" in found.refusal
    assert "check level and points" in found.refusal
    lps = np.array([-1.0, -1.0, 1.0])
    turned = start.edited(edit("T5 right", entry_mm=before.entry_mm * lps, target_mm=before.tip_mm * lps))
    assert "look like LPS" in turned.screw(Level.T5, Side.RIGHT).refusal


def test_an_entry_in_the_air_or_on_the_other_side_is_flagged(start):
    before, other = start.screw(Level.T5, Side.RIGHT), start.screw(Level.T5, Side.LEFT)
    way = (before.tip_mm - before.entry_mm) / before.length_mm
    notes = start.edited(edit("T5 right", entry_mm=before.entry_mm - 30 * way)).screw(Level.T5, Side.RIGHT).notes
    assert any(note.startswith("flag: the entry stands ") and "outside the bone of T5" in note for note in notes)
    swapped = start.edited(edit("T5 right", entry_mm=other.entry_mm, target_mm=other.tip_mm))
    notes = swapped.screw(Level.T5, Side.RIGHT).notes
    assert "flag: the entry lies on the patient's left, the screw is named right" in notes
    kept = start.edited(edit("T5 right", entry_mm=before.entry_mm)).screw(Level.T5, Side.RIGHT)
    assert not any("flag: the entry" in note for note in kept.notes)


def test_what_cannot_be_edited_is_said(ground, start):
    with pytest.raises(InputError, match="nothing to change"):
        edit("T5 left")
    with pytest.raises(InputError, match="removed or changed, not both"):
        edit("T5 left", remove=True, length_mm=30)
    with pytest.raises(InputError, match="the plan has none to remove"):
        start.edited(edit("T2 left", remove=True))
    with pytest.raises(InputError, match="the fixation spans T1-T6"):
        start.edited(edit("T7 left", length_mm=30))
    assert not start.screw(Level.T3, Side.LEFT).is_planned
    with pytest.raises(InputError, match="the target and diameter is needed too"):
        start.edited(edit("T3 left", entry_mm=np.zeros(3)))
    bare = parse_operation("title: x\nstages:\n  - {title: one, approach: A-LAM, laminectomy: {levels: T3}}\n")
    with pytest.raises(InputError, match="has no fixation: there is no screw to edit"):
        edit_screws(ground, bare)
    with pytest.raises(InputError, match=r"stage 1 \(front\) has no fixation"):
        edit_screws(ground, parse_operation(TEXT), stage=0)
    with pytest.raises(InputError, match="there is no 5"):
        edit_screws(ground, parse_operation(TEXT), stage=4)
