"""An operation evaluated on one patient: stage by stage, each on what the stage before left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from oncospine.anatomy import PARTS, Part, Spine
from oncospine.base import Level, Progress, Side, silent
from oncospine.geometry import Mask, voxels_of
from oncospine.imaging import Scan
from oncospine.lesion import Compartment, Findings
from oncospine.surgery.anterior_column import planned_cage
from oncospine.surgery.approaches import Approach, approach
from oncospine.surgery.construct_ends import deformed_ends
from oncospine.surgery.decompression import Decompression, decompression
from oncospine.surgery.evaluated import EvaluatedOperation, EvaluatedStage, Remaining
from oncospine.surgery.fixation_checks import construct_levels, fixation_checks
from oncospine.surgery.ground import Ground, prepared
from oncospine.surgery.operation import Corpectomy, Operation, OwnScrew, ResectionIntent, Stage
from oncospine.surgery.reach import Corridor, Reach, by_level, reach_of
from oncospine.surgery.removal import corpectomy_mask, laminectomy_mask, parts_mask, require_levels
from oncospine.surgery.rods import planned_rods
from oncospine.surgery.screw import PlannedScrew, Screw, ScrewPath
from oncospine.surgery.screw_assessment import entry_flags, graded_mass_screw, graded_screw, outside_bone
from oncospine.surgery.screw_planning import refused_screw
from oncospine.surgery.screw_site import PEDICLE_SCREW_LEVELS, ScrewSite
from oncospine.surgery.sizes import ScrewCatalogue, room_data
from oncospine.surgery.stage_plan import StagePlan, stage_plan
from oncospine.surgery.sternum_line import line_test
from oncospine.surgery.trajectory_search import Trajectory


def evaluate(
    operation: Operation,
    spine: Spine,
    findings: Findings | None,
    scan: Scan | None = None,
    *,
    catalogue: ScrewCatalogue | None = None,
    trajectory: Trajectory = Trajectory.STRAIGHT_FORWARD,
    progress: Progress = silent,
) -> EvaluatedOperation:
    """Evaluate every stage; `findings` None means a patient without a tumour.

    Raises `InputError` where a step names a level that the scan does not show. What a plan cannot have (a screw in
    destroyed bone, a cage larger than its gap) is refused in its place with the reason.
    """
    ground = prepared(spine, findings, scan, catalogue=catalogue, trajectory=trajectory)
    return evaluated_on(ground, operation, progress=progress)


def evaluated_on(ground: Ground, operation: Operation, *, progress: Progress = silent) -> EvaluatedOperation:
    """`evaluate` on a patient prepared once for many operations."""
    spine, findings = ground.spine, ground.findings
    for number, stage in enumerate(operation.stages, start=1):
        require_levels(spine, stage.levels, step=f"stage {number} ({stage.title})")
    outcome: StageOutcome | None = None
    corpectomy: Corpectomy | None = None
    done: list[EvaluatedStage] = []
    for index, stage in enumerate(operation.stages):
        progress(f"evaluating {stage.title}", index / len(operation.stages))
        corpectomy = stage.corpectomy or corpectomy
        outcome = outcome_of(ground, stage, outcome)
        plan = stage_plan(operation, index)
        done.append(_evaluated_stage(ground, stage, outcome, corpectomy=corpectomy, plan=plan))
    every = tuple(screw for stage in done for screw in stage.screws)
    return EvaluatedOperation(
        operation=operation,
        before=remaining(spine, ground.tumour, findings),
        stages=tuple(done),
        checks=fixation_checks(
            operation,
            every,
            findings.levels if findings is not None else {},
            deformed_ends(spine, construct_levels(operation)),
        ),
        notes=_notes(done, findings),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StageOutcome:
    """Bone and tumour after a stage, what it reached and what it opened.

    `steps` are what this stage and those before it did to them: outcomes of the same steps are the same.
    """

    steps: tuple[object, ...]
    removed: Mask
    left: Mask
    reach: Reach | None
    opened: Decompression


def outcome_of(ground: Ground, stage: Stage, before: StageOutcome | None) -> StageOutcome:
    """What a stage comes to after those before it; worked out once for all operations that begin with these steps."""
    step = (stage.approach, stage.side, stage.laminectomy, stage.corpectomy, stage.resection)
    steps = (*(before.steps if before is not None else ()), step)
    if steps not in ground.done:
        gone, left = (ground.nothing(), ground.tumour) if before is None else (before.removed, before.left)
        spine = ground.spine
        removed = Mask(gone.array | stage_removal(spine, stage, ground.findings).array, spine.grid.affine)
        reach = stage_reach(ground, stage, left, removed)
        left = _after(stage, left, reach, ground.findings)
        opened = decompression(spine, removed, before=ground.canal, tumour_before=ground.tumour, tumour_after=left)
        ground.done[steps] = StageOutcome(steps=steps, removed=removed, left=left, reach=reach, opened=opened)
    found: StageOutcome = ground.done[steps]
    return found


def _evaluated_stage(
    ground: Ground, stage: Stage, outcome: StageOutcome, *, corpectomy: Corpectomy | None, plan: StagePlan
) -> EvaluatedStage:
    spine = ground.spine
    screws = () if stage.fixation is None else own_screws(ground, stage.fixation.screws)
    rods = planned_rods(spine, screws) if stage.fixation is not None and stage.fixation.rods else ()
    cage = None
    if stage.cage is not None and corpectomy is not None:
        cage = planned_cage(spine, corpectomy, stage.cage, tumour=outcome.left)
    return EvaluatedStage(
        stage=stage,
        reach=outcome.reach,
        decompression=outcome.opened,
        screws=screws,
        rods=rods,
        cage=cage,
        removed_bone=outcome.removed,
        tumour_left=outcome.left,
        remaining=remaining(spine, outcome.left, ground.findings),
        plan=plan,
        notes=_stage_notes(spine, stage, approach(stage.approach)),
    )


def stage_removal(spine: Spine, stage: Stage, findings: Findings | None) -> Mask:
    """Bone that a stage takes: its steps, and what its approach takes for access at the levels of the resection."""
    taken = np.zeros(spine.grid.shape, np.bool_)
    if stage.laminectomy is not None:
        taken |= laminectomy_mask(spine, stage.laminectomy).array
    if stage.corpectomy is not None:
        taken |= corpectomy_mask(spine, stage.corpectomy).array
    levels = resection_levels(stage, spine, findings)
    if levels:
        row = approach(stage.approach)
        sides = tuple(Side) if not row.sided or stage.side is None else (stage.side,)
        names = row.removes - {"body"} if stage.corpectomy is None else row.removes
        taken |= parts_mask(spine, levels, names, sides).array
    return Mask(taken, spine.grid.affine)


def resection_levels(stage: Stage, spine: Spine, findings: Findings | None) -> tuple[Level, ...]:
    """Levels at which tumour is to be taken: as named, otherwise every involved one in view."""
    if stage.resection is None or stage.resection.intent is ResectionIntent.NONE:
        return ()
    if stage.resection.levels:
        return stage.resection.levels
    involved = findings.involved_levels if findings is not None else ()
    return tuple(level for level in involved if level in spine.vertebrae)


def remaining(spine: Spine, tumour: Mask, findings: Findings | None) -> Remaining:
    """What there is of the tumour, by compartment and part."""
    ml = spine.grid.voxel_volume_mm3 / 1000
    at = tuple(voxels_of(tumour.array).T)
    compartments = {}
    if findings is not None and findings.compartments.shape == tumour.array.shape:
        counts = np.bincount(findings.compartments[at], minlength=len(Compartment) + 1)
        compartments = {item: float(counts[item.code]) * ml for item in Compartment}
    parts: dict[Level, Mapping[Part, float]] = {}
    levels, codes = spine.level_codes[at], spine.part_codes[at]
    for level in spine.levels:
        counts = np.bincount(codes[levels == level.code], minlength=len(PARTS) + 1)
        found = {part: float(counts[part.code]) * ml for part in PARTS if counts[part.code]}
        if found:
            parts[level] = MappingProxyType(found)
    canal = float(np.count_nonzero(spine.canal.mask.array[at])) * ml
    return Remaining(
        total_ml=tumour.volume_ml,
        compartments=compartments,
        parts=parts,
        canal_ml=canal,
        sides=_by_side(spine, tumour),
    )


def _by_side(spine: Spine, tumour: Mask) -> Mapping[Side, float]:
    """Tumour in ml on either side of the middle of the vertebrae beside it."""
    right = whole = 0
    for frame, voxels in by_level(spine, spine.grid, voxels_of(tumour.array)):
        right += int(np.count_nonzero(frame.to_local(spine.grid.to_world(voxels))[:, 0] > 0))
        whole += len(voxels)
    ml = spine.grid.voxel_volume_mm3 / 1000
    return MappingProxyType({Side.LEFT: (whole - right) * ml, Side.RIGHT: right * ml})


def stage_reach(ground: Ground, stage: Stage, left: Mask, removed: Mask) -> Reach | None:
    """What a stage reaches of the tumour still there; None where it takes none."""
    if stage.resection is None or stage.resection.intent is ResectionIntent.NONE or not left.array.any():
        return None
    corridor = Corridor(approach=approach(stage.approach), side=stage.side, removed=removed)
    return reach_of(ground.spine, left, [corridor], sac=ground.sac)


def _after(stage: Stage, left: Mask, reach: Reach | None, findings: Findings | None) -> Mask:
    """Tumour that is left if all that is wanted and within reach is taken; separation takes the epidural part only."""
    if reach is None or stage.resection is None:
        return left
    taken = reach.reachable.array
    if stage.resection.intent is ResectionIntent.SEPARATION and findings is not None:
        taken = taken & (findings.compartments == Compartment.EPIDURAL.code)
    return Mask(left.array & ~taken, left.affine)


def own_screws(ground: Ground, wanted: Sequence[OwnScrew]) -> tuple[PlannedScrew, ...]:
    """The program's screw for each place, the surgeon's own graded where he wants another, or a refusal."""
    found = []
    for own, planned in zip(wanted, ground.screws((one.level, one.side) for one in wanted), strict=True):
        site = ground.site(own.level, own.side)
        found.append(planned if site is None else own_screw(site, own, planned))
    return tuple(found)


def own_screw(site: ScrewSite, own: OwnScrew, planned: PlannedScrew) -> PlannedScrew:
    """What the surgeon wants where it differs from the program's screw: graded as it is, never moved."""
    if own.entry_mm is None and own.diameter_mm is None and own.length_mm is None:
        return planned
    if own.entry_mm is not None and own.target_mm is not None and own.diameter_mm is not None:
        entry, target, diameter = own.entry_mm, own.target_mm, own.diameter_mm
    elif planned.entry_mm is not None and planned.tip_mm is not None and planned.diameter_mm is not None:
        entry, target, diameter = planned.entry_mm, planned.tip_mm, own.diameter_mm or planned.diameter_mm
    else:
        return planned
    astray = outside_bone(site, entry, target)
    if astray is not None:
        return refused_screw(own.level, own.side, astray)
    length = own.length_mm or float(np.linalg.norm(target - entry))
    tip = entry + length * (target - entry) / np.linalg.norm(target - entry)
    screw = Screw(level=own.level, side=own.side, entry_mm=entry, tip_mm=tip, diameter_mm=diameter)
    in_mass = planned.path is ScrewPath.LATERAL_MASS or own.level not in PEDICLE_SCREW_LEVELS
    graded = graded_mass_screw(site, screw) if in_mass else graded_screw(site, screw)
    notes = (*graded.notes, *entry_flags(site, screw))
    if planned.refusal is not None:
        notes = (*notes, f"flag: the program would not place it: {planned.refusal}")
    return replace(graded, notes=notes)


