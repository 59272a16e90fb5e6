"""The program's own operation: put together from rules, each with its reason, so that it can stand beside another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from oncospine.anatomy import Spine, sided
from oncospine.base import InputError, Level, Side, described_levels, parse_level, parse_levels
from oncospine.geometry import Mask
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.surgery.approaches import Approach, approaches
from oncospine.surgery.evaluate import evaluated_on, stage_reach, stage_removal
from oncospine.surgery.evaluated import EvaluatedOperation, EvaluatedStage
from oncospine.surgery.fixation_checks import destroyed_levels
from oncospine.surgery.ground import Ground, prepared
from oncospine.surgery.operation import (
    CageStep,
    Corpectomy,
    Laminectomy,
    Operation,
    OwnScrew,
    PedicleFixation,
    Resection,
    ResectionIntent,
    Stage,
    position_for,
)
from oncospine.surgery.screw import PlannedScrew, ScrewPath
from oncospine.surgery.screw_site import SCREW_LEVELS
from oncospine.surgery.sizes import RuleSource, room_data, source_of

ORIGIN = "oncospine proposal"
"""`Operation.origin` of what the program proposes."""

JUNCTION = parse_levels("C7-T2")
"""The cervicothoracic junction (prognosis-and-strategy.md F-5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRule:
    """A number of `data/proposal_rules.yaml` with its sentence and source."""

    value: Any
    source: RuleSource

    @property
    def text(self) -> str:
        return self.source.text.format(value=self.value)


@cache
def proposal_rules() -> Mapping[str, ProposalRule]:
    """The rules that come with the program."""
    data = room_data("proposal_rules.yaml")
    return {name: ProposalRule(value=row["value"], source=source_of(row)) for name, row in data.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAnchors:
    """Levels chosen to carry screws, cranial to caudal, and why these."""

    above: tuple[Level, ...]
    below: tuple[Level, ...]
    screws: tuple[PlannedScrew, ...]
    reasons: tuple[str, ...]


def proposed_operation(spine: Spine, findings: Findings, scan: Scan | None = None) -> Operation:
    """Posterior circumferential decompression and fixation, with a second stage from the front if the rules want one.

    Raises `InputError` where no involved vertebra is in view.
    """
    return proposed_on(prepared(spine, findings, scan))


def proposed_on(ground: Ground) -> Operation:
    """`proposed_operation` on a patient prepared once for many operations."""
    involved = involved_in_view(ground)
    if not involved:
        raise InputError("no vertebra with tumour in its bone is in view: there is nothing to propose an operation for")
    row = posterior_approach(involved)
    lost = bodies_lost(ground)
    front = bool(lost) and not row.anterior_support and bool(_anterior_rows(ground))
    posterior, reasons = posterior_stage(ground, row, front=front)
    citations = _citations()
    title = "Posterior circumferential" if row.id == proposal_rules()["posterior"].value else "Posterior"
    first = Operation(title=title, stages=(posterior,), origin=ORIGIN, reasons=reasons, citations=citations)
    done = evaluated_on(ground, first)
    limit = float(proposal_rules()["ventral_rest"].value)
    rest = ventral_rest(done)
    said = f"after the posterior stage tumour in front takes up to {rest:.0%} of the canal"
    unsupported = bool(lost) and posterior.cage is None
    if rest < limit and not unsupported:
        return replace(first, reasons=(*reasons, f"{said}, below {limit:.0%}: no second stage"))
    anterior = best_anterior_stage(ground, done.stages[-1])
    if anterior is None:
        none = f"{said}, but no anterior approach leads to {described_levels(involved)}"
        return replace(first, reasons=(*reasons, none))
    posterior = replace(posterior, cage=None, corpectomy=None)
    anterior = replace(anterior, cage=CageStep())
    if rest >= limit:
        reasons = (*reasons, said, proposal_rules()["ventral_rest"].text)
    if not approaches()[anterior.approach].opens_bone:
        reasons = (*reasons, proposal_rules()["bone_spared"].text)
    if unsupported:
        reasons = (*reasons, f"the anterior column of {described_levels(lost)} is supported from the front")
    return replace(first, title="Staged 360", stages=(posterior, anterior), reasons=reasons)


def involved_in_view(ground: Ground) -> tuple[Level, ...]:
    """Levels with tumour in their bone that the scan shows, cranial to caudal."""
    involved = ground.findings.involved_levels if ground.findings is not None else ()
    return tuple(level for level in involved if level in ground.spine.vertebrae)


def posterior_approach(involved: tuple[Level, ...]) -> Approach:
    """The circumferential route where it is offered at every involved level, else a laminectomy (L-7)."""
    rules = proposal_rules()
    around = approaches()[str(rules["posterior"].value)]
    return approaches()[str(rules["posterior_elsewhere"].value)] if around.beyond(involved) else around


def bodies_lost(ground: Ground) -> tuple[Level, ...]:
    """Involved levels whose body is tumour to such a share that the anterior column needs support."""
    limit = float(proposal_rules()["anterior_loss"].value)
    found = ground.findings.levels if ground.findings is not None else {}
    return tuple(level for level in involved_in_view(ground) if found[level].body_fraction > limit)


def laminectomy_levels(spine: Spine, findings: Findings, involved: tuple[Level, ...]) -> tuple[Level, ...]:
    """Levels to be opened from behind: where tumour narrows the canal, and the involved ones; one unbroken run."""
    limit = float(proposal_rules()["canal_occupation"].value)
    profile = findings.profile
    occupied = np.nan_to_num(profile.canal_occupation) >= limit
    wanted = {level for level, over in zip(profile.levels, occupied, strict=True) if over} | set(involved)
    inside = [level for level in spine.levels if level in wanted]
    first, last = inside[0].order, inside[-1].order
    return tuple(level for level in spine.levels if first <= level.order <= last)


def proposed_anchors(ground: Ground, destroyed: tuple[Level, ...], *, support: bool) -> ProposedAnchors:
    """Anchors around the destroyed segment, going outwards over vertebrae that are sound and carry a screw.

    Screws are planned only as far out as they are needed.
    """
    rules, spine = proposal_rules(), ground.spine
    wanted = [level for level in spine.levels if level in SCREW_LEVELS and level not in destroyed]
    need = int(rules["anchors"].value)
    need_below = need if support else int(rules["anchors_without_support"].value)
    above_all = [level for level in reversed(wanted) if level.order < destroyed[0].order]
    below_all = [level for level in wanted if level.order > destroyed[-1].order]
    nearest = (*above_all[:need], *below_all[:need_below])
    ground.screws((level, side) for level in nearest for side in Side)
    above, why_above = _chosen(ground, above_all, need, "above")
    below, why_below = _chosen(ground, below_all, need_below, "below")
    reasons = [rules["anchors"].text, *why_above, *why_below]
    if not support:
        reasons.append(rules["anchors_without_support"].text)
    extra = parse_level(str(rules["junction_anchor"].value))
    if above and above[-1] in JUNCTION and extra not in above and extra in wanted:
        screws = _both(ground, extra)
        if all(screw.is_planned and screw.path is not ScrewPath.LATERAL_MASS for screw in screws):
            above.append(extra)
            reasons.append(rules["junction_anchor"].text)
        else:
            reasons.append(f"{extra} left out: {_why_not(screws)}")
    levels = sorted({*above, *below}, key=lambda level: level.order)
    both = [screw for level in levels for screw in _both(ground, level)]
    reasons += [f"no screw in {screw.name}: {screw.refusal}" for screw in both if not screw.is_planned]
    kept = tuple(screw for screw in both if screw.is_planned)
    return ProposedAnchors(
        above=tuple(sorted(above, key=lambda level: level.order)),
        below=tuple(below),
        screws=kept,
        reasons=tuple(reasons),
    )


def ventral_rest(done: EvaluatedOperation) -> float:
    """Largest share of the canal's area that tumour in front of its centre still takes after the last stage."""
    after, before = done.stages[-1].decompression.after, done.stages[-1].decompression.before
    share = after.ventral_tumour_mm2 / np.maximum(before.area_mm2, 1.0)
    return float(share.max(initial=0.0))


def best_anterior_stage(ground: Ground, before: EvaluatedStage | None) -> Stage | None:
    """The anterior approach that leaves least after the stage before it; None where none leads to all levels.

    One that opens bone on its way is taken only where it leaves less by more than the share of the rules.
    """
    levels, rows = involved_in_view(ground), _anterior_rows(ground)
    left = ground.tumour if before is None else before.tumour_left
    gone = ground.nothing() if before is None else before.removed_bone

    def rated(row: Approach) -> tuple[float, int, bool, Stage]:
        stage = anterior_stage(row, levels)
        removed = gone.array | stage_removal(ground.spine, stage, ground.findings).array
        reach = stage_reach(ground, stage, left, Mask(removed, ground.spine.grid.affine))
        return 0.0 if reach is None else round(reach.left.volume_ml, 3), row.tier, row.opens_bone, stage

    if not rows:
        return None
    found = sorted(map(rated, rows), key=lambda item: item[:2])
    spared = float(proposal_rules()["bone_spared"].value) * ground.tumour.volume_ml
    near = [item for item in found if item[0] <= found[0][0] + spared]
    return next((item for item in near if not item[2]), found[0])[3]


def _anterior_rows(ground: Ground) -> list[Approach]:
    """Anterior approaches to all involved levels; none where the vertebra above or below them is not in view."""
    levels = involved_in_view(ground)
    if _end_missing(ground.spine, levels):
        return []
    return [row for row in approaches().values() if row.offered and not row.is_posterior and not row.beyond(levels)]


def anterior_stage(row: Approach, levels: tuple[Level, ...]) -> Stage:
    """Corpectomy of the levels through an anterior approach."""
    side = row.default_side or (Side.RIGHT if row.sided else None)
    return Stage(
        title=f"anterior: {row.name}",
        approach=row.id,
        position=position_for(row.position, side),
        side=side,
        corpectomy=Corpectomy(levels=levels),
        resection=Resection(intent=ResectionIntent.SUBTOTAL, levels=levels),
    )


def posterior_stage(ground: Ground, row: Approach, *, front: bool = False) -> tuple[Stage, tuple[str, ...]]:
    """A posterior stage: anchors by F-2, anterior support where a body is lost; and the reasons.

    `front` tells that a later stage supports the anterior column.
    """
    rules, spine, findings = proposal_rules(), ground.spine, ground.findings
    involved = involved_in_view(ground)
    if findings is None or not involved:
        raise InputError("no vertebra with tumour in its bone is in view")
    destroyed = destroyed_levels(findings.levels) or involved
    lost = bodies_lost(ground)
    supported = bool(lost) and row.anterior_support and not _end_missing(spine, lost)
    anchors = proposed_anchors(ground, destroyed, support=supported or front)
    levels = (*anchors.above, *(level for level in spine.levels if level in destroyed), *anchors.below)
    fixation = None
    if len(levels) > 1 and anchors.screws:
        screws = tuple(OwnScrew(level=screw.level, side=screw.side) for screw in anchors.screws)
        fixation = PedicleFixation(levels=_run(spine, levels), screws=screws)
    corpectomy = Corpectomy(levels=_run(spine, lost)) if supported else None
    stage = Stage(
        title=f"posterior: {row.name}",
        approach=row.id,
        position=row.position,
        laminectomy=Laminectomy(levels=laminectomy_levels(spine, findings, involved)),
        resection=Resection(intent=ResectionIntent.SUBTOTAL, levels=involved),
        fixation=fixation,
        corpectomy=corpectomy,
        cage=CageStep() if corpectomy is not None else None,
    )
    chosen = [rules[name] for name in ("posterior", "posterior_elsewhere") if rules[name].value == row.id]
    reasons = [rule.text for rule in chosen]
    reasons += [rules["canal_occupation"].text, *anchors.reasons]
    if lost:
        reasons.append(f"{rules['anterior_loss'].text}: {described_levels(lost)}")
    return stage, tuple(reasons)


def _chosen(ground: Ground, candidates: list[Level], need: int, where: str) -> tuple[list[Level], list[str]]:
    """The first levels that carry a screw, and what is to be said about those passed over."""
    findings = ground.findings.levels if ground.findings is not None else {}
    chosen: list[Level] = []
    reasons: list[str] = []
    for level in candidates:
        if len(chosen) == need:
            break
        found = findings.get(level)
        if found is not None and any(found.involves(sided("pedicle", side)) for side in Side):
            reasons.append(f"{level} passed over: a pedicle is involved")
        elif not any(screw.is_planned for screw in _both(ground, level)):
            reasons.append(f"{level} passed over: {_why_not(_both(ground, level))}")
        else:
            chosen.append(level)
    if len(chosen) < need:
        reasons.append(f"only {len(chosen)} of {need} anchors {where}: no further vertebra in view carries a screw")
    return chosen, reasons


def _both(ground: Ground, level: Level) -> tuple[PlannedScrew, ...]:
    return ground.screws((level, side) for side in Side)


def _why_not(screws: tuple[PlannedScrew, ...]) -> str:
    """Why a level does not anchor: refusals, and pedicles for which only the lateral mass is left."""
    told = [f"{screw.side}: {screw.refusal}" for screw in screws if screw.refusal]
    told += [f"{screw.side}: lateral mass only" for screw in screws if screw.path is ScrewPath.LATERAL_MASS]
    return "; ".join(told)


def _run(spine: Spine, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    orders = [level.order for level in levels]
    return tuple(level for level in spine.levels if min(orders) <= level.order <= max(orders))


def _end_missing(spine: Spine, levels: tuple[Level, ...]) -> bool:
    """True where the vertebra above or below a corpectomy is not in view."""
    return levels[0].neighbour(-1) not in spine.vertebrae or levels[-1].neighbour(1) not in spine.vertebrae


def _citations() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for rule in proposal_rules().values() for key in rule.source.citations))
