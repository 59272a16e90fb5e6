"""Adding a study to case.yaml without touching anything else in it: comments and order stay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import yaml

from oncospine.base import InputError, write_atomically
from oncospine.case.files import CASE_FILE, parse_case, plain_yaml, read_case
from oncospine.case.studies import Study

_KEY = re.compile(r"studies:\s*(\[\s*\])?\s*(#.*)?")
_ITEM = re.compile(r"( *)- ")


def add_study(folder: Path, study: Study) -> Path:
    """Append `study` to the studies of the case in `folder`; the rest of the file stays as it is.

    Raises `InputError` where a study of that id is there already, where the case does not read, and where the list of
    studies is written in a way that cannot be extended line by line (the message then holds the lines to add).
    """
    folder = Path(folder)
    case = read_case(folder)
    if any(known.id == study.id for known in case.studies):
        raise InputError(f"the case has a study '{study.id}' already; choose another --study id")
    path = folder / CASE_FILE
    text = path.read_text("utf-8-sig")
    item = plain_yaml([replace(case, studies=(study,)).to_plain()["studies"][0]])
    extended = _inserted(text, item)
    wanted = replace(case, studies=(*case.studies, study))
    try:
        fits = extended is not None and parse_case(extended, file=str(path)) == wanted
    except (InputError, yaml.YAMLError):
        fits = False
    if not fits or extended is None:
        raise InputError(f"{path}: the study could not be added by itself; add these lines under `studies:`\n{item}")
    write_atomically(path, extended)
    return path


def _inserted(text: str, item: str) -> str | None:
    """`text` with the list item at the end of its studies; None where the list is not written one line an entry."""
    lines = text.splitlines()
    at = next((index for index, line in enumerate(lines) if _KEY.fullmatch(line.rstrip())), None)
    if at is None:
        if any(line.startswith("studies:") for line in lines):
            return None
        return "\n".join([*lines, "studies:", *_indented(item, 2)]) + "\n"
    end = at + 1
    indent = 2
    last = at
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" ", "-", "#"))):
        found = _ITEM.match(lines[end])
        if found and last == at:
            indent = len(found[1])
        if lines[end].strip() and not lines[end].lstrip().startswith("#"):
            last = end
        end += 1
    head = [*lines[:at], re.sub(r"\[\s*\]", "", lines[at]).rstrip(), *lines[at + 1 : last + 1]]
    return "\n".join([*head, *_indented(item, indent), *lines[last + 1 :]]) + "\n"


def _indented(item: str, indent: int) -> list[str]:
    return [" " * indent + line if line else line for line in item.splitlines()]
