"""The score test vectors of the reference (8.3), and its edge tests."""

from typing import Any

import pytest

from oncospine.base import InputError
from oncospine.scores import (
    SCORES,
    NeedsRoundingError,
    Score,
    UnverifiedScoreError,
    compute,
    ensemble_survival,
    score_inputs,
    survival_range,
)

LABS = {"crp_mg_dl": 0.1, "ldh_iu_l": 200, "platelets_per_ul": 250000, "calcium_mg_dl": 9.4, "bilirubin_mg_dl": 0.5}
TV1 = LABS | {
    "kps": 60, "ecog": 2, "extraspinal_bone_foci": 0, "vertebral_metastases": 2, "visceral": "none",
    "brain_metastases": False, "histology": "lms", "frankel": "D", "ambulatory": "with_aid", "albumin_g_dl": 3.8,
    "previous_chemotherapy": False, "age_years": 52, "months_to_compression": 30, "motor_deficit_days": 56,
    "bone_metastases": "solitary", "other_bone_metastases": False,
}  # fmt: skip
TV2 = LABS | {
    "kps": 90, "ecog": 1, "extraspinal_bone_foci": 0, "vertebral_metastases": 1, "visceral": "none",
    "brain_metastases": False, "histology": "breast_hr", "frankel": "E", "ambulatory": "independent",
    "albumin_g_dl": 4.0, "previous_chemotherapy": False, "age_years": 60, "bone_metastases": "solitary",
    "other_bone_metastases": False, "months_to_compression": 20, "motor_deficit_days": 20,
}  # fmt: skip
TV3 = LABS | {
    "kps": 40, "ecog": 3, "extraspinal_bone_foci": 3, "vertebral_metastases": 3, "visceral": "untreatable",
    "brain_metastases": False, "histology": "lung_nsclc", "frankel": "B", "ambulatory": "not_walking",
    "albumin_g_dl": 3.0, "ldh_iu_l": 400, "previous_chemotherapy": True, "age_years": 72, "months_to_compression": 6,
    "motor_deficit_days": 3, "bone_metastases": "multiple", "other_bone_metastases": True,
}  # fmt: skip
TV4 = LABS | {
    "kps": 80, "ecog": 1, "extraspinal_bone_foci": 1, "vertebral_metastases": 1, "visceral": "treatable",
    "brain_metastases": False, "histology": "rcc", "frankel": "D", "ambulatory": "independent", "albumin_g_dl": 3.4,
    "crp_mg_dl": 1.0, "previous_chemotherapy": False, "age_years": 64, "bone_metastases": "multiple",
    "other_bone_metastases": True, "months_to_compression": 20, "motor_deficit_days": 20,
}  # fmt: skip
TV5 = LABS | {
    "kps": 70, "ecog": 2, "extraspinal_bone_foci": 3, "vertebral_metastases": 4, "visceral": "none",
    "brain_metastases": False, "histology": "myeloma", "frankel": "C", "ambulatory": "not_walking",
    "albumin_g_dl": 3.2, "calcium_mg_dl": 11, "platelets_per_ul": 90000, "previous_chemotherapy": True,
    "age_years": 75, "months_to_compression": 2, "motor_deficit_days": 10, "bone_metastases": "multiple",
    "other_bone_metastases": True,
}  # fmt: skip
NAMES = (
    "revised_tokuhashi",
    "tomita",
    "modified_bauer",
    "van_der_linden",
    "katagiri",
    "nesms",
    "mizumoto",
    "rades_bsc",
)
EXPECTED = {
    "TV1": (TV1, (9, 3, 3, 2, 2, 3, 3, 8)),
    "TV1 multiple": (TV1 | {"bone_metastases": "multiple"}, (9, 4, 2, 2, 3, 2, 4, 8)),
    "TV2": (TV2, (15, 2, 4, 6, 0, 3, 0, None)),
    "TV3": (TV3, (0, 10, 0, 1, 8, 0, 12, 25)),
    "TV4": (TV4, (10, 6, 2, 2, 5, 1, 6, None)),
    "TV5": (TV5, (6, 3, 3, 2, 4, 2, 6, 13)),
}
BANDS = {
    "TV1": {"van_der_linden": "A", "katagiri": "0-3", "mizumoto": "A", "revised_tokuhashi": "9-11"},
    "TV2": {"van_der_linden": "C", "katagiri": "0-3", "revised_tokuhashi": "12-15"},
    "TV3": {
        "van_der_linden": "A",
        "katagiri": "7-10",
        "mizumoto": "C",
        "revised_tokuhashi": "0-8",
        "rades_bsc": "19-25",
    },
    "TV4": {"van_der_linden": "A", "katagiri": "4-6", "mizumoto": "B", "tomita": "6-7"},
    "TV5": {"van_der_linden": "A", "katagiri": "4-6", "mizumoto": "B", "rades_bsc": "6-18"},
}


