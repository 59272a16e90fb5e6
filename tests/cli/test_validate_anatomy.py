"""`oncospine validate anatomy` and the per-level table of `oncospine measure`, as a user runs them."""

import csv
import json

import pytest
from test_bad_input import run

from oncospine.anatomy import level_rows, spine_from_labels
from oncospine.anatomy_validation import TARGETS, validate_anatomy
from oncospine.case import read_case
from oncospine.imaging import read_labels


@pytest.fixture(scope="module")
def rows():
    return {row.quantity: row for row in validate_anatomy(2, 1)}


def test_the_targets_of_the_issue_are_reached_on_two_stretches_of_the_column(rows):
    """Upper and middle thoracic spine: pedicle width within 0.7 mm; frames within 3 degrees."""
    for name in ("frame: superior", "frame: anterior", "pedicle width", "volume", "part: body", "part: spinous"):
        assert rows[name].passes, rows[name].described()
    assert rows["pedicle sagittal angle"].within >= 0.9
    assert rows["pedicle transverse angle"].worst <= 3.0


def test_every_target_has_a_row_with_its_figures(rows):
    assert {target.quantity for target in TARGETS} <= rows.keys()
    width = rows["pedicle width"]
    assert width.count == 2 * 9
    assert width.percentile_90 <= width.worst
    assert width.passes == (width.worst <= 0.7)


def test_the_command_prints_the_table_and_fails_where_a_target_is_missed(rows):
    told = run("validate", "anatomy", "--count", 2, "--seed", 1)
    assert told.returncode == (0 if all(row.passes for row in rows.values()) else 1)
    for row in rows.values():
        assert row.described() in told.stdout
    assert run("validate", "anatomy", "--count", 0).returncode == 2


def test_measure_prints_a_line_for_every_vertebra_and_the_same_numbers_stand_in_the_csv(phantom_case):
    told = run("measure", phantom_case)
    assert told.returncode == 0, told.stderr
    record = read_case(phantom_case)
    mask = record.studies[0].masks[0]
    spine = spine_from_labels([read_labels(phantom_case / mask.path, convention=mask.convention)], modality="CT")
    with (phantom_case / "results" / "levels.csv").open() as stream:
        written = list(csv.DictReader(stream))
    lines = [line.split() for line in told.stdout.splitlines()]
    for row, cells in zip(level_rows(spine), written, strict=True):
        assert cells["level"] == row["level"]
        assert cells["posterior_height_mm"] == f"{row['posterior_height_mm']:.1f}"
        body, canal = (line for line in lines if line and line[0] == row["level"])
        assert body[1:4] == [cells[f"{name}_height_mm"] for name in ("anterior", "middle", "posterior")]
        assert cells["pedicle_left_width_mm"] == canal[1]
        assert cells["canal_area_mm2"] in canal
    json.loads((phantom_case / "results" / "findings.json").read_text())
