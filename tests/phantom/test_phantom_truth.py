"""The painted voxels against the truth, and the truth against moving, repeating and refining the phantom."""

import json
from dataclasses import replace

import numpy as np
import pytest

from oncospine.base import Level, Side, parse_levels, to_json
from oncospine.imaging import StructureKind
from oncospine.phantom import (
    PART_CODES,
    BonePiece,
    EpiduralPiece,
    Modality,
    ParavertebralPiece,
    PhantomSpec,
    Posture,
    TumourSpec,
    make_phantom,
)
from oncospine.phantom.column import pose_of

TUMOUR = TumourSpec(
    bone=(
        BonePiece(level=Level.T4, fraction=0.45, centre=(0.4, -0.5, 0.1)),
        BonePiece(level=Level.T4, part="pedicle right", fraction=0.8),
        BonePiece(level=Level.T3, fraction=0.2, centre=(-0.2, 0.3, -0.5)),
        BonePiece(level=Level.T3, part="lamina left", fraction=1.0),
    ),
    epidural=(EpiduralPiece(level=Level.T4, thickness_mm=9.0, length_mm=26, clock_deg=30),),
    paravertebral=(ParavertebralPiece(level=Level.T4, side=Side.RIGHT),),
)
SPEC = PhantomSpec(levels=parse_levels("T2-T5"), seed=21, tumour=TUMOUR, half_width_mm=44)
SMALL = replace(SPEC, levels=parse_levels("T3-T5"), voxel_mm=(1.4, 1.4, 1.4))


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(SPEC)


def volume_of(phantom, mask):
    return float(np.count_nonzero(mask)) * phantom.scan.grid.voxel_volume_mm3


def test_every_vertebra_and_part_has_its_volume(phantom):
    for level, truth in phantom.truth.vertebrae.items():
        mask = phantom.labels.mask(StructureKind.VERTEBRA, level).array
        assert volume_of(phantom, mask) == pytest.approx(truth.volume_mm3, rel=0.015)
        for name, code in PART_CODES.items():
            part = volume_of(phantom, mask & (phantom.parts.array == code))
            assert part == pytest.approx(truth.part_volume_mm3[name], rel=0.06, abs=25), name
        assert sum(truth.part_volume_mm3.values()) == pytest.approx(truth.volume_mm3, rel=1e-6)
        assert truth.fraction_in_view == pytest.approx(1.0)


def test_the_tumour_has_its_volume_in_each_compartment(phantom):
    truth = phantom.truth.tumour
    for code, expected in ((1, truth.bone_mm3), (2, truth.epidural_mm3), (3, truth.paravertebral_mm3)):
        assert volume_of(phantom, phantom.tumour.array == code) == pytest.approx(expected, rel=0.02)


def test_the_parts_are_filled_to_the_fraction_that_was_asked(phantom):
    found = phantom.truth.tumour.part_fraction
    assert set(found) == {Level.T3, Level.T4}
    assert found[Level.T4] == pytest.approx({"body": 0.45, "pedicle right": 0.8}, abs=0.005)
    assert found[Level.T3] == pytest.approx({"body": 0.2, "lamina left": 1.0}, abs=0.005)
    body = (phantom.parts.array == 1) & phantom.labels.mask(StructureKind.VERTEBRA, Level.T4).array
    assert (phantom.tumour.array[body] == 1).mean() == pytest.approx(0.45, abs=0.015)


def test_compartments_lie_where_their_names_say(phantom):
    bone, tumour, neural = phantom.parts.array > 0, phantom.tumour.array, phantom.neural.array
    assert bone[tumour == 1].all()
    assert (neural[tumour == 2] == 1).all()
    assert not bone[tumour == 3].any()
    assert not (neural[tumour == 3] > 0).any()
    assert not (neural[bone] > 0).any()


def test_the_tumour_leans_to_its_side(phantom):
    truth = phantom.truth.tumour
    assert truth.bone_by_side_mm3[Side.RIGHT] > truth.bone_by_side_mm3[Side.LEFT]
    assert set(truth.paravertebral_by_side_mm3) == {Side.RIGHT}
    grid = phantom.scan.grid
    centre = grid.to_world(np.argwhere(phantom.tumour.array == 3)).mean(0)
    assert phantom.truth.vertebrae[Level.T4].frame.to_local(centre)[0] > 10


