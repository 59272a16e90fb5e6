"""The table of `validate surgery`: counts are those of the screws, a target missed is a failure, one phantom runs."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from oncospine.base import Level, Side
from oncospine.cli.app import app
from oncospine.surgery import Gertzbein, Margins, PlannedScrew, PredictedGrade
from oncospine.surgery_validation import (
    PhantomScrews,
    _mirror_difference,
    outcome_of_screws,
    phantom_screws,
    validation_rows,
)


def screw(grade: str = "A", *, medial: float = 1.0, side: Side = Side.LEFT) -> PlannedScrew:
    margins = Margins(
        medial_mm=medial, lateral_mm=1, superior_mm=1, inferior_mm=1, body_mm=1, anterior_mm=5, canal_mm=1
    )
    graded = PredictedGrade(
        gertzbein=Gertzbein(grade),
        at_worst=Gertzbein(grade),
        breach_mm=0.0,
        breach_wall=None,
        heary=None,
        neo=None,
        uncertainty_mm=0.5,
        reason="",
    )
    entry = np.array([side.sign * 14.0, -20.0, 3.0])
    return PlannedScrew(
        level=Level.T4,
        side=side,
        entry_mm=entry,
        tip_mm=entry + [-side.sign * 8.0, 28.0, -2.0],  # noqa: RUF005
        diameter_mm=4.0,
        margins=margins,
        grade=graded,
        pedicle_width_mm=5.0,
    )


def rows_of(*screws: PlannedScrew, **more: object) -> dict[str, tuple[str, bool | None]]:
    found = validation_rows([outcome_of_screws("p", screws, **more)])  # type: ignore[arg-type]
    return {row.quantity: (row.ours, row.passes) for row in found}


def test_shares_are_of_placed_screws_and_refusals_are_counted_by_reason():
    refused = PlannedScrew(level=Level.T5, side=Side.LEFT, refusal="the pedicle is too thin: 3.5 mm ...")
    rows = rows_of(*[screw()] * 49, screw("B"), refused, refused)
    assert rows["screws graded A (Gertzbein-Robbins)"] == ("49 of 50 (98.0%)", True)
    assert rows["screws graded A or B"] == ("50 of 50 (100.0%)", True)
    assert rows["pedicles refused, intact bone"] == ("2 of 52 (3.8%); the pedicle is too thin: 2", None)
    assert any(name.startswith("p T4 left: B, width 5.0 mm") for name in rows)


def test_one_screw_too_few_of_grade_a_or_any_of_c_fails():
    assert rows_of(*[screw()] * 48, *[screw("B")] * 2)["screws graded A (Gertzbein-Robbins)"][1] is False
    assert rows_of(*[screw()] * 99, screw("C"))["screws graded A or B"][1] is False
    assert rows_of()["screws graded A or B"] == ("none", False)


@pytest.mark.parametrize(("medial", "breached"), [(-0.4, 0), (-0.6, 1)])
def test_a_medial_breach_counts_beyond_half_a_voxel(medial, breached):
    ours, passes = rows_of(screw(medial=medial))["medial wall breached beyond half a voxel"]
    assert (ours, passes) == (str(breached), breached == 0)


def test_a_destroyed_pedicle_that_gets_a_screw_and_a_screw_that_does_not_mirror_fail():
    assert rows_of(screw(), destroyed=(1, 1))["pedicles with 30% tumour refused"] == ("1 of 1 (100.0%)", True)
    assert rows_of(screw(), destroyed=(0, 1))["pedicles with 30% tumour refused"][1] is False
    row = "screws of 1 mirrored patients, largest difference"
    assert rows_of(screw(), mirror_mm=0.0005)[row][1] is True
    assert rows_of(screw(), mirror_mm=0.002)[row][1] is False


def test_the_mirror_difference_is_the_largest_distance_and_infinite_where_one_is_refused():
    one, other = screw(side=Side.LEFT), screw(side=Side.RIGHT)
    assert _mirror_difference([one], [other], middle_mm=0.0) == pytest.approx(0.0)
    shifted = replace(other, entry_mm=other.entry_mm + [6.0, 0, 0], tip_mm=other.tip_mm + [6.0, 0, 0])  # noqa: RUF005
    assert _mirror_difference([one], [shifted], middle_mm=3.0) == pytest.approx(0.0)
    moved = replace(other, tip_mm=other.tip_mm + np.array([0.0, 0.25, 0.1]))
    assert _mirror_difference([one], [moved], middle_mm=0.0) == pytest.approx(0.25)
    gone = PlannedScrew(level=Level.T4, side=Side.RIGHT, refusal="x")
    assert _mirror_difference([one], [gone], middle_mm=0.0) == np.inf


@pytest.mark.slow
def test_a_random_phantom_is_planned_mirrored_and_robbed_of_a_pedicle():
    found = phantom_screws(0)
    assert isinstance(found, PhantomScrews)
    assert sum(found.grades.values()) >= 4
    assert found.mirror_mm is not None
    assert found.mirror_mm <= 0.001
    assert found.destroyed_refused == (1, 1)


def test_a_count_below_one_is_bad_input():
    told = CliRunner().invoke(app, ["validate", "surgery", "--count", "0"])
    assert told.exit_code != 0
    assert "at least one phantom" in str(told.exception)
