"""The published reference case as its simulated patient: what a team reads when it assesses it."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from oncospine.base import How
from oncospine.cli.app import app

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[str, dict]:
    """What `oncospine assess` prints of the case, and assessment.json."""
    from oncospine.phantom import reference_case

    folder = tmp_path_factory.mktemp("reference") / "case"
    reference_case(folder)
    result = CliRunner().invoke(app, ["assess", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = json.loads((folder / "results" / "assessment.json").read_text())
    shutil.rmtree(folder)
    return result.output, found


def test_the_emergency_flag_stands_first(told) -> None:
    text, found = told
    assert text.startswith("EMERGENCY AND SAFETY FLAGS\n  E-1: flag: suspected cord")
    assert found["strategy"]["flags"][0]["rule_id"] == "E-1"


def test_the_grade_nobody_entered_is_left_open_and_the_sensory_level_fits_the_images(told) -> None:
    text, found = told
    assert found["neurology"]["possible_ais"] == ["A", "B", "C", "D"]
    assert "AIS not graded: A, B, C, D remain" in text
    assert found["neurology"]["level"]["fits"] is True


def test_sins_is_7_to_13_with_what_is_missing(told) -> None:
    text, found = told
    patient = found["strategy"]["sins"]["patient"]
    assert patient["range"] == [7, 13]
    assert patient["missing"] == ["pain"]
    assert "still open: alignment (deformity or normal)" in text
    assert "still open: collapse (under_50 or body_over_50)" in text


def test_katagiri_is_read_first_and_both_views_of_leiomyosarcoma_survival_are_printed(told) -> None:
    text, found = told
    prognosis = found["strategy"]["prognosis"]
    assert prognosis["default_score"] == "katagiri"
    views = {row["view"] for row in prognosis["histology_survival"]["rows"]}
    assert views == {"pessimistic", "optimistic"}
    for words in (
        "New Katagiri score is read first",
        "pessimistic: mean 11.7",
        "optimistic: median 69.7",
        "why they differ",
    ):
        assert words in text


def test_noms_prints_both_mechanical_branches_and_both_fitness_branches_with_the_conflict(told) -> None:
    _, found = told
    rows = {item["rule_id"]: item for item in found["strategy"]["recommendations"]}
    assert {"NOMS-7", "NOMS-8", "NOMS-9", "NOMS-10"} <= rows.keys()
    conflicts = {clash["rule_id"]: clash["text"] for clash in rows["NOMS-7"]["conflicts"]}
    assert "SINS indeterminate or incomplete" in conflicts["NOMS-8"]
    assert "Nobody confirmed fitness" in conflicts["NOMS-9"]


@pytest.mark.parametrize("option", ["staged_360", "posterior_circumferential_cage", "separation_sbrt"])
def test_the_three_operations_of_the_discussion_are_supported_each_with_reasons_and_what_weighs_against(
    told, option: str
) -> None:
    _, found = told
    row = next(item for item in found["strategy"]["options"] if item["id"] == option)
    assert row["standing"] == "supported"
    assert len(row["reasons"]) >= 3
    assert row["conflicts"]
    assert row["stages"][0]["decompressed"] == ["T3", "T4"]


def test_every_input_that_is_known_says_how_and_where_from_and_nothing_unpublished_is_invented(told) -> None:
    _, found = told
    inputs = found["inputs"]
    for name in ("frankel", "ais", "kps", "ecog", "pain", "visceral", "albumin_g_dl", "can_tolerate_surgery"):
        assert inputs[name] is None
    assert inputs["sources"]["levels.T3.body_fraction"]["how"] == How.MEASURED.value
    assert "MR" in inputs["sources"]["levels.T3.escc"]["text"]
    assert "CT" in inputs["sources"]["levels.T3.body_fraction"]["text"]
