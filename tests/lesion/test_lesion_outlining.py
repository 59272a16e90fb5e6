"""Outlining from a few points: against the painted tumour, on CT and on MR, and edits that do what they say."""

from functools import cache

import numpy as np
import pytest

from oncospine.base import InputError, Level, parse_levels
from oncospine.geometry import Mask, Volume
from oncospine.imaging import LabelMap, Scan, Structure, StructureKind
from oncospine.lesion import outlined
from oncospine.lesion.outline_seeds import BAND_MM, LOCAL_MM, UNSEEN_MM
from oncospine.phantom import BonePiece, Modality, Phantom, PhantomSpec, TumourSpec, make_phantom


@cache
def subject(modality: Modality = Modality.CT) -> Phantom:
    return make_phantom(
        PhantomSpec(
            levels=parse_levels("T4-T6"),
            voxel_mm=(0.9, 0.9, 1.25),
            seed=3,
            thorax=False,
            half_width_mm=42.0,
            modality=modality,
            tumour=TumourSpec(bone=(BonePiece(level=Level.T5, fraction=0.3),)),
        )
    )


def truth(source: Phantom) -> np.ndarray:
    return source.tumour.array > 0


def middle(source: Phantom) -> np.ndarray:
    return source.tumour.grid.to_world(np.argwhere(truth(source)).mean(axis=0))


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_one_point_and_a_box_outline_a_lytic_lesion_on_ct():
    centre = middle(subject())
    found = outlined(subject().scan, [centre], box_mm=(centre - 13, centre + 13))
    assert dice(found.mask.array, truth(subject())) > 0.85
    assert found.volume_ml == pytest.approx(
        truth(subject()).sum() * subject().tumour.grid.voxel_volume_mm3 / 1000, rel=0.25
    )
    assert found.change_ml is None


def test_the_same_lesion_is_outlined_on_mr():
    source = subject(Modality.MR_T2)
    centre = middle(source)
    bone = Mask(source.parts.array > 0, source.parts.affine)
    found = outlined(source.scan, [centre], box_mm=(centre - 13, centre + 13), within=bone)
    assert dice(found.mask.array, truth(source)) > 0.7


def blob_scan(contrast: float = 100.0) -> tuple[Scan, np.ndarray]:
    """Two balls joined by a bridge, on noise of 5."""
    rng = np.random.default_rng(2)
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    x, y, z = np.indices((44, 30, 30)) - np.array([14, 15, 15])[:, None, None, None]
    mask = (x**2 + y**2 + z**2 <= 49) | ((x - 16) ** 2 + y**2 + z**2 <= 49)
    mask |= (np.abs(y) <= 2) & (np.abs(z) <= 2) & (x >= 0) & (x <= 16)
    values = rng.normal(0, 5, mask.shape) + contrast * mask
    scan = Scan(
        volume=Volume(values.astype(np.float32), affine),
        modality="MR",
        source="test",
        content_hash="sha256:0",
        notes=(),
    )
    return scan, mask


def test_a_ball_of_clear_contrast_is_outlined_to_the_voxel():
    scan, mask = blob_scan()
    found = outlined(scan, [[14.0, 15.0, 15.0]])
    assert dice(found.mask.array, mask) > 0.95


def test_points_outside_cut_off_what_they_mark_and_the_change_is_shown():
    scan, _ = blob_scan()
    before = outlined(scan, [[14.0, 15.0, 15.0]])
    cut = [[x, y, z] for x in (21.0, 22.0, 23.0) for y in (13.0, 15.0, 17.0) for z in (13.0, 15.0, 17.0)]
    after = outlined(scan, [[14.0, 15.0, 15.0]], outside_mm=[*cut, [30.0, 15.0, 15.0]], before=before.mask)
    assert not after.mask.array[30, 15, 15]
    assert after.change_ml == pytest.approx(after.volume_ml - before.volume_ml)
    assert after.change_ml < -0.5


def test_a_limit_is_never_crossed():
    scan, mask = blob_scan()
    limit = np.zeros(mask.shape, bool)
    limit[:22] = True
    found = outlined(scan, [[14.0, 15.0, 15.0]], within=Mask(limit, scan.volume.affine))
    assert not (found.mask.array & ~limit).any()
    assert found.mask.array.sum() > 1000


def test_the_same_points_give_the_same_mask():
    scan, _ = blob_scan()
    one, other = (outlined(scan, [[14.0, 15.0, 15.0]]).mask.array for _ in range(2))
    assert np.array_equal(one, other)


