"""Both sides of every number in a rule. The numbers are those of the reference, written here a second time."""

from typing import Any

import pytest

from oncospine.base import Level
from oncospine.strategy import LevelInputs, PatientInputs, assess

SINS_7 = {"bone": "lytic", "alignment": "normal", "collapse": "none", "posterolateral": "unilateral"}
"""With T8 (1) and mechanical pain (3) and lytic (2) and unilateral (1): 7."""


def fires(rule: str, *, levels: tuple[LevelInputs, ...] | None = None, **given: Any) -> bool:
    return rule in assess(PatientInputs(levels=levels, **given)).fired()


def one(place: str = "T8", **given: Any) -> tuple[LevelInputs, ...]:
    return (LevelInputs(level=Level(place), **given),)


@pytest.mark.parametrize(
    ("rule", "name", "without", "within", "rest"),
    [
        ("E-8", "dexamethasone_mg_day", 16.0, 16.5, {}),
        ("E-13", "calcium_mg_dl", 10.2, 10.3, {}),
        ("E-13", "platelets_per_ul", 100000.0, 99999.0, {}),
        ("E-13", "inr", 1.4, 1.41, {}),
        ("E-10", "complete_hours", 48.0, 48.5, {"frankel": "A"}),
        ("D-2", "disease_free_months", 23.9, 24.0, {"known_cancer": True}),
        ("D-3", "age_years", 40.0, 39.9, {"solitary_lesion": True}),
        ("C-6", "age_years", 18.0, 17.9, {}),
        ("F-10", "bone_density_hu", 110.0, 109.0, {}),
        ("AP-1", "po2_mmhg", 60.0, 59.9, {}),
        ("AP-1", "pco2_mmhg", 45.0, 45.1, {}),
        ("AP-1", "sao2_percent", 90.0, 89.9, {}),
        ("AP-1", "fvc_l", 1.5, 1.49, {}),
        ("AP-1", "fev1_l", 1.0, 0.99, {}),
        ("AP-1", "fev1_fvc_percent", 35.0, 34.9, {}),
        ("LMS-9", "inr", 1.4, 1.41, {"histology": "lms"}),
        ("LMS-9", "platelets_per_ul", 100000.0, 99999.0, {"histology": "lms"}),
        ("S-3", "ecog", 2, 3, {"ecog_before_deficit": 2}),
        ("S-3", "ecog_before_deficit", 3, 2, {"ecog": 3}),
        ("L-8", "planned_ligated_pairs", 1, 2, {"levels": one("T9"), "planned_left_anterior": False}),
        ("VCF-1", "sbrt_gy_per_fraction", 19.9, 20.0,
         {"levels": one(bone="lytic", alignment="normal"), "baseline_fracture": False, "kyphosis": False}),
    ],
)  # fmt: skip
def test_a_rule_turns_at_its_number(rule: str, name: str, without: float, within: float, rest: dict[str, Any]) -> None:
    assert not fires(rule, **rest, **{name: without})
    assert fires(rule, **rest, **{name: within})
    assert not fires(rule, **rest)


@pytest.mark.parametrize(("pain", "unstable"), [("occasional", False), ("mechanical", True)])
def test_instrumentation_is_said_from_sins_7(pain: str, unstable: bool) -> None:
    """5 with occasional pain, 7 with mechanical pain."""
    assert fires("F-1", levels=one(**SINS_7), histology="rcc", pain=pain) is unstable


@pytest.mark.parametrize(("stated", "flat"), [(12, False), (13, True)])
def test_nursing_flat_is_flagged_from_sins_13(stated: int, flat: bool) -> None:
    assert fires("E-12", levels=one(sins_total=stated), frankel="E") is flat


