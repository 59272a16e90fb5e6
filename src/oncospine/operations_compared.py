"""`oncospine compare`: the usual alternatives and the surgeon's own operations for one case, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError, Progress, silent, write_atomically
from oncospine.case import Case, results_folder, write_result
from oncospine.pipeline import Measured, measure, staged
from oncospine.report import comparison_page, render_comparison
from oncospine.results import provenance
from oncospine.surgery import Comparison, Operation, compared_on, prepared


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedCase:
    """A case with its measured study and the operations compared on it."""

    case: Case
    measured: Measured
    comparison: Comparison


def compare_case(
    case: Case, own: Sequence[Operation] = (), *, study_id: str | None = None, progress: Progress = silent
) -> ComparedCase:
    """Measure a study and evaluate every alternative on it; `InputError` where no tumour is in view."""
    measured = measure(case, study_id=study_id, progress=staged(progress, 0.0, 0.4))
    if measured.findings is None:
        raise InputError(f"study {measured.study.id} has no tumour mask: there is nothing to compare operations for")
    ground = prepared(measured.spine, measured.findings, measured.scan)
    comparison = compared_on(ground, own=own, progress=staged(progress, 0.4, 1.0))
    return ComparedCase(case=case, measured=measured, comparison=comparison)


def write_comparison(compared: ComparedCase) -> Path:
    """comparison.json and comparison.html in the results of the case; returns the path of the page."""
    case, measured = compared.case, compared.measured
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    result = {**provenance(case), "study": measured.study.id, "comparison": compared.comparison}
    write_result(case.folder, "comparison.json", result)
    page = comparison_page(case, measured.study, measured.spine, measured.findings, compared.comparison)
    path = results_folder(case.folder) / "comparison.html"
    write_atomically(path, render_comparison(page))
    return path