def of(name: str, patient: dict[str, Any]) -> Score:
    return compute(name, {key: value for key, value in patient.items() if key in score_inputs(name)})


@pytest.mark.parametrize("vector", EXPECTED)
def test_vectors(vector: str) -> None:
    patient, totals = EXPECTED[vector]
    found = {name: of(name, patient) for name in NAMES}
    assert tuple(found[name].value for name in NAMES) == totals
    for name, band in BANDS.get(vector, {}).items():
        assert found[name].band == band
    for name, total in zip(NAMES, totals, strict=True):
        assert found[name].missing == () or total is None


def test_rapid_growth_of_sarcoma_is_shown_as_sensitivity() -> None:
    assert [row.range for row in of("tomita", TV1).sensitivity] == [(5, 5)]
    assert [row.range for row in of("tomita", TV1 | {"bone_metastases": "multiple"}).sensitivity] == [(6, 6)]
    assert [row.range for row in of("revised_tokuhashi", TV1).sensitivity] == [(10, 10)]


@pytest.mark.parametrize("kps", [45, 75])
@pytest.mark.parametrize("name", ["revised_tokuhashi", "van_der_linden"])
def test_a_karnofsky_between_two_published_classes_needs_rounding(name: str, kps: int) -> None:
    with pytest.raises(NeedsRoundingError, match="needs_rounding: kps"):
        of(name, TV1 | {"kps": kps})


def test_missing_albumin_leaves_nesms_without_a_value() -> None:
    score = of("nesms", TV4 | {"albumin_g_dl": None})
    assert (score.value, score.range, score.missing) == (None, (1, 2), ("albumin_g_dl",))


@pytest.mark.parametrize(("ecog", "scored"), [(0, False), (1, False), (2, True), (4, True)])
def test_rades_refuses_what_its_cohort_did_not_hold(ecog: int, scored: bool) -> None:
    score = of("rades_bsc", TV5 | {"ecog": ecog})
    assert score.applicable is scored
    assert (score.value is not None) is scored


@pytest.mark.parametrize("histology", [None, "unknown"])
def test_unknown_histology_gives_ranges_only(histology: str | None) -> None:
    for name in ("revised_tokuhashi", "tomita", "modified_bauer", "van_der_linden", "katagiri", "mizumoto"):
        score = of(name, TV1 | {"histology": histology})
        assert score.value is None, name
        assert score.range is not None
        assert score.range[0] < score.range[1]
        assert "histology" in score.missing


def test_the_low_tokuhashi_band_is_the_short_one() -> None:
    """One public site prints the signs reversed."""
    low, high = of("revised_tokuhashi", TV3), of("revised_tokuhashi", TV2)
    assert low.survival_classes == ("3-6",)
    assert high.survival_classes == (">12",)


@pytest.mark.parametrize("name", ["osri", "bollen", "original_tokuhashi"])
def test_unverified_scores_have_to_be_asked_for(name: str) -> None:
    with pytest.raises(UnverifiedScoreError, match="allow_unverified"):
        compute(name, {})
    assert compute(name, {"allow_unverified": True}).value is None


@pytest.mark.parametrize(
    ("histology", "kps", "visceral", "brain", "expected"),
    [
        ("breast_hr", 80, "none", False, "A"), ("breast_hr", 80, "treatable", False, "B"),
        ("breast_hr", 80, "none", True, "B"), ("breast_hr", 70, "none", False, "B"),
        ("breast_hr", 70, "treatable", False, "C"), ("prostate_h", 80, "treatable", True, "B"),
        ("prostate_h", 70, "none", False, "C"), ("lung_nsclc", 80, "none", False, "C"),
        ("lung_nsclc", 10, "none", False, "D"),
    ],
)  # fmt: skip
def test_bollen_boxes(histology: str, kps: int, visceral: str, brain: bool, expected: str) -> None:
    given = {
        "histology": histology,
        "kps": kps,
        "visceral": visceral,
        "brain_metastases": brain,
        "allow_unverified": True,
    }
    assert compute("bollen", given).value == expected


def test_bollen_does_not_know_the_profile_of_a_sarcoma() -> None:
    assert not compute("bollen", {"histology": "lms", "kps": 80, "allow_unverified": True}).applicable


