"""Random examinations shared by the tests of this room."""

import random
from typing import Any

from naive_isncsci import MUSCLES, ORDER

from oncospine.neurology import Exam, finding, isncsci, side_exam


def drawn(rng: random.Random, *, untested: int = 0) -> dict[str, Any]:
    """An examination with a level, sparing below it and sacral sparing drawn at random; `untested` cells are NT."""
    exam: dict[str, Any] = {"VAC": rng.random() < 0.35, "DAP": rng.random() < 0.35}
    place = rng.randrange(1, len(ORDER))
    for side in "RL":
        edge = max(1, place + rng.choice([0, 0, 0, 1, -1, 2]))
        density = rng.choice([0, 0.05, 0.3, 0.7, 1])
        cells: dict[str, dict[str, Any]] = {"LT": {}, "PP": {}, "M": {}}
        for rank, level in enumerate(ORDER[1:], 1):
            for name in ("LT", "PP"):
                low = rng.choice([0, 0, 1, 2]) if rng.random() < density else 0
                cells[name][level] = 2 if rank <= edge else low
            if level in MUSCLES:
                low = rng.randrange(6) if rng.random() < density else 0
                cells["M"][level] = 5 if rank <= edge else low
        if rng.random() < 0.3:
            cells["M"][rng.choice(MUSCLES)] = rng.randrange(5)
        if rng.random() < 0.4:
            cells["LT"]["S4-5"] = cells["PP"]["S4-5"] = 0
        exam[side] = cells | {"NK": rng.choice(MUSCLES) if rng.random() < 0.3 else None}
    for _ in range(untested):
        kind = rng.choice(["M", "M", "LT", "PP", "anal"])
        if kind == "anal":
            exam[rng.choice(["VAC", "DAP"])] = "NT"
        else:
            cells = exam[rng.choice("RL")][kind]
            cells[rng.choice(list(cells))] = "NT"
    return exam


def as_exam(drawn: dict[str, Any]) -> Exam:
    """The package's own value of a drawn examination."""
    halves = {
        name: side_exam(
            light_touch=drawn[name]["LT"],
            pin_prick=drawn[name]["PP"],
            motor=drawn[name]["M"],
            lowest_non_key=drawn[name]["NK"],
        )
        for name in "RL"
    }
    return Exam(right=halves["R"], left=halves["L"], vac=finding(drawn["VAC"]), dap=finding(drawn["DAP"]))


def fields(exam: Exam) -> dict[str, set[str]]:
    """The package's grading as sets by the names the naive version uses."""
    graded = isncsci(exam)
    out = {
        "nli": set(graded.neurological_level.values),
        "complete": set(graded.complete.values),
        "ais": set(graded.ais.values),
    }
    for word, side in (("right", graded.right), ("left", graded.left)):
        out[f"sensory_{word}"] = set(side.sensory_level.values)
        out[f"motor_{word}"] = set(side.motor_level.values)
        out[f"szpp_{word}"] = set(side.sensory_zpp.values)
        out[f"mzpp_{word}"] = set(side.motor_zpp.values)
    return out
