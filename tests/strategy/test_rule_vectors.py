"""The rule test vectors of the reference (8.4): which rules fire, and which do not."""

from typing import Any

import pytest

from oncospine.base import Level, to_json
from oncospine.strategy import LevelInputs, PatientInputs, Standing, Status, Strategy, Strength, assess

STABLE = {"pain": "none", "bone": "blastic", "alignment": "normal", "collapse": "none", "posterolateral": "none"}


def level(name: str, *, escc: str | None = None, **known: Any) -> LevelInputs:
    return LevelInputs(level=Level(name), escc=None if escc is None else (escc,), **known)


def sins(name: str, total: int, *, escc: str | None = None, **known: Any) -> LevelInputs:
    """A vertebra whose SINS is `total`: options are chosen to add up to it."""
    points = {3: 3, 1: 1}
    location = 1 if Level(name).region == "thoracic" and Level(name).number in range(3, 11) else 3
    options = {"pain": {"mechanical": 3, "none": 0}, "posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
               "alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
               "collapse": {"over_50": 3, "under_50": 2, "body_over_50": 1, "none": 0},
               "bone": {"lytic": 2, "mixed": 1, "blastic": 0}}  # fmt: skip
    left = total - location
    chosen: dict[str, str] = {}
    for item, rows in options.items():
        word = max((w for w in rows if rows[w] <= left), key=rows.__getitem__)
        chosen[item] = word
        left -= rows[word]
    assert left == 0, (total, points)
    return level(name, escc=escc, **(chosen | known))


def index_case(**changes: Any) -> PatientInputs:
    """RV1: leiomyosarcoma, ESCC 3, myelopathy for 8 weeks, SINS 13, fit, T3-T4 bodies and pedicles."""
    parts = {"body_fraction": 0.8, "pedicle_left_fraction": 0.6, "pedicle_right_fraction": 0.5}
    given: dict[str, Any] = {
        "levels": (sins("T3", 13, escc="3", **parts), sins("T4", 13, escc="3", **parts)),
        "histology": "lms", "tumour_role": "metastasis", "known_cancer": True, "myelopathy": True,
        "sensory_level": True, "frankel": "D", "ambulatory": "with_aid", "motor_deficit_days": 56.0,
        "can_tolerate_surgery": True, "sbrt_available": True, "kps": 60, "ecog": 2, "visceral": "none",
        "brain_metastases": False, "extraspinal_bone_foci": 0, "vertebral_metastases": 2, "solitary_lesion": True,
        "albumin_g_dl": 3.8, "crp_mg_dl": 0.1, "ldh_iu_l": 200.0, "platelets_per_ul": 250000.0, "calcium_mg_dl": 9.4,
        "bilirubin_mg_dl": 0.5, "previous_chemotherapy": False, "age_years": 52.0, "months_to_compression": 30.0,
    }  # fmt: skip
    return PatientInputs(**(given | changes))


def fired(inputs: PatientInputs) -> set[str]:
    return set(assess(inputs).fired())


def reasons(found: Strategy, option: str) -> set[str | None]:
    return {item.rule_id for one in found.options if one.id == option for item in one.reasons}


def test_rv1_index_case() -> None:
    found = assess(index_case())
    rules = set(found.fired())
    assert {"E-1", "E-3", "X-1", "X-3", "NOMS-8", "LMS-2", "LMS-6", "EMB-1", "F-2", "L-1", "L-4"} <= rules
    assert not rules & {"RT-1", "NOMS-3"}
    assert found.flags[0].rule_id == "E-1"


def test_rv1_options_are_supported_each_with_reasons_and_the_leading_one_first() -> None:
    found = assess(index_case())
    standing = {option.id: option.standing for option in found.options}
    for name in ("staged_360", "posterior_circumferential_cage", "separation_sbrt"):
        assert standing[name] is Standing.SUPPORTED
        assert reasons(found, name) & {"X-1", "LMS-2", "LMS-6", "NOMS-8"}
    assert standing["laminectomy_alone"] is Standing.NOT_CHOSEN
    assert standing["cebrt_alone"] is Standing.NOT_CHOSEN
    assert found.options[0].leading
    assert found.options[0].id == found.leading_option
    staged = next(option for option in found.options if option.id == "staged_360")
    assert [stage.approach for stage in staged.stages] == ["posterior", "anterior", "radiotherapy"]
    assert staged.stages[0].anchors == (Level.T1, Level.T2, Level.T5, Level.T6)
    assert any("maimone2013" in item.citations for item in staged.reasons)
    assert staged.conflicts


