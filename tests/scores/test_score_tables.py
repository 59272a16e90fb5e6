"""Every row and every boundary of every score table, the registry and its schemas."""

import json
from typing import Any

import jsonschema
import pytest

from oncospine.base import InputError, Verification, citation, read_yaml, to_plain
from oncospine.scores import SCORES, UNVERIFIED, compute, histologies, histology, input_schema, score_inputs
from oncospine.scores.inputs import input_specs
from oncospine.scores.table import score_table

TABLES = (
    "sins", "revised_tokuhashi", "original_tokuhashi", "tomita", "modified_bauer", "original_bauer", "van_der_linden",
    "katagiri", "nesms", "rades_bsc", "prism", "mizumoto", "osri",
)  # fmt: skip

PUBLISHED: dict[tuple[str, str], dict[Any, int]] = {
    ("revised_tokuhashi", "kps"): {10: 0, 40: 0, 50: 1, 70: 1, 80: 2, 100: 2},
    ("revised_tokuhashi", "extraspinal_bone_foci"): {0: 2, 1: 1, 2: 1, 3: 0, 9: 0},
    ("revised_tokuhashi", "vertebral_metastases"): {1: 2, 2: 1, 3: 0, 8: 0},
    ("revised_tokuhashi", "visceral"): {"untreatable": 0, "disseminated": 0, "treatable": 1, "none": 2},
    ("revised_tokuhashi", "frankel"): {"A": 0, "B": 0, "C": 1, "D": 1, "E": 2},
    ("revised_tokuhashi", "histology"): {
        "lung_nsclc": 0, "osteosarcoma": 0, "stomach": 0, "bladder": 0, "oesophagus": 0, "pancreas": 0, "hcc": 1,
        "cholangio": 1, "cup": 1, "melanoma": 2, "lms": 2, "rcc": 3, "endometrium": 3, "rectum": 4, "thyroid_diff": 5,
        "breast_hr": 5, "prostate_h": 5, "net": 5,
    },
    ("original_tokuhashi", "histology"): {"lung_nsclc": 0, "stomach": 0, "rcc": 1, "hcc": 1, "cup": 1, "lms": 1,
                                          "thyroid_diff": 2, "prostate_h": 2, "breast_hr": 2, "rectum": 2},
    ("original_tokuhashi", "palsy"): {"complete": 0, "incomplete": 1, "none": 2},
    ("original_tokuhashi", "general_condition"): {"poor": 0, "moderate": 1, "good": 2},
    ("tomita", "histology"): {"breast_hr": 1, "thyroid_diff": 1, "prostate_h": 1, "rcc": 2, "endometrium": 2,
                              "lung_nsclc": 4, "stomach": 4, "hcc": 4, "colon": 4, "pancreas": 4, "cup": 4, "lms": 2},
    ("tomita", "visceral"): {"none": 0, "treatable": 2, "untreatable": 4},
    ("tomita", "bone_metastases"): {"solitary": 1, "multiple": 2},
    ("modified_bauer", "visceral"): {"none": 1, "treatable": 0, "untreatable": 0},
    ("modified_bauer", "bone_metastases"): {"solitary": 1, "multiple": 0},
    ("original_bauer", "pathological_fracture"): {"yes": 0, "no": 1},
    ("van_der_linden", "kps"): {20: 0, 40: 0, 50: 1, 70: 1, 80: 2, 100: 2},
    ("van_der_linden", "histology"): {"breast_hr": 3, "prostate_h": 2, "lung_nsclc": 1, "rcc": 0, "lms": 0},
    ("van_der_linden", "visceral"): {"none": 1, "treatable": 0},
    ("katagiri", "histology"): {"breast_hr": 0, "prostate_h": 0, "thyroid_diff": 0, "myeloma": 0, "lymphoma": 0,
                                "lung_driver": 2, "breast_other": 2, "prostate_cr": 2, "rcc": 2, "lms": 2,
                                "lung_nsclc": 3, "colon": 3, "stomach": 3, "pancreas": 3, "head_neck": 3,
                                "oesophagus": 3, "hcc": 3, "melanoma": 3, "cup": 3},
    ("katagiri", "ecog"): {0: 0, 2: 0, 3: 1, 4: 1},
    ("katagiri", "previous_chemotherapy"): {"yes": 1, "no": 0},
    ("katagiri", "bone_metastases"): {"solitary": 0, "multiple": 1},
    ("nesms", "ambulatory"): {"independent": 1, "with_aid": 1, "not_walking": 0},
    ("rades_bsc", "ecog"): {2: 0, 3: 4, 4: 4},
    ("rades_bsc", "histology"): {"breast_hr": 1, "prostate_h": 2, "myeloma": 1, "lymphoma": 1, "lung_sclc": 3,
                                 "lms": 3},
    ("rades_bsc", "other_bone_metastases"): {"yes": 3, "no": 1},
    ("rades_bsc", "visceral"): {"none": 1, "treatable": 4},
    ("rades_bsc", "months_to_compression"): {0: 3, 15: 3, 15.5: 1, 16: 1},
    ("rades_bsc", "ambulatory"): {"with_aid": 1, "not_walking": 4},
    ("rades_bsc", "motor_deficit_days"): {1: 4, 7: 4, 7.5: 1, 8: 1, 60: 1},
    ("prism", "sex"): {"female": 2, "male": 0},
    ("prism", "kps"): {50: 0, 60: 0, 70: 1, 80: 2, 90: 3, 100: 4},
    ("prism", "previous_surgery"): {"yes": 2, "no": 0},
    ("prism", "previous_radiotherapy"): {"yes": -2, "no": 0},
    ("prism", "organ_systems"): {n: -n for n in range(16)},
    ("prism", "years_to_metastasis"): {5: 0, 5.1: 3},
    ("mizumoto", "histology"): {"breast_hr": 0, "prostate_cr": 0, "thyroid_diff": 0, "myeloma": 0, "lymphoma": 0,
                                "lung_nsclc": 3, "lms": 3, "rcc": 3},
    ("mizumoto", "ecog"): {2: 0, 3: 3},
    ("mizumoto", "hypercalcaemia"): {"yes": 2, "no": 0},
    ("mizumoto", "calcium_mg_dl"): {10.2: 0, 10.3: 2},
    ("mizumoto", "visceral"): {"none": 0, "untreatable": 2},
    ("mizumoto", "previous_chemotherapy"): {"yes": 2, "no": 0},
    ("mizumoto", "bone_metastases"): {"solitary": 0, "multiple": 1},
    ("mizumoto", "age_years"): {70: 0, 70.9: 0, 71: 1},
    ("osri", "kps"): {10: 2, 40: 2, 50: 1, 70: 1, 80: 0, 100: 0},
}  # fmt: skip

