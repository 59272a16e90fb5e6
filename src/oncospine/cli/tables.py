"""Results as lines of text for a terminal."""

from __future__ import annotations

from oncospine.base import Quantity, described_levels
from oncospine.cli.assessed_text import assessed_lines
from oncospine.cli.level_text import level_lines
from oncospine.lesion import impression
from oncospine.pipeline import Measured, Planned
from oncospine.surgery import PlannedScrew


def measured_lines(measured: Measured) -> list[str]:
    """The spine level by level, then the tumour."""
    spine = measured.spine
    lines = [f"study {measured.study.id}: level names {spine.naming.confidence} ({'; '.join(spine.naming.reasons)})"]
    lines += [f"  {doubt.severity}: {doubt.text}" for doubt in spine.doubts]
    lines += level_lines(spine)
    return [*lines, *_tumour_lines(measured), *(f"note: {note}" for note in measured.notes)]


def _tumour_lines(measured: Measured) -> list[str]:
    found = measured.findings
    if found is None:
        return ["no tumour mask: only the spine was measured"]
    volumes = ", ".join(f"{name} {_number(value)}" for name, value in found.compartment_ml.items())
    lines = [f"tumour {_number(found.volume_ml)} ({volumes}); bone of {described_levels(found.involved_levels) or '-'}"]
    for level, finding in found.levels.items():
        parts = ", ".join(f"{part} {100 * item.fraction:.0f} %" for part, item in finding.parts.items())
        beside = ", ".join(f"{ml:.1f} {side}" for side, ml in finding.paravertebral_ml.items())
        lines.append(
            f"  {level}: {parts or 'no bone'}; epidural {finding.epidural_ml:.1f} ml; paravertebral {beside} ml"
        )
    if found.worst is not None:
        worst = found.worst
        lines.append(
            f"worst level {worst.level}: tumour takes {_percent(worst.canal_occupation)} of the bony canal, "
            f"{_percent(worst.sac_occupation)} of the sac, from {worst.direction}"
        )
    lines += [f"  ESCC {level}: {' or '.join(e.possible)} ({e.basis}: {e.rule})" for level, e in found.escc.items()]
    return [*lines, f"impression: {impression(found)}"]


def planned_lines(planned: Planned) -> list[str]:
    """The assessment, then each operation: its stages, screws, and what was refused."""
    lines = assessed_lines(planned.assessed)
    for evaluated in planned.operations:
        lines.append(f"operation: {evaluated.operation.title} ({evaluated.operation.origin})")
        for number, stage in enumerate(evaluated.stages, start=1):
            lines.append(f"  stage {number}: {stage.stage.title}; tumour left {stage.remaining.total_ml:.1f} ml")
            lines += [f"    {_screw_line(screw)}" for screw in stage.screws]
        lines += [f"  {check.text}" for check in evaluated.checks]
    return [*lines, *(f"note: {note}" for note in planned.notes)]


def _screw_line(planned: PlannedScrew) -> str:
    if planned.diameter_mm is None or planned.length_mm is None:
        return f"{planned.name}: no screw ({planned.refusal})"
    grade = "not graded" if planned.grade is None else f"grade {planned.grade.gertzbein}"
    return f"{planned.name}: {planned.diameter_mm:.1f} x {planned.length_mm:.0f} mm, {grade}"


def _number(quantity: Quantity) -> str:
    return f"not measured ({quantity.reason})" if quantity.value is None else f"{quantity.value:.1f} {quantity.unit}"


def _percent(quantity: Quantity) -> str:
    return f"? ({quantity.reason})" if quantity.value is None else f"{100 * quantity.value:.0f} %"
