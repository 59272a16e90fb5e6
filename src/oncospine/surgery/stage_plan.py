"""What surrounds a stage: checks before it, rules on which it stops, what follows, and what series report of such ones.

A rule applies where the stage bears all its marks (`marks_of`); rules and figures are data with their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from oncospine.base import Side, Verification, citation, described_levels, parse_levels
from oncospine.strategy.wording import Strength, sentence
from oncospine.surgery.approaches import Approach, approach
from oncospine.surgery.operation import Operation, ResectionIntent, Stage
from oncospine.surgery.sizes import RuleSource, room_data, source_of

CORD_SUPPLY = parse_levels("T7-L3")
"""Levels at which the artery of Adamkiewicz is asked for: T8-L2 and one beside (prognosis-and-strategy.md L-8)."""

LIGATED = 2
"""Neighbouring segmental pairs whose ligation asks for it (L-8)."""

THORACOTOMIES = frozenset({"A-HTHO", "A-THOr", "A-THOl", "A-TAB"})
"""Approaches through the chest."""


NO_SERIES = "no figures of blood loss and time for {approach} among the sources"
"""Said where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """One sentence about a stage, with its source."""

    rule_id: str
    text: str
    strength: Strength
    level: str
    citations: tuple[str, ...]
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """Checks before a stage, its stop rules, what follows it, and figures of series (blood, time, complications)."""

    before: tuple[StageRule, ...]
    stop: tuple[StageRule, ...]
    after: tuple[StageRule, ...]
    figures: tuple[RuleSource, ...]
    figures_note: str


@cache
def _rules() -> Mapping[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = room_data("stage_rules.yaml")
    for row in rows.values():
        for key in row["citations"]:
            citation(key)
    return rows


def stage_plan(operation: Operation, index: int) -> StagePlan:
    """`StagePlan` of the stage at `index` of an operation."""
    stage = operation.stages[index]
    marks = marks_of(stage, more_to_come=index + 1 < len(operation.stages))
    words = {"cord_supply": _cord_supply(stage) or ""}
    found: dict[str, list[StageRule]] = {"before": [], "stop": [], "after": []}
    for key, row in _rules().items():
        if marks.issuperset(row["when"]):
            found[row["moment"]].append(_rule(key, row, words))
    figures = figures_of(stage)
    return StagePlan(
        before=tuple(found["before"]),
        stop=tuple(found["stop"]),
        after=tuple(found["after"]),
        figures=figures,
        figures_note="" if figures else NO_SERIES.format(approach=approach(stage.approach).name),
    )


def marks_of(stage: Stage, *, more_to_come: bool) -> frozenset[str]:
    """What a stage is, in the words the rules ask for."""
    row = approach(stage.approach)
    resects = stage.resection is not None and stage.resection.intent is not ResectionIntent.NONE
    marks = {
        "canal": stage.laminectomy is not None or resects or stage.corpectomy is not None,
        "open_tumour": resects or stage.corpectomy is not None,
        "body_tumour": stage.corpectomy is not None or (resects and _debulks_bodies(stage, row)),
        "cord_supply": _cord_supply(stage) is not None,
        "anterior": not row.is_posterior,
        "thoracotomy": row.id in THORACOTOMIES,
        "fixation": stage.fixation is not None,
        "more_to_come": more_to_come,
    }
    return frozenset(name for name, holds in marks.items() if holds)


def figures_of(stage: Stage) -> tuple[RuleSource, ...]:
    """What the cited series report of such a stage; where tumour is opened without a series of its own, of any such."""
    table = room_data("comparison.yaml")["figures"]
    keys = [stage.approach]
    if stage.resection is not None and stage.resection.intent is ResectionIntent.SEPARATION:
        keys.append("separation")
    rows = [row for key in keys for row in table.get(key, ())]
    if not rows and "open_tumour" in marks_of(stage, more_to_come=False):
        rows = table["any_open"]
    return tuple(source_of(row) for row in rows)


def _debulks_bodies(stage: Stage, row: Approach) -> bool:
    wants = stage.resection is not None and stage.resection.intent is not ResectionIntent.SEPARATION
    return wants and row.anterior_support


def _cord_supply(stage: Stage) -> str | None:
    """Why the cord's supply is asked for; None where it is not."""
    touched = stage.corpectomy.levels if stage.corpectomy is not None else ()
    touched += stage.resection.levels if stage.resection is not None else ()
    near = [level for level in dict.fromkeys(touched) if level in CORD_SUPPLY]
    if not near:
        return None
    if stage.side is Side.LEFT and not approach(stage.approach).is_posterior:
        return f"{described_levels(near)} from the left"
    taken = stage.corpectomy.levels if stage.corpectomy is not None else ()
    return f"{len(taken)} neighbouring bodies are taken ({described_levels(taken)})" if len(taken) >= LIGATED else None


def _rule(key: str, row: Mapping[str, Any], words: Mapping[str, str]) -> StageRule:
    strength = Strength(row["strength"])
    return StageRule(
        rule_id=key if key[-1].isdigit() else "",
        text=sentence(row["subject"], strength, row["detail"].format(**words)),
        strength=strength,
        level=row["level"],
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )
