"""The expected values of the literature data, one test per data set."""

from pathlib import Path

import pytest

from oncospine.base import InputError
from oncospine.evidence.validation.rows import _holds, validate

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"


@pytest.fixture(scope="module")
def rows():
    if not LITERATURE.is_dir():
        pytest.skip("shared data absent: data/literature")
    return validate(LITERATURE)


@pytest.mark.shared_data
def test_all_expected_values_are_reproduced(rows):
    assert len(rows) == 333
    assert [(row.id, row.name, row.published, row.ours) for row in rows if not row.ok] == []


def test_a_missing_file_of_expected_values_is_an_error_that_names_it(tmp_path):
    with pytest.raises(InputError, match=r"expected_values\.csv is missing"):
        validate(tmp_path)


@pytest.mark.parametrize(
    ("published", "ours", "tolerance", "holds"),
    [
        ("31", 31.0, 0, True),
        ("31", 31.3, 0, False),
        ("0.588004", 0.5880037, 0, True),
        ("0.588004", 0.5880028, 0, False),
        ("0.5", 0.5099, 0.01, True),
        ("0.5", 0.5101, 0.01, False),
        ("0.5", None, 0.01, False),
        ("0.5", "0.5", 0.01, False),
    ],
)
def test_a_value_holds_within_its_tolerance_and_nothing_else(published, ours, tolerance, holds):
    assert _holds(published, ours, tolerance) is holds