@pytest.mark.parametrize(
    ("stated", "ecog", "n", "said"),
    [(11, 2, 3, True), (12, 2, 3, False), (11, 3, 3, False), (11, 2, 4, False)],
)
def test_the_trial_of_sbrt_for_pain_took_sins_under_12_ecog_up_to_2_and_3_segments(
    stated: int, ecog: int, n: int, said: bool
) -> None:
    levels = tuple(LevelInputs(level=level, sins_total=stated, escc=("0",)) for level in list(Level)[10 : 10 + n])
    given = {"levels": levels, "histology": "rcc", "frankel": "E", "pain": "occasional", "ecog": ecog}
    assert fires("RT-3", **given) is said


@pytest.mark.parametrize(("fraction", "over"), [(0.5, False), (0.51, True)])
def test_more_than_half_of_the_body_is_strictly_more(fraction: float, over: bool) -> None:
    levels = one(body_fraction=fraction, escc=("3",), collapse="none", height_loss_percent=0.0)
    assert fires("X-4", levels=levels, histology="rcc", kyphosis=False, failed_posterior=False) is over


@pytest.mark.parametrize(("construct", "few"), [(("T6", "T7", "T9", "T10"), False), (("T7", "T9", "T10"), True),
                                                (("T6", "T7", "T9"), True)])  # fmt: skip
def test_two_anchors_are_looked_for_on_each_side(construct: tuple[str, ...], few: bool) -> None:
    anchors = tuple(Level(name) for name in construct)
    assert fires("F-2w", levels=one(), construct=anchors, planned_fixation=True) is few


@pytest.mark.parametrize(("fraction", "involved"), [(0.049, False), (0.05, True)])
def test_an_element_counts_from_a_twentieth(fraction: float, involved: bool) -> None:
    level = one(pedicle_left_fraction=fraction, pedicle_right_fraction=0.0)
    assert fires("F-14", levels=level, histology="rcc") is involved


@pytest.mark.parametrize(("asa", "factors"), [(2, False), (3, True)])
def test_the_third_wound_factor_is_asa_above_2(asa: int, factors: bool) -> None:
    given = {
        "dexamethasone_mg_day": 8.0, "planned_fixation": True, "prior_cebrt": False, "rt_within_21_days": False,
        "previous_chemotherapy": False, "chemo_within_3_weeks": False, "obese": False, "asa": asa,
    }  # fmt: skip
    assert fires("W-1", **given) is factors


@pytest.mark.parametrize(("hours", "patchell"), [(48.0, True), (49.0, False)])
def test_the_trial_of_surgery_excluded_complete_paraplegia_of_more_than_48_hours(hours: float, patchell: bool) -> None:
    given = {
        "levels": one(escc=("3",)), "histology": "rcc", "frankel": "A", "complete_hours": hours, "kps": 80, "ecog": 1,
        "visceral": "none", "extraspinal_bone_foci": 0, "vertebral_metastases": 1, "solitary_lesion": True,
        "albumin_g_dl": 4.0, "ambulatory": "not_walking", "can_tolerate_surgery": True, "previous_chemotherapy": False,
        "age_years": 50.0, "calcium_mg_dl": 9.4, "brain_metastases": False, "crp_mg_dl": 0.1, "ldh_iu_l": 200.0,
        "platelets_per_ul": 250000.0, "bilirubin_mg_dl": 0.5,
    }  # fmt: skip
    assert fires("X-1", **given) is patchell


def test_a_primary_leiomyosarcoma_is_not_told_what_was_found_in_metastases() -> None:
    given = {"levels": one(escc=("1a",), sins_total=4), "histology": "lms", "frankel": "E"}
    assert fires("LMS-3", **given, tumour_role="metastasis")
    assert not fires("LMS-3", **given, tumour_role="primary")


def test_prism_reads_organ_systems_and_the_interval_where_sbrt_is_planned() -> None:
    given = {
        "levels": one(), "histology": "rcc", "planned_sbrt": True, "sex": "female", "kps": 80, "prior_surgery": False,
        "prior_cebrt": False, "prior_sbrt": False, "organ_systems": 2, "solitary_metastasis": False,
    }  # fmt: skip
    values = {}
    for months in (60.0, 61.0):
        scores = assess(PatientInputs(disease_free_months=months, **given)).prognosis.scores
        values[months] = next(score for score in scores if score.id == "prism").value
    assert values == {60.0: 2 + 2 - 2, 61.0: 2 + 2 - 2 + 3}


