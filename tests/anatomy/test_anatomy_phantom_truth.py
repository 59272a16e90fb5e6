"""Everything measured on bone against phantoms whose truth is known by construction."""

import numpy as np
import pytest
from anatomy_samples import angle, dice, on_spine_grid, phantom, spine
from scipy.spatial import cKDTree

from oncospine.anatomy import PARTS, Part
from oncospine.base import Level, Side

CASES = [("T2-T6", 3), ("T12-L2", 4)]

RIM_MM = {"T2-T6": 0.7, "T12-L2": 1.0}
"""Lumbar endplates are hollow and rounded at the rim, a tenth of the depth inside which heights are read."""


@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_frames_agree_within_three_degrees(levels, seed):
    for level, truth in phantom(levels, seed=seed).truth.vertebrae.items():
        frame = spine(levels, seed=seed).vertebrae[level].frame
        assert angle(frame.superior, truth.superior) <= 3.0
        assert angle(frame.anterior, truth.anterior) <= 3.0
        assert np.linalg.norm(frame.origin_mm - np.array(truth.origin_mm)) <= 2.0


@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_body_heights_agree_within_a_voxel(levels, seed):
    errors = []
    for level, truth in phantom(levels, seed=seed).truth.vertebrae.items():
        heights = spine(levels, seed=seed).vertebrae[level].heights
        errors.append(heights.anterior_mm - truth.anterior_height_mm)
        errors.append(heights.posterior_mm - truth.posterior_height_mm)
    assert np.abs(errors).max() <= 1.6
    assert abs(np.mean(errors)) <= RIM_MM[levels]


@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_wedges_agree_within_the_error_of_the_method(levels, seed):
    errors = [
        spine(levels, seed=seed).vertebrae[level].wedge_deg - truth.wedge_deg
        for level, truth in phantom(levels, seed=seed).truth.vertebrae.items()
    ]
    assert np.abs(errors).max() <= 4.0
    assert abs(np.mean(errors)) <= 3.0


@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_endplates_have_their_width_and_depth(levels, seed):
    errors = []
    for level, truth in phantom(levels, seed=seed).truth.vertebrae.items():
        found = spine(levels, seed=seed).vertebrae[level]
        errors.append(found.upper_endplate.width_mm - truth.upper_width_mm)
        errors.append(found.upper_endplate.depth_mm - truth.upper_depth_mm)
        errors.append(found.lower_endplate.width_mm - truth.lower_width_mm)
        errors.append(found.lower_endplate.depth_mm - truth.lower_depth_mm)
    assert np.abs(errors).max() <= 2.5
    assert abs(np.mean(errors)) <= 1.5


@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_pedicles_have_their_width_height_and_angles(levels, seed):
    widths, heights, transverse, sagittal = [], [], [], []
    for level, truth in phantom(levels, seed=seed).truth.vertebrae.items():
        for side in Side:
            found, known = spine(levels, seed=seed).vertebrae[level].pedicles[side], truth.pedicles[side]
            widths.append(found.width_mm - known.width_mm)
            heights.append(found.height_mm - known.height_mm)
            transverse.append(found.transverse_deg - known.transverse_angle_deg)
            sagittal.append(found.sagittal_deg - known.sagittal_angle_deg)
    assert np.abs(widths).max() <= 0.7
    assert np.abs(heights).max() <= 1.0
    assert np.abs(transverse).max() <= 3.0
    assert np.abs(sagittal).max() <= 3.0


@pytest.mark.slow
def test_pedicle_angles_hold_on_other_shapes():
    """Twelve more vertebrae, none of which the method was made on: 3 degrees for most, never 5."""
    transverse, sagittal = [], []
    for levels, seed in (("T7-T10", 51), ("L3-L5", 52), ("T1-T5", 53)):
        for level, truth in phantom(levels, seed=seed).truth.vertebrae.items():
            for side in Side:
                found, known = spine(levels, seed=seed).vertebrae[level].pedicles[side], truth.pedicles[side]
                transverse.append(found.transverse_deg - known.transverse_angle_deg)
                sagittal.append(found.sagittal_deg - known.sagittal_angle_deg)
    for errors in (np.abs(transverse), np.abs(sagittal)):
        assert np.percentile(errors, 85) <= 3.0
        assert errors.max() <= 5.0


def test_the_sagittal_angle_is_read_from_the_upper_endplate():
    """Turning the endplate about the right axis turns the angle by as much; the axis itself stays (section 0.2)."""
    vertebra = spine("T2-T6").vertebrae[Level.T4]
    pedicle, plate = vertebra.pedicles[Side.LEFT], vertebra.upper_endplate.plane
    assert pedicle.sagittal_deg == pytest.approx(90 - angle(-pedicle.axis, plate.normal), abs=1e-6)


def test_a_wide_lumbar_canal_has_its_pedicles():
    """The canal of this L5 is wider than any thoracic one: its walls are found where they are, not assumed."""
    truth, found = phantom("L3-L5", seed=14).truth.vertebrae[Level.L5], spine("L3-L5", seed=14).vertebrae[Level.L5]
    assert truth.canal_width_mm > 30
    for side in Side:
        assert found.pedicles[side].width_mm == pytest.approx(truth.pedicles[side].width_mm, abs=0.7)
    assert not [note for note in found.notes if "assumed" in note]


