"""What is cut, destroyed, missing or misnamed: said, and never measured as if it were whole."""

import numpy as np
import pytest
from anatomy_samples import (
    Blocks,
    angle,
    label_of,
    number,
    phantom,
    real_labels,
    real_spine,
    relabelled,
    spine,
    thoracic,
)

from oncospine.anatomy import Confidence, Part, Severity, TubeKind, spine_from_labels
from oncospine.base import InputError, Level, Side
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, Structure, StructureKind, convention


def built(labels):
    return spine_from_labels([labels], modality="CT")


@pytest.mark.shared_data
def test_on_the_real_scan_c7_is_cut_by_the_field_of_view():
    found = real_spine()
    assert "cranial" in found.vertebrae[Level.C7].completeness.cut
    assert found.vertebrae[Level.C7].heights is None
    assert found.vertebrae[Level.C7].upper_endplate is None
    assert "cut by the field of view" in found.vertebrae[Level.C7].completeness.reason
    assert any("C7" in doubt.text and "field of view" in doubt.text for doubt in found.doubts)
    assert Level.C6 in found.fragments
    assert all(found.vertebrae[level].completeness.is_complete for level in (Level.T1, Level.T2, Level.T3, Level.T4))


@pytest.mark.shared_data
def test_on_the_real_scan_the_axial_slice_would_overstate_the_canal():
    leans = [np.degrees(np.arccos(frame.superior[2])) for frame in real_spine().canal.frames]
    assert 25 <= np.median(leans) <= 42


def test_a_vertebra_cut_caudally_loses_its_lower_endplate_only():
    labels = phantom("T3-T5", 1.0, 6).labels
    lower = spine("T3-T5", 1.0, 6).vertebrae[Level.T5].lower_endplate.plane.point_mm
    cut = int(labels.grid.to_voxel(lower)[2]) + 4
    found = built(LabelMap(**_cropped(labels, cut)))
    last = found.vertebrae[Level.T5]
    assert last.completeness.body_cut == ("caudal",)
    assert last.lower_endplate is None
    assert last.heights is None
    assert last.upper_endplate is not None
    assert found.vertebrae[Level.T4].completeness.is_complete


def _cropped(labels, first):
    affine = labels.volume.affine.copy()
    affine[:3, 3] = labels.grid.to_world([0, 0, first])
    volume = Volume(np.ascontiguousarray(labels.volume.array[:, :, first:]), affine)
    return {"volume": volume, "structures": labels.structures, "convention": labels.convention}


def test_a_sliver_of_a_vertebra_is_a_fragment():
    labels = phantom("T3-T5", 1.0, 6).labels
    sliver = number(labels, "vertebra T6")

    def change(array):
        array[60:66, 60:66, 0:3] = sliver
        return array

    found = built(relabelled(labels, change))
    assert found.fragments == (Level.T6,)
    assert Level.T6 not in found.vertebrae
    assert any("T6" in doubt.text and "fragment" in doubt.text for doubt in found.doubts)


def test_a_destroyed_arch_is_bridged_and_said():
    labels, known = phantom("T3-T5", 1.0, 6).labels, phantom("T3-T5", 1.0, 6).truth.vertebrae[Level.T4]
    t4 = number(labels, "vertebra T4")

    def change(array):
        voxels = np.argwhere(array == t4)
        local = known.frame.to_local(labels.grid.to_world(voxels))
        behind = voxels[local[:, 1] < -known.upper_depth_mm / 2 - 1]
        array[tuple(behind.T)] = 0
        return array

    without_sac = relabelled(labels, lambda a: np.where(a == number(labels, "spinal_cord"), 0, change(a)))
    found = built(without_sac)
    assert Level.T4 in found.vertebrae
    assert any(doubt.topic == "canal" and "T4" in doubt.text for doubt in found.doubts)
    assert found.vertebrae[Level.T4].pedicles == {}
    assert any("pedicle" in note for note in found.vertebrae[Level.T4].notes)
    whole = spine("T3-T5", 1.0, 6)
    shift = found.vertebrae[Level.T4].canal_mm - whole.vertebrae[Level.T4].canal_mm
    assert np.linalg.norm(shift) < 4


