"""Screening against ASReview on the same records and priors: work saved, recall, time; and the time of one re-rank.

Run: python benchmarks/evidence_screening.py LITERATURE_FOLDER [ASREVIEW_COMMAND]

ASREVIEW_COMMAND is the `asreview` program of an environment that has it (pip install asreview);
without it, the comparison is skipped and said so.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import numpy as np

from oncospine.evidence.records.formats import imported_records
from oncospine.evidence.screening.ranker import TextRanker, screening_text
from oncospine.evidence.screening.simulation import ScreeningMetrics, random_priors, screening_metrics, simulated

RUNS = 20

ASREVIEW_MODELS = ("elas_u4", "elas_u3")
"""Its default, and the default before."""


def printed(name: str, runs: Sequence[ScreeningMetrics], seconds: float) -> float:
    """One line of the table; returns the mean classic WSS@95."""
    saved = [run.wss_classic for run in runs]
    recall = "/".join(f"{np.mean([run.recall_at[share] for run in runs]):.2f}" for share in (0.1, 0.25, 0.5, 0.75))
    print(
        f"{name:<28} WSS@95 {np.mean(saved):.3f} ({min(saved):.3f} to {max(saved):.3f})  read to 95 % "
        f"{np.mean([run.rank_at_target for run in runs]):.0f}  last {max(run.last_relevant for run in runs)}  "
        f"loss {np.mean([run.loss for run in runs]):.3f}  ATD {np.mean([run.average_rank for run in runs]):.1f}  "
        f"recall at 10/25/50/75 % {recall}  {seconds:.1f} s of CPU"
    )
    return float(np.mean(saved))


def asreview_run(command: str, model: str, data: Path, prior: tuple[int, int], folder: Path) -> ScreeningMetrics:
    """One simulation of ASReview from the same two priors, all records read; it may write caches into `folder` only."""
    project = folder / f"{model}-{prior[0]}-{prior[1]}.asreview"
    options = ["--prior-idx", str(prior[0]), str(prior[1]), "--seed", "42", "--n-stop", "-1", "-o", str(project)]
    options += ["--ai", model]
    subprocess.run([command, "simulate", str(data.resolve()), *options], check=True, capture_output=True, cwd=folder)
    with zipfile.ZipFile(project) as archive:
        name = next(item for item in archive.namelist() if item.endswith("results.db"))
        (folder / "results.db").write_bytes(archive.read(name))
    with closing(sqlite3.connect(folder / "results.db")) as connection:
        labels = [label for (label,) in connection.execute("SELECT label FROM results ORDER BY rowid")]
    return screening_metrics(labels[2:])


def rerank_seconds(n: int = 5000) -> float:
    """Time to learn from 500 decisions and score `n` records with abstracts of 200 words."""
    from oncospine.evidence.screening.ranker import ScreeningText

    rng = random.Random(0)
    words = ["".join(rng.choice("abcdefghijklmnop") for _ in range(rng.randint(3, 9))) for _ in range(20_000)]
    weights = [1 / (i + 1) for i in range(len(words))]
    texts = [
        ScreeningText(" ".join(rng.choices(words, weights, k=12)), " ".join(rng.choices(words, weights, k=200)))
        for _ in range(n)
    ]
    ranker = TextRanker()
    ranker.prepare(texts)
    start = time.process_time()
    ranker.scores(list(range(500)), [int(i % 10 == 0) for i in range(500)])
    return time.process_time() - start


def cpu_seconds() -> float:
    """CPU time of this process and of the finished programs it started: other work on the machine is not in it."""
    return sum(use.ru_utime + use.ru_stime for use in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    data = Path(sys.argv[1]) / "lms_spine_screening.csv"
    command = sys.argv[2] if len(sys.argv) > 2 else shutil.which("asreview")
    records = imported_records(data).records
    labels = [int(record.label or 0) for record in records]
    texts = [screening_text(record) for record in records]
    priors = random_priors(labels, runs=RUNS)
    start = cpu_seconds()
    ours = printed("oncospine", [simulated(texts, labels, prior=p).metrics for p in priors], cpu_seconds() - start)
    print(f"re-rank of 5,000 records after 500 decisions: {rerank_seconds():.3f} s of CPU")
    if command is None:
        print("ASReview is not installed here: comparison skipped (give its command as the second argument)")
        return
    version = subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    print(f"peer: {version}")
    for model in ASREVIEW_MODELS:
        with tempfile.TemporaryDirectory() as folder:
            start = cpu_seconds()
            runs = [asreview_run(command, model, data, prior, Path(folder)) for prior in priors]
            theirs = printed(f"ASReview {model}", runs, cpu_seconds() - start)
        print(f"difference of mean WSS@95 to {model}: {ours - theirs:+.3f}")


if __name__ == "__main__":
    main()
