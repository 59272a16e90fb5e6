"""Tumour masks that are wrong, odd or at the edge: each is refused or said."""

from dataclasses import replace

import numpy as np
import pytest
from lesion_samples import findings_of, measured_with, phantom, plain_mask, spine_of

from oncospine.anatomy import Part, spine_from_labels
from oncospine.base import InputError, Level
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, StructureKind
from oncospine.lesion import Compartment, measured_findings, restored_vertebrae
from shared_samples import labelled


def empty() -> np.ndarray:
    return np.zeros(phantom().tumour.array.shape, bool)


def test_an_empty_mask_is_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"empty.*[Rr]emove it from the case, or draw the tumour"):
        measured_with(phantom(), plain_mask(empty(), phantom().tumour))


def test_a_tumour_far_from_the_spine_is_refused():
    far = Volume(np.ones((4, 4, 4), np.uint8), phantom().tumour.affine @ np.diag([1.0, 1.0, 1.0, 1.0]))
    shifted = far.affine.copy()
    shifted[:3, 3] += 500
    with pytest.raises(InputError, match="different grids"):
        measured_with(phantom(), labelled(Volume(far.array, shifted)))


def test_a_tumour_on_the_same_grid_but_away_from_the_spine_is_refused():
    grid = phantom().tumour
    wide = np.zeros(tuple(n + extra for n, extra in zip(grid.array.shape, (0, 0, 120), strict=True)), np.uint8)
    labels = np.zeros_like(wide)
    labels[:, :, : grid.array.shape[2]] = phantom().labels.volume.array
    wide[:, :, -6:-3] = 1
    source = phantom().labels
    spine = spine_from_labels(
        [LabelMap(volume=Volume(labels, grid.affine), structures=source.structures, convention=source.convention)],
        modality="CT",
    )
    with pytest.raises(InputError, match="more than 40 mm from every labelled vertebra"):
        measured_findings(spine, labelled(Volume(wide, grid.affine), "mask"))


def test_a_mask_on_another_grid_is_refused_with_both_grids():
    coarse = Volume(phantom().tumour.array[::2, ::2, ::2], phantom().tumour.affine @ np.diag([2.0, 2.0, 2.0, 1.0]))
    with pytest.raises(InputError, match=r"different grids: shape .*spine's crop is shape .*Resample"):
        measured_with(phantom(), labelled(coarse))


def test_a_mask_that_touches_the_border_is_said_to():
    mask = phantom().tumour.array > 0
    mask = mask.copy()
    body = np.argwhere(phantom().parts.array == 1)
    low = body[body[:, 2].argmax()]
    mask[low[0], low[1], low[2] :] = True
    found = measured_with(phantom(), plain_mask(mask, phantom().tumour))
    assert any("edge of the scan" in note for note in found.notes)
    assert not any("edge of the scan" in note for note in findings_of(phantom()).notes)


def test_tumour_beside_the_spine_alone_involves_no_bone_and_says_so():
    beside = phantom().tumour.array == 3
    found = measured_with(phantom(), plain_mask(beside, phantom().tumour))
    assert found.involved_levels == ()
    assert found.distribution == "none"
    assert "no vertebral bone is involved" in found.notes


def test_compartments_that_contradict_the_geometry_are_kept_and_said():
    wrong = phantom().tumour.array.copy()
    wrong[wrong == 1] = 3
    found = measured_with(phantom(), labelled(Volume(wrong, phantom().tumour.affine)))
    assert found.compartment_ml[Compartment.BONE].value == 0
    assert any("contradict" in note for note in found.notes)
    assert not any("contradict" in note for note in findings_of(phantom()).notes)


def test_bone_that_is_named_far_from_every_vertebra_is_nobodys():
    """It once became the transverse process of the nearest vertebra, six centimetres away."""
    from scipy import ndimage

    spine = spine_of(phantom())
    first = np.rint(phantom().tumour.grid.to_voxel(spine.grid.affine[:3, 3])).astype(int)
    box = tuple(slice(int(a), int(a) + n) for a, n in zip(first, spine.grid.shape, strict=True))
    away = ndimage.distance_transform_edt(spine.level_codes == 0, spine.grid.spacing_mm)
    assert away.max() > 30
    mask = phantom().tumour.array.copy()
    before = findings_of(phantom())
    mask[box][away > 30] = 1
    ml = np.count_nonzero(away > 30) * spine.grid.voxel_volume_mm3 / 1000
    found = measured_with(phantom(), labelled(Volume(mask, phantom().tumour.affine)))
    assert found.compartment_ml[Compartment.BONE].value == before.compartment_ml[Compartment.BONE].value
    assert {level: item.parts for level, item in found.levels.items() if item.parts} == {
        level: item.parts for level, item in before.levels.items() if item.parts
    }
    assert any(note.startswith(f"{ml:.1f} ml that the mask calls bone lies more than 25 mm") for note in found.notes)


