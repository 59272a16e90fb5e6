import pytest

from oncospine.base import InputError, Level, Side
from oncospine.imaging import Structure, StructureKind, convention, conventions


def test_names_are_the_words_of_the_vocabulary():
    assert Structure(kind=StructureKind.VERTEBRA, level=Level.T3).name == "vertebra T3"
    assert Structure(kind=StructureKind.RIB, side=Side.LEFT, number=4).name == "rib left 4"
    assert Structure(kind=StructureKind.AORTA).name == "aorta"


@pytest.mark.parametrize(("level", "name"), [("T3", "disc T3-T4"), ("L5", "disc L5-S1"), ("L6", "disc L6-S1")])
def test_a_disc_is_named_by_both_neighbours(level, name):
    assert Structure(kind=StructureKind.DISC, level=Level(level)).name == name


def test_a_structure_is_a_key():
    one, other = (Structure(kind=StructureKind.VERTEBRA, level=Level.T3) for _ in range(2))
    assert len({one, other}) == 1


@pytest.mark.parametrize("name", conventions())
def test_every_structure_of_every_table_comes_back_from_its_name(name):
    for structure in convention(name).structures.values():
        assert Structure.from_name(structure.name) == structure


@pytest.mark.parametrize(
    ("name", "hint"), [("vertebrae T3", "'vertebra'"), ("", "starts with"), ("vertebra TH3", "'T3'")]
)
def test_a_misspelt_name_is_answered_with_the_nearest(name, hint):
    with pytest.raises(InputError, match=hint):
        Structure.from_name(name)


def test_foreign_text_in_a_message_is_harmless():
    with pytest.raises(InputError) as caught:
        Structure.from_name("<script>\x1b[31m" + "x" * 500)
    assert "<" not in str(caught.value).split("does not")[0]
    assert "\x1b" not in str(caught.value)
    assert "x" * 200 not in str(caught.value)
