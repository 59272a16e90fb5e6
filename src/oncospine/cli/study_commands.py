"""Commands that prepare the studies of a case: list and de-identify DICOM, segment, register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oncospine.case.kinds import MaskContent
from oncospine.cli.console import print_json, say, shown_progress

CaseFolder = Annotated[Path, typer.Argument(help="Folder of the case (with case.yaml).", show_default=False)]
Source = Annotated[Path, typer.Argument(help="DICOM folder, zip or file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]


def series(source: Source, json: Json = False) -> None:
    """List the image series of a DICOM source, without names: the keys are those of `import --series`."""
    from oncospine.imaging import list_series

    with shown_progress("reading headers", quiet=json) as progress:
        found = list_series(source, progress=progress)
    if json:
        print_json(found)
    else:
        say("\n".join(item.described() for item in found))


def deidentify(
    source: Source,
    out: Annotated[Path, typer.Argument(help="New folder for the de-identified files.", show_default=False)],
    pseudonym: Annotated[str, typer.Option(help="Name and number of the patient in the new files.")],
    key: Annotated[Path, typer.Option(help="File with the secret of this patient's UIDs and dates; made if absent.")],
    series: Annotated[str | None, typer.Option(help="Key of the series where the source has several.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Also write who stands behind the pseudonym; undoes the de-identification.")
    ] = None,
    json: Json = False,
) -> None:
    """Write one DICOM series again without identifiers: an allow-list of attributes, UIDs replaced, dates shifted."""
    from oncospine.imaging import used_key, write_deidentified, write_mapping

    with used_key(key) as secret, shown_progress("de-identifying", quiet=json) as progress:
        files = write_deidentified(source, out, pseudonym=pseudonym, key=secret, series=series, progress=progress)
        if mapping is not None:
            write_mapping(source, mapping, pseudonym=pseudonym, key=secret, series=series)
    if json:
        print_json({"files": files, "key": key, "mapping": mapping})
        return
    say(f"{files} files written to {out}; voxels are untouched: text burned into them and faces stay")
    say(f"keep {key} apart from the files: later studies of the patient need it to stay in step")


def segment(
    case: CaseFolder,
    study: Annotated[str | None, typer.Option("--study", help="Id of the study to segment.")] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", help="Engine to run (default: the installed one); `list` shows all.")
    ] = None,
    json: Json = False,
) -> None:
    """Run an installed engine (TotalSegmentator, TotalSpineSeg, SPINEPS) on a study; its masks join the case."""
    from oncospine.case import read_case
    from oncospine.imaging import engines
    from oncospine.segmentation import segment_study

    if engine == "list":
        rows = [
            {"engine": item.name, "title": item.title, "installed": item.found() is not None, "install": item.install}
            for item in engines().values()
        ]
        if json:
            print_json(rows)
        for row in [] if json else rows:
            say(f"{row['engine']:30} {'installed' if row['installed'] else row['install']}")
        return
    with shown_progress("segmenting", quiet=json) as progress:
        done, masks = segment_study(read_case(case), study_id=study, engine_name=engine, progress=progress)
    if json:
        print_json({"study": done.id, "masks": masks})
        return
    for mask in masks:
        say(f"study {done.id}: {mask.path} ({mask.what}, {mask.convention})")
    say("an automatic segmentation: look at it before anything is planned on it")


def register(
    case: CaseFolder,
    fixed: Annotated[str, typer.Option("--fixed", help="Id of the study that stays.", show_default=False)],
    moving: Annotated[str, typer.Option("--moving", help="Id of the study to bring onto it.", show_default=False)],
    carry: Annotated[
        list[MaskContent] | None, typer.Option("--carry", help="Mask of the moving study to carry; may be repeated.")
    ] = None,
    around: Annotated[
        str | None, typer.Option("--around", help="Register by these vertebrae only, such as T2-T5 (column bent).")
    ] = None,
    json: Json = False,
) -> None:
    """Bring one study onto another (CT and MR, before and after) and carry masks across; refused where it is not good.

    Vertebrae of both studies are used where both have them, else the grey values of the scans.
    """
    from oncospine.base import parse_levels
    from oncospine.case import read_case
    from oncospine.cli.registration_text import registration_lines
    from oncospine.study_registration import register_studies

    levels = () if around is None else parse_levels(around)
    with shown_progress("registering", quiet=json) as progress:
        found = register_studies(
            read_case(case), fixed_id=fixed, moving_id=moving, carry=carry or (), around=levels, progress=progress
        )
    if json:
        print_json(found)
    else:
        say("\n".join([*registration_lines(found), f"written: {found.file}"]))


def add_study_commands(app: typer.Typer) -> None:
    """The commands of this file, on `app`."""
    for command in (series, deidentify, segment, register):
        app.command()(command)
