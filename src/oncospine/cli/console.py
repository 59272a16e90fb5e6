"""What the commands share: messages, progress for people, JSON for machines, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oncospine.base import OncospineError, Progress, silent, to_json

OK, BAD_INPUT, REFUSED = 0, 2, 3
"""Exit codes: done, bad input, refused for safety."""


def say(text: str) -> None:
    """One line for people, on standard output."""
    sys.stdout.write(text + "\n")


def print_json(result: Any) -> None:
    """A result for machines, on standard output."""
    sys.stdout.write(to_json(result))


def complain(text: str) -> None:
    """One message on standard error."""
    sys.stderr.write(text + "\n")


@contextmanager
def shown_progress(doing: str, *, quiet: bool) -> Iterator[Progress]:
    """A progress bar on standard error for people at a terminal; nothing for machines, files and pipes."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=1.0)

        def tell(stage: str, fraction: float | None = None, /) -> None:
            bar.update(task, description=stage, completed=fraction)

        yield tell


def exit_code_of(error: BaseException) -> int:
    """Exit code of a failure: 3 for a safety refusal, 2 for any other deliberate or file-system failure."""
    return error.exit_code if isinstance(error, OncospineError) else BAD_INPUT
