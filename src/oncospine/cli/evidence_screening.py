"""`oncospine evidence screen`, `resolve`, `decide`, `stop`, `status`, `simulate`: reading and deciding, by keys."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from oncospine.base import InputError
from oncospine.cli.console import print_json, say, shown_progress

if TYPE_CHECKING:
    from oncospine.evidence import ConflictSession, NextRecord, ScreeningSession
    from oncospine.evidence.screening.stopping import MissedEstimate
    from oncospine.evidence.status import StageStatus

Folder = Annotated[Path, typer.Argument(help="Folder of the review.", show_default=False)]
Reviewer = Annotated[str, typer.Option(help="Who reads: a name or initials, one journal each.", show_default=False)]
Stage = Annotated[Literal["screening", "fulltext"], typer.Option(help="Titles and abstracts, or full texts.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]

HELP = """keys: i include, m maybe, 1-9 exclude for that reason, e exclude for a reason you type, n not retrieved (full
      texts), u undo (decide on the last one again), s how far, ? these keys, q quit. Every key is on disk at once."""

QUIT = ("q", "")
"""The key that ends the reading, and the end of a pipe."""

CHOICES = {"i": "include", "m": "maybe", "n": "not_retrieved"}


def screen(
    folder: Folder,
    reviewer: Reviewer,
    stage: Stage = "screening",
    sample: Annotated[int, typer.Option(help="Draw this many unread at random first, to tell what may be left.")] = 0,
) -> None:
    """Read records one by one and decide by single keys; stop at any time and go on where you were.

    Titles and abstracts come most likely relevant first. Keys: i include, m maybe, 1-9 exclude for that reason,
    e exclude for a reason you type, n not retrieved (full texts), u undo, s how far, ? help, q quit.
    """
    from oncospine.evidence import ScreeningSession

    with shown_progress("reading the records", quiet=False):
        session = ScreeningSession(folder, reviewer, stage=stage, sample=sample)
    _read(session, session)
    if stage == "screening":
        _tell_estimate(folder, reviewer)


def resolve(folder: Folder, reviewer: Reviewer, stage: Stage = "screening") -> None:
    """Settle what two reviewers decided differently, one record at a time, with both decisions on screen."""
    from oncospine.evidence import ConflictSession

    _read(ConflictSession(folder, reviewer, stage=stage), None)


def decide(
    folder: Folder,
    record: Annotated[str, typer.Argument(help="Id of the record.", show_default=False)],
    choice: Annotated[Literal["include", "exclude", "maybe", "not_retrieved"], typer.Argument(show_default=False)],
    reviewer: Reviewer,
    reason: Annotated[str, typer.Option(help="Needed to exclude.")] = "",
    stage: Stage = "screening",
) -> None:
    """Record one decision from a script; a later one on the same record replaces it, both stay in the journal."""
    from oncospine.evidence import record_decision

    found = record_decision(folder, record, choice, reviewer=reviewer, reason=reason, stage=stage)
    say(f"{found.record}: {found.choice}" + (f" ({found.reason})" if found.reason else ""))


def stop(
    folder: Folder,
    reviewer: Reviewer,
    why: Annotated[str, typer.Option(help="Reason, printed in the flow of the review.", show_default=False)],
) -> None:
    """End the reading of titles: set the unread aside. Read a random sample first (`screen --sample`)."""
    from oncospine.evidence import stop_screening

    _tell_estimate(folder, reviewer)
    aside = stop_screening(folder, reviewer, why=why)
    say(f"{aside} unread record(s) set aside; deciding on one later takes it back")


def status(folder: Folder, json: Json = False) -> None:
    """Where the review stands: records, readers, conflicts, agreement, what may be left, and what comes next."""
    from oncospine.evidence import review_status

    found = review_status(folder)
    if json:
        print_json(found)
        return
    say(f"{found.title or 'review'}: {found.files} file(s), {found.records} records, {found.publications} publications")
    for stage in found.stages:
        for line in _stage_lines(stage):
            say(line)
    say(f"tables: {', '.join(found.tables) or 'none yet'}")
    for line in found.to_do:
        say(f"next: {line}")
    if not found.to_do:
        say("nothing is open; the report is results/report.html")


def simulate(
    folder: Folder,
    runs: Annotated[int, typer.Option(help="Random starts.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the starts.")] = 0,
    json: Json = False,
) -> None:
    """Play the decided records through again from random starts: how much reading would the order have saved?"""
    from oncospine.evidence import simulate as simulate_review
    from oncospine.evidence.figures.curves import draw_recall

    with shown_progress("simulating", quiet=json) as progress:
        found = simulate_review(folder, runs=runs, seed=seed, progress=progress)
    drawn = draw_recall(found, folder / "results")
    if json:
        print_json([{"prior": run.prior, "metrics": run.metrics} for run in found])
        return
    say(f"{found[0].model}; {found[0].metrics.n} records, {found[0].metrics.n_relevant} of them relevant")
    say("WSS@95: share of the reading saved until 95 % of the relevant are found, less 5 % (Cohen 2006)")
    for name, values in (
        ("WSS@95", [run.metrics.wss_classic for run in found]),
        ("read to 95 %", [float(run.metrics.rank_at_target) for run in found]),
        ("average time to discovery", [run.metrics.average_rank for run in found]),
        ("loss (0 best, 1 worst)", [run.metrics.loss for run in found]),
    ):
        say(f"  {name:32} mean {sum(values) / len(values):.3f}  range {min(values):.3f} to {max(values):.3f}")
    say(f"recall curves: {drawn.svg} (and .png, .csv)")


def _read(session: ScreeningSession | ConflictSession, undoing: ScreeningSession | None) -> None:
    """The loop of keys, until all is read or the reader quits."""
    say(HELP)
    decided = 0
    try:
        while (shown := session.next()) is not None:
            _show(shown)
            key = _key()
            while key not in QUIT and not _act(key, session, undoing, shown):
                key = _key()
            if key in QUIT:
                say(f"{decided} decided now, all on disk; the same command goes on from here")
                return
            decided += key != "u"
    except KeyboardInterrupt:
        say(f"\n{decided} decided now, all on disk; the same command goes on from here")
        return
    say(f"nothing is left to read here; {decided} decided now")


def _act(
    key: str, session: ScreeningSession | ConflictSession, undoing: ScreeningSession | None, shown: NextRecord
) -> bool:
    """Do what a key asks; True where another record comes next."""
    reasons = shown.protocol.exclude_reasons
    if key == "u":
        if undoing is not None and undoing.back():
            return True
        say("nothing to undo")
    elif key == "s":
        for advice in shown.advice:
            say(f"{advice.rule}: {advice.value:g} (threshold {advice.threshold:g}). {advice.risk}")
    elif key == "?":
        say(HELP)
    elif key in CHOICES or key == "e" or (key.isdigit() and 1 <= int(key) <= len(reasons)):
        try:
            choice = CHOICES.get(key, "exclude")
            reason = reasons[int(key) - 1] if key.isdigit() else _typed_reason() if key == "e" else ""
            session.decide(shown.record.id, choice, reason=reason)
        except InputError as error:
            say(str(error))
            return False
        return True
    else:
        say(f"'{key}' is no key here; ? lists them")
    return False


def _show(shown: NextRecord) -> None:
    record, width = shown.record, min(shutil.get_terminal_size((100, 40)).columns, 110)

    def block(text: str) -> None:
        say(textwrap.fill(text, width))

    say(f"\n{'─' * 8} {shown.read} of {shown.total} read; now: {shown.how} {'─' * 8}")
    block(record.title or "(no title)")
    where = ", ".join(filter(None, (record.journal, str(record.year or ""), record.doi and f"doi {record.doi}")))
    authors = "; ".join(record.authors[:4]).rstrip(".") or "authors not given"
    block(f"{authors}{' et al' if record.authors[4:] else ''}. {where}")
    block(record.abstract or "(no abstract: judge the title, or say maybe)")
    for decision in shown.earlier:
        block(f"{decision.reviewer}: {decision.choice}" + (f" ({decision.reason})" if decision.reason else ""))
    block(f"Question: {shown.protocol.question}")
    if shown.protocol.include:
        block(f"Include: {'; '.join(shown.protocol.include)}")
    if shown.protocol.exclude_reasons:
        block(
            "Exclude: "
            + "  ".join(f"{number} {name}" for number, name in enumerate(shown.protocol.exclude_reasons, start=1))
        )
    for advice in shown.advice:
        if advice.reached:
            block(f"Stop rule reached ({advice.rule}: {advice.value:g}). {advice.risk}")


def _key() -> str:
    """One key at a terminal, the first letter of a line from a pipe; empty at its end."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    line = sys.stdin.readline()
    return line.strip().lower()[:1] or ("?" if line else "")