def test_a_point_that_corrects_changes_nothing_far_from_it():
    """Every edit is local: before, one point at the border of a lesion could lose half of it.

    The box keeps the block the same: without one it grows with the points, and what counts as contrast with it.
    """
    source = subject()
    centre = middle(source)
    box = (centre - 14, centre + 14)
    first = outlined(source.scan, [centre], box_mm=box).mask.array
    world = source.tumour.grid.to_world(np.argwhere(np.ones(first.shape, bool))).reshape(*first.shape, 3)
    parts = (truth(source) & ~first, first & ~truth(source))
    missed, wrong = (np.argwhere(part)[np.count_nonzero(part) // 2] for part in parts)
    for more, others in (([], [wrong]), ([missed], [])):
        inside = [centre, *(source.tumour.grid.to_world(point) for point in more)]
        outside = [source.tumour.grid.to_world(point) for point in others]
        edited = outlined(source.scan, inside, outside_mm=outside or None, box_mm=box).mask.array
        at = (outside or inside[1:])[0]
        far = np.linalg.norm(world - at, axis=-1) > LOCAL_MM + BAND_MM + 2
        assert (edited != first)[far].sum() <= 0.01 * first.sum()
        assert dice(edited, truth(source)) > dice(first, truth(source)) - 0.05


def walled_scan() -> tuple[Scan, LabelMap]:
    """A plate of one value throughout: only the labels know that it is two bones."""
    scan, _ = blob_scan()
    values = np.zeros(scan.volume.grid.shape, np.float32)
    values[6:28, 9:21, 9:21] = 100
    labels = np.zeros(values.shape, np.uint8)
    labels[6:20, 9:21, 9:21] = 1
    labels[20:28, 9:21, 9:21] = 2
    named = {
        code: Structure(kind=StructureKind.VERTEBRA, level=level) for code, level in ((1, Level.T4), (2, Level.T5))
    }
    noise = np.random.default_rng(3).normal(0, 5, values.shape).astype(np.float32)
    volume = Volume(labels, scan.volume.affine)
    return (
        Scan(volume=Volume(values + noise, scan.volume.affine), modality="CT", source="", content_hash="", notes=()),
        LabelMap(volume=volume, structures=named, convention="test"),
    )


def test_labels_are_walls_until_a_point_is_set_beyond_them():
    scan, labels = walled_scan()
    one = outlined(scan, [[14.0, 15.0, 15.0]], labels=labels).mask.array
    assert dice(one, labels.volume.array == 1) > 0.95
    assert dice(outlined(scan, [[14.0, 15.0, 15.0]]).mask.array, labels.volume.array > 0) > 0.95
    both = outlined(scan, [[14.0, 15.0, 15.0], [24.0, 15.0, 15.0]], labels=labels).mask.array
    assert dice(both, labels.volume.array > 0) > 0.95


def test_where_no_border_is_seen_a_ball_is_taken_and_that_is_said():
    noise = np.random.default_rng(4).normal(0, 5, (60, 60, 60)).astype(np.float32)
    scan = Scan(volume=Volume(noise, np.eye(4)), modality="MR", source="", content_hash="", notes=())
    found = outlined(scan, [[30.0, 30.0, 30.0]])
    assert found.volume_ml < 4 / 3 * np.pi * (UNSEEN_MM + 1) ** 3 / 1000
    assert any("no border is seen" in note for note in found.notes)
    assert not any("no border" in note for note in outlined(blob_scan()[0], [[14.0, 15.0, 15.0]]).notes)


def test_labels_on_other_voxels_are_refused():
    scan, labels = walled_scan()
    moved = LabelMap(
        volume=Volume(labels.volume.array, np.diag([2.0, 1, 1, 1])), structures=labels.structures, convention="test"
    )
    with pytest.raises(InputError, match="another grid"):
        outlined(scan, [[14.0, 15.0, 15.0]], labels=moved)


@pytest.mark.parametrize(
    ("inside", "options", "message"),
    [
        ([[500.0, 0.0, 0.0]], {}, "lies outside the scan"),
        ([[np.nan, 0.0, 0.0]], {}, "finite RAS mm"),
        ([], {}, "n of at least 1"),
        ([[14.0, 15.0, 15.0]], {"box_mm": ([0, 0, 0], [5, 5, 5])}, "outside the box"),
        ([[14.0, 15.0, 15.0]], {"outside_mm": [[14.0, 15.0, 15.0]]}, "as inside and as outside"),
        ([[14.0, 15.0, 15.0]], {"outside_mm": [[-90.0, 15.0, 15.0]]}, "outside the scan"),
    ],
)
def test_bad_points_are_refused_by_name(inside, options, message):
    with pytest.raises(InputError, match=message):
        outlined(blob_scan()[0], inside, **options)
