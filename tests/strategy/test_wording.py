"""Every sentence the program can print uses an allowed verb and no banned word, and every number has a source."""

import re
from collections.abc import Iterator

import pytest
from test_rule_vectors import index_case

from oncospine.base import InputError, Verification, citation, to_plain
from oncospine.strategy import BANNED, FOOTER, Strength, all_rules, assess, faults
from oncospine.strategy.options import option_tables
from oncospine.strategy.wording import VERBS, checked, sentence


def texts() -> Iterator[tuple[str, str]]:
    for rule in all_rules():
        yield rule.id, rule.text
        for item in rule.disagreements:
            yield f"{rule.id} disagreement", item.text
        for other, text in rule.conflicts.items():
            yield f"{rule.id} conflict with {other}", text
    for table in option_tables():
        yield f"option {table.id}", table.title
        for row in (*table.stages, *table.evidence, *table.cautions):
            yield f"option {table.id}", row["text"]


ALL_TEXTS = list(texts())


@pytest.mark.parametrize(("where", "text"), ALL_TEXTS, ids=[f"{n}-{w}" for n, (w, _) in enumerate(ALL_TEXTS)])
def test_no_banned_word_and_no_bare_dose(where: str, text: str) -> None:
    assert faults(text) == (), where


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_rule_uses_the_one_verb_of_its_strength_and_no_other(rule) -> None:  # type: ignore[no-untyped-def]
    lowered = rule.text.lower()
    assert VERBS[rule.strength].lower() in lowered
    if rule.strength is Strength.CAUTION:
        assert rule.text.startswith("flag: ")
    head = lowered.split(". ")[0]
    others = [verb for strength, verb in VERBS.items() if strength is not rule.strength]
    assert not [verb for verb in others if verb.lower() in head]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_rule_with_a_number_has_a_source_or_is_marked(rule) -> None:  # type: ignore[no-untyped-def]
    plain = re.sub(
        r"\b[A-Z]{1,4}-\d+[a-z]?\b|\bT\d+\b|\bC\d+\b|\bL\d+\b|\bS\d+\b|\bT1\b|\bS100\b|\bCD34\b", "", rule.text
    )
    if re.search(r"\d", plain):
        assert rule.citations or rule.verification in {Verification.PROJECT, Verification.UNVERIFIED}
    for key in rule.citations:
        assert citation(key).text


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_every_rule_has_a_level_and_a_verification(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule.level in {"1", "2", "3", "4", "5", "4-5"}
    assert isinstance(rule.verification, Verification)


@pytest.mark.parametrize("word", BANNED)
def test_every_banned_word_is_caught(word: str) -> None:
    assert faults(f"The team {word} something")
    with pytest.raises(InputError, match="may not be printed"):
        checked(f"The team {word} something")


def test_a_dose_is_allowed_only_where_it_is_called_published() -> None:
    assert faults("Dexamethasone 16 mg daily")
    assert faults("24 Gy in 2 fractions")
    assert not faults("The published regimen of dexamethasone 16 mg daily")


@pytest.mark.parametrize("strength", list(Strength))
def test_a_sentence_is_built_with_the_verb_of_its_strength(strength: Strength) -> None:
    assert strength.verb.lower() in sentence("a thing to discuss", strength, "Detail.").lower()


def test_the_footer_is_the_one_of_the_contract_and_is_part_of_every_result() -> None:
    from oncospine.strategy import PatientInputs

    assert FOOTER.startswith("Decision support for a multidisciplinary spine-oncology team.")
    assert "Survival figures describe groups in historical cohorts and not this patient." in FOOTER
    assert assess(PatientInputs()).footer == FOOTER


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def test_nothing_that_a_whole_result_prints_is_banned() -> None:
    for inputs in (index_case(), index_case(can_tolerate_surgery=False), index_case(histology="myeloma", kps=None)):
        result = to_plain(assess(inputs))
        told = [item["text"] for item in (*result["flags"], *result["recommendations"])]
        for option in result["options"]:
            told += [option["title"], *option["not_chosen_because"]]
            told += [row["text"] for row in (*option["reasons"], *option["conflicts"], *option["stages"])]
        assert len(told) > 30
        for text in told:
            assert faults(text) == ()
        everything = " ".join(strings(result)).lower()
        assert "not a surgical candidate" not in everything
        assert "{" not in everything
