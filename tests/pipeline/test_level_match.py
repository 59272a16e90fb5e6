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


ARMS_FULL = "C5-T1: 5"


def motor(right: str, left: str | None = None) -> str:
    return f"isncsci: {{right: {{motor: {{{right}}}}}, left: {{motor: {{{left or right}}}}}}}"


def test_weak_arms_are_not_explained_by_tumour_in_the_thoracic_spine():
    match = compared("sensory_level: T4;isncsci: {right: {motor: {C5-C6: 5, C7: 3}}}")
    assert match.fits is False
    assert match.image_rest
    assert "(key muscles from C7) is not explained by the epidural tumour at T3-T4" in match.sentences[-1]
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


# Cord segments at the vertebra (PAM50): C4 C5-C6, C5 C6-C7, C6 C7-C8, C7 C8-T1, T1 T1-T2, T12 L2-L5, L1 L5-S4-5.
@pytest.mark.parametrize(
    ("vertebra", "highest", "fits"),
    [
        ("C5", "C5", True),
        ("C6", "C5", True),
        ("C7", "C5", False),
        ("C7", "C6", True),
        ("T1", "C6", False),
        ("T1", "C7", True),
        ("T2", "C7", False),
        ("T3", "T1", True),
        ("T4", "T1", False),
    ],
)
def test_the_highest_weak_muscle_of_the_arm_lies_at_most_two_segments_above_the_tumour(vertebra, highest, fits):
    match = compared(motor(f"{highest}: 3"), Found(**{vertebra: "3"}))
    assert match.fits is fits
    assert match.image_rest is not fits
    assert f"(key muscles from {highest})" in match.sentences[0]


@pytest.mark.parametrize(
    ("vertebra", "highest", "fits"),
    [("T4", "L2", True), ("T11", "L2", True), ("T12", "L2", True), ("L1", "L2", False), ("L1", "L3", True)],
)
def test_the_highest_weak_muscle_of_the_leg_lies_at_most_two_segments_above_the_tumour(vertebra, highest, fits):
    match = compared(motor(f"{ARMS_FULL}, {highest}-S1: 3"), Found(**{vertebra: "3"}))
    assert match.fits is fits
    assert match.image_rest is not fits
    assert match.sentences[0].startswith(
        f"Weakness of the legs with arms of normal strength (key muscles from {highest})"
    )


@pytest.mark.parametrize(("vertebra", "fits"), [("C3", False), ("C4", False), ("C5", True), ("C7", True), ("T8", True)])
def test_spared_arms_with_weak_legs_suggest_a_level_of_t1_or_below(vertebra, fits):
    for exam in (motor(f"{ARMS_FULL}, L2-S1: 3"), "mjoa: {upper_limb_motor: 5, lower_limb_motor: 4}"):
        match = compared(exam, Found(**{vertebra: "3"}))
        assert match.fits is fits
        assert ("suggests a level of T1 or below and does not fit" in match.sentences[0]) is not fits


def test_arms_that_were_not_examined_are_not_spared():
    for exam in (motor("C5-C8: 5, L2-S1: 3"), motor("C5-T1: 5, L2-S1: 3", "L2-S1: 3"), "mjoa: {lower_limb_motor: 4}"):
        match = compared(exam, Found(C3="3"))
        assert match.fits is True
        assert "normal strength" not in match.sentences[0]


def test_legs_are_weak_by_any_score_that_says_so():
    for exam in ("mjoa: {lower_limb_motor: 6}", "joa_thoracic: {lower_limb_motor: 3}", motor("S1: 4")):
        assert compared(exam).sentences[0].startswith("Weakness of the legs")
    for exam in ("mjoa: {lower_limb_motor: 7}", "joa_thoracic: {lower_limb_motor: 4}", motor("L2-S1: 5")):
        assert "Weakness" not in compared(exam).sentences[0]


def test_signs_of_the_cord_with_weak_legs_are_not_explained_below_the_conus():
    exam = f"{motor(f'{ARMS_FULL}, L2-S1: 3')};myelopathy: yes"
    match = compared(exam, Found(L3="3"))
    assert (match.fits, match.image_rest, len(match.sentences)) == (False, True, 1)
    assert (
        "Weakness of the legs with arms of normal strength and signs of disease of the cord (key muscles from L2) "
        "suggests a level of T1 or below and does not fit the epidural tumour at L3, below the conus; imaged is T1-T6"
    ) in match.sentences[0]
    unknown = compared("mjoa: {lower_limb_motor: 4};myelopathy: yes", Found(L3="3"))
    assert unknown.image_rest
    assert "is not explained by the epidural tumour at L3, below the conus" in unknown.sentences[0]


def test_signs_of_the_cord_alone_are_compared():
    assert compared("myelopathy: yes", Found(T3="3")).fits is True
    assert compared("myelopathy: yes", Found(L3="3")).image_rest
    assert compared("myelopathy: yes", Found(T3="0")).image_rest
    assert compared("myelopathy: no", Found(L3="3")).fits is None


def test_weak_legs_fit_a_tumour_of_the_cauda_equina_and_weak_arms_do_not():
    legs = compared(motor(f"{ARMS_FULL}, L4-S1: 3"), Found(L3="3"))
    assert (legs.fits, legs.image_rest) == (True, False)
    assert "compatible with compromise of the cauda equina by the epidural tumour at L3" in legs.sentences[0]
    arms = compared("mjoa: {upper_limb_motor: 3}", Found(L3="3"))
    assert (arms.fits, arms.image_rest) == (False, True)


def test_weakness_without_epidural_tumour_in_view_asks_for_the_rest_of_the_spine():
    for exam in (motor("L2-S1: 3"), "mjoa: {upper_limb_motor: 3}"):
        match = compared(exam, Found(T3="0"))
        assert match.image_rest
        assert (
            "not explained by these images, in which no epidural tumour is seen; imaged is T1-T6" in match.sentences[0]
        )


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


@pytest.mark.parametrize(("felt", "fits"), [("T4", False), ("T11", False), ("T12", None), ("S1", None)])
def test_below_the_conus_no_sensory_level_of_the_trunk_is_explained(felt, fits):
    match = compared(f"sensory_level: {felt}", Found(L3="3"))
    assert match.fits is fits
    assert match.image_rest is (fits is False)


def test_no_sentence_on_weakness_orders():
    exams = (
        motor("C5-T1: 3, L2-S1: 3"),
        motor(f"{ARMS_FULL}, L2-S1: 3"),
        "myelopathy: yes",
        "mjoa: {upper_limb_motor: 1}",
    )
    for exam in exams:
        for level in ("C3", "C7", "T4", "L1", "L3"):
            for grade in ("0", "3"):
                sentences = compared(exam, Found(**{level: grade})).sentences
                assert not [text for text in sentences if FORBIDDEN.search(text)]


def test_no_sentence_orders():
    for felt in Segment:
        for found in (Found(T3="3"), Found(T3="0"), Found(L4="3")):
            assert not [text for text in compared(f"sensory_level: {felt}", found).sentences if FORBIDDEN.search(text)]


def test_the_compressed_levels_are_kept():
    assert compared("sensory_level: T4").compressed == (Level.T3, Level.T4)
    assert replace(compared("sensory_level: T4"), fits=None).fits is None