def test_rv1_without_pain_and_alignment_has_sins_as_a_range_and_both_branches() -> None:
    parts = {"body_fraction": 0.8, "pedicle_left_fraction": 0.6, "pedicle_right_fraction": 0.5, "bone": "lytic"}
    known = parts | {"alignment": "normal", "height_loss_percent": 30.0}
    levels = (level("T3", escc="3", **known), level("T4", escc="3", **known))
    found = assess(index_case(levels=levels))
    assert found.sins is not None
    assert found.sins.patient is not None
    assert found.sins.patient.range == (8, 11)
    assert found.sins.patient.missing == ("pain",)
    for rule in ("NOMS-7", "NOMS-8"):
        row = found.recommendation(rule)
        assert row is not None
        assert row.status is Status.BRANCH
        assert row.conflicts


def test_rv1_prints_both_views_of_leiomyosarcoma_survival_and_katagiri_first() -> None:
    outlook = assess(index_case()).prognosis
    assert outlook.default_score == "katagiri"
    assert outlook.histology_survival is not None
    views = {row.view for row in outlook.histology_survival.rows}
    assert views == {"pessimistic", "optimistic"}
    assert "publication bias" in outlook.histology_survival.why_they_differ
    assert "sarcoma_low_n" in outlook.survival.flags[0]
    twelve = next(item for item in outlook.ensembles if item.months == 12)
    assert twelve.percent is not None
    assert twelve.low is not None
    assert twelve.high is not None
    assert twelve.low < twelve.percent < twelve.high


def test_rv2_lymphoma_with_weakness() -> None:
    rules = fired(
        PatientInputs(levels=(sins("T6", 6, escc="3"),), histology="lymphoma", known_cancer=True, weakness=True,
                      ambulatory="independent", frankel="D", can_tolerate_surgery=True)
    )  # fmt: skip
    assert {"E-1", "E-3", "E-5", "NOMS-5"} <= rules
    assert not rules & {"NOMS-7", "X-1"}


def test_rv3_renal_low_grade_stable() -> None:
    rules = fired(
        PatientInputs(levels=(sins("T6", 5, escc="1b"),), histology="rcc", known_cancer=True, sbrt_available=True)
    )
    assert {"NOMS-3", "RT-5"} <= rules
    assert "X-3" not in rules


def test_rv4_breast_low_grade_unstable() -> None:
    rules = fired(PatientInputs(levels=(sins("T6", 14, escc="1a"),), histology="breast_hr", known_cancer=True))
    assert "NOMS-2" in rules
    assert "NOMS-7" not in rules


def test_rv5_lung_complete_for_five_days_unable() -> None:
    found = assess(
        PatientInputs(
            levels=(sins("T6", 6, escc="3"),), histology="lung_nsclc", known_cancer=True, frankel="A",
            ambulatory="not_walking", complete_hours=120.0, weakness=True, ecog=4, kps=20, can_tolerate_surgery=False,
            visceral="untreatable", extraspinal_bone_foci=4, vertebral_metastases=3, albumin_g_dl=2.8,
            previous_chemotherapy=True, calcium_mg_dl=9.0, platelets_per_ul=200000.0, bilirubin_mg_dl=0.8,
            ldh_iu_l=500.0, crp_mg_dl=5.0, brain_metastases=False, age_years=72.0,
        )
    )  # fmt: skip
    rules = set(found.fired())
    assert {"E-10", "NOMS-9", "S-1", "S-7"} <= rules
    assert "X-1" not in rules
    strong = [item for item in (*found.flags, *found.recommendations) if item.strength is Strength.STRONG]
    assert not [item for item in strong if "surg" in item.text.lower() and "awaited" not in item.text]


def test_rv6_thyroid_both_branches() -> None:
    rules = fired(
        PatientInputs(levels=(sins("T8", 8, escc="2"),), histology="thyroid_diff", known_cancer=True,
                      can_tolerate_surgery=True)
    )  # fmt: skip
    assert {"NOMS-7", "NOMS-8", "EMB-1", "L-8"} <= rules
    assert "NOMS-5" not in rules


