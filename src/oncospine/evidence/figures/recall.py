"""Recall curves of a simulation: how much reading finds how many of the relevant records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from oncospine.evidence.figures.canvas import COLOURS, GREY, FigureFiles, figure, saved
from oncospine.evidence.screening import Simulation, recall_curve


def draw_recall(runs: Sequence[Simulation], folder: Path, *, name: str = "recall") -> FigureFiles:
    """One thin line per run and their mean, against reading in random order; 95 % recall is marked."""
    curves = [recall_curve(run.labels) for run in runs]
    shares = curves[0][0]
    mean = np.mean([found for _, found in curves], axis=0)
    with figure(5.2, 4.2) as made:
        axes = made.add_axes((0.13, 0.14, 0.84, 0.82))
        for _, found in curves:
            axes.step(100 * shares, 100 * found, where="post", color=COLOURS[0], lw=0.5, alpha=0.3)
        axes.step(100 * shares, 100 * mean, where="post", color=COLOURS[0], lw=2, label=f"mean of {len(runs)} starts")
        axes.plot([0, 100], [0, 100], color=GREY, lw=1, ls="--", label="random order")
        axes.axhline(95, color=COLOURS[1], lw=0.8, ls=":", label="95 % of the relevant")
        axes.set(
            xlim=(0, 100), ylim=(0, 101), xlabel="records read, per cent", ylabel="relevant records found, per cent"
        )
        axes.legend(loc="lower right", frameon=False)
        rows: list[tuple[object, ...]] = [("share_read", "mean_recall", "least", "most")]
        spread = np.array([found for _, found in curves])
        rows += zip(
            shares.tolist(), mean.tolist(), spread.min(axis=0).tolist(), spread.max(axis=0).tolist(), strict=True
        )
        return saved(made, folder, name, rows)
