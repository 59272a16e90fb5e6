"""WBB sectors, layers and what they allow: geometry by formula, the phantom's truth, every row of the table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lesion_samples import findings_of, mr_findings_of, other_side, phantom, plain_mask, spine_of

from oncospine.base import Level, Verification
from oncospine.findings_validation import true_sectors
from oncospine.lesion import Verdict, measured_findings, resections_of
from oncospine.lesion.sectors import ball_fits, sector_angles, sector_weights
from oncospine.lesion.wbb import wbb_data

BEHIND = np.array([0.0, -1.0])


@pytest.mark.parametrize("sector", range(1, 13))
def test_a_point_in_the_middle_of_each_sector_lies_in_it(sector):
    angle = np.radians(30 * sector - 15)
    point = np.array([[-10 * np.sin(angle), -10 * np.cos(angle), 3.0]])
    weights = sector_weights(point, BEHIND)[0]
    assert weights[sector - 1] == 1
    assert weights.sum() == 1


def test_the_numbers_start_at_the_left_half_of_the_spinous_process_and_run_left_then_front():
    left_behind, left, front, right = [[-1.0, -9.0]], [[-9.0, -1.0]], [[-1.0, 9.0]], [[9.0, 1.0]]
    found = [
        int(sector_weights(np.array(point), BEHIND)[0].argmax()) + 1 for point in (left_behind, left, front, right)
    ]
    assert found == [1, 3, 6, 9]


def test_a_point_on_the_midline_counts_half_on_each_side():
    weights = sector_weights(np.array([[0.0, -9.0], [0.0, 9.0]]), BEHIND)
    assert weights[0, [0, 11]].tolist() == [0.5, 0.5]
    assert weights[1, [5, 6]].tolist() == [0.5, 0.5]


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1, max_size=20))
def test_mirrored_points_lie_in_the_mirrored_sectors(points):
    local = np.array(points)
    mirrored = local * [-1, 1]
    own = sector_weights(local, np.array([2.0, -9.0]))
    other = sector_weights(mirrored, np.array([-2.0, -9.0]))
    far = np.hypot(*local.T) > 1e-6
    near_border = np.abs((sector_angles(local, np.array([2.0, -9.0])) + 15) % 30 - 15) < 1e-6
    kept = far & ~near_border
    assert np.array_equal(own[kept], other[kept][:, ::-1])


def test_a_turned_midline_turns_the_sectors():
    point = np.array([[-9.0, -1.0]])
    assert sector_angles(point, BEHIND)[0] == pytest.approx(np.degrees(np.arctan2(9, 1)))
    assert sector_angles(point, np.array([-1.0, 0.0]))[0] == pytest.approx(np.degrees(np.arctan2(9, 1)) - 90 + 360)


@pytest.mark.parametrize(("radius_mm", "fits"), [(5.0, False), (3.9, True), (3.8, True)])
def test_a_ball_fits_between_the_borders_of_a_sector_only_far_enough_out(radius_mm, fits):
    angle = np.radians(15.0)
    out = 1.0 / np.sin(angle)
    distance = {5.0: out - 0.2, 3.9: out + 0.01, 3.8: out + 2.0}[radius_mm]
    point = np.array([[-distance * np.sin(angle), -distance * np.cos(angle)]])
    assert bool(ball_fits(point, np.array([1.0]), BEHIND, 1.0)[0]) is fits
    assert not ball_fits(point, np.array([0.9]), BEHIND, 1.0).any()


def test_the_sectors_of_the_phantom_are_those_of_its_model_or_one_off():
    truth = true_sectors(phantom().spec, phantom())
    assert set(truth) == {Level.T3, Level.T4}
    for level, sectors in truth.items():
        assert len(set(findings_of(phantom()).wbb[level].sectors) ^ sectors) <= 1


def test_the_mirrored_patient_has_mirrored_sectors_and_the_same_layers():
    own, other = findings_of(phantom()).wbb, findings_of(other_side()).wbb
    assert set(own) == set(other)
    for level, stage in own.items():
        assert sorted(13 - k for k in stage.sectors) == list(other[level].sectors)
        assert stage.layers == other[level].layers


def test_all_layers_of_the_phantom_are_found_and_say_in_which_convention():
    stage = mr_findings_of(phantom()).wbb[Level.T3]
    assert stage.layers == ("A", "B", "C", "D")
    assert stage.convention == "SOSG-2009"
    assert stage.midline == "tip of the spinous process"
    assert any("layer E" in note for note in stage.notes)
    assert set(stage.margin).isdisjoint(stage.sectors)


def ball_in_body(a_mm: float, radius_mm: float = 3.0):
    """Findings of a ball in the midline of T4's body, `a_mm` in front of its centre."""
    source, vertebra = phantom(), spine_of(phantom()).vertebrae[Level.T4]
    centre = vertebra.frame.to_world([0.0, a_mm, 0.0])
    voxels = np.argwhere(source.parts.array == 1)
    near = voxels[np.linalg.norm(source.parts.grid.to_world(voxels) - centre, axis=1) < radius_mm]
    mask = np.zeros(source.parts.array.shape, bool)
    mask[tuple(near.T)] = True
    return measured_findings(spine_of(source), plain_mask(mask, source.tumour))


