"""Specs that cannot be, mirrored and re-ordered patients, case folders, the reference case."""

import json

import nibabel as nib
import numpy as np
import pytest

from oncospine.base import InputError, Level, Side, parse_levels, to_json
from oncospine.case import read_case
from oncospine.geometry import Volume
from oncospine.imaging import StructureKind, read_labels, read_scan
from oncospine.phantom import (
    AXIS_CODES,
    GRADES,
    PART_CODES,
    BonePiece,
    Collapse,
    EpiduralPiece,
    PhantomSpec,
    TumourSpec,
    make_phantom,
    mirrored,
    random_spec,
    reference_case,
    reference_record,
    reference_spec,
    reoriented,
    write_case,
)
from oncospine.phantom.bone import spine_model
from oncospine.phantom.truth_canal import escc_truth


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(random_spec(3, thorax=True))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: PhantomSpec(levels=()), "at least one level"),
        (lambda: PhantomSpec(levels=parse_levels("C1-C3")), "no C1, C2"),
        (lambda: PhantomSpec(levels=(Level.T4, Level.T6)), "neighbours"),
        (lambda: PhantomSpec(voxel_mm=(1, 1, 9)), "0.2-6 mm"),
        (lambda: PhantomSpec(asymmetry=0.0), "never symmetric"),
        (lambda: PhantomSpec(sex="f"), "'female', 'male' or None"),
        (lambda: PhantomSpec(noise=-1), "negative"),
        (lambda: BonePiece(level=Level.T4, part="pedicle"), "unknown part 'pedicle'"),
        (lambda: BonePiece(level=Level.T4, fraction=0), "above 0"),
        (lambda: EpiduralPiece(level=Level.T4, thickness_mm=0, length_mm=20), "thickness"),
        (lambda: Collapse(level=Level.T4, anterior_loss=1.0), "0-0.9"),
        (
            lambda: PhantomSpec(levels=parse_levels("T1-T3"), tumour=TumourSpec(bone=(BonePiece(level=Level.T9),))),
            "T9, outside",
        ),
    ],
)
def test_a_spec_that_cannot_be_says_why(build, words):
    with pytest.raises(InputError, match=words):
        build()


def test_mirroring_swaps_sides_and_keeps_sizes(phantom):
    other = mirrored(phantom)
    for level in phantom.spec.levels:
        one, two = phantom.truth.vertebrae[level], other.truth.vertebrae[level]
        for side in Side:
            assert two.pedicles[side].width_mm == one.pedicles[side.other].width_mm
            assert two.pedicles[side].transverse_angle_deg == one.pedicles[side.other].transverse_angle_deg
        assert two.volume_mm3 == one.volume_mm3
        frame = two.frame
        assert np.linalg.det(frame.axes) == pytest.approx(1)
        assert frame.to_local(two.pedicles[Side.RIGHT].centre_mm)[0] > 5
        for side in Side:
            for part in ("pedicle", "lamina", "transverse"):
                codes = PART_CODES[f"{part} {side}"], PART_CODES[f"{part} {side.other}"]
                assert np.count_nonzero(other.parts.array == codes[0]) == np.count_nonzero(
                    phantom.parts.array == codes[1]
                )
    for number in (3, 5):
        left = phantom.labels.labels_of(StructureKind.RIB, side=Side.LEFT)[number - 1]
        right = phantom.labels.labels_of(StructureKind.RIB, side=Side.RIGHT)[number - 1]
        assert np.array_equal(other.labels.volume.array == right, np.flip(phantom.labels.volume.array == left, 0))
    clocks = phantom.truth.escc, other.truth.escc
    for level, item in clocks[0].items():
        if item.clock_deg is not None:
            assert clocks[1][level].clock_deg == pytest.approx((360 - item.clock_deg) % 360)


def body_centre_in_own_frame(phantom, level):
    """Centroid of the body's voxels along right, anterior and superior of the truth."""
    body = (phantom.parts.array == PART_CODES["body"]) & phantom.labels.mask(StructureKind.VERTEBRA, level).array
    truth = phantom.truth.vertebrae[level]
    return truth.frame.to_local(phantom.scan.grid.to_world(np.argwhere(body)).mean(0))


def test_mirrored_voxels_sit_where_the_mirrored_truth_says(phantom):
    """Behind the endplates' middle lie the flanks of the body: the same in both, and right becomes left."""
    other = mirrored(phantom)
    for level, truth in other.truth.vertebrae.items():
        if truth.fraction_in_view > 0.999:
            here, there = body_centre_in_own_frame(phantom, level), body_centre_in_own_frame(other, level)
            assert np.abs(here[[0, 2]]).max() < 0.6
            assert -2.0 < here[1] < 0.5
            assert np.allclose(there, here * [-1, 1, 1], atol=0.02)


def test_mirroring_twice_is_the_same_patient(phantom):
    again = mirrored(mirrored(phantom))
    assert np.array_equal(again.scan.volume.array, phantom.scan.volume.array)
    assert np.array_equal(again.labels.volume.array, phantom.labels.volume.array)
    assert np.array_equal(again.parts.array, phantom.parts.array)
    assert json.loads(to_json(again.truth)) == json.loads(to_json(phantom.truth))