@pytest.mark.parametrize(
    ("histology", "kps", "total"),
    [("breast_hr", 90, 1), ("rcc", 60, 3), ("lung_nsclc", 10, 7), ("synovial", 80, 2), ("melanoma", 40, 6)],
)
def test_osri(histology: str, kps: int, total: int) -> None:
    assert compute("osri", {"histology": histology, "kps": kps, "allow_unverified": True}).value == total


@pytest.mark.parametrize(
    ("given", "total", "band"),
    [
        ({"sex": "female", "kps": 100, "previous_surgery": True, "previous_radiotherapy": False,
          "solitary_metastasis": True, "years_to_metastasis": 6}, 14, "group 1"),
        ({"sex": "male", "kps": 60, "previous_surgery": False, "previous_radiotherapy": True, "organ_systems": 3,
          "solitary_metastasis": False, "years_to_metastasis": 5}, -5, "group 4"),
        ({"sex": "female", "kps": 80, "previous_surgery": False, "previous_radiotherapy": False, "organ_systems": 0,
          "solitary_metastasis": False, "years_to_metastasis": 1}, 4, "group 2"),
        ({"sex": "male", "kps": 70, "previous_surgery": False, "previous_radiotherapy": False, "organ_systems": 0,
          "solitary_metastasis": False, "years_to_metastasis": 1}, 1, "group 3"),
    ],
)  # fmt: skip
def test_prism(given: dict[str, Any], total: int, band: str) -> None:
    score = compute("prism", given)
    assert (score.value, score.band) == (total, band)


def test_prism_solitary_excludes_other_organ_systems() -> None:
    with pytest.raises(InputError, match="contradicts"):
        compute("prism", {"solitary_metastasis": True, "organ_systems": 2})


def test_survival_is_a_range_over_complete_scores_and_keeps_the_era() -> None:
    scores = [of(name, TV4) for name in NAMES]
    span = survival_range(scores, systemic_option_unused=True)
    assert (span.lowest, span.highest) == ("<3", ">12")
    assert set(span.per_score) == set(NAMES) - {"rades_bsc"}
    assert all(span.eras[name] for name in span.per_score)
    assert span.flags == ("modern_therapy: scores are likely pessimistic",)
    assert span.left_out == ("rades_bsc",)


def test_no_complete_score_no_class() -> None:
    span = survival_range([of("katagiri", {"ecog": 1})])
    assert (span.lowest, span.highest, span.median) == (None, None, ())
    assert span.reachable == ("<3", ">12")


@pytest.mark.parametrize("months", [6, 12, 24])
def test_the_ensemble_is_off_where_inputs_are_thin(months: int) -> None:
    thin = ensemble_survival([of("katagiri", TV1)], months=months)
    assert thin.percent is None
    assert thin.reason is not None


def test_the_ensemble_orders_good_and_bad_patients_and_holds_its_interval() -> None:
    good = ensemble_survival([of(name, TV2) for name in NAMES])
    bad = ensemble_survival([of(name, TV3) for name in NAMES])
    for found in (good, bad):
        assert found.low is not None
        assert found.percent is not None
        assert found.high is not None
        assert 0 < found.low < found.percent < found.high < 100
    assert bad.percent < good.percent  # type: ignore[operator]
    with pytest.raises(InputError, match="not one of 6, 12, 24"):
        ensemble_survival([], months=18)


WORSE: list[dict[str, Any]] = [
    {"kps": 40, "ecog": 3},
    {"visceral": "untreatable"},
    {"visceral": "disseminated"},
    {"extraspinal_bone_foci": 4, "bone_metastases": "multiple", "other_bone_metastases": True},
    {"vertebral_metastases": 4},
    {"albumin_g_dl": 2.5},
    {"brain_metastases": True},
    {"ambulatory": "not_walking", "frankel": "B"},
    {"previous_chemotherapy": True},
]


@pytest.mark.parametrize("change", WORSE, ids=lambda change: ",".join(change))
@pytest.mark.parametrize("patient", [TV1, TV2, TV4, TV5], ids=["TV1", "TV2", "TV4", "TV5"])
def test_a_worse_patient_never_scores_better(patient: dict[str, Any], change: dict[str, Any]) -> None:
    for name in NAMES:
        before, after = of(name, patient), of(name, patient | change)
        if before.value is None or after.value is None:
            continue
        step = int(after.value) - int(before.value)
        assert step * (1 if before.direction.value == "higher_worse" else -1) >= 0, name


def test_every_score_runs_between_its_limits_from_nothing_known() -> None:
    for name in SCORES:
        score = compute(name, {"allow_unverified": True})
        assert score.value is None
        assert score.range is not None
        assert score.limits[0] <= score.range[0] < score.range[1] <= score.limits[1], name
        assert score.bands or name == "osri"
