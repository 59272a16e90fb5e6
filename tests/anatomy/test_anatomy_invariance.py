"""Side and level cannot flip: 48 orientations, mirror, motion, renumbering."""

from dataclasses import replace

import numpy as np
import pytest
from anatomy_samples import moved, real_labels, real_spine, thoracic

from oncospine.anatomy import PARTS, spine_from_labels, spine_summary
from oncospine.base import Level, Side, to_json, to_plain
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap
from oncospine.phantom import AXIS_CODES, mirrored, reoriented


@pytest.fixture(scope="module")
def plain():
    return to_json(spine_summary(spine_from_labels([thoracic().labels], modality="CT")))


@pytest.mark.parametrize("axes", AXIS_CODES)
def test_all_48_orientations_of_a_phantom_give_the_same_bytes(axes, plain):
    labels = replace(thoracic().labels, volume=reoriented(thoracic().labels.volume, axes))
    assert to_json(spine_summary(spine_from_labels([labels], modality="CT"))) == plain


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("axes", AXIS_CODES)
def test_all_48_orientations_of_the_real_scan_give_the_same_bytes(axes):
    labels = replace(real_labels(), volume=reoriented(real_labels().volume, axes))
    found = spine_from_labels([labels], modality="CT")
    assert to_json(spine_summary(found)) == to_json(spine_summary(real_spine()))


@pytest.mark.shared_data
@pytest.mark.parametrize("axes", ["LPS", "SRA", "PIR"])
def test_some_orientations_of_the_real_scan_give_the_same_bytes(axes):
    test_all_48_orientations_of_the_real_scan_give_the_same_bytes(axes)


def side_swapped(labels: LabelMap) -> dict[int, int]:
    """For each label the one of the same structure on the other side."""
    numbers = {structure: label for label, structure in labels.structures.items()}
    return {
        label: numbers.get(replace(structure, side=structure.side.other), label) if structure.side else label
        for label, structure in labels.structures.items()
    }


def mirrored_labels(labels: LabelMap) -> LabelMap:
    """The patient reflected in the plane x = 0, written here independently of the phantom's own mirror."""
    table = np.arange(256, dtype=np.uint8)
    for label, other in side_swapped(labels).items():
        table[label] = other
    return replace(
        labels, volume=Volume(table[labels.volume.array], np.diag([-1.0, 1.0, 1.0, 1.0]) @ labels.volume.affine)
    )


def assert_mirrored(one, other, plane_mm: float):
    reflection = np.array([-1.0, 1.0, 1.0])
    assert one.levels == other.levels
    assert one.naming == other.naming
    for level in one.levels:
        first, second = one.vertebrae[level], other.vertebrae[level]
        point = first.frame.origin_mm * reflection + [2 * plane_mm, 0, 0]
        assert np.allclose(point, second.frame.origin_mm, atol=1e-6)
        assert np.allclose(first.frame.axes * reflection * [[-1], [1], [1]], second.frame.axes, atol=1e-6)
        for part in PARTS:
            assert first.volumes_ml[part] == pytest.approx(second.volumes_ml[part.mirrored], abs=1e-9), (level, part)
        assert to_plain(first.heights) == pytest.approx(to_plain(second.heights), abs=1e-6)
        for side in Side:
            assert (side in first.pedicles) == (side.other in second.pedicles)
            if side in first.pedicles:
                a, b = first.pedicles[side], second.pedicles[side.other]
                sizes = [(p.width_mm, p.height_mm, p.transverse_deg, p.sagittal_deg) for p in (a, b)]
                assert sizes[0] == pytest.approx(sizes[1], abs=1e-5)
    assert np.allclose(one.canal.areas_mm2, other.canal.areas_mm2, atol=1e-5)
    curves = one.alignment.curve, other.alignment.curve
    if curves[0] is not None:
        assert curves[0].convex is curves[1].convex.other
        assert curves[0].cobb_deg == pytest.approx(curves[1].cobb_deg, abs=1e-6)
    for a, b in zip(one.alignment.joints, other.alignment.joints, strict=True):
        assert a.kyphosis_deg == pytest.approx(b.kyphosis_deg, abs=1e-6) if a.kyphosis_deg else b.kyphosis_deg is None
        if a.slip is not None:
            assert a.slip.to_right_mm == pytest.approx(-b.slip.to_right_mm, abs=1e-6)


