"""Invented patients of every kind of tumour, read as a surgeon reads them: what leads, what is said, what is not."""

import pytest

from oncospine.base import Level
from oncospine.strategy import LevelInputs, PatientInputs, Standing, Strategy, assess

UNSTABLE = {"bone": "lytic", "alignment": "normal", "collapse": "under_50", "posterolateral": "bilateral"}
STABLE = {"bone": "blastic", "alignment": "normal", "collapse": "none", "posterolateral": "none"}


def patient(histology: str | None, place: str, escc: str | None = None, *, sins=None, **given) -> Strategy:
    """One involved level; SINS items as given."""
    level = LevelInputs(level=Level(place), escc=None if escc is None else (escc,), **(sins or {}))
    return assess(PatientInputs(levels=(level,), histology=histology, **given))


def standing(found: Strategy) -> dict[str, Standing]:
    return {option.id: option.standing for option in found.options}


LEADS = {
    "breast, stable, weak: sensitive whatever the compression": (
        {"histology": "breast_hr", "place": "T8", "escc": "2", "sins": STABLE, "pain": "occasional", "weakness": True},
        "cebrt_alone",
    ),
    "kidney, ESCC 3, fit, SBRT to be had": (
        {
            "histology": "rcc",
            "place": "T8",
            "escc": "3",
            "sins": STABLE,
            "pain": "occasional",
            "weakness": True,
            "can_tolerate_surgery": True,
            "sbrt_available": True,
        },
        "separation_sbrt",
    ),
    "the same without SBRT": (
        {
            "histology": "rcc",
            "place": "T8",
            "escc": "3",
            "sins": STABLE,
            "pain": "occasional",
            "weakness": True,
            "can_tolerate_surgery": True,
            "sbrt_available": False,
        },
        "decompress_fix_rt",
    ),
    "the same, operation declined": (
        {
            "histology": "rcc",
            "place": "T8",
            "escc": "3",
            "sins": STABLE,
            "pain": "occasional",
            "weakness": True,
            "can_tolerate_surgery": True,
            "sbrt_available": True,
            "declines_surgery": True,
        },
        "cebrt_alone",
    ),
    "the same, unfit": (
        {
            "histology": "rcc",
            "place": "T8",
            "escc": "3",
            "sins": STABLE,
            "pain": "occasional",
            "weakness": True,
            "can_tolerate_surgery": False,
            "sbrt_available": True,
        },
        "cebrt_alone",
    ),
    "prostate without symptoms": (
        {"histology": "prostate_h", "place": "L4", "escc": "0", "sins": STABLE, "pain": "none", "frankel": "E"},
        "observe",
    ),
    "myeloma, collapsed and unstable": (
        {
            "histology": "myeloma",
            "place": "T11",
            "escc": "1a",
            "pain": "mechanical",
            "frankel": "E",
            "sins": UNSTABLE | {"alignment": "deformity", "collapse": "over_50"},
        },
        "stabilise_cebrt",
    ),
    "plasmacytoma without deficit": (
        {
            "histology": "plasmacytoma",
            "place": "T12",
            "escc": "0",
            "sins": STABLE,
            "pain": "occasional",
            "frankel": "E",
        },
        "plasmacytoma_radiotherapy",
    ),
    "plasmacytoma with a deficit from retropelled bone": (
        {
            "histology": "plasmacytoma",
            "place": "T12",
            "escc": "2",
            "sins": UNSTABLE,
            "pain": "mechanical",
            "weakness": True,
            "retropulsion": True,
            "can_tolerate_surgery": True,
        },
        "decompress_fix_rt",
    ),
    "no histology, time to take tissue": (
        {"histology": None, "place": "T7", "escc": "1a", "spinal_mass": True, "weakness": False, "frankel": "E"},
        "biopsy_first",
    ),
    "no histology, losing the legs": (
        {
            "histology": None,
            "place": "T7",
            "escc": "3",
            "spinal_mass": True,
            "weakness": True,
            "progression": "fast",
            "can_tolerate_surgery": True,
        },
        "decompress_fix_rt",
    ),
    "Ewing, stable": (
        {"histology": "ewing", "place": "T10", "tumour_role": "primary", "frankel": "E"},
        "ewing_induction",
    ),
    "Ewing, losing the legs": (
        {
            "histology": "ewing",
            "place": "T10",
            "escc": "3",
            "tumour_role": "primary",
            "weakness": True,
            "progression": "fast",
            "can_tolerate_surgery": True,
        },
        "decompress_fix_rt",
    ),
    "chordoma that can be resected": (
        {
            "histology": "chordoma",
            "place": "C5",
            "escc": "1b",
            "visceral": "none",
            "enneking_stage": "IB",
            "wbb_en_bloc": "feasible",
            "frankel": "E",
            "can_tolerate_surgery": True,
        },
        "en_bloc",
    ),
    "osteoblastoma stage 2": (
        {"histology": "osteoblastoma", "place": "C6", "enneking_stage": "S2"},
        "intralesional_surgery",
    ),
    "osteoblastoma stage 3": ({"histology": "osteoblastoma", "place": "C6", "enneking_stage": "S3"}, "en_bloc"),
    "aneurysmal bone cyst, no deficit": (
        {"histology": "abc", "place": "L3", "sins": STABLE, "pain": "occasional", "frankel": "E"},
        "embolisation_first",
    ),
    "aneurysmal bone cyst with deficit": (
        {"histology": "abc", "place": "C4", "weakness": True},
        "intralesional_surgery",
    ),
    "osteoid osteoma": ({"histology": "osteoid_osteoma", "place": "L3", "frankel": "E"}, "ablation"),
    "haemangioma with paraparesis": (
        {"histology": "haemangioma", "place": "T9", "escc": "3", "weakness": True, "progression": "slow"},
        "haemangioma_pathway",
    ),
    "vertebra plana of Langerhans histiocytosis": (
        {"histology": "lch", "place": "T7", "sins": {"collapse": "over_50"}, "frankel": "E"},
        "observe",
    ),
    "seminoma": ({"histology": "seminoma", "place": "L1", "frankel": "E"}, "systemic_first"),
    "schwannoma: outside these rules": (
        {"histology": "schwannoma", "place": "T7", "weakness": True},
        "neurosurgical_pathway",
    ),
    "osteochondroma": ({"histology": "osteochondroma", "place": "T7", "frankel": "E"}, "marginal_excision"),
    "giant cell tumour": (
        {"histology": "gctb", "place": "T12", "enneking_stage": "S3", "frankel": "E", "can_tolerate_surgery": True},
        "denosumab_first",
    ),
    "chordoma, operation declined": (
        {"histology": "chordoma", "place": "C2", "visceral": "none", "frankel": "E", "declines_surgery": True},
        "particle_radiotherapy",
    ),
    "Ewing, slow deficit, body destroyed: chemotherapy before any corpectomy": (
        {
            "histology": "ewing",
            "place": "T11",
            "escc": "2",
            "sins": {"body_fraction": 0.7},
            "tumour_role": "primary",
            "weakness": True,
            "ambulatory": "with_aid",
            "progression": "slow",
            "can_tolerate_surgery": True,
        },
        "ewing_induction",
    ),
    "breast, ESCC 2 without deficit, SINS 7, body destroyed: no corpectomy for a sensitive tumour": (
        {
            "histology": "breast_hr",
            "place": "T6",
            "escc": "2",
            "sins": {
                "body_fraction": 0.6,
                "bone": "mixed",
                "alignment": "normal",
                "collapse": "body_over_50",
                "posterolateral": "unilateral",
            },
            "pain": "mechanical",
            "frankel": "E",
            "can_tolerate_surgery": True,
        },
        "cebrt_alone",
    ),
    "prostate, complete for three days: no decompression without trial support": (
        {
            "histology": "prostate_cr",
            "place": "T10",
            "escc": "3",
            "sins": {"body_fraction": 0.8} | STABLE,
            "pain": "mechanical",
            "frankel": "A",
            "complete_hours": 72,
            "ambulatory": "not_walking",
            "can_tolerate_surgery": True,
        },
        "cebrt_alone",
    ),
    "kidney, low grade, unstable, body destroyed: stabilise, then SBRT": (
        {
            "histology": "rcc",
            "place": "L2",
            "escc": "1b",
            "sins": UNSTABLE | {"body_fraction": 0.6, "alignment": "deformity"},
            "pain": "mechanical",
            "frankel": "E",
            "can_tolerate_surgery": True,
            "sbrt_available": True,
        },
        "stabilise_sbrt",
    ),
    "thyroid, low grade, stable, painful: resistant, so SBRT before a single conventional fraction": (
        {
            "histology": "thyroid_diff",
            "place": "T7",
            "escc": "1a",
            "sins": STABLE,
            "pain": "occasional",
            "ecog": 1,
            "frankel": "E",
            "sbrt_available": True,
        },
        "sbrt_alone",
    ),
    "the same where SBRT is not to be had": (
        {
            "histology": "thyroid_diff",
            "place": "T7",
            "escc": "1a",
            "sins": STABLE,
            "pain": "occasional",
            "ecog": 1,
            "frankel": "E",
            "sbrt_available": False,
        },
        "cebrt_alone",
    ),
    "kidney in C5, ESCC 3: no transpedicular route there": (
        {
            "histology": "rcc",
            "place": "C5",
            "escc": "3",
            "sins": UNSTABLE | {"body_fraction": 0.8},
            "weakness": True,
            "pain": "mechanical",
            "can_tolerate_surgery": True,
            "sbrt_available": True,
        },
        "staged_360",
    ),
    "breast in C5, stable, nothing compressed": (
        {
            "histology": "breast_hr",
            "place": "C5",
            "escc": "0",
            "sins": {"body_fraction": 0.4} | STABLE,
            "pain": "occasional",
            "frankel": "E",
            "can_tolerate_surgery": True,
        },
        "cebrt_alone",
    ),
    "myeloma without collapse, pain not mechanical": (
        {"histology": "myeloma", "place": "T8", "escc": "0", "sins": STABLE, "pain": "occasional", "frankel": "E"},
        "cebrt_alone",
    ),
}


