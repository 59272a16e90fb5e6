"""One printed page of an operation for theatre: levels and how they are counted, sides, every stage with its screws."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncospine.anatomy import Spine
from oncospine.base import Level, Side, described_levels
from oncospine.case import Case, Study
from oncospine.lesion import Findings
from oncospine.report.from_case import patient_view, study_line
from oncospine.report.from_findings import spine_notices
from oncospine.report.ray_picture import VIEWS
from oncospine.report.render import render_page
from oncospine.report.slices import displayed
from oncospine.report.svg import svg_uri
from oncospine.report.view import Grade, PatientView
from oncospine.report.views3d import operation_views
from oncospine.report.words import decimal, percent, typeset
from oncospine.strategy import FOOTER
from oncospine.surgery import (
    SIDE_UP,
    CagePlan,
    EvaluatedOperation,
    EvaluatedStage,
    PlannedScrew,
    Rod,
    ScrewPath,
    Stage,
    approach,
)

TITLE = "Operative sheet"
"""Heading of the page."""

AGAIN = "and what stands at an earlier stage"
"""Said in place of checks that were printed at an earlier stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetScrew:
    """One screw: size, angles and margin on one line, the entry in words; or why there is none."""

    size: str
    angles: str
    entry: str
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """Both pedicles of a level."""

    level: str
    right: SheetScrew | None
    left: SheetScrew | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetStage:
    """One stage as it is set up and done."""

    title: str
    approach: str
    position: str
    side: str
    steps: tuple[str, ...]
    screws: tuple[SheetRow, ...]
    implants: tuple[str, ...]
    expected: tuple[str, ...]
    before: tuple[str, ...]
    stop: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperativeSheet:
    """Exactly what the page holds."""

    title: str
    operation: str
    origin: str
    patient: PatientView
    levels: str
    counted: tuple[str, ...]
    stages: tuple[SheetStage, ...]
    picture: str
    footer: str


def operative_sheet(
    case: Case, study: Study, spine: Spine, findings: Findings | None, done: EvaluatedOperation
) -> OperativeSheet:
    """The view of the page."""
    operation = done.operation
    notices = [notice for notice in spine_notices(spine) if notice.text.startswith("Level names")]
    notices += [notice for notice in spine_notices(spine) if notice.grade is Grade.WARNING and notice not in notices]
    views = operation_views(spine, findings, done, views=VIEWS[:1])()
    return OperativeSheet(
        title=TITLE,
        operation=operation.title,
        origin=operation.origin,
        patient=patient_view(case, study),
        levels=f"{_named(operation.levels, spine)} on {study_line(study)}",
        counted=tuple(notice.text for notice in notices),
        stages=_shortened(tuple(_stage(number, stage, spine) for number, stage in enumerate(done.stages, 1))),
        picture=svg_uri(views[0].svg) if views else "",
        footer=FOOTER,
    )


def render_operative_sheet(sheet: OperativeSheet) -> str:
    """The page as HTML, laid out for one sheet of A4."""
    return render_page("operative_sheet.html.j2", sheet)


def _stage(number: int, item: EvaluatedStage, spine: Spine) -> SheetStage:
    stage, plan, row = item.stage, item.plan, approach(item.stage.approach)
    position, up = str(stage.position), SIDE_UP.get(stage.position)
    return SheetStage(
        title=f"Stage {number}: {stage.title}",
        approach=f"{row.name} ({row.id}); for access: {row.sacrifices}",
        position=position if up is None else f"{position}, patient's {str(up).upper()} side up",
        side="midline, no side" if stage.side is None else f"patient's {str(stage.side).upper()}",
        steps=_steps(stage, spine),
        screws=_rows(item.screws, spine),
        implants=(*(_rod(rod, spine) for rod in item.rods), *_cage(item.cage)),
        expected=_expected(item, spine),
        before=tuple(typeset(rule.text) for rule in plan.before),
        stop=tuple(typeset(rule.text) for rule in plan.stop),
        flags=tuple(typeset(note) for note in item.notes if note.startswith("flag")),
    )


def _shortened(stages: tuple[SheetStage, ...]) -> tuple[SheetStage, ...]:
    """Each check is printed once, at the first stage that has it."""
    seen: set[str] = set()
    found = []
    for stage in stages:
        told: dict[str, tuple[str, ...]] = {}
        for name, lines in (("before", stage.before), ("stop", stage.stop)):
            new = tuple(line for line in lines if line not in seen)
            told[name] = new if len(new) == len(lines) else (*new, AGAIN)
        seen |= {*stage.before, *stage.stop}
        found.append(replace(stage, before=told["before"], stop=told["stop"]))
    return tuple(found)


