"""Names of inputs as a clinician writes them."""

import pytest

from oncospine.report.words import UNIT_ENDINGS, input_words
from oncospine.strategy.fields import specs_of
from oncospine.strategy.inputs import LevelInputs, PatientInputs


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("albumin_g_dl", "albumin (g/dL)"),
        ("platelets_per_ul", "platelets (per µL)"),
        ("ecog_before_deficit", "ECOG before deficit"),
        ("frankel", "Frankel"),
        ("enneking_stage", "Enneking stage"),
        ("wbb_en_bloc", "WBB en bloc"),
        ("bone_density_hu", "bone density (HU)"),
        ("can_tolerate_surgery", "can tolerate surgery"),
    ],
)
def test_names_of_inputs_as_words(name: str, words: str) -> None:
    assert input_words(name) == words


def test_the_unit_in_the_words_is_that_of_the_field() -> None:
    specs = {**specs_of(PatientInputs), **specs_of(LevelInputs)}
    told = {name: input_words(name) for name in specs if input_words(name).endswith(")")}
    assert len(told) >= 12
    for name, words in told.items():
        ending = next(end for end in UNIT_ENDINGS if name.endswith(end))
        unit = (specs[name].unit or "").replace("/uL", "per µL")
        assert words.endswith(f"({unit})"), (name, ending)
