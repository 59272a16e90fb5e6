"""Random patients, and random parts of what is known of them: what holds for every record whatever it holds."""

import random
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from oncospine.base import Level, to_plain
from oncospine.scores import compute, histologies, score_inputs
from oncospine.scores.inputs import input_specs
from oncospine.scores.survival import CLASSES
from oncospine.strategy import LevelInputs, PatientInputs, Standing, assess, faults, inputs_schema
from oncospine.strategy.checks import checked_inputs
from oncospine.strategy.facts_survival import SURVIVAL_SCORES
from oncospine.strategy.fields import FieldSpec, specs_of
from oncospine.strategy.options import option_tables

SURGICAL = ("separation_sbrt", "posterior_circumferential_cage", "staged_360", "en_bloc", "decompress_fix_rt",
            "intralesional_surgery", "stabilise_cebrt", "stabilise_sbrt", "minimal_stabilisation_cebrt")  # fmt: skip
OPEN_SURGERY = SURGICAL[:6]
RADIOTHERAPY_ALONE = ("cebrt_alone", "sbrt_alone", "plasmacytoma_radiotherapy")


def value_of(spec: FieldSpec, dice: random.Random) -> Any:
    if spec.kind == "flag":
        return dice.choice([True, False])
    if spec.kind in {"choice", "option"}:
        return dice.choice(spec.choices)
    if spec.kind == "grades":
        first = dice.randrange(len(spec.choices))
        return spec.choices[first : first + dice.choice([1, 1, 2])]
    if spec.kind == "histology":
        return dice.choice(sorted(histologies()))
    if spec.kind == "levels":
        start = dice.randrange(Level.C3.order, Level.T10.order)
        return tuple(level for level in Level if start <= level.order <= start + dice.randrange(1, 8))
    values = list(spec.steps) or [spec.low, spec.high]
    return int(dice.choice(values)) if spec.kind == "integer" else float(dice.choice(values))


def random_patient(seed: int, *, known: float) -> PatientInputs:
    """Every field known with probability `known`, all values on the two sides of a limit."""
    dice = random.Random(seed)
    start = dice.randrange(Level.C3.order, Level.L4.order)
    spine = [level for level in Level if start <= level.order < start + dice.randrange(1, 4)]
    given = {name: value_of(spec, dice) for name, spec in specs_of(LevelInputs).items()}
    levels = tuple(
        LevelInputs(level=level, **{name: value for name, value in given.items() if dice.random() < known})
        for level in spine
    )
    rest = {name: value_of(spec, dice) for name, spec in specs_of(PatientInputs).items() if dice.random() < known}
    return PatientInputs(levels=levels if dice.random() < 0.9 else None, **rest)


@pytest.mark.parametrize("known", [0.15, 0.5, 0.95])
@pytest.mark.parametrize("seed", range(30))
def test_what_holds_for_every_patient(seed: int, known: float) -> None:
    inputs = random_patient(seed, known=known)
    checked_inputs(inputs)
    found = assess(inputs)
    said = [item.text for item in (*found.flags, *found.recommendations)]
    said += [reason.text for option in found.options for reason in (*option.reasons, *option.conflicts)]
    said += [stage.text for option in found.options for stage in option.stages]
    assert [fault for text in said for fault in faults(text)] == []
    assert not any("{" in text for text in said)
    by_id = {option.id: option for option in found.options}
    assert set(by_id) == {table.id for table in option_tables()}
    assert sum(option.leading for option in found.options) == (found.leading_option is not None)
    for option in found.options:
        assert (option.standing is Standing.NOT_CHOSEN) == bool(option.not_chosen_because), option.id
        assert option.reasons or option.standing is not Standing.SUPPORTED
    if inputs.can_tolerate_surgery is False:
        assert found.leading_option not in OPEN_SURGERY
    if inputs.declines_surgery:
        assert found.leading_option not in SURGICAL
    if inputs.declines_radiotherapy:
        assert found.leading_option not in RADIOTHERAPY_ALONE


@pytest.mark.parametrize("seed", range(25))
def test_the_range_over_what_is_missing_always_holds_the_full_answer(seed: int) -> None:
    """Each score of a fully known patient, against the same score with a random part of its inputs left out."""
    dice = random.Random(1000 + seed)
    for name in (*SURVIVAL_SCORES, "sins", "rades_bsc", "prism", "original_bauer"):
        whole = {key: _score_value(key, dice) for key in score_inputs(name)}
        if whole.get("solitary_metastasis") and whole["organ_systems"]:
            whole["organ_systems"] = 0
        whole.pop("hypercalcaemia", None)
        full = compute(name, whole)
        if not full.applicable or full.range is None:
            continue
        assert full.range[0] == full.range[1] == full.value or full.value is None
        part = {key: value for key, value in whole.items() if dice.random() < 0.5 or key == "level"}
        less = compute(name, part)
        if less.range is not None:
            assert less.range[0] <= full.range[0] <= full.range[1] <= less.range[1], (name, whole, part)
            assert set(full.bands) <= set(less.bands), (name, whole, part)


