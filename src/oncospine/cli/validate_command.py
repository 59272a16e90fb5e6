"""`oncospine validate TOPIC`: truth, published or constructed, against ours, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from oncospine.base import InputError, Progress
from oncospine.cli.console import print_json, say, shown_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says beside the topic."""

    data: Path | None
    count: int
    seed: int
    jobs: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows for machines, a line for each for people, and whether each passes (None: a figure without a target)."""

    rows: Sequence[Any]
    lines: Sequence[str]
    passes: Sequence[bool | None]
    words: str


def _evidence(asked: Asked, progress: Progress) -> Table:
    from oncospine.evidence import validate

    del progress
    if asked.data is None:
        raise InputError("validate evidence needs --data: the folder with the published numbers")
    rows = validate(asked.data)
    lines = [f"{row.id:8} {row.name}: published {row.published}, ours {row.ours}" for row in rows]
    return Table(rows=rows, lines=lines, passes=[row.ok for row in rows], words="within tolerance")


def _findings(asked: Asked, progress: Progress) -> Table:
    from oncospine.findings_validation import validate_findings

    if asked.count < 1:
        raise InputError(f"--count is {asked.count}; at least one phantom is needed")
    rows = validate_findings(asked.count, asked.seed, jobs=asked.jobs, progress=progress)
    widest = max(len(row.quantity) for row in rows)
    lines = [f"{row.quantity:{widest}}  {row.target:8}  {row.ours}" for row in rows]
    return Table(rows=rows, lines=lines, passes=[row.passes for row in rows], words="targets reached")


def _surgery(asked: Asked, progress: Progress) -> Table:
    from oncospine.surgery_validation import validate_surgery

    if asked.count < 1:
        raise InputError(f"--count is {asked.count}; at least one phantom is needed")
    rows = validate_surgery(asked.count, asked.seed, jobs=asked.jobs, progress=progress)
    lines = [f"{row.quantity}  {row.target}  {row.ours}" for row in rows]
    return Table(rows=rows, lines=lines, passes=[row.passes for row in rows], words="targets reached")


def _anatomy(asked: Asked, progress: Progress) -> Table:
    from oncospine.anatomy_validation import validate_anatomy

    if asked.count < 1:
        raise InputError(f"--count is {asked.count}; at least one phantom is needed")
    rows = validate_anatomy(asked.count, asked.seed, jobs=asked.jobs, progress=progress)
    lines = [row.described() for row in rows]
    return Table(rows=rows, lines=lines, passes=[row.passes for row in rows], words="targets reached")


TOPICS: Mapping[str, Callable[[Asked, Progress], Table]] = {
    "anatomy": _anatomy,
    "evidence": _evidence,
    "findings": _findings,
    "surgery": _surgery,
}
"""What can be validated, by name."""

MARKS = {True: "ok  ", False: "FAIL", None: "    "}


def validate(
    topic: Annotated[str, typer.Argument(help=f"One of: {', '.join(TOPICS)}.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option(help="evidence: folder with the published numbers.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(help="anatomy, findings, surgery: how many random phantoms.")] = 200,
    seed: Annotated[int, typer.Option(help="anatomy, findings, surgery: number of the first phantom.")] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(
            help="anatomy, findings, surgery: processes at a time (default: one per core).", show_default=False
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")] = False,
) -> None:
    """Truth, published or constructed, against ours, as a table; the exit code is not 0 if any falls short."""
    if topic not in TOPICS:
        raise InputError(f"unknown topic '{topic}'; the topics that can be validated so far: {', '.join(TOPICS)}")
    with shown_progress(f"validating {topic}", quiet=json) as progress:
        table = TOPICS[topic](Asked(data=data, count=count, seed=seed, jobs=jobs), progress)
    judged = [passes for passes in table.passes if passes is not None]
    if json:
        print_json(table.rows)
    else:
        for mark, line in zip(table.passes, table.lines, strict=True):
            say(f"{MARKS[mark]} {line}")
        say(f"{sum(judged)} of {len(judged)} {table.words}")
    if not all(judged):
        raise typer.Exit(code=1)
