"""The commands about operations, as a user runs them on a phantom case."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from oncospine.base import InputError, Level, Side
from oncospine.cli.app import app
from oncospine.surgery import read_operation

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


def test_export_writes_every_file_and_each_names_its_frame(phantom_case, own, tmp_path):
    out = tmp_path / "out"
    told = run("export", phantom_case, "--operation", own, "--out", out)
    assert told.exit_code == 0
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"operative_sheet.html", "operation.yaml", "screws.json", "screws.csv", "plan.mrk.json", "plan.glb"} <= names
    assert {"stl/bone.stl", "stl/tumour_before.stl", "stl/screw_T1_left.stl", "stl/rod_right.stl"} <= names
    assert told.output.count("written: ") == len(names)
    assert b"SPACE=RAS" in (out / "stl" / "bone.stl").read_bytes()[:80]
    plan = json.loads((out / "screws.json").read_text("utf-8"))
    assert plan["frame"] == "RAS+ mm"
    markups = {item["name"]: item for item in json.loads((out / "plan.mrk.json").read_text("utf-8"))["markups"]}
    planned = [screw for screw in plan["screws"] if screw["refusal"] is None]
    assert len(planned) >= 4
    for screw in planned:
        name = f"{screw['level']} {screw['side']} {screw['diameter_mm']:g} x {screw['length_mm']:.0f}"
        r, a, s = screw["entry_mm"]
        assert markups[name]["coordinateSystem"] == "LPS"
        assert markups[name]["controlPoints"][0]["position"] == pytest.approx([-r, -a, s], abs=1e-3)
        assert (r > 0) == (screw["side"] == "right") or abs(r) < 8
    assert {"Line", "Curve"} == {item["type"] for item in markups.values()}
    assert read_operation(out / "operation.yaml").described() == read_operation(own).described()


def test_export_of_a_choice_writes_only_that_and_by_default_beside_the_results(phantom_case, own):
    run("export", phantom_case, "--operation", own, "--screws", "--sheet")
    folder = phantom_case / "results" / "export" / "own-plan"
    assert {path.name for path in folder.iterdir()} == {"screws.json", "screws.csv", "operative_sheet.html"}
    assert "own plan" in (folder / "operative_sheet.html").read_text("utf-8")


def test_export_takes_one_operation_at_a_time(phantom_case, own):
    with pytest.raises(InputError, match="one operation is exported at a time"):
        run("export", phantom_case, "--operation", own, "--published")


def test_a_screw_is_edited_graded_and_given_back(phantom_case, own):
    before = own.read_text("utf-8")
    told = run("screw", phantom_case, "T2", "left", "--diameter", "6", "--operation", own)
    assert told.exit_code == 0
    assert "after:  T2 left: 6.0 x " in told.output
    assert "1 edits can be undone" in told.output
    screws = {(one.level, one.side): one for one in read_operation(own).stages[0].fixation.screws}
    assert screws[Level.T2, Side.LEFT].diameter_mm == 6.0
    assert screws[Level.T2, Side.RIGHT].diameter_mm is None
    run("screw", phantom_case, "T5", "right", "--remove", "--operation", own)
    assert len(read_operation(own).stages[0].fixation.screws) == len(screws) - 1
    edited = own.read_text("utf-8")
    run("screw", phantom_case, "--undo", "--operation", own)
    run("screw", phantom_case, "--undo", "--operation", own)
    assert own.read_text("utf-8") == before
    run("screw", phantom_case, "--redo", "--operation", own)
    run("screw", phantom_case, "--redo", "--operation", own)
    assert own.read_text("utf-8") == edited
    with pytest.raises(InputError, match="no undone edit to bring back"):
        run("screw", phantom_case, "--redo", "--operation", own)


def test_editing_without_a_file_starts_from_the_programs_own_operation(phantom_case):
    told = run("screw", phantom_case, "T2", "right", "--length", "25", "--json")
    result = json.loads(told.output)
    assert result["after"]["length_mm"] == pytest.approx(25)
    assert result["before"]["length_mm"] != result["after"]["length_mm"] or result["before"]["refusal"]
    assert (phantom_case / "operation.yaml").is_file()
    run("screw", phantom_case, "--undo")
    again = read_operation(phantom_case / "operation.yaml")
    assert all(screw.length_mm is None for screw in again.stages[0].fixation.screws)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["T2"], "named by level and side"),
        (["T2", "up", "--length", "30"], "named by level and side"),
        (["TH2", "left", "--length", "30"], "TH2"),
        (["T2", "left", "--entry", "1,2"], "expected three numbers R,A,S"),
        (["T2", "left", "--length", "-3"], "above 0 mm"),
        (["T2", "left"], "nothing to change"),
        (["T2", "left", "--undo"], "stand alone"),
        (["--undo"], "no edit to undo"),
    ],
)
def test_what_a_screw_command_cannot_mean_is_said(phantom_case, words, said):
    with pytest.raises(InputError, match=said):
        run("screw", phantom_case, *words)
