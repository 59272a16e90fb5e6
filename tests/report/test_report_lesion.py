"""The lesion in detail: clock, stages, distances and neighbours on the page are the measured ones."""

import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import CASE_YAML, case, changed, measured, measured_on_mr, results

from oncospine.anatomy import Confidence, LevelNaming
from oncospine.base import Level, Side
from oncospine.case import parse_case
from oncospine.lesion import (
    Contact,
    DiscInvasion,
    ForamenInvasion,
    Piece,
    RibContact,
    Wbb,
    impression,
    sector_directions,
)
from oncospine.lesion.sectors import SECTORS, sector_angles
from oncospine.lesion.wbb import midline_direction
from oncospine.level_match import level_match
from oncospine.report import render_report, report_view
from oncospine.report.from_lesion import lesion_tables, marked
from oncospine.report.sections import axial_section
from oncospine.report.view import Grade
from oncospine.report.wbb_clock import CENTRE, RADII, WIDTH, wbb_clock
from oncospine.report.wbb_pictures import sector_borders, sector_names, wbb_pictures
from oncospine.strategy import faults


def stage(**changes: object) -> Wbb:
    plain = Wbb(
        level=Level.T3,
        sectors=(3, 4),
        margin=(2, 5),
        layers=("A", "D"),
        sector_layers={3: ("A",), 4: ("A", "D")},
        bone_fraction=dict.fromkeys(range(1, 13), 0.0),
        layer_ml={},
        midline="tip of the spinous process",
        convention="SOSG-2009",
        notes=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def mirrored_stage(own: Wbb) -> Wbb:
    return replace(
        own,
        sectors=tuple(sorted(13 - k for k in own.sectors)),
        margin=tuple(sorted(13 - k for k in own.margin)),
        sector_layers={13 - k: layers for k, layers in own.sector_layers.items()},
    )


def cells(svg: str) -> dict[tuple[int, str], tuple[bool, np.ndarray]]:
    """(sector, layer) -> (filled as tumour, mean of the corners)."""
    found = {}
    for data, fill, classes in re.findall(r'<path d="([^"]+)" fill="([^"]+)"[^>]* class="cell ([^"]+)"', svg):
        words = classes.split()
        points = re.findall(r"(?:M|L| 0 0 [01] )([-\d.]+) ([-\d.]+)", data)
        corners = np.array(points, dtype=float)
        assert (fill == "#e8601c") is ("taken" in words)
        found[int(words[0][1:]), words[1]] = fill == "#e8601c", corners.mean(axis=0)
    return found


def numbers(svg: str) -> dict[int, tuple[float, float]]:
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="13"[^>]*>(\d+)</text>', svg)
    return {int(text): (float(x), float(y)) for x, y, text in found}


def test_every_layer_of_every_sector_is_drawn_and_only_what_is_taken_is_filled():
    drawn = cells(wbb_clock(stage(), displayed="T3"))
    assert set(drawn) == {(k, layer) for k in range(1, 13) for layer in "ABCDE"}
    assert {key for key, (taken, _) in drawn.items() if taken} == {(3, "A"), (4, "A"), (4, "D")}


def test_the_numbering_starts_left_of_the_spinous_process_and_runs_to_the_left_then_the_front():
    """Seen from the feet the patient's left is on the viewer's right; the spinous process is at the foot."""
    svg = wbb_clock(stage(), displayed="T3")
    places = {k: np.array(place) - CENTRE for k, place in numbers(svg).items()}
    assert set(places) == set(range(1, SECTORS + 1))
    degrees = [float(np.degrees(np.arctan2(places[k][0], places[k][1] - 13 * 0.36)) % 360) for k in range(1, 13)]
    assert degrees == pytest.approx([15 + 30 * k for k in range(12)], abs=0.5)
    for (sector, _), (_, middle) in cells(svg).items():
        away = middle - CENTRE
        assert np.degrees(np.arctan2(away[0], away[1])) % 360 == pytest.approx(30 * sector - 15, abs=0.5)


def test_outer_layers_are_outside():
    drawn = cells(wbb_clock(stage(), displayed="T3"))
    radii = [np.linalg.norm(drawn[1, layer][1] - CENTRE) for layer in "ABCDE"]
    assert radii == sorted(radii, reverse=True)
    assert len(RADII) == 6


def test_involved_sectors_and_their_neighbours_are_told_apart_without_colour():
    svg = wbb_clock(stage(), displayed="T3")
    assert svg.count('r="12" fill="#222222"') == 2
    assert svg.count('r="12" fill="none"') == 2
    assert len(re.findall(r'fill="#ffffff" font-weight="bold" text-anchor="middle">[34]</text>', svg)) == 2


def test_the_clock_of_the_mirrored_stage_is_the_mirrored_clock():
    own, other = (cells(wbb_clock(item, displayed="T3")) for item in (stage(), mirrored_stage(stage())))
    for (sector, layer), (taken, middle) in own.items():
        there, place = other[13 - sector, layer]
        assert there is taken
        assert place == pytest.approx([WIDTH - middle[0], middle[1]], abs=0.02)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 105.0, 180.0, 271.0])
