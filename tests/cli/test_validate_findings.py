"""`oncospine validate findings`: figures of random phantoms, those of the function, and an honest exit code."""

import json

import pytest
from typer.testing import CliRunner

from oncospine.base import InputError, to_json
from oncospine.cli.app import app
from oncospine.findings_validation import random_outcome, validate_findings
from oncospine.lesion import validation_rows


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.slow
def test_the_command_prints_the_rows_of_the_function():
    told = run("validate", "findings", "--count", 2, "--seed", 2, "--jobs", 1, "--json")
    rows = validation_rows([random_outcome(2), random_outcome(3)])
    assert json.loads(told.stdout) == json.loads(to_json(rows))
    assert told.exit_code == (0 if all(row.passes is not False for row in rows) else 1)


@pytest.mark.slow
def test_processes_give_the_rows_of_one():
    assert validate_findings(2, 2, jobs=2) == validate_findings(2, 2, jobs=1)


def test_a_row_that_falls_short_is_marked_and_ends_with_1(monkeypatch):
    import oncospine.findings_validation as module
    from oncospine.lesion import ValidationRow

    short = ValidationRow(quantity="tumour volume", target="<= 3 %", ours="largest 9.0 %", count=1, passes=False)
    figure = ValidationRow(quantity="Tomita type", target="", ours="100 %", count=1, passes=None)
    monkeypatch.setattr(module, "validate_findings", lambda *_, **__: (short, figure))
    told = run("validate", "findings", "--count", 1)
    assert told.exit_code == 1
    assert "FAIL tumour volume  <= 3 %    largest 9.0 %" in told.stdout
    assert "0 of 1 targets reached" in told.stdout


def test_no_phantom_is_refused():
    with pytest.raises(InputError, match="--count is 0"):
        run("validate", "findings", "--count", 0)


def test_evidence_without_data_is_refused():
    with pytest.raises(InputError, match="--data"):
        run("validate", "evidence")