@pytest.mark.parametrize("with_sac", [True, False])
def test_a_vertebra_eaten_by_tumour_keeps_its_frame_and_spares_its_neighbours(with_sac):
    """Half of T4's body, a pedicle and the back of the body are not labelled, as automatic labels leave out tumour.

    With the sac the neighbours stand as before; without it the line of the bodies is all there is.
    """
    source = phantom("T2-T6")
    known, t4 = source.truth.vertebrae[Level.T4], number(source.labels, "vertebra T4")

    def change(array):
        voxels = np.argwhere(array == t4)
        local = known.frame.to_local(source.labels.grid.to_world(voxels))
        eaten = (local[:, 1] > -25) & ((local[:, 0] < -2) | ((local[:, 1] < 2) & (local[:, 1] > -13)))
        array[tuple(voxels[eaten].T)] = 0
        if not with_sac:
            array[array == number(source.labels, "spinal_cord")] = 0
        return array

    found, whole = built(relabelled(source.labels, change)), spine("T2-T6")
    for level, truth in source.truth.vertebrae.items():
        frame = found.vertebrae[level].frame
        limit = 16.0 if level is Level.T4 else 4.0 if with_sac else 8.0
        assert angle(frame.superior, truth.superior) <= limit, level
        assert angle(frame.anterior, truth.anterior) <= limit, level
        if level is not Level.T4:
            assert found.vertebrae[level].volume_ml == pytest.approx(whole.vertebrae[level].volume_ml)
    assert Side.LEFT not in found.vertebrae[Level.T4].pedicles
    assert any("T4" in doubt.text and doubt.severity is Severity.WARNING for doubt in found.doubts)


def test_one_missing_pedicle_is_missing_on_its_own_side():
    labels, known = phantom("T3-T5", 1.0, 6).labels, phantom("T3-T5", 1.0, 6).truth.vertebrae[Level.T4]
    t4 = number(labels, "vertebra T4")
    centre = np.array(known.pedicles[Side.LEFT].centre_mm)

    def change(array):
        voxels = np.argwhere(array == t4)
        near = np.linalg.norm(labels.grid.to_world(voxels) - centre, axis=1) < 9
        array[tuple(voxels[near].T)] = 0
        return array

    found = built(relabelled(labels, change)).vertebrae[Level.T4]
    assert set(found.pedicles) == {Side.RIGHT}
    assert "left pedicle: no continuous bridge of bone" in found.notes
    assert found.volumes_ml[Part.PEDICLE_LEFT] < 0.5 * found.volumes_ml[Part.PEDICLE_RIGHT]


def test_no_vertebra_is_refused():
    labels = relabelled(phantom("T3-T5", 1.0, 6).labels, np.zeros_like)
    with pytest.raises(InputError, match="no vertebra in the label map"):
        built(labels)


def test_bodies_only_are_refused_and_the_remedy_is_named():
    blocks = Blocks((60, 70, 80))
    for index, level in enumerate((Level.T3, Level.T4, Level.T5)):
        blocks.vertebra(label_of(level), (30, 45, 65 - 20 * index), arch=False)
    with pytest.raises(InputError, match="Whole-vertebra masks"):
        built(blocks.labels())


def test_bodies_with_a_sac_are_enough_for_the_frames():
    blocks = Blocks((60, 70, 80))
    for index, level in enumerate((Level.T3, Level.T4, Level.T5)):
        blocks.vertebra(label_of(level), (30, 45, 65 - 20 * index), arch=False)
    blocks.box(79, (24, 20, 0), (37, 33, 80))
    found = built(blocks.labels())
    assert found.levels == (Level.T3, Level.T4, Level.T5)
    for vertebra in found.vertebrae.values():
        assert vertebra.frame.anterior @ [0, 1, 0] > 0.999
        assert vertebra.pedicles == {}


def test_a_lone_vertebra_stands_on_its_endplates():
    blocks = Blocks((60, 80, 50))
    blocks.vertebra(label_of(Level.T7), (30, 55, 25))
    found = built(blocks.labels())
    vertebra = found.vertebrae[Level.T7]
    assert vertebra.frame.superior @ [0, 0, 1] > 0.9999
    assert vertebra.frame.anterior @ [0, 1, 0] > 0.9999
    assert vertebra.heights.middle_mm == pytest.approx(15.0, abs=0.1)
    assert found.alignment.joints == ()
    assert found.alignment.curve is None


