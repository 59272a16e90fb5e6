"""`oncospine screw`: one screw of the operation in a case changed, graded again, and taken back as often as wanted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError, Progress, silent, to_json, write_atomically
from oncospine.case import Case, results_folder
from oncospine.pipeline import measure, staged
from oncospine.surgery import (
    EditedScrews,
    Operation,
    PlannedScrew,
    ScrewEdit,
    edit_screws,
    operation_yaml,
    prepared,
    proposed_on,
    read_operation,
)

FILE = "operation.yaml"
"""Beside case.yaml: the operation that is edited where no other file is named."""

HISTORY = "operation_history.json"
"""In the results of the case: earlier and undone texts of every edited operation file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EditResult:
    """One edit: the screw before and after (None: no screw wanted there), the file written and how far back it goes."""

    file: Path
    before: PlannedScrew | None
    after: PlannedScrew | None
    plan: EditedScrews
    undo_left: int


def edit_case_screw(
    case: Case, edit: ScrewEdit, *, file: Path | None = None, study_id: str | None = None, progress: Progress = silent
) -> EditResult:
    """Change one screw in the operation file; a file that does not exist yet starts as the program's own operation."""
    path = _file(case, file)
    measured = measure(case, study_id=study_id, progress=staged(progress, 0.0, 0.8))
    ground = prepared(measured.spine, measured.findings, measured.scan)
    operation = read_operation(path) if path.is_file() else proposed_on(ground)
    now = edit_screws(ground, operation)
    after = now.edited(edit)
    undo, _ = _history(case, path)
    undo.append(path.read_text("utf-8") if path.is_file() else operation_yaml(operation))
    _write(case, path, after.operation, undo=undo, redo=[])
    return EditResult(
        file=path,
        before=now.screw(edit.level, edit.side),
        after=after.screw(edit.level, edit.side),
        plan=after,
        undo_left=len(undo),
    )


def undo_case_edit(case: Case, *, file: Path | None = None) -> tuple[Path, int]:
    """The operation file as it was before the last edit; its path and how many edits can still be undone."""
    return _step(case, file, back=True)


def redo_case_edit(case: Case, *, file: Path | None = None) -> tuple[Path, int]:
    """The operation file as it was before the last undo; its path and how many undone edits are left."""
    return _step(case, file, back=False)


def _step(case: Case, file: Path | None, *, back: bool) -> tuple[Path, int]:
    path = _file(case, file)
    undo, redo = _history(case, path)
    taken, other = (undo, redo) if back else (redo, undo)
    if not taken:
        raise InputError(f"{path}: there is no {'edit to undo' if back else 'undone edit to bring back'}")
    if path.is_file():
        other.append(path.read_text("utf-8"))
    text = taken.pop()
    _remember(case, path, undo=undo, redo=redo)
    write_atomically(path, text)
    return path, len(taken)


def _write(case: Case, path: Path, operation: Operation, *, undo: list[str], redo: list[str]) -> None:
    _remember(case, path, undo=undo, redo=redo)
    write_atomically(path, operation_yaml(operation))


def _file(case: Case, file: Path | None) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return Path(file) if file is not None else case.folder / FILE


def _history(case: Case, path: Path) -> tuple[list[str], list[str]]:
    """Earlier and undone texts of a file, the latest last."""
    found = _all_histories(case).get(str(path.resolve()), {})
    return list(found.get("undo", ())), list(found.get("redo", ()))


def _remember(case: Case, path: Path, *, undo: list[str], redo: list[str]) -> None:
    every = _all_histories(case)
    every[str(path.resolve())] = {"undo": undo, "redo": redo}
    write_atomically(_history_file(case), to_json(every))


def _all_histories(case: Case) -> dict[str, dict[str, list[str]]]:
    path = _history_file(case)
    if not path.is_file():
        return {}
    try:
        found: dict[str, dict[str, list[str]]] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: the history of edits is not readable ({error}); remove the file") from None
    return found


def _history_file(case: Case) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return results_folder(case.folder) / HISTORY
