"""The rule files: ids of the reference are all there, facts exist, thresholds agree with the tables they repeat."""

from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from test_rule_vectors import index_case

from oncospine.base import InputError, Level, citation, read_yaml
from oncospine.scores import OneOf
from oncospine.strategy import (
    LevelInputs,
    PatientInputs,
    all_rules,
    assess,
    contradictions,
    inputs_schema,
    rule_of,
    rules_table,
)
from oncospine.strategy.change import changed_inputs
from oncospine.strategy.conditions import Truth, evaluated_condition
from oncospine.strategy.engine import evaluation, evaluation_after
from oncospine.strategy.facts import Facts
from oncospine.strategy.facts_all import FACTS
from oncospine.strategy.fields import specs_of

COUNTS = {"NOMS": 10, "E": 14, "D": 5, "S": 7, "X": 7, "RT": 8, "P": 11, "LMS": 9, "F": 15}
OTHERS = ["E-1b", "EMB-1", "L-1", "L-4", "L-5", "L-6", "L-7", "L-8", "L-9", "L-10", "W-1", "VCF-1"]
REFERENCE_IDS = [f"{name}-{number + 1}" for name, count in COUNTS.items() for number in range(count)] + OTHERS


@pytest.mark.parametrize("rule_id", REFERENCE_IDS)
def test_every_rule_of_the_reference_exists(rule_id: str) -> None:
    assert rule_of(rule_id).id == rule_id


def test_ids_are_unique_and_an_unknown_one_is_an_error() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids)) >= 100
    with pytest.raises(InputError, match="unknown rule"):
        rule_of("NOMS-11")


def test_emergency_flags_come_first() -> None:
    topics = [rule.topic for rule in all_rules()]
    assert topics[0] == "emergency"
    assert topics.index("diagnosis") < topics.index("noms") < topics.index("extent")


def test_every_fact_can_be_derived_from_nothing_and_is_then_unknown_or_harmless() -> None:
    facts = Facts(PatientInputs())
    for name in FACTS:
        known = facts.known(name)
        harmless = name in {"complete_scores", "tissue_diagnosis", "s_class"}
        assert known.values is None or harmless, name


def test_every_fact_is_used_by_a_rule_an_option_or_another_fact() -> None:
    from oncospine.strategy.conditions import fact_names
    from oncospine.strategy.options import option_tables

    used = {name for rule in all_rules() for name in fact_names(rule.when)}
    used |= {name for table in option_tables() for name in fact_names(table.needs)}
    sources = ("facts_anatomy", "facts_patient", "facts_plan", "facts_survival", "prognosis", "engine", "level_sources")
    import inspect
    from importlib import import_module

    code = "\n".join(inspect.getsource(import_module(f"oncospine.strategy.{name}")) for name in sources)
    for name in FACTS:
        assert name in used or name.startswith("score_") or f'"{name}"' in code.replace(f'@fact("{name}")', ""), name


def test_thresholds_have_a_source_or_say_they_are_ours() -> None:
    for name, row in read_yaml("oncospine.strategy", "data", "thresholds.yaml").items():
        assert row["text"], name
        for key in row["citations"]:
            assert citation(key).text


