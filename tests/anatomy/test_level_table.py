"""The table of levels and its CSV."""

import csv
import io

import numpy as np
import pytest
from anatomy_samples import Blocks, label_of, real_spine, spine

from oncospine.anatomy import (
    level_rows,
    level_table_csv,
    spine_from_labels,
)
from oncospine.base import Level, Side


def test_the_table_has_one_row_per_level_with_the_measured_values():
    found = spine("T2-T6")
    rows = level_rows(found)
    assert [row["level"] for row in rows] == [level.value for level in found.levels]
    row, vertebra = rows[2], found.vertebrae[Level.T4]
    assert row["posterior_height_mm"] == vertebra.heights.posterior_mm
    assert row["pedicle_left_width_mm"] == vertebra.pedicles[Side.LEFT].width_mm
    assert row["pedicle_right_transverse_deg"] == vertebra.pedicles[Side.RIGHT].transverse_deg
    assert row["disc_height_below_mm"] == found.alignment.joint_below(Level.T4).disc_height_mm
    assert row["cord_area_mm2"] is None
    assert rows[-1]["disc_height_below_mm"] is None


def test_the_csv_of_the_table_reads_back():
    found = spine("T2-T6")
    rows = list(csv.DictReader(io.StringIO(level_table_csv(found))))
    assert len(rows) == 5
    assert float(rows[0]["canal_ap_mm"]) == pytest.approx(level_rows(found)[0]["canal_ap_mm"], abs=0.05)
    assert rows[0]["cord_area_z"] == ""


@pytest.mark.shared_data
def test_on_the_real_scan_the_cut_vertebra_has_empty_cells():
    row = level_rows(real_spine())[0]
    assert row["level"] == "C7"
    assert row["anterior_height_mm"] is None
    assert "cut" in row["in_view"]


def test_block_vertebrae_have_the_size_of_their_blocks():
    blocks = Blocks((60, 80, 90))
    for index, level in enumerate((Level.T6, Level.T7, Level.T8)):
        blocks.vertebra(label_of(level), (30, 55, 72 - 22 * index))
    found = spine_from_labels([blocks.labels()], modality="CT")
    middle = found.vertebrae[Level.T7]
    assert middle.heights.anterior_mm == pytest.approx(15.0, abs=0.1)
    assert middle.upper_endplate.width_mm == pytest.approx(27.0, abs=0.4)
    assert middle.upper_endplate.depth_mm == pytest.approx(20.0, abs=1.2)
    assert middle.wedge_deg == pytest.approx(0, abs=0.2)
    assert found.alignment.joints[0].disc_height_mm == pytest.approx(7.0, abs=0.1)
    assert found.alignment.joints[0].slip.forwards_mm == pytest.approx(0.0, abs=0.2)
    at = found.canal.profile.at_level(Level.T7)
    area = found.canal.areas_mm2[at]
    assert np.median(area) == pytest.approx(np.pi * 9 * 8, rel=0.08)
