"""What no single field can tell: ids used twice, dates that cannot be, values that do not suit, files not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from oncospine.case.dates import PartialDate, as_partial_date
from oncospine.case.nearest import or_nearest
from oncospine.case.overrides import override_kinds, override_problem
from oncospine.case.problems import FieldPath

Finding = tuple[FieldPath, str]
"""Where, and what was expected there."""

_DATES = ("date", "started", "ended", "first_metastasis", "spinal_lesion", "cord_compression")
_FILES = ("scan", "path", "operation_file")


def findings(tree: Any, *, today: date) -> Iterator[Finding]:
    """Problems between the fields of a case, which may itself be wrong in places."""
    yield from _repeated_ids(tree)
    yield from _impossible_dates(tree, today)
    yield from _disorder(tree)
    yield from _unsuitable_overrides(tree)


def missing_files(tree: Any, folder: Path) -> Iterator[Finding]:
    """Files that the case names and the folder does not hold."""
    for path, value in _walk(tree):
        if not path or path[-1] not in _FILES or not _is_plain_path(value):
            continue
        target = folder / value
        if not target.exists():
            yield path, f"a file or folder that exists; there is none at {target}{_beside(target)}"
        elif path[-1] == "operation_file" and not target.is_file():
            yield path, f"a file, but {target} is a folder"


def _beside(target: Path) -> str:
    if not target.parent.is_dir():
        return ""
    return or_nearest(target.name, (item.name for item in target.parent.iterdir()))


def _is_plain_path(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value.strip()) > 0
        and "\0" not in value
        and not value.startswith("/")
        and ".." not in value.split("/")
    )


def _walk(tree: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    yield path, tree
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _walk(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _walk(value, (*path, index))


def _entries(tree: Any, name: str) -> list[Any]:
    found = tree.get(name) if isinstance(tree, dict) else None
    return found if isinstance(found, list) else []


def _repeated_ids(tree: Any) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, study in enumerate(_entries(tree, "studies")):
        name = study.get("id") if isinstance(study, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield ("studies", index, "id"), f"an id of its own; studies[{first[name]}] has the same"
        first.setdefault(name, index)


def _impossible_dates(tree: Any, today: date) -> Iterator[Finding]:
    birth = tree.get("birth_year") if isinstance(tree, dict) else None
    if isinstance(birth, int) and not isinstance(birth, bool) and birth > today.year:
        yield ("birth_year",), f"a year not after today ({today.year})"
    for path, value in _walk(tree):
        when = _date(value) if path and path[-1] in _DATES else None
        if when is None:
            continue
        if when.earliest > today:
            yield path, f"a date not after today ({today.isoformat()})"
        if isinstance(birth, int) and when.latest.year < birth:
            yield path, f"a date not before the year of birth ({birth})"


def _disorder(tree: Any) -> Iterator[Finding]:
    for path, value in _walk(tree):
        if isinstance(value, dict):
            start, end = _date(value.get("started")), _date(value.get("ended"))
            if start is not None and end is not None and end.latest < start.earliest:
                yield (*path, "ended"), f"an end not before the start ({start})"
        elif isinstance(value, list):
            yield from _list_disorder(value, path)


def _list_disorder(entries: list[Any], path: FieldPath) -> Iterator[Finding]:
    before: PartialDate | None = None
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            continue
        key = "started" if "started" in entry else "date"
        when = _date(entry.get(key))
        if when is None:
            continue
        if before is not None and when.latest < before.earliest:
            yield (*path, index, key), f"entries oldest first; this is before the {before} above it"
        else:
            before = when


def _unsuitable_overrides(tree: Any) -> Iterator[Finding]:
    known = [
        study["id"] for study in _entries(tree, "studies") if isinstance(study, dict) and _is_text(study.get("id"))
    ]
    for index, entry in enumerate(_entries(tree, "overrides")):
        if not isinstance(entry, dict):
            continue
        what, value, study = entry.get("what"), entry.get("value"), entry.get("study")
        if isinstance(what, str) and what in override_kinds() and _is_scalar(value):
            wrong = override_problem(what, str(value), has_level=entry.get("level") is not None)
            if wrong is not None:
                yield ("overrides", index, wrong[0]), wrong[1]
        if isinstance(study, str) and study not in known:
            hint = or_nearest(study, known) or f"; the case has {', '.join(known) or 'no studies'}"
            yield ("overrides", index, "study"), f"the id of a study of this case{hint}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _date(value: Any) -> PartialDate | None:
    if value is None:
        return None
    try:
        return as_partial_date(value)
    except PydanticCustomError:
        return None