def levels_named(*names: str) -> tuple[Level, ...]:
    return tuple(map(Level, names))


SINS_8 = SINS_7 | {"collapse": "body_over_50"}

HARDWARE = {
    "SINS 7": ({"levels": one(**SINS_7), "pain": "mechanical"}, False),
    "SINS 8": ({"levels": one(**SINS_8), "pain": "mechanical"}, True),
    "down to T1": ({"construct": levels_named("C6", "C7", "T1")}, False),
    "from T1": ({"construct": levels_named("T1", "T2", "T3")}, False),
    "across C7-T2": ({"construct": levels_named("C7", "T1", "T2")}, True),
    "down to L1": ({"construct": levels_named("T11", "T12", "L1")}, False),
    "from T12": ({"construct": levels_named("T12", "L1", "L2")}, False),
    "across T11-L2": ({"construct": levels_named("T11", "T12", "L1", "L2")}, True),
    "six levels": ({"construct": levels_named("T3", "T8")}, False),
    "seven levels": ({"construct": levels_named("T3", "T9")}, True),
    "two anchors on each side": ({"levels": one(), "construct": levels_named("T6", "T7", "T9", "T10")}, False),
    "one anchor above": ({"levels": one(), "construct": levels_named("T7", "T9", "T10")}, True),
    "one anchor below": ({"levels": one(), "construct": levels_named("T6", "T7", "T9")}, True),
    "a destroyed vertebra is no anchor": ({"levels": one(), "construct": levels_named("T6", "T7", "T8", "T9")}, True),
    "never irradiated": ({"prior_cebrt": False, "prior_sbrt": False}, False),
    "irradiated": ({"prior_cebrt": True, "prior_sbrt": False}, True),
    "SBRT before": ({"prior_cebrt": False, "prior_sbrt": True}, True),
    "most scores above 12 months": (
        {"histology": "breast_hr", "tumour_role": "metastasis", "visceral": "none", "solitary_lesion": True,
         "ambulatory": "independent", "albumin_g_dl": 4.0, "kps": 90, "extraspinal_bone_foci": 0,
         "vertebral_metastases": 1, "frankel": "E"},
        True,
    ),
    "most scores below": (
        {"histology": "lung_nsclc", "tumour_role": "metastasis", "visceral": "untreatable", "solitary_lesion": False,
         "ambulatory": "not_walking", "albumin_g_dl": 3.0, "kps": 30, "extraspinal_bone_foci": 4,
         "vertebral_metastases": 4, "frankel": "B"},
        False,
    ),
}  # fmt: skip
"""What each factor of hardware failure needs to count as the second one, osteoporosis being the first."""


@pytest.mark.parametrize("name", HARDWARE)
def test_each_factor_of_hardware_failure_counts_from_its_edge_on(name: str) -> None:
    given, counts = HARDWARE[name]
    assert fires("HW-1", planned_fixation=True, osteoporosis=True, **given) is counts
    assert not fires("HW-1", planned_fixation=True, osteoporosis=False, **given)


WOUND = {
    "steroid": ({"dexamethasone_mg_day": 0.0}, {"dexamethasone_mg_day": 0.5}),
    "radiotherapy before": ({"prior_cebrt": False, "rt_within_21_days": False}, {"prior_cebrt": True}),
    "radiotherapy within 21 days": ({"prior_cebrt": False}, {"rt_within_21_days": True}),
    "chemotherapy before": ({"previous_chemotherapy": False}, {"previous_chemotherapy": True}),
    "chemotherapy within 3 weeks": ({"chemo_within_3_weeks": False}, {"chemo_within_3_weeks": True}),
    "ASA": ({"asa": 2}, {"asa": 3}),
}


