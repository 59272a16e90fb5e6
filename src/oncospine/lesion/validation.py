"""Findings against truth: one table over many subjects whose truth is known, phantoms above all.

This room knows no phantoms; whoever does hands over `Subject`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oncospine.anatomy import Spine
from oncospine.base import Level
from oncospine.imaging import LabelMap
from oncospine.lesion.escc_estimate import GRADES
from oncospine.lesion.findings import Findings
from oncospine.lesion.measure import measured_findings


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsTruth:
    """What is true of a tumour; sectors per level in the convention of `Wbb`, ESCC of every level in view."""

    volume_ml: float
    bone_ml: float
    epidural_ml: float
    paravertebral_ml: float
    body_fraction: Mapping[Level, float]
    sectors: Mapping[Level, frozenset[int]]
    escc: Mapping[Level, str]
    tomita: int
    occupation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """A spine with its tumour mask and the truth about it."""

    name: str
    spine: Spine
    tumour: LabelMap
    truth: FindingsTruth


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """One line of the table; `passes` is None where there is no target, only a figure."""

    quantity: str
    target: str
    ours: str
    count: int
    passes: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one subject contributes."""

    name: str
    volume_error: float
    compartment_errors: tuple[float, ...]
    body_errors: tuple[float, ...]
    sector_differences: tuple[int, ...]
    escc_patient: int
    escc_levels: tuple[int, ...]
    escc_all: tuple[int, ...]
    escc_possible: tuple[bool, ...]
    tomita_agrees: bool
    occupation_error: float


def outcome(subject: Subject) -> Outcome:
    """Measure one subject and compare; differences in sectors, in grades, as fractions."""
    found, truth = measured_findings(subject.spine, subject.tumour), subject.truth
    true_parts = (truth.bone_ml, truth.epidural_ml, truth.paravertebral_ml)
    own_parts = [quantity.value or 0.0 for quantity in found.compartment_ml.values()]
    levels = _levels_to_grade(found, truth)
    return Outcome(
        name=subject.name,
        volume_error=(found.volume_ml.value or 0.0) / truth.volume_ml - 1,
        compartment_errors=tuple(
            own / true - 1 for own, true in zip(own_parts, true_parts, strict=True) if true >= SMALLEST_COMPARED_ML
        ),
        body_errors=tuple(
            (found.levels[level].body_fraction if level in found.levels else 0.0) - true
            for level, true in truth.body_fraction.items()
        ),
        sector_differences=tuple(_sector_difference(found, truth, level) for level in truth.sectors),
        escc_patient=_worst(found) - max(GRADES.index(grade) for grade in truth.escc.values()),
        escc_levels=tuple(_grade(found, level) - GRADES.index(truth.escc[level]) for level in levels),
        escc_all=tuple(_grade(found, level) - GRADES.index(grade) for level, grade in truth.escc.items()),
        escc_possible=tuple(truth.escc[level] in _possible(found, level) for level in levels),
        tomita_agrees=found.tomita is not None and found.tomita.type == truth.tomita,
        occupation_error=(found.worst.canal_occupation.value or 0.0 if found.worst else 0.0) - truth.occupation,
    )


SMALLEST_COMPARED_ML = 0.5
"""Below this a compartment is a few hundred voxels and its relative error says nothing."""


def _sector_difference(found: Findings, truth: FindingsTruth, level: Level) -> int:
    own = set(found.wbb[level].sectors) if level in found.wbb else set()
    return len(own ^ truth.sectors[level])


def _grade(found: Findings, level: Level) -> int:
    estimate = found.escc.get(level)
    return GRADES.index(estimate.grade) if estimate is not None and estimate.grade is not None else 0


def _possible(found: Findings, level: Level) -> tuple[str, ...]:
    estimate = found.escc.get(level)
    return estimate.possible if estimate is not None else ("0",)


def _worst(found: Findings) -> int:
    return max((_grade(found, level) for level in found.escc), default=0)


def _levels_to_grade(found: Findings, truth: FindingsTruth) -> list[Level]:
    """Levels with epidural tumour in the truth or in the findings: the rest agree trivially."""
    return [level for level, grade in truth.escc.items() if grade != "0" or _grade(found, level) > 0]


def validation_rows(outcomes: Iterable[Outcome]) -> tuple[ValidationRow, ...]:
    """The table over all outcomes, targets of the project beside what was reached."""
    every = list(outcomes)
    sectors = [value for item in every for value in item.sector_differences]
    levels = [value for item in every for value in item.escc_levels]
    everywhere = [value for item in every for value in item.escc_all]
    possible = [value for item in every for value in item.escc_possible]
    patients = [item.escc_patient for item in every]
    volumes = [abs(item.volume_error) for item in every]
    parts = [abs(value) for item in every for value in item.compartment_errors]
    bodies = [abs(value) for item in every for value in item.body_errors]
    return (
        _share("WBB sector set exact or one sector off, per level", [v <= 1 for v in sectors], 0.95),
        _share("WBB sector set exact, per level", [v == 0 for v in sectors], None),
        _share("ESCC of the patient (worst level) exact", [v == 0 for v in patients], 0.90),
        _share("ESCC of the patient at most one grade off", [abs(v) <= 1 for v in patients], 1.0),
        _share("ESCC exact, every level in view", [v == 0 for v in everywhere], 0.90),
        _share("ESCC at most one grade off, every level in view", [abs(v) <= 1 for v in everywhere], 1.0),
        _share("ESCC exact, levels with epidural tumour", [v == 0 for v in levels], None),
        _share("ESCC at most one grade off, levels with epidural tumour", [abs(v) <= 1 for v in levels], None),
        _share("true ESCC among the grades left possible", possible, None),
        _largest("tumour volume, relative error", volumes, 0.03),
        _largest(f"volumes of compartments from {SMALLEST_COMPARED_ML} ml, relative error", parts, 0.03),
        _largest("fraction of the body, error", bodies, 0.05),
        _share("Tomita type", [item.tomita_agrees for item in every], None),
        _largest("largest canal occupation, error", [abs(item.occupation_error) for item in every], None),
    )


def _share(quantity: str, hits: list[bool], target: float | None) -> ValidationRow:
    count = len(hits)
    share = sum(hits) / count if count else 1.0
    return ValidationRow(
        quantity=quantity,
        target="" if target is None else f">= {100 * target:.0f} %",
        ours=f"{100 * share:.1f} % ({sum(hits)} of {count})",
        count=count,
        passes=None if target is None else share >= target,
    )


def _largest(quantity: str, values: list[float], target: float | None) -> ValidationRow:
    ordered = sorted(values)
    worst = ordered[-1] if ordered else 0.0
    middle = ordered[len(ordered) // 2] if ordered else 0.0
    return ValidationRow(
        quantity=quantity,
        target="" if target is None else f"<= {100 * target:.0f} %",
        ours=f"largest {100 * worst:.1f} %, median {100 * middle:.1f} %",
        count=len(ordered),
        passes=None if target is None else worst <= target,
    )
