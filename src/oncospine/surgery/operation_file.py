"""operation.yaml: a surgeon's own operation, read with the place of every mistake, and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oncospine.base import InputError, Level, Side, parse_level
from oncospine.case import CaseError, Problem
from oncospine.case.fields import Checked, Levels, OneLevel, Text, YesNo, expected, number
from oncospine.case.nearest import or_nearest
from oncospine.case.problems import FieldPath
from oncospine.case.yaml_text import MAX_BYTES, YamlText, read_yaml
from oncospine.surgery.approaches import approach, approaches
from oncospine.surgery.operation import (
    SIDE_UP,
    CageStep,
    Corpectomy,
    FacetRemoval,
    LaminaSide,
    Laminectomy,
    Operation,
    OwnScrew,
    PatientPosition,
    PedicleFixation,
    Resection,
    ResectionIntent,
    Stage,
    position_for,
)

FORMAT = 1
"""The layout of operation.yaml that this program reads."""

ORIGIN_FILE = "operation file"
"""`Operation.origin` of what was read from a file."""


def _approach_id(value: Any) -> str:
    if not isinstance(value, str):
        raise expected("the id or name of an approach, such as A-LAM")
    try:
        return approach(value).id
    except InputError as problem:
        raise expected(f"an approach: {problem}") from None


def _place(value: Any) -> tuple[Level, tuple[Side, ...]]:
    words = str(value).split() if isinstance(value, str) else []
    if len(words) not in (1, 2) or (len(words) == 2 and words[1] not in set(Side)):
        raise expected("a pedicle such as 'T3 left', or a level such as T3 for both sides")
    try:
        level = parse_level(words[0])
    except InputError as problem:
        raise expected(f"a pedicle such as 'T3 left': {problem}") from None
    return level, (Side(words[1]),) if len(words) == 2 else tuple(Side)


def _point(value: Any) -> tuple[float, float, float]:
    numbers = isinstance(value, list) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
    if not numbers or len(value) != 3:
        raise expected("three numbers [right, anterior, superior] in mm (RAS+), such as [12.5, -40.0, 103.0]")
    return float(value[0]), float(value[1]), float(value[2])


ApproachId = Annotated[str, Checked(_approach_id, {"type": "string"})]
Place = Annotated[tuple[Level, tuple[Side, ...]], Checked(_place, {"type": "string"})]
WorldPoint = Annotated[
    tuple[float, float, float],
    Checked(_point, {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=False)


class _Laminectomy(_Section):
    levels: Levels
    side: LaminaSide = LaminaSide.BOTH
    facets: FacetRemoval = FacetRemoval.NONE


class _Screw(_Section):
    level: OneLevel
    side: Side
    entry_mm: WorldPoint | None = None
    target_mm: WorldPoint | None = None
    diameter_mm: Annotated[float, number(1, 12, "mm")] | None = None
    length_mm: Annotated[float, number(5, 120, "mm")] | None = None


class _Fixation(_Section):
    levels: Levels
    skip: list[Place] = Field(default_factory=list)
    screws: list[_Screw] = Field(default_factory=list)
    rods: YesNo = True
    rod_diameter_mm: Annotated[float, number(2, 8, "mm")] | None = None


class _Corpectomy(_Section):
    levels: Levels


class _Cage(_Section):
    height_mm: Annotated[float, number(5, 150, "mm")] | None = None
    footprint_mm: Annotated[float, number(5, 40, "mm")] | None = None


class _Resection(_Section):
    intent: ResectionIntent
    levels: Levels = ()


class _Stage(_Section):
    title: Text
    approach: ApproachId
    position: PatientPosition | None = None
    side: Side | None = None
    laminectomy: _Laminectomy | None = None
    resection: _Resection | None = None
    fixation: _Fixation | None = None
    corpectomy: _Corpectomy | None = None
    cage: _Cage | None = None
    notes: list[Text] = Field(default_factory=list)


class _File(_Section):
    format: int = FORMAT
    title: Text
    stages: list[_Stage] = Field(min_length=1)
    reasons: list[Text] = Field(default_factory=list)
    citations: list[Text] = Field(default_factory=list)


def read_operation(path: Path) -> Operation:
    """The operation in a file; a `CaseError` (an `InputError`) tells every mistake with its line."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such operation file; check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES} bytes; an operation file is a short text")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: found bytes that are not UTF-8; save the file as UTF-8") from None
    return parse_operation(text, file=str(path))


def parse_operation(text: str, *, file: str = "operation.yaml", origin: str = ORIGIN_FILE) -> Operation:
    """The operation that a YAML text describes."""
    found = read_yaml(text, file=file)
    problems = list(found.problems)
    if found.data is None:
        if not problems:
            problems.append(found.problem((), "an operation with title and stages", found="an empty file"))
        raise CaseError(file, problems)
    model: _File | None = None
    try:
        model = _File.model_validate(found.data)
    except ValidationError as error:
        problems += list(_explained(error, found))
    if model is not None:
        problems += list(_contradictions(model, found))
    if problems or model is None:
        raise CaseError(file, problems)
    return Operation(
        title=model.title,
        stages=tuple(_stage(stage) for stage in model.stages),
        origin=origin,
        reasons=tuple(model.reasons),
        citations=tuple(model.citations),
    )


