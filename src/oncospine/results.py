"""What is written into the results folder of a case: findings, assessment, plan, report; each whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oncospine import __version__
from oncospine.anatomy import level_table_csv, spine_summary
from oncospine.base import InputError, SideProcess, started, write_atomically
from oncospine.case import Case, input_hashes, results_folder, write_result
from oncospine.evidence import evidence_summary
from oncospine.imaging import write_nifti
from oncospine.lesion import findings_summary
from oncospine.pipeline import Assessed, Measured, Planned
from oncospine.report import Results, SecondStudy, render_report, report_view

Provenance = Mapping[str, Any]
"""Head of every result: program version, pseudonym, content hash of every input."""


def provenance(case: Case) -> Provenance:
    """Read once per run: the inputs are hashed here."""
    return {"oncospine": __version__, "case": case.pseudonym, "inputs": input_hashes(case)}


def write_findings(case: Case, head: Provenance, measured: Measured, mr: Measured | None = None) -> Path:
    """findings.json: the study measured and, beside it, the MR that shows the cord."""
    result = {**head, **_findings(measured), "mr": None if mr is None else _findings(mr)}
    return write_result(_folder(case), "findings.json", result)


def write_distance_maps(case: Case, measured: Measured) -> tuple[Path, ...]:
    """Distance (mm) of every tumour voxel to the labelled sac and cord as NIfTI on scan voxels; NaN elsewhere."""
    found = []
    for item in () if measured.findings is None else measured.findings.distances:
        name = str(item.tube).replace(" ", "-")
        path = results_folder(_folder(case)) / f"distance-{measured.study.id}-{name}.nii.gz"
        write_nifti(item.map_mm, path)
        found.append(path)
    return tuple(found)


def write_levels(case: Case, measured: Measured) -> Path:
    """levels.csv: one row per vertebra, for a spreadsheet."""
    path = results_folder(_folder(case)) / "levels.csv"
    write_atomically(path, level_table_csv(measured.spine))
    return path


def write_assessment(assessed: Assessed, head: Provenance) -> Path:
    """assessment.json: the examinations graded, the inputs of the rules with their sources, and what the rules say."""
    result = {**head, "doubts": assessed.doubts, "neurology": assessed.neuro, "level_match": assessed.match}
    result |= {"inputs": assessed.inputs, "strategy": assessed.strategy}
    return write_result(_folder(assessed.case), "assessment.json", result)


def write_plan(planned: Planned, *, beside: SideProcess | None = None) -> Path:
    """findings.json, assessment.json, plan.json and report.html, with the help of `beside`; the path of the report."""
    assessed, case = planned.assessed, planned.assessed.case
    head = provenance(case)
    page = started(render_report, report_view(_page(planned, head), beside=beside), beside=beside)
    if assessed.measured is not None:
        write_findings(case, head, assessed.measured, assessed.mr)
    write_assessment(assessed, head)
    evidence = None if planned.evidence is None else evidence_summary(planned.evidence)
    plan = {**head, "operations": planned.operations, "evidence": evidence, "notes": planned.notes}
    write_result(_folder(case), "plan.json", plan)
    path = results_folder(_folder(case)) / "report.html"
    write_atomically(path, page())
    return path


def _page(planned: Planned, head: Provenance) -> Results:
    assessed, measured, mr = planned.assessed, planned.assessed.measured, planned.assessed.mr
    return Results(
        case=assessed.case,
        study=None if measured is None else measured.study,
        scan=None if measured is None else measured.scan,
        spine=None if measured is None else measured.spine,
        findings=None if measured is None else measured.findings,
        second=None if mr is None else SecondStudy(study=mr.study, scan=mr.scan, spine=mr.spine, findings=mr.findings),
        neuro=assessed.neuro,
        doubts=assessed.doubts,
        match=assessed.match,
        inputs=assessed.inputs,
        strategy=assessed.strategy,
        scores=assessed.strategy.prognosis.scores,
        operations=planned.operations,
        evidence=planned.evidence,
        notes=(*planned.notes, *(measured.notes if measured is not None else ())),
        hashes=head["inputs"],
    )


def _findings(measured: Measured) -> dict[str, Any]:
    return {
        "study": measured.study.id,
        "notes": measured.notes,
        "spine": spine_summary(measured.spine),
        "tumour": None if measured.findings is None else findings_summary(measured.findings),
    }


def _folder(case: Case) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return case.folder
