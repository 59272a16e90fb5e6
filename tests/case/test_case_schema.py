"""The JSON Schema of case.yaml: current, valid, and in agreement with the reading."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from test_case_reading import FAULTS, example_text

from oncospine.case import case_schema, case_schema_json, case_yaml, parse_case, template_text
from oncospine.case.yaml_text import read_yaml

COMMITTED = Path(__file__).parents[2] / "docs" / "case.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(case_schema())


def test_the_committed_schema_is_current():
    assert COMMITTED.read_text("utf-8") == case_schema_json(), (
        "write case_schema_json() to docs/case.schema.json: the models have changed"
    )


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(case_schema())
    assert "folder" not in case_schema()["properties"]
    assert case_schema()["properties"]["affected_levels"]["description"].startswith("Vertebrae known")


@pytest.mark.parametrize(
    "text", [example_text(), template_text(pseudonym="P-1"), case_yaml(parse_case(example_text()))]
)
def test_what_the_program_reads_fits_the_schema(text: str):
    parse_case(text)
    VALIDATOR.validate(read_yaml(text, file="case.yaml").data)


SEEN = ("unknown field", "wrong word", "wrong type", "list expected", "missing date", "KPS between the steps")


@pytest.mark.parametrize("name", [*SEEN, "schema of the future", "modality", "motor grade"])
def test_an_editor_with_the_schema_sees_the_fault_too(name: str):
    data = read_yaml(f"pseudonym: P-1\n{FAULTS[name][0]}\n", file="case.yaml").data
    assert not VALIDATOR.is_valid(data)