def _stage_notes(spine: Spine, stage: Stage, row: Approach) -> tuple[str, ...]:
    notes = list(stage.notes)
    reached = stage.corpectomy.levels if stage.corpectomy is not None else ()
    reached += stage.resection.levels if stage.resection is not None else ()
    beyond = row.beyond(tuple(dict.fromkeys(reached)))
    if beyond:
        notes.append(
            f"flag: {', '.join(beyond)} outside the usual range of {row.name} ({row.levels[0]}-{row.levels[-1]})"
        )
    if not row.verification.is_verified:
        notes.append(f"level range of {row.name}: {row.verification.words}")
    if reached and row.id in room_data("line_test.yaml")["approaches"]:
        notes.append(f"flag: {line_test(spine, max(reached, key=lambda level: level.order)).text} (L-1, L-4)")
    for level in stage.levels:
        completeness = spine.vertebrae[level].completeness
        if not completeness.is_complete:
            notes.append(f"{level} is {completeness.reason}: what is out of view is not counted")
    return tuple(notes)


def _notes(stages: list[EvaluatedStage], findings: Findings | None) -> tuple[str, ...]:
    notes = ["reach is geometric: an upper limit of what can be taken, not what will be"]
    if any(stage.reach is not None and not stage.reach.sac_known for stage in stages):
        notes.append("no sac or cord is labelled: the inner canal stands for it")
    if findings is None:
        notes.append("no tumour was given: all bone counts as sound")
    return tuple(notes)