def test_myeloma_without_compression_is_offered_systemic_treatment_too() -> None:
    found = standing(
        patient("myeloma", "T8", "0", sins=STABLE | {"body_fraction": 0.4}, pain="occasional", frankel="E")
    )
    assert found["medical_first"] is Standing.SUPPORTED
    assert found["staged_360"] is found["posterior_circumferential_cage"] is Standing.NOT_CHOSEN


@pytest.mark.parametrize("histology", ["haemangioma", "gctb", "chordoma", "abc", "ewing"])
def test_rules_on_the_extent_of_metastasis_surgery_are_silent_on_primary_and_benign_tumours(histology: str) -> None:
    found = patient(histology, "T9", "3", sins=UNSTABLE | {"body_fraction": 0.9}, tumour_role="primary",
                    weakness=True, can_tolerate_surgery=True)  # fmt: skip
    assert not {"X-4", "ST-2", "F-13"} & set(found.fired())


def test_a_sacral_metastasis_gets_no_cage() -> None:
    given = {"sins": UNSTABLE | {"body_fraction": 0.9}, "weakness": True, "can_tolerate_surgery": True}
    assert "X-4" in patient("rcc", "L5", "3", **given).fired()
    assert "X-4" not in patient("rcc", "S1", "3", **given).fired()


