"""The layout of case.yaml as JSON Schema, for editors and other programs."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from typing import Any

from oncospine.base import to_json
from oncospine.case.explain import sections
from oncospine.case.files import case_adapter
from oncospine.case.record import Case


def case_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of case.yaml; the program's own reading checks more than a schema can say."""
    schema = case_adapter().json_schema()
    definitions = schema["$defs"]
    schema["properties"].pop("folder")
    classes: dict[str, type] = {found.__name__: found for found in sections(Case)}
    for name, part in [("Case", schema), *definitions.items()]:
        if name in classes:
            _describe(part, classes[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "case.yaml of oncospine",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def case_schema_json() -> str:
    """The schema as the text of docs/case.schema.json."""
    return to_json(case_schema())


def _describe(part: dict[str, Any], section: type) -> None:
    """Add the sentence under each field, and let a key be left empty."""
    sentences = _sentences(section)
    for name, field in part["properties"].items():
        field.pop("title", None)
        if field.get("default") in (None, []):
            field.pop("default", None)
        if name not in part.get("required", ()) and {"type": "null"} not in field.get("anyOf", ()):
            field["anyOf"] = [{key: field.pop(key) for key in list(field) if key != "default"}, {"type": "null"}]
        if name in sentences:
            field["description"] = sentences[name]


def _sentences(section: type) -> dict[str, str]:
    """Field name to the string that stands under it in the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(section))).body[0]
    found: dict[str, str] = {}
    lines = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in itertools.pairwise(lines):
        text = below.value if isinstance(below, ast.Expr) else None
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            found[field.target.id] = " ".join(text.value.split())
    return found
