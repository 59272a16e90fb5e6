"""PRISMA 2020 flow diagram from counts."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncospine.evidence.figures.canvas import FigureFiles, figure, saved
from oncospine.evidence.prisma import PrismaFlow

LINE_IN = 0.165
"""Height of a line of text in inches at 9 points."""

GAP_IN = 0.32
PADDING_IN = 0.2
LEFT_IN, RIGHT_IN, WIDTH_IN = 0.55, 4.35, 3.4
LONGEST_LINE = 46


@dataclass(frozen=True, slots=True)
class _Step:
    """One row of the diagram: the main box, and what left the flow there."""

    phase: str
    main: tuple[str, ...]
    side: tuple[str, ...] = ()


def draw_flow(flow: PrismaFlow, folder: Path, *, name: str = "prisma") -> FigureFiles:
    """Draw the flow; the counts have been checked when `flow` was made. The CSV holds the template's fields."""
    steps = _steps(flow)
    heights = [max(_height(step.main), _height(step.side)) for step in steps]
    total = sum(heights) + GAP_IN * (len(steps) - 1) + 0.3
    with figure(RIGHT_IN + WIDTH_IN + 0.15, total) as made:
        axes = made.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, RIGHT_IN + WIDTH_IN + 0.15), ylim=(0, total))
        axes.axis("off")
        top = total - 0.15
        extents: dict[str, list[float]] = {}
        for index, (step, height) in enumerate(zip(steps, heights, strict=True)):
            middle = top - height / 2
            _box(axes, LEFT_IN, top, height, step.main)
            if step.side:
                _box(axes, RIGHT_IN, top, height, step.side)
                _arrow(axes, (LEFT_IN + WIDTH_IN, middle), (RIGHT_IN, middle))
            if index + 1 < len(steps):
                x = LEFT_IN + WIDTH_IN / 2
                _arrow(axes, (x, top - height), (x, top - height - GAP_IN))
            extents.setdefault(step.phase, []).extend((top, top - height))
            top -= height + GAP_IN
        for phase, ends in extents.items():
            _phase(axes, phase, max(ends), min(ends))
        return saved(made, folder, name, [("field", "value"), *flow.template_rows()])


def _steps(flow: PrismaFlow) -> list[_Step]:
    sources = [f"{name} (n = {count})" for name, count in flow.database_specific_results.items()]
    sources += [f"{name}, register (n = {count})" for name, count in flow.register_specific_results.items()]
    removed = [f"duplicate records (n = {flow.duplicates})"]
    if flow.excluded_automatic:
        removed.append(f"marked ineligible by automation (n = {flow.excluded_automatic})")
    if flow.excluded_other:
        removed.append(f"other reasons (n = {flow.excluded_other})")
    identified = flow.database_results + flow.register_results
    identified_text = (f"Records identified (n = {identified})", *sources)
    out = _reasons("Records excluded", flow.records_excluded, flow.screening_reasons)
    missing = (f"Reports not retrieved (n = {flow.dbr_notretrieved_reports})",)
    unfit = _reasons("Reports excluded", sum(flow.dbr_excluded.values()), flow.dbr_excluded)
    steps = [
        _Step("Identification", identified_text, ("Records removed before screening:", *removed)),
        _Step("Screening", (f"Records screened (n = {flow.records_screened})",), out),
        _Step("Screening", (f"Reports sought for retrieval (n = {flow.dbr_sought_reports})",), missing),
        _Step("Screening", (f"Reports assessed for eligibility (n = {flow.dbr_assessed})",), unfit),
    ]
    if flow.other_sought_reports:
        text = f"Reports from other methods assessed (n = {flow.other_assessed})"
        other_out = _reasons("Reports excluded", sum(flow.other_excluded.values()), flow.other_excluded)
        steps.append(_Step("Screening", (text,), other_out))
    included = [
        f"Studies included (n = {flow.total_studies})",
        f"Reports of included studies (n = {flow.total_reports})",
    ]
    if flow.patients is not None:
        included.append(f"Patients with readable facts (n = {flow.patients})")
    return [*steps, _Step("Included", tuple(included))]


def _reasons(title: str, total: int, reasons: dict[str, int]) -> tuple[str, ...]:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return (f"{title} (n = {total})", *(f"{reason.replace('_', ' ')} (n = {count})" for reason, count in ordered))


def _wrapped(lines: tuple[str, ...]) -> list[str]:
    return [piece for line in lines for piece in textwrap.wrap(line, LONGEST_LINE, subsequent_indent="  ")]


def _height(lines: tuple[str, ...]) -> float:
    return len(_wrapped(lines)) * LINE_IN + PADDING_IN if lines else 0.0


def _box(axes: Any, left: float, top: float, height: float, lines: tuple[str, ...]) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top - height), WIDTH_IN, height, facecolor="white", edgecolor="black", lw=0.8))
    axes.text(left + 0.12, top - height / 2, "\n".join(_wrapped(lines)), va="center", ha="left", linespacing=1.25)


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
    )


def _phase(axes: Any, phase: str, top: float, bottom: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((0.1, bottom), 0.3, top - bottom, facecolor="#d6e4f0", edgecolor="none"))
    size = 9 if top - bottom > 1.1 else 6
    axes.text(0.25, (top + bottom) / 2, phase, rotation=90, va="center", ha="center", fontsize=size, fontweight="bold")
