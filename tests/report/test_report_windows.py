"""Display windows: every row of the table, and the percentiles of an MR."""

import numpy as np
import pytest

from oncospine.base import InputError, Verification
from oncospine.geometry import Volume
from oncospine.imaging import Scan
from oncospine.report.windows import presets, window_of


def scan_of(values: np.ndarray, modality: str) -> Scan:
    return Scan(volume=Volume(values, np.eye(4)), modality=modality, source="test", content_hash="sha256:0")


@pytest.mark.parametrize(
    ("name", "low", "high", "text"),
    [
        ("bone", -500.0, 1300.0, "W 1800 L 400"),
        ("soft_tissue", -125.0, 225.0, "W 350 L 50"),
        ("metal", -1000.0, 3000.0, "W 4000 L 1000"),
    ],
)
def test_every_ct_preset(name: str, low: float, high: float, text: str) -> None:
    window = window_of(scan_of(np.zeros((2, 2, 2)), "CT"), name)
    assert (window.low, window.high, window.text) == (low, high, text)
    values = np.array([low - 1, low, (low + high) / 2, high, high + 1, np.nan])
    assert window.applied_to(values).tolist() == [0, 0, 128, 255, 255, 0]


def test_every_row_has_a_source_and_a_known_tag() -> None:
    assert set(presets()) == {"bone", "soft_tissue", "metal", "percentiles"}
    for row in presets().values():
        assert row["source"]
        assert Verification(row["verification"])


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'lung'.*bone, soft_tissue, metal"):
        window_of(scan_of(np.zeros((2, 2, 2)), "CT"), "lung")


def test_an_mr_runs_from_the_first_to_the_995th_permille_of_the_body() -> None:
    body = np.linspace(500.0, 1000.0, 1000)
    values = np.concatenate([np.zeros(1000), body]).reshape(20, 10, 10)
    window = window_of(scan_of(values, "MR"))
    assert window.low == pytest.approx(np.percentile(body, 1.0))
    assert window.high == pytest.approx(np.percentile(body, 99.5))


def test_an_empty_mr_is_refused() -> None:
    with pytest.raises(InputError, match="one grey value"):
        window_of(scan_of(np.zeros((3, 3, 3)), "MR"))