@pytest.mark.parametrize("name", WOUND)
def test_each_wound_factor_counts_as_the_third(name: str) -> None:
    without, within = WOUND[name]
    two = {"planned_fixation": True, "obese": True}
    assert not fires("W-1", **two, **without)
    assert fires("W-1", **two, **within)
    assert not fires("W-1", planned_fixation=True, **within)


FRACTURE = {
    "lytic": ({"levels": one(bone="mixed")}, {"levels": one(bone="lytic")}),
    "deformity": ({"levels": one(alignment="normal")}, {"levels": one(alignment="deformity")}),
    "subluxation": ({"levels": one(alignment="normal")}, {"levels": one(alignment="subluxation")}),
    "kyphosis": ({"kyphosis": False}, {"kyphosis": True}),
    "dose": ({"sbrt_gy_per_fraction": 19.9}, {"sbrt_gy_per_fraction": 20.0}),
}


@pytest.mark.parametrize("name", FRACTURE)
def test_each_factor_of_fracture_after_sbrt_counts_as_the_second(name: str) -> None:
    without, within = FRACTURE[name]
    one_factor = {"planned_sbrt": True, "baseline_fracture": True}
    assert not fires("VCF-1", **one_factor, **without)
    assert fires("VCF-1", **one_factor, **within)
    assert not fires("VCF-1", planned_sbrt=True, **within)


@pytest.mark.parametrize(
    ("construct", "said"),
    [(("T4", "C7"), True), (("C4", "C6"), False), (("C5", "C7"), True), (("T9", "T12"), True), (("T9", "T11"), False),
     (("T9", "L1"), False), (("T1", "T4"), False), (("C7", "T2"), True), (("T11", "L2"), True)],
)  # fmt: skip
def test_a_caudal_end_at_a_junction_or_a_crossing_is_said(construct: tuple[str, ...], said: bool) -> None:
    assert fires("F-5", construct=levels_named(*construct)) is said


RADES = {
    "histology": "lung_nsclc", "tumour_role": "metastasis", "ecog": 3, "solitary_lesion": False, "visceral": "none",
    "months_to_compression": 16.0, "ambulatory": "not_walking", "motor_deficit_days": 8.0,
}  # fmt: skip
"""4 for ECOG 3, 3 for lung, 3 for other bones, 1 each for viscera, interval and time, 4 for not walking: 17."""


@pytest.mark.parametrize(
    ("change", "total"),
    [({}, 17), ({"months_to_compression": 15.0}, 19), ({"motor_deficit_days": 7.0}, 20), ({"ecog": 2}, 13),
     ({"visceral": "treatable"}, 20), ({"ambulatory": "with_aid"}, 14), ({"histology": "prostate_h"}, 16),
     ({"histology": "breast_hr"}, 15), ({"ecog": 4}, 17)],
)  # fmt: skip
def test_supportive_care_is_said_from_19_points_of_rades_on(change: dict[str, Any], total: int) -> None:
    found = assess(PatientInputs(levels=one(escc=("3",)), **RADES | change))
    score = next(item for item in found.prognosis.scores if item.id == "rades_bsc")
    assert score.value == total
    assert ("S-6" in found.fired()) is (total >= 19)
    option = next(item for item in found.options if item.id == "supportive_care")
    assert bool(option.not_chosen_because) is (total < 19)


def test_the_score_for_supportive_care_is_silent_where_its_cohort_had_nobody() -> None:
    found = assess(PatientInputs(levels=one(escc=("3",)), **RADES | {"ecog": 1}))
    assert all(item.value is None for item in found.prognosis.scores if item.id == "rades_bsc")
    assert "S-6" not in found.fired()


@pytest.mark.parametrize(
    ("histology", "flow_voids", "flagged", "angiography"),
    [("rcc", None, True, True), ("melanoma", None, False, False), ("melanoma", True, False, True),
     ("melanoma", False, False, False), ("prostate_h", True, False, False)],
)  # fmt: skip
def test_angiography_is_said_from_usual_vascularity_2_or_variable_with_flow_voids(
    histology: str, flow_voids: bool | None, flagged: bool, angiography: bool
) -> None:
    given = {"levels": one(), "histology": histology, "planned_open_surgery": True, "flow_voids": flow_voids}
    assert fires("E-14", **given) is flagged
    assert fires("EMB-1", **given) is angiography


