"""A case as a folder: case.yaml read and written, its inputs hashed, results put in their place."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from oncospine.base import InputError, content_hash, to_json, write_atomically
from oncospine.case.checks import findings, missing_files
from oncospine.case.explain import explained
from oncospine.case.problems import CaseError, FieldPath, Problem
from oncospine.case.record import Case
from oncospine.case.yaml_text import MAX_BYTES, CaseDumper, YamlText, read_yaml

CASE_FILE = "case.yaml"
"""Name of the record in a case folder."""

RESULTS = "results"
"""Name of the folder of results in a case folder."""


@cache
def case_adapter() -> TypeAdapter[Case]:
    """What checks plain data against `Case`; made once."""
    return TypeAdapter(Case)


def read_case(folder: Path, *, today: date | None = None) -> Case:
    """The case in `folder`.

    Raises `CaseError` (an `InputError`) with all problems of case.yaml, each with line, column, field, what was found
    and what was expected; among them every named file that is not there. `today` bounds the dates (default: now).
    """
    folder = Path(folder)
    if folder.is_file():
        raise InputError(f"{folder} is a file; give the case folder, {folder.parent}")
    file = folder / CASE_FILE
    if not file.is_file():
        raise InputError(f"no {CASE_FILE} in {folder}; make one with `oncospine new {folder}`")
    text = read_yaml(_decoded(file), file=str(file))
    case = _checked(text, today=today or date.today(), folder=folder)
    return dataclasses.replace(case, folder=folder)


def parse_case(text: str, *, file: str = CASE_FILE, today: date | None = None) -> Case:
    """The case that `text` (YAML) describes, without looking for the files it names."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InputError(_too_large(file))
    return _checked(read_yaml(text, file=file), today=today or date.today(), folder=None)


def case_yaml(case: Case) -> str:
    """The case as YAML; what is unknown or empty is left out. Reading it gives an equal case."""
    return plain_yaml(case.to_plain())


def plain_yaml(data: Any) -> str:
    """Plain data in the style of case.yaml."""
    return yaml.dump(_with_yes_no(data), Dumper=CaseDumper, sort_keys=False, allow_unicode=True, width=100)


def write_case(case: Case, folder: Path, *, today: date | None = None) -> Path:
    """Write the case to `folder`/case.yaml, whole or not at all; comments of an earlier file are not kept.

    A case that would not read back equal is refused before anything is written.
    """
    text = case_yaml(case)
    if parse_case(text, today=today) != case:
        raise InputError(
            "the case holds values that case.yaml cannot keep; build it from fields of the documented types"
        )
    path = Path(folder) / CASE_FILE
    write_atomically(path, text)
    return path


def case_error(case: Case, field: FieldPath, expected: str) -> CaseError:
    """The error that a field of case.yaml does not suit, for rooms that know what the case cannot (a label convention).

    `field` is a path such as ("studies", 0, "masks", 1, "convention"); the error tells its line and column.
    """
    file = (case.folder or Path()) / CASE_FILE
    written = file.read_text("utf-8-sig") if case.folder is not None and file.is_file() else case_yaml(case)
    return CaseError(file, [read_yaml(written, file=str(file)).problem(field, expected)])


def input_files(case: Case) -> tuple[str, ...]:
    """Every file or folder the case names, with case.yaml, relative to its folder, sorted."""
    named = {CASE_FILE}
    for study in case.studies:
        named.update(mask.path for mask in study.masks)
        if study.scan is not None:
            named.add(study.scan)
    named.update(done.operation_file for done in case.treatments.surgery if done.operation_file is not None)
    return tuple(sorted(named))


def input_hashes(case: Case) -> Mapping[str, str]:
    """Content hash ("sha256:<hex>") of every input of a case that was read from a folder, by relative path."""
    if case.folder is None:
        raise InputError("this case was not read from a folder, so its inputs cannot be hashed; use read_case")
    hashes = {}
    for name in input_files(case):
        path = case.folder / name
        if not path.exists():
            raise InputError(f"{path} is named by the case and is not there; put it back or remove it from {CASE_FILE}")
        hashes[name] = content_hash(path)
    return hashes


def results_folder(folder: Path) -> Path:
    """Where the results of the case in `folder` go; made when something is written."""
    return Path(folder) / RESULTS


def write_result(folder: Path, name: str, result: Any) -> Path:
    """Write a result as JSON to results/`name` (such as "findings.json"), whole or not at all."""
    path = results_folder(folder) / _inside(name)
    write_atomically(path, to_json(result))
    return path


def read_result(folder: Path, name: str) -> Any:
    """A result written before, as plain data."""
    path = results_folder(folder) / _inside(name)
    if not path.is_file():
        raise InputError(f"no result {path}; run the command that writes it")
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); remove it and run the command again") from None


def _checked(text: YamlText, *, today: date, folder: Path | None) -> Case:
    problems: list[Problem] = list(text.problems)
    if text.data is None and problems:
        raise CaseError(text.file, problems)
    case: Case | None = None
    try:
        case = case_adapter().validate_python(text.data)
    except ValidationError as error:
        refused = {(problem.line, problem.column) for problem in problems}
        problems += [found for found in explained(error, text) if (found.line, found.column) not in refused]
    taken = {problem.field for problem in problems}
    further = list(findings(text.data, today=today))
    further += missing_files(text.data, folder) if folder is not None else []
    problems += [found for path, expected in further if (found := text.problem(path, expected)).field not in taken]
    if problems or case is None:
        raise CaseError(text.file, problems)
    return case


def _decoded(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        raise InputError(_too_large(str(file)))
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{file}:{line}: found a byte that is not UTF-8; save the file as UTF-8") from None


def _too_large(file: str) -> str:
    return f"{file} is larger than {MAX_BYTES} bytes; a case file is a short text without images"


def _with_yes_no(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return {key: _with_yes_no(item) for key, item in value.items()}
    return [_with_yes_no(item) for item in value] if isinstance(value, list) else value


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise InputError(f"'{name}' is not the name of a result; use a name such as findings.json or meshes/T3.stl")
    return name
