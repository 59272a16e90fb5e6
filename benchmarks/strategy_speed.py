"""Time of the neurology and strategy rooms: ISNCSCI one by one and in arrays, and a whole assessment without images.

python benchmarks/strategy_speed.py. With ONCOSPINE_ISNCSCI set to a folder with `npm install isncsci`, and node, the
open implementation grades the same examinations beside ours.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from oncospine.base import Level
from oncospine.neurology import DERMATOMES, KEY_LEVELS, Exam, exam_batch, finding, isncsci, isncsci_batch, side_exam
from oncospine.strategy import LevelInputs, PatientInputs, assess

EXAMS = 20_000
ALONE = 500
REPEATS = 5

PEER = """
const {ISNCSCI} = require(process.argv[1] + '/node_modules/isncsci');
const exams = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const start = process.cpuUsage();
for (const exam of exams) new ISNCSCI(exam);
const used = process.cpuUsage(start);
console.log((used.user + used.system) / 1e6);
"""


def fastest(work: Callable[[], object]) -> float:
    """Least CPU time of `REPEATS` runs, in seconds: other work on the machine does not count."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    dice = np.random.default_rng(1)
    felt = {name: dice.integers(0, 3, (EXAMS, 2, len(DERMATOMES))) for name in ("light_touch", "pin_prick")}
    moved = dice.integers(0, 6, (EXAMS, 2, len(KEY_LEVELS)))
    vac, dap = dice.integers(0, 2, EXAMS), dice.integers(0, 2, EXAMS)
    batch = exam_batch(**felt, motor=moved, vac=vac, dap=dap)
    whole = fastest(lambda: isncsci_batch(batch))
    told([("ISNCSCI in arrays", f"{EXAMS / whole:,.0f} exams/s")])
    exams = [single(felt, moved, vac, dap, row) for row in range(ALONE)]
    alone = fastest(lambda: [isncsci(exam) for exam in exams]) / ALONE
    told([("ISNCSCI one by one", f"{1000 * alone:.3f} ms each")])
    peer = peer_seconds(felt, moved, vac, dap)
    if peer is not None:
        told([("open implementation (npm isncsci), one by one", f"{1000 * peer / ALONE:.3f} ms each")])
        told([("ratio, theirs to ours one by one", f"{peer / ALONE / alone:.1f}")])
        told([("ratio, theirs to ours in arrays", f"{peer / ALONE / (whole / EXAMS):.0f}")])
    inputs = patient()
    told([("assessment without images", f"{1000 * fastest(lambda: assess(inputs)):.0f} ms")])


def single(felt: dict[str, np.ndarray], moved: np.ndarray, vac: np.ndarray, dap: np.ndarray, row: int) -> Exam:
    sides = [
        side_exam(
            light_touch=felt["light_touch"][row, side].tolist(),
            pin_prick=felt["pin_prick"][row, side].tolist(),
            motor=moved[row, side].tolist(),
        )
        for side in (0, 1)
    ]
    return Exam(right=sides[0], left=sides[1], vac=finding(bool(vac[row])), dap=finding(bool(dap[row])))


def peer_seconds(felt: dict[str, np.ndarray], moved: np.ndarray, vac: np.ndarray, dap: np.ndarray) -> float | None:
    folder, node = os.environ.get("ONCOSPINE_ISNCSCI"), shutil.which("node")
    if folder is None or node is None or not (Path(folder) / "node_modules" / "isncsci").is_dir():
        return None
    theirs = []
    for row in range(ALONE):
        exam: dict[str, object] = {
            "voluntaryAnalContraction": "Yes" if vac[row] else "No",
            "deepAnalPressure": "Yes" if dap[row] else "No",
        }
        for side, name in enumerate(("right", "left")):
            exam[name] = {
                key: {level.value.replace("-", "_"): str(value) for level, value in zip(levels, cells, strict=True)}
                for key, levels, cells in (
                    ("motor", KEY_LEVELS, moved[row, side]),
                    ("lightTouch", DERMATOMES, felt["light_touch"][row, side]),
                    ("pinPrick", DERMATOMES, felt["pin_prick"][row, side]),
                )
            }
        theirs.append(exam)
    done = subprocess.run(
        [node, "-e", PEER, folder], input=json.dumps(theirs), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def patient() -> PatientInputs:
    parts = {"body_fraction": 0.8, "pedicle_left_fraction": 0.6, "pedicle_right_fraction": 0.5}
    levels = tuple(LevelInputs(level=level, escc=("2", "3"), **parts) for level in (Level.T3, Level.T4))
    return PatientInputs(
        levels=levels, histology="lms", tumour_role="metastasis", known_cancer=True, myelopathy=True, frankel="D",
        kps=60, ecog=2, visceral="none", age_years=52.0, can_tolerate_surgery=True, sbrt_available=True,
    )  # fmt: skip


def told(rows: list[tuple[str, str]]) -> None:
    for name, value in rows:
        sys.stdout.write(f"{name:50} {value}\n")


if __name__ == "__main__":
    main()