@pytest.mark.parametrize("plausible", [True, False])
def test_rv7_no_histology(plausible: bool) -> None:
    found = assess(
        PatientInputs(levels=(sins("T8", 5, escc="1a"),), known_cancer=False, lymphoma_plausible=plausible,
                      weakness=False, frankel="E", progression="stable", can_tolerate_surgery=True)
    )  # fmt: skip
    rules = set(found.fired())
    assert "D-1" in rules
    assert ("E-7" in rules) is plausible
    assert not [rule for rule in rules if rule.startswith("NOMS-")]
    assert found.leading_option == "biopsy_first"


def test_rv8_osteoid_osteoma() -> None:
    found = assess(
        PatientInputs(levels=(level("L3", arch_fraction=0.3, **STABLE),), histology="osteoid_osteoma", kps=90, ecog=1,
                      visceral="none", frankel="E")
    )  # fmt: skip
    assert "P-7" in found.fired()
    assert not [rule for rule in found.fired() if rule.startswith("NOMS-")]
    assert not [score for score in found.prognosis.scores if score.applicable]
    assert found.leading_option == "ablation"


def test_rv9_haemangioma_with_progressive_paraparesis() -> None:
    found = assess(
        PatientInputs(levels=(sins("T9", 6, escc="2"),), histology="haemangioma", weakness=True, progression="slow",
                      kps=70, visceral="none")
    )  # fmt: skip
    rules = set(found.fired())
    assert {"E-1", "P-9", "EMB-1"} <= rules
    assert not [rule for rule in rules if rule.startswith("NOMS-")]
    tokuhashi = [score for score in found.prognosis.scores if score.id == "revised_tokuhashi"]
    assert not any(score.applicable for score in tokuhashi)


def test_rv10_chordoma() -> None:
    found = assess(
        PatientInputs(levels=(level("C5", body_fraction=0.6, escc="1b", **STABLE),), histology="chordoma",
                      visceral="none", can_tolerate_surgery=True, sbrt_available=True)
    )  # fmt: skip
    assert {"D-3", "P-1", "P-4"} <= set(found.fired())
    assert "X-3" not in found.fired()
    assert found.leading_option in {"en_bloc", "biopsy_first"}


def test_rv11_poor_lungs_rank_posterior_routes_above_thoracotomy() -> None:
    found = assess(
        PatientInputs(levels=(level("T6", body_fraction=0.7, escc="3", **STABLE),), histology="rcc", fev1_l=0.8,
                      known_cancer=True, can_tolerate_surgery=True, weakness=True)
    )  # fmt: skip
    caution = found.recommendation("AP-1")
    assert caution is not None
    assert caution.strength is Strength.CAUTION
    assert "A-TPb" in caution.text
    assert "rank above thoracotomy (A-THOr)" in caution.text
    order = [option.id for option in found.options]
    assert order.index("posterior_circumferential_cage") < order.index("staged_360")


def test_rv12_missing_escc() -> None:
    found = assess(
        PatientInputs(levels=(sins("T6", 14),), histology="rcc", known_cancer=True, can_tolerate_surgery=True)
    )
    assert not [rule for rule in found.fired() if rule.startswith("NOMS-") and rule[5:].isdigit()]
    row = next(item for item in found.not_evaluated if item.rule_id == "NOMS-8")
    assert row.text == "NOMS-8 not evaluated: missing escc"


def test_rv13_prior_radiotherapy() -> None:
    rules = fired(
        PatientInputs(levels=(sins("T6", 5, escc="2"),), histology="breast_hr", prior_cebrt=True,
                      can_tolerate_surgery=True)
    )  # fmt: skip
    assert "NOMS-7" in rules
    assert "NOMS-5" not in rules


@pytest.mark.parametrize(("dose", "flagged"), [(96.0, True), (16.1, True), (16.0, False), (0.0, False)])
def test_rv14_high_dose_dexamethasone(dose: float, flagged: bool) -> None:
    assert ("E-8" in fired(PatientInputs(dexamethasone_mg_day=dose))) is flagged


