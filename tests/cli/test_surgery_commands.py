"""The commands about operations, as a user runs them on a phantom case."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from oncospine.base import InputError
from oncospine.cli.app import app

OWN = """
title: own plan
stages:
  - title: behind
    approach: A-LAM
    laminectomy: {levels: T3-T4}
    resection: {intent: subtotal, levels: T3-T4}
    fixation: {levels: T1-T5}
"""


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    return path


def test_compare_puts_the_usual_alternatives_and_the_surgeons_own_in_one_table(phantom_case, own):
    told = run("compare", phantom_case, "--operation", own)
    assert told.exit_code == 0
    for name in ("A  posterior only", "B  anterior only", "D  staged 360", "F  own plan"):
        assert name in told.output
    assert "no criterion has a weight" in told.output
    html = (phantom_case / "results" / "comparison.html").read_text("utf-8")
    assert "F own plan" in html
    saved = json.loads((phantom_case / "results" / "comparison.json").read_text("utf-8"))
    rows = {row["name"]: row["values"] for row in saved["comparison"]["alternatives"]}
    assert 0 < rows["posterior only"]["reached_share"] < rows["staged 360"]["reached_share"] <= 1
    assert saved["inputs"]


def test_compare_says_in_json_what_it_writes(phantom_case):
    told = run("compare", phantom_case, "--json")
    assert json.loads(told.output) == json.loads((phantom_case / "results" / "comparison.json").read_text("utf-8"))


def test_compare_without_a_tumour_mask_is_bad_input_that_says_so(phantom_case):
    plain = yaml.safe_load((phantom_case / "case.yaml").read_text("utf-8"))
    for study in plain["studies"]:
        study["masks"] = [mask for mask in study["masks"] if mask["what"] != "tumour"]
    (phantom_case / "case.yaml").write_text(yaml.safe_dump(plain))
    with pytest.raises(InputError, match="no tumour mask"):
        run("compare", phantom_case)