def test_sac_and_cord_voxels_have_the_area_of_the_profile(phantom):
    canal, grid = phantom.truth.canal, phantom.scan.grid
    lean = np.asarray(canal.superior)[:, 2]
    for code, areas in ((2, canal.sac_mm2), (3, canal.cord_mm2), (1, canal.canal_mm2)):
        voxels = phantom.neural.array >= code
        found, expected = [], []
        for row in range(20, len(areas) - 20, 15):
            k = round(grid.to_voxel(canal.centre_mm[row])[2])
            found.append(np.count_nonzero(voxels[:, :, k]) * lean[row])
            expected.append(areas[row])
        assert np.sum(found) == pytest.approx(np.sum(expected), rel=0.03)


def test_the_dural_sac_carries_the_label_that_totalsegmentator_calls_spinal_cord(phantom):
    assert np.array_equal(phantom.labels.volume.array == 79, phantom.neural.array >= 2)


def test_the_grade_follows_from_the_compression_and_is_worst_at_the_mass(phantom):
    truth = phantom.truth
    assert truth.tumour.worst_level in (Level.T4, Level.T5)
    assert truth.escc[Level.T4].grade in ("1c", "2")
    assert truth.escc[Level.T2].grade == "0"
    assert max(truth.canal.occupation) == pytest.approx(truth.tumour.max_occupation)
    assert truth.escc[Level.T4].clock_deg == pytest.approx(30)


def test_grey_values_are_those_of_the_tissues():
    quiet = make_phantom(replace(SPEC, noise=0.0, psf_mm=0.0, thorax=False))
    grey, neural = quiet.scan.volume.array, quiet.neural.array
    body = (quiet.parts.array == 1) & (quiet.tumour.array == 0)
    assert np.median(grey[body]) == pytest.approx(165, abs=1)
    assert np.median(grey[(quiet.tumour.array == 1)]) == pytest.approx(45, abs=1)
    assert np.median(grey[neural == 3]) == pytest.approx(38, abs=1)
    assert np.median(grey[neural == 2]) == pytest.approx(12, abs=4)


def test_noise_has_the_standard_deviation_that_was_asked():
    noisy, quiet = make_phantom(replace(SMALL, noise=25.0)), make_phantom(replace(SMALL, noise=0.0))
    difference = noisy.scan.volume.array.astype(float) - quiet.scan.volume.array
    inside = quiet.scan.volume.array > -900
    assert difference[inside].std() == pytest.approx(25.0, rel=0.03)


def test_the_same_spec_gives_the_same_bytes():
    one, again = make_phantom(SMALL), make_phantom(SMALL)
    assert again.scan.content_hash == one.scan.content_hash
    assert again.labels.content_hash == one.labels.content_hash
    assert to_json(again.truth) == to_json(one.truth)
    assert make_phantom(replace(SMALL, seed=22)).scan.content_hash != one.scan.content_hash


def test_truth_is_plain_json(phantom):
    plain = json.loads(to_json(phantom.truth))
    assert plain["vertebrae"]["T4"]["pedicles"]["left"]["width_mm"] > 2
    assert len(plain["canal"]["arc_mm"]) == len(plain["canal"]["sac_mm2"]) > 100


def test_moving_the_patient_moves_the_truth_and_nothing_else(phantom):
    posture = Posture(lean_deg=33, roll_deg=-9, turn_deg=14, shift_mm=(31, -22, 108))
    moved = make_phantom(replace(SPEC, posture=posture, voxel_mm=(1.5, 1.5, 1.5))).truth
    old, new = pose_of(SPEC.posture), pose_of(posture)
    for level, truth in phantom.truth.vertebrae.items():
        other = moved.vertebrae[level]
        assert new.to_world(old.to_local(truth.origin_mm)) == pytest.approx(other.origin_mm, abs=1e-6)
        assert (old.axes @ truth.superior) @ new.axes == pytest.approx(other.superior, abs=1e-9)
        assert other.volume_mm3 == pytest.approx(truth.volume_mm3, rel=1e-9)
        for side in Side:
            one, two = truth.pedicles[side], other.pedicles[side]
            assert (two.width_mm, two.transverse_angle_deg, two.chord_mm) == pytest.approx(
                (one.width_mm, one.transverse_angle_deg, one.chord_mm), abs=1e-9
            )
            assert new.to_world(old.to_local(one.centre_mm)) == pytest.approx(two.centre_mm, abs=1e-6)
    assert to_json(moved.tumour) == to_json(phantom.truth.tumour)
    assert moved.canal.sac_mm2 == phantom.truth.canal.sac_mm2
    assert to_json(moved.escc) == to_json(phantom.truth.escc)