ROWS = [(name, key, value, points) for (name, key), rows in PUBLISHED.items() for value, points in rows.items()]


def points_of(name: str, key: str, value: object) -> int | None:
    component_input = {"calcium_mg_dl": "hypercalcaemia"}.get(key, key)
    score = compute(name, {key: value, "allow_unverified": True})
    found = [item for item in score.components if item.input == component_input]
    return found[0].points


@pytest.mark.parametrize(("name", "key", "value", "points"), ROWS)
def test_points_of_every_published_row_and_boundary(name: str, key: str, value: object, points: int) -> None:
    assert points_of(name, key, value) == points


BAUER = {"breast_hr": 2, "rcc": 2, "lymphoma": 2, "myeloma": 2, "colon": 1, "lms": 1, "lung_nsclc": 0, "lung_sclc": 0}


@pytest.mark.parametrize("entity", BAUER)
def test_histology_gives_up_to_two_bauer_points(entity: str) -> None:
    given = {"histology": entity, "visceral": "treatable", "bone_metastases": "multiple"}
    assert compute("modified_bauer", given).value == BAUER[entity]


BAND_ENDS = [
    (name, total, band["name"])
    for name in TABLES
    for band in read_yaml("oncospine.scores", "data", f"{name}.yaml")["bands"]
    for total in (band["low"], band["high"])
]


@pytest.mark.parametrize(("name", "total", "band"), BAND_ENDS)
def test_bands_cover_every_total_once(name: str, total: int, band: str) -> None:
    table = score_table(name)
    assert [row.name for row in table.bands if row.low <= total <= row.high] == [str(band)]
    covered = sorted(value for row in table.bands for value in range(row.low, row.high + 1))
    assert covered == list(range(table.limits[0], table.limits[1] + 1))


