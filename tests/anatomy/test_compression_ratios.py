"""Compression ratios against their check values and formulas."""

import numpy as np
import pytest

from oncospine.anatomy import (
    maximum_compression,
    reduction_percent,
)
from oncospine.base import MeasurementError


def test_the_check_values_of_the_reference_come_out():
    assert reduction_percent(6.85, 7.65, 7.02) == pytest.approx(6.612, abs=5e-4)
    assert reduction_percent(10, 13, 13) == pytest.approx(23.08, abs=5e-3)


def test_a_side_without_reference_is_left_out_and_two_are_an_error():
    assert reduction_percent(5, None, 10) == reduction_percent(5, 10, None) == pytest.approx(50)
    with pytest.raises(MeasurementError, match="no healthy section"):
        reduction_percent(5, None, None)


def test_local_widening_is_negative_and_not_clamped():
    assert reduction_percent(12, 10, 10) == pytest.approx(-20)


ARC = np.arange(0.0, 121.0)


def test_references_are_means_over_20_mm_that_start_10_mm_beyond_the_compressed_part():
    sizes = np.full(ARC.size, 99.0)
    sizes[(ARC >= 20) & (ARC <= 40)] = 8.0
    sizes[(ARC >= 80) & (ARC <= 100)] = 6.0
    sizes[(ARC >= 50) & (ARC <= 70)] = 7.0
    sizes[61] = 3.5
    found = maximum_compression(sizes, ARC, compressed_mm=(50, 70))
    assert (found.above, found.below, found.worst, found.worst_arc_mm) == (8.0, 6.0, 3.5, 61.0)
    assert found.percent == pytest.approx(50.0)


def test_one_end_of_the_scan_too_near_uses_the_other():
    sizes = np.full(ARC.size, 8.0)
    sizes[5] = 4.0
    found = maximum_compression(sizes, ARC, compressed_mm=(0, 9))
    assert found.above is None
    assert found.percent == pytest.approx(50.0)


def test_no_healthy_part_or_no_measurement_is_an_error():
    with pytest.raises(MeasurementError, match="no healthy section"):
        maximum_compression(np.full(ARC.size, 8.0), ARC, compressed_mm=(0, 120))
    with pytest.raises(MeasurementError, match="nothing is measured"):
        maximum_compression(np.full(ARC.size, np.nan), ARC, compressed_mm=(50, 60))


def test_normalising_by_healthy_sizes_removes_the_normal_taper():
    healthy = np.linspace(10, 5, ARC.size)
    found = maximum_compression(0.9 * healthy, ARC, compressed_mm=(55, 65), healthy=healthy)
    assert found.percent == pytest.approx(0.0, abs=1e-9)