def _explained(error: ValidationError, text: YamlText) -> Iterator[Problem]:
    """One `Problem` per error of pydantic."""
    for entry in error.errors(include_url=False):
        path: FieldPath = tuple(key for key in entry["loc"] if isinstance(key, int | str))
        kind = entry["type"]
        if kind == "extra_forbidden":
            known = _fields_at(path[:-1])
            hint = or_nearest(str(path[-1]), known) or f"; the fields are {', '.join(known)}"
            yield text.problem_of_key(path, f"a field of this section{hint}")
        elif kind == "missing":
            yield text.problem(path[:-1], f"the required field '{path[-1]}'", found="a section without it")
        elif kind == "enum":
            words = re.findall(r"'([^']*)'", str(entry.get("ctx", {}).get("expected", "")))
            yield text.problem(path, f"one of {', '.join(words)}{or_nearest(str(text.value(path)), words)}")
        else:
            yield text.problem(path, str(entry["msg"]))


def _fields_at(path: FieldPath) -> tuple[str, ...]:
    """Names of the fields of the section at `path`."""
    section: type[BaseModel] = _File
    for key in path:
        if isinstance(key, str):
            annotation = str(section.model_fields[key].annotation) if key in section.model_fields else ""
            section = next((kind for name, kind in _SECTIONS.items() if name in annotation), section)
    return tuple(section.model_fields)


_SECTIONS: dict[str, type[BaseModel]] = {
    kind.__name__: kind for kind in (_Laminectomy, _Screw, _Fixation, _Corpectomy, _Cage, _Resection, _Stage)
}


def _contradictions(model: _File, text: YamlText) -> Iterator[Problem]:
    """What no single field shows: steps that do not fit together."""
    if model.format != FORMAT:
        yield text.problem(("format",), f"{FORMAT}, the layout that this program reads")
    corpectomy_before = False
    for index, stage in enumerate(model.stages):
        path: FieldPath = ("stages", index)
        row = approaches()[stage.approach]
        if row.sided and stage.side is None and row.default_side is None:
            yield text.problem(path, f"the field 'side': {row.name} comes from one side", found="a stage without it")
        if not row.sided and stage.side is not None:
            yield text.problem((*path, "side"), f"no side: {row.name} has none")
        up, side = SIDE_UP.get(stage.position) if stage.position else None, stage.side or row.default_side
        if up is not None and side is not None and up is not side:
            yield text.problem(
                (*path, "position"),
                f"{position_for(row.position, side)}: the approach comes from the {side}, up is {up}",
            )
        corpectomy_before = corpectomy_before or stage.corpectomy is not None
        if stage.cage is not None and not corpectomy_before:
            yield text.problem((*path, "cage"), "a corpectomy in this stage or before it", found="a cage without a gap")
        if stage.corpectomy is not None and not _is_run(stage.corpectomy.levels):
            yield text.problem((*path, "corpectomy", "levels"), "neighbouring levels such as T3-T4")
        if stage.fixation is not None:
            yield from _fixation_contradictions(stage.fixation, (*path, "fixation"), text)


def _fixation_contradictions(fixation: _Fixation, path: FieldPath, text: YamlText) -> Iterator[Problem]:
    if len(fixation.levels) < 2 or not _is_run(fixation.levels):
        yield text.problem((*path, "levels"), "a range of two or more neighbouring levels such as C7-T5")
    skipped = {(level, side) for level, sides in fixation.skip for side in sides}
    for index, (level, _) in enumerate(fixation.skip):
        if level not in fixation.levels:
            yield text.problem((*path, "skip", index), f"a level of the fixation ({_range(fixation.levels)})")
    seen: set[tuple[Level, Side]] = set()
    for index, screw in enumerate(fixation.screws):
        place = (screw.level, screw.side)
        here = (*path, "screws", index)
        if screw.level not in fixation.levels:
            yield text.problem(here, f"a level of the fixation ({_range(fixation.levels)})", found=f"{screw.level}")
        if place in skipped:
            yield text.problem(here, "a pedicle that is not skipped", found=f"{screw.level} {screw.side}")
        if place in seen:
            yield text.problem(here, "each pedicle once", found=f"{screw.level} {screw.side} again")
        seen.add(place)
        if (screw.entry_mm is None) != (screw.target_mm is None):
            yield text.problem(here, "entry_mm and target_mm together, or neither")
        elif screw.entry_mm is not None and screw.diameter_mm is None:
            yield text.problem(here, "diameter_mm beside entry_mm and target_mm", found="a screw without it")
        elif screw.entry_mm is not None and screw.entry_mm == screw.target_mm:
            yield text.problem(here, "entry_mm and target_mm at different places")


def _is_run(levels: tuple[Level, ...]) -> bool:
    return all(one.neighbour(1) is other for one, other in pairwise(levels))


def _range(levels: tuple[Level, ...]) -> str:
    return f"{levels[0]}-{levels[-1]}"


def _stage(stage: _Stage) -> Stage:
    row = approaches()[stage.approach]
    return Stage(
        title=stage.title,
        approach=stage.approach,
        position=stage.position or position_for(row.position, stage.side or row.default_side),
        side=stage.side or row.default_side,
        laminectomy=None if stage.laminectomy is None else Laminectomy(**dict(stage.laminectomy)),
        fixation=None if stage.fixation is None else _fixation(stage.fixation),
        corpectomy=None if stage.corpectomy is None else Corpectomy(levels=stage.corpectomy.levels),
        cage=None if stage.cage is None else CageStep(**dict(stage.cage)),
        resection=None if stage.resection is None else Resection(**dict(stage.resection)),
        notes=tuple(stage.notes),
    )


def _fixation(section: _Fixation) -> PedicleFixation:
    own = {(screw.level, screw.side): OwnScrew(**dict(screw)) for screw in section.screws}
    skipped = {(level, side) for level, sides in section.skip for side in sides}
    places = [(level, side) for level in section.levels for side in Side if (level, side) not in skipped]
    return PedicleFixation(
        levels=section.levels,
        screws=tuple(own.get((level, side), OwnScrew(level=level, side=side)) for level, side in places),
        rods=section.rods,
        rod_diameter_mm=section.rod_diameter_mm,
    )