@pytest.mark.parametrize(("n", "said"), [(1, True), (2, False)])
def test_one_anchor_on_each_side_is_only_said_of_one_level(n: int, said: bool) -> None:
    levels = tuple(LevelInputs(level=level) for level in levels_named("T8", "T9")[:n])
    given = {"osteoporosis": False, "prior_cebrt": False, "planned_fixation": True}
    assert fires("F-3", levels=levels, **given) is said


EN_BLOC = {
    "levels": one(), "tumour_role": "metastasis", "solitary_lesion": True, "visceral": "none", "kps": 90, "ecog": 1,
    "extraspinal_controlled": True, "can_tolerate_surgery": True, "extraspinal_bone_foci": 0, "frankel": "E",
    "vertebral_metastases": 1, "albumin_g_dl": 4.0, "ambulatory": "independent", "brain_metastases": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [({"histology": "lms", "disease_free_months": 23.9}, False),
     ({"histology": "lms", "disease_free_months": 24.0}, True),
     ({"histology": "rcc", "tomita_type": 6}, True), ({"histology": "rcc", "tomita_type": 7}, False),
     ({"histology": "thyroid_diff"}, True), ({"histology": "colon"}, False)],
)  # fmt: skip
def test_en_bloc_of_a_solitary_metastasis_needs_kidney_thyroid_or_a_sarcoma_free_for_24_months(
    given: dict[str, Any], said: bool
) -> None:
    assert fires("X-5", **EN_BLOC, **given) is said


@pytest.mark.parametrize(("months", "said"), [(23.9, False), (24.0, True)])
def test_en_bloc_of_a_solitary_leiomyosarcoma_is_said_from_24_months_on(months: float, said: bool) -> None:
    given = {"histology": "lms", "tumour_role": "metastasis", "solitary_lesion": True, "visceral": "none",
             "wbb_en_bloc": "feasible"}  # fmt: skip
    assert fires("LMS-5", levels=one(), disease_free_months=months, **given) is said


@pytest.mark.parametrize(("right", "said"), [(0.3, True), (0.0, False)])
def test_the_index_rule_needs_body_and_both_pedicles_at_two_adjacent_levels(right: float, said: bool) -> None:
    parts = {"body_fraction": 0.6, "pedicle_left_fraction": 0.3, "escc": ("3",)}
    levels = (
        LevelInputs(level=Level.T3, pedicle_right_fraction=0.3, **parts),
        LevelInputs(level=Level.T4, pedicle_right_fraction=right, **parts),
    )
    assert fires("LMS-6", levels=levels, histology="lms") is said


@pytest.mark.parametrize(("ecog", "said"), [(3, False), (4, True)])
def test_disseminated_disease_with_short_survival_is_flagged_at_ecog_4(ecog: int, said: bool) -> None:
    given = {"histology": "lung_nsclc", "visceral": "disseminated", "kps": 20, "frankel": "A", "solitary_lesion": False,
             "extraspinal_bone_foci": 5, "vertebral_metastases": 5, "ambulatory": "not_walking", "albumin_g_dl": 2.5,
             "previous_chemotherapy": True, "crp_mg_dl": 9.0, "calcium_mg_dl": 11.0, "age_years": 75.0,
             "brain_metastases": True, "platelets_per_ul": 50000.0}  # fmt: skip
    assert fires("C-2", levels=one(), tumour_role="metastasis", ecog=ecog, **given) is said


@pytest.mark.parametrize(("stated", "said"), [(6, True), (7, False)])
def test_an_open_operation_of_a_stable_sensitive_tumour_is_flagged_below_sins_7(stated: int, said: bool) -> None:
    levels = one(sins_total=stated, escc=("0",))
    assert (
        fires("C-3", levels=levels, histology="breast_hr", tumour_role="metastasis", planned_open_surgery=True) is said
    )
