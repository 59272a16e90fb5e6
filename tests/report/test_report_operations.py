"""Screws and operations on the page: sides, numbers, refusals, and the pictures of both."""

import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import changed, measured, operation
from test_report_page import HOSTILE, Page
from test_report_sections import pixels_of

from oncospine.base import Level, Side
from oncospine.report import render_report, report_view
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_operations import comparison_table, operation_view
from oncospine.report.from_surgery import least_margin, screw_table
from oncospine.report.palette import SCREW
from oncospine.report.screw_pictures import screw_pictures
from oncospine.report.sections import PIXEL_MM
from oncospine.report.slice_picture import ZOOM
from oncospine.report.view_surgery import ScrewCell
from oncospine.report.views3d import operation_views, rendered_views
from oncospine.strategy import faults
from oncospine.surgery import PlannedScrew


def screw(level: Level, side: Side) -> PlannedScrew:
    return next(item for item in operation().screws if (item.level, item.side) == (level, side))


def test_every_cell_holds_the_screw_of_its_own_side() -> None:
    _, spine, _ = measured()
    table = screw_table("t", operation().screws, spine)
    assert [row.level for row in table.rows] == ["T2", "T3", "T4", "T5"]
    sizes = set()
    for row in table.rows:
        for side, cell in ((Side.RIGHT, row.right), (Side.LEFT, row.left)):
            planned = screw(Level(row.level), side)
            assert isinstance(cell, ScrewCell)
            if planned.refusal is not None:
                assert cell.refused == planned.refusal
                continue
            assert cell.size == f"{planned.diameter_mm:.1f} × {planned.length_mm:.1f} mm"
            assert cell.angles == f"{planned.convergence_deg:.1f}° / {planned.caudal_deg:.1f}°"
            assert planned.grade is not None
            assert cell.grade.startswith(planned.grade.gertzbein)
            assert ("at worst" in cell.grade) == (planned.grade.at_worst is not planned.grade.gertzbein)
            sizes.add((cell.angles, side))
    assert len(sizes) == len([item for item in operation().screws if item.is_planned])


def test_the_involved_left_pedicle_is_refused_on_the_left() -> None:
    _, spine, _ = measured()
    row = screw_table("t", operation().screws, spine).rows[1]
    assert row.left is not None
    assert "tumour" in row.left.refused


def test_swapping_the_sides_of_all_screws_swaps_the_columns() -> None:
    _, spine, _ = measured()
    here = screw_table("t", operation().screws, spine).rows
    swapped = [replace(item, side=item.side.other) for item in operation().screws]
    there = screw_table("t", swapped, spine).rows
    assert [(row.right, row.left) for row in here] == [(row.left, row.right) for row in there]


def test_the_least_margin_is_the_smallest_of_the_four_walls() -> None:
    for item in operation().screws:
        if item.margins is None:
            assert least_margin(item) is None
            continue
        known = {name: getattr(item.margins, f"{name}_mm") for name in ("medial", "lateral", "superior", "inferior")}
        values = {name: value for name, value in known.items() if value is not None}
        found = least_margin(item)
        assert found is not None
        assert found[0] == min(values.values())
        assert values[found[1].value] == found[0]


def test_a_side_that_was_not_asked_for_is_none_and_not_a_refusal() -> None:
    _, spine, _ = measured()
    one = screw_table("t", [screw(Level.T2, Side.LEFT)], spine)
    assert one.rows[0].right is None
    page = render_report(replace(report_view(changed(scan=None, spine=None, findings=None)), screws=(one,)))
    assert "none planned" in Page(page).text


def outline_of(svg: str) -> np.ndarray:
    """Corners of the screw in the drawing, in mm."""
    found = re.search(rf'<path d="M([^"]+)Z" fill="none" stroke="{SCREW.colour}"', svg)
    assert found is not None
    return np.array([[float(v) for v in pair.split()] for pair in found[1].split("L")]) / ZOOM * PIXEL_MM


def test_a_screw_is_drawn_to_scale_on_the_side_it_is_on() -> None:
    scan, spine, findings = measured()
    pictures = screw_pictures(scan, spine, findings, operation().screws)
    planned = [item for item in operation().screws if item.is_planned]
    assert len(pictures) == len(planned)
    for item in planned:
        picture = next(one for one in pictures if one.title.startswith(f"Screw {item.level} {item.side},"))
        corners = outline_of(picture.svg)
        lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
        assert lengths[1] == pytest.approx(item.length_mm, abs=0.05)
        assert lengths[0] == pytest.approx(item.diameter_mm, abs=0.05)
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', picture.svg)[1]) / ZOOM * PIXEL_MM  # type: ignore[index]
        on_the_left = corners[:, 0].mean() < width / 2
        assert on_the_left == (item.side is Side.RIGHT)
        entry, tip = corners[:2].mean(axis=0), corners[2:4].mean(axis=0)
        assert tip[1] < entry[1]


