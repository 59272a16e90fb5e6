"""Rules of fixation applied to a plan: anchors, junctions, involved pedicles, anterior support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from oncospine.anatomy import sided
from oncospine.base import Level, Region, Side, Verification, citation, described_levels, parse_levels
from oncospine.lesion import LevelFinding
from oncospine.strategy.wording import Strength, sentence
from oncospine.surgery.operation import FacetRemoval, Operation
from oncospine.surgery.screw import PlannedScrew, ScrewPath
from oncospine.surgery.sizes import room_data


@dataclass(frozen=True, slots=True, kw_only=True)
class FixationRule:
    """One row of `data/fixation_rules.yaml`."""

    id: str
    subject: str
    detail: str
    strength: Strength
    level: str
    numbers: Mapping[str, float]
    citations: tuple[str, ...]
    verification: Verification
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixationCheck:
    """One rule that has something to say about a plan. `inputs` are the values it read."""

    rule_id: str
    text: str
    strength: Strength
    level: str
    citations: tuple[str, ...]
    verification: Verification
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Sound anchor vertebrae of a construct, and what they hold."""

    destroyed: tuple[Level, ...]
    above: tuple[Level, ...]
    below: tuple[Level, ...]
    between: tuple[Level, ...]
    one_sided: tuple[Level, ...]


@cache
def fixation_rules() -> Mapping[str, FixationRule]:
    """All rules by id."""
    found = {}
    for key, row in room_data("fixation_rules.yaml").items():
        extra = {name: value for name, value in row.items() if name in {"caudal_ends", "junctions"}}
        found[key] = FixationRule(
            id=key,
            subject=row["subject"],
            detail=row["detail"],
            strength=Strength(row["strength"]),
            level=row["level"],
            numbers=MappingProxyType({name: float(value) for name, value in row["numbers"].items()}),
            citations=tuple(citation(cited).id for cited in row["citations"]),
            verification=Verification(row["verification"]),
            extra=MappingProxyType(extra),
        )
    return MappingProxyType(found)


def destroyed_levels(findings: Mapping[Level, LevelFinding]) -> tuple[Level, ...]:
    """Levels that cannot anchor: a pedicle is involved, or more than half of the body is tumour."""
    limit = fixation_rules()["F-2"].numbers["destroyed_body_fraction"]
    return tuple(
        level
        for level, found in sorted(findings.items(), key=lambda item: item[0].order)
        if found.body_fraction > limit or any(found.involves(sided("pedicle", side)) for side in Side)
    )


def anchors_of(screws: Sequence[PlannedScrew], destroyed: tuple[Level, ...]) -> Anchors:
    """Anchor vertebrae of the planned screws around the destroyed segment."""
    planned: dict[Level, set[Side]] = {}
    for screw in screws:
        if screw.is_planned and screw.level not in destroyed:
            planned.setdefault(screw.level, set()).add(screw.side)
    levels = sorted(planned, key=lambda level: level.order)
    first = destroyed[0].order if destroyed else None
    last = destroyed[-1].order if destroyed else None
    return Anchors(
        destroyed=destroyed,
        above=tuple(level for level in levels if first is not None and level.order < first),
        below=tuple(level for level in levels if last is not None and level.order > last),
        between=tuple(level for level in levels if first is None or first < level.order < (last or 0)),
        one_sided=tuple(level for level in levels if len(planned[level]) == 1),
    )


def fixation_checks(
    operation: Operation,
    screws: Sequence[PlannedScrew],
    findings: Mapping[Level, LevelFinding],
    deformed: Mapping[Level, str] = MappingProxyType({}),
) -> tuple[FixationCheck, ...]:
    """Every rule that has something to say about the operation with its planned screws.

    `deformed` is what speaks against ending at a level (`deformed_ends`).
    """
    destroyed = destroyed_levels(findings)
    anchors = anchors_of(screws, destroyed)
    checks = [*_decompression_checks(operation, screws)]
    if any(stage.fixation is not None for stage in operation.stages):
        checks += _anchor_checks(operation, anchors)
        checks += _end_checks(operation, findings, deformed)
        checks += _junction_checks(operation, screws)
        checks += _bone_checks(screws)
    return tuple(checks)


def _check(rule_id: str, inputs: Mapping[str, object], **words: object) -> FixationCheck:
    rule = fixation_rules()[rule_id]
    text = sentence(rule.subject.format(**words), rule.strength, rule.detail.format(**words))
    return FixationCheck(
        rule_id=rule_id.removesuffix("-crossing"),
        text=text,
        strength=rule.strength,
        level=rule.level,
        citations=rule.citations,
        verification=rule.verification,
        inputs=MappingProxyType(dict(inputs)),
    )


