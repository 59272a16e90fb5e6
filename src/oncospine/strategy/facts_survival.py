"""Facts about prognosis: every score from the same inputs, and the survival class they leave."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from oncospine.scores import (
    NeedsRoundingError,
    Score,
    compute,
    histology,
    score_inputs,
    survival_range,
)
from oncospine.scores.survival import CLASSES
from oncospine.strategy.facts import Reader, Values, fact

SURVIVAL_SCORES = (
    "revised_tokuhashi",
    "katagiri",
    "tomita",
    "modified_bauer",
    "van_der_linden",
    "nesms",
    "mizumoto",
)
"""Verified scores with a survival class, in the order they are printed."""

OTHER_SCORES = ("rades_bsc", "original_bauer", "prism")
"""Verified scores without a survival class of the combination rule."""


SBRT_ONLY = "prism"
"""Made for patients who get spine SBRT for a metastasis; computed only where that is planned."""


NOT_METASTATIC = (("primary",), ("benign",))
"""Pathways for which no survival score was made: all come from patients with metastases or blood cancers."""


def score_of(reader: Reader, name: str) -> Score | None:
    """A score computed from the patient's inputs; None where no input of it is known."""
    values = reader.fact(f"score_{name}")
    return None if values is None or not isinstance(values[0], Score) else values[0]


def _register(name: str) -> None:
    """A Karnofsky value outside or between the published classes of a score leaves that score without one."""

    def function(reader: Reader) -> Values:
        if name == SBRT_ONLY and not (reader.get("planned_sbrt") is True and reader.one("noms_applies") is True):
            return None
        if reader.fact("pathway") in NOT_METASTATIC:
            return None
        given = {key: _VALUES.get(key, _field(key))(reader) for key in score_inputs(name)}
        if all(value is None for value in given.values()):
            return None
        try:
            return (_computed(name, tuple(given.items())),)
        except NeedsRoundingError:
            reader.missing.add("kps")
            return (_computed(name, tuple((given | {"kps": None}).items())),)

    fact(f"score_{name}")(function)


@lru_cache(maxsize=4096)
def _computed(name: str, given: tuple[tuple[str, object], ...]) -> Score:
    """A score of these inputs; the same inputs come again and again while one of them is moved."""
    return compute(name, dict(given))


def _field(key: str) -> Callable[[Reader], Any]:
    return lambda reader: reader.get(key)


def bone_metastases(reader: Reader) -> str | None:
    """Solitary or multiple; None where one contiguous mass over several vertebrae leaves it open."""
    solitary = reader.get("solitary_lesion")
    if solitary is not None:
        return "solitary" if solitary else "multiple"
    foci, vertebrae = reader.get("extraspinal_bone_foci"), reader.get("vertebral_metastases")
    if foci is not None and foci > 0:
        return "multiple"
    return "solitary" if foci == 0 and vertebrae == 1 else None


def other_bone(reader: Reader) -> bool | None:
    """Bone metastases other than the treated one."""
    found = bone_metastases(reader)
    return None if found is None else found == "multiple"


def _histology(reader: Reader) -> str | None:
    name: str | None = reader.get("histology")
    return None if name is None or histology(name).id == "unknown" else name


_VALUES: dict[str, Callable[[Reader], Any]] = {
    "kps": lambda reader: reader.one("kps_for_scores"),
    "ecog": lambda reader: reader.one("ecog_for_scores"),
    "histology": _histology,
    "bone_metastases": bone_metastases,
    "other_bone_metastases": other_bone,
    "hypercalcaemia": lambda reader: None,
    "previous_surgery": lambda reader: reader.get("prior_surgery"),
    "previous_radiotherapy": lambda reader: _either(reader.get("prior_cebrt"), reader.get("prior_sbrt")),
    "organ_systems": lambda reader: _organ_systems(reader),
    "solitary_metastasis": lambda reader: None if _organ_systems(reader) else reader.get("solitary_metastasis"),
    "years_to_metastasis": lambda reader: _years(reader.get("disease_free_months")),
}


def _organ_systems(reader: Reader) -> int | None:
    stated: int | None = reader.get("organ_systems")
    if stated is not None:
        return stated
    return 0 if reader.get("visceral") == "none" else None


def _years(months: float | None) -> float | None:
    return None if months is None else months / 12


def _either(one: bool | None, two: bool | None) -> bool | None:
    if one or two:
        return True
    return False if one is False and two is False else None


for _name in (*SURVIVAL_SCORES, *OTHER_SCORES):
    _register(_name)


def known_classes(reader: Reader) -> list[tuple[str, ...]]:
    """Survival classes that each score of which anything is known can still give."""
    found = [score_of(reader, name) for name in SURVIVAL_SCORES]
    return [score.survival_classes for score in found if score is not None and score.survival_classes]


@fact("complete_scores")
def complete_scores(reader: Reader) -> Values:
    """Number of scores with all their inputs."""
    found = [score_of(reader, name) for name in SURVIVAL_SCORES]
    return (sum(score is not None and score.is_complete for score in found),)


@fact("survival_short")
def survival_short(reader: Reader) -> Values:
    """Whether most scores put the patient in the class below 3 months; both answers where missing inputs decide."""
    return _majority(reader, CLASSES[0])


@fact("survival_long")
def survival_long(reader: Reader) -> Values:
    """Whether most scores put the patient in the class above 12 months."""
    return _majority(reader, CLASSES[-1])


def _majority(reader: Reader, wanted: str) -> Values:
    classes = known_classes(reader)
    if not classes:
        return None
    least = sum(possible == (wanted,) for possible in classes)
    most = sum(wanted in possible for possible in classes)
    return tuple(
        answer for answer, allowed in ((True, 2 * most > len(classes)), (False, 2 * least <= len(classes))) if allowed
    )


@fact("survival_words")
def survival_words(reader: Reader) -> Values:
    """The widest range of classes in words, incomplete scores included."""
    found = [score for name in SURVIVAL_SCORES if (score := score_of(reader, name)) is not None]
    span = survival_range(found).reachable
    if span is None:
        return None
    return (span[0] if span[0] == span[1] else f"{span[0]} to {span[1]}",)


@fact("rades_bsc")
def rades_bsc(reader: Reader) -> Values:
    """Every total the best-supportive-care score can have; none where it refuses or nothing is known."""
    score = score_of(reader, "rades_bsc")
    if score is None or score.range is None:
        return None
    return tuple(range(score.range[0], score.range[1] + 1))
