"""The commands of oncospine. Heavy imports stand in the commands that need them, so that help is quick."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from oncospine import __version__
from oncospine.base import side_process
from oncospine.case.kinds import Modality, Phase
from oncospine.cli.clinical_commands import add_clinical_commands
from oncospine.cli.command_order import InOrderOfUse
from oncospine.cli.console import print_json, say, shown_progress
from oncospine.cli.evidence_commands import evidence
from oncospine.cli.lesion_commands import find_lesions, outline
from oncospine.cli.study_commands import add_study_commands
from oncospine.cli.surgery_commands import add_surgery_commands
from oncospine.cli.validate_command import validate

app = typer.Typer(
    name="oncospine",
    cls=InOrderOfUse,
    help="From scans and examination of a spinal tumour to a cited, staged operation and its verification.\n\n"
    "Research and decision support for a multidisciplinary team; not a medical device, not for navigation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(evidence)
app.command()(validate)
app.command()(outline)
app.command("find-lesions")(find_lesions)

CaseFolder = Annotated[Path, typer.Argument(help="Folder of the case (with case.yaml).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]
StudyId = Annotated[str | None, typer.Option("--study", help="Id of the study to measure (default: latest pre-op).")]


def _version(asked: bool) -> None:
    if asked:
        say(f"oncospine {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
def new(
    case: CaseFolder,
    pseudonym: Annotated[str | None, typer.Option(help="Pseudonym (default: name of the folder).")] = None,
    json: Json = False,
) -> None:
    """Start a case: a commented case.yaml that validates. An existing one is never overwritten."""
    from oncospine.case import new_case

    path = new_case(case, pseudonym=pseudonym or case.resolve().name)
    if json:
        print_json({"case": path})
    else:
        say(f"{path} written; fill in what is known and leave out the rest.")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="DICOM folder or zip, NIfTI or NRRD.", show_default=False)],
    case: CaseFolder,
    study: Annotated[str, typer.Option(help="Id of the study in the case, such as ct-preop.", show_default=False)],
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the scan, as it shall stand in the case.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Instead of --date: file of the patient's secret; the day is read and shifted.")
    ] = None,
    modality: Annotated[Modality | None, typer.Option(help="Needed where the file does not say (NIfTI).")] = None,
    phase: Annotated[Phase, typer.Option(help="When in the course the scan was made.")] = Phase.UNKNOWN,
    labels: Annotated[Path | None, typer.Option(help="Label map or folder with the vertebrae.")] = None,
    labels_convention: Annotated[str, typer.Option(help="Its convention; `recognise` refuses a doubt.")] = "recognise",
    tumour: Annotated[Path | None, typer.Option(help="Mask of the tumour.")] = None,
    tumour_convention: Annotated[str, typer.Option(help="mask, or tumour_compartments.")] = "mask",
    series: Annotated[str | None, typer.Option(help="Key of the series where a DICOM source has several.")] = None,
    json: Json = False,
) -> None:
    """Bring a scan and its masks into a case: checked, de-identified, written whole or not at all."""
    from oncospine.case import MaskContent
    from oncospine.intake import MaskToImport, import_into_case

    masks = [
        MaskToImport(path=path, convention=convention, what=what)
        for path, convention, what in (
            (labels, labels_convention, MaskContent.ANATOMY),
            (tumour, tumour_convention, MaskContent.TUMOUR),
        )
        if path is not None
    ]
    with shown_progress("importing", quiet=json) as progress:
        added = import_into_case(
            source,
            case,
            study_id=study,
            day=None if date is None else date.date(),
            key_file=key,
            modality=modality,
            phase=phase,
            masks=masks,
            series=series,
            progress=progress,
        )
    if json:
        print_json(added)
    else:
        say(f"study {added.id} added to {case}: {added.scan} and {len(added.masks)} mask(s)")


add_study_commands(app)
add_surgery_commands(app)
add_clinical_commands(app)


@app.command()
def measure(
    case: CaseFolder,
    study: StudyId = None,
    maps: Annotated[
        bool, typer.Option("--maps", help="Also write the tumour's distance to sac and cord as NIfTI.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure the spine and the tumour on a study: results/findings.json, and results/levels.csv row by vertebra."""
    from oncospine.case import read_case
    from oncospine.cli.tables import measured_lines
    from oncospine.pipeline import measure as measure_case
    from oncospine.results import provenance, write_distance_maps, write_findings, write_levels

    record = read_case(case)
    with shown_progress("measuring", quiet=json) as progress:
        measured = measure_case(record, study_id=study, progress=progress)
    path = write_findings(record, provenance(record), measured)
    write_levels(record, measured)
    written = write_distance_maps(record, measured) if maps else ()
    _told(path, [*measured_lines(measured), *(f"written: {item}" for item in written)], json=json)


