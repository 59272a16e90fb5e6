"""What the rules read of every involved vertebra, and where each value came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from oncospine.anatomy import Part, sided
from oncospine.base import How, Level, Side
from oncospine.case import Case, Override, Study
from oncospine.lesion import EsccEstimate, Findings, LevelFinding
from oncospine.scores import OneOf, suggested_bone
from oncospine.strategy import LevelInputs, Source

LESION_SHARE = 0.1
"""Share of lesion voxels outside the healthy range from which a lesion type is suggested [D]."""

GRADES = ("0", "1a", "1b", "1c", "2", "3")
"""ESCC grades, mildest first."""

OVERRIDDEN = {
    "escc": "escc",
    "sins_bone_lesion": "bone",
    "sins_alignment": "alignment",
    "sins_collapse": "collapse",
    "sins_posterolateral": "posterolateral",
    "sins_pain": "pain",
    "sins_total": "sins_total",
}
"""What a clinician may state of a level, and the field it fills."""

ARCH = (Part.LAMINA_LEFT, Part.LAMINA_RIGHT, Part.TRANSVERSE_LEFT, Part.TRANSVERSE_RIGHT, Part.SPINOUS)
"""Parts of the arch that are neither pedicle nor facet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLevels:
    """The involved vertebrae, None where neither image nor team says which; sources by level path."""

    levels: tuple[LevelInputs, ...] | None
    sources: Mapping[str, Source]


def found_levels(
    case: Case,
    findings: Findings | None,
    *,
    mr: Findings | None = None,
    study: Study | None = None,
    mr_study: Study | None = None,
) -> FoundLevels:
    """Inputs of every involved vertebra: measured, with the clinician's entries in place of measurements.

    `mr` are findings of the same lesion on MR: their ESCC grades replace a CT estimate where they are worse or alone.
    """
    sources: dict[str, Source] = {}
    stated = Source(how=How.ENTERED, text="levels stated by the team")
    if findings is None:
        levels = tuple(LevelInputs(level=level) for level in case.affected_levels)
        if levels:
            sources["levels"] = stated
    else:
        image = imaging_source(study)
        sources["levels"] = image
        involved = findings.involved_levels or tuple(findings.levels)
        on_mr = {} if mr is None else mr.escc
        grades = _escc_by_level({**findings.escc, **on_mr}, involved)
        levels = tuple(_level(findings, level, grades.get(level)) for level in involved)
        for item in levels:
            sources |= dict.fromkeys(_paths(item), image)
            if item.level in grades and any(grades[item.level] is estimate for estimate in on_mr.values()):
                sources |= dict.fromkeys(
                    (f"levels.{item.level}.escc", f"levels.{item.level}.escc_from_ct"), imaging_source(mr_study)
                )
    overridden = []
    for item in levels:
        changed, told = _overridden(case, item)
        overridden.append(changed)
        sources |= told
    return FoundLevels(levels=tuple(overridden) or None, sources=sources)


def imaging_source(study: Study | None) -> Source:
    """Measured on this study."""
    text = "images" if study is None else f"{study.modality} of {study.date}, study {study.id}"
    return Source(how=How.MEASURED, text=text, kind="imaging")


def override_source(entry: Override) -> Source:
    """Stated by a clinician: who and when."""
    return Source(how=How.ENTERED, text=f"{entry.by} on {entry.date}: {entry.why}", kind="user")


def _paths(item: LevelInputs) -> Iterable[str]:
    for field in fields(item):
        if field.name != "level" and getattr(item, field.name) is not None:
            yield f"levels.{item.level}.{field.name}"


def _level(findings: Findings, level: Level, escc: EsccEstimate | None) -> LevelInputs:
    found = findings.levels[level]
    shape = findings.shapes.get(level)
    translation = None if shape is None else shape.translation_mm.value
    return LevelInputs(
        level=level,
        body_fraction=found.body_fraction,
        pedicle_left_fraction=_fraction(found, sided("pedicle", Side.LEFT)),
        pedicle_right_fraction=_fraction(found, sided("pedicle", Side.RIGHT)),
        facet_left_fraction=_fraction(found, sided("articular", Side.LEFT)),
        facet_right_fraction=_fraction(found, sided("articular", Side.RIGHT)),
        arch_fraction=max(_fraction(found, part) for part in ARCH),
        epidural=found.epidural_ml > 0,
        paravertebral=sum(found.paravertebral_ml.values()) > 0,
        height_loss_percent=None if shape is None else shape.height_loss_percent.value,
        translation_mm=None if translation is None else abs(translation),
        escc=None if escc is None else escc.possible,
        escc_from_ct=None if escc is None else escc.is_ct,
        bone=_bone(findings),
    )


def _fraction(found: LevelFinding, part: Part) -> float:
    part_found = found.parts.get(part)
    return 0.0 if part_found is None else part_found.fraction


def _bone(findings: Findings) -> OneOf | None:
    density = findings.density
    if density is None:
        return None
    return suggested_bone(
        below_fraction=density.below_fraction, above_fraction=density.above_fraction, cut=LESION_SHARE
    )


def _escc_by_level(estimates: Mapping[Level, EsccEstimate], involved: tuple[Level, ...]) -> dict[Level, EsccEstimate]:
    """Estimate of each involved level; that of a neighbour which only has epidural tumour goes to the nearest one."""
    found: dict[Level, EsccEstimate] = {}
    for level, estimate in estimates.items():
        home = min(involved, key=lambda other: (abs(other.order - level.order), other.order))
        known = found.get(home)
        if known is None or _rank(estimate) > _rank(known):
            found[home] = estimate
    return found


def _rank(estimate: EsccEstimate) -> tuple[int, ...]:
    return tuple(GRADES.index(grade) for grade in reversed(estimate.possible))


def _stated(field: str, entry: Override) -> object:
    if field == "escc":
        return (entry.value,)
    return int(entry.number) if field == "sins_total" else entry.value


def _overridden(case: Case, level: LevelInputs) -> tuple[LevelInputs, dict[str, Source]]:
    """The clinician's entries for this level in place of the measurements, the latest of each kind."""
    changes: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for entry in sorted(case.overrides, key=lambda item: item.date):
        field = OVERRIDDEN.get(entry.what)
        if entry.level is not level.level or field is None:
            continue
        changes[field] = _stated(field, entry)
        sources[f"levels.{level.level}.{field}"] = override_source(entry)
        if field == "escc":
            changes["escc_from_ct"] = False
            sources[f"levels.{level.level}.escc_from_ct"] = override_source(entry)
    return replace(level, **changes), sources