@pytest.mark.parametrize("seed", range(25))
def test_the_sins_range_of_a_patient_holds_the_answer_once_everything_is_entered(seed: int) -> None:
    dice = random.Random(seed)
    specs = specs_of(LevelInputs)
    items = ("pain", "bone", "alignment", "collapse", "posterolateral")
    whole = LevelInputs(level=Level.T6, **{name: dice.choice(specs[name].choices) for name in items})
    part = replace(whole, **{name: None for name in items if dice.random() < 0.5})
    full, less = (assess(PatientInputs(levels=(one,))).sins for one in (whole, part))
    assert full is not None
    assert full.patient is not None
    assert full.patient.value is not None
    assert less is not None
    assert less.patient is not None
    assert less.patient.range is not None
    assert less.patient.range[0] <= full.patient.value <= less.patient.range[1]


def test_the_schema_accepts_every_random_patient() -> None:
    validator = jsonschema.Draft202012Validator(inputs_schema())
    for seed in range(40):
        plain = to_plain(random_patient(seed, known=0.6))
        assert list(validator.iter_errors(plain)) == []


def _score_value(key: str, dice: random.Random) -> Any:
    spec = input_specs()[key]
    if key == "level":
        return dice.choice(["C1", "C5", "T1", "T6", "L1", "L3", "L5", "S1", "S3"])
    if key == "histology":
        return dice.choice(["breast_hr", "lung_nsclc", "rcc", "lms", "myeloma", "colon"])
    if spec.choices:
        return dice.choice(list(spec.choices))
    if spec.kind == "flag":
        return dice.choice([True, False])
    if key in {"kps", "kps_now"}:
        return dice.randrange(2, 11) * 10
    low, high = spec.low, spec.high
    return dice.randint(int(low), int(high)) if spec.kind == "integer" else dice.uniform(low, min(high, low + 12))


@pytest.mark.parametrize("seed", range(20))
def test_a_recommendation_uses_what_stands_in_the_record_and_says_missing_of_the_rest(seed: int) -> None:
    inputs = random_patient(seed, known=0.4)
    found = assess(inputs)
    plain = specs_of(PatientInputs)
    for item in (*found.flags, *found.recommendations):
        for used in item.inputs_used:
            if used.name in plain and used.name not in {"pain", "escc"}:
                assert used.value == getattr(inputs, used.name)
                assert (used.source == "missing") == (used.value is None)
        known = {name for name in plain if getattr(inputs, name) is not None}
        assert not set(item.missing_inputs) & (known - {"kps", "histology"})


WORSE = {
    "kps": list(range(100, 10, -10)),
    "ecog": [0, 1, 2, 3, 4],
    "visceral": ["none", "treatable", "untreatable", "disseminated"],
    "albumin_g_dl": [4.5, 3.6, 3.5, 3.4, 2.0],
    "extraspinal_bone_foci": [0, 1, 3, 9],
    "vertebral_metastases": [1, 2, 3, 9],
    "solitary_lesion": [True, False],
    "frankel": ["E", "D", "C", "B", "A"],
    "ambulatory": ["independent", "with_aid", "not_walking"],
    "previous_chemotherapy": [False, True],
    "ldh_iu_l": [200.0, 400.0],
    "platelets_per_ul": [250000.0, 90000.0],
}


@pytest.mark.parametrize("name", WORSE)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_worse_never_improves_the_survival_class_of_any_score(name: str, seed: int) -> None:
    dice = random.Random(seed)
    given = {key: dice.choice(values) for key, values in WORSE.items()}
    given |= {"histology": dice.choice(["breast_hr", "rcc", "lms", "lung_nsclc"]), "age_years": 60.0,
              "brain_metastases": False, "crp_mg_dl": 0.1, "calcium_mg_dl": 9.0, "bilirubin_mg_dl": 0.5}  # fmt: skip
    before: dict[str, int] = {}
    for value in WORSE[name]:
        scores = assess(PatientInputs(**(given | {name: value}))).prognosis.scores
        now = {score.id: CLASSES.index(score.survival_classes[0]) for score in scores if score.survival_classes}
        assert all(now[key] <= before[key] for key in now.keys() & before.keys()), (name, value)
        before = now


@pytest.mark.parametrize("histology", ["rcc", "lms", "melanoma", "colon"])
def test_more_compression_never_moves_a_resistant_fit_patient_back_to_radiotherapy_alone(histology: str) -> None:
    high = False
    for grade in ("0", "1a", "1b", "1c", "2", "3"):
        levels = (LevelInputs(level=Level.T8, escc=(grade,), sins_total=5),)
        fired = set(assess(PatientInputs(levels=levels, histology=histology, tumour_role="metastasis",
                                         can_tolerate_surgery=True)).fired())  # fmt: skip
        operated = bool(fired & {"NOMS-7", "NOMS-8"})
        assert operated >= high
        assert operated != bool(fired & {"NOMS-3", "NOMS-4"})
        high = operated
    assert high