@app.command()
def assess(case: CaseFolder, study: StudyId = None, json: Json = False) -> None:
    """Grade, score and apply the rules: results/assessment.json (and findings.json where there are images)."""
    from oncospine.case import read_case
    from oncospine.cli.assessed_text import assessed_lines
    from oncospine.pipeline import assess_case, has_images, measure_cord
    from oncospine.pipeline import measure as measure_case
    from oncospine.results import provenance, write_assessment, write_findings

    record = read_case(case)
    measured = mr = None
    head = provenance(record)
    if study is not None or has_images(record):
        with shown_progress("measuring", quiet=json) as progress:
            measured = measure_case(record, study_id=study, progress=progress)
            mr = measure_cord(record, measured, progress=progress)
        write_findings(record, head, measured, mr)
    assessed = assess_case(record, measured, mr)
    _told(write_assessment(assessed, head), assessed_lines(assessed), json=json)


OperationFile = Annotated[
    Path | None, typer.Option("--operation", help="operation.yaml of the surgeon, evaluated beside the program's own.")
]


ReviewFolder = Annotated[
    Path | None, typer.Option("--evidence", help="Pooled review to read beside the case (default: the one shipped).")
]


@app.command()
def plan(
    case: CaseFolder,
    operation: OperationFile = None,
    study: StudyId = None,
    review: ReviewFolder = None,
    json: Json = False,
) -> None:
    """The main job: findings, assessment, operations evaluated, and the report: results/report.html."""
    with side_process("oncospine.report", "oncospine.report.render:compile_templates") as beside:
        # imported while the second process imports its own
        from oncospine.case import read_case
        from oncospine.cli.tables import planned_lines
        from oncospine.pipeline import plan as plan_case
        from oncospine.results import write_plan
        from oncospine.surgery import read_operation

        record = read_case(case)
        own = None if operation is None else read_operation(operation)
        with shown_progress("planning", quiet=json) as progress:
            planned = plan_case(record, own, study_id=study, review=review, beside=beside, progress=progress)
            progress("writing the report", 0.95)
            report = write_plan(planned, beside=beside)
    if json:
        _told(report.with_name("plan.json"), [], json=True)
    else:
        say("\n".join([*planned_lines(planned), f"written: {report}"]))


@app.command()
def demo(
    out: Annotated[Path, typer.Argument(help="Folder for the case and its results.")] = Path("oncospine-demo"),
    json: Json = False,
) -> None:
    """The published reference case as a simulated patient, whole path, with the published operation beside ours."""
    from oncospine.case import CASE_FILE, read_case
    from oncospine.cli.tables import planned_lines
    from oncospine.phantom import reference_case
    from oncospine.pipeline import plan as plan_case
    from oncospine.pipeline import staged
    from oncospine.results import write_plan
    from oncospine.surgery import published_operation

    with shown_progress("making the reference case", quiet=json) as progress:
        if not (out / CASE_FILE).exists():
            reference_case(out, progress=staged(progress, 0.0, 0.6))
        planned = plan_case(read_case(out), published_operation(), progress=staged(progress, 0.6, 0.95))
        report = write_plan(planned)
    if json:
        _told(report.with_name("plan.json"), [], json=True)
        return
    say("\n".join([*planned_lines(planned), f"written: {report}"]))
    if sys.stdout.isatty():
        typer.launch(str(report))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def score(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Score, such as sins; `list` shows all.", show_default=False)],
    ask: Annotated[bool, typer.Option("--ask", help="Ask for every input that is not given.")] = False,
    radelement: Annotated[
        bool, typer.Option("--radelement", help="SINS as JSON in RadElement codes (RDES21).")
    ] = False,
    json: Json = False,
) -> None:
    """Work out one score by hand: oncospine score sins --level T3 --pain mechanical --bone lytic ..."""
    from oncospine.cli.assessed_text import score_lines
    from oncospine.cli.score_options import parsed_options
    from oncospine.cli.score_prompt import asked_inputs, coded
    from oncospine.scores import SCORES, compute

    if name == "list":
        known = sorted(SCORES)
        print_json(known) if json else say("\n".join(known))
        return
    inputs = parsed_options(context.args)
    if ask:
        inputs = asked_inputs(
            name, inputs, ask=lambda text: typer.prompt(text, default="", show_default=False), tell=say
        )
    result = compute(name, inputs)
    if radelement:
        print_json(coded(result))
    elif json:
        print_json(result)
    else:
        say("\n".join(score_lines(result)))


def _told(path: Path, lines: list[str], *, json: bool) -> None:
    """What a command says at its end: the file's content for machines, a summary and its place for people."""
    if json:
        sys.stdout.write(path.read_text("utf-8"))
        return
    say("\n".join([*lines, f"written: {path}"]))
