"""Operations side by side, and each with its stages, decompression, rods, cage and checks."""

from __future__ import annotations

from collections.abc import Sequence

from oncospine.anatomy import Spine
from oncospine.base import Side, described_levels
from oncospine.lesion import Compartment
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_surgery import least_margin
from oncospine.report.slices import displayed
from oncospine.report.view_parts import PictureView, ReasonView, Table
from oncospine.report.view_surgery import OperationView, StagePlanView
from oncospine.report.words import ABSENT, decimal, listed, percent, typeset
from oncospine.surgery import Bend, EvaluatedOperation, EvaluatedStage, Remaining, Stage, approach, cross_connector


def comparison_table(operations: Sequence[EvaluatedOperation]) -> Table | None:
    """One column per operation, one row per thing to compare; no weight, no winner."""
    if not operations:
        return None
    rows = tuple((name, *(value(item) for item in operations)) for name, value in _COMPARED)
    headings = ("", *(item.operation.title for item in operations))
    notes = (
        "Within reach is a geometric upper limit of what can be taken, not what will be. "
        "Room for the sac: canal area without tumour, at the level with the least room before.",
    )
    words = frozenset(range(len(headings)))
    return Table(title="What each would come to", headings=headings, rows=rows, notes=notes, words=words)


def operation_view(
    item: EvaluatedOperation, spine: Spine, sources: Bibliography, pictures: tuple[PictureView, ...] = ()
) -> OperationView:
    """One operation in full."""
    operation = item.operation
    tables = [_decompression_table(item, spine), *_rod_table(item, spine), *_cage_table(item), _left_table(item)]
    checks = tuple(
        ReasonView(
            text=check.text, source=sources.source(check.citations, verification=check.verification, rule=check.rule_id)
        )
        for check in item.checks
    )
    notes = [f"{name.stage.title}: {note}" for name in item.stages for note in name.notes]
    return OperationView(
        title=operation.title,
        origin=operation.origin,
        source=sources.source(operation.citations),
        reasons=operation.reasons,
        stages=tuple(f"{number}. {_stage(stage)}" for number, stage in enumerate(operation.stages, 1)),
        tables=tuple(tables),
        checks=checks,
        plans=tuple(_stage_plan(number, stage, sources) for number, stage in enumerate(item.stages, 1)),
        notes=tuple(typeset(note) for note in (*item.notes, *notes)),
        pictures=pictures,
    )


def _stage_plan(number: int, stage: EvaluatedStage, sources: Bibliography) -> StagePlanView:
    """Checks before a stage, when it stops, what follows, and what series report of such ones."""
    plan = stage.plan
    parts = []
    for heading, rules in (("Before", plan.before), ("Stop, or think again", plan.stop), ("After", plan.after)):
        told = tuple(
            ReasonView(
                text=rule.text, source=sources.source(rule.citations, verification=rule.verification, rule=rule.rule_id)
            )
            for rule in rules
        )
        parts.append((heading, told))
    figures = tuple(
        ReasonView(text=one.text, source=sources.source(one.citations, verification=one.verification))
        for one in plan.figures
    )
    parts.append(("Blood loss, time and complications in published series", figures))
    return StagePlanView(
        title=f"{number}. {stage.stage.title}",
        parts=tuple((heading, told) for heading, told in parts if told),
        note=plan.figures_note,
    )


def _stage(stage: Stage) -> str:
    parts = [f"{stage.title} ({stage.approach}, {stage.position}{f', {stage.side} side' if stage.side else ''})"]
    parts.append(f"for access: {approach(stage.approach).sacrifices}")
    if stage.laminectomy is not None:
        parts.append(f"laminectomy {described_levels(stage.laminectomy.levels)}")
    if stage.corpectomy is not None:
        parts.append(f"corpectomy {described_levels(stage.corpectomy.levels)}")
    if stage.resection is not None:
        parts.append(f"resection intended: {stage.resection.intent}")
    if stage.fixation is not None:
        parts.append(f"pedicle fixation {stage.fixation.levels[0]}-{stage.fixation.levels[-1]}")
    if stage.cage is not None:
        parts.append("cage")
    return "; ".join(parts)


def _levels_of(item: EvaluatedOperation, step: str) -> str:
    steps = (getattr(stage, step) for stage in item.operation.stages)
    found = [level for done in steps if done is not None for level in done.levels]
    return described_levels(found) or "none"


def _screws(item: EvaluatedOperation) -> str:
    if not item.screws:
        return "none"
    planned = [screw for screw in item.screws if screw.is_planned]
    refused = len(item.screws) - len(planned)
    return f"{len(planned)} planned, {refused} refused"