def test_every_field_says_what_it_means_and_what_it_may_be() -> None:
    for record in (PatientInputs, LevelInputs):
        specs = specs_of(record)
        plain = {item.name for item in fields(record)} - set(specs)
        assert plain <= {"levels", "sources", "level"}
        assert all(spec.text for spec in specs.values())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kps": 101}, "kps: 101 is outside 0 to 100"),
        ({"ecog": 5}, "ecog: 5 is outside 0 to 4"),
        ({"frankel": "F"}, "frankel: 'F' is not one of"),
        ({"visceral": "treatble"}, "did you mean 'treatable'"),
        ({"weakness": 1}, "weakness: expected True, False or None"),
        ({"histology": "leiomyosarcom"}, "unknown histology"),
        ({"albumin_g_dl": 38.0}, "albumin_g_dl: 38.0 is outside"),
        ({"kps": True}, "expected a whole number"),
        ({"construct": ("T3",)}, "expected a tuple of vertebral levels"),
    ],
)
def test_impossible_values_are_refused_by_name(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        assess(PatientInputs(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"body_fraction": 1.2}, r"levels.T3.body_fraction: 1.2 is outside 0 to 1"),
        ({"escc": ("2", "1a")}, "grades run in the order"),
        ({"escc": ()}, "expected a tuple of grades"),
        ({"escc": ("4",)}, "'4' is not one of"),
        ({"collapse": OneOf(("none", "half"))}, "'half' is not one of"),
    ],
)
def test_impossible_level_values_are_refused_by_level_and_name(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        assess(PatientInputs(levels=(LevelInputs(level=Level.T3, **given),)))  # type: ignore[arg-type]


def test_a_level_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="T3 is given twice"):
        assess(PatientInputs(levels=(LevelInputs(level=Level.T3), LevelInputs(level=Level.T3))))


@pytest.mark.parametrize(
    "given",
    [
        {"frankel": "A", "ambulatory": "with_aid"},
        {"frankel": "E", "weakness": True},
        {"frankel": "E", "ambulatory": "not_walking"},
        {"solitary_metastasis": True, "organ_systems": 1},
        {"frankel": "D", "complete_hours": 10.0},
        {"frankel": "A", "ais": "C"},
        {"ecog": 4, "kps": 90},
        {"solitary_lesion": True, "extraspinal_bone_foci": 2},
        {"known_cancer": False, "tumour_role": "metastasis"},
    ],
)
def test_contradictory_inputs_are_flagged_with_both_values(given: dict[str, object]) -> None:
    (found,) = contradictions(PatientInputs(**given))  # type: ignore[arg-type]
    assert found.inputs == tuple(given)
    assert found.values == tuple(given.values())
    assert assess(PatientInputs(**given)).contradictions == (found,)  # type: ignore[arg-type]


def truth(condition: object, **given: object) -> Truth:
    return evaluated_condition(condition, Facts(PatientInputs(**given))).truth  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"ecog": {"at_least": 3}}, {"ecog": 3}, Truth.TRUE),
        ({"ecog": {"at_least": 3}}, {"ecog": 2}, Truth.FALSE),
        ({"ecog": {"at_least": 3}}, {}, Truth.UNKNOWN),
        ([{"ecog": 1}, {"kps": 80}], {"ecog": 2}, Truth.FALSE),
        ([{"ecog": 1}, {"kps": 80}], {"ecog": 1}, Truth.UNKNOWN),
        ({"any": [{"ecog": 1}, {"kps": 80}]}, {"ecog": 1}, Truth.TRUE),
        ({"any": [{"ecog": 1}, {"kps": 80}]}, {"ecog": 2}, Truth.UNKNOWN),
        ({"not": {"ecog": 1}}, {"ecog": 1}, Truth.FALSE),
        ({"not": {"ecog": 1}}, {}, Truth.UNKNOWN),
        ({"unless_known": {"ecog": 1}}, {}, Truth.TRUE),
        ({"unless_known": {"ecog": 1}}, {"ecog": 1}, Truth.FALSE),
        ({"frankel": ["A", "B"]}, {"frankel": "B"}, Truth.TRUE),
        ({"n_class": "high"}, {"levels": (LevelInputs(level=Level.T3, escc=("1c", "2")),)}, Truth.MAYBE),
        (
            [{"n_class": "high"}, {"ecog": 1}],
            {"levels": (LevelInputs(level=Level.T3, escc=("1c", "2")),)},
            Truth.UNKNOWN,
        ),
    ],
)
def test_conditions(condition: object, given: dict[str, object], expected: Truth) -> None:
    assert truth(condition, **given) is expected


