"""What is proposed for a tumour of the mid-cervical spine, where the vertebral arteries and the roots forbid more."""

from dataclasses import replace

import pytest

from oncospine.base import Level, Side, parse_levels
from oncospine.phantom import BonePiece, EpiduralPiece, TumourSpec, make_phantom, reference_spec
from oncospine.surgery import compared_on, evaluated_on, prepared, proposed_on
from oncospine.surgery.screw_planning import refused_screw
from shared_samples import ct_findings, ct_spine


@pytest.fixture(scope="module")
def ground():
    tumour = TumourSpec(
        bone=(BonePiece(level=Level.C5, part="body", fraction=0.7, centre=(0.2, -0.6, 0.0)),),
        epidural=(EpiduralPiece(level=Level.C5, thickness_mm=6.0, length_mm=20.0, clock_deg=-25.0, offset_mm=0.0),),
    )
    spec = replace(
        reference_spec(), levels=parse_levels("C3-C7"), voxel_mm=(0.8, 0.8, 1.2), seed=6, thorax=False, tumour=tumour
    )
    phantom = make_phantom(spec)
    spine = ct_spine(phantom)
    return prepared(spine, ct_findings(phantom, spine))


def test_no_transpedicular_route_where_it_is_not_offered(ground):
    operation = proposed_on(ground)
    assert [stage.approach for stage in operation.stages] == ["A-LAM", "A-ACx"]
    assert any("L-7" in reason for reason in operation.reasons)
    assert not any("anchors below where no anterior support" in reason for reason in operation.reasons)


def test_a_body_taken_from_the_front_is_replaced(ground):
    front = proposed_on(ground).stages[-1]
    assert front.corpectomy is not None
    assert front.corpectomy.levels == (Level.C5,)
    assert front.cage is not None


def test_bone_is_not_opened_on_the_way_for_a_sliver_of_tumour(ground):
    """The sternum may be cut for C3-T4 by the level ranges; for C5 an anterior cervical way reaches nearly all."""
    done = evaluated_on(ground, proposed_on(ground))
    assert done.stages[-1].tumour_left.volume_ml < 0.1 * ground.tumour.volume_ml


def test_the_comparison_says_which_alternatives_are_left_out_and_why(ground):
    table = compared_on(ground)
    assert set(table.left_out) == {"circumferential posterior", "separation and radiosurgery"}
    assert all("is not offered at C5" in why for why in table.left_out.values())


def test_a_side_of_an_anchor_that_carries_no_screw_is_told_with_the_reason(ground):
    refused = refused_screw(Level.C4, Side.RIGHT, "the right lateral mass of C4 is too narrow")
    found = proposed_on(replace(ground, _screws={(Level.C4, Side.RIGHT): refused}))
    assert (Level.C4, Side.LEFT) in found.stages[0].fixation.places
    assert (Level.C4, Side.RIGHT) not in found.stages[0].fixation.places
    assert [reason for reason in found.reasons if reason.startswith("no screw in C4")] == [
        "no screw in C4 right: the right lateral mass of C4 is too narrow"
    ]