@pytest.mark.parametrize(
    ("given", "possible"),
    [
        ({}, (0, 1, 2)),
        ({"crp_mg_dl": 0.39, "ldh_iu_l": 249, "albumin_g_dl": 3.7}, (0, 2)),
        ({"crp_mg_dl": 0.4, "ldh_iu_l": 249, "albumin_g_dl": 3.7}, (1, 2)),
        ({"ldh_iu_l": 250}, (1, 2)),
        ({"albumin_g_dl": 3.69}, (1, 2)),
        ({"platelets_per_ul": 99999}, (2,)),
        ({"calcium_mg_dl": 10.3}, (2,)),
        ({"bilirubin_mg_dl": 1.4}, (2,)),
        ({"platelets_per_ul": 100000, "calcium_mg_dl": 10.2, "bilirubin_mg_dl": 1.3}, (0, 1)),
        ({"platelets_per_ul": 100000, "calcium_mg_dl": 10.2, "bilirubin_mg_dl": 1.3, "crp_mg_dl": 1}, (1,)),
        ({"platelets_per_ul": 90000, "crp_mg_dl": 1}, (2,)),
    ],
)  # fmt: skip
def test_katagiri_laboratory_tiers(given: dict[str, float], possible: tuple[int, ...]) -> None:
    found = next(item for item in compute("katagiri", given).components if item.name == "laboratory")
    assert found.possible == possible


@pytest.mark.parametrize(
    ("visceral", "brain", "possible"),
    [("none", False, (0,)), ("none", True, (1,)), ("treatable", False, (1,)), ("untreatable", None, (1,)),
     ("disseminated", None, (2,)), ("none", None, (0, 1)), (None, True, (1, 2)), (None, None, (0, 1, 2))],
)  # fmt: skip
def test_katagiri_visceral_or_cerebral(visceral: str | None, brain: bool | None, possible: tuple[int, ...]) -> None:
    score = compute("katagiri", {"visceral": visceral, "brain_metastases": brain})
    assert next(item for item in score.components if item.input == "visceral").possible == possible


@pytest.mark.parametrize(("albumin", "points"), [(3.5, 1), (3.49, 0)])
def test_nesms_albumin_boundary(albumin: float, points: int) -> None:
    found = next(item for item in compute("nesms", {"albumin_g_dl": albumin}).components if item.name == "albumin")
    assert found.points == points


def test_nesms_is_capped_at_three() -> None:
    given = {"histology": "breast_hr", "visceral": "none", "bone_metastases": "solitary", "ambulatory": "independent",
             "albumin_g_dl": 4.0}  # fmt: skip
    assert compute("nesms", given).value == 3


