"""What is measured on a phantom against what is true of it by construction."""

import numpy as np
import pytest
from lesion_samples import findings_of, measured_with, other_side, phantom, plain_mask, spine_of

from oncospine.anatomy import Part
from oncospine.base import Level, Side
from oncospine.lesion import Compartment
from shared_samples import labelled


def test_total_volume_is_the_true_volume_within_three_percent():
    truth = phantom().truth.tumour
    assert findings_of(phantom()).volume_ml.value == pytest.approx(truth.volume_mm3 / 1000, rel=0.03)


@pytest.mark.parametrize(
    ("compartment", "name"),
    [
        (Compartment.BONE, "bone_mm3"),
        (Compartment.EPIDURAL, "epidural_mm3"),
        (Compartment.PARAVERTEBRAL, "paravertebral_mm3"),
    ],
)
def test_compartment_volumes_are_the_true_ones_within_three_percent(compartment, name):
    true_ml = getattr(phantom().truth.tumour, name) / 1000
    assert findings_of(phantom()).compartment_ml[compartment].value == pytest.approx(true_ml, rel=0.03)


def test_geometry_alone_places_the_tumour_nearly_as_its_labels_do():
    named = findings_of(phantom())
    unnamed = measured_with(phantom(), plain_mask(phantom().tumour.array > 0, phantom().tumour))
    agree = (named.compartments == unnamed.compartments)[named.compartments > 0]
    assert agree.mean() > 0.97
    assert unnamed.volume_ml.value == named.volume_ml.value


def test_involved_levels_and_their_distribution():
    found = findings_of(phantom())
    assert found.involved_levels == (Level.T3, Level.T4)
    assert found.distribution == "contiguous"


@pytest.mark.parametrize("level", [Level.T3, Level.T4])
def test_body_fraction_is_the_true_one_within_five_points(level):
    true = phantom().truth.tumour.part_fraction[level]["body"]
    assert findings_of(phantom()).levels[level].body_fraction == pytest.approx(true, abs=0.05)


@pytest.mark.parametrize("level", [Level.T3, Level.T4])
def test_fraction_of_the_whole_vertebra_does_not_depend_on_the_borders_of_its_parts(level):
    true = phantom().truth.tumour.vertebra_fraction[level]
    assert findings_of(phantom()).levels[level].bone_fraction == pytest.approx(true, rel=0.03)


def test_parts_of_the_diseased_side_are_involved_and_those_of_the_other_side_are_not():
    found = findings_of(phantom()).levels[Level.T3]
    assert {Part.BODY, Part.PEDICLE_LEFT, Part.TRANSVERSE_LEFT} <= set(found.involved_parts)
    assert not {part for part in found.involved_parts if part.side is Side.RIGHT}


def test_the_parts_of_a_level_add_up_to_its_bone():
    for found in findings_of(phantom()).levels.values():
        assert sum(part.volume_ml for part in found.parts.values()) == pytest.approx(found.bone_ml)


def test_the_levels_add_up_to_the_whole_tumour():
    found = findings_of(phantom())
    parts = [
        level.bone_ml + level.epidural_ml + sum(level.paravertebral_ml.values()) for level in found.levels.values()
    ]
    assert sum(parts) == pytest.approx(found.volume_ml.value)


def test_paravertebral_mass_lies_on_its_true_side():
    truth = phantom().truth.tumour.paravertebral_by_side_mm3
    assert Side.RIGHT not in truth
    found = findings_of(phantom()).levels.values()
    by_side = {side: sum(level.paravertebral_ml[side] for level in found) for side in Side}
    assert by_side[Side.LEFT] == pytest.approx(truth[Side.LEFT] / 1000, rel=0.03)
    assert by_side[Side.RIGHT] == 0


def test_mass_on_the_left_is_called_left_and_its_mirror_right():
    assert findings_of(phantom()).dominant_side is Side.LEFT
    assert findings_of(other_side()).dominant_side is Side.RIGHT


def nearest_truth(source):
    """True areas at the measured stations."""
    truth = source.truth.canal
    origins = np.array([frame.origin_mm for frame in spine_of(source).canal.frames])
    distance = np.linalg.norm(origins[:, None] - np.array(truth.centre_mm)[None], axis=2)
    assert distance.min(axis=1).max() < 2.0
    at = distance.argmin(axis=1)
    return {name: np.array(getattr(truth, name))[at] for name in ("epidural_tumour_mm2", "sac_mm2", "canal_mm2")}


def test_tumour_area_in_every_section_is_the_true_one():
    true = nearest_truth(phantom())["epidural_tumour_mm2"]
    found = findings_of(phantom()).profile.tumour_mm2
    assert true.max() > 60
    assert np.abs(found - true).max() < 0.1 * true.max()
    assert found.sum() == pytest.approx(true.sum(), rel=0.05)


def test_sac_area_in_every_section_is_the_true_one():
    true, found = nearest_truth(phantom())["sac_mm2"], findings_of(phantom()).profile.sac_mm2
    assert np.median(np.abs(found / true - 1)) < 0.03


def test_worst_level_is_where_the_truth_is_worst():
    true, found = phantom().truth.tumour, findings_of(phantom()).worst
    assert found.level is true.worst_level
    arcs = np.array([truth.occupation for truth in phantom().truth.escc.values()])
    assert arcs.max() == pytest.approx(true.max_occupation)


def test_the_mass_presses_from_where_it_was_put():
    assert findings_of(phantom()).worst.direction in {"anterior", "anterior left"}
    assert findings_of(other_side()).worst.direction in {"anterior", "anterior right"}
    at = findings_of(phantom()).profile.tumour_mm2.argmax()
    assert (findings_of(phantom()).profile.direction_deg[at] - 330 + 180) % 360 - 180 == pytest.approx(0, abs=15)


def test_lytic_lesion_is_darker_than_the_patients_own_bone():
    density = findings_of(phantom()).density
    assert set(density.healthy_levels) == {Level.T2, Level.T5}
    assert density.lesion_mean_hu < density.healthy_mean_hu - 2 * density.healthy_sd_hu
    assert density.below_fraction > 0.5 > density.above_fraction


def test_without_a_scan_there_is_no_density():
    from oncospine.lesion import measured_findings

    assert measured_findings(spine_of(phantom()), labelled(phantom().tumour)).density is None
