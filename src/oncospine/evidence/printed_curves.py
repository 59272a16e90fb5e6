"""Patients behind printed survival curves: from clicks and numbers at risk to a table that says what it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oncospine.base import InputError, write_atomically
from oncospine.evidence.figures.canvas import COLOURS, GREY, FigureFiles, figure, saved
from oncospine.evidence.statistics import KaplanMeier, RebuiltPatients, kaplan_meier, rebuilt_patients

TIME_COLUMNS = ("time", "time_months", "time_days", "time_years")
"""Names a column of times may have; the unit stays that of the print."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RebuiltArm:
    """One arm of a printed figure: the clicks, the patients behind them, and the curve these give."""

    arm: str
    clicks: tuple[tuple[float, float], ...]
    rebuilt: RebuiltPatients
    curve: KaplanMeier


def rebuilt_arms(clicks: Path, risk: Path) -> tuple[RebuiltArm, ...]:
    """Rebuild every arm of a printed figure.

    `clicks` has the columns arm, time and survival (a share from 0 to 1); `risk` has arm, time, n_at_risk and, where it
    is printed, total_events. The column of times may be called time, time_months, time_days or time_years.
    """
    curves, tables = _rows(clicks, ("arm", "survival")), _rows(risk, ("arm", "n_at_risk"))
    missing = sorted(curves.keys() ^ tables.keys())
    if missing:
        raise InputError(f"arm {missing[0]} stands in one of {clicks.name} and {risk.name} only; both need every arm")
    return tuple(_arm(name, curves[name], tables[name]) for name in curves)


def write_rebuilt(arms: tuple[RebuiltArm, ...], folder: Path) -> tuple[Path, FigureFiles]:
    """rebuilt.csv (arm, time, event, origin) and the overlay of printed clicks and rebuilt curve, always together."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("arm", "time", "event", "origin"))
    for item in arms:
        times, events = item.rebuilt.times.tolist(), item.rebuilt.events.tolist()
        writer.writerows((item.arm, f"{t:g}", int(e), item.rebuilt.origin) for t, e in zip(times, events, strict=True))
    path = folder / "rebuilt.csv"
    write_atomically(path, text.getvalue())
    return path, _overlay(arms, folder)


def _arm(name: str, clicks: list[dict[str, float]], table: list[dict[str, float]]) -> RebuiltArm:
    totals = {row["total_events"] for row in table if "total_events" in row}
    if len(totals) > 1:
        raise InputError(f"arm {name} has {len(totals)} different total_events; the figure prints one")
    rebuilt = rebuilt_patients(
        [row["time"] for row in clicks],
        [row["survival"] for row in clicks],
        risk_times=[row["time"] for row in table],
        at_risk=[row["n_at_risk"] for row in table],
        total_events=int(totals.pop()) if totals else None,
    )
    return RebuiltArm(
        arm=name,
        clicks=tuple((row["time"], row["survival"]) for row in clicks),
        rebuilt=rebuilt,
        curve=kaplan_meier(rebuilt.times, rebuilt.events),
    )


def _rows(path: Path, needed: tuple[str, ...]) -> Mapping[str, list[dict[str, float]]]:
    """Numbers of a table by arm; the column of times is called time here."""
    if not path.is_file():
        raise InputError(f"{path} is not a file; expected a CSV table with {', '.join(needed)} and a time")
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    header = reader.fieldnames or []
    clock = next((name for name in TIME_COLUMNS if name in header), None)
    absent = [name for name in needed if name not in header] + ([] if clock else [TIME_COLUMNS[0]])
    if absent:
        raise InputError(f"{path.name}, line 1: column {', '.join(absent)} missing")
    found: dict[str, list[dict[str, float]]] = {}
    for row in reader:
        try:
            numbers = {name: float(text) for name, text in row.items() if name != "arm" and (text or "").strip()}
            numbers["time"] = numbers.pop(str(clock))
            _ = [numbers[name] for name in needed[1:]]
        except (ValueError, KeyError) as error:
            raise InputError(f"{path.name}, line {reader.line_num}: {error} is no number or empty") from None
        found.setdefault(row["arm"], []).append(numbers)
    return found


def _overlay(arms: tuple[RebuiltArm, ...], folder: Path) -> FigureFiles:
    rows: list[tuple[object, ...]] = [("arm", "time", "printed_survival")]
    with figure(6.0, 4.2) as made:
        axes = made.add_axes((0.12, 0.14, 0.85, 0.82))
        for index, item in enumerate(arms):
            colour = COLOURS[index % len(COLOURS)]
            axes.plot(
                [t for t, _ in item.clicks],
                [100 * s for _, s in item.clicks],
                ".",
                color=GREY,
                ms=3,
                alpha=0.6,
                zorder=1,
            )
            label = f"{item.arm}: rebuilt (largest difference {item.rebuilt.largest_difference:.3f})"
            steps, survival = [0.0, *item.curve.times.tolist()], [100.0, *(100 * item.curve.survival).tolist()]
            axes.step(steps, survival, where="post", color=colour, lw=1.4, label=label)
            rows += [(item.arm, t, s) for t, s in item.clicks]
        axes.plot([], [], ".", color=GREY, label="printed (clicks)")
        axes.set(ylim=(0, 104), xlabel="time, as printed", ylabel="survival, per cent")
        axes.set_xlim(left=0)
        axes.legend(frameon=False, fontsize=8, loc="upper right")
        return saved(made, folder, "rebuilt_overlay", rows)
