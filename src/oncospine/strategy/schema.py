"""JSON Schema of the inputs of the rules, written from the fields themselves."""

from __future__ import annotations

from typing import Any

from oncospine.base import Level
from oncospine.scores import histologies
from oncospine.strategy.fields import FieldSpec, specs_of
from oncospine.strategy.inputs import LevelInputs, PatientInputs

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def inputs_schema() -> dict[str, Any]:
    """JSON Schema of `PatientInputs`; null or absent means unknown."""
    level = {name: _property(spec) for name, spec in specs_of(LevelInputs).items()}
    level["level"] = {"enum": [item.value for item in Level], "description": "the involved vertebra"}
    patient: dict[str, Any] = {name: _property(spec) for name, spec in specs_of(PatientInputs).items()}
    patient["levels"] = {
        "description": "every involved vertebra; null where no image was read",
        "type": ["array", "null"],
        "items": {"type": "object", "properties": level, "required": ["level"], "additionalProperties": False},
    }
    patient["sources"] = {
        "description": "where values came from, by field name or level path",
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "how": {"enum": ["measured", "entered", "derived"]},
                "text": {"type": "string"},
                "kind": {"enum": ["imaging", "exam", "user"]},
            },
            "required": ["how", "text"],
        },
    }
    return {
        "$schema": DRAFT,
        "title": "inputs of the rules",
        "type": "object",
        "properties": patient,
        "additionalProperties": False,
    }


def _property(spec: FieldSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"description": spec.text}
    if spec.unit:
        found["x-unit"] = spec.unit
    if spec.kind in {"choice", "option"}:
        return found | {"enum": [*spec.choices, None]}
    if spec.kind == "grades":
        return found | {"type": ["array", "null"], "items": {"enum": list(spec.choices)}, "minItems": 1}
    if spec.kind == "levels":
        return found | {"type": ["array", "null"], "items": {"enum": [level.value for level in Level]}}
    if spec.kind == "histology":
        return found | {"enum": [*histologies(), None]}
    if spec.kind == "flag":
        return found | {"type": ["boolean", "null"]}
    return found | {
        "type": ["integer" if spec.kind == "integer" else "number", "null"],
        "minimum": spec.low,
        "maximum": spec.high,
    }
