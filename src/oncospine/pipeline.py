"""The whole path, readable from top to bottom: measure, assess, plan. The one place that strings the rooms together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from oncospine import __version__
from oncospine.anatomy import Spine, spine_from_labels, spine_summary
from oncospine.base import InputError, Progress, silent, write_atomically
from oncospine.case import (
    Case,
    MaskContent,
    MaskFile,
    Modality,
    Phase,
    Study,
    input_hashes,
    results_folder,
    write_result,
)
from oncospine.geometry import Grid, common_grid, regridded
from oncospine.imaging import LabelMap, Scan, Structure, StructureKind, read_labels, read_scan, require_same_grid
from oncospine.lesion import Findings, findings_summary, measured_findings
from oncospine.patient_inputs import patient_inputs, with_plan
from oncospine.report import Results, SecondStudy, render_report, report_view
from oncospine.strategy import PatientInputs, Strategy, assess
from oncospine.surgery import EvaluatedOperation, Operation, evaluated_on, prepared, proposed_on

ANATOMY = (MaskContent.ANATOMY, MaskContent.VERTEBRAE)
"""Masks from which the spine is built."""

ONE_STRUCTURE = {
    MaskContent.CORD: StructureKind.SPINAL_CORD,
    MaskContent.DURAL_SAC: StructureKind.DURAL_SAC,
    MaskContent.CANAL: StructureKind.SPINAL_CANAL,
}
"""What the voxels of a mask of one structure are, where its convention only says "mask"."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One study measured: its scan (None where only masks were given), spine and findings (None without tumour)."""

    study: Study
    scan: Scan | None
    spine: Spine
    findings: Findings | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """A case with its measurements (None without images), the inputs of the rules and what the rules say.

    `mr` is a second study of the same lesion on which the cord is seen, where there is one.
    """

    case: Case
    measured: Measured | None
    mr: Measured | None
    inputs: PatientInputs
    strategy: Strategy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """Everything of one run of the main job: the program's own operation and the surgeon's, each evaluated."""

    assessed: Assessed
    operations: tuple[EvaluatedOperation, ...]
    notes: tuple[str, ...]


def measure(case: Case, *, study_id: str | None = None, progress: Progress = silent) -> Measured:
    """Measure one study of the case: the named one, else the latest pre-operative one with vertebra masks.

    Raises `InputError` where no study has masks of vertebrae, and for anything wrong with a file.
    """
    folder = _folder(case)
    study = case.study(study_id) if study_id is not None else _study_to_measure(case)
    progress("reading the scan", 0.0)
    scan = None if study.scan is None else _canonical(_read_scan(folder, study, progress))
    progress("reading the masks", 0.1)
    anatomy = [_read_labels(folder, mask, progress) for mask in study.masks if mask.what in ANATOMY]
    if not anatomy:
        raise InputError(f"study '{study.id}' has no mask of vertebrae; add one, or run `oncospine segment`")
    grid, notes = _working_grid(scan, anatomy[0])
    inner = [
        *(_on_grid(labels, grid, mask) for labels, mask in zip(anatomy, _masks(study, *ANATOMY), strict=True)),
        *(_on_grid(_read_labels(folder, mask, progress), grid, mask) for mask in _masks(study, *ONE_STRUCTURE)),
    ]
    if scan is not None:
        scan = _scan_on_grid(scan, grid)
    spine = spine_from_labels(inner, modality=_kind(study.modality), progress=progress)
    findings = None
    tumour = study.mask(MaskContent.TUMOUR)
    if tumour is not None:
        progress("measuring the tumour", 0.85)
        labels = _read_labels(folder, tumour, progress)
        notes = (*notes, *_lost(labels, grid))
        findings = measured_findings(spine, _on_grid(labels, grid, tumour), scan)
    progress("measured", 1.0)
    told = [*notes, *(scan.notes if scan is not None else ()), *(note for labels in inner for note in labels.notes)]
    return Measured(study=study, scan=scan, spine=spine, findings=findings, notes=tuple(dict.fromkeys(told)))


def measure_cord(case: Case, measured: Measured, *, progress: Progress = silent) -> Measured | None:
    """The latest pre-operative MR of the same lesion, measured, where `measured` is a CT; None where there is none."""
    if measured.study.modality is Modality.MR or measured.findings is None:
        return None
    usable = [
        study for study in _measurable(case) if study.modality is Modality.MR and study.masks_of(MaskContent.TUMOUR)
    ]
    latest = max(usable, key=lambda study: study.date, default=None)
    return None if latest is None else measure(case, study_id=latest.id, progress=progress)


