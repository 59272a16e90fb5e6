"""The level map: order of sides, numbers as measured, and the mirrored patient."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import SPEC, measured, mirrored

from oncospine.anatomy import Confidence, LevelNaming, Part, Spine, spine_from_labels
from oncospine.base import Level, Side
from oncospine.imaging import LabelMap, convention
from oncospine.lesion import Findings, measured_findings
from oncospine.phantom import make_phantom
from oncospine.report.level_map import level_map_view
from oncospine.report.render import RAMP, shade
from oncospine.report.view import DARK, Cell, CellState, LevelMapView


def row(view: LevelMapView, level: str) -> dict[str, Cell]:
    found = next(item for item in view.rows if item.level == level)
    return {column.name: cell for column, cell in zip(view.columns, found.cells, strict=True)}


def test_columns_run_from_the_patients_right_to_the_left_as_on_an_axial_image() -> None:
    _, spine, findings = measured()
    columns = level_map_view(spine, findings).columns
    assert [column.side for column in columns] == [Side.RIGHT] * 5 + [None] * 3 + [Side.LEFT] * 5
    assert [c.name.replace("right", "left") for c in columns[:5]] == [c.name for c in reversed(columns[8:])]
    assert [column.name for column in columns[5:8]] == ["body", "epidural, ml", "spinous process"]


def test_every_cell_holds_the_measured_number() -> None:
    _, spine, findings = measured()
    view = level_map_view(spine, findings)
    for level, found in findings.levels.items():
        cells = row(view, str(level))
        for part in Part:
            name = "spinous process" if part is Part.SPINOUS else str(part)
            here = found.parts.get(part)
            if here is None:
                assert cells[name].text == ""
                assert cells[name].state is CellState.FREE
            else:
                assert float(cells[name].text.replace("<1", "0.4")) == pytest.approx(100 * here.fraction, abs=0.51)
                assert (cells[name].state is CellState.INVOLVED) == found.involves(part)
                assert cells[name].shade == here.fraction
        for side in Side:
            volume = found.paravertebral_ml.get(side, 0.0)
            text = cells[f"paravertebral {side}, ml"].text
            assert text == ("" if volume <= 0 else "<0.1" if volume < 0.05 else f"{volume:.1f}")


def test_the_left_pedicle_of_t3_is_involved_and_the_right_is_not() -> None:
    _, spine, findings = measured()
    cells = row(level_map_view(spine, findings), "T3")
    assert cells["pedicle left"].state is CellState.INVOLVED
    assert cells["pedicle right"].state is CellState.FREE
    assert float(cells["paravertebral left, ml"].text) > 1.0
    assert cells["paravertebral right, ml"].text == ""


def test_a_mirrored_patient_gives_the_mirrored_map() -> None:
    _, spine, findings = measured()
    phantom = make_phantom(SPEC)
    labels = replace(phantom.labels, volume=mirrored(phantom.labels.volume), structures=_swapped(phantom.labels))
    named = convention("tumour_compartments")
    tumour = LabelMap(volume=mirrored(phantom.tumour), structures=named.structures, convention=named.name)
    other_spine = replace(spine_from_labels([labels], modality="CT"), naming=spine.naming)
    other = level_map_view(other_spine, measured_findings(other_spine, tumour))
    here = level_map_view(spine, findings)
    for level in ("T3", "T4"):
        mine, theirs = row(here, level), row(other, level)
        for name, cell in mine.items():
            swapped = re.sub("left|right", lambda m: {"left": "right", "right": "left"}[m[0]], name)
            assert theirs[swapped].shade == pytest.approx(cell.shade, abs=0.02), (level, name)


def _swapped(labels: LabelMap) -> dict[int, object]:
    return {
        number: item if item.side is None else replace(item, side=item.side.other)
        for number, item in labels.structures.items()
    }


def test_levels_in_doubt_carry_a_question_mark_everywhere_and_fragments_a_row_of_their_own() -> None:
    _, spine, findings = measured()
    doubted = _doubted(spine)
    view = level_map_view(doubted, findings)
    assert [item.level for item in view.rows] == ["T1?", "T2?", "T3?", "T4?", "T5?"]
    assert view.rows[0].cells == ()
    assert "fragment" in view.rows[0].note


def _doubted(spine: Spine) -> Spine:
    naming = LevelNaming(confidence=Confidence.LOW, reasons=("no rib is labelled",))
    return replace(spine, naming=naming, fragments=(Level.T1,))


def test_a_part_that_is_not_in_view_is_not_called_free() -> None:
    _, spine, findings = measured()
    vertebra = spine.vertebrae[Level.T5]
    volumes = {part: volume for part, volume in vertebra.volumes_ml.items() if part is not Part.SPINOUS}
    cut = replace(spine, vertebrae={**spine.vertebrae, Level.T5: replace(vertebra, volumes_ml=volumes)})
    cell = row(level_map_view(cut, findings), "T5")["spinous process"]
    assert (cell.text, cell.state) == ("?", CellState.UNSEEN)


def test_without_a_mask_the_map_says_so() -> None:
    _, spine, _ = measured()
    view = level_map_view(spine, None)
    assert "No tumour mask" in view.summary
    assert {cell.text for item in view.rows for cell in item.cells} == {""}


def test_the_summary_has_the_volumes_of_the_compartments() -> None:
    _, spine, findings = measured()
    text = level_map_view(spine, findings).summary
    assert f"tumour {findings.volume_ml.value:.1f} ml" in text
    assert text.startswith("T3-T4 (contiguous)")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_shades_darken_all_the_way_and_their_numbers_stay_readable() -> None:
    steps = np.linspace(0, 1, 101)
    values = [luminance(shade(float(step))) for step in steps]
    assert all(later < earlier for earlier, later in itertools.pairwise(values))
    for step, value in zip(steps, values, strict=True):
        ink = 1.0 if step >= DARK else 0.0
        contrast = (max(ink, value) + 0.05) / (min(ink, value) + 0.05)
        assert contrast >= 4.5, step
    assert shade(-1) == "#ffffff"
    assert shade(2) == "#{:02x}{:02x}{:02x}".format(*RAMP[-1])


def test_a_tumour_that_touches_no_vertebra_leaves_the_map_empty() -> None:
    _, spine, findings = measured()
    empty: Findings = replace(findings, levels={})
    assert {cell.text for item in level_map_view(spine, empty).rows for cell in item.cells} == {""}
