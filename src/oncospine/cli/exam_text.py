"""An examination and a histology as lines of text."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from oncospine.base import InputError, Segment
from oncospine.case import CASE_FILE, read_case
from oncospine.neurology import (
    DERMATOMES,
    KEY_LEVELS,
    NT,
    Exam,
    Isncsci,
    SideExam,
    exam_text,
    neuro_status,
    parsed_exam,
)
from oncospine.scores import Histology
from oncospine.scores.histology import OtherPoints

LONGEST_NAME = 200
"""A text longer than this is an examination and no path."""

NAMES = {"icd_o_3": "ICD-O-3 morphology", "noms_class": "NOMS class", "noms_listed": "named by NOMS"}
"""Fields of the histology table whose words are not their names."""

NO_CODE = "not in the source, which codes morphologies (an entity named by its organ has several)"


def exam_from(what: str) -> Exam:
    """The latest ISNCSCI tables of a case folder, the text form in a file, or the text form itself."""
    path = Path(what) if len(what) < LONGEST_NAME and "=" not in what else None
    if path is not None and (path / CASE_FILE).is_file():
        latest = neuro_status(read_case(path)).latest
        if latest is None:
            raise InputError(f"{path / CASE_FILE}: no examination has ISNCSCI tables (`isncsci:`)")
        return latest.exam
    if path is not None and path.is_file():
        return parsed_exam(path.read_text("utf-8"))
    if path is not None:
        raise InputError(f"'{what}': no case folder, no file, and no examination such as 'R LT C2..S4-5=2; ...'")
    return parsed_exam(what)


def graded_lines(exam: Exam, grades: Isncsci) -> list[str]:
    """The official fields; where cells were not tested, every value that remains possible."""
    one, two = grades.right, grades.left
    rows = [
        ("sensory level", one.sensory_level.short, two.sensory_level.short),
        ("motor level", one.motor_level.short, two.motor_level.short),
        ("sensory ZPP", one.sensory_zpp.short, two.sensory_zpp.short),
        ("motor ZPP", one.motor_zpp.short, two.motor_zpp.short),
        ("light touch", _score(one.light_touch), _score(two.light_touch)),
        ("pin prick", _score(one.pin_prick), _score(two.pin_prick)),
        ("upper motor", _score(one.upper_motor), _score(two.upper_motor)),
        ("lower motor", _score(one.lower_motor), _score(two.lower_motor)),
    ]
    return [
        exam_text(exam),
        f"AIS {grades.ais.listed}   neurological level {grades.neurological_level.short}   {grades.complete.listed}",
        f"UEMS {_score(grades.uems)}   LEMS {_score(grades.lems)}   "
        f"LT {_score(grades.light_touch)}   PP {_score(grades.pin_prick)}",
        f"{'':14} {'right':>12} {'left':>12}",
        *(f"{name:14} {right:>12} {left:>12}" for name, right, left in rows),
        *(f"note: {note}" for note in grades.notes),
        f"source: {', '.join(grades.citations)} ({grades.verification.words})",
    ]


def case_section(exam: Exam) -> str:
    """The tables as the `isncsci:` section of an examination in case.yaml."""
    lines = ["isncsci:"]
    for name, side in (("right", exam.right), ("left", exam.left)):
        lines.append(f"  {name}:")
        for field, levels in (("light_touch", DERMATOMES), ("pin_prick", DERMATOMES), ("motor", KEY_LEVELS)):
            cells = _cells(getattr(side, field), levels)
            lines += [f"    {field}: {{{cells}}}"] if cells else []
        lines += [f"    lowest_non_key_muscle: {_lowest(side)}"] if side.lowest_non_key is not None else []
    lines += [f"  {name}: {finding.value}" for name, finding in (("vac", exam.vac), ("dap", exam.dap))]
    if exam.had_deficit is not None:
        lines.append(f"  previous_deficit: {'yes' if exam.had_deficit else 'no'}")
    return "\n".join(lines)


def histology_lines(row: Histology) -> list[str]:
    """Every field of one row in words; a code that the source has not is said to be missing there."""
    return [
        f"{NAMES.get(field.name, field.name.replace('_', ' '))}: {_field(row, field.name)}" for field in fields(row)
    ]


def _field(row: Histology, name: str) -> str:
    value = getattr(row, name)
    return NO_CODE if name == "icd_o_3" and value is None else _word(value)


def _cells(tokens: tuple[str, ...], levels: tuple[Segment, ...]) -> str:
    """Runs of equal values, what was not tested left out."""
    runs: list[tuple[Segment, Segment, str]] = []
    for level, token in zip(levels, tokens, strict=True):
        if runs and runs[-1][2] == token and levels.index(runs[-1][1]) + 1 == levels.index(level):
            runs[-1] = (runs[-1][0], level, token)
        else:
            runs.append((level, level, token))
    told = [
        f"{first if first is last else f'{first}-{last}'}: {_quoted(token)}"
        for first, last, token in runs
        if token != NT
    ]
    return ", ".join(told)


def _quoted(token: str) -> str:
    return f"'{token}'" if "*" in token else token


def _lowest(side: SideExam) -> str:
    return str(side.lowest_non_key)


def _score(value: int | None) -> str:
    return "ND" if value is None else str(value)


def _word(value: object) -> str:
    if value is None:
        return "not placed"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, OtherPoints):
        return f"{value.points} points in {value.score} ({value.reason})"
    if isinstance(value, tuple):
        return ", ".join(_word(item) for item in value) or "none"
    return str(value)