def _grades(item: EvaluatedOperation) -> str:
    letters = [screw.grade.gertzbein.value for screw in item.screws if screw.is_planned and screw.grade is not None]
    counted = {letter: letters.count(letter) for letter in sorted(set(letters))}
    return listed(f"{letter}: {count}" for letter, count in counted.items()) or ABSENT


def _least(item: EvaluatedOperation) -> str:
    known = [(found[0], screw) for screw in item.screws if (found := least_margin(screw)) is not None]
    if not known:
        return ABSENT
    value, screw = min(known, key=lambda pair: pair[0])
    return f"{decimal(value, 'mm')} ({screw.name})"


def _reached(item: EvaluatedOperation) -> str:
    share = item.reached_share
    return ABSENT if share is None else f"{percent(share)}; {decimal(item.remaining.total_ml, 'ml')} left"


def _room(item: EvaluatedOperation) -> str:
    levels = item.stages[-1].decompression.levels
    if not levels:
        return ABSENT
    worst = min(levels.values(), key=lambda found: found.room_before_mm2)
    return f"{worst.level}: {decimal(worst.room_before_mm2)} → {decimal(worst.room_after_mm2, 'mm²')}"


def _opened(item: EvaluatedOperation) -> str:
    levels = item.stages[-1].decompression.levels
    if not levels:
        return ABSENT
    worst = min(levels.values(), key=lambda found: found.room_before_mm2)
    opened, wall = (decimal(part, "°", digits=0) for part in (worst.opened_deg, worst.wall_before_deg))
    return f"{worst.level}: {opened} of {wall}"


def _rods(item: EvaluatedOperation) -> str:
    rods = [rod for stage in item.stages for rod in stage.rods]
    return listed(f"{rod.side} {decimal(rod.length_mm, 'mm')}" for rod in rods) or "none"


def _cages(item: EvaluatedOperation) -> str:
    cages = [stage.cage for stage in item.stages if stage.cage is not None]
    told = [
        f"refused: {cage.refusal}" if cage.refusal else f"{cage.above}-{cage.below}, {decimal(cage.height_mm, 'mm')}"
        for cage in cages
    ]
    return "; ".join(told) or "none"


_COMPARED = (
    ("Proposed by", lambda item: item.operation.origin),
    ("Stages", lambda item: "; ".join(stage.title for stage in item.operation.stages)),
    ("Laminectomy", lambda item: _levels_of(item, "laminectomy")),
    ("Corpectomy", lambda item: _levels_of(item, "corpectomy")),
    ("Fixation", lambda item: _levels_of(item, "fixation")),
    ("Screws", _screws),
    ("Predicted grades (Gertzbein-Robbins)", _grades),
    ("Least margin to a pedicle wall", _least),
    ("Tumour within reach", _reached),
    ("Tumour left in the canal", lambda item: decimal(item.remaining.canal_ml, "ml")),
    ("Room for the sac", _room),
    ("Bony wall of the canal opened", _opened),
    ("Bone taken", lambda item: decimal(item.stages[-1].decompression.bone_removed_ml, "ml")),
    ("Rods", _rods),
    ("Cage", _cages),
    ("Checks with something to say", lambda item: listed(check.rule_id for check in item.checks) or "none"),
)


def _decompression_table(item: EvaluatedOperation, spine: Spine) -> Table:
    """Per level: before, and after every stage (each stage adds to those before it)."""
    after = [f"after stage {number}" for number in range(1, len(item.stages) + 1)]
    headings = ("Level", "Room for the sac before, mm²", *(f"{name}, mm²" for name in after),
                "Bony wall before", *(f"opened {name}" for name in after),
                "Bone behind the canal, mm", "Tumour in front left, mm²", "Bone taken, ml")  # fmt: skip
    last = item.stages[-1].decompression.levels
    rows = []
    for level, found in last.items():
        through = [stage.decompression.levels[level] for stage in item.stages if level in stage.decompression.levels]
        rows.append(
            (
                displayed(level, spine) + ("" if spine.vertebrae[level].completeness.is_complete else " (cut)"),
                decimal(found.room_before_mm2),
                *(decimal(one.room_after_mm2) for one in through),
                decimal(found.wall_before_deg, "°", digits=0),
                *(decimal(one.opened_deg, "°", digits=0) for one in through),
                f"{found.roofed_before_mm:.0f} → {found.roofed_after_mm:.0f}",
                decimal(found.ventral_tumour_after_mm2),
                decimal(found.bone_removed_ml),
            )
        )
    words = item.stages[-1].decompression.verification.words
    notes = (f"Areas across the canal's own centreline. Definitions: {words}.",)
    return Table(title="Decompression per level", headings=headings, rows=tuple(rows), notes=notes)