def test_rv15_laminectomy_alone_for_circumferential_disease() -> None:
    tumour = (level("T5", escc="3", body_fraction=0.5), level("T6", escc="3", body_fraction=0.5))
    planned = {"planned_laminectomy": True, "planned_fixation": False, "laminectomy_levels": (Level.T5, Level.T6)}
    rules = fired(PatientInputs(levels=tumour, histology="rcc", circumferential=True, **planned))
    assert {"X-7", "F-1"} <= rules
    posterior = PatientInputs(levels=tumour, histology="rcc", posterior_only_disease=True, **planned)
    assert "X-7" not in fired(posterior)


def test_a_published_construct_with_one_anchor_below_is_a_warning_not_an_error() -> None:
    construct = (Level.C7, Level.T1, Level.T2, Level.T5)
    found = assess(index_case(construct=construct, planned_fixation=True, planned_body_resection=True))
    warning = found.recommendation("F-2w")
    assert warning is not None
    assert warning.strength is Strength.CAUTION
    assert "F-2w" not in fired(index_case(construct=(*construct, Level.T6)))
    assert "F-6" in found.fired()
    assert "F-7" in found.fired()


def test_nothing_known_invents_nothing() -> None:
    found = assess(PatientInputs())
    assert found.leading_option is None
    assert not [item for item in (*found.flags, *found.recommendations) if item.strength is Strength.STRONG]
    assert found.sins is None
    assert not [score for score in found.prognosis.scores if score.value is not None]
    assert not [rule for rule in found.fired() if rule.startswith(("NOMS", "X-", "P-", "LMS", "S-", "F-", "RT-"))]


def test_half_the_inputs_missing_leaves_them_none_in_the_record() -> None:
    inputs = index_case(kps=None, ecog=None, albumin_g_dl=None, can_tolerate_surgery=None, sbrt_available=None)
    found = assess(inputs)
    used = {item.name: item for one in (*found.flags, *found.recommendations) for item in one.inputs_used}
    for name in ("kps", "albumin_g_dl"):
        assert used.get(name) is None or used[name].value is None
    missing = {item.rule_id: item.missing for item in found.not_evaluated}
    for rule, assumed in (("NOMS-8", "able"), ("NOMS-10", "unable")):
        row = found.recommendation(rule)
        assert row is not None
        assert (row.status, row.missing_inputs) == (Status.BRANCH, ("can_tolerate_surgery",))
        assert row.assumptions == (f"s_class = {assumed}",)
        assert any("fitness" in clash.text for clash in row.conflicts)
    assert missing["X-1"] == ("can_tolerate_surgery",)
    standing = {option.id: option for option in found.options}
    assert standing["separation_sbrt"].standing in {Standing.SUPPORTED, Standing.OPEN}
    assert "can_tolerate_surgery" in standing["separation_sbrt"].missing


def test_only_fitness_moves_noms_7_8_to_9_10_and_nothing_else_of_noms() -> None:
    for patient in (index_case(), index_case(histology="breast_hr"), index_case(prior_cebrt=True)):
        able = {rule for rule in fired(patient) if rule.startswith("NOMS")}
        changed = {**{name: getattr(patient, name) for name in patient.__dataclass_fields__}}
        unable = fired(PatientInputs(**(changed | {"can_tolerate_surgery": False})))
        swap = {"NOMS-7": "NOMS-9", "NOMS-8": "NOMS-10"}
        assert {rule for rule in unable if rule.startswith("NOMS")} == {swap.get(rule, rule) for rule in able}


def test_mirroring_the_patient_changes_no_rule() -> None:
    parts = {"body_fraction": 0.8, "pedicle_left_fraction": 0.6, "pedicle_right_fraction": 0.0}
    other = parts | {"pedicle_left_fraction": 0.0, "pedicle_right_fraction": 0.6}
    one = index_case(levels=(level("T3", escc="3", **parts),))
    two = index_case(levels=(level("T3", escc="3", **other),))
    assert assess(one).fired() == assess(two).fired()


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert to_json(assess(index_case())) == to_json(assess(index_case()))


def test_no_strategy_refuses_a_patient_on_a_low_score() -> None:
    found = assess(index_case(kps=20, ecog=4, visceral="disseminated", histology="lung_nsclc"))
    assert "S-7" in found.fired()
    assert next(option for option in found.options if option.id == "separation_sbrt").standing is Standing.SUPPORTED