@pytest.mark.parametrize("name", SCORES)
def test_every_score_has_sources_a_version_and_an_input_schema_that_is_valid(name: str) -> None:
    score = compute(name, {"allow_unverified": True})
    assert score.rule_version
    for key in score.citations:
        assert citation(key).text
    assert (name in UNVERIFIED) is (score.verification is Verification.UNVERIFIED)
    schema = input_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(dict.fromkeys(score_inputs(name)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"no_such_input": 1}, schema)
    json.dumps(to_plain(score), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("sinns", {}, "did you mean 'sins'"),
        ("katagiri", {"albumin": 3}, "did you mean 'albumin_g_dl'"),
        ("katagiri", {"albumin_g_dl": 38}, "outside 0.5 to 7"),
        ("katagiri", {"ecog": 5}, "outside 0 to 4"),
        ("katagiri", {"ecog": 1.5}, "expected a whole number"),
        ("katagiri", {"ecog": "one"}, "expected a number"),
        ("katagiri", {"previous_chemotherapy": "maybe"}, "expected yes or no"),
        ("tomita", {"histology": "leiomyo sarcom"}, "unknown histology"),
        ("tomita", {"visceral": "removable"}, "not one of none, treatable"),
    ],
)
def test_helpful_errors(name: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        compute(name, given)


def test_texts_from_a_command_line_are_understood() -> None:
    score = compute(
        "SINS", {"level": "t3", "Pain": "mechanical", "collapse": "none|under_50", "bone": "", "alignment": None}
    )
    assert score.range is not None
    assert score.missing == ("bone", "alignment", "posterolateral")
    assert compute("tokuhashi", {"kps": "60"}).id == "revised_tokuhashi"


ICD_O_3 = {
    "angiosarcoma": "9120/3",
    "asps": "9581/3",
    "bladder": "8120/3",
    "chondrosarcoma": "9220/3",
    "chordoma": "9370/3",
    "ehe": "9133/3",
    "ewing": "9260/3",
    "gctb": "9250/1",
    "germ_other": "9065/3",
    "gist": "8936/3",
    "haemangioma": "9120/0",
    "hcc": "8170/3",
    "head_neck": "8070/3",
    "lch": "9751/1",
    "leukaemia": "9800/3",
    "lipo_myxoid": "8852/3",
    "lipo_other": "8850/3",
    "lms": "8890/3",
    "lung_nsclc": "8046/3",
    "lung_sclc": "8041/3",
    "lymphoma": "9590/3",
    "melanoma": "8720/3",
    "mpnst": "9540/3",
    "myeloma": "9732/3",
    "neuroblastoma": "9500/3",
    "osteoblastoma": "9200/0",
    "osteochondroma": "9210/0",
    "osteoid_osteoma": "9191/0",
    "osteosarcoma": "9180/3",
    "pheo": "8700/3",
    "plasmacytoma": "9731/3",
    "rcc": "8312/3",
    "rhabdo": "8900/3",
    "schwannoma": "9560/0",
    "seminoma": "9061/3",
    "sft_hpc": "8815/3",
    "synovial": "9040/3",
    "thymoma": "8580/3",
    "thyroid_ana": "8021/3",
}
"""Morphology of the entity as a primary, first edition of ICD-O-3; typed a second time from the value set."""


def test_the_histology_table_has_61_rows_and_every_entity_its_class() -> None:
    table = histologies()
    assert len(table) == 61
    for entity in table.values():
        assert set(entity.kinds) <= {"metastatic", "primary", "haematological", "benign"}
        assert entity.kinds or entity.id == "unknown"
        assert entity.radiosensitivity in {"sensitive", "resistant", "intermediate", None}
        assert entity.noms_class in {"sensitive", "resistant", None}
        assert entity.tomita in {1, 2, 4, None}
        assert entity.tokuhashi in {0, 1, 2, 3, 4, 5, None}
        assert entity.katagiri in {0, 2, 3, None}
        assert entity.embolisation in {"discuss", "conditional", "none", None}
        assert not entity.noms_listed or entity.noms_class == entity.radiosensitivity
    assert table["lms"].icd_o_3 == "8890/3"
    assert {name: entity.icd_o_3 for name, entity in table.items() if entity.icd_o_3} == ICD_O_3


NOMS_SENSITIVE = {
    "lymphoma",
    "myeloma",
    "seminoma",
    "breast_hr",
    "breast_other",
    "prostate_h",
    "prostate_cr",
    "ovary",
    "net",
}


def test_the_noms_list_is_the_published_one() -> None:
    sensitive = {
        name for name, entity in histologies().items() if entity.noms_listed and entity.noms_class == "sensitive"
    }
    assert sensitive == NOMS_SENSITIVE
    resistant = {
        name for name, entity in histologies().items() if entity.noms_listed and entity.noms_class == "resistant"
    }
    assert {"rcc", "thyroid_diff", "hcc", "colon", "lung_nsclc", "lung_driver", "melanoma", "lms"} <= resistant


@pytest.mark.parametrize(
    ("typed", "entity"), [("lms", "lms"), ("Leiomyosarcoma", "leiomyosarcoma"), ("RENAL CELL", "rcc")]
)
def test_a_histology_is_found_by_id_or_name(typed: str, entity: str) -> None:
    assert histology(typed).id == {"leiomyosarcoma": "lms"}.get(entity, entity)


def test_an_unknown_histology_offers_the_nearest() -> None:
    with pytest.raises(InputError, match="lms"):
        histology("leiomyosarcom")
    with pytest.raises(InputError, match="osteosarcoma"):
        histology("sarcoma of bone, osteosarc")


def test_every_input_is_used_and_described() -> None:
    used = {key for name in SCORES for key in score_inputs(name)}
    assert used == set(input_specs())
    assert all(spec.text for spec in input_specs().values())


def test_a_benign_or_primary_tumour_gets_no_metastasis_score() -> None:
    for entity in ("osteoid_osteoma", "haemangioma", "chordoma"):
        assert not compute("katagiri", {"histology": entity}).applicable
        assert not compute("nesms", {"histology": entity}).applicable


@pytest.mark.parametrize(("stated", "calcium"), [("yes", 9.0), ("no", 11.0)])
def test_hypercalcaemia_that_contradicts_the_calcium_value_is_refused_with_both(stated: str, calcium: float) -> None:
    with pytest.raises(InputError, match=rf"hypercalcaemia = {stated} contradicts calcium_mg_dl = {calcium}"):
        compute("mizumoto", {"hypercalcaemia": stated, "calcium_mg_dl": calcium})
