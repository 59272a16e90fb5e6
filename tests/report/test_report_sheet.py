"""The operative sheet: sides, counts and positions as they are, every screw with its entry, nothing said twice."""

import re
from dataclasses import replace

import pytest
from report_samples import OPERATION_YAML, case, measured, operation

from oncospine.anatomy import Confidence, LevelNaming
from oncospine.base import Side
from oncospine.report import operative_sheet, render_operative_sheet
from oncospine.report.operative_sheet import AGAIN, OperativeSheet
from oncospine.strategy import faults
from oncospine.surgery import EvaluatedOperation, evaluate, parse_operation

SECOND = """\
  - title: "from the side"
    approach: A-HTHO
    resection: {intent: subtotal, levels: T3-T4}
"""


def sheet_of(done: EvaluatedOperation) -> OperativeSheet:
    _, spine, findings = measured()
    known = case()
    return operative_sheet(known, known.studies[0], spine, findings, done)


@pytest.fixture(scope="module")
def two_stages() -> EvaluatedOperation:
    scan, spine, findings = measured()
    return evaluate(parse_operation(OPERATION_YAML + SECOND), spine, findings, scan)


def test_every_screw_stands_on_its_own_side_with_its_entry_in_words() -> None:
    rows = {row.level: row for row in sheet_of(operation()).stages[0].screws}
    for screw in operation().screws:
        cell = getattr(rows[str(screw.level)], screw.side)
        if screw.refusal is not None:
            assert cell.refused == screw.refusal
            continue
        assert cell.entry == screw.entry_words
        assert f" {screw.side} of the midline" in cell.entry
        assert cell.size == f"{screw.diameter_mm:.1f} × {screw.length_mm:.0f} mm"
    assert "F-14" in rows["T3"].left.refused
    assert "tumour leaves too little bone" in rows["T3"].right.refused
    assert rows["T2"].left.refused == rows["T2"].right.refused == ""


def test_the_columns_say_whose_left_it_is_and_stand_as_seen_from_behind() -> None:
    html = render_operative_sheet(sheet_of(operation()))
    assert html.index("PATIENT'S LEFT") < html.index("PATIENT'S RIGHT")
    left = next(screw for screw in operation().screws if screw.is_planned and screw.side is Side.LEFT)
    row = html[html.index(f"<tr><th>{left.level}</th>") :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
    assert "left of the midline" in cells[0]
    assert "right of the midline" in cells[1]


def test_levels_are_counted_and_a_doubt_about_their_names_is_on_the_sheet() -> None:
    _, spine, findings = measured()
    sheet = sheet_of(operation())
    assert sheet.levels.startswith("T2-T5 = 4 levels on CT of 2013-02-08")
    assert "Laminectomy T3-T4 = 2 levels, both sides" in sheet.stages[0].steps
    assert any("named by construction" in line for line in sheet.counted)
    doubt = replace(spine, naming=LevelNaming(confidence=Confidence.LOW, reasons=("no rib in view",)))
    known = case()
    unsure = operative_sheet(known, known.studies[0], doubt, findings, operation())
    assert "(level names in doubt)" in unsure.levels
    assert [row.level for row in unsure.stages[0].screws] == ["T2?", "T3?", "T4?", "T5?"]
    assert any("no rib in view" in line for line in unsure.counted)


def test_a_thoracotomy_says_its_side_and_which_side_is_up(two_stages) -> None:
    behind, side = sheet_of(two_stages).stages
    assert (behind.position, behind.side) == ("prone", "midline, no side")
    assert side.side == "patient's RIGHT"
    assert side.position == "left lateral, patient's RIGHT side up"
    turned = parse_operation(OPERATION_YAML + SECOND + "    side: left\n")
    stage = replace(two_stages.stages[1], stage=turned.stages[1])
    other = sheet_of(replace(two_stages, stages=(two_stages.stages[0], stage))).stages[1]
    assert other.side == "patient's LEFT"
    assert other.position == "right lateral, patient's LEFT side up"


def test_a_check_is_printed_once_and_referred_to_afterwards(two_stages) -> None:
    first, second = sheet_of(two_stages).stages
    assert not set(first.before) & set(second.before)
    assert second.before[-1] == AGAIN
    assert AGAIN not in first.before
    assert all(faults(line) == () for stage in (first, second) for line in (*stage.before, *stage.stop))


def test_angles_need_no_sign() -> None:
    for row in sheet_of(operation()).stages[0].screws:
        for cell in (row.left, row.right):
            if cell is not None and not cell.refused:
                assert re.match(r"\d+° (con|di)verging, \d+° (caudal|cranial), predicted grade [A-E]", cell.angles)


def test_the_sheet_stands_alone_and_says_what_it_is() -> None:
    html = render_operative_sheet(sheet_of(operation()))
    assert "PLANNING AID, NOT FOR NAVIGATION" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "size: A4" in html
