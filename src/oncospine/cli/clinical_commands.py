"""Commands on the examination, the histology table and the schemas of what may be entered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oncospine.cli.console import print_json, say

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]


def exam(
    what: Annotated[
        str, typer.Argument(help="Folder of a case, file with the text form, or the text itself.", show_default=False)
    ],
    worksheet: Annotated[
        Path | None, typer.Option(help="Also write the printable worksheet (.svg, .png or .pdf).")
    ] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the tables as the `isncsci:` section of case.yaml.")
    ] = False,
    json: Json = False,
) -> None:
    """Grade an ISNCSCI examination: oncospine exam "R LT C2..T4=2 T5..S4-5=1; R PP ...; R M C5..T1=5 ...; VAC=yes".

    One piece per side and modality (LT, PP, M), separated by semicolons; `R NK=L4` is the lowest non-key muscle; VAC
    and DAP are yes, no or NT. What is not written was not tested. `3*` is a score lowered by something other than the
    cord and not normal, `3**` one considered normal.
    """
    from oncospine.cli.exam_text import case_section, exam_from, graded_lines
    from oncospine.neurology import exam_text, isncsci
    from oncospine.neurology import worksheet as write_worksheet

    found = exam_from(what)
    grades = isncsci(found)
    if worksheet is not None:
        write_worksheet(found, worksheet)
    if yaml:
        say(case_section(found))
    elif json:
        print_json({"text": exam_text(found), "grades": grades, "worksheet": worksheet})
    else:
        say("\n".join([*graded_lines(found, grades), *([] if worksheet is None else [f"written: {worksheet}"])]))


def histology(
    name: Annotated[str, typer.Argument(help="Entity or part of its name; `list` shows all.", show_default=False)],
    json: Json = False,
) -> None:
    """One row of the histology table: sensitivity, vascularity, places in the scores, systemic options, notes."""
    from oncospine.cli.exam_text import histology_lines
    from oncospine.scores import histologies
    from oncospine.scores import histology as row_of

    if name == "list":
        rows = histologies()
        print_json(list(rows.values())) if json else say("\n".join(f"{key}: {row.name}" for key, row in rows.items()))
        return
    row = row_of(name)
    print_json(row) if json else say("\n".join(histology_lines(row)))


def schema(
    name: Annotated[str, typer.Argument(help="case, rules, or a score; `list` shows all.", show_default=False)],
) -> None:
    """JSON Schema of an input: the case file, everything the rules read, or one score."""
    from oncospine.case import case_schema
    from oncospine.scores import SCORES, input_schema
    from oncospine.strategy import inputs_schema

    if name == "list":
        say("\n".join(["case", "rules", *sorted(SCORES)]))
    elif name == "case":
        print_json(case_schema())
    elif name == "rules":
        print_json(inputs_schema())
    else:
        print_json(input_schema(name))


def add_clinical_commands(app: typer.Typer) -> None:
    """Register them."""
    for command in (exam, histology, schema):
        app.command()(command)
