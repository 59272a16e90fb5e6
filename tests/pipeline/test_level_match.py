"""The examination against the images: what fits, what does not, and what then is asked for."""

import re
from dataclasses import replace

import pytest

from oncospine.base import Level, Segment, parse_levels
from oncospine.case import parse_case
from oncospine.lesion import EsccEstimate, Findings
from oncospine.level_match import level_match

SEEN = tuple(parse_levels("T1-T6"))
FORBIDDEN = re.compile(r"\b(must|should|perform|proceed|need to|has to)\b")


class Found:
    """Findings of which only the grades are read."""

    def __init__(self, **grades: str) -> None:
        self.escc = {
            Level(name): EsccEstimate(level=Level(name), possible=(grade,), basis="masks", rule="", room=None)
            for name, grade in grades.items()
        }


def compared(text: str, found: Found | None = None):
    exam = parse_case(
        "schema_version: 1\npseudonym: x\nexams:\n  - date: 2013-01-01\n"
        + "".join(f"    {t}\n" for t in text.split(";"))
    ).latest_exam()
    findings: Findings = found or Found(T3="2", T4="3")  # type: ignore[assignment]
    return level_match(exam, findings, imaged=SEEN)


@pytest.mark.parametrize(
    ("felt", "fits"),
    [("C8", False), ("T1", True), ("T3", True), ("T5", True), ("T7", True), ("T8", False), ("L1", False)],
)
def test_a_sensory_level_within_two_segments_of_the_cord_at_the_tumour_fits(felt, fits):
    """T3-T4 hold the segments T3 to T5 (PAM50), so that T1 to T7 fit."""
    match = compared(f"sensory_level: {felt}")
    assert match.fits is fits
    assert match.image_rest is not fits
    assert "the epidural tumour at T3-T4 (cord segments T3 to T5)" in match.sentences[0]
    assert ("imaging of the rest of the spine could be considered" in match.sentences[0]) is not fits
    assert ("imaged is T1-T6" in match.sentences[0]) is not fits
    assert match.citations == ("pam50",)


def test_each_side_is_compared_on_its_own():
    match = compared("sensory_level: {right: T4, left: T12}")
    assert match.fits is False
    left, right = sorted(match.sentences, key=lambda text: "on the right" in text)
    assert "sensory level T12 on the left does not fit" in left
    assert "sensory level T4 on the right is compatible with" in right
    other = compared("sensory_level: {right: T12, left: T4}")
    swap = {"left": "right", "right": "left"}
    mirrored = {re.sub("left|right", lambda m: swap[m[0]], text) for text in match.sentences}
    assert set(other.sentences) == mirrored


def test_equal_sides_are_one_level():
    assert compared("sensory_level: {right: T4, left: T4}").sentences == compared("sensory_level: T4").sentences


def test_a_level_is_taken_from_the_isncsci_tables_where_none_is_stated():
    tables = "{light_touch: {C2-T6: 2, T7-S4-5: 0}, pin_prick: {C2-T6: 2, T7-S4-5: 0}}"
    match = compared(f"isncsci: {{right: {tables}, left: {tables}}}")
    assert match.fits is True
    assert "sensory level T6 " in match.sentences[0]


def test_weak_arms_are_not_explained_by_tumour_in_the_thoracic_spine():
    match = compared("sensory_level: T4;isncsci: {right: {motor: {C5-C6: 5, C7: 3}}}")
    assert match.fits is False
    assert match.image_rest
    assert "Weakness of the arms is not explained by the epidural tumour at T3-T4" in match.sentences[-1]
    assert compared("mjoa: {upper_limb_motor: 3}").image_rest


@pytest.mark.parametrize(
    "exam",
    [
        "isncsci: {right: {motor: {C5-T1: 5, L2-S1: 1}}}",
        "isncsci: {left: {motor: {C7: 3**}}}",
        "isncsci: {left: {motor: {C7: NT}}}",
        "mjoa: {upper_limb_motor: 5, lower_limb_motor: 2}",
    ],
)
def test_strong_arms_and_weakness_of_another_cause_are_no_mismatch(exam):
    assert not compared(f"sensory_level: T4;{exam}").image_rest


def test_weak_arms_fit_a_tumour_in_the_neck():
    match = compared("mjoa: {upper_limb_motor: 3}", Found(C6="3"))
    assert match.fits is True
    assert "compatible with the epidural tumour at C6" in match.sentences[0]


def test_without_an_examination_nothing_is_compared_and_that_is_said():
    match = level_match(None, Found(T3="3"), imaged=SEEN)  # type: ignore[arg-type]
    assert match.fits is None
    assert match.sentences == ("No sensory level is entered to compare the compression with.",)


def test_a_sensory_level_without_compression_asks_for_the_rest_of_the_spine():
    match = compared("sensory_level: T4", Found(T3="0"))
    assert match.image_rest
    assert "not explained by these images" in match.sentences[0]


def test_below_the_conus_no_segment_is_compared():
    match = compared("sensory_level: L2", Found(L3="3"))
    assert match.fits is None
    assert "lies below the conus" in match.sentences[0]


def test_no_sentence_orders():
    for felt in Segment:
        for found in (Found(T3="3"), Found(T3="0"), Found(L4="3")):
            assert not [text for text in compared(f"sensory_level: {felt}", found).sentences if FORBIDDEN.search(text)]


def test_the_compressed_levels_are_kept():
    assert compared("sensory_level: T4").compressed == (Level.T3, Level.T4)
    assert replace(compared("sensory_level: T4"), fits=None).fits is None