def assess_case(
    case: Case, measured: Measured | None, mr: Measured | None = None, operation: Operation | None = None
) -> Assessed:
    """What the rules say of the case with what was measured, and of the operation that is planned."""
    findings = None if measured is None else measured.findings
    inputs = patient_inputs(case, findings, mr=None if mr is None else mr.findings)
    if operation is not None:
        inputs = with_plan(inputs, operation)
    return Assessed(case=case, measured=measured, mr=mr, inputs=inputs, strategy=assess(inputs))


def plan(
    case: Case, operation: Operation | None = None, *, study_id: str | None = None, progress: Progress = silent
) -> Planned:
    """The main job: measure, assess, propose an operation, and evaluate it beside the surgeon's own."""
    measured = mr = None
    if study_id is not None or has_images(case):
        measured = measure(case, study_id=study_id, progress=staged(progress, 0.0, 0.35))
        mr = measure_cord(case, measured, progress=staged(progress, 0.35, 0.5))
    assessed = assess_case(case, measured, mr, operation)
    if measured is None:
        reason = "no study with masks of vertebrae: operations are not evaluated"
        return Planned(assessed=assessed, operations=(), notes=(reason,))
    ground = prepared(measured.spine, measured.findings, measured.scan)
    operations, notes = [], []
    if measured.findings is not None and measured.findings.involved_levels:
        progress("proposing an operation", 0.5)
        operations.append(proposed_on(ground))
    else:
        notes.append("no vertebra with tumour in its bone: no operation is proposed")
    if operation is not None:
        operations.append(operation)
    evaluated = []
    for index, item in enumerate(operations):
        part = staged(progress, 0.6 + 0.2 * index, 0.8 + 0.2 * index)
        evaluated.append(evaluated_on(ground, item, progress=part))
    return Planned(assessed=assessed, operations=tuple(evaluated), notes=tuple(notes))


