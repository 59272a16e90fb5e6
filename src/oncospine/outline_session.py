"""Outlining a lesion of a case edit by edit: points are kept, every edit can be undone, nothing is used until accepted.

Beside the scan of a study stand `studies/<id>/outline-<name>.json`, the edits, and `outline-<name>.nii.gz`, the mask
they give. The mask follows from the scan and the edits alone, so that undoing an edit gives the mask before it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from oncospine.base import InputError, Progress, silent, to_json, write_atomically
from oncospine.case import RESULTS, Case, MaskContent, MaskFile, Study, add_mask
from oncospine.imaging import LabelMap, Scan, read_labels, read_scan, write_nifti
from oncospine.lesion import Outline, outlined
from oncospine.report.mask_page import MaskToSee, render_masks
from oncospine.study_images import ANATOMY, modality_of

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
"""What an outline may be called: it becomes part of a file's name."""

XYZ = tuple[float, float, float]
"""A point in RAS mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one call added: points inside and outside, and the box that bounds the lesion from now on."""

    inside: tuple[XYZ, ...] = ()
    outside: tuple[XYZ, ...] = ()
    box: tuple[XYZ, XYZ] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineState:
    """An outline as it stands: its edits, its volume, how the last edit changed it, and whether the case uses it."""

    study: str
    name: str
    edits: tuple[Edit, ...]
    volume_ml: float
    change_ml: float | None
    accepted: bool
    mask: str
    page: str
    notes: tuple[str, ...]


def edit_outline(case: Case, study_id: str, name: str, edit: Edit, *, progress: Progress = silent) -> OutlineState:
    """Add an edit and grow the mask anew; raises `InputError` for points that cannot be, and then nothing changes."""
    if not (edit.inside or edit.outside or edit.box):
        raise InputError("nothing to add: give --inside, --outside or --box, or --undo or --accept")
    study, before = _study(case, study_id), _read(case, study_id, name)
    edits = (*(before.edits if before is not None else ()), edit)
    return _grown(case, study, name, edits, before, progress)


def undo_outline(case: Case, study_id: str, name: str, *, progress: Progress = silent) -> OutlineState:
    """Take back the last edit; the first one cannot be taken back."""
    before = _known(case, study_id, name)
    if len(before.edits) < 2:
        raise InputError(f"outline '{name}' has one edit only, which cannot be undone; start another with --name")
    return _grown(case, _study(case, study_id), name, before.edits[:-1], before, progress)


def accept_outline(case: Case, study_id: str, name: str, *, by: str) -> OutlineState:
    """Enter the mask as the tumour of its study in case.yaml: from now on it is measured; later edits change it."""
    state = _known(case, study_id, name)
    if state.accepted:
        raise InputError(f"outline '{name}' is the tumour of study '{study_id}' already")
    others = case.study(study_id).masks_of(MaskContent.TUMOUR)
    if others:
        raise InputError(
            f"study '{study_id}' has the tumour mask {others[0].path} already; "
            "take it out of case.yaml to use the outline"
        )
    made_by = f"oncospine outline, {len(state.edits)} edit(s), accepted by {by}"
    mask = MaskFile(path=state.mask, convention="mask", what=MaskContent.TUMOUR, made_by=made_by)
    add_mask(_folder(case), study_id, mask)
    return replace(state, accepted=True)


def outline_state(case: Case, study_id: str, name: str) -> OutlineState:
    """The outline as it stands; `InputError` where there is none of that name."""
    return _known(case, study_id, name)


def _grown(
    case: Case, study: Study, name: str, edits: tuple[Edit, ...], before: OutlineState | None, progress: Progress
) -> OutlineState:
    inside = [point for edit in edits for point in edit.inside]
    outside = [point for edit in edits for point in edit.outside]
    boxes = [edit.box for edit in edits if edit.box is not None]
    notes: tuple[str, ...] = ()
    if not inside and boxes:
        inside, notes = [_middle(boxes[-1])], (FROM_BOX,)
    if not inside:
        raise InputError("an outline starts from a point inside the lesion, or a box around it: give --inside or --box")
    progress("reading the scan", 0.0)
    scan = read_scan(_folder(case) / str(study.scan), modality=modality_of(study), progress=progress)
    scan = replace(scan, volume=scan.volume.canonical())
    progress("outlining", 0.7)
    labels, without = _walls(case, study, scan, progress)
    box = boxes[-1] if boxes else None
    found = outlined(scan, inside, outside_mm=outside or None, box_mm=box, labels=labels)
    notes += (WALLS,) if labels is not None else without
    state = _written(case, study, name, edits, replace(found, notes=(*found.notes, *notes)), before)
    _write_page(case, scan, found, state, centre_mm=inside[-1])
    return state


FROM_BOX = "no point inside is given: the middle of the box counts as one"
"""Note on an outline that was started from a box alone."""


