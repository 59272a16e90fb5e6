"""The real CT with a simulated T3-T4 tumour, against the truth that came with it."""

import numpy as np
import pytest

from oncospine.base import Level
from oncospine.lesion import Compartment, measured_findings
from shared_samples import real_findings, real_spine, real_truth, real_tumour

pytestmark = pytest.mark.shared_data


def test_total_and_compartment_volumes_within_three_percent():
    truth, found = real_truth(), real_findings()
    assert found.volume_ml.value == pytest.approx(truth["total_ml"], rel=0.03)
    for compartment in Compartment:
        assert found.compartment_ml[compartment].value == pytest.approx(truth["volume_ml"][compartment.value], rel=0.03)


@pytest.mark.parametrize("level", ["T3", "T4"])
def test_body_and_bone_fractions_within_five_points(level):
    truth, found = real_truth(), real_findings().levels[Level(level)]
    assert found.body_fraction == pytest.approx(truth["body_fraction"][level], abs=0.05)
    assert found.bone_fraction == pytest.approx(truth["bone_fraction"][level], abs=0.05)


def test_only_t3_and_t4_are_involved():
    assert real_findings().involved_levels == (Level.T3, Level.T4)


def test_the_share_of_the_sac_taken_on_axial_slices_is_that_of_the_truth():
    spine = real_spine()
    tumour, sac = real_findings().tumour.array, spine.tubes[0].mask.array
    shares = [(tumour & sac)[:, :, k].sum() / max(sac[:, :, k].sum(), 1) for k in range(sac.shape[2])]
    assert max(shares) == pytest.approx(real_truth()["max_canal_occupation"], abs=0.02)
    taken = real_findings().worst.sac_occupation.value
    assert taken == pytest.approx(real_truth()["max_canal_occupation"], abs=0.06)


def test_geometry_alone_finds_most_of_the_bone_compartment():
    unnamed = measured_findings(real_spine(), real_tumour("mask"))
    named = real_findings()
    assert unnamed.volume_ml.value == pytest.approx(named.volume_ml.value)
    for level in (Level.T3, Level.T4):
        assert unnamed.levels[level].body_fraction == pytest.approx(named.levels[level].body_fraction, abs=0.05)


def test_profile_peaks_at_the_involved_levels():
    profile = real_findings().profile
    peak = profile.levels[int(np.nanargmax(profile.tumour_mm2))]
    assert peak in {Level.T3, Level.T4}
    assert real_findings().worst.level in {Level.T3, Level.T4}