def test_a_cervical_body_can_be_reached_from_the_front() -> None:
    given = {"sins": UNSTABLE | {"body_fraction": 0.9}, "weakness": True, "can_tolerate_surgery": True}
    assert standing(patient("rcc", "C5", "3", **given))["anterior_corpectomy"] is Standing.SUPPORTED
    assert standing(patient("rcc", "T5", "3", **given))["anterior_corpectomy"] is Standing.NOT_CHOSEN


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("T8", "anchors at T6-T7, T9-T10"),
        ("C2", "anchors at C1, C3-C4 and the occiput"),
        ("C1", "anchors at C2-C3 and the occiput"),
        ("L5", "anchors at L3-L4, S1 and the pelvis"),
        ("S3", "anchors at L5-S1 and the pelvis"),
    ],
)
def test_anchors_end_at_the_occiput_and_the_pelvis(place: str, words: str) -> None:
    (stage,) = next(item for item in patient("chordoma", place).options if item.id == "en_bloc").stages
    assert stage.text.endswith(words)
    assert not {Level.S2, Level.S3, Level.CO} & set(stage.anchors)


@pytest.mark.parametrize("name", LEADS)
def test_the_option_that_leads(name: str) -> None:
    given, leads = LEADS[name]
    assert patient(**given).leading_option == leads


