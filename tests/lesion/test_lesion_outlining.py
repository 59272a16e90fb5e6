"""Outlining from a few points: against the painted tumour, on CT and on MR, and edits that do what they say."""

from functools import cache

import numpy as np
import pytest

from oncospine.base import InputError, Level, parse_levels
from oncospine.geometry import Mask, Volume
from oncospine.imaging import Scan
from oncospine.lesion import outlined
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
