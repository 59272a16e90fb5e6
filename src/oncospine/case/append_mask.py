"""Adding a mask to a study of case.yaml without touching anything else in it: comments and order stay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from oncospine.base import InputError, write_atomically
from oncospine.case.files import CASE_FILE, parse_case, read_case
from oncospine.case.studies import MaskFile, Study


def add_mask(folder: Path, study_id: str, mask: MaskFile) -> Path:
    """Append `mask` to the masks of a study of the case in `folder`; a mask of that path must not be there yet.

    Raises `InputError` where the study is unknown or has the mask already, and where its masks are written in a way
    that cannot be extended line by line (the message then holds the line to add).
    """
    folder = Path(folder)
    case = read_case(folder)
    study = case.study(study_id)
    if any(known.path == mask.path for known in study.masks):
        raise InputError(f"study '{study_id}' has the mask {mask.path} already")
    path = folder / CASE_FILE
    text = path.read_text("utf-8-sig")
    item = _flow(mask)
    wanted = replace(case, studies=tuple(_with(known, study_id, mask) for known in case.studies))
    extended = _inserted(text, study_id, item)
    try:
        fits = extended is not None and parse_case(extended, file=str(path)) == replace(wanted, folder=None)
    except (InputError, yaml.YAMLError):
        fits = False
    if not fits or extended is None:
        raise InputError(
            f"{path}: the mask could not be added by itself; add this line under `masks:` of study '{study_id}'\n"
            f"- {item}"
        )
    write_atomically(path, extended)
    return path


def _with(study: Study, study_id: str, mask: MaskFile) -> Study:
    return replace(study, masks=(*study.masks, mask)) if study.id == study_id else study


def _flow(mask: MaskFile) -> str:
    """The mask on one line, as in {path: ..., convention: ..., what: ...}."""
    plain = {"path": mask.path, "convention": mask.convention, "what": mask.what.value, "made_by": mask.made_by}
    known = {name: value for name, value in plain.items() if value is not None}
    return yaml.safe_dump(known, default_flow_style=True, sort_keys=False, width=1000, allow_unicode=True).strip()


def _inserted(text: str, study_id: str, item: str) -> str | None:
    """`text` with the item at the end of the study's masks; None where they are not written one line an entry."""
    lines = text.splitlines()
    study = _study_node(text, study_id)
    if study is None:
        return None
    masks = _value(study, "masks")
    if masks is None:
        indent = " " * int(study.start_mark.column)
        new, end = [f"{indent}masks:", f"{indent}  - {item}"], int(study.end_mark.line)
    elif not masks.flow_style and masks.value:
        first = lines[masks.value[0].start_mark.line]
        new, end = [f"{' ' * first.index('-')}- {item}"], int(masks.end_mark.line)
    else:
        return None
    end = len(lines) if end == 0 else end
    while end > 0 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return "\n".join([*lines[:end], *new, *lines[end:]]) + "\n"


def _study_node(text: str, study_id: str) -> Any:
    studies = _value(yaml.compose(text, Loader=yaml.SafeLoader), "studies")
    if studies is None or studies.flow_style:
        return None
    for node in studies.value:
        name = _value(node, "id")
        if name is not None and name.value == study_id and not node.flow_style:
            return node
    return None


def _value(mapping: Any, key: str) -> Any:
    return next((value for name, value in mapping.value if name.value == key), None)