def test_a_count_or_score_that_missing_inputs_leave_open_speaks_for_no_rule() -> None:
    """The best-supportive-care score could reach 19, the risk factors could be three: nobody entered them."""
    given = {"histology": "rcc", "tumour_role": "metastasis", "can_tolerate_surgery": True}
    levels = (LevelInputs(level=Level.T6, escc=("3",), body_fraction=0.7),)
    found = assess(PatientInputs(levels=levels, weakness=True, osteoporosis=True, obese=True, **given))  # type: ignore[arg-type]
    waiting = {item.rule_id for item in found.not_evaluated}
    assert {"S-6", "W-1", "HW-1"} <= waiting
    assert not {"S-6", "W-1", "HW-1", "RT-3", "F-1"} & set(found.fired())


def test_an_unknown_comparison_or_fact_is_an_error_of_the_rule_file() -> None:
    with pytest.raises(InputError, match="unknown comparison"):
        truth({"ecog": {"above": 1}}, ecog=1)
    with pytest.raises(InputError, match="unknown fact"):
        truth({"eccog": 1})


def half_known() -> PatientInputs:
    """The index case with SINS between stable and unstable."""
    parts = {"body_fraction": 0.8, "pedicle_left_fraction": 0.6, "pedicle_right_fraction": 0.5, "bone": "lytic"}
    levels = tuple(LevelInputs(level=Level(name), escc=("3",), **parts) for name in ("T3", "T4"))  # type: ignore[arg-type]
    return index_case(levels=levels)


def test_what_would_change_it_is_true_when_it_is_tried() -> None:
    """Every printed change, applied to the inputs, has the printed effect."""
    inputs = half_known()
    found = assess(inputs)
    assert {change.input for change in found.what_would_change_it} >= {"can_tolerate_surgery", "escc", "histology"}
    for change in found.what_would_change_it:
        after = assess(changed_inputs(inputs, change.input, change.changed))
        assert after.leading_option != found.leading_option
        assert change.leads == after.leading_option
        titles = [item.title for item in after.options if item.leading]
        assert change.effect.startswith(f"leading option: {titles[0] if titles else 'none'} instead of")
    for item in found.recommendations[:12]:
        for change in item.what_would_change_it:
            after = assess(changed_inputs(inputs, change.input, change.changed))
            assert item.rule_id not in after.fired(), change


def test_the_change_is_the_smallest_that_flips() -> None:
    found = assess(half_known())
    escc = next(change for change in found.what_would_change_it if change.input == "escc")
    assert escc.changed == "1c"
    assert assess(changed_inputs(half_known(), "escc", "2")).leading_option == found.leading_option


@pytest.mark.parametrize(
    ("name", "value"),
    [("kps", 40), ("visceral", "untreatable"), ("histology", "breast_hr"), ("escc", "0"), ("frankel", "A"),
     ("can_tolerate_surgery", False), ("sins_collapse", "over_50"), ("albumin_g_dl", 2.0), ("planned_sbrt", True)],
)  # fmt: skip
def test_the_shortcut_gives_what_a_new_evaluation_gives(name: str, value: object) -> None:
    found = evaluation(Facts(half_known()))
    changed = changed_inputs(half_known(), name, value)
    kept, _ = evaluation_after(found, changed, name)
    fresh = evaluation(Facts(changed))
    assert {key: item.truth for key, item in kept.verdicts.items()} == {
        key: item.truth for key, item in fresh.verdicts.items()
    }


def test_higher_compression_never_moves_a_resistant_fit_patient_back_to_radiotherapy_alone() -> None:
    surgical = False
    for grade in ("0", "1a", "1b", "1c", "2", "3"):
        fired = set(assess(changed_inputs(index_case(), "escc", grade)).fired())
        if fired & {"NOMS-7", "NOMS-8"}:
            surgical = True
        assert not (surgical and fired & {"NOMS-3", "NOMS-4"})
    assert surgical


def test_the_schema_of_the_inputs_is_valid_and_knows_every_field() -> None:
    schema = inputs_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == {item.name for item in fields(PatientInputs)}
    plain = {"histology": "lms", "kps": 60, "levels": [{"level": "T3", "escc": ["2", "3"]}], "weakness": None}
    jsonschema.validate(plain, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kps": 101}, schema)


def test_the_documentation_lists_the_rules_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "strategy.md"
    assert page.read_text("utf-8").endswith(rules_table())
