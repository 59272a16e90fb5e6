"""Forest plot of proportions: every study with its interval, the pooled diamond, the prediction interval, all named."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from oncospine.evidence.figures.canvas import COLOURS, GREY, FigureFiles, figure, saved
from oncospine.evidence.pooled_proportions import PooledProportion

ROW_IN = 0.3


def draw_forest(result: PooledProportion, folder: Path, *, name: str = "forest") -> FigureFiles:
    """Draw the studies in order, largest first, and below them the pooled figure if there is one."""
    studies = sorted(result.studies, key=lambda study: (-study.total, study.label))
    weights = _weights(result)
    extra = 2 if result.estimate is not None else 0
    rows = len(studies) + extra
    notes = _notes(result)
    height = ROW_IN * (rows + 1.5) + 0.17 * len(notes) + 0.6
    with figure(8.2, height) as made:
        axes = made.add_axes((0.37, 1 - ROW_IN * (rows + 1.5) / height, 0.33, ROW_IN * (rows + 0.8) / height))
        axes.set(xlim=(0, 100), ylim=(-0.6, rows + 0.2))
        axes.spines["left"].set_visible(False)
        axes.set_yticks([])
        axes.set_xlabel("per cent (95 % interval)")
        _header(axes, rows)
        for index, study in enumerate(studies):
            y = rows - 1 - index
            axes.plot([100 * (study.low or 0), 100 * (study.high or 0)], [y, y], color="black", lw=1)
            size = 30 + 90 * weights.get(study.label, 0.0)
            axes.scatter([100 * study.value], [y], s=size, marker="s", color=COLOURS[0], zorder=3, clip_on=False)
            weight = f"{weights[study.label]:.0%}" if study.label in weights else ""
            printed = _printed(study.value, study.low, study.high)
            _texts(axes, y, study.label, f"{study.events}/{study.total}", printed, weight)
        if result.estimate is not None:
            _pooled(axes, result)
        for index, line in enumerate(notes):
            made.text(0.02, (0.17 * (len(notes) - 1 - index) + 0.05) / height, line, fontsize=7.5, color=GREY)
        return saved(made, folder, name, _rows(result, weights))


def _header(axes: Any, rows: int) -> None:
    columns = (
        (-1.08, "Study: arm", "left"),
        (-0.03, "Events/n", "right"),
        (1.06, "% (95 % interval)", "left"),
        (1.92, "Weight", "right"),
    )
    for x, text, align in columns:
        axes.text(x, rows - 0.2, text, transform=axes.get_yaxis_transform(), fontweight="bold", ha=align, va="center")


def _texts(axes: Any, y: float, label: str, count: str, estimate: str, weight: str, *, bold: bool = False) -> None:
    style = {"transform": axes.get_yaxis_transform(), "va": "center", "fontweight": "bold" if bold else "normal"}
    axes.text(-1.08, y, textwrap.shorten(label, 34, placeholder="…"), ha="left", **style)
    axes.text(-0.03, y, count, ha="right", **style)
    axes.text(1.06, y, estimate, ha="left", **style)
    axes.text(1.92, y, weight, ha="right", **style)


def _pooled(axes: Any, result: PooledProportion) -> None:
    estimate = result.estimate
    if estimate is None or result.prediction is None or estimate.low is None or estimate.high is None:
        return
    events, total = sum(s.events for s in result.studies), sum(s.total for s in result.studies)
    low, centre, high = 100 * estimate.low, 100 * estimate.value, 100 * estimate.high
    axes.fill([low, centre, high, centre], [1, 1.25, 1, 0.75], color=COLOURS[1], zorder=3)
    axes.axvline(centre, color=COLOURS[1], lw=0.6, ls=":", zorder=1)
    printed = _printed(estimate.value, estimate.low, estimate.high)
    _texts(axes, 1, "Random effects", f"{events}/{total}", printed, "100%", bold=True)
    low, high = result.prediction
    axes.plot([100 * low, 100 * high], [0, 0], color=COLOURS[1], lw=1.6)
    _texts(axes, 0, "Prediction interval, t(k-2)", "", f"{100 * low:.1f} to {100 * high:.1f}", "")


def _notes(result: PooledProportion) -> list[str]:
    lines = list(result.sentences)
    if result.pooled is not None and result.estimate is not None:
        p = result.pooled
        lines.append(
            f"{result.estimate.method}. tau² {p.tau2:.2f}; I² {p.i2_tau2:.0f} % (from tau²), {p.i2_q:.0f} % (from Q = "
            f"{p.q:.2f}, p = {p.q_p:.2f})."
        )
        if result.mixed is not None and result.double_arcsine is not None:
            from oncospine.evidence.statistics import from_logit

            lines.append(
                f"Sensitivity: binomial-normal model {from_logit(result.mixed.estimate):.0%}, double arcsine "
                f"{result.double_arcsine:.0%}: the transform matters."
            )
    return [piece for line in lines for piece in textwrap.wrap(line, 118)]


def _weights(result: PooledProportion) -> dict[str, float]:
    if result.pooled is None:
        return {}
    return {study.label: float(w) for study, w in zip(result.studies, result.pooled.weights, strict=True)}


def _printed(value: float, low: float | None, high: float | None) -> str:
    limits = f" ({100 * low:.1f} to {100 * high:.1f})" if low is not None and high is not None else ""
    return f"{100 * value:.1f}{limits}"


def _rows(result: PooledProportion, weights: dict[str, float]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [("study", "arm", "events", "n", "proportion", "low", "high", "weight")]
    rows += [
        (
            s.series,
            s.arm,
            s.events,
            s.total,
            s.value,
            s.low,
            s.high,
            weights.get(s.label, ""),
        )
        for s in result.studies
    ]
    if result.estimate is not None:
        e = result.estimate
        rows.append(("pooled", e.method, "", "", e.value, e.low, e.high, 1))
    return rows
