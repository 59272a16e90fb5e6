"""Curves: survival and incidence with numbers at risk, and the recall of a simulated reading."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oncospine.evidence.figures.canvas import COLOURS, GREY, FigureFiles, figure, saved
from oncospine.evidence.screening.simulation import Simulation, recall_curve
from oncospine.evidence.statistics import CumulativeIncidence, KaplanMeier, Median
from oncospine.evidence.statistics.follow_up import Floats, Ints
from oncospine.evidence.survival import SurvivalSynthesis

FEWEST_AT_RISK = 2
"""The curve is drawn faint beyond the time at which fewer than this many are at risk."""

ROW_IN = 0.2

_CURVE_COLUMNS = ("curve", "months", "at_risk", "events", "censored", "survival", "low", "high")


def draw_survival(
    curves: Sequence[SurvivalSynthesis], folder: Path, *, name: str = "survival", y_label: str = "alive, per cent"
) -> FigureFiles:
    """Kaplan-Meier steps with censor ticks, log-log bands, risk table, medians, and what may not be read from it."""
    notes = [p for c in curves for line in c.sentences[:2] for p in textwrap.wrap(f"{c.name}: {line}", 112)]
    table, below = ROW_IN * (len(curves) + 1), 0.17 * len(notes)
    height = 3.4 + table + below + 0.75
    with figure(6.8, height) as made:
        axes = made.add_axes((0.2, (below + table + 0.8) / height, 0.76, 3.3 / height))
        rows: list[tuple[object, ...]] = [_CURVE_COLUMNS]
        for index, item in enumerate(curves):
            colour = COLOURS[index % len(COLOURS)]
            _steps(axes, item.curve, colour, _label(item))
            rows += _curve_rows(item.name, item.curve)
        last = max(item.curve.last_time for item in curves)
        axes.set(xlim=(0, last * 1.02), ylim=(0, 104), xlabel="months", ylabel=y_label)
        high = min(c.curve.survival.min() for c in curves) > 0.5
        place = {"loc": "lower right"} if high else {"loc": "lower left", "bbox_to_anchor": (0, 1.0)}
        axes.legend(frameon=False, fontsize=8, **place)
        ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= last]
        axes.set_xticks(ticks)
        _risk_table(
            made,
            axes,
            [(c.name, c.curve.n_at_risk(ticks)) for c in curves],
            ticks,
            top=(below + table + 0.25) / height,
            height=height,
        )
        _notes(made, notes, height)
        return saved(made, folder, name, rows)


def draw_incidence(
    curve: CumulativeIncidence, folder: Path, *, name: str = "incidence", label: str = "local recurrence"
) -> FigureFiles:
    """Cumulative incidence as steps with its band, and numbers at risk."""
    notes = textwrap.wrap(
        f"{curve.n} patients, {curve.n_events} with {label}, {curve.n_competing} died without it. Aalen-Johansen "
        "estimate; deaths are competing events, not censorings."
        + (" Fewer than five events: not interpretable." if curve.n_events < 5 else ""),
        112,
    )
    below = 0.17 * len(notes)
    height = 3.4 + 2 * ROW_IN + below + 0.75
    with figure(6.8, height) as made:
        axes = made.add_axes((0.2, (below + 2 * ROW_IN + 0.8) / height, 0.76, 3.3 / height))
        at = [curve.at(float(time)) for time in curve.times]
        ends = [(point.low, point.high) for point in at]
        times = np.concatenate([[0.0], curve.times])
        heights = np.concatenate([[0.0], 100 * curve.incidence])
        reliable = _reliable(curve.times, curve.at_risk)
        _line(axes, times, heights, reliable, COLOURS[1], label)
        low, high = (
            np.array([np.nan if limit is None else 100 * limit for limit in part]) for part in zip(*ends, strict=True)
        )
        _band(axes, curve.times, low, high, reliable, COLOURS[1])
        axes.set(xlim=(0, times[-1] * 1.02), ylim=(0, 100), xlabel="months", ylabel=f"{label}, cumulative per cent")
        ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= times[-1]]
        axes.set_xticks(ticks)
        gone = np.searchsorted(curve.times, ticks, side="left")
        risk = [int(curve.at_risk[i]) if i < curve.times.size else 0 for i in gone]
        _risk_table(
            made, axes, [("all", np.array(risk))], ticks, top=(below + 2 * ROW_IN + 0.25) / height, height=height
        )
        _notes(made, notes, height)
        rows: list[tuple[object, ...]] = [("months", "at_risk", "incidence", "std_error", "low", "high")]
        rows += [
            (float(t), int(n), p.value, float(e), p.low, p.high)
            for t, n, e, p in zip(curve.times, curve.at_risk, curve.std_error, at, strict=True)
        ]
        return saved(made, folder, name, rows)


def _reliable(times: Floats, at_risk: Ints) -> float:
    """The last time with enough patients at risk: beyond it a curve is faint, and has no band."""
    enough = np.searchsorted(-at_risk, -FEWEST_AT_RISK, side="right")
    return float(times[enough - 1]) if enough else 0.0


def _line(axes: Any, times: Floats, heights: Floats, reliable: float, colour: str, label: str) -> None:
    """A curve in steps, faint beyond the last reliable time."""
    shown = times <= reliable
    axes.step(times, heights, where="post", color=colour, lw=1.6, alpha=0.3)
    firm = np.append(times[shown], reliable), np.append(heights[shown], heights[shown][-1])
    axes.step(*firm, where="post", color=colour, lw=1.6, label=label)


def _band(axes: Any, times: Floats, low: Floats, high: Floats, reliable: float, colour: str) -> None:
    """The interval of a curve as far as it is reliable."""
    known = np.isfinite(low) & (times <= reliable)
    if known.any():
        ends = (np.append(part[known], part[known][-1]) for part in (low, high))
        axes.fill_between(np.append(times[known], reliable), *ends, step="post", color=colour, alpha=0.12, lw=0)


def _steps(axes: Any, curve: KaplanMeier, colour: str, label: str) -> None:
    reliable = _reliable(curve.times, curve.at_risk)
    times, heights = np.concatenate([[0.0], curve.times]), np.concatenate([[100.0], 100 * curve.survival])
    _line(axes, times, heights, reliable, colour, label)
    _band(axes, curve.times, 100 * curve.low, 100 * curve.high, reliable, colour)
    ticks = curve.times[curve.censored > 0]
    axes.plot(ticks, 100 * curve.survival[curve.censored > 0], "|", color=colour, ms=8, mew=1.2)


def _label(item: SurvivalSynthesis) -> str:
    return f"{item.name} (n {item.curve.n}, events {item.curve.n_events}); median {printed_median(item.median)}"


def printed_median(median: Median) -> str:
    """ "31 (13 to not reached)": every part that is not reached says so."""
    parts = [f"{part:g}" if isinstance(part, float) else str(part) for part in (median.value, median.low, median.high)]
    return f"{parts[0]} ({parts[1]} to {parts[2]})"


def _risk_table(
    made: Any, axes: Any, rows: Sequence[tuple[str, Any]], ticks: Sequence[float], *, top: float, height: float
) -> None:
    box = axes.get_position()
    low, high = axes.get_xlim()
    made.text(0.01, top, "At risk", fontweight="bold", fontsize=8, va="center")
    for index, (label, counts) in enumerate(rows):
        y = top - ROW_IN * (index + 1) / height
        made.text(0.01, y, textwrap.shorten(label, 22, placeholder="…"), fontsize=8, va="center")
        for tick, count in zip(ticks, counts, strict=True):
            x = box.x0 + box.width * (tick - low) / (high - low)
            made.text(x, y, str(int(count)), fontsize=8, va="center", ha="center")


def _notes(made: Any, notes: Sequence[str], height: float) -> None:
    for index, line in enumerate(notes):
        made.text(0.01, (0.17 * (len(notes) - 1 - index) + 0.04) / height, line, fontsize=7.5, color=GREY)


def _curve_rows(name: str, curve: KaplanMeier) -> list[tuple[object, ...]]:
    columns = (curve.times, curve.at_risk, curve.events, curve.censored, curve.survival, curve.low, curve.high)
    return [
        (name, *(("" if isinstance(v, float) and np.isnan(v) else v) for v in (column[i].item() for column in columns)))
        for i in range(curve.times.size)
    ]


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
