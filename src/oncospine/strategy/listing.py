"""All rules as one Markdown table, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from oncospine.strategy.condition_words import described
from oncospine.strategy.rules import all_rules

HEADINGS = ("rule", "topic", "applies where", "text", "strength", "level", "sources", "verification")


def rules_table() -> str:
    """One row per rule, in the order of evaluation."""
    rows: list[Sequence[str]] = [HEADINGS, ["---"] * len(HEADINGS)]
    rows += [
        (
            rule.id,
            rule.topic,
            described(rule.when),
            rule.text,
            rule.strength.value,
            rule.level,
            ", ".join(rule.citations),
            rule.verification.words,
        )
        for rule in all_rules()
    ]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows)