def test_a_tumour_that_overlaps_the_cord_is_said():
    from lesion_samples import mr_findings_of, mr_spine_of

    mask = phantom().tumour.array.copy()
    cord = np.argwhere(phantom().neural.array == 3)
    middle = cord[len(cord) // 2]
    near = np.linalg.norm((np.argwhere(np.ones(mask.shape, bool)) - middle) * (0.9, 0.9, 1.25), axis=1) < 3
    inside = near.reshape(mask.shape) & (phantom().neural.array == 3)
    mask[inside] = 2
    found = measured_findings(mr_spine_of(phantom()), labelled(Volume(mask, phantom().tumour.affine)))
    expected = inside.sum() * phantom().tumour.grid.voxel_volume_mm3 / 1000
    assert any(f"{expected:.2f} ml" in note and "cord" in note for note in found.notes)
    assert not any("overlaps the labelled cord" in note for note in mr_findings_of(phantom()).notes)


def eaten_labels(depth: np.ndarray | None = None) -> LabelMap:
    """The labels with a hole where the tumour is in bone (or where `depth` says)."""
    source = phantom()
    array = source.labels.volume.array.copy()
    array[(source.tumour.array == 1) if depth is None else depth] = 0
    return replace(source.labels, volume=Volume(array, source.labels.volume.affine))


def test_vertebrae_that_the_tumour_has_eaten_are_restored_before_the_spine_is_built():
    source, whole = phantom(), findings_of(phantom())
    restored = restored_vertebrae(eaten_labels(), labelled(source.tumour))
    found = measured_findings(spine_from_labels([restored], modality="CT"), labelled(source.tumour))
    same = restored.volume.array == source.labels.volume.array
    assert same[source.tumour.array == 1].mean() > 0.97
    assert any("given back" in note for note in restored.notes)
    for level in (Level.T3, Level.T4):
        assert found.levels[level].bone_ml == pytest.approx(whole.levels[level].bone_ml, rel=0.05)
        assert found.levels[level].body_fraction == pytest.approx(whole.levels[level].body_fraction, abs=0.03)


def test_labels_without_a_hole_come_back_as_they_are():
    assert restored_vertebrae(phantom().labels, labelled(phantom().tumour)) is phantom().labels


def test_restoring_refuses_another_grid():
    coarse = Volume(phantom().tumour.array[::2, ::2, ::2], phantom().tumour.affine @ np.diag([2.0, 2.0, 2.0, 1.0]))
    with pytest.raises(InputError, match="different grids"):
        restored_vertebrae(phantom().labels, labelled(coarse))


def test_a_bite_out_of_the_front_of_a_body_is_reclaimed_without_names():
    source = phantom()
    vertebra = spine_of(source).vertebrae[Level.T4]
    centre = vertebra.frame.to_world([0.0, 3.0, 0.0])
    points = source.tumour.grid.to_world(np.argwhere(source.parts.array == 1))
    hole = np.zeros(source.tumour.array.shape, bool)
    near = np.argwhere(source.parts.array == 1)[np.linalg.norm(points - centre, axis=1) < 5.5]
    hole[tuple(near.T)] = True
    spine = spine_from_labels([eaten_labels(hole)], modality="CT")
    found = measured_findings(spine, plain_mask(hole, source.tumour))
    true_ml = hole.sum() * source.tumour.grid.voxel_volume_mm3 / 1000
    assert found.levels[Level.T4].parts[Part.BODY].volume_ml == pytest.approx(true_ml, rel=0.03)


def test_one_level_with_a_plain_mask_and_no_sac_label_is_measured_on_the_canal_alone():
    from lesion_samples import bones_of

    source = phantom()
    assert bones_of(source).has(StructureKind.VERTEBRA)
    found = measured_findings(spine_from_labels([bones_of(source)], modality="CT"), labelled(source.tumour))
    assert found.worst.sac_occupation.value is None
    assert "not labelled" in found.worst.sac_occupation.reason
    assert found.worst.canal_occupation.value == pytest.approx(
        findings_of(source).worst.canal_occupation.value, abs=0.05
    )


def test_the_sac_label_of_ct_is_never_called_the_cord():
    tubes = spine_of(phantom()).tubes
    assert [tube.kind.value for tube in tubes] == ["dural sac"]
    assert all(estimate.is_ct for estimate in findings_of(phantom()).escc.values())
