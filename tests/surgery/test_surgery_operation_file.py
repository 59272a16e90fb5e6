"""operation.yaml: the published operation, the way back, and what is told about mistakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncospine.base import InputError, Level, Side, parse_levels, to_json
from oncospine.case import CaseError
from oncospine.surgery import (
    Operation,
    OwnScrew,
    PatientPosition,
    ResectionIntent,
    operation_yaml,
    parse_operation,
    published_operation,
    published_operation_text,
    read_operation,
    write_operation,
)


def test_the_published_operation_is_the_papers():
    operation = published_operation()
    posterior, anterior = operation.stages
    assert posterior.laminectomy.levels == parse_levels("T1-T4")
    assert posterior.fixation.levels == parse_levels("C7-T5")
    assert len(posterior.fixation.screws) == 12
    assert posterior.resection.intent is ResectionIntent.SUBTOTAL
    assert posterior.position is PatientPosition.PRONE
    assert anterior.corpectomy.levels == parse_levels("T3-T4")
    assert anterior.cage is not None
    assert anterior.position is PatientPosition.SUPINE
    assert operation.citations == ("maimone2013",)
    assert any("without naming it" in note for note in anterior.notes)
    assert operation.levels == parse_levels("C7-T5")


FULL = """
title: own
stages:
  - title: behind
    approach: costotransversectomy
    side: left
    laminectomy: {levels: T3-T4, side: left, facets: medial}
    resection: {intent: gross total}
    fixation:
      levels: T1-T6
      skip: [T3, T4 left]
      rods: no
      rod_diameter_mm: 5.5
      screws:
        - {level: T1, side: left, diameter_mm: 4.5, length_mm: 30}
        - {level: T5, side: right, entry_mm: [1, 2.5, -3], target_mm: [4, 20, -3], diameter_mm: 5}
  - title: front
    approach: A-HTHO
    position: left lateral
    corpectomy: {levels: T3}
    cage: {height_mm: 20, footprint_mm: 14}
    notes: [keep the azygos]
