"""`oncospine export`: one operation on one case as files for other programs, for the printer and for theatre."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from oncospine.base import InputError, Progress, silent, write_atomically
from oncospine.case import Case, results_folder
from oncospine.pipeline import Measured, measure, staged
from oncospine.report import operative_sheet, render_operative_sheet
from oncospine.surgery import (
    EvaluatedOperation,
    Operation,
    evaluated_on,
    glb_bytes,
    operation_yaml,
    plan_meshes,
    prepared,
    proposed_on,
    screw_plan_csv,
    screw_plan_json,
    slicer_markups,
    stl_bytes,
)


class ExportKind(StrEnum):
    """What can be written."""

    STL = "stl"
    GLB = "glb"
    SCREWS = "screws"
    SLICER = "slicer"
    SHEET = "sheet"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EvaluatedCase:
    """A case with its measured study and one operation evaluated on it."""

    case: Case
    measured: Measured
    done: EvaluatedOperation


def evaluate_case(
    case: Case, operation: Operation | None = None, *, study_id: str | None = None, progress: Progress = silent
) -> EvaluatedCase:
    """Measure a study and evaluate the operation on it; the program's own where none is given."""
    measured = measure(case, study_id=study_id, progress=staged(progress, 0.0, 0.5))
    ground = prepared(measured.spine, measured.findings, measured.scan)
    if operation is None:
        progress("proposing an operation", 0.5)
        operation = proposed_on(ground)
    done = evaluated_on(ground, operation, progress=staged(progress, 0.6, 0.9))
    return EvaluatedCase(case=case, measured=measured, done=done)


def default_export_folder(case: Case, operation: Operation) -> Path:
    """results/export/<title of the operation> of the case."""
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    name = re.sub(r"[^a-z0-9]+", "-", operation.title.lower()).strip("-") or "operation"
    return results_folder(case.folder) / "export" / name


def write_export(
    evaluated: EvaluatedCase, folder: Path, kinds: Collection[ExportKind] = tuple(ExportKind)
) -> tuple[Path, ...]:
    """The wanted files in `folder`, each whole or not at all; their paths in the order written."""
    measured, done = evaluated.measured, evaluated.done
    texts: dict[str, str | bytes] = {}
    if ExportKind.SHEET in kinds:
        sheet = operative_sheet(evaluated.case, measured.study, measured.spine, measured.findings, done)
        texts["operative_sheet.html"] = render_operative_sheet(sheet)
    if ExportKind.OPERATION in kinds:
        texts["operation.yaml"] = operation_yaml(done.operation)
    if ExportKind.SCREWS in kinds:
        texts["screws.json"] = screw_plan_json(done.screws)
        texts["screws.csv"] = screw_plan_csv(done.screws)
    if ExportKind.SLICER in kinds:
        rods = [rod for stage in done.stages for rod in stage.rods]
        texts["plan.mrk.json"] = slicer_markups(done.screws, rods)
    if {ExportKind.STL, ExportKind.GLB} & set(kinds):
        findings = measured.findings
        meshes = plan_meshes(done, measured.spine, None if findings is None else findings.tumour)
        if ExportKind.STL in kinds:
            texts |= {f"stl/{name}.stl": stl_bytes(mesh) for name, mesh in meshes.items()}
        if ExportKind.GLB in kinds:
            texts["plan.glb"] = glb_bytes(meshes)
    paths = []
    for name, content in texts.items():
        write_atomically(folder / name, content)
        paths.append(folder / name)
    return tuple(paths)
