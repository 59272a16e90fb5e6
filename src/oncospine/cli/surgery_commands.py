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


def export(
    case: CaseFolder,
    operation: Annotated[
        Path | None, typer.Option("--operation", help="operation.yaml to export (default: the program's own).")
    ] = None,
    published: Annotated[bool, typer.Option("--published", help="Export the published two-stage 360.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder (default: results/export/<operation>).")] = None,
    stl: Annotated[bool, typer.Option("--stl", help="Surfaces apart, binary STL, RAS+ mm.")] = False,
    glb: Annotated[bool, typer.Option("--glb", help="All surfaces together, GLB, RAS+ mm.")] = False,
    screws: Annotated[bool, typer.Option("--screws", help="Screw plan as JSON and CSV, RAS+ mm.")] = False,
    slicer: Annotated[bool, typer.Option("--slicer", help="Screws and rods as 3D Slicer markups, LPS mm.")] = False,
    sheet: Annotated[bool, typer.Option("--sheet", help="Operative sheet for the printer, one page of A4.")] = False,
    study: StudyId = None,
    json: Json = False,
) -> None:
    """Write an operation for other programs and for theatre; without a choice of files all of them."""
    from oncospine.base import InputError
    from oncospine.case import read_case
    from oncospine.cli.console import print_json
    from oncospine.operation_export import ExportKind, default_export_folder, evaluate_case, write_export
    from oncospine.surgery import published_operation, read_operation

    if operation is not None and published:
        raise InputError("--operation and --published were given together; one operation is exported at a time")
    record = read_case(case)
    wished = published_operation() if published else None if operation is None else read_operation(operation)
    chosen = {ExportKind.STL: stl, ExportKind.GLB: glb, ExportKind.SCREWS: screws, ExportKind.SLICER: slicer,
              ExportKind.SHEET: sheet}  # fmt: skip
    kinds = [kind for kind, wanted in chosen.items() if wanted] or list(ExportKind)
    with shown_progress("exporting", quiet=json) as progress:
        evaluated = evaluate_case(record, wished, study_id=study, progress=progress)
        folder = out or default_export_folder(record, evaluated.done.operation)
        paths = write_export(evaluated, folder, kinds)
    if json:
        print_json({"operation": evaluated.done.operation.title, "files": paths})
    else:
        say("\n".join([f"operation: {evaluated.done.operation.title}", *(f"written: {path}" for path in paths)]))


POINT = "R,A,S in mm, RAS+"


def screw(
    case: CaseFolder,
    place: Annotated[list[str] | None, typer.Argument(help="Level and side, such as: T2 left.")] = None,
    entry: Annotated[str | None, typer.Option("--entry", help=f"New entry: {POINT}.")] = None,
    target: Annotated[str | None, typer.Option("--target", help=f"New target: {POINT}.")] = None,
    diameter: Annotated[float | None, typer.Option("--diameter", help="New diameter in mm.")] = None,
    length: Annotated[float | None, typer.Option("--length", help="New length in mm.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="No screw in this pedicle.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last edit back.")] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Bring the last undone edit back.")] = False,
    operation: Annotated[
        Path | None,
        typer.Option("--operation", help="File that is edited (default: operation.yaml of the case; it is started "
                     "from the program's own operation)."),
    ] = None,
    study: StudyId = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Move, resize or leave out one screw of your operation: graded again where it stands, never moved; with undo."""
    from oncospine.base import InputError
    from oncospine.case import read_case
    from oncospine.cli.console import print_json
    from oncospine.cli.surgery_tables import edit_of, edited_lines
    from oncospine.operation_edit import edit_case_screw, redo_case_edit, undo_case_edit

    record = read_case(case)
    if undo or redo:
        if (undo and redo) or place:
            raise InputError("--undo and --redo stand alone")
        path, left = (undo_case_edit if undo else redo_case_edit)(record, file=operation)
        told = f"{path} {'is as before the last edit' if undo else 'has the undone edit again'}; {left} more"
        print_json({"file": path, "left": left}) if json else say(told)
        return
    edit = edit_of(place or [], entry=entry, target=target, diameter=diameter, length=length, remove=remove)
    with shown_progress("grading", quiet=json) as progress:
        result = edit_case_screw(record, edit, file=operation, study_id=study, progress=progress)
    if json:
        rods = result.plan.rods
        print_json({"file": result.file, "before": result.before, "after": result.after, "rods": rods})
    else:
        say("\n".join([*edited_lines(result), f"written: {result.file} ({result.undo_left} edits can be undone)"]))


def add_surgery_commands(app: typer.Typer) -> None:
    """Put the commands of this module on the program."""
    for command in (compare, export, screw):
        app.command()(command)