def staged(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one part of a longer job, from `start` to `end` of the whole."""

    def tell(doing: str, fraction: float | None = None, /) -> None:
        progress(doing, None if fraction is None else start + (end - start) * fraction)

    return tell


def write_plan(planned: Planned) -> Path:
    """Write results/findings.json, assessment.json, plan.json and report.html; returns the path of the report."""
    assessed = planned.assessed
    case = assessed.case
    if assessed.measured is not None:
        write_findings(case, assessed.measured, assessed.mr)
    write_assessment(assessed)
    result = {**_provenance(case), "operations": planned.operations, "notes": planned.notes}
    write_result(_folder(case), "plan.json", result)
    path = results_folder(_folder(case)) / "report.html"
    write_atomically(path, render_report(report_view(_report_results(planned))))
    return path


def _report_results(planned: Planned) -> Results:
    assessed, measured = planned.assessed, planned.assessed.measured
    notes = (*planned.notes, *(measured.notes if measured is not None else ()))
    mr = assessed.mr
    return Results(
        case=assessed.case,
        study=None if measured is None else measured.study,
        scan=None if measured is None else measured.scan,
        spine=None if measured is None else measured.spine,
        findings=None if measured is None else measured.findings,
        second=None if mr is None else SecondStudy(study=mr.study, scan=mr.scan, spine=mr.spine, findings=mr.findings),
        inputs=assessed.inputs,
        strategy=assessed.strategy,
        operations=planned.operations,
        notes=notes,
        hashes=input_hashes(assessed.case),
    )


def write_findings(case: Case, measured: Measured, mr: Measured | None = None) -> Path:
    """Write results/findings.json: the study measured and, beside it, the MR that shows the cord."""
    result = {**_provenance(case), **_findings_result(measured), "mr": None if mr is None else _findings_result(mr)}
    return write_result(_folder(case), "findings.json", result)


def write_assessment(assessed: Assessed) -> Path:
    """Write results/assessment.json."""
    result = {**_provenance(assessed.case), "strategy": assessed.strategy}
    return write_result(_folder(assessed.case), "assessment.json", result)


def has_images(case: Case) -> bool:
    """True where some study has masks of vertebrae to measure."""
    return any(mask.what in ANATOMY for study in case.studies for mask in study.masks)


def _folder(case: Case) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return case.folder


def _findings_result(measured: Measured) -> dict[str, Any]:
    return {
        "study": measured.study.id,
        "notes": measured.notes,
        "spine": spine_summary(measured.spine),
        "tumour": None if measured.findings is None else findings_summary(measured.findings),
    }


def _provenance(case: Case) -> dict[str, Any]:
    return {"oncospine": __version__, "case": case.pseudonym, "inputs": input_hashes(case)}


def _study_to_measure(case: Case) -> Study:
    """The latest study with vertebra masks; one with a tumour mask is preferred, then a CT, because it shows bone."""
    usable = _measurable(case)
    if not usable:
        raise InputError("no study of the case has a mask of vertebrae; add one under `studies: masks:`")
    return max(
        usable,
        key=lambda study: (bool(study.masks_of(MaskContent.TUMOUR)), study.modality is not Modality.MR, study.date),
    )


def _measurable(case: Case) -> list[Study]:
    """Studies with masks of vertebrae; where there are pre-operative ones, only those."""
    usable = [study for study in case.studies if any(mask.what in ANATOMY for mask in study.masks)]
    return [study for study in usable if study.phase not in {Phase.POSTOPERATIVE, Phase.FOLLOW_UP}] or usable


def _masks(study: Study, *contents: MaskContent) -> list[MaskFile]:
    return [mask for mask in study.masks if mask.what in contents]


def _kind(modality: Modality) -> str:
    """CT or MR, as the imaging rooms know it."""
    return "MR" if modality is Modality.MR else "CT"


def _read_scan(folder: Path, study: Study, progress: Progress) -> Scan:
    assert study.scan is not None
    return read_scan(folder / study.scan, modality=_kind(study.modality), progress=progress)


def _read_labels(folder: Path, mask: MaskFile, progress: Progress) -> LabelMap:
    labels = read_labels(folder / mask.path, convention=mask.convention, progress=progress)
    named = ONE_STRUCTURE.get(mask.what)
    if named is not None and mask.convention == "mask":
        labels = replace(labels, structures=dict.fromkeys(labels.present(), Structure(kind=named)))
    return labels.canonical()


def _canonical(scan: Scan) -> Scan:
    return replace(scan, volume=scan.volume.canonical())


def _working_grid(scan: Scan | None, labels: LabelMap) -> tuple[Grid, tuple[str, ...]]:
    """The voxels that scan and labels share; two grids whose voxels do not coincide are refused, both printed."""
    if scan is None or scan.grid.is_same_as(labels.grid):
        return labels.grid, ()
    shared = common_grid(scan.grid, labels.grid)
    if shared is None:
        require_same_grid(scan, labels, ("scan", "vertebra labels"))
        raise InputError("scan and vertebra labels do not overlap")
    note = f"scan and labels cover different parts of one grid; measured is what both cover: {shared.described()}"
    return shared, (note,)


def _on_grid(labels: LabelMap, grid: Grid, mask: MaskFile) -> LabelMap:
    volume = regridded(labels.volume, grid)
    if volume is None:
        raise InputError(
            f"{mask.path} ({mask.what}) is not on the grid of the scan and vertebra labels.\n"
            f"  measured: {grid.described()}\n  {mask.what}: {labels.grid.described()}\n"
            "Use a mask made on this scan, or resample it (nearest neighbour) to that grid."
        )
    return replace(labels, volume=volume)


def _scan_on_grid(scan: Scan, grid: Grid) -> Scan:
    volume = regridded(scan.volume, grid)
    if volume is None:
        raise InputError(f"the scan is not on the grid of its labels: {scan.grid.described()}; {grid.described()}")
    return replace(scan, volume=volume)


def _lost(labels: LabelMap, grid: Grid) -> tuple[str, ...]:
    """A note where part of a mask lies outside what is measured."""
    kept = regridded(labels.volume, grid)
    if kept is None:
        return ()
    lost = int((labels.volume.array > 0).sum()) - int((kept.array > 0).sum())
    if lost == 0:
        return ()
    ml = lost * labels.grid.voxel_volume_mm3 / 1000
    return (f"{ml:.1f} ml of the tumour mask lies outside the part that scan and labels share and is not counted",)