def test_mirroring_refuses_another_grid(phantom):
    from dataclasses import replace

    turned = replace(phantom, scan=replace(phantom.scan, volume=reoriented(phantom.scan.volume, "PIR")))
    with pytest.raises(InputError, match="own grid"):
        mirrored(turned)


def test_there_are_48_orders_and_each_keeps_every_voxel_in_place():
    assert len(set(AXIS_CODES)) == 48
    rng = np.random.default_rng(0)
    affine = np.array([[0.8, 0.1, 0, -9], [-0.1, 1.1, 0.05, 3], [0, 0.02, 2.0, 40], [0, 0, 0, 1.0]])
    volume = Volume(rng.integers(0, 9999, (4, 5, 6)).astype(np.int16), affine)
    points = volume.grid.to_world(np.argwhere(np.ones(volume.array.shape)))
    for axes in AXIS_CODES:
        other = reoriented(volume, axes)
        assert nib.aff2axcodes(other.affine) == tuple(axes)
        ijk = np.round(other.grid.to_voxel(points)).astype(int)
        assert np.array_equal(other.array[tuple(ijk.T)], volume.array.ravel())
    with pytest.raises(InputError, match="axis code"):
        reoriented(volume, "RRS")


def test_a_written_case_reads_back_with_scan_labels_tumour_and_truth(tmp_path, phantom):
    record = {"pseudonym": "phantom-3", "diagnosis": {"kind": "unknown"}}
    path = write_case({"ct": phantom}, tmp_path, record=record, dates={"ct": "2024-05-06"})
    case = read_case(path.parent)
    study = case.studies[0]
    scan = read_scan(tmp_path / study.scan)
    assert np.array_equal(scan.volume.array, phantom.scan.volume.array)
    assert scan.grid.is_same_as(phantom.scan.grid)
    labels = read_labels(tmp_path / study.masks[0].path, convention=study.masks[0].convention)
    assert labels.levels() == phantom.spec.levels
    assert np.array_equal(labels.volume.array, phantom.labels.volume.array)
    tumour = read_labels(tmp_path / study.masks[1].path, convention=study.masks[1].convention)
    assert np.array_equal(tumour.volume.array, phantom.tumour.array)
    truth = json.loads((tmp_path / "studies/ct/truth.json").read_text("utf-8"))
    assert truth["truth"]["seed"] == 3
    again = tmp_path / "again"
    write_case({"ct": phantom}, again, record=record, dates={"ct": "2024-05-06"})
    for name in ("scan.nii.gz", "truth.json"):
        assert (again / "studies/ct" / name).read_bytes() == (tmp_path / "studies/ct" / name).read_bytes()


def test_a_record_with_studies_is_refused(tmp_path, phantom):
    with pytest.raises(InputError, match="leave 'studies' out"):
        write_case({"ct": phantom}, tmp_path, record={"studies": []}, dates={"ct": "2024-05-06"})


@pytest.mark.parametrize("seed", range(25))
def test_random_specs_differ_and_their_tumours_lie_in_inner_levels(seed):
    spec = random_spec(seed)
    assert spec == random_spec(seed)
    assert spec != random_spec(seed + 1)
    diseased = spec.tumour.levels()
    assert set(diseased) <= set(spec.levels[1:-1])
    assert random_spec(seed, tumour=False).tumour is None


def test_random_specs_cover_every_grade():
    worst = set()
    for seed in range(60):
        model = spine_model(random_spec(seed))
        worst |= {item.grade for item in escc_truth(model).values()}
    assert worst == set(GRADES)


@pytest.mark.slow
def test_the_reference_case_is_the_published_one(tmp_path):
    reference_case(tmp_path, mr=False)
    case = read_case(tmp_path)
    assert case.sex.value == "female"
    assert case.diagnosis.histology == "leiomyosarcoma"
    assert case.affected_levels == (Level.T3, Level.T4)
    exam = case.latest_exam()
    assert exam.myelopathy is True
    assert exam.frankel is None
    assert exam.pain is None
    truth = json.loads((tmp_path / "studies/ct-preop/truth.json").read_text("utf-8"))["truth"]
    for level in ("T3", "T4"):
        parts = truth["tumour"]["part_fraction"][level]
        assert {"body", "pedicle left", "pedicle right"} <= set(parts)
        assert truth["escc"][level]["grade"] in ("2", "3")
    assert truth["tumour"]["worst_level"] in ("T3", "T4")
    sides = truth["tumour"]["paravertebral_by_side_mm3"]
    assert sides["right"] > 2 * sides["left"] > 0
    assert all(item["fraction_in_view"] > 0.99 for item in truth["vertebrae"].values())
    assert truth["levels"] == [level.value for level in parse_levels("C6-T8")]


def test_the_reference_patient_is_52_and_eight_weeks_ill():
    from datetime import date

    record = reference_record()
    exam = date.fromisoformat(record["exams"][0]["date"])
    onset = record["history"][0]["date"]
    assert exam.year - record["birth_year"] == 52
    assert date.fromisoformat(f"{onset}-01") <= date.fromordinal(exam.toordinal() - 56)
    assert reference_spec().levels == parse_levels("C6-T8")
