"""The impression, the match with the examination and the validation table: what is said, and what never is."""

import re
from dataclasses import replace

import pytest
from lesion_samples import findings_of, measured_with, mr_findings_of, mr_spine_of, phantom, plain_mask

from oncospine.anatomy import PARTS, Part
from oncospine.base import Level, Segment, Side
from oncospine.findings_validation import phantom_subject, validate_findings
from oncospine.lesion import (
    WALLS,
    Breach,
    Contact,
    DiscInvasion,
    FindingsTruth,
    Subject,
    compressed_levels,
    impression,
    myelopathy_match,
    outcome,
    validation_rows,
)
from oncospine.lesion.phrases import parts_in_words, sectors_in_words, volumes_by_side
from shared_samples import labelled

FORBIDDEN = re.compile(r"\b(must|should|perform|proceed|need to|has to|is diagnosed|proves?)\b")


def test_the_impression_names_levels_side_volume_and_canal():
    text = impression(mr_findings_of(phantom()))
    assert "T3-T4" in text
    assert "mostly on the left" in text
    assert "compatible with ESCC" in text
    assert "Tomita type 6" in text
    assert "not verified against the primary paper" in text
    assert f"{mr_findings_of(phantom()).volume_ml.value:.1f} ml" in text


def test_the_impression_never_orders_and_is_one_paragraph():
    for found in (findings_of(phantom()), mr_findings_of(phantom())):
        text = impression(found)
        assert not FORBIDDEN.search(text)
        assert "\n" not in text
        assert "compatible with" in text


def test_on_ct_the_impression_says_that_the_cord_is_not_seen():
    assert "CT estimate of ESCC" in impression(findings_of(phantom()))
    assert "cord is not seen on CT" in impression(findings_of(phantom()))
    assert "cord is not seen" not in impression(mr_findings_of(phantom()))


def test_without_bone_or_canal_the_impression_says_so():
    found = measured_with(phantom(), plain_mask(phantom().tumour.array == 3, phantom().tumour))
    text = impression(found)
    assert "without involvement of vertebral bone" in text
    assert "No epidural tumour" in text


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({Part.PEDICLE_LEFT, Part.PEDICLE_RIGHT, Part.LAMINA_RIGHT}, ["both pedicles", "right lamina"]),
        ({Part.SPINOUS, Part.ARTICULAR_LEFT}, ["left articular processes", "spinous process"]),
        ({Part.TRANSVERSE_LEFT, Part.TRANSVERSE_RIGHT, Part.BODY}, ["both transverse processes"]),
        (set(), []),
    ],
)
def test_parts_of_both_sides_are_said_once(parts, words):
    assert parts_in_words(parts) == words


def test_every_part_and_every_wall_has_its_words():
    assert all(parts_in_words({part}) for part in PARTS if part is not Part.BODY)
    found = mr_findings_of(phantom())
    for wall in WALLS:
        broken = replace(found, breaches=(Breach(level=Level.T3, wall=wall, area_mm2=20.0),))
        assert "compatible with a breach" in impression(broken)


@pytest.mark.parametrize(
    ("sectors", "text"), [((1, 2, 3), "1-3"), ((12, 1), "1, 12"), ((4, 6, 7, 9), "4, 6-7, 9"), ((), "")]
)
def test_runs_of_sectors_are_joined(sectors, text):
    assert sectors_in_words(sectors) == text


@pytest.mark.parametrize(
    ("ml", "text"),
    [
        ({Side.LEFT: 0.3, Side.RIGHT: 2.0}, "2.0 ml on the right and 0.3 ml on the left"),
        ({Side.LEFT: 1.02, Side.RIGHT: 0.98}, "1.0 ml on each side"),
        ({Side.LEFT: 0.09, Side.RIGHT: 2.0}, "2.0 ml on the right"),
        ({Side.LEFT: 0.0, Side.RIGHT: 0.0}, ""),
    ],
)
def test_volumes_beside_the_spine_have_no_preferred_side(ml, text):
    assert volumes_by_side(ml, 0.1) == text


