"""Alternatives for one patient side by side: what each reaches, leaves, holds and costs. No weights, no ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from oncospine.anatomy import Spine
from oncospine.base import InputError, Progress, silent
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.surgery.approaches import approach
from oncospine.surgery.evaluate import evaluated_on
from oncospine.surgery.evaluated import EvaluatedOperation
from oncospine.surgery.fixation_checks import anchors_of, destroyed_levels
from oncospine.surgery.ground import Ground, prepared
from oncospine.surgery.operation import CageStep, Operation, Resection, ResectionIntent, Stage
from oncospine.surgery.proposal import (
    ORIGIN,
    best_anterior_stage,
    involved_in_view,
    posterior_stage,
    ventral_rest,
)
from oncospine.surgery.sizes import RuleSource, room_data, source_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What alternatives are compared by; `better` is "more" or "less"."""

    id: str
    better: str
    unit: str
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


def compare(
    spine: Spine,
    findings: Findings,
    scan: Scan | None = None,
    *,
    own: Sequence[Operation] = (),
    progress: Progress = silent,
) -> Comparison:
    """Posterior, anterior, circumferential, staged 360, separation, and the given operations, each evaluated."""
    return compared_on(prepared(spine, findings, scan), own=own, progress=progress)


def compared_on(ground: Ground, *, own: Sequence[Operation] = (), progress: Progress = silent) -> Comparison:
    """`compare` on a patient prepared once for many operations."""
    left_out: dict[str, str] = {}
    wanted = _with_own(list(_usual(ground, left_out)), own)
    rows = []
    for index, (name, operation) in enumerate(wanted):
        progress(f"evaluating {name}", index / len(wanted))
        rows.append(_alternative(ground, name, evaluated_on(ground, operation)))
    marked = tuple(replace(row, dominated_by=_dominating(row, rows)) for row in rows)
    return Comparison(
        criteria=criteria(),
        alternatives=marked,
        left_out=left_out,
        note="alternatives stand in a fixed order; no criterion has a weight",
    )


def _usual(ground: Ground, left_out: dict[str, str]) -> Iterable[tuple[str, Operation]]:
    """The alternatives every patient gets, as far as the scan allows them."""
    if not involved_in_view(ground):
        raise InputError("no vertebra with tumour in its bone is in view: there is nothing to compare operations for")
    behind, _ = posterior_stage(ground, approach("A-LAM"))
    yield "posterior only", _operation("posterior only", behind)
    anterior = best_anterior_stage(ground, None)
    if anterior is None:
        left_out["anterior only"] = "no anterior approach leads to all involved levels with both ends in view"
        left_out["staged 360"] = left_out["anterior only"]
    else:
        yield "anterior only", _operation("anterior only", replace(anterior, cage=CageStep()))
    around, reasons = posterior_stage(ground, approach("A-TPb"))
    yield "circumferential posterior", _operation("circumferential posterior", around, reasons=reasons)
    if anterior is not None:
        first = replace(behind, cage=None, corpectomy=None)
        second = best_anterior_stage(ground, evaluated_on(ground, _operation("first", first)).stages[-1])
        if second is not None:
            yield "staged 360", _operation("staged 360", first, replace(second, cage=CageStep()))
    wish = Resection(intent=ResectionIntent.SEPARATION, levels=involved_in_view(ground))
    apart = replace(around, corpectomy=None, cage=None, resection=wish)
    yield "separation and radiosurgery", _operation("separation and radiosurgery", apart)


def _with_own(usual: list[tuple[str, Operation]], own: Sequence[Operation]) -> list[tuple[str, Operation]]:
    """The usual alternatives and the given ones; one that is the same as a usual one takes its place by name."""
    rows = list(usual)
    for operation in own:
        same = [index for index, (_, other) in enumerate(rows) if other.described() == operation.described()]
        if same:
            name, other = rows[same[0]]
            rows[same[0]] = (f"{name} ({operation.origin})", replace(operation, title=other.title))
            continue
        taken = operation.title.lower() in {name.lower() for name, _ in rows}
        rows.append((f"{operation.title} ({operation.origin})" if taken else operation.title, operation))
    return rows


def _operation(title: str, *stages: Stage, reasons: tuple[str, ...] = ()) -> Operation:
    return Operation(title=title, stages=stages, origin=ORIGIN, reasons=reasons)


def _alternative(ground: Ground, name: str, done: EvaluatedOperation) -> Alternative:
    findings = ground.findings.levels if ground.findings is not None else {}
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