def test_the_mirrored_phantom_is_measured_mirrored():
    one = spine_from_labels([thoracic().labels], modality="CT")
    other = spine_from_labels([mirrored(thoracic()).labels], modality="CT")
    grid = thoracic().labels.grid
    assert_mirrored(one, other, float(grid.to_world((np.array(grid.shape) - 1) / 2)[0]))


@pytest.mark.shared_data
def test_the_mirrored_real_scan_is_measured_mirrored():
    assert_mirrored(real_spine(), spine_from_labels([mirrored_labels(real_labels())], modality="CT"), 0.0)


def test_a_mirror_without_swapped_labels_is_said():
    """The file is flipped but its label names are not: ribs then lie on the wrong side."""
    labels = thoracic().labels
    wrong = replace(labels, volume=Volume(labels.volume.array, np.diag([-1.0, 1, 1, 1]) @ labels.volume.affine))
    doubts = spine_from_labels([wrong], modality="CT").doubts
    assert any(doubt.topic == "side" and doubt.severity == "warning" for doubt in doubts)
    assert not any(d.topic == "side" for d in spine_from_labels([labels], modality="CT").doubts)


@pytest.mark.parametrize("degrees", [0.0, 20.0, 75.0])
def test_moving_the_patient_moves_the_frames_and_changes_no_size(degrees):
    labels, motion = moved(thoracic().labels, degrees, (0.4, -0.3, 0.6), (40.0, -120.0, 900.0))
    one = spine_from_labels([thoracic().labels], modality="CT")
    other = spine_from_labels([labels], modality="CT")
    for level in one.levels:
        first, second = one.vertebrae[level], other.vertebrae[level]
        assert np.allclose(motion[:3, :3] @ first.frame.origin_mm + motion[:3, 3], second.frame.origin_mm, atol=1e-4)
        assert np.allclose(first.frame.axes @ motion[:3, :3].T, second.frame.axes, atol=1e-5)
        assert to_plain(first.heights) == pytest.approx(to_plain(second.heights), abs=1e-4)
        for part in PARTS:
            voxel_ml = one.grid.voxel_volume_mm3 / 1000
            assert first.volumes_ml[part] == pytest.approx(second.volumes_ml[part], abs=1.5 * voxel_ml)
    assert np.allclose(one.canal.areas_mm2, other.canal.areas_mm2, atol=1e-2)


def test_other_numbers_for_the_same_structures_change_nothing(plain):
    labels = thoracic().labels
    table = np.arange(256, dtype=np.uint8)
    structures = {}
    for label, structure in labels.structures.items():
        table[label] = 255 - label
        structures[255 - label] = structure
    renumbered = replace(
        labels, volume=Volume(table[labels.volume.array] * (labels.volume.array > 0), labels.volume.affine)
    )
    renumbered = replace(renumbered, structures=structures)
    found = spine_from_labels([renumbered], modality="CT")
    first = spine_from_labels([labels], modality="CT")
    assert (found.level_codes == first.level_codes).all()
    assert (found.part_codes == first.part_codes).all()
    assert found.naming == first.naming


def test_finer_sampling_of_the_same_labels_changes_little():
    labels = thoracic().labels
    fine = labels.volume.array.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    affine = labels.volume.affine @ np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] += labels.volume.affine[:3, :3] @ [-0.25, -0.25, -0.25]
    other = spine_from_labels([replace(labels, volume=Volume(fine, affine))], modality="CT")
    one = spine_from_labels([labels], modality="CT")
    for level in (Level.T3, Level.T4, Level.T5):
        first, second = one.vertebrae[level], other.vertebrae[level]
        assert first.volume_ml == pytest.approx(second.volume_ml)
        assert np.linalg.norm(first.frame.origin_mm - second.frame.origin_mm) < 0.7
        assert first.heights.posterior_mm == pytest.approx(second.heights.posterior_mm, abs=0.6)