def test_a_ball_at_the_front_of_the_body_is_superficial_and_one_at_the_back_deep():
    front, back = ball_in_body(6.0).wbb[Level.T4], ball_in_body(-5.0).wbb[Level.T4]
    assert front.layers == ("B",)
    assert back.layers == ("C",)
    assert set(front.sectors) & {6, 7}
    assert set(front.sectors) <= {5, 6, 7, 8}


def verdicts(sectors, layers, **kwargs) -> dict[str, Verdict]:
    return {item.operation: item.verdict for item in resections_of(sectors, layers, **kwargs)}


YES, BROKEN, NO = Verdict.FEASIBLE, Verdict.WITH_VIOLATION, Verdict.NOT_FEASIBLE


@pytest.mark.parametrize(
    ("sectors", "layers", "operation", "expected"),
    [
        ({1, 2, 3, 10, 11, 12}, "ABC", "posterior_arch", YES),
        ({12, 1}, "BC", "posterior_arch", YES),
        ({1, 2, 3}, "BCD", "posterior_arch", BROKEN),
        ({1, 2, 3, 4}, "BC", "posterior_arch", NO),
        ({9, 10}, "BC", "posterior_arch", NO),
        ({5, 6, 7, 8}, "AB", "partial_body", YES),
        ({5, 6, 7, 8}, "B", "partial_body", YES),
        ({5, 6, 7, 8}, "BC", "partial_body", NO),
        ({5, 6, 7, 8}, "ABD", "partial_body", NO),
        ({4, 5}, "AB", "partial_body", NO),
        ({4, 5, 6, 7, 8}, "ABC", "vertebrectomy", YES),
        ({5, 6, 7, 8, 9}, "ABC", "vertebrectomy", YES),
        ({4, 5, 6, 7, 8, 9}, "ABC", "vertebrectomy", NO),
        ({4, 5, 6, 7, 8}, "ABCD", "vertebrectomy", BROKEN),
        ({3, 4, 5, 6}, "BC", "vertebrectomy", BROKEN),
        ({4, 5, 6}, "BCE", "vertebrectomy", NO),
        ({5, 1, 3, 11}, "BC", "vertebrectomy", NO),
        ({1, 2}, "BC", "vertebrectomy", NO),
        ({3, 4, 5}, "BC", "sagittal", YES),
        ({8, 9, 10}, "BC", "sagittal", YES),
        ({2, 3, 4, 5}, "BC", "sagittal", BROKEN),
        ({7, 8, 9, 10, 11}, "BC", "sagittal", BROKEN),
        ({2, 3, 4, 5, 6}, "BC", "sagittal", BROKEN),
        ({3, 4, 5}, "BCD", "sagittal", BROKEN),
        ({5, 6}, "BC", "sagittal", BROKEN),
        ({6, 7}, "BC", "sagittal", NO),
        ({1, 2, 3}, "BC", "sagittal", NO),
        ({4, 9}, "BC", "sagittal", NO),
        (set(), "", "posterior_arch", NO),
        (set(), "", "partial_body", NO),
        (set(), "", "sagittal", NO),
    ],
)
def test_every_row_of_the_resections(sectors, layers, operation, expected):
    assert verdicts(sectors, layers)[operation] is expected


def test_tumour_around_the_sac_allows_no_en_bloc_vertebrectomy():
    assert verdicts({4, 5, 6}, "BCD", circumferential=True)["vertebrectomy"] is NO
    assert verdicts({4, 5, 6}, "BC", circumferential=True)["vertebrectomy"] is YES


@given(st.sets(st.integers(1, 12)), st.sets(st.sampled_from("ABCDEF")))
def test_a_mirrored_tumour_allows_the_same_operations(sectors, layers):
    assert verdicts(sectors, layers) == verdicts({13 - k for k in sectors}, layers)


@given(st.sets(st.integers(1, 12), min_size=1), st.integers(1, 12))
def test_more_tumour_never_makes_the_arch_or_the_partial_resection_easier(sectors, more):
    order = [YES, BROKEN, NO]
    before, after = verdicts(sectors, "AB"), verdicts(sectors | {more}, "AB")
    for operation in ("posterior_arch", "partial_body"):
        assert order.index(after[operation]) >= order.index(before[operation])


def test_free_pedicle_and_arch_are_named_as_osteotomies():
    found = {item.operation: item for item in resections_of({4, 5, 6, 7, 8}, "BC")}["vertebrectomy"]
    assert found.osteotomies[0] == "sector 9: right pedicle"
    assert not any("left pedicle" in text for text in found.osteotomies)
    assert found.verification is Verification.KNOWLEDGE


def test_the_data_name_every_layer_and_cite_what_exists():
    from oncospine.base import citation

    data = wbb_data()
    assert list(data["layers"]) == ["A", "B", "C", "D", "E", "F"]
    ids = {key for row in data["operations"].values() for key in row["citations"]} | set(data["citations"])
    assert all(citation(key).id == key for key in ids)


def test_every_involved_sector_has_a_layer_and_every_layer_of_a_sector_is_a_layer_of_the_level():
    for stage in (*mr_findings_of(phantom()).wbb.values(), *findings_of(phantom()).wbb.values()):
        assert set(stage.sector_layers) == set(stage.sectors)
        assert all(stage.sector_layers.values())
        assert {name for names in stage.sector_layers.values() for name in names} <= set(stage.layers)
