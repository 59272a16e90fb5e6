"""The only verbs a recommendation may use, and the words it may never print."""

from __future__ import annotations

import re
from enum import StrEnum

from oncospine.base import InputError


class Strength(StrEnum):
    """How far the evidence carries a sentence; each strength has exactly one verb."""

    STRONG = "STRONG"
    CONDITIONAL = "CONDITIONAL"
    CONSENSUS = "CONSENSUS"
    INSUFFICIENT = "INSUFFICIENT"
    CAUTION = "CAUTION"
    NOT_SUPPORTED = "NOT_SUPPORTED"

    @property
    def verb(self) -> str:
        return VERBS[self]


VERBS = {
    Strength.STRONG: "is recommended for MDT consideration",
    Strength.CONDITIONAL: "could be considered",
    Strength.CONSENSUS: "is the usual framework suggestion",
    Strength.INSUFFICIENT: "evidence is insufficient; options to discuss are",
    Strength.CAUTION: "confirm before relying on this plan",
    Strength.NOT_SUPPORTED: "is not supported by the cited evidence in this situation",
}
"""The verb of each strength, as the output contract has it."""

BANNED = (
    "must", "do", "does", "perform", "performs", "performed", "proceed", "proceeds", "should", "shall", "forbidden",
    "shows", "show", "contraindicated", "order", "prescribe", "give", "inoperable", "mandatory", "never operate",
    "not a surgical candidate", "no surgery", "not for surgery",
)  # fmt: skip
"""Words and phrases no sentence may contain: they order, refuse, or claim more than the data say."""

ORDER_UNITS = re.compile(r"\b\d[\d.,-]*\s*(mg|Gy|mL of|units)\b")
"""A number with a dose unit; allowed only in a sentence that calls it published."""

FOOTER = (
    "Decision support for a multidisciplinary spine-oncology team. Generated from the data entered and from published "
    "rules; it does not replace clinical judgement, examination or consent. Survival figures describe groups in "
    "historical cohorts and not this patient."
)
"""Printed under every strategy, word for word as the output contract has it."""

_BANNED = re.compile(r"\b(" + "|".join(re.escape(word) for word in BANNED) + r")\b", re.IGNORECASE)


def sentence(subject: str, strength: Strength, detail: str = "") -> str:
    """`subject` with the verb of its strength, then `detail`."""
    verb = strength.verb
    if strength is Strength.CAUTION:
        text = f"flag: {subject} — {verb}."
    elif strength is Strength.INSUFFICIENT:
        text = f"{verb} {subject}."
    else:
        text = f"{subject} {verb}."
    text = f"{text} {detail}" if detail else text
    return checked(text[0].upper() + text[1:] if strength is not Strength.CAUTION else text)


def checked(text: str) -> str:
    """`text` unchanged, or `InputError` naming the word that may not be printed."""
    found = faults(text)
    if found:
        raise InputError(f"text may not be printed: {'; '.join(found)}: {text!r}")
    return text


def faults(text: str) -> tuple[str, ...]:
    """What the wording rules hold against a text; empty where nothing."""
    body = text.replace(FOOTER, "")
    found = [f"banned word '{match.group(0)}'" for match in _BANNED.finditer(body)]
    called = "published" in body.lower() or "entered" in body.lower()
    if ORDER_UNITS.search(body) and not called:
        found.append("a dose that is not called a published regimen")
    return tuple(found)