def test_a_border_lies_at_its_sector_angle(degrees):
    _, spine, _ = measured()
    vertebra = spine.vertebrae[Level.T3]
    (way,) = sector_directions(vertebra, [degrees])
    assert np.linalg.norm(way) == pytest.approx(1)
    axes = vertebra.frame.moved_to(vertebra.canal_mm)
    local = axes.to_local((vertebra.canal_mm + 20 * way)[None])
    assert local[0, 2] == pytest.approx(0, abs=1e-9)
    angle = sector_angles(local, midline_direction(vertebra)[0])[0]
    assert (angle - degrees + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


def test_sectors_on_the_image_have_their_numbers_on_the_right_side():
    _, spine, findings = measured()
    vertebra = spine.vertebrae[Level.T3]
    frame = vertebra.frame.moved_to(vertebra.canal_mm)
    section = axial_section(frame, half_width_mm=45, behind_mm=50, ahead_mm=45)
    centre = section.to_picture(vertebra.canal_mm)
    names = {int(item.text.strip("[]")): item for item in sector_names(vertebra, findings.wbb[Level.T3], section)}
    assert all(names[k].x > centre[0] for k in range(1, 7))
    assert all(names[k].x < centre[0] for k in range(7, 13))
    assert names[1].y > centre[1] > names[6].y
    assert {k for k, item in names.items() if item.text == f"[{k}]"} == set(findings.wbb[Level.T3].sectors)
    assert len(sector_borders(vertebra, section).curves) == SECTORS


def test_every_stage_has_its_clock_and_every_involved_level_its_image():
    scan, spine, findings = measured()
    drawn = wbb_pictures(scan, spine, findings, displayed=str)
    assert [item.title for item in drawn if "sectors" not in item.title] == [f"WBB {k}" for k in findings.wbb]
    assert [item.title for item in drawn if "sectors on" in item.title] == [
        f"WBB sectors on {level}" for level in findings.wbb if level in findings.involved_levels
    ]
    assert not [item for item in wbb_pictures(None, spine, findings, displayed=str) if "sectors on" in item.title]


def table(title: str, **changes: object) -> list[tuple[str, ...]]:
    _, spine, findings = measured()
    found = {item.title: item for item in lesion_tables(spine, replace(findings, **changes))}  # type: ignore[arg-type]
    return list(found[title].rows) if title in found else []


def test_distances_answer_the_2_and_3_mm_question():
    _, _, findings = measured()
    sac = findings.distances[0]
    row = table("Distance to cord and sac")[0]
    assert row == (
        "to the labelled dural sac",
        f"{sac.least_mm:.1f}",
        f"± {sac.error_mm:.1f}",
        f"{sac.within_ml['2 mm']:.2f}",
        f"{sac.within_ml['3 mm']:.2f}",
        f"{sac.overlap_ml:.2f}",
    )
    assert table("Distance to cord and sac", distances=()) == []


def test_walls_are_areas_by_level():
    _, _, findings = measured()
    rows = table("Tumour through the cortex, mm²")
    printed = {text for row in rows for text in row[1:]} - {"—"}
    assert printed == {f"{item.area_mm2:.0f}" for item in findings.breaches}
    assert [row[0] for row in rows] == [str(k) for k in dict.fromkeys(item.level for item in findings.breaches)]


def test_discs_foramina_and_ribs_say_where():
    rows = table(
        "Discs, foramina and ribs",
        discs=(DiscInvasion(above=Level.T3, below=Level.T4, volume_ml=0.42, crosses=True),),
        foramina=(
            ForamenInvasion(above=Level.T2, below=Level.T3, side=Side.LEFT, volume_ml=0.2),
            ForamenInvasion(above=Level.T3, below=Level.T4, side=Side.LEFT, volume_ml=0.31),
            ForamenInvasion(above=Level.T3, below=Level.T4, side=Side.RIGHT, volume_ml=0.07),
        ),
        ribs=(RibContact(number=4, side=Side.RIGHT, overlap_ml=0.5, costovertebral=True),),
    )
    assert rows == [
        ("disc T3-T4", "crossed", "0.42"),
        ("foramen T2-T3", "left", "— / 0.20"),
        ("foramen T3-T4", "both sides", "0.07 / 0.31"),
        ("rib 4", "right, costovertebral joint", "0.50 / —"),
    ]


def test_neighbours_have_distance_and_degrees():
    met = Contact(structure="aorta", distance_mm=0.4, degrees=200.0, overlap_ml=0.0, words="partly encased")
    assert table("Neighbours", contacts=(met,)) == [("aorta", "partly encased", "0.4", "200°", "0.00")]
    assert table("Neighbours", contacts=()) == []


def test_separate_pieces_are_listed_only_where_there_are_several():
    _, _, findings = measured()
    assert table("Separate pieces", pieces=findings.pieces[:1]) == []
    other = Piece(volume_ml=1.24, levels=(Level.T5,), centre_mm=findings.pieces[0].centre_mm)
    assert table("Separate pieces", pieces=(findings.pieces[0], other))[1] == ("2", "T5", "1.2")


def test_both_pedicles_speak_against_vertebrectomy_on_the_page():
    _, _, findings = measured()
    own = findings.wbb[Level.T3]
    rows = table("What the WBB sectors allow", wbb={Level.T3: replace(own, sectors=(4, 5, 6, 7, 8, 9))})
    verdicts = {row[0]: (row[1], row[2]) for row in rows}
    assert verdicts["vertebrectomy (en bloc resection of the body)"][0].startswith("the sectors speak against it")
    assert "both pedicles" in verdicts["vertebrectomy (en bloc resection of the body)"][1]


def test_the_page_holds_impression_stages_and_clocks():
    page = render_report(report_view(results()))
    findings = results().findings
    assert findings is not None
    assert impression(findings) in page.replace("&#39;", "'")
    assert 'id="lesion"' in page
    assert page.count("k-wbb") - page.count(".k-wbb") >= len(findings.wbb)
    assert "Numbering SOSG-2009" in page
    assert "Tomita (surgical)" in page
    assert "not verified against the primary paper" in page
    assert "Enneking" in page
    assert "not entered" in page


def test_nothing_in_the_section_orders_or_overclaims():
    view = report_view(results())
    assert view.lesion is not None
    rows = [text for item in view.lesion.tables for text in (item.title, *item.notes, *sum(item.rows, ()))]
    lines = [text for line in view.lesion.stages for text in (line.name, line.value, line.text)]
    assert faults(" ".join([view.lesion.impression, *view.lesion.match, *rows, *lines])) == ()


def test_levels_in_doubt_are_in_doubt_in_the_impression_too():
    spine = results().spine
    assert spine is not None
    doubted = replace(spine, naming=LevelNaming(confidence=Confidence.LOW, reasons=("no rib is labelled",)))
    assert marked("T3-T4: 5 % of T12, ESCC 1c, sectors 3-4, layers A", doubted) == (
        "T3?-T4?: 5 % of T12?, ESCC 1c, sectors 3-4, layers A"
    )
    assert marked("T3-T4", spine) == "T3-T4"
    view = report_view(changed(spine=doubted, scan=None))
    assert view.lesion is not None
    assert "T3?" in view.lesion.impression


OVERRIDES = """
overrides:
  - {what: enneking_stage, value: IIB, by: oncologist, date: 2013-01-01, why: biopsy}
  - {what: tomita_type, value: 5, by: surgeon, date: 2013-01-01, why: one level}
  - {what: tomita_type, value: 6, by: radiologist, date: 2013-02-01, why: read again}
  - {what: wbb_sectors, value: 4-9, level: T3, by: radiologist, date: 2013-02-01, why: read}
"""


def test_stages_stated_by_a_clinician_stand_beside_the_measured_ones():
    view = report_view(changed(case=case(CASE_YAML + OVERRIDES), scan=None))
    assert view.lesion is not None
    stated = {line.name: line.stated for line in view.lesion.stages}
    assert stated["Enneking"] == "IIB (oncologist, 2013-01-01)"
    assert stated["Tomita (surgical)"] == "6 (radiologist, 2013-02-01)"
    assert stated["WBB T3"] == "sectors 4-9 (radiologist, 2013-02-01)"
    measured_type = next(line.value for line in view.lesion.stages if line.name == "Tomita (surgical)")
    findings = results().findings
    assert findings is not None
    assert findings.tomita is not None
    assert measured_type.startswith(f"type {findings.tomita.type}, ")
    plain = report_view(changed(scan=None)).lesion
    assert plain is not None
    assert {line.stated for line in plain.stages} == {"not entered"}


def test_without_a_tumour_mask_there_is_no_section():
    view = report_view(changed(findings=None))
    assert view.lesion is None
    assert 'id="lesion"' not in render_report(view)


def exam(level: str):
    return parse_case(
        f"schema_version: 1\npseudonym: x\nexams:\n  - {{date: 2013-01-01, sensory_level: {level}}}\n"
    ).latest_exam()


@pytest.mark.parametrize(("level", "loud"), [("T4", False), ("L1", True)])
def test_an_examination_that_does_not_fit_the_images_is_a_doubt_on_the_first_screen(level, loud):
    _, spine, findings = measured()
    match = level_match(exam(level), findings, imaged=spine.levels)
    view = report_view(changed(match=match, scan=None))
    doubts = [item.text for item in view.notices if item.grade is Grade.WARNING]
    assert any("imaging of the rest of the spine could be considered" in text for text in doubts) is loud
    assert view.lesion is not None
    assert view.lesion.match == match.sentences


def test_the_second_study_has_its_own_impression_distances_and_margins():
    second = measured_on_mr()
    view = report_view(changed(second=second))
    assert view.second_study is not None
    assert second.findings is not None
    assert view.second_study.impression == marked(impression(second.findings), second.spine)
    titles = [item.title for item in view.second_study.measurements]
    assert "Distance to cord and sac" in titles
    grades = next(item for item in view.second_study.measurements if item.title == "ESCC from the masks")
    for row, estimate in zip(grades.rows, second.findings.escc.values(), strict=True):
        margin = "" if estimate.margin is None else f", {estimate.margin:.1f} errors from the next grade"
        assert row[2] == f"{estimate.grade}{margin}"
    assert any("errors from the next grade" in row[2] for row in grades.rows)