def _decompression_checks(operation: Operation, screws: Sequence[PlannedScrew]) -> Iterator[FixationCheck]:
    """F-1, F-13 and F-14."""
    fixed = any(stage.fixation is not None for stage in operation.stages)
    facets = any(
        stage.laminectomy is not None and stage.laminectomy.facets is not FacetRemoval.NONE
        for stage in operation.stages
    )
    resected = tuple(level for stage in operation.stages if stage.corpectomy for level in stage.corpectomy.levels)
    if (facets or resected) and not fixed:
        yield _check("F-1", {"facets_taken": facets, "corpectomy": resected})
    if resected and not any(stage.cage is not None for stage in operation.stages):
        yield _check("F-13", {"corpectomy": resected}, levels=described_levels(resected))
    involved = [screw.name for screw in screws if screw.refusal is not None and "F-14" in screw.refusal]
    if involved:
        yield _check("F-14", {"pedicles": tuple(involved)}, pedicles=", ".join(involved))


def _anchor_checks(operation: Operation, anchors: Anchors) -> Iterator[FixationCheck]:
    """F-2 where too few anchors stand above or below, and F-4 where both columns are resected."""
    minimum = int(fixation_rules()["F-2"].numbers["minimum"])
    support = any(stage.cage is not None for stage in operation.stages)
    if anchors.destroyed and min(len(anchors.above), len(anchors.below)) < minimum:
        found = _check(
            "F-2",
            {
                "destroyed": anchors.destroyed,
                "above_levels": len(anchors.above),
                "below_levels": len(anchors.below),
                "anterior_support": support,
            },
            minimum=minimum,
            destroyed=described_levels(anchors.destroyed),
            above=described_levels(anchors.above) or "none",
            below=described_levels(anchors.below) or "none",
            above_count=len(anchors.above),
            below_count=len(anchors.below),
        )
        yield found if not support else _with_note(found, "Offset by the planned anterior reconstruction.")
    behind = any(stage.laminectomy is not None for stage in operation.stages)
    in_front = any(stage.corpectomy is not None for stage in operation.stages)
    if behind and in_front and (anchors.one_sided or not support):
        yield _check(
            "F-4",
            {"one_sided": anchors.one_sided, "anterior_support": support},
            one_sided=described_levels(anchors.one_sided) or "none",
            support="yes" if support else "no",
        )


def _with_note(check: FixationCheck, note: str) -> FixationCheck:
    from dataclasses import replace

    return replace(check, text=f"{check.text} {note}")


def _end_checks(
    operation: Operation, findings: Mapping[Level, LevelFinding], deformed: Mapping[Level, str]
) -> Iterator[FixationCheck]:
    """F-8 and F-9: an end vertebra at a deformity, or with tumour in it."""
    levels = construct_levels(operation)
    for end in dict.fromkeys((levels[0], levels[-1])):
        if end in deformed:
            yield _check("F-8", {"end": end}, end=end, reason=deformed[end])
        found = findings.get(end)
        if found is not None and found.involved_parts:
            parts = tuple(part.value for part in found.involved_parts)
            yield _check("F-9", {"end": end, "parts": parts}, end=end)


def _junction_checks(operation: Operation, screws: Sequence[PlannedScrew]) -> Iterator[FixationCheck]:
    """F-5, F-6 and F-7."""
    levels = construct_levels(operation)
    rule = fixation_rules()["F-5"]
    ends: Mapping[str, str] = rule.extra["caudal_ends"]
    caudal = levels[-1]
    if caudal.value in ends:
        yield _check("F-5", {"caudal_end": caudal}, end=caudal, further=ends[caudal.value], crossed="")
    for junction, span in rule.extra["junctions"].items():
        within = parse_levels(span)
        if levels[0].order <= within[-1].order and levels[-1].order >= within[0].order:
            yield _check("F-5-crossing", {"construct": (levels[0], caudal), "junction": span}, junction=junction)
    if Level.C7 in levels and any(level.region is Region.THORACIC for level in levels):
        yield _check("F-6", {"construct": (levels[0], caudal)}, found=_state_of(Level.C7, screws))
        if any(s.is_planned and s.level.region is Region.CERVICAL for s in screws):
            yield _check("F-7", {"construct": (levels[0], caudal)})


def _state_of(level: Level, screws: Sequence[PlannedScrew]) -> str:
    states = []
    for screw in screws:
        if screw.level is level:
            kind = "lateral mass screw" if screw.path is ScrewPath.LATERAL_MASS else "pedicle screw"
            states.append(f"{screw.side} {f'{kind} planned' if screw.is_planned else f'not planned ({screw.refusal})'}")
    return "; ".join(states) or "no screw wanted"


def _bone_checks(screws: Sequence[PlannedScrew]) -> Iterator[FixationCheck]:
    """F-10, from the HU along the planned screws."""
    limit = fixation_rules()["F-10"].numbers["limit"]
    weak = [
        f"{screw.name} {screw.hu_mean:.0f}" for screw in screws if screw.hu_mean is not None and screw.hu_mean < limit
    ]
    if weak:
        yield _check("F-10", {"weak": tuple(weak), "limit": limit}, limit=limit, weak=", ".join(weak))


def construct_levels(operation: Operation) -> tuple[Level, ...]:
    """Levels that the rods span, cranial to caudal."""
    found = {level for stage in operation.stages if stage.fixation is not None for level in stage.fixation.levels}
    return tuple(sorted(found, key=lambda level: level.order))