def _typed_reason() -> str:
    say("reason:")
    return sys.stdin.readline().strip()


def _tell_estimate(folder: Path, reviewer: str) -> None:
    from oncospine.evidence import Review, sample_estimate
    from oncospine.evidence.project import goes_on
    from oncospine.evidence.screening.stopping import sample_needed

    review = Review(folder)
    found = sample_estimate(review, reviewer)
    if found is not None:
        say(_estimate(found))
        return
    read = review.by_report(review.journal("screening", reviewer).decisions())
    relevant, unread = sum(map(goes_on, read.values())), len(review.reports) - len(read)
    if unread:
        say("no random sample has been read: what may be left is not known")
    if unread and relevant:
        size = sample_needed(relevant, unread)
        say(f"--sample {size} of the {unread} unread, without a relevant one, would bear out a recall of 95 %")


def _estimate(found: MissedEstimate) -> str:
    return (
        f"random sample: {found.found_in_sample} of {found.sampled} relevant; among the {found.unread} then left "
        f"unread at most {found.most} more (95 % limit): at least {found.least_recall:.0%} of the relevant were found"
    )


def _stage_lines(stage: StageStatus) -> list[str]:
    lines = [f"{stage.stage}: {stage.decided} of {stage.total} decided, {len(stage.conflicts)} conflict(s)"]
    for reader in stage.readers:
        counts = f"{reader.included} included, {reader.maybe} maybe, {reader.excluded} excluded"
        counts += f", {reader.not_retrieved} not retrieved" if reader.not_retrieved else ""
        counts += f", {reader.aside} set aside unread" if reader.aside else ""
        lines.append(f"  {reader.name}: {reader.read} read ({counts})")
        if reader.estimate is not None:
            lines.append(f"    {_estimate(reader.estimate)}")
    if stage.agreement is not None and stage.agreement.kappa is not None:
        found = stage.agreement
        span = "" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})"
        lines.append(f"  agreement on {found.n}: kappa {found.kappa:.2f}{span}")
    return lines
