"""Numbers and values as text: one way for the whole page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum

from oncospine.base import How, Quantity
from oncospine.scores import OneOf

ABSENT = "—"
"""Stands for "not known"; never an empty cell."""


def decimal(value: float | None, unit: str = "", *, digits: int = 1) -> str:
    """One decimal and the unit; an em dash for what is not known."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = f"{value:.{digits}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return f"{text} {unit}".strip() if unit != "°" else f"{text}°"


def percent(fraction: float | None) -> str:
    """A fraction 0..1 in whole percent; "<1 %" for what would round to nothing."""
    if fraction is None or not math.isfinite(fraction):
        return ABSENT
    if 0 < fraction < 0.005:
        return "<1 %"
    return f"{100 * fraction:.0f} %"


UNITS = {"mm2": "mm²", "mm3": "mm³", "deg": "°", "1": ""}
"""Units as they are printed."""


def quantity(value: Quantity, *, as_percent: bool = False) -> str:
    """A quantity with its unit and its bounds; where it was refused, the reason."""
    if value.value is None:
        return f"{ABSENT} ({value.reason})" if value.reason else ABSENT
    if as_percent:
        return percent(value.value)
    unit = UNITS.get(value.unit, value.unit)
    text = decimal(value.value, unit)
    if value.low is not None and value.high is not None:
        text += f" ({decimal(value.low)} to {decimal(value.high)})"
    return text


def plain(value: object) -> str:
    """Any input value as words: yes and no, lists joined, unknown as a dash."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}" if abs(value) >= 1000 else f"{round(value, 2):g}"
    if isinstance(value, OneOf):
        return plain(value.values)
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(key)}: {plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return " or ".join(plain(item) for item in value)
    return spoken(str(value))


def typeset(text: str) -> str:
    """A sentence of another room with its units as they are printed here."""
    return text.replace("mm2", UNITS["mm2"]).replace("mm3", UNITS["mm3"])


def spoken(name: str) -> str:
    """A field name as words: "can_tolerate_surgery" -> "can tolerate surgery"."""
    return name.replace("_", " ")


UNIT_ENDINGS = {
    "_g_dl": "g/dL",
    "_mg_dl": "mg/dL",
    "_iu_l": "IU/L",
    "_per_ul": "per µL",
    "_mg_day": "mg/day",
    "_mmhg": "mmHg",
    "_percent": "%",
    "_mm": "mm",
    "_hu": "HU",
}
"""Units at the end of the name of an input, as they are printed."""

ABBREVIATIONS = frozenset(
    {"ais", "asa", "cebrt", "crp", "ct", "ecog", "escc", "fev1", "fvc", "hu", "inr", "kps", "ldh", "mr", "mri"}
    | {"po2", "pco2", "rt", "sao2", "sbrt", "sins", "wbb"}
)
"""Words of names of inputs that are written in capitals."""

PROPER_NAMES = {"enneking": "Enneking", "frankel": "Frankel", "tomita": "Tomita"}
"""Words of names of inputs that are names of people."""


def input_words(name: str) -> str:
    """The name of an input as a clinician writes it: "albumin_g_dl" -> "albumin (g/dL)", "ecog" -> "ECOG"."""
    ending = next((end for end in UNIT_ENDINGS if name.endswith(end)), "")
    words = name.removesuffix(ending).split("_")
    said = " ".join(word.upper() if word in ABBREVIATIONS else PROPER_NAMES.get(word, word) for word in words)
    return f"{said} ({UNIT_ENDINGS[ending]})" if ending else said


def listed(items: Iterable[str]) -> str:
    """Items as one phrase."""
    return ", ".join(items)


HOW = {How.MEASURED: "measured", How.ENTERED: "entered", How.DERIVED: "derived", None: ""}
"""How a value was obtained, as words."""
