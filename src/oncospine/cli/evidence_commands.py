"""`oncospine evidence ...`: the literature review, one folder, one function call a command."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from oncospine.base import InputError
from oncospine.cli import evidence_screening as reading
from oncospine.cli.console import print_json, say, shown_progress

evidence = typer.Typer(
    name="evidence",
    help="A reproducible review of the literature: import, dedupe, screen, extract, pool, report.\n\n"
    "`status` says where a review stands and what comes next; `example` makes the review of leiomyosarcoma.",
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
    histology: Annotated[
        list[str] | None, typer.Option(help="ID=GROUP: histology of a patient and group of the case table.")
    ] = None,
) -> None:
    """Start a review: question and criteria are fixed before the records come (review.yaml)."""
    from oncospine.evidence import Protocol, new_review

    protocol = Protocol(
        title=title,
        question=question,
        include=tuple(include or ()),
        exclude_reasons=tuple(exclude or ()),
        histologies=dict(_pair(item) for item in histology or ()),
    )
    new_review(folder, protocol)
    say(f"review started in {folder}; next: oncospine evidence import {folder} FILE ...")


def _pair(text: str) -> tuple[str, str]:
    from oncospine.scores import histology

    name, equals, group = text.partition("=")
    if not equals or not group:
        raise InputError(f"--histology {text}: expected ID=GROUP, such as lms=malignant")
    return histology(name).id, group


@evidence.command()
def example(folder: Annotated[Path, typer.Argument(help="New folder for the example.", show_default=False)]) -> None:
    """The review of leiomyosarcoma of the spine that comes with the program: from exports to figures and report."""
    from oncospine.evidence import build_leiomyosarcoma_review

    with shown_progress("making the example", quiet=False) as progress:
        made = build_leiomyosarcoma_review(folder=folder, progress=progress)
    say(f"written: {made.report}")


@evidence.command("import")
def import_(
    folder: Folder,
    files: Annotated[
        list[Path], typer.Argument(help="RIS, NBIB, BibTeX, PubMed XML, CSV or .asreview.", show_default=False)
    ],
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
        _tell(item.problems)


@evidence.command()
def export(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="File to write; its ending says the format.", show_default=False)],
    which: Annotated[Literal["all", "unique", "included"], typer.Option(help="Which records.")] = "unique",
) -> None:
    """Write records for another program: .ris, .nbib, .bib, .xml, .csv, or .asreview."""
    from oncospine.evidence import export_records

    say(f"{export_records(folder, file, which=which)} records written to {file}")


@evidence.command()
def dedupe(folder: Folder, json: Json = False) -> None:
    """Group records that are one publication, each pair with its reason: results/duplicates.csv."""
    from oncospine.evidence import dedupe as dedupe_review

    with shown_progress("comparing", quiet=json) as progress:
        found = dedupe_review(folder, progress=progress)
    if json:
        print_json(found)
        return
    say(f"{len(found.groups)} publications, {found.n_removed} duplicates, {len(found.possible)} pair(s) for a person")
    for pair in found.possible:
        say(f"  {pair.one} and {pair.other}: {'; '.join(pair.reasons)}")
    say(f"every merge with its reason: {folder / 'results' / 'duplicates.csv'}")


@evidence.command()
def pair(
    folder: Folder,
    one: Annotated[str, typer.Argument(help="Id of a record.", show_default=False)],
    other: Annotated[str, typer.Argument(help="Id of another record.", show_default=False)],
    what: Annotated[Literal["join", "separate", "undo"], typer.Argument(help="undo: by rules.", show_default=False)],
    by: Annotated[str, typer.Option(help="Who decides.", show_default=False)],
    why: Annotated[str, typer.Option(help="The reason, kept with it.", show_default=False)],
) -> None:
    """Decide by hand whether two records are one publication; `undo` leaves it to the rules again."""
    from oncospine.evidence import Review

    review = Review(folder)
    before = {(item.one, item.other) for item in review.unique.possible}
    review.mark_pair(one, other, what, by=by, why=why)
    say(f"{what}: {one} and {other}; now {len(review.reports)} publications")
    for item in review.unique.possible:
        if (item.one, item.other) not in before:
            say(f"  now for a person: {item.one} and {item.other}: {'; '.join(item.reasons)}")


for command in (reading.screen, reading.decide, reading.resolve, reading.stop, reading.status, reading.simulate):
    evidence.command()(command)


@evidence.command()
def extract(
    folder: Folder,
    cases: Annotated[Path | None, typer.Option(help="Table with one row per patient.")] = None,
    series: Annotated[Path | None, typer.Option(help="Table with one aggregate figure per row.")] = None,
    studies: Annotated[Path | None, typer.Option(help="Table of studies and their records.")] = None,
    appraisal: Annotated[Path | None, typer.Option(help="Answers to checklists, one per row.")] = None,
    template: Annotated[Path | None, typer.Option(help="Write empty tables with all columns to this folder.")] = None,
) -> None:
    """Check extracted tables and take them into the review; every doubt is told with its line."""
    from oncospine.evidence import extract as extract_tables
    from oncospine.evidence import write_templates

    if template is not None:
        say("\n".join(f"written: {path}" for path in write_templates(folder, template)))
        return
    found = extract_tables(folder, cases=cases, series=series, studies=studies, appraisal=appraisal)
    if found.cases is not None:
        say(f"cases: {len(found.cases.patients)} patients")
    if found.series is not None:
        say(f"series: {len(found.series.results)} figures")
    if found.appraisals:
        say(f"appraisal: {len(found.appraisals)} studies, {sum(map(_open_items, found.appraisals))} open question(s)")
    say(f"{len(found.problems)} problem(s)")
    _tell(found.problems)


def _open_items(appraisal: Any) -> int:
    return len(appraisal.unanswered)


@evidence.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Table of one extractor.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="The same table by another one.", show_default=False)],
    table: Annotated[Literal["case", "series"], typer.Option(help="Which table it is.")] = "case",
    json: Json = False,
) -> None:
    """Double entry: where two extractors filled a cell differently. Exit code 2 where they did."""
    from oncospine.evidence import compared_tables

    found = compared_tables(first, second, table=table)
    if json:
        print_json(found)
    else:
        say(f"{found.n_rows} rows in both, {len(found.differences)} cell(s) differ")
        for item in found.differences:
            say(f"  {item.key}, {item.column}: {item.first or 'empty'} | {item.second or 'empty'}")
        for name, rows in (("first", found.only_first), ("second", found.only_second)):
            if rows:
                say(f"  only in the {name}: {', '.join(rows)}")
    if found.differences or found.only_first or found.only_second:
        raise typer.Exit(2)


@evidence.command()
def rebuild(
    clicks: Annotated[Path, typer.Argument(help="Clicks along the curves: arm, time, survival.", show_default=False)],
    risk: Annotated[
        Path, typer.Argument(help="Printed numbers: arm, time, n_at_risk, total_events.", show_default=False)
    ],
    out: Annotated[Path, typer.Argument(help="Folder for rebuilt.csv and the overlay.", show_default=False)],
) -> None:
    """Patients behind a printed Kaplan-Meier curve (Guyot 2012), with the overlay to judge them by."""
    from oncospine.evidence import rebuilt_arms, write_rebuilt
    from oncospine.evidence.figures.curves import printed_median

    arms = rebuilt_arms(clicks, risk)
    path, overlay = write_rebuilt(arms, out)
    for item in arms:
        median = printed_median(item.curve.median())
        say(
            f"{item.arm}: {item.curve.n} patients, {item.curve.n_events} events, median {median}, "
            f"largest difference from the print {item.rebuilt.largest_difference:.3f}"
        )
        for note in item.rebuilt.notes:
            say(f"  {note}")
    say(f"written: {path} and {overlay.svg}; rebuilt patients are never pooled with extracted ones")


@evidence.command()
def pool(folder: Folder, json: Json = False) -> None:
    """Pool what was extracted, draw the figures, and write the brief that `plan --evidence` reads: results/."""
    from oncospine.evidence import Review, brief_of
    from oncospine.evidence import pool as pool_review

    with shown_progress("pooling", quiet=json) as progress:
        result, figures = pool_review(folder, progress=progress)
    if json:
        print_json(brief_of(Review(folder), result))
        return
    for text in result.sentences:
        say(text)
    if result.flow is None:
        say(f"no flow diagram: {result.flow_missing}")
    for curve in result.survival[:1]:
        say(f"{curve.name}: {' '.join(curve.sentences[:2])}")
    if result.comparison is not None:
        say(" ".join(result.comparison.sentences))
    for figure in result.recurrence.values():
        say(" ".join(figure.sentences))
    say(f"certainty: {result.certainty.level}")
    say("\n".join(f"written: {figure.svg} (and .png, .csv)" for figure in figures))


@evidence.command()
def flow(folder: Folder) -> None:
    """Draw the PRISMA 2020 flow alone and print its counts; refused while records are undecided."""
    from oncospine.evidence import Review, prisma_flow
    from oncospine.evidence import flow as draw

    counts = prisma_flow(Review(folder))
    for name, count in counts.counts().items():
        if count:
            say(f"{name.replace('_', ' '):28} {count}")
    say(f"written: {draw(folder).svg}")


@evidence.command()
def like(
    case: Annotated[Path, typer.Argument(help="Folder of the case (images are not read).", show_default=False)],
    review: Annotated[
        Path | None, typer.Option("--evidence", help="Pooled review (default: the one of the program).")
    ] = None,
    json: Json = False,
) -> None:
    """Patients like this one: the nearest reported patients, with every part of the distance."""
    from oncospine.case import read_case
    from oncospine.evidence import evidence_for_case, evidence_summary
    from oncospine.patient_inputs import patient_inputs

    inputs = patient_inputs(read_case(case), None)
    found = evidence_for_case(inputs, (), folder=review)
    if found is None:
        raise InputError(
            f"the review of the program is not about histology '{inputs.histology or 'not stated'}': name a pooled one "
            "with --evidence"
        )
    if json:
        print_json(evidence_summary(found))
        return
    for item in found.similar.nearest:
        parts = ", ".join(f"{name.replace('_', ' ')} {value:.2g}" for name, value in item.parts)
        unknown = f"; not stated: {', '.join(item.not_compared).replace('_', ' ')}" if item.not_compared else ""
        say(f"{item.distance:.2f}  {item.patient.id}: {item.treatment}; {item.outcome}  [{parts}{unknown}]")
    for text in (*found.similar.sentences, *found.notes):
        say(text)


@evidence.command()
def options(
    folder: Annotated[Path | None, typer.Argument(help="Pooled review (default: the one of the program).")] = None,
    group: Annotated[str, typer.Option(help="Count patients of this histology group only.")] = "",
    json: Json = False,
) -> None:
    """What a review holds on each option of treatment: patients, outcomes, series, and how certain it is."""
    from oncospine.evidence import options_of_review, read_brief, shipped_brief

    brief = shipped_brief() if folder is None else read_brief(folder)
    found = options_of_review(brief, group=group)
    if json:
        print_json(found)
        return
    say(f"{brief.title}{f', {group}' if group else ''}")
    for item in found:
        known = item.certainty
        told = "no case evidence" if known is None else f"certainty {known.level}: {'; '.join(known.why)}"
        say(f"{item.option}: {told}")
        for text in (*item.sentences, *(text for figure in item.pooled for text in figure.sentences)):
            say(f"  {text}")
        for result in item.technique:
            say(f"  {result.series} ({result.arm.replace('_', ' ')}): {result.figure}")
        if item.patients:
            say(f"  patients: {', '.join(item.patients)}")


@evidence.command()
def report(folder: Folder) -> None:
    """Pool and write the one-page report of the review: results/report.html."""
    from oncospine.evidence import report as write_page

    with shown_progress("pooling", quiet=False):
        path = write_page(folder)
    say(f"written: {path}")


def _tell(problems: Iterable[Any]) -> None:
    for problem in problems:
        say(f"  {problem}")
