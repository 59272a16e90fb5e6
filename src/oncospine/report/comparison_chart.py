"""Alternatives on all criteria at once: one upright axis per criterion, better is up; no criterion has a weight."""

from __future__ import annotations

from collections.abc import Sequence

from oncospine.report.svg import drawing, element, label, line, path_of
from oncospine.report.words import ABSENT, decimal, percent
from oncospine.surgery import Alternative, Comparison, Criterion

STEP = 138.0
"""Distance between axes in pixels."""

HEIGHT = 250.0
TOP = 64.0
LEFT = 70.0
BOTTOM = 40.0
"""Layout in pixels."""

SMALL = 11.5
"""Size of text."""

APART = 15.0
"""Letters nearer than this on one axis are set beside each other."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#333333", "#56b4e9", "#b3410a")
"""Lines, told apart by colour and by their letter; one that is dominated is dashed."""

INK = "#1a1d21"
SOFT = "#555c66"


def letter_of(index: int) -> str:
    """Letter of an alternative in the table and on the chart."""
    return chr(ord("A") + index) if index < 26 else f"A{index - 25}"


def criterion_value(criterion: Criterion, value: float | None) -> str:
    """A value as it is printed."""
    if value is None:
        return ABSENT
    if criterion.unit == "1":
        return percent(value)
    return decimal(value, "mm²", digits=0) if criterion.unit == "mm2" else f"{value:g}"


def comparison_chart(comparison: Comparison) -> str:
    """SVG of the table: on every axis the best value of the alternatives stands at the top, the worst at the foot."""
    rows = comparison.alternatives
    axes = [_Axis(item, rows, LEFT + STEP * index) for index, item in enumerate(comparison.criteria)]
    width = LEFT * 2 + STEP * (len(axes) - 1)
    parts = [element("rect", width=width, height=TOP + HEIGHT + BOTTOM, fill="#ffffff")]
    for axis in axes:
        parts += axis.drawn()
    for index, row in enumerate(rows):
        parts += _line(index, row, axes)
    parts += _letters(rows, axes)
    return drawing(*parts, width=width, height=TOP + HEIGHT + BOTTOM, title="Alternatives on all criteria")


class _Axis:
    """One criterion: where it stands, and where a value lies on it."""

    def __init__(self, criterion: Criterion, rows: Sequence[Alternative], x: float) -> None:
        known = [value for row in rows if (value := row.values.get(criterion.id)) is not None]
        low, high = min(known, default=0.0), max(known, default=0.0)
        self.criterion, self.x = criterion, x
        self.best, self.worst = (high, low) if criterion.better == "more" else (low, high)

    def y(self, value: float) -> float:
        """Pixels; the middle where all are equal."""
        span = self.best - self.worst
        share = 0.5 if span == 0 else (value - self.worst) / span
        return TOP + HEIGHT * (1 - share)

    def drawn(self) -> list[str]:
        middle: dict[str, str | float] = {"text_anchor": "middle"}
        name = self.criterion.short
        found = [
            line(self.x, TOP, self.x, TOP + HEIGHT, stroke="#c9ced6", stroke_width=1.5),
            label(name, self.x, 18, size=SMALL, fill=INK, font_weight="bold", **middle),
            label(f"{self.criterion.better} is better", self.x, 33, size=SMALL - 1.5, fill=SOFT, **middle),
        ]
        ends = [(self.best, TOP - 12)] if self.best == self.worst else [(self.best, TOP - 12), (self.worst, self.foot)]
        return found + [
            label(criterion_value(self.criterion, value), self.x, y, size=SMALL, fill=INK, **middle)
            for value, y in ends
        ]

    @property
    def foot(self) -> float:
        return TOP + HEIGHT + 24


def _line(index: int, row: Alternative, axes: Sequence[_Axis]) -> list[str]:
    """The line of one alternative; broken where a value does not apply."""
    runs: list[list[tuple[float, float]]] = [[]]
    for axis in axes:
        value = row.values.get(axis.criterion.id)
        if value is None:
            runs.append([])
        else:
            runs[-1].append((axis.x, axis.y(value)))
    style: dict[str, str | float] = {"fill": "none", "stroke": COLOURS[index % len(COLOURS)], "stroke_width": 2.2}
    if row.dominated_by:
        style |= {"stroke_dasharray": "5 4", "stroke_width": 1.6}
    return [element("path", d=path_of([run]), **style) for run in runs if len(run) > 1]


def _letters(rows: Sequence[Alternative], axes: Sequence[_Axis]) -> list[str]:
    """Letters on every axis; those that would cover each other stand side by side."""
    found = []
    for axis in axes:
        placed: list[tuple[float, float]] = []
        for index, row in enumerate(rows):
            value = row.values.get(axis.criterion.id)
            if value is None:
                continue
            y, x = axis.y(value), axis.x
            while any(abs(y - other_y) < APART and abs(x - other_x) < APART for other_x, other_y in placed):
                x += APART
            placed.append((x, y))
            found.append(element("circle", cx=x, cy=y, r=7.5, fill=COLOURS[index % len(COLOURS)]))
            ink: dict[str, str | float] = {"fill": "#ffffff", "font_weight": "bold", "text_anchor": "middle"}
            found.append(label(letter_of(index), x, y + 3.6, size=10, **ink))
    return found