WALLS = (
    "growth keeps to the labelled structures, and the unlabelled tissue, that hold a point inside: "
    "set a point in each part of the lesion"
)
"""Note on an outline of a study with labels."""


def _walls(case: Case, study: Study, scan: Scan, progress: Progress) -> tuple[LabelMap | None, tuple[str, ...]]:
    """The labels of the study as walls, where they lie on the voxels of its scan; else None and why."""
    mask = next((mask for mask in study.masks if mask.what in ANATOMY), None)
    if mask is None:
        return None, ()
    labels = read_labels(_folder(case) / mask.path, convention=mask.convention, progress=progress).canonical()
    if not labels.grid.is_same_as(scan.volume.grid):
        return None, (f"{mask.path} lies on other voxels than the scan: labels are no walls for this outline",)
    return labels, ()


def _middle(box: tuple[XYZ, XYZ]) -> XYZ:
    x, y, z = ((one + other) / 2 for one, other in zip(*box, strict=True))
    return x, y, z


def _written(
    case: Case, study: Study, name: str, edits: tuple[Edit, ...], found: Outline, before: OutlineState | None
) -> OutlineState:
    mask, file = _mask_path(study.id, name), _state_path(case, study.id, name)
    state = OutlineState(
        study=study.id,
        name=name,
        edits=edits,
        volume_ml=found.volume_ml,
        change_ml=None if before is None else found.volume_ml - before.volume_ml,
        accepted=_is_accepted(case, study.id, mask),
        mask=mask,
        page=_page(study.id, name),
        notes=found.notes,
    )
    write_nifti(found.mask, _folder(case) / mask)
    write_atomically(file, to_json({"volume_ml": state.volume_ml, "edits": state.edits}))
    return state


def _write_page(case: Case, scan: Scan, found: Outline, state: OutlineState, *, centre_mm: XYZ) -> None:
    """results/outline-<study>-<name>.html: three planes through the latest point inside."""
    change = "" if state.change_ml is None else f", {state.change_ml:+.2f} ml by the last edit"
    mask = MaskToSee(
        title=f"Outline {state.name}",
        text=f"{state.volume_ml:.2f} ml{change}; {len(state.edits)} edit(s)",
        mask=found.mask,
        centre_mm=np.asarray(centre_mm),
    )
    page = render_masks(scan, [mask], title="Outline", pseudonym=case.pseudonym, study=state.study, notes=state.notes)
    write_atomically(_folder(case) / state.page, page)


def _known(case: Case, study_id: str, name: str) -> OutlineState:
    state = _read(case, study_id, name)
    if state is None:
        raise InputError(f"study '{study_id}' has no outline '{name}' yet; start it with --inside or --box")
    return state


def _read(case: Case, study_id: str, name: str) -> OutlineState | None:
    case.study(study_id)
    file, mask = _state_path(case, study_id, name), _mask_path(study_id, name)
    if not file.is_file() or not (_folder(case) / mask).is_file():
        return None
    try:
        stored = json.loads(file.read_text("utf-8"))
        edits = tuple(_edit(item) for item in stored["edits"])
        volume = float(stored["volume_ml"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: not a list of edits ({error}); remove the file to start again") from None
    accepted = _is_accepted(case, study_id, mask)
    return OutlineState(
        study=study_id,
        name=name,
        edits=edits,
        volume_ml=volume,
        change_ml=None,
        accepted=accepted,
        mask=mask,
        page=_page(study_id, name),
        notes=(),
    )


def _edit(stored: dict[str, Any]) -> Edit:
    box = stored["box"]
    return Edit(
        inside=tuple(_xyz(point) for point in stored["inside"]),
        outside=tuple(_xyz(point) for point in stored["outside"]),
        box=None if box is None else (_xyz(box[0]), _xyz(box[1])),
    )


def _xyz(values: Sequence[float]) -> XYZ:
    x, y, z = (float(value) for value in values)
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise ValueError(f"{values} is not a point")
    return x, y, z


def _study(case: Case, study_id: str) -> Study:
    study = case.study(study_id)
    if study.scan is None:
        raise InputError(f"study '{study_id}' has no scan to outline on; add `scan:` to it in case.yaml")
    return study


def _is_accepted(case: Case, study_id: str, mask: str) -> bool:
    return any(known.path == mask for known in case.study(study_id).masks)


def _mask_path(study_id: str, name: str) -> str:
    if not NAME.fullmatch(name):
        raise InputError(f"'{name}' cannot name an outline: small letters, digits, - and _ only, at most 31")
    return f"studies/{study_id}/outline-{name}.nii.gz"


def _page(study_id: str, name: str) -> str:
    return f"{RESULTS}/outline-{study_id}-{name}.html"


def _state_path(case: Case, study_id: str, name: str) -> Path:
    return _folder(case) / _mask_path(study_id, name).replace(".nii.gz", ".json")


def _folder(case: Case) -> Path:
    if case.folder is None:
        raise InputError("this case was not read from a folder; use read_case")
    return case.folder
