"""Conditions of rules as words: what stands behind "it presupposes that" and "applies where"."""

import pytest

from oncospine.strategy.engine import described


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"can_tolerate_surgery": True}, "can tolerate surgery"),
        ({"noms_applies": False}, "not noms applies"),
        ({"pathway": "haematological"}, "pathway is haematological"),
        ({"pain": ["mechanical", "pain_free"]}, "pain is mechanical or pain free"),
        ({"rades_bsc": {"at_least": 19}}, "rades bsc at least 19"),
        ({"not": {"all": [{"a_b": True}, {"c": "d"}]}}, "not (a b and c is d)"),
        ({"unless_known": {"spinal_tumour": False}}, "spinal tumour"),
        ({"unless_known": {"declines_surgery": True}}, "not declines surgery"),
    ],
)
def test_a_condition_in_words(condition: object, words: str) -> None:
    assert described(condition) == words