def test_screws_of_a_mirrored_plan_are_seen_on_the_other_side_from_behind() -> None:
    _, spine, findings = measured()
    only_left = _with_screws([item for item in operation().screws if item.side is Side.LEFT])
    only_right = _with_screws([item for item in operation().screws if item.side is Side.RIGHT])
    bare = pixels_of(operation_views(spine, findings, _with_screws([]))()[0].svg).astype(int)
    middle = {}
    for name, item in (("left", only_left), ("right", only_right)):
        pixels = pixels_of(operation_views(spine, findings, item)()[0].svg).astype(int)
        altered = np.abs(pixels - bare).max(axis=2) > 40
        assert altered.any()
        middle[name] = np.argwhere(altered)[:, 1].mean() / pixels.shape[1]
    assert middle["left"] < 0.45
    assert middle["right"] > 0.55


def _with_screws(screws: list[PlannedScrew]) -> object:
    stage = replace(operation().stages[0], screws=tuple(screws), rods=())
    return replace(operation(), stages=(stage,))


def test_bone_that_is_taken_is_gone_from_the_picture_from_behind() -> None:
    _, spine, findings = measured()
    bare = _with_screws([])
    before = pixels_of(rendered_views(spine, findings)()[0].svg).astype(int)
    after = pixels_of(operation_views(spine, findings, bare)()[0].svg).astype(int)
    rows = slice(before.shape[0] // 4, 3 * before.shape[0] // 4)
    middle = slice(before.shape[1] // 2 - 6, before.shape[1] // 2 + 6)
    assert before.shape == after.shape
    blueness = [(image[rows, middle, 2] - image[rows, middle, 0]).mean() for image in (before, after)]
    assert blueness[1] > blueness[0] + 10


def test_the_comparison_has_a_column_per_operation_and_the_evaluated_numbers() -> None:
    item = operation()
    other = replace(item, operation=replace(item.operation, title="Another"))
    table = comparison_table((item, other))
    assert table is not None
    assert table.headings == ("", "Posterior alone", "Another")
    rows = {row[0]: row[1:] for row in table.rows}
    assert all(len(values) == 2 for values in rows.values())
    planned = sum(one.is_planned for one in item.screws)
    assert rows["Screws"][0] == f"{planned} planned, {len(item.screws) - planned} refused"
    assert rows["Laminectomy"][0] == "T3-T4"
    assert rows["Fixation"][0] == "T2-T5"
    assert rows["Cage"][0] == "none"
    assert rows["Tumour left in the canal"][0] == f"{item.remaining.canal_ml:.1f} ml"
    levels = item.stages[-1].decompression.levels
    worst = min(levels.values(), key=lambda found: found.room_before_mm2)
    assert rows["Room for the sac"][0] == (
        f"{worst.level}: {worst.room_before_mm2:.1f} → {worst.room_after_mm2:.1f} mm²"
    )
    assert comparison_table(()) is None


def test_decompression_is_told_per_level_and_stage() -> None:
    _, spine, _ = measured()
    view = operation_view(operation(), spine, Bibliography())
    table = next(one for one in view.tables if one.title == "Decompression per level")
    found = operation().stages[0].decompression.levels
    assert [row[0] for row in table.rows] == [str(level) for level in found]
    for row, level in zip(table.rows, found.values(), strict=True):
        assert len(row) == len(table.headings)
        assert row[1:3] == (f"{level.room_before_mm2:.1f}", f"{level.room_after_mm2:.1f}")
        assert row[3:5] == (f"{level.wall_before_deg:.0f}°", f"{level.opened_deg:.0f}°")
        assert row[5] == f"{level.roofed_before_mm:.0f} → {level.roofed_after_mm:.0f}"


def test_checks_keep_their_words_and_their_sources() -> None:
    _, spine, _ = measured()
    view = operation_view(operation(), spine, Bibliography())
    assert [check.text for check in view.checks] == [check.text for check in operation().checks]
    assert [check.source.rule for check in view.checks] == [check.rule_id for check in operation().checks]


@pytest.fixture(scope="module")
def page() -> str:
    hostile = replace(operation(), operation=replace(operation().operation, title=HOSTILE))
    return render_report(report_view(changed(operations=(operation(), hostile))))


def test_the_page_has_the_screws_on_the_first_screen_and_the_operations_after_it(page: str) -> None:
    text = Page(page).text
    parts = ["Options to discuss", "Screws", "PATIENT'S RIGHT", "PATIENT'S LEFT", "Operations side by side", "Pictures"]
    places = [text.index(parts[0])]
    for part in parts[1:]:
        places.append(text.index(part, places[-1]))
    assert places == sorted(places)
    assert text.index("Measurements") > places[-1]


def test_hostile_titles_of_operations_stay_text(page: str) -> None:
    found = Page(page)
    assert not {"script"} & set(found.tags)
    assert "<script>alert(1)</script>" in found.text


def test_nothing_said_of_an_operation_orders_or_refuses() -> None:
    """The reasons of refused screws are left out: they stand as the planner words them."""
    view = replace(report_view(changed(scan=None, operations=(operation(),))), screws=())
    text = Page(render_report(view)).text
    start, end = text.index("Operations side by side"), text.index("Measurements")
    assert faults(text[start:end]) == ()


def test_the_first_operation_has_all_views_and_its_screws_and_the_others_two_views() -> None:
    view = report_view(changed(operations=(operation(), operation())))
    first, second = ([picture.kind for picture in item.pictures] for item in view.operations)
    assert first.count("3d") == 4
    assert first.count("screw") == sum(item.is_planned for item in operation().screws)
    assert second == ["3d", "3d"]