@pytest.mark.parametrize("histology", ["chordoma", "chondrosarcoma", "osteosarcoma", "ewing", "haemangioma", "abc"])
def test_no_survival_score_speaks_of_a_primary_tumour(histology: str) -> None:
    found = patient(histology, "L2", "1b", tumour_role="primary", kps=90, ecog=1, visceral="none", frankel="E")
    assert found.prognosis.scores == ()
    assert "S-7" not in found.fired()


def test_the_same_entity_as_a_metastasis_is_scored() -> None:
    found = patient("osteosarcoma", "L2", "1b", tumour_role="metastasis", kps=90, ecog=1, visceral="none", frankel="E")
    assert {score.id for score in found.prognosis.scores} >= {"katagiri", "revised_tokuhashi"}


@pytest.mark.parametrize(("given", "fires"), [({}, True), ({"can_tolerate_surgery": False}, False),
                                              ({"declines_surgery": True}, False)])  # fmt: skip
def test_early_decompression_is_not_said_of_who_will_not_be_operated_on(given: dict[str, bool], fires: bool) -> None:
    found = patient("lung_nsclc", "T5", "3", ambulatory="not_walking", weakness=True, **given)
    assert ("E-9" in found.fired()) is fires


def test_early_decompression_of_a_sensitive_tumour_is_printed_with_its_conflict() -> None:
    found = patient("lymphoma", "T6", "3", sins=STABLE, pain="occasional", weakness=True, ambulatory="not_walking")
    timing = found.recommendation("E-9")
    assert timing is not None
    assert {"NOMS-5", "H-6"} <= {clash.rule_id for clash in timing.conflicts}


