"""ISNCSCI for many examinations at once, as arrays.

Rows without NT are graded together with numpy; rows with NT go through the branching walk one by one, and a field
that stays open there is `ND`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import SEGMENTS, InputError
from oncospine.neurology.exam import DERMATOMES, KEY_LEVELS, NT, Exam, Finding, SideExam
from oncospine.neurology.isncsci import GRADES, NAMES, Answer, Isncsci, isncsci
from oncospine.neurology.walks import FAR, INT, KEY_INDEX, S3

ND = -2
"""Not determinable: several answers remain."""

NA = -1
"""Not applicable (zones of partial preservation), and no non-key muscle."""

UNTESTED = -1
"""A cell that is not testable."""

Array = NDArray[np.int8]

KEYS = np.array(KEY_INDEX, dtype=np.int8)
SIDES = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class ExamBatch:
    """Examinations as arrays; axis 1 is right, left; -1 is not testable.

    light_touch, pin_prick (n, 2, 28); motor (n, 2, 10); vac, dap (n,) 1 yes, 0 no; non_key (n, 2) index of the
    lowest non-key muscle's segment in C1..S4-5, -1 for none.
    """

    light_touch: Array
    pin_prick: Array
    motor: Array
    vac: Array
    dap: Array
    non_key: Array

    def __len__(self) -> int:
        return len(self.vac)


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchGrades:
    """Gradings as arrays of level indices (`NAMES`; `ND` -2, `NA` -1); `ais` indexes "ABCDE"; sub-scores -1 are ND."""

    sensory_level: Array
    motor_level: Array
    neurological_level: Array
    complete: Array
    ais: Array
    sensory_zpp: Array
    motor_zpp: Array
    light_touch: NDArray[np.int16]
    pin_prick: NDArray[np.int16]
    uems: NDArray[np.int16]
    lems: NDArray[np.int16]


def exam_batch(
    *,
    light_touch: ArrayLike,
    pin_prick: ArrayLike,
    motor: ArrayLike,
    vac: ArrayLike,
    dap: ArrayLike,
    non_key: ArrayLike | None = None,
) -> ExamBatch:
    """A checked batch; raises `InputError` naming the first row with an impossible value."""
    arrays = {
        "light_touch": (light_touch, (SIDES, len(DERMATOMES)), 2),
        "pin_prick": (pin_prick, (SIDES, len(DERMATOMES)), 2),
        "motor": (motor, (SIDES, len(KEY_LEVELS)), 5),
        "vac": (vac, (), 1),
        "dap": (dap, (), 1),
    }
    count = len(np.asarray(vac))
    found: dict[str, Array] = {}
    for name, (given, shape, top) in arrays.items():
        found[name] = _checked(name, given, (count, *shape), top)
    lowest = np.full((count, SIDES), NA) if non_key is None else non_key
    found["non_key"] = _checked("non_key", lowest, (count, SIDES), len(SEGMENTS) - 1)
    return ExamBatch(**found)


def batch_of(exams: Sequence[Exam]) -> ExamBatch:
    """A batch from single examinations; starred scores are refused, because their treatment is a matter of sets."""
    for number, exam in enumerate(exams):
        if exam.has_star:
            raise InputError(f"exam {number}: starred scores are graded one by one; use isncsci()")
    sides = [(exam.right, exam.left) for exam in exams]
    answers = {Finding.YES: 1, Finding.NO: 0, Finding.NT: UNTESTED}
    return exam_batch(
        light_touch=[[_numbers(side.light_touch) for side in pair] for pair in sides],
        pin_prick=[[_numbers(side.pin_prick) for side in pair] for pair in sides],
        motor=[[_numbers(side.motor) for side in pair] for pair in sides],
        vac=[answers[exam.vac] for exam in exams],
        dap=[answers[exam.dap] for exam in exams],
        non_key=[[NA if side.lowest_non_key is None else side.lowest_non_key.order for side in pair] for pair in sides],
    )


def isncsci_batch(batch: ExamBatch) -> BatchGrades:
    """Grade all rows: levels, completeness, AIS, zones and sub-scores."""
    grades = _graded(batch)
    open_rows = _untested_rows(batch)
    for row in np.flatnonzero(open_rows):
        _overwrite(grades, int(row), isncsci(_exam_of(batch, int(row))))
    return grades


def _graded(batch: ExamBatch) -> BatchGrades:
    intact = (batch.light_touch == 2) & (batch.pin_prick == 2)
    sensory = np.cumprod(intact, axis=2, dtype=np.int8).sum(axis=2, dtype=np.int8)
    sensory[sensory == len(DERMATOMES)] = INT
    contracts = batch.vac == 1
    motor = _motor_levels(batch, sensory, contracts)
    injury = np.minimum(sensory, motor).min(axis=1)
    felt = (batch.light_touch > 0) | (batch.pin_prick > 0)
    sacral = felt[:, :, -1]
    spared = contracts | (batch.dap == 1) | sacral.any(axis=1)
    works = batch.motor > 0
    far = (works & (motor[:, :, None] + FAR <= KEYS)).any(axis=2) | (batch.non_key >= motor + FAR)
    below = injury[:, None, None] < KEYS
    useful = ((batch.motor >= 3) & below).sum(axis=(1, 2))
    half = 2 * useful >= SIDES * below.sum(axis=(1, 2))
    moves = contracts | far.any(axis=1)
    ais = np.select([injury == INT, ~spared, ~moves, ~half], [4, 0, 1, 2], 3).astype(np.int8)
    return BatchGrades(
        sensory_level=sensory,
        motor_level=motor,
        neurological_level=injury,
        complete=(~spared).astype(np.int8),
        ais=ais,
        sensory_zpp=_sensory_zones(felt, sensory, (batch.dap == 1)[:, None] | sacral),
        motor_zpp=_motor_zones(batch, motor, works, ais),
        light_touch=_sums(batch.light_touch),
        pin_prick=_sums(batch.pin_prick),
        uems=_sums(batch.motor[:, :, :5]),
        lems=_sums(batch.motor[:, :, 5:]),
    )


def _motor_levels(batch: ExamBatch, sensory: Array, contracts: NDArray[np.bool_]) -> Array:
    """First level that stops the walk; a key muscle of grade 3 or 4 stops at itself, everything else one above."""
    levels = np.arange(1, S3 + 1, dtype=np.int8)
    passes = levels <= sensory[:, :, None]
    passes[:, :, KEYS - 1] = batch.motor == 5
    stops = np.where(passes.all(axis=2), INT, np.argmin(passes, axis=2) + 1).astype(np.int8)
    motor = stops - 1
    partial = (batch.motor == 3) | (batch.motor == 4)
    for key, level in enumerate(KEYS):
        here = (stops == level) & partial[:, :, key]
        motor[here] = level
    through = stops == INT
    end = np.where(contracts[:, None] & (sensory == INT), INT, S3)
    return np.where(through, end, motor).astype(np.int8)


def _sensory_zones(felt: NDArray[np.bool_], sensory: Array, spared: NDArray[np.bool_]) -> Array:
    above = felt[:, :, :-1]
    lowest = above.shape[2] - np.argmax(above[:, :, ::-1], axis=2)
    zone = np.maximum(np.where(above.any(axis=2), lowest, 0), sensory)
    return np.where(spared, NA, zone).astype(np.int8)


def _motor_zones(batch: ExamBatch, motor: Array, works: NDArray[np.bool_], ais: Array) -> Array:
    lowest = np.where(works, KEYS, 0).max(axis=2)
    zone = np.maximum(lowest, motor)
    moved = (ais == 2)[:, None] & (batch.non_key - zone >= FAR)
    zone = np.where(moved, batch.non_key, zone)
    return np.where((batch.vac == 1)[:, None], NA, zone).astype(np.int8)


def _sums(cells: Array) -> NDArray[np.int16]:
    total = cells.sum(axis=(1, 2), dtype=np.int16)
    return np.where((cells == UNTESTED).any(axis=(1, 2)), np.int16(-1), total).astype(np.int16)


def _untested_rows(batch: ExamBatch) -> NDArray[np.bool_]:
    cells = (batch.light_touch, batch.pin_prick, batch.motor)
    rows = np.any([(cell == UNTESTED).any(axis=(1, 2)) for cell in cells], axis=0)
    return np.asarray(rows | (batch.vac == UNTESTED) | (batch.dap == UNTESTED), dtype=np.bool_)


def _overwrite(grades: BatchGrades, row: int, one: Isncsci) -> None:
    for place, side in enumerate((one.right, one.left)):
        grades.sensory_level[row, place] = _index(side.sensory_level)
        grades.motor_level[row, place] = _index(side.motor_level)
        grades.sensory_zpp[row, place] = _index(side.sensory_zpp)
        grades.motor_zpp[row, place] = _index(side.motor_zpp)
    grades.neurological_level[row] = _index(one.neurological_level)
    grades.complete[row] = ND if one.complete.value is None else int(one.complete.value == "complete")
    grades.ais[row] = ND if one.ais.value is None else GRADES.index(one.ais.value)


def _index(answer: Answer) -> int:
    if answer.value is None:
        return ND
    return NA if answer.value == "NA" else NAMES.index(answer.value)


def _exam_of(batch: ExamBatch, row: int) -> Exam:
    sides = [
        SideExam(
            light_touch=_tokens(batch.light_touch[row, place]),
            pin_prick=_tokens(batch.pin_prick[row, place]),
            motor=_tokens(batch.motor[row, place]),
            lowest_non_key=None if batch.non_key[row, place] < 0 else SEGMENTS[batch.non_key[row, place]],
        )
        for place in range(SIDES)
    ]
    answers = {1: Finding.YES, 0: Finding.NO, UNTESTED: Finding.NT}
    return Exam(right=sides[0], left=sides[1], vac=answers[int(batch.vac[row])], dap=answers[int(batch.dap[row])])


def _tokens(cells: Array) -> tuple[str, ...]:
    return tuple(NT if value < 0 else str(value) for value in cells.tolist())


def _numbers(tokens: tuple[str, ...]) -> list[int]:
    return [UNTESTED if token == NT else int(token) for token in tokens]


def _checked(name: str, given: ArrayLike, shape: tuple[int, ...], top: int) -> Array:
    array = np.asarray(given)
    if array.shape != shape:
        raise InputError(f"{name}: expected shape {shape}, got {array.shape}")
    wrong = (array < UNTESTED) | (array > top) | (array != np.floor(array))
    if wrong.any():
        where = tuple(int(place[0]) for place in np.nonzero(wrong))
        raise InputError(f"{name}: {array[where]} at row {where[0]} is outside 0..{top} (-1 for not testable)")
    return array.astype(np.int8)