def test_two_grids_are_refused_with_both_geometries():
    labels = phantom("T3-T5", 1.0, 6).labels
    other = LabelMap(
        volume=Volume(labels.volume.array[:, :, 1:], labels.volume.affine),
        structures=labels.structures,
        convention=labels.convention,
    )
    with pytest.raises(InputError, match=r"different grids: shape .* shape"):
        spine_from_labels([labels, other], modality="CT")


def test_no_label_map_at_all_is_refused():
    with pytest.raises(InputError, match="at least one label map"):
        spine_from_labels([], modality="CT")


def test_ribs_of_the_wrong_side_are_a_warning_of_sides():
    labels = thoracic().labels
    table = np.arange(256, dtype=np.uint8)
    for rib in range(1, 13):
        left, right = number(labels, f"rib left {rib}"), number(labels, f"rib right {rib}")
        table[left], table[right] = right, left
    found = built(relabelled(labels, lambda array: table[array]))
    assert any(doubt.topic == "side" and doubt.severity is Severity.WARNING for doubt in found.doubts)


@pytest.mark.parametrize("step", [-1, 1])
def test_names_shifted_by_one_against_the_ribs_are_a_warning_of_levels(step):
    labels = thoracic().labels
    assert built(labels).naming.confidence is Confidence.MODERATE
    table = np.arange(256, dtype=np.uint8)
    for level in (Level.T3, Level.T4, Level.T5):
        table[label_of(level)] = label_of(level.neighbour(step))
    found = built(relabelled(labels, lambda array: table[array]))
    assert any(doubt.topic == "level" and "rib" in doubt.text for doubt in found.doubts)
    assert found.naming.confidence is Confidence.LOW


def test_a_gap_in_the_names_is_said():
    labels = phantom("T3-T5", 1.0, 6).labels
    t4 = number(labels, "vertebra T4")
    found = built(relabelled(labels, lambda array: np.where(array == t4, 0, array).astype(np.uint8)))
    assert any("no vertebra labelled between T3 and T5" in doubt.text for doubt in found.doubts)


def test_names_that_run_the_wrong_way_are_said():
    labels = phantom("T3-T5", 1.0, 6).labels
    table = np.arange(256, dtype=np.uint8)
    table[label_of(Level.T3)], table[label_of(Level.T5)] = label_of(Level.T5), label_of(Level.T3)
    found = built(relabelled(labels, lambda array: table[array]))
    assert any("against the scanner's head direction" in doubt.text for doubt in found.doubts)


def test_without_any_landmark_the_confidence_is_low_and_says_why():
    naming = spine("T3-T5", 1.0, 6).naming
    assert naming.confidence is Confidence.LOW
    assert any("rest on the labels alone" in reason for reason in naming.reasons)


@pytest.mark.shared_data
def test_on_the_real_scan_the_ribs_confirm_the_names():
    naming = real_spine().naming
    assert naming.confidence is Confidence.HIGH
    assert "ribs 1, 2" in naming.reasons[0]


def test_a_cord_labelled_on_mr_is_a_cord_and_gets_a_z_score():
    from oncospine.anatomy import level_rows
    from oncospine.phantom import Modality, PhantomSpec, make_phantom

    made = make_phantom(
        PhantomSpec(levels=(Level.T3, Level.T4, Level.T5), seed=6, thorax=False, modality=Modality.MR_T2)
    )
    found = spine_from_labels([made.labels], modality="MR")
    cord = found.tube(TubeKind.CORD)
    assert cord is not None
    truth = np.array(made.truth.canal.cord_mm2)
    inner = cord.profile.area_mm2[cord.profile.inner]
    assert np.median(inner) == pytest.approx(np.median(truth), rel=0.05)
    rows = {row["level"]: row for row in level_rows(found)}
    known = {"T3": (38.8, 4.6), "T4": (36.3, 4.6), "T5": (35.1, 4.1)}
    for level, (mean, spread) in known.items():
        expected = (rows[level]["cord_area_mm2"] - mean) / spread
        assert rows[level]["cord_area_z"] == pytest.approx(expected, abs=0.05)