def _named(levels: tuple[Level, ...], spine: Spine) -> str:
    """A run of levels with its count, a question mark where the numbering is in doubt."""
    mark = "" if displayed(levels[0], spine) == str(levels[0]) else " (level names in doubt)"
    count = f"{len(levels)} level{'s' if len(levels) != 1 else ''}"
    return f"{described_levels(levels)} = {count}{mark}"


def _steps(stage: Stage, spine: Spine) -> tuple[str, ...]:
    found = []
    if stage.laminectomy is not None:
        step = stage.laminectomy
        sides = "both sides" if str(step.side) == "both" else f"patient's {str(step.side).upper()} only"
        facets = "" if str(step.facets) == "none" else f", {step.facets} facets"
        found.append(f"Laminectomy {_named(step.levels, spine)}, {sides}{facets}")
    if stage.corpectomy is not None:
        found.append(f"Corpectomy {_named(stage.corpectomy.levels, spine)}")
    if stage.resection is not None:
        where = f" at {described_levels(stage.resection.levels)}" if stage.resection.levels else ""
        found.append(f"Resection intended: {stage.resection.intent}{where}")
    if stage.fixation is not None:
        found.append(f"Pedicle fixation {_named(stage.fixation.levels, spine)}")
    return tuple(found)


def _rows(screws: tuple[PlannedScrew, ...], spine: Spine) -> tuple[SheetRow, ...]:
    found = {(screw.level, screw.side): screw for screw in screws}
    levels = sorted({level for level, _ in found}, key=lambda level: level.order)
    return tuple(
        SheetRow(
            level=displayed(level, spine),
            right=_screw(found.get((level, Side.RIGHT))),
            left=_screw(found.get((level, Side.LEFT))),
        )
        for level in levels
    )


def _screw(screw: PlannedScrew | None) -> SheetScrew | None:
    if screw is None:
        return None
    if screw.refusal is not None:
        return SheetScrew(size="", angles="", entry="", refused=typeset(screw.refusal))
    grade = "" if screw.grade is None else f", predicted grade {screw.grade.gertzbein}"
    path = "" if screw.path in {None, ScrewPath.INTRAPEDICULAR} else f", {screw.path}"
    return SheetScrew(
        size=f"{decimal(screw.diameter_mm)} × {decimal(screw.length_mm, digits=0)} mm",
        angles=f"{_turn(screw.convergence_deg, 'converging', 'diverging')}, "
        f"{_turn(screw.caudal_deg, 'caudal', 'cranial')}{grade}{path}",
        entry=screw.entry_words or "",
    )


def _turn(angle: float | None, positive: str, negative: str) -> str:
    """An angle with its direction in words, so that no sign has to be read."""
    if angle is None:
        return "angle not known"
    return f"{decimal(abs(angle), '°', digits=0)} {positive if angle >= 0 else negative}"


def _rod(rod: Rod, spine: Spine) -> str:
    bends = ", ".join(f"{displayed(bend.level, spine)} {decimal(bend.total_deg, '°', digits=0)}" for bend in rod.bends)
    told = f"; {'; '.join(rod.notes)}" if rod.notes else ""
    return f"Rod {rod.side}: cut {decimal(rod.length_mm, 'mm', digits=0)}; bends {bends or 'none'}{told}"


def _cage(cage: CagePlan | None) -> tuple[str, ...]:
    if cage is None:
        return ()
    where = f"between {cage.above or '?'} and {cage.below or '?'}"
    if cage.refusal is not None:
        return (f"Cage {where}: none ({cage.refusal})",)
    sizes = f"height {decimal(cage.height_mm, 'mm', digits=0)}, footprint {decimal(cage.footprint_mm, 'mm', digits=0)}"
    kyphosis = f"parallel endplates correct {decimal(cage.kyphosis_deg, '°', digits=0)} of kyphosis"
    others = f"cement instead: about {decimal(cage.cement_ml, 'ml')}; plate between the middles of the bodies: "
    others += decimal(cage.plate_mm, "mm", digits=0)
    return (f"Cage {where}: {sizes}, gap {decimal(cage.gap_mm, 'mm')}; {kyphosis}; {others}",)


def _expected(item: EvaluatedStage, spine: Spine) -> tuple[str, ...]:
    """What the stage comes to by the plan: an upper limit for tumour, room of the sac at the tightest level."""
    found = []
    if item.reach is not None:
        found.append(
            f"{percent(item.reach.share)} of the tumour there within reach (upper limit), "
            f"{decimal(item.remaining.total_ml, 'ml')} left"
        )
    levels = item.decompression.levels
    if levels:
        worst = min(levels.values(), key=lambda one: one.room_before_mm2)
        before, after = decimal(worst.room_before_mm2, digits=0), decimal(worst.room_after_mm2, "mm²", digits=0)
        found.append(f"room of the sac at {displayed(worst.level, spine)}: {before} → {after}")
    return tuple(found)