def test_neighbours_are_told_by_how_far_they_are_surrounded():
    met = [("aorta", 200.0, "partly encased"), ("lung left", None, "in contact"), ("lung right", None, "in contact")]
    contacts = tuple(
        Contact(structure=name, distance_mm=0.0, degrees=degrees, overlap_ml=0.0, words=words)
        for name, degrees, words in [*met, ("oesophagus", 10.0, "clear")]
    )
    text = impression(replace(mr_findings_of(phantom()), contacts=contacts))
    assert "the aorta partly encased; in contact with the lung on both sides." in text
    assert "oesophagus" not in text


def test_skip_lesions_and_discs_and_separate_pieces_are_said():
    found = mr_findings_of(phantom())
    disc = DiscInvasion(above=Level.T3, below=Level.T4, volume_ml=0.4, crosses=True)
    text = impression(replace(found, distribution="skip", discs=(disc,), pieces=found.pieces * 2))
    assert "with uninvolved vertebrae between" in text
    assert "The disc T3-T4 is crossed" in text
    assert "in 2 separate pieces" in text
    text = impression(replace(found, discs=(replace(disc, crosses=False),)))
    assert "reaches into the disc T3-T4" in text


def test_a_sensory_level_that_fits_asks_for_nothing():
    found = mr_findings_of(phantom())
    match = myelopathy_match(found, Segment.T5, fits=True, imaged=(Level.T2, Level.T5))
    assert match.fits is True
    assert match.image_rest is False
    assert "compatible with" in match.text


def test_a_sensory_level_that_does_not_fit_asks_for_the_rest_of_the_spine():
    found = mr_findings_of(phantom())
    match = myelopathy_match(found, Segment.L2, fits=False, imaged=(Level.T2, Level.T3, Level.T4, Level.T5))
    assert match.image_rest is True
    assert "imaging of the rest of the spine could be considered" in match.text
    assert "T2-T5" in match.text
    assert not FORBIDDEN.search(match.text)


def test_a_sensory_level_without_compression_is_not_explained():
    bone_only = replace(mr_findings_of(phantom()), escc={})
    match = myelopathy_match(bone_only, Segment.T8, fits=None, imaged=(Level.T2,))
    assert match.image_rest is True
    assert "not explained by these images" in match.text
    assert myelopathy_match(bone_only, None, fits=None, imaged=()).image_rest is False


def test_the_most_compressed_levels_are_compared():
    assert set(compressed_levels(mr_findings_of(phantom()))) <= {Level.T3, Level.T4}
    assert compressed_levels(mr_findings_of(phantom()))


def truth_like(**changes) -> FindingsTruth:
    found = mr_findings_of(phantom())
    ml = [quantity.value for quantity in found.compartment_ml.values()]
    truth = FindingsTruth(
        volume_ml=found.volume_ml.value,
        bone_ml=ml[0],
        epidural_ml=ml[1],
        paravertebral_ml=ml[2],
        body_fraction={level: item.body_fraction for level, item in found.levels.items()},
        sectors={level: frozenset(stage.sectors) for level, stage in found.wbb.items()},
        escc={level: found.escc[level].grade if level in found.escc else "0" for level in found.levels},
        tomita=found.tomita.type,
        occupation=found.worst.canal_occupation.value,
    )
    return replace(truth, **changes)


def rows_for(truth: FindingsTruth):
    subject = Subject(name="test", spine=mr_spine_of(phantom()), tumour=labelled(phantom().tumour), truth=truth)
    return {row.quantity: row for row in validation_rows([outcome(subject)])}


def test_findings_that_equal_the_truth_pass_every_row():
    assert all(row.passes in {True, None} for row in rows_for(truth_like()).values())


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"volume_ml": 10.0}, "tumour volume, relative error"),
        ({"escc": {Level.T3: "3"}}, "ESCC of the patient (worst level) exact"),
        ({"sectors": {Level.T3: frozenset({1, 2, 11})}}, "WBB sector set exact or one sector off, per level"),
        ({"body_fraction": {Level.T3: 0.1}}, "fraction of the body, error"),
    ],
)
def test_findings_that_differ_from_the_truth_fail_their_row(change, quantity):
    assert rows_for(truth_like(**change))[quantity].passes is False


def test_the_phantom_as_a_subject_passes():
    rows = validation_rows([outcome(phantom_subject(phantom()))])
    assert [row.quantity for row in rows if row.passes is False] == []


@pytest.mark.slow
def test_random_phantoms_pass():
    rows = validate_findings(3, seed=2)
    assert [row for row in rows if row.passes is False] == []
