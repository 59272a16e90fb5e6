"""Conditions of rules as words: what stands behind "it presupposes that" and "applies where"."""

import pytest

from oncospine.strategy.condition_words import described


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"can_tolerate_surgery": True}, "the patient is fit for surgery"),
        ({"noms_applies": False}, "the tumour is none of NOMS"),
        ({"pathway": "haematological"}, "kind of tumour is haematological"),
        ({"pain": ["mechanical", "pain_free"]}, "pain is mechanical or pain free"),
        ({"rades_bsc": {"at_least": 19}}, "Rades score for best supportive care at least 19"),
        ({"not": {"all": [{"a_b": True}, {"c": "d"}]}}, "not (a b and c is d)"),
        ({"unless_known": {"spinal_tumour": False}}, "a cancer or a spinal mass is known"),
        ({"unless_known": {"declines_surgery": True}}, "the patient does not decline an operation"),
    ],
)
def test_a_condition_in_words(condition: object, words: str) -> None:
    assert described(condition) == words