@pytest.mark.slow
@pytest.mark.parametrize("voxel_mm", [0.5, 1.5])
def test_pedicle_widths_hold_at_other_voxel_sizes(voxel_mm):
    errors = [
        spine("T3-T5", voxel_mm, 6).vertebrae[level].pedicles[side].width_mm - truth.pedicles[side].width_mm
        for level, truth in phantom("T3-T5", voxel_mm, 6).truth.vertebrae.items()
        for side in Side
    ]
    assert np.abs(errors).max() <= 0.5 + 0.3 * voxel_mm


# What the borders reach today at the worst level; T12 has hardly a transverse process.
PART_FLOORS = {
    Part.BODY: 0.94,
    Part.PEDICLE_LEFT: 0.74,
    Part.PEDICLE_RIGHT: 0.74,
    Part.LAMINA_LEFT: 0.65,
    Part.LAMINA_RIGHT: 0.65,
    Part.ARTICULAR_LEFT: 0.60,
    Part.ARTICULAR_RIGHT: 0.60,
    Part.TRANSVERSE_LEFT: 0.55,
    Part.TRANSVERSE_RIGHT: 0.55,
    Part.SPINOUS: 0.90,
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("levels", "seed"), CASES)
def test_parts_overlap_the_true_parts_at_every_level(levels, seed, part):
    found = spine(levels, seed=seed)
    truth = on_spine_grid(phantom(levels, seed=seed).parts, found)
    overlaps = []
    for level in found.levels:
        here = found.level_codes == level.code
        overlaps.append(dice((found.part_codes == part.code) & here, (truth == part.code) & here))
    assert min(overlaps) >= PART_FLOORS[part]
    assert np.mean(overlaps) >= 0.68


def test_every_voxel_of_bone_has_a_part_and_only_bone_has():
    found = spine("T2-T6")
    assert ((found.part_codes > 0) == (found.level_codes > 0)).all()
    for vertebra in found.vertebrae.values():
        voxels = np.count_nonzero(found.level_codes == vertebra.level.code)
        assert vertebra.volume_ml == pytest.approx(voxels * found.grid.voxel_volume_mm3 / 1000)


def test_volumes_agree_with_the_truth():
    for level, truth in phantom("T2-T6").truth.vertebrae.items():
        assert spine("T2-T6").vertebrae[level].volume_ml == pytest.approx(truth.volume_mm3 / 1000, rel=0.04)


@pytest.mark.parametrize(
    ("voxel_mm", "lean_deg"), [(1.0, 0.0), (1.0, 45.0), (1.5, 20.0), pytest.param(0.5, 30.0, marks=pytest.mark.slow)]
)
def test_the_canal_is_measured_across_itself_whatever_the_tilt(voxel_mm, lean_deg):
    """The bony canal holds the true ellipse and the recesses beside it, so the ratio lies a little above 1."""
    found, known = spine("T3-T5", voxel_mm, 6, lean_deg), phantom("T3-T5", voxel_mm, 6, lean_deg).truth.canal
    origins = [frame.origin_mm for frame in found.canal.frames]
    distance, nearest = cKDTree(np.array(known.centre_mm)).query(origins)
    ratio = found.canal.areas_mm2 / np.array(known.canal_mm2)[nearest]
    assert distance.max() <= 2.0
    assert 1.0 <= np.median(ratio) <= 1.17
    assert ratio.max() <= 1.25
    leans = [angle(frame.superior, known.superior[i]) for frame, i in zip(found.canal.frames, nearest, strict=True)]
    assert np.median(leans) <= 4.0


def test_the_canal_at_the_pedicles_is_as_deep_as_it_was_made():
    canal = spine("T2-T6").canal
    for level, truth in phantom("T2-T6").truth.vertebrae.items():
        here = canal.profile.at_level(level)
        assert np.median(canal.profile.ap_mm[here]) == pytest.approx(truth.canal_depth_mm, abs=0.8)


def test_the_tube_called_cord_on_ct_is_the_sac_and_has_its_area():
    found, known = spine("T2-T6"), phantom("T2-T6").truth.canal
    (tube,) = found.tubes
    assert str(tube.kind) == "dural sac"
    assert "not plausible" in tube.reason
    origins = [frame.origin_mm for frame in found.canal.frames]
    nearest = cKDTree(np.array(known.centre_mm)).query(origins)[1]
    inner = tube.profile.inner
    ratio = tube.profile.area_mm2[inner] / np.array(known.sac_mm2)[nearest][inner]
    assert np.abs(ratio - 1).max() <= 0.05


def test_the_origin_of_a_frame_lies_in_the_body_and_its_canal_behind():
    for vertebra in spine("T2-T6").vertebrae.values():
        behind = vertebra.frame.to_local(vertebra.canal_mm)
        assert behind[1] < -12
        assert abs(behind[0]) < 1.5
        assert vertebra.level in (Level.T2, Level.T3, Level.T4, Level.T5, Level.T6)
