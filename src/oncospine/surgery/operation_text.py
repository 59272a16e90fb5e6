"""An operation as the text of an operation.yaml; reading it gives the same stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from oncospine.base import Level, Side, write_atomically
from oncospine.case.yaml_text import CaseDumper
from oncospine.surgery.approaches import approaches
from oncospine.surgery.operation import Operation, OwnScrew, PedicleFixation, Stage
from oncospine.surgery.operation_file import FORMAT


def operation_yaml(operation: Operation) -> str:
    """The operation as YAML; reading it gives the same stages."""
    stages = [_plain_stage(stage) for stage in operation.stages]
    plain: dict[str, Any] = {"format": FORMAT, "title": operation.title, "stages": stages}
    if operation.reasons:
        plain["reasons"] = list(operation.reasons)
    if operation.citations:
        plain["citations"] = list(operation.citations)
    return yaml.dump(plain, Dumper=CaseDumper, sort_keys=False, allow_unicode=True, width=100)


def write_operation(operation: Operation, path: Path) -> Path:
    """Write the operation, whole or not at all."""
    write_atomically(Path(path), operation_yaml(operation))
    return Path(path)


def _plain_stage(stage: Stage) -> dict[str, Any]:
    plain: dict[str, Any] = {"title": stage.title, "approach": stage.approach, "position": str(stage.position)}
    if stage.side is not None and approaches()[stage.approach].sided:
        plain["side"] = str(stage.side)
    if stage.laminectomy is not None:
        step = stage.laminectomy
        plain["laminectomy"] = {"levels": _texts(step.levels), "side": str(step.side), "facets": str(step.facets)}
    if stage.resection is not None:
        plain["resection"] = {"intent": str(stage.resection.intent)}
        if stage.resection.levels:
            plain["resection"]["levels"] = _texts(stage.resection.levels)
    if stage.fixation is not None:
        plain["fixation"] = _plain_fixation(stage.fixation)
    if stage.corpectomy is not None:
        plain["corpectomy"] = {"levels": _texts(stage.corpectomy.levels)}
    if stage.cage is not None:
        sizes = {"height_mm": stage.cage.height_mm, "footprint_mm": stage.cage.footprint_mm}
        plain["cage"] = {name: size for name, size in sizes.items() if size is not None}
    if stage.notes:
        plain["notes"] = list(stage.notes)
    return plain


def _plain_fixation(step: PedicleFixation) -> dict[str, Any]:
    places = set(step.places)
    skipped = [f"{level} {side}" for level in step.levels for side in Side if (level, side) not in places]
    plain: dict[str, Any] = {"levels": _texts(step.levels)}
    if skipped:
        plain["skip"] = skipped
    own = [screw for screw in step.screws if screw.diameter_mm is not None or screw.length_mm is not None]
    if own:
        plain["screws"] = [_plain_screw(screw) for screw in own]
    plain["rods"] = "yes" if step.rods else "no"
    if step.rod_diameter_mm is not None:
        plain["rod_diameter_mm"] = step.rod_diameter_mm
    return plain


def _plain_screw(screw: OwnScrew) -> dict[str, Any]:
    plain: dict[str, Any] = {"level": str(screw.level), "side": str(screw.side)}
    if screw.entry_mm is not None and screw.target_mm is not None:
        plain["entry_mm"] = [float(value) for value in screw.entry_mm]
        plain["target_mm"] = [float(value) for value in screw.target_mm]
    plain |= {"diameter_mm": screw.diameter_mm} if screw.diameter_mm is not None else {}
    plain |= {"length_mm": screw.length_mm} if screw.length_mm is not None else {}
    return plain


def _texts(levels: tuple[Level, ...]) -> list[str]:
    return [str(level) for level in levels]