def test_the_voxels_follow_the_moved_truth():
    posture = Posture(lean_deg=38, roll_deg=10, turn_deg=-12, shift_mm=(-40, 55, -70))
    moved = make_phantom(replace(SPEC, posture=posture, thorax=False, voxel_mm=(1.2, 1.2, 1.2)))
    for level, truth in moved.truth.vertebrae.items():
        body = (moved.parts.array == 1) & moved.labels.mask(StructureKind.VERTEBRA, level).array
        across, ahead, up = truth.frame.to_local(moved.scan.grid.to_world(np.argwhere(body)).mean(0))
        assert max(abs(across), abs(up)) < 0.6
        assert -2.0 < ahead < 0.5  # the flanks of the body lie behind the middle of the endplates


def test_truth_does_not_depend_on_voxels_and_voxel_volumes_converge_to_it(phantom):
    errors = []
    for step in (2.4, 1.2, 0.8):
        other = make_phantom(replace(SPEC, voxel_mm=(step, step, step), thorax=False, noise=0))
        assert other.truth.vertebrae[Level.T4].volume_mm3 == phantom.truth.vertebrae[Level.T4].volume_mm3
        bone = volume_of(other, other.parts.array > 0)
        errors.append(abs(bone / sum(v.volume_mm3 for v in other.truth.vertebrae.values()) - 1))
    assert errors[0] < 0.03
    assert errors[-1] < 0.008


def test_halving_the_truth_lattice_changes_volumes_by_less_than_half_a_percent(monkeypatch, phantom):
    import oncospine.phantom.truth_tumour as module
    from oncospine.phantom.bone import spine_model
    from oncospine.phantom.shapes import coverage
    from oncospine.phantom.truth import truth_bone

    monkeypatch.setattr(module, "TRUTH_STEP_MM", 0.4)
    lattice, bone = truth_bone(spine_model(SPEC), Level.T4)
    assert lattice.step_mm == pytest.approx(0.4)
    volume = coverage(bone.distance, 0.4).sum(dtype=float) * lattice.cell_mm3
    assert phantom.truth.vertebrae[Level.T4].volume_mm3 == pytest.approx(volume, rel=0.01)


def test_thick_slices_average_what_thin_slices_show():
    thin = make_phantom(replace(SPEC, noise=0, psf_mm=0, thorax=False, voxel_mm=(1, 1, 1), shape=(90, 120, 99)))
    thick = make_phantom(replace(SPEC, noise=0, psf_mm=0, thorax=False, voxel_mm=(1, 1, 3), shape=(90, 120, 33)))
    mean = thin.scan.volume.array.reshape(90, 120, 33, 3).astype(float).mean(axis=3)
    assert np.abs(mean - thick.scan.volume.array).max() <= 1.0


def test_a_cut_vertebra_says_how_much_of_it_is_in_view():
    cut = make_phantom(replace(SPEC, tumour=None, thorax=False, margin_mm=(-18.0, 6.0)))
    first, second = (cut.truth.vertebrae[level] for level in (Level.T2, Level.T3))
    assert 0.05 < first.fraction_in_view < 0.9
    assert second.fraction_in_view > first.fraction_in_view
    visible = volume_of(cut, cut.labels.mask(StructureKind.VERTEBRA, Level.T2).array)
    assert visible == pytest.approx(first.fraction_in_view * first.volume_mm3, rel=0.03)


def test_an_mr_phantom_shows_the_same_patient_with_cord_and_canal_labels(phantom):
    mr = make_phantom(replace(SPEC, modality=Modality.MR_T2, noise=20.0))
    assert mr.scan.modality == "MR"
    assert mr.labels.convention == "totalspineseg_step2"
    assert np.array_equal(mr.labels.volume.array == 1, phantom.neural.array == 3)
    assert np.array_equal(mr.labels.volume.array == 2, (phantom.neural.array > 0) & (phantom.neural.array < 3))
    assert np.array_equal(mr.parts.array, phantom.parts.array)
    grey = mr.scan.volume.array
    assert np.median(grey[mr.neural.array == 2]) > 2 * np.median(grey[mr.neural.array == 3])
    assert mr.labels.has(StructureKind.DISC, level=Level.T4)
