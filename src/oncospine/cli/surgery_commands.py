"""Commands about operations: compare, export, screw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oncospine.cli.console import say, shown_progress

CaseFolder = Annotated[Path, typer.Argument(help="Folder of the case (with case.yaml).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]
StudyId = Annotated[str | None, typer.Option("--study", help="Id of the study to measure (default: latest pre-op).")]
OperationFiles = Annotated[
    list[Path] | None,
    typer.Option("--operation", help="operation.yaml of the surgeon; may be given several times."),
]


def compare(
    case: CaseFolder,
    operation: OperationFiles = None,
    published: Annotated[
        bool, typer.Option("--published", help="Put the published two-stage 360 of the reference case beside them.")
    ] = False,
    study: StudyId = None,
    json: Json = False,
) -> None:
    """Posterior, anterior, circumferential, staged 360, separation and your own, in one table without weights."""
    from oncospine.case import read_case, read_result
    from oncospine.cli.console import print_json
    from oncospine.cli.surgery_tables import compared_lines
    from oncospine.operations_compared import compare_case, write_comparison
    from oncospine.surgery import published_operation, read_operation

    record = read_case(case)
    own = [read_operation(path) for path in operation or ()]
    own += [published_operation()] if published else []
    with shown_progress("comparing", quiet=json) as progress:
        compared = compare_case(record, own, study_id=study, progress=progress)
        page = write_comparison(compared)
    if json:
        print_json(read_result(case, "comparison.json"))
    else:
        say("\n".join([*compared_lines(compared.comparison), f"written: {page}"]))