def test_hormone_sensitive_prostate_cancer_with_cord_signs_names_castration() -> None:
    weak = patient("prostate_h", "T6", "3", weakness=True)
    well = patient("prostate_h", "T6", "0", frankel="E")
    assert "H-7" in weak.fired()
    assert "H-7" not in well.fired()


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"anticoagulant": True}, "C-5"), ({"age_years": 17}, "C-6"), ({"pregnant": True}, "C-7"),
        ({"declines_transfusion": True}, "C-8"), ({"declines_radiotherapy": True}, "C-4"),
        ({"uncorrected_coagulopathy": True}, "C-1"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_flagged_once_it_is_entered(given: dict[str, object], rule: str) -> None:
    assert rule in patient("breast_hr", "T8", **given).fired()  # type: ignore[arg-type]
    assert rule not in patient("breast_hr", "T8").fired()


def test_an_adult_is_no_child() -> None:
    assert "C-6" not in patient("breast_hr", "T8", age_years=18).fired()


@pytest.mark.parametrize(
    ("histology", "rule"),
    [("net", "H-8"), ("pheo", "H-5"), ("lipo_myxoid", "H-10"), ("fibrous_dys", "P-14"), ("osteochondroma", "P-15"),
     ("neuroblastoma", "H-9"), ("rhabdo", "H-9")],
)  # fmt: skip
def test_an_entity_with_a_trap_of_its_own_says_so(histology: str, rule: str) -> None:
    assert rule in patient(histology, "T8").fired()
    assert rule not in patient("breast_hr", "T8").fired()


def test_an_adolescent_with_a_resectable_primary_is_not_told_of_months() -> None:
    found = patient("osteosarcoma", "L2", "1b", tumour_role="primary", visceral="none", kps=90, wbb_en_bloc="feasible")
    assert found.leading_option == "en_bloc"
    assert found.prognosis.survival.reachable is None


def test_a_biopsy_is_no_option_once_there_is_tissue() -> None:
    assert standing(patient("chordoma", "C5"))["biopsy_first"] is Standing.NOT_CHOSEN
    assert standing(patient("chordoma", "C5", biopsy_discordant=True))["biopsy_first"] is Standing.SUPPORTED


def test_where_as_much_speaks_against_as_for_nothing_leads() -> None:
    """Radiotherapy of a painless metastasis: NOMS-1 for it, NG234 against it."""
    found = patient("prostate_h", "L4", "0", sins=STABLE, pain="none", frankel="E")
    option = next(item for item in found.options if item.id == "cebrt_alone")
    assert option.weight < 0
    assert not option.leading


@pytest.mark.parametrize("kps", [0, 10, 45, 75])
def test_a_karnofsky_value_outside_the_classes_of_a_score_leaves_that_score_open_and_the_rest_stands(kps: int) -> None:
    """Van der Linden starts at 20, Tokuhashi at 10; nothing is rounded."""
    found = patient("breast_hr", "T8", "3", weakness=True, visceral="none", kps=kps)
    assert found.flags[0].rule_id == "E-1"
    linden = next(score for score in found.prognosis.scores if score.id == "van_der_linden")
    assert linden.missing == ("kps",)


def rows(found: Strategy) -> dict[str, tuple[str, ...]]:
    return {row.letter: row.known for row in found.lmnop.rows}


def test_lmnop_says_what_is_known_under_each_letter_and_what_is_not() -> None:
    items = UNSTABLE | {"body_fraction": 0.6, "pedicle_left_fraction": 0.3, "pedicle_right_fraction": 0.0}
    found = patient("rcc", "T8", "2", sins=items, pain="mechanical", frankel="D", weakness=True, ecog=1,
                    can_tolerate_surgery=True, prior_cebrt=True, progression="slow")  # fmt: skip
    known = rows(found)
    assert known["L"] == ("T8", "body and pedicle involved")
    assert known["M"] == (f"SINS {1 + 3 + 2 + 0 + 2 + 3}", "surgeon's opinion", "pain mechanical")
    assert known["N"] == ("deficit", "Frankel D", "ESCC 2", "course slow")
    assert {"renal cell", "metastatic", "resistant to conventional radiotherapy"} <= set(known["O"])
    assert {"ECOG 1", "fit for surgery as stated", "conventional radiotherapy before"} <= set(known["P"])
    missing = {row.letter: row.missing for row in found.lmnop.rows}
    assert {"age_years", "kps"} <= set(missing["P"])
    assert "E-1" in next(row.rules for row in found.lmnop.rows if row.letter == "N")


def test_lmnop_of_nobody_is_empty_and_every_applying_rule_stands_under_exactly_one_letter() -> None:
    assert set(rows(assess(PatientInputs())).values()) == {()}
    found = patient(
        "lms", "T3", "3", sins=UNSTABLE, pain="mechanical", weakness=True, kps=60, can_tolerate_surgery=True
    )
    listed = [rule for row in found.lmnop.rows for rule in row.rules]
    assert sorted(listed) == sorted(found.fired())


@pytest.mark.parametrize(("total", "branches"), [(6, {"NOMS-3"}), (7, {"NOMS-3", "NOMS-4"}), (13, {"NOMS-4"})])
def test_a_sins_total_stated_by_a_clinician_is_used_in_place_of_the_items(total: int, branches: set[str]) -> None:
    found = patient("rcc", "T8", "0", sins={"sins_total": total}, frankel="E")
    assert {"NOMS-3", "NOMS-4"} & set(found.fired()) == branches
    assert not found.contradictions


def test_a_stated_total_that_the_items_cannot_give_is_flagged_with_both() -> None:
    found = patient("rcc", "T8", "0", sins=STABLE | {"sins_total": 13}, pain="occasional", frankel="E")
    (clash,) = found.contradictions
    assert clash.values == (13, "2-2")
    assert "NOMS-4" in found.fired()


def test_the_patients_total_is_the_worst_of_stated_and_computed_ones() -> None:
    levels = (
        LevelInputs(level=Level.T8, sins_total=9),
        LevelInputs(
            level=Level.T9, bone="lytic", alignment="subluxation", collapse="over_50", posterolateral="bilateral"
        ),
    )
    found = assess(PatientInputs(levels=levels, histology="rcc", pain="mechanical", frankel="E"))
    assert rows(found)["M"][0] == f"SINS {1 + 3 + 2 + 4 + 3 + 3}"


def test_inputs_that_contradict_each_other_are_flagged_and_stop_no_score() -> None:
    found = patient("rcc", "T8", planned_sbrt=True, solitary_metastasis=True, organ_systems=2, sex="female", kps=80)
    assert [clash.values for clash in found.contradictions] == [(True, 2)]
    assert any(score.id == "prism" for score in found.prognosis.scores)


def test_why_an_option_was_not_chosen_reads_as_a_sentence() -> None:
    """No condition as the rule files write it reaches the page where the option has words of its own."""
    found = patient("chordoma", "C5")
    why = {option.id: option.not_chosen_because for option in found.options}
    assert why["biopsy_first"] == ("it presupposes that there is no tissue diagnosis, or the biopsy was discordant",)
    assert why["supportive_care"] == (
        "it presupposes that the Rades score for best supportive care is 19 or more (metastasis or blood cancer)",
    )
