"""Rules as data: loaded from `data/rules/*.yaml` in the order of evaluation, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from oncospine.base import InputError, Verification, citation, read_yaml
from oncospine.strategy.conditions import Condition, fact_names, rule_names
from oncospine.strategy.facts_all import FACTS, FIELDS
from oncospine.strategy.wording import Strength, sentence

ORDER = (
    "emergency", "diagnosis", "noms", "primary", "extent", "survival", "lms", "radiotherapy", "histology",
    "fixation", "limits", "stages", "perioperative",
)  # fmt: skip
"""Files of rules in the order of evaluation (reference 2): flags first, never blocked by anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A printed disagreement: always, or only under a condition."""

    text: str
    citations: tuple[str, ...]
    when: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One published or project rule. `family` groups rows of one table, of which the others are "not chosen"."""

    id: str
    topic: str
    when: Condition
    subject: str
    detail: str
    strength: Strength
    level: str
    citations: tuple[str, ...]
    verification: Verification
    family: str | None
    conflicts: Mapping[str, str]
    disagreements: tuple[Disagreement, ...]

    @cached_property
    def depends_on(self) -> frozenset[str]:
        """Names of the facts and ids of the rules that its condition reads."""
        return frozenset(fact_names(self.when) | rule_names(self.when))

    @property
    def text(self) -> str:
        """The sentence with placeholders unfilled."""
        return sentence(self.subject, self.strength, self.detail)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of evaluation."""
    found: list[Rule] = []
    seen: set[str] = set()
    for topic in ORDER:
        for row in read_yaml("oncospine.strategy", "data", "rules", f"{topic}.yaml"):
            rule = _rule(topic, row)
            _check(rule, seen)
            seen.add(rule.id)
            found.append(rule)
    return tuple(found)


@cache
def rules_by_id() -> Mapping[str, Rule]:
    """The rules by id."""
    return MappingProxyType({rule.id: rule for rule in all_rules()})


def rule_of(rule_id: str) -> Rule:
    """One rule by id."""
    found = rules_by_id().get(rule_id)
    if found is None:
        raise InputError(f"unknown rule '{rule_id}'; see all_rules() for the ids")
    return found


def _rule(topic: str, row: Mapping[str, Any]) -> Rule:
    try:
        return Rule(
            id=row["id"],
            topic=topic,
            when=row["when"],
            subject=row["subject"],
            detail=row.get("detail", ""),
            strength=Strength(row["strength"]),
            level=str(row["level"]),
            citations=tuple(row.get("citations", ())),
            verification=Verification(row["verification"]),
            family=row.get("family"),
            conflicts=dict(row.get("conflicts", {})),
            disagreements=tuple(
                Disagreement(text=item["text"], citations=tuple(item.get("citations", ())), when=item.get("when"))
                for item in row.get("disagreements", ())
            ),
        )
    except (KeyError, ValueError) as error:
        raise InputError(f"rules/{topic}.yaml, rule {row.get('id', '?')}: {error}") from error


def _check(rule: Rule, seen: set[str]) -> None:
    if rule.id in seen:
        raise InputError(f"rule id '{rule.id}' occurs twice")
    unknown = sorted(name for name in fact_names(rule.when) if name not in FACTS and name not in FIELDS)
    if unknown:
        raise InputError(f"rule {rule.id} asks for unknown facts: {', '.join(unknown)}")
    later = sorted(rule_names(rule.when) - seen)
    if later:
        raise InputError(f"rule {rule.id} refers to rules that are not evaluated before it: {', '.join(later)}")
    for key in (*rule.citations, *(key for item in rule.disagreements for key in item.citations)):
        citation(key)
    if not rule.text:
        raise InputError(f"rule {rule.id} has no text")
