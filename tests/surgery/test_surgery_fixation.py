"""Fixation rules on the published case and around every boundary; wording and sources of what is printed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from surgery_samples import INDEX_FINDINGS, involvement, planned, refused

from oncospine.base import Level, Side, citation, parse_levels
from oncospine.strategy.wording import Strength, faults
from oncospine.surgery import (
    CageStep,
    Corpectomy,
    FacetRemoval,
    Laminectomy,
    Operation,
    OwnScrew,
    PatientPosition,
    PedicleFixation,
    Stage,
    anchors_of,
    destroyed_levels,
    fixation_checks,
    published_operation,
)
from oncospine.surgery.construct_ends import deformed_ends
from oncospine.surgery.fixation_checks import fixation_rules


def construct(levels: str, *, cage: bool = False, corpectomy: str | None = None) -> Operation:
    span = parse_levels(levels)
    screws = tuple(OwnScrew(level=level, side=side) for level in span for side in Side)
    stage = Stage(
        title="behind",
        approach="A-LAM",
        position=PatientPosition.PRONE,
        laminectomy=Laminectomy(levels=span[1:-1] or span),
        fixation=PedicleFixation(levels=span, screws=screws),
        corpectomy=None if corpectomy is None else Corpectomy(levels=parse_levels(corpectomy)),
        cage=CageStep() if cage else None,
    )
    return Operation(title="own", stages=(stage,), origin="test")


def screws_at(levels: str, *, without: str = "") -> list:
    lost = parse_levels(without) if without else ()
    return [
        refused(level, side) if level in lost else planned(level, side)
        for level in parse_levels(levels)
        for side in Side
    ]


def ids(operation: Operation, screws, findings=INDEX_FINDINGS) -> list[str]:
    return [check.rule_id for check in fixation_checks(operation, screws, findings)]


def test_the_published_case_has_one_anchor_below_offset_by_the_anterior_reconstruction():
    screws = screws_at("C7-T5", without="T3-T4")
    (check,) = [c for c in fixation_checks(published_operation(), screws, INDEX_FINDINGS) if c.rule_id == "F-2"]
    assert check.inputs["above_levels"] == 3
    assert check.inputs["below_levels"] == 1
    assert check.text.endswith("Offset by the planned anterior reconstruction.")
    assert check.strength is Strength.CONSENSUS


@pytest.mark.parametrize(
    ("levels", "fires"),
    [("T1-T6", False), ("T2-T6", True), ("T1-T5", True), ("C7-T7", False), ("C7-T5", True)],
)
def test_two_sound_anchors_are_wanted_on_each_side(levels, fires):
    assert ("F-2" in ids(construct(levels), screws_at(levels, without="T3-T4"))) is fires


def test_without_anterior_reconstruction_nothing_offsets_the_missing_anchor():
    checks = fixation_checks(construct("C7-T5"), screws_at("C7-T5", without="T3-T4"), INDEX_FINDINGS)
    (check,) = [c for c in checks if c.rule_id == "F-2"]
    assert "Offset" not in check.text


@pytest.mark.parametrize(
    ("finding", "destroyed"),
    [
        (involvement(Level.T3, body=0.51), True),
        (involvement(Level.T3, body=0.50), False),
        (involvement(Level.T3, body=0.1), False),
        (involvement(Level.T3, pedicle_left=0.10), True),
        (involvement(Level.T3, pedicle_right=0.04), False),
        (involvement(Level.T3, lamina_left=0.9), False),
    ],
)
def test_a_level_is_destroyed_by_its_pedicles_or_more_than_half_of_its_body(finding, destroyed):
    assert (destroyed_levels({Level.T3: finding}) == (Level.T3,)) is destroyed


def test_anchors_are_counted_around_the_destroyed_segment():
    screws = [*screws_at("C7-T6", without="T3-T4"), planned(Level.T7, Side.LEFT)]
    found = anchors_of(screws, destroyed_levels(INDEX_FINDINGS))
    assert found.above == parse_levels("C7-T2")
    assert found.below == parse_levels("T5-T7")
    assert found.one_sided == (Level.T7,)
    assert found.between == ()
    assert anchors_of(screws, ()).above == ()


def test_a_laminectomy_that_takes_facets_without_fixation_is_told():
    stage = Stage(
        title="behind",
        approach="A-LAM",
        position=PatientPosition.PRONE,
        laminectomy=Laminectomy(levels=(Level.T3,), facets=FacetRemoval.MEDIAL),
    )
    alone = Operation(title="own", stages=(stage,), origin="test")
    assert ids(alone, []) == ["F-1"]
    lamina = replace(stage, laminectomy=Laminectomy(levels=(Level.T3,)))
    assert ids(replace(alone, stages=(lamina,)), []) == []


def test_a_corpectomy_without_anterior_support_is_told():
    assert "F-13" in ids(construct("T1-T6", corpectomy="T3-T4"), screws_at("T1-T6", without="T3-T4"))
    assert "F-13" not in ids(construct("T1-T6", corpectomy="T3-T4", cage=True), screws_at("T1-T6", without="T3-T4"))


def test_both_columns_resected_want_both_sides_and_support():
    full = screws_at("T1-T6", without="T3-T4")
    assert "F-4" in ids(construct("T1-T6", corpectomy="T3-T4"), full)
    assert "F-4" not in ids(construct("T1-T6", corpectomy="T3-T4", cage=True), full)
    half = [screw for screw in full if screw.name != "T2 left"]
    assert "F-4" in ids(construct("T1-T6", corpectomy="T3-T4", cage=True), half)


@pytest.mark.parametrize(
    ("levels", "caudal_end", "crossings"),
    [
        ("T3-T8", False, 0),
        ("T1-T6", False, 1),
        ("C7-T5", False, 1),
        ("C5-C7", True, 1),
        ("T9-T12", True, 1),
        ("T9-L1", False, 1),
        ("T8-L3", False, 1),
        ("L3-L5", False, 0),
        ("C7-L2", False, 2),
    ],
)
def test_junctions(levels, caudal_end, crossings):
    checks = [c for c in fixation_checks(construct(levels), screws_at(levels), {}) if c.rule_id == "F-5"]
    assert sum("caudally" in check.text for check in checks) == int(caudal_end)
    assert sum("crosses or reaches" in check.text for check in checks) == crossings


def test_c7_is_told_with_what_became_of_it():
    screws = [refused(Level.C7, Side.LEFT, "left pedicle: cut by the field of view"), planned(Level.C7, Side.RIGHT)]
    screws += screws_at("T1-T5")
    checks = {c.rule_id: c for c in fixation_checks(construct("C7-T5"), screws, {})}
    told = "left not planned (left pedicle: cut by the field of view); right pedicle screw planned"
    assert told in checks["F-6"].text
    assert checks["F-6"].strength is Strength.INSUFFICIENT
    assert "F-7" in checks
    none = {c.rule_id for c in fixation_checks(construct("C7-T5"), screws_at("C7-T5", without="C7"), {})}
    assert "F-6" in none
    assert "F-7" not in none
    assert "F-6" not in ids(construct("T1-T6"), screws_at("T1-T6"))


def test_tumour_in_an_end_vertebra_is_flagged():
    ends = {**INDEX_FINDINGS, Level.T5: involvement(Level.T5, body=0.2)}
    checks = [c for c in fixation_checks(construct("T1-T5"), screws_at("T1-T5"), ends) if c.rule_id == "F-9"]
    assert [check.inputs["end"] for check in checks] == [Level.T5]
    assert "F-9" not in ids(construct("T1-T6"), screws_at("T1-T6"), ends)


@pytest.mark.parametrize(("hu", "fires"), [(109.9, True), (110.0, False), (None, False)])
def test_weak_bone_is_told_below_110(hu, fires):
    screws = [planned(level, side, hu_mean=hu) for level in parse_levels("T1-T6") for side in Side]
    assert ("F-10" in ids(construct("T1-T6"), screws)) is fires


def test_involved_pedicles_are_listed():
    screws = [*screws_at("T1-T2"), refused(Level.T3, Side.LEFT, "57% of the pedicle is tumour (F-14)")]
    (check,) = [c for c in fixation_checks(construct("T1-T3"), screws, {}) if c.rule_id == "F-14"]
    assert "T3 left" in check.text


def test_every_sentence_keeps_the_wording_rules_and_names_existing_sources():
    operations = [construct("C5-C7"), construct("C7-L2", corpectomy="T3-T4"), published_operation()]
    printed = set()
    for operation in operations:
        span = f"{operation.levels[0]}-{operation.levels[-1]}"
        weak = [planned(level, Side.LEFT, hu_mean=80.0) for level in parse_levels(span)]
        lost = [refused(Level.T3, Side.RIGHT, "tumour (F-14)")]
        findings = {**INDEX_FINDINGS, operation.levels[-1]: involvement(operation.levels[-1], body=0.2)}
        for check in fixation_checks(operation, [*weak, *lost], findings):
            assert faults(check.text) == ()
            assert check.strength.verb in check.text or check.strength.verb.capitalize() in check.text
            printed.add(check.rule_id)
    assert printed >= {"F-2", "F-4", "F-5", "F-6", "F-7", "F-9", "F-10", "F-13", "F-14"}
    for rule in fixation_rules().values():
        assert all(citation(key) for key in rule.citations)


def test_an_end_at_a_deformity_is_told_with_its_reason_and_the_other_levels_are_not():
    deformed = {Level.T5: "T5 is the apex of the thoracic kyphosis", Level.T3: "not an end"}
    checks = fixation_checks(construct("T1-T5"), screws_at("T1-T5"), {}, deformed)
    (check,) = [c for c in checks if c.rule_id == "F-8"]
    assert check.text.endswith("T5 is the apex of the thoracic kyphosis.")
    assert check.inputs == {"end": Level.T5}
    assert (check.strength, check.verification.value) == (Strength.CONSENSUS, "U")
    assert "F-8" not in [c.rule_id for c in fixation_checks(construct("T1-T5"), screws_at("T1-T5"), {})]


def joint(upper: str, lower: str, beyond: bool | None) -> SimpleNamespace:
    slip = None if beyond is None else SimpleNamespace(beyond_limit=beyond)
    return SimpleNamespace(upper=Level(upper), lower=Level(lower), slip=slip)


@pytest.mark.parametrize(
    ("joints", "curve", "wanted"),
    [
        ([joint("T5", "T6", True)], None, {Level.T5: "T5 is displaced on T6 beyond the limit of its region"}),
        ([joint("C7", "T1", True)], None, {Level.T1: "C7 is displaced on T1 beyond the limit of its region"}),
        ([joint("T4", "T5", True), joint("T1", "T2", True)], None, {}),
        ([joint("T5", "T6", False), joint("C7", "T1", None)], None, {}),
        ([], ("T5", True), {Level.T5: "T5 is the apex of a coronal curve of 24 degrees"}),
        ([], ("T5", False), {}),
        ([], ("T3", True), {}),
        (
            [joint("T5", "T6", True)],
            ("T5", True),
            {
                Level.T5: "T5 is the apex of a coronal curve of 24 degrees and T5 is displaced on T6 beyond the limit "
                "of its region"
            },
        ),
    ],
)
def test_ends_are_deformed_at_an_apex_and_at_a_slip_to_the_vertebra_beyond(joints, curve, wanted):
    if curve is not None:
        curve = SimpleNamespace(apex=Level(curve[0]), is_scoliosis=curve[1], cobb_deg=24.4)
    spine = SimpleNamespace(vertebrae={}, alignment=SimpleNamespace(joints=joints, curve=curve))
    assert deformed_ends(spine, parse_levels("T1-T5")) == wanted
    assert deformed_ends(spine, ()) == {}