def _rod_table(item: EvaluatedOperation, spine: Spine) -> list[Table]:
    rods = [rod for stage in item.stages for rod in stage.rods]
    if not rods:
        return []
    rows, notes = [], []
    for rod in rods:
        bends = "; ".join(f"{displayed(bend.level, spine)} {_bend(bend)}" for bend in rod.bends)
        span = f"{displayed(rod.levels[0], spine)}-{displayed(rod.levels[-1], spine)}"
        rows.append(
            (f"{rod.side}, {span}", decimal(rod.length_mm, "mm"), decimal(rod.longest_span_mm, "mm"), bends or "none")
        )
        notes += [f"{rod.side}: {note}" for note in rod.notes]
    bar = cross_connector(rods)
    if bar is not None:
        where = f"{displayed(bar.above, spine)} and {displayed(bar.below, spine)}"
        notes.append(
            f"Cross-connector between {where}: {decimal(bar.width_mm, 'mm')} from rod to rod (oncospine default)."
        )
    headings = ("Rod", "Length", "Longest span between heads", "Bends at the heads, cranial to caudal")
    return [Table(title="Rods", headings=headings, rows=tuple(rows), notes=tuple(notes), words=frozenset({0, 3}))]


def _bend(bend: Bend) -> str:
    sagittal = _turned(bend.sagittal_deg, "kyphotic", "lordotic")
    coronal = _turned(bend.coronal_deg, "outwards", "inwards")
    return f"{decimal(bend.total_deg, '°', digits=0)} ({sagittal}, {coronal})"


def _turned(angle: float, positive: str, negative: str) -> str:
    return f"{decimal(abs(angle), '°', digits=0)} {positive if angle >= 0 else negative}"


def _cage_table(item: EvaluatedOperation) -> list[Table]:
    cages = [stage.cage for stage in item.stages if stage.cage is not None]
    if not cages:
        return []
    rows = tuple(
        (
            f"{cage.above or '?'}-{cage.below or '?'}",
            decimal(cage.gap_mm, "mm"),
            decimal(cage.height_mm, "mm"),
            decimal(cage.footprint_mm, "mm"),
            percent(cage.bearing_share),
            decimal(cage.kyphosis_deg, "°"),
            decimal(cage.plate_mm, "mm", digits=0),
            decimal(cage.cement_ml, "ml"),
            cage.refusal or "planned",
        )
        for cage in cages
    )
    headings = ("Between", "Gap", "Height", "Footprint", "Endplate covered", "Kyphosis that parallel endplates correct",
                "Plate between the middles of both bodies", "Cement instead of a cage", "Result")  # fmt: skip
    notes = tuple(note for cage in cages for note in cage.notes)
    return [Table(title="Cage", headings=headings, rows=rows, notes=notes, words=frozenset({0, 8}))]


def _left_table(item: EvaluatedOperation) -> Table:
    """What is left of the tumour, stage by stage, if all within reach is taken: where, and on which side."""
    rows = [("before", *_where(item.before), ABSENT, ABSENT)]
    rows += [_left_row(number, stage) for number, stage in enumerate(item.stages, 1)]
    headings = ("", "Tumour, ml", "in bone", "epidural", "beside the spine", "in the canal", "patient's right",
                "patient's left", "touching sac or cord, out of reach", "Within reach of the stage")  # fmt: skip
    return Table(title="Tumour out of reach, ml", headings=headings, rows=tuple(rows))


def _left_row(number: int, stage: EvaluatedStage) -> tuple[str, ...]:
    reach = ABSENT if stage.reach is None else percent(stage.reach.share)
    shell = ABSENT if stage.reach is None else decimal(stage.reach.shell_left_ml)
    return (f"after stage {number}", *_where(stage.remaining), shell, reach)


def _where(left: Remaining) -> tuple[str, ...]:
    parts = (Compartment.BONE, Compartment.EPIDURAL, Compartment.PARAVERTEBRAL)
    return (
        decimal(left.total_ml),
        *(decimal(left.compartments.get(part)) for part in parts),
        decimal(left.canal_ml),
        decimal(left.sides.get(Side.RIGHT)),
        decimal(left.sides.get(Side.LEFT)),
    )
