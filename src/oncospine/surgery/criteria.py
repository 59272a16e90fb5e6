"""What operations on one patient are compared by, and which of them no other beats. No weights, no ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from oncospine.base import Level
from oncospine.lesion import Findings, LevelFinding
from oncospine.surgery.approaches import approach
from oncospine.surgery.evaluated import EvaluatedOperation
from oncospine.surgery.fixation_checks import anchors_of, destroyed_levels
from oncospine.surgery.operation import ResectionIntent
from oncospine.surgery.proposal import ventral_rest
from oncospine.surgery.sizes import RuleSource, room_data, source_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What alternatives are compared by; `better` is "more" or "less"; `short` fits on the axis of a chart."""

    id: str
    better: str
    unit: str
    short: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alternative:
    """One operation with its value for every criterion (None: does not apply) and what series report of such ones.

    `dominated_by` names alternatives that are at least as good in every criterion and better in one.
    """

    name: str
    evaluated: EvaluatedOperation
    values: Mapping[str, float | None]
    figures: tuple[RuleSource, ...]
    trade_offs: tuple[str, ...]
    dominated_by: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, object]:
        return {
            "name": self.name,
            "operation": self.evaluated.operation.described(),
            "origin": self.evaluated.operation.origin,
            "values": dict(self.values),
            "figures": self.figures,
            "trade_offs": self.trade_offs,
            "dominated_by": self.dominated_by,
            "reasons": self.evaluated.operation.reasons,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The table: criteria, alternatives in a fixed order, what was left out and why."""

    criteria: tuple[Criterion, ...]
    alternatives: tuple[Alternative, ...]
    left_out: Mapping[str, str]
    note: str

    @property
    def pareto(self) -> tuple[str, ...]:
        """Names of the alternatives that no other dominates."""
        return tuple(item.name for item in self.alternatives if not item.dominated_by)


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = room_data("comparison.yaml")
    return found


def criteria() -> tuple[Criterion, ...]:
    """All criteria, in the order of the table."""
    return tuple(Criterion(id=key, **row) for key, row in _table()["criteria"].items())


def comparison_of(
    operations: Sequence[tuple[str, EvaluatedOperation]],
    findings: Findings | None,
    *,
    left_out: Mapping[str, str] | None = None,
) -> Comparison:
    """The table of operations that are evaluated already, by name, in the given order."""
    levels = findings.levels if findings is not None else {}
    rows = [alternative_of(name, done, levels) for name, done in operations]
    marked = tuple(replace(row, dominated_by=_dominating(row, rows)) for row in rows)
    return Comparison(
        criteria=criteria(),
        alternatives=marked,
        left_out=left_out or {},
        note="alternatives stand in a fixed order; no criterion has a weight",
    )


def alternative_of(name: str, done: EvaluatedOperation, findings: Mapping[Level, LevelFinding]) -> Alternative:
    """The value of every criterion for one evaluated operation."""
    anchors = anchors_of(done.screws, destroyed_levels(findings))
    fixations = [stage.stage.fixation for stage in done.stages if stage.stage.fixation is not None]
    bodies = [stage.stage.corpectomy for stage in done.stages if stage.stage.corpectomy is not None]
    last = done.stages[-1].decompression.after
    inside = last.tumour_mm2 + done.stages[-1].decompression.before.tumour_mm2 > 0
    room = last.room_mm2[inside] if inside.any() else last.room_mm2
    tiers = [approach(stage.stage.approach).tier for stage in done.stages]
    intents = {stage.stage.resection.intent for stage in done.stages if stage.stage.resection is not None}
    values: dict[str, float | None] = {
        "reached_share": None if intents == {ResectionIntent.SEPARATION} else done.reached_share,
        "ventral_rest": ventral_rest(done),
        "least_room_mm2": float(room.min()),
        "least_anchors": float(min(len(anchors.above), len(anchors.below))) if fixations else 0.0,
        "fused_levels": float(sum(len(fixation.levels) for fixation in fixations)),
        "bodies_taken": float(len({level for step in bodies for level in step.levels})),
        "sessions": float(len(done.stages)),
        "tier": float(_table()["staged_tier"] if _is_combined(done) else max(tiers)),
    }
    return Alternative(
        name=name,
        evaluated=done,
        values=values,
        figures=_figures(done),
        trade_offs=_trade_offs(done, values),
    )


def _is_combined(done: EvaluatedOperation) -> bool:
    return len({approach(stage.stage.approach).is_posterior for stage in done.stages}) > 1


def _figures(done: EvaluatedOperation) -> tuple[RuleSource, ...]:
    """What the cited series report of such operations."""
    found = [figure for stage in done.stages for figure in stage.plan.figures]
    found += [source_of(row) for row in (_table()["figures"]["combined"] if _is_combined(done) else ())]
    return tuple(dict.fromkeys(found))


def _trade_offs(done: EvaluatedOperation, values: Mapping[str, float | None]) -> tuple[str, ...]:
    """In words: what is left and what is asked of the patient."""
    left = done.remaining
    said = [f"{left.total_ml:.1f} of {done.before.total_ml:.1f} ml out of reach or left"]
    if left.canal_ml > 0:
        said.append(f"{left.canal_ml:.1f} ml of it in the canal")
    lost = [screw.name for screw in done.screws if not screw.is_planned]
    if lost:
        said.append(f"no screw at {', '.join(lost)}")
    if not any(stage.stage.fixation is not None for stage in done.stages):
        said.append("no posterior fixation in this plan")
    said += [f"cage refused: {stage.cage.refusal}" for stage in done.stages if stage.cage and stage.cage.refusal]
    intents = {stage.stage.resection.intent for stage in done.stages if stage.stage.resection is not None}
    if ResectionIntent.SEPARATION in intents:
        said.append("the rest is left to radiotherapy by design")
    return tuple(said)


def _dominating(row: Alternative, rows: Sequence[Alternative]) -> tuple[str, ...]:
    return tuple(other.name for other in rows if other is not row and dominates(other.values, row.values))


def dominates(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> bool:
    """True if `one` is at least as good in every criterion and better in one; unknown values compare as equal."""
    better = False
    for item in criteria():
        a, b = one.get(item.id), other.get(item.id)
        if a is None or b is None:
            continue
        gain = a - b if item.better == "more" else b - a
        if gain < -TIE:
            return False
        better = better or gain > TIE
    return better


TIE = 1e-6
"""Values that differ by less are equal."""
