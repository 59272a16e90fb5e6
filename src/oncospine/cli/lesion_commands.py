"""`oncospine outline` and `oncospine find-lesions`: a tumour mask where there is none yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oncospine.base import InputError
from oncospine.cli.console import print_json, say, shown_progress

if TYPE_CHECKING:
    from oncospine.lesion_search import Searched
    from oncospine.outline_session import XYZ, OutlineState

CaseFolder = Annotated[Path, typer.Argument(help="Folder of the case (with case.yaml).", show_default=False)]
StudyId = Annotated[str, typer.Option("--study", help="Id of the study in the case.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON for machines.")]
By = Annotated[
    str | None, typer.Option(help="Role of who accepts or confirms, such as radiologist; no name.", show_default=False)
]


def outline(
    case: CaseFolder,
    study: StudyId,
    inside: Annotated[
        list[str] | None, typer.Option(help="A point inside the lesion, X,Y,Z in RAS mm; may be repeated.")
    ] = None,
    outside: Annotated[list[str] | None, typer.Option(help="A point that is not lesion; may be repeated.")] = None,
    box: Annotated[
        str | None, typer.Option(help="Two corners X,Y,Z,X,Y,Z that bound the lesion.", show_default=False)
    ] = None,
    lps: Annotated[bool, typer.Option("--lps", help="Points are LPS mm, as in DICOM, not RAS.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the last edit.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Use the outline as the study's tumour mask.")] = False,
    by: By = None,
    name: Annotated[str, typer.Option(help="Name of the outline, where a study has several.")] = "tumour",
    json: Json = False,
) -> None:
    """Grow a tumour mask from points by random walks, on CT or MR: add points, undo, accept.

    Every call adds an edit to those before and shows how the volume changed. A mask is a proposal until accepted.
    """
    from oncospine.case import read_case
    from oncospine.outline_session import Edit, accept_outline, edit_outline, undo_outline

    edit = Edit(
        inside=tuple(_point(text, "--inside", lps=lps) for text in inside or ()),
        outside=tuple(_point(text, "--outside", lps=lps) for text in outside or ()),
        box=None if box is None else _corners(box, lps=lps),
    )
    adds = edit != Edit()
    if undo and (adds or accept):
        raise InputError("--undo stands alone: take back the edit first, then add points or accept")
    if accept and not by:
        raise InputError("--accept needs --by: the role of who accepts the outline, such as radiologist")
    record = read_case(case)
    with shown_progress("outlining", quiet=json) as progress:
        if undo:
            state = undo_outline(record, study, name, progress=progress)
        elif adds or not accept:
            state = edit_outline(record, study, name, edit, progress=progress)
        if accept:
            state = accept_outline(record, study, name, by=str(by))
    if json:
        print_json(state)
    else:
        say("\n".join(outline_lines(state)))


def outline_lines(state: OutlineState) -> list[str]:
    """Volume, change and whether the case uses it."""
    change = "" if state.change_ml is None else f" ({state.change_ml:+.2f} ml)"
    used = (
        "the case measures it"
        if state.accepted
        else "a proposal: look at it, add points, --undo, or --accept --by ROLE"
    )
    inside = sum(len(edit.inside) for edit in state.edits)
    outside = sum(len(edit.outside) for edit in state.edits)
    return [
        f"outline {state.name} on study {state.study}: {state.volume_ml:.2f} ml{change}; "
        f"{len(state.edits)} edit(s), {inside} point(s) inside, {outside} outside",
        *(f"note: {note}" for note in state.notes),
        f"{state.mask}: {used}",
        f"to look at: {state.page}",
    ]


def find_lesions(
    case: CaseFolder,
    study: StudyId,
    confirm: Annotated[
        list[int] | None, typer.Option(help="Number of a proposal to use as tumour; may be repeated.")
    ] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Propose lytic and blastic regions in bodies and arches of vertebrae on CT, against this patient's own bone.

    Proposals are for a reader to confirm; nothing is used before: --confirm 1 --confirm 3 --by radiologist.
    """
    from oncospine.case import read_case
    from oncospine.lesion_search import confirm_proposals, search_lesions, write_page, write_proposals

    if confirm and not by:
        raise InputError("--confirm needs --by: the role of who confirms the proposals, such as radiologist")
    record = read_case(case)
    with shown_progress("searching", quiet=json) as progress:
        found = search_lesions(record, study, progress=progress)
    mask = confirm_proposals(record, found, confirm, by=str(by)) if confirm else None
    path, page = write_proposals(record, found), write_page(record, found)
    if json:
        print_json(
            {"proposals": path, "page": page, "mask": mask, "found": [_plain(found, k) for k in _numbers(found)]}
        )
        return
    say("\n".join([*proposal_lines(found), f"written: {path}", f"to look at: {page}"]))
    if mask is not None:
        say(f"written: {mask}; entered in case.yaml as the tumour of study {study}")


def _numbers(found: Searched) -> range:
    return range(1, len(found.search.proposals) + 1)


def _plain(found: Searched, number: int) -> dict[str, object]:
    item = found.proposal(number)
    return {
        "number": number,
        "level": item.level,
        "part": item.part.value,
        "kind": item.kind,
        "volume_ml": item.volume_ml,
        "difference_hu": item.difference_hu,
        "likelihood": item.likelihood,
        "centre_ras_mm": item.centre_mm,
    }


def proposal_lines(found: Searched) -> list[str]:
    """A table of the proposals, or that there is none, and what was not searched."""
    search = found.search
    lines = [f"searched: {', '.join(search.searched)}; {search.note}"]
    lines += [f"not whole: {level}: {why}" for level, why in search.skipped.items()]
    if not search.proposals:
        return [*lines, "no region stands out from this patient's own bone"]
    lines.append("no.  level  part             kind      ml     HU from normal  likelihood  centre, RAS mm")
    for number in _numbers(found):
        item = found.proposal(number)
        centre = ", ".join(f"{value:.1f}" for value in item.centre_mm)
        lines.append(
            f"{number:3}  {item.level:5}  {item.part.value:15}  {item.kind:8} {item.volume_ml:6.2f}  "
            f"{item.difference_hu:+14.0f}  "
            f"{item.likelihood:10.2f}  {centre}"
        )
    return lines


def _point(text: str, option: str, *, lps: bool) -> XYZ:
    values = _numbers_of(text, 3, f"{option} {text}: expected X,Y,Z in mm")
    x, y, z = values
    return (-x, -y, z) if lps else (x, y, z)


def _corners(text: str, *, lps: bool) -> tuple[XYZ, XYZ]:
    values = _numbers_of(text, 6, f"--box {text}: expected two corners X,Y,Z,X,Y,Z in mm")
    one, other = (",".join(str(value) for value in part) for part in (values[:3], values[3:]))
    return _point(one, "--box", lps=lps), _point(other, "--box", lps=lps)


def _numbers_of(text: str, count: int, problem: str) -> list[float]:
    from math import isfinite

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(isfinite(value) for value in values):
        raise InputError(problem)
    return values