reasons: [tumour in front]
"""


def test_everything_the_file_can_say_is_read():
    behind, front = parse_operation(FULL).stages
    assert (behind.approach, behind.side) == ("A-CTE", Side.LEFT)
    assert behind.laminectomy.facets == "medial"
    assert not behind.fixation.rods
    assert (Level.T3, Side.LEFT) not in behind.fixation.places
    assert (Level.T4, Side.LEFT) not in behind.fixation.places
    assert (Level.T4, Side.RIGHT) in behind.fixation.places
    own = {(s.level, s.side): s for s in behind.fixation.screws}
    assert own[Level.T1, Side.LEFT].diameter_mm == 4.5
    assert own[Level.T5, Side.RIGHT].entry_mm.tolist() == [1.0, 2.5, -3.0]
    assert own[Level.T6, Side.LEFT].diameter_mm is None
    assert front.side is Side.RIGHT  # the approach's own
    assert (front.cage.height_mm, front.cage.footprint_mm) == (20.0, 14.0)


@pytest.mark.parametrize("text", [FULL, published_operation_text()])
def test_what_is_written_reads_back_the_same(text, tmp_path):
    operation = parse_operation(text)
    again = read_operation(write_operation(operation, tmp_path / "operation.yaml"))
    assert to_json(again.stages) == to_json(operation.stages)
    assert operation_yaml(again) == operation_yaml(operation)


def stage(lines: str) -> str:
    return f"title: own\nstages:\n  - title: one\n    approach: A-LAM\n{lines}"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "found an empty file"),
        ("title: own\n", 1, "the required field 'stages'"),
        ("title: own\nstages: []\n", 2, "at least 1 item"),
        ("title: own\nstages:\n  - title: one\n    approach: A-LEM\n", 4, "did you mean 'A-LAM'"),
        ("title: own\nstages:\n  - title: one\n    approach: moon\n", 4, "known are A-LAM, A-TP"),
        ("title: own\nstages:\n  - title: one\n    approach: 7\n", 4, "the id or name of an approach"),
        (stage("    laminectomi: {levels: T3}\n"), 5, "did you mean 'laminectomy'"),
        (stage("    laminectomy: {levels: T4-T1}\n"), 5, "write it cranial to caudal"),
        (stage("    laminectomy: {levels: TH3}\n"), 5, "did you mean 'T3'"),
        (stage("    laminectomy: {levels: T3, side: lefft}\n"), 5, "did you mean 'left'"),
        (stage("    laminectomy: {levels: T3, facets: half}\n"), 5, "one of none, medial, full"),
        (stage("    position: standing\n"), 5, "one of prone, supine"),
        (stage("    resection: {intent: subtotol}\n"), 5, "did you mean 'subtotal'"),
        (stage("    side: left\n"), 5, "no side: posterior laminectomy has none"),
        (stage("    cage: {height_mm: 900}\n"), 5, "a number 5..150"),
        (stage("    cage: {}\n"), 5, "a cage without a gap"),
        (stage("    corpectomy: {levels: 'T3, T5'}\n"), 5, "neighbouring levels"),
        (stage("    fixation: {levels: T3}\n"), 5, "a range of two or more neighbouring levels"),
        (stage("    fixation: {levels: 'T1, T5'}\n"), 5, "a range of two or more neighbouring levels"),
        (stage("    fixation: {levels: T1-T3, skip: [T9]}\n"), 5, r"a level of the fixation \(T1-T3\)"),
        (stage("    fixation: {levels: T1-T3, skip: [T1 middle]}\n"), 5, "a pedicle such as 'T3 left'"),
        (stage("    fixation: {levels: T1-T3, screws: [{level: T5, side: left}]}\n"), 5, "found T5"),
        (stage("    fixation: {levels: T1-T3, skip: [T1], screws: [{level: T1, side: left}]}\n"), 5, "not skipped"),
        (
            stage("    fixation: {levels: T1-T3, screws: [{level: T1, side: left}, {level: T1, side: left}]}\n"),
            5,
            "each pedicle once",
        ),
        (
            stage("    fixation: {levels: T1-T3, screws: [{level: T1, side: left, entry_mm: [1, 2, 3]}]}\n"),
            5,
            "together, or neither",
        ),
        (
            stage(
                "    fixation: {levels: T1-T3, screws: "
                "[{level: T1, side: left, entry_mm: [1, 2, 3], target_mm: [1, 9, 3]}]}\n"
            ),
            5,
            "diameter_mm beside entry_mm",
        ),
        (
            stage(
                "    fixation: {levels: T1-T3, screws: "
                "[{level: T1, side: left, entry_mm: [1, 2], target_mm: [1, 9, 3], diameter_mm: 5}]}\n"
            ),
            5,
            "three numbers",
        ),
        (
            stage(
                "    fixation: {levels: T1-T3, screws: "
                "[{level: T1, side: left, entry_mm: [1, 2, 3], target_mm: [1, 2, 3], diameter_mm: 5}]}\n"
            ),
            5,
            "at different places",
        ),
        ("title: own\nstages:\n  - title: one\n    approach: A-TP\n", 3, "comes from one side"),
        ("format: 2\n" + stage("")[0:], 1, "1, the layout"),
        ("title: own\n\tstages: 1\n", 2, "a tab"),
    ],
)
def test_mistakes_are_told_with_their_line(text, line, told):
    with pytest.raises(CaseError, match=told) as caught:
        parse_operation(text)
    assert line in {problem.line for problem in caught.value.problems}
    assert caught.value.exit_code == 2


def test_two_mistakes_are_told_at_once():
    with pytest.raises(CaseError) as caught:
        parse_operation("title: own\nstages:\n  - title: one\n    approach: A-LEM\n    laminectomi: {}\n")
    assert len(caught.value.problems) == 2


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(InputError, match="no such operation file"):
        read_operation(tmp_path / "operation.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"title: \xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_operation(tmp_path / "bytes.yaml")
    (tmp_path / "long.yaml").write_bytes(b"#" * 1_100_000)
    with pytest.raises(InputError, match="larger than"):
        read_operation(tmp_path / "long.yaml")


def test_an_operation_built_by_hand_is_checked_too():
    with pytest.raises(InputError, match="has no stage"):
        Operation(title="none", stages=(), origin="test")
    with pytest.raises(InputError, match="together or not at all"):
        OwnScrew(level=Level.T1, side=Side.LEFT, entry_mm=[0, 0, 0])
    with pytest.raises(InputError, match="need an own diameter"):
        OwnScrew(level=Level.T1, side=Side.LEFT, entry_mm=[0, 0, 0], target_mm=[0, 9, 0])
    with pytest.raises(InputError, match="same point"):
        OwnScrew(level=Level.T1, side=Side.LEFT, entry_mm=[0, 0, 0], target_mm=[0, 0, 0], diameter_mm=5.0)


def test_an_operation_is_told_in_one_line():
    assert published_operation().described() == (
        "1. posterior decompression and fixation, laminectomy T1-T4, subtotal resection, pedicle fixation C7-T5; "
        "2. anterior removal and reconstruction, subtotal resection, corpectomy T3-T4, cage"
    )


@pytest.mark.parametrize(
    ("key", "side", "position"),
    [
        ("A-THOr", "right", PatientPosition.LEFT_LATERAL),
        ("A-THOr", "left", PatientPosition.RIGHT_LATERAL),
        ("A-TAB", "left", PatientPosition.RIGHT_LATERAL),
        ("A-TAB", "right", PatientPosition.LEFT_LATERAL),
        ("A-CTE", "left", PatientPosition.PRONE),
        ("A-MAN", "left", PatientPosition.SUPINE),
    ],
)
def test_the_patient_is_turned_so_that_the_side_of_the_approach_is_up(key, side, position):
    text = f"title: x\nstages:\n  - {{title: one, approach: {key}, side: {side}, corpectomy: {{levels: T9}}}}\n"
    assert parse_operation(text).stages[0].position is position


def test_the_side_of_the_approach_cannot_lie_on_the_table():
    text = (
        "title: x\nstages:\n  - title: one\n    approach: A-THOr\n    side: right\n    position: right lateral\n"
        "    corpectomy: {levels: T6}\n"
    )
    with pytest.raises(CaseError, match=r"operation.yaml:6:\d+: .*left lateral: the approach comes from the right"):
        parse_operation(text)
    right = parse_operation(text.replace("right lateral", "left lateral")).stages[0]
    with pytest.raises(InputError, match="in right lateral position the patient's left side is up"):
        replace(right, position=PatientPosition.RIGHT_LATERAL)
