"""`oncospine evidence ...`: the literature review, one folder, one function call a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oncospine.cli.console import print_json, say, shown_progress

evidence = typer.Typer(
    name="evidence",
    help="A reproducible review of the literature: import, dedupe, screen, extract, pool, report.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Folder of the review.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]


@evidence.command()
def new(
    folder: Folder,
    title: Annotated[str, typer.Option(help="Title of the review.", show_default=False)],
    question: Annotated[str, typer.Option(help="The question it asks.", show_default=False)],
    include: Annotated[list[str] | None, typer.Option(help="A criterion of inclusion; may be repeated.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A reason of exclusion; may be repeated.")] = None,
) -> None:
    """Start a review: question and criteria are fixed before the records come."""
    from oncospine.evidence import Protocol, new_review

    criteria, reasons = tuple(include or ()), tuple(exclude or ())
    new_review(folder, Protocol(title=title, question=question, include=criteria, exclude_reasons=reasons))
    say(f"review started in {folder}")


@evidence.command("import")
def import_(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(help="RIS, NBIB, BibTeX, PubMed XML, CSV or .asreview.")],
    json: Json = False,
) -> None:
    """Bring records in; every problem is told with its line, and nothing is lost."""
    from oncospine.evidence import import_records

    with shown_progress("importing", quiet=json) as progress:
        imported = import_records(folder, *files, progress=progress)
    if json:
        print_json([{"file": i.file, "records": len(i.records), "problems": i.problems} for i in imported])
        return
    for item in imported:
        say(f"{item.file}: {len(item.records)} records, {len(item.problems)} problem(s)")
        for problem in item.problems:
            say(f"  {problem}")


@evidence.command()
def dedupe(folder: Folder, json: Json = False) -> None:
    """Group records that are one publication, each pair with its reason."""
    from oncospine.evidence import dedupe as dedupe_review

    found = dedupe_review(folder)
    if json:
        print_json(found)
    else:
        say(f"{len(found.groups)} publications, {found.n_removed} duplicates, {len(found.possible)} pairs for a person")


@evidence.command()
def screen(folder: Folder, reviewer: Annotated[str, typer.Option(help="Initials.", show_default=False)]) -> None:
    """Screen titles and abstracts: i include, e exclude, m maybe, q quit; every key is on disk at once."""
    from oncospine.evidence import ScreeningSession

    keys = {"i": "include", "e": "exclude", "m": "maybe"}
    session = ScreeningSession(folder, reviewer)
    while (shown := session.next()) is not None:
        record = shown.record
        say(f"\n[{shown.read} of {shown.total}] {record.title or '(no title)'}\n{record.abstract or '(no abstract)'}")
        say(f"{shown.question}; include: {'; '.join(shown.include) or '-'}")
        key = typer.prompt("i/e/m/q").strip().lower()
        if key == "q":
            return
        if key in keys:
            session.decide(record.id, keys[key])
    say("every record has been screened")


@evidence.command()
def extract(
    folder: Folder,
    cases: Annotated[Path | None, typer.Option(help="Table with one row per patient.")] = None,
    series: Annotated[Path | None, typer.Option(help="Table with one aggregate figure per row.")] = None,
    studies: Annotated[Path | None, typer.Option(help="Table of studies and their records.")] = None,
) -> None:
    """Check extracted tables and take them into the review."""
    from oncospine.evidence import extract as extract_tables

    case_table, series_table = extract_tables(folder, cases=cases, series=series, studies=studies)
    for name, table in (("cases", case_table), ("series", series_table)):
        if table is not None:
            say(f"{name}: taken in")


@evidence.command()
def pool(folder: Folder, json: Json = False) -> None:
    """Pool what was extracted and draw the figures: results/."""
    from oncospine.evidence import pool as pool_review

    with shown_progress("pooling", quiet=json) as progress:
        result, figures = pool_review(folder, progress=progress)
    if json:
        print_json(result)
    else:
        say(f"pooled; {len(figures)} figures in {folder / 'results'}")


@evidence.command()
def report(folder: Folder) -> None:
    """The one-page report of the review: results/report.html."""
    from oncospine.evidence import report as write_page

    say(f"written: {write_page(folder)}")