def test_transitional_anatomy_is_a_warning():
    blocks = Blocks((60, 80, 90))
    for index, level in enumerate((Level.T11, Level.T12, Level.L1)):
        blocks.vertebra(label_of(level), (30, 55, 75 - 22 * index))
    blocks.box(number(blocks.labels(), "rib left 11"), (4, 50, 78), (17, 54, 84))
    found = built(blocks.labels())
    assert any("transitional" in doubt.text and "rib 12" in doubt.text for doubt in found.doubts)
    assert found.naming.confidence is Confidence.LOW


def test_l4_on_the_sacrum_is_transitional():
    blocks = Blocks((60, 80, 90))
    for index, level in enumerate((Level.L2, Level.L3, Level.L4)):
        blocks.vertebra(label_of(level), (30, 55, 75 - 22 * index))
    sacrum = number(blocks.labels(), "sacrum")
    blocks.box(sacrum, (17, 45, 0), (43, 66, 18))
    found = built(blocks.labels())
    assert any("L4 next to the sacrum" in doubt.text for doubt in found.doubts)


def test_c1_has_no_body_c2_a_dens_and_both_are_sane():
    blocks = Blocks((90, 90, 90))
    r, a, s = (blocks.points - (45, 50, 70)).transpose(3, 0, 1, 2)
    inside, outside = (r / 13) ** 2 + (a / 14) ** 2, (r / 22) ** 2 + (a / 18) ** 2
    blocks.array[(inside > 1) & (outside <= 1) & (np.abs(s) <= 5)] = label_of(Level.C1)
    blocks.array[(np.abs(r) >= 18) & (np.abs(r) <= 34) & (np.abs(a) <= 5) & (np.abs(s) <= 4)] = label_of(Level.C1)
    for index, level in enumerate((Level.C2, Level.C3, Level.C4)):
        blocks.vertebra(label_of(level), (45, 60, 53 - 17 * index), height=12, canal=(11, 8))
    blocks.box(label_of(Level.C2), (40, 57, 58), (51, 63, 74))
    found = built(blocks.labels())
    atlas, axis = found.vertebrae[Level.C1], found.vertebrae[Level.C2]
    assert atlas.frame.anterior @ [0, 1, 0] > 0.98
    assert atlas.heights is None
    assert atlas.upper_endplate is None
    assert atlas.lower_endplate is None
    assert atlas.pedicles == {}
    assert any("no body" in note for note in atlas.notes)
    assert atlas.volumes_ml[Part.ARTICULAR_LEFT] == pytest.approx(atlas.volumes_ml[Part.ARTICULAR_RIGHT], rel=0.05)
    assert atlas.volumes_ml[Part.SPINOUS] == 0
    assert axis.upper_endplate is None
    assert axis.heights is None
    assert axis.lower_endplate is not None
    assert any("dens" in note for note in axis.notes)
    assert found.naming.confidence is Confidence.HIGH


def test_s1_has_no_lower_endplate_and_no_pedicles():
    blocks = Blocks((60, 80, 90))
    for index, level in enumerate((Level.L4, Level.L5)):
        blocks.vertebra(label_of(level), (30, 55, 75 - 22 * index))
    structures = dict(convention("totalsegmentator_total").structures)
    s1 = next(n for n, item in structures.items() if item == Structure(kind=StructureKind.VERTEBRA, level=Level.S1))
    blocks.vertebra(s1, (30, 55, 31))
    found = built(blocks.labels()).vertebrae[Level.S1]
    assert found.lower_endplate is None
    assert found.upper_endplate is not None
    assert found.heights is None
    assert found.pedicles == {}


def test_the_spine_of_real_labels_has_no_warning():
    labels = phantom("T2-T6").labels
    warnings = [doubt for doubt in built(labels).doubts if doubt.severity is Severity.WARNING]
    assert warnings == []


@pytest.mark.shared_data
def test_the_real_scan_has_no_warning():
    assert real_labels() is not None
    assert [doubt for doubt in real_spine().doubts if doubt.severity is Severity.WARNING] == []
