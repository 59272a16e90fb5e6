"""Compression along the canal as a chart that runs down the page like the spine does. Plain SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncospine.base import Level
from oncospine.lesion import CompressionProfile, NormalSize, WorstLevel
from oncospine.report.svg import drawing, element, label, line, number, path_of

WIDTH = 470.0
TOP = 44.0
BOTTOM = 26.0
LEFT = 46.0
GAP = 30.0
RIGHT_EDGE = 24.0
"""Layout in pixels: room for titles above, for level names at the left, between the panels."""

PER_MM = 2.6
SHORTEST = 240.0
TALLEST = 520.0
"""Height per millimetre of canal, and what the chart may come to."""

BAND_SD = 2.0
"""The normal band is the mean -+ this many standard deviations."""

INK = "#222222"
TUMOUR_FILL = "#e8601c"
FREE_FILL = "#cfe8f7"
CANAL_LINE = "#1f6fa3"
BAND_LINE = "#444444"
BAND_FILL = "#dcdcdc"
CORD_LINE = "#00664b"
SMALL = 11.0
"""Colours and text size."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One plot area: where it stands and what its axis runs to."""

    left: float
    width: float
    limit: float
    ticks: Sequence[float]
    title: str
    unit: str

    def x(self, value: float) -> float:
        return self.left + self.width * min(max(value, 0.0), self.limit) / self.limit


def profile_chart(
    profile: CompressionProfile,
    worst: WorstLevel | None,
    *,
    normal: Mapping[Level, NormalSize],
    normal_cord: Mapping[Level, NormalSize],
    involved: frozenset[Level],
    displayed: Callable[[Level], str],
) -> str:
    """SVG of areas (canal, what the tumour takes of it, the cord where labelled, normal bands) and of occupation."""
    length = float(profile.arc_mm[-1] - profile.arc_mm[0])
    height = min(max(length * PER_MM, SHORTEST), TALLEST)
    scale = height / max(length, 1.0)
    y = TOP + (profile.arc_mm - profile.arc_mm[0]) * scale
    areas, share = _panels(profile)
    runs = _runs(profile.levels)
    parts = [_level_bands(runs, y, involved, displayed)]
    parts += [_normal_fill(runs, areas, y, normal), _axis(areas, height), _areas(profile, areas, y)]
    parts += [_normal_edges(runs, areas, y, normal, BAND_LINE)]
    if np.isfinite(profile.cord_mm2).any():
        parts += [_cord(profile, areas, y), _normal_edges(runs, areas, y, normal_cord, CORD_LINE)]
    parts += [_axis(share, height), _share(profile, share, y)]
    if worst is not None:
        at = TOP + (worst.arc_mm - float(profile.arc_mm[0])) * scale
        parts.append(_worst_mark(worst, areas, share, at, displayed))
    parts += _foot(height, cord=bool(np.isfinite(profile.cord_mm2).any()))
    below = BOTTOM * (2 if np.isfinite(profile.cord_mm2).any() else 1)
    return drawing(*parts, width=WIDTH, height=TOP + height + below, title="Compression along the canal")


def _panels(profile: CompressionProfile) -> tuple[Panel, Panel]:
    widest = float(np.nanmax(profile.canal_mm2))
    step = 50.0 if widest <= 300 else 100.0
    limit = step * np.ceil(widest / step)
    room = WIDTH - LEFT - GAP - RIGHT_EDGE
    areas = Panel(
        left=LEFT,
        width=room * 0.62,
        limit=float(limit),
        ticks=[float(tick) for tick in np.arange(0, limit + 1, step * (2 if limit / step > 4 else 1))],
        title="Area across the canal",
        unit="mm²",
    )
    share = Panel(
        left=LEFT + room * 0.62 + GAP,
        width=room * 0.38,
        limit=1.0,
        ticks=[0.0, 0.5, 1.0],
        title="Tumour share of canal",
        unit="%",
    )
    return areas, share


def _runs(levels: Sequence[Level]) -> list[tuple[Level, int, int]]:
    """(level, first station, last station) of each run of stations with one name."""
    found: list[tuple[Level, int, int]] = []
    for index, level in enumerate(levels):
        if found and found[-1][0] is level:
            found[-1] = (level, found[-1][1], index)
        else:
            found.append((level, index, index))
    return found


def _level_bands(
    runs: list[tuple[Level, int, int]],
    y: NDArray[np.float64],
    involved: frozenset[Level],
    displayed: Callable[[Level], str],
) -> str:
    """Names at the left and lines between the levels; involved levels are bold and marked."""
    parts = []
    for level, first, last in runs:
        top, bottom = float(y[first]), float(y[last])
        strong = level in involved
        name = f"▶ {displayed(level)}" if strong else displayed(level)
        weight = "bold" if strong else "normal"
        middle = (top + bottom) / 2 + SMALL * 0.4
        parts.append(label(name, LEFT - 6, middle, size=13, text_anchor="end", font_weight=weight, fill=INK))
        parts.append(line(LEFT - 4, top, WIDTH - RIGHT_EDGE, top, stroke="#bbbbbb", stroke_width=0.8))
    return "".join(parts)


def _axis(panel: Panel, height: float) -> str:
    bottom = TOP + height
    parts = [label(panel.title, panel.left, 14, size=12.5, font_weight="bold", fill=INK)]
    for tick in panel.ticks:
        x = panel.x(tick)
        text = f"{tick * 100:.0f}" if panel.unit == "%" else f"{tick:.0f}"
        text += f" {panel.unit}" if tick == panel.ticks[-1] else ""
        parts.append(line(x, TOP, x, bottom, stroke="#999999", stroke_width=0.6))
        at, anchor = (x + 12, "end") if tick == panel.ticks[-1] and panel.unit != "%" else (x, "middle")
        parts.append(label(text, at, TOP - 5, size=SMALL, text_anchor=anchor, fill=INK))
    return "".join(parts)


def _areas(profile: CompressionProfile, panel: Panel, y: NDArray[np.float64]) -> str:
    """From the left: what is free of tumour; then, hatched by its own edge, what the tumour takes; the canal's line."""
    free = profile.canal_mm2 - profile.tumour_mm2
    free_x = [panel.x(float(value)) for value in free]
    canal_x = [panel.x(float(value)) for value in profile.canal_mm2]
    start = [panel.left] * len(y)
    edge = list(zip(canal_x, y, strict=True))
    parts = [
        element("path", d=_area_between(start, free_x, y), fill=FREE_FILL, fill_opacity=0.6),
        element("path", d=_area_between(free_x, canal_x, y), fill=TUMOUR_FILL),
        element("path", d=path_of([edge]), fill="none", stroke=CANAL_LINE, stroke_width=2),
    ]
    return "".join(parts)


def _cord(profile: CompressionProfile, panel: Panel, y: NDArray[np.float64]) -> str:
    known = np.isfinite(profile.cord_mm2)
    curve = [(panel.x(float(v)), float(at)) for v, at in zip(profile.cord_mm2[known], y[known], strict=True)]
    return element("path", d=path_of([curve]), fill="none", stroke=CORD_LINE, stroke_width=2.6)


def _normal_spans(
    runs: list[tuple[Level, int, int]], panel: Panel, y: NDArray[np.float64], normal: Mapping[Level, NormalSize]
) -> list[tuple[float, float, float, float, float]]:
    """(x of the lower limit, of the mean, of the upper limit, top, bottom) of each level with known values."""
    found = []
    for level, first, last in runs:
        if level in normal:
            size = normal[level]
            low, high = (size.area_mm2 + sign * BAND_SD * size.area_sd_mm2 for sign in (-1, 1))
            bottom = float(y[min(last + 1, len(y) - 1)])
            found.append((panel.x(low), panel.x(size.area_mm2), panel.x(high), float(y[first]), bottom))
    return found


def _normal_fill(
    runs: list[tuple[Level, int, int]], panel: Panel, y: NDArray[np.float64], normal: Mapping[Level, NormalSize]
) -> str:
    """The band of the dural canal of healthy adults, under everything else."""
    return "".join(
        element("rect", x=low, y=top, width=high - low, height=bottom - top, fill=BAND_FILL)
        for low, _, high, top, bottom in _normal_spans(runs, panel, y, normal)
    )


def _normal_edges(
    runs: list[tuple[Level, int, int]],
    panel: Panel,
    y: NDArray[np.float64],
    normal: Mapping[Level, NormalSize],
    colour: str,
) -> str:
    """The limits of a band (dashed) and its mean (dotted), over everything else."""
    parts = []
    for low, mean, high, top, bottom in _normal_spans(runs, panel, y, normal):
        for x, dash in ((low, "5 3"), (mean, "1.5 2.5"), (high, "5 3")):
            parts.append(line(x, top, x, bottom, stroke=colour, stroke_width=1.1, stroke_dasharray=dash))
    return "".join(parts)


def _share(profile: CompressionProfile, panel: Panel, y: NDArray[np.float64]) -> str:
    taken = [panel.x(float(value)) for value in np.nan_to_num(profile.canal_occupation)]
    edge = list(zip(taken, y, strict=True))
    return element("path", d=_area_between([panel.left] * len(y), taken, y), fill=TUMOUR_FILL) + element(
        "path", d=path_of([edge]), fill="none", stroke=INK, stroke_width=1
    )


def _worst_mark(worst: WorstLevel, areas: Panel, share: Panel, at: float, displayed: Callable[[Level], str]) -> str:
    """A line across both panels with the level and the share."""
    value = worst.canal_occupation.value or 0.0
    text = f"worst: {displayed(worst.level)}, {100 * value:.0f} %"
    x = share.left + share.width - 2
    return "".join(
        [
            line(areas.left, at, share.left + share.width, at, stroke=INK, stroke_width=1.6, stroke_dasharray="6 3"),
            element("circle", cx=share.x(value), cy=at, r=4, fill="#ffffff", stroke=INK, stroke_width=1.8),
            label(text, x, at - 8, size=12, font_weight="bold", text_anchor="end", fill=INK,
                  stroke="#ffffff", stroke_width=3, paint_order="stroke"),
        ]
    )  # fmt: skip


def _foot(height: float, *, cord: bool) -> list[str]:
    """The legend; with a cord it has a second line."""
    y = TOP + height + 17
    items = [("free canal", FREE_FILL), ("tumour", TUMOUR_FILL)]
    parts, x = [], LEFT
    for text, colour in items:
        parts.append(element("rect", x=x, y=y - 9, width=13, height=10, fill=colour, stroke=INK, stroke_width=0.6))
        parts.append(label(text, x + 17, y, size=SMALL, fill=INK))
        x += 32 + 6.0 * len(text)
    parts.append(line(x, y - 4, x + 18, y - 4, stroke=BAND_LINE, stroke_width=1.2, stroke_dasharray="5 3"))
    parts.append(label(f"dural canal of healthy adults, MR, mean ± {BAND_SD:.0f} SD", x + 23, y, size=SMALL, fill=INK))
    if cord:
        y += 16
        parts.append(line(LEFT, y - 4, LEFT + 18, y - 4, stroke=CORD_LINE, stroke_width=2.6))
        parts.append(label("cord; dashed lines beside it: cord of healthy adults", LEFT + 23, y, size=SMALL, fill=INK))
    return parts


def _area_between(left: Sequence[float], right: Sequence[float], y: NDArray[np.float64]) -> str:
    there = [f"{number(a)} {number(float(b))}" for a, b in zip(left, y, strict=True)]
    back = [f"{number(a)} {number(float(b))}" for a, b in zip(right, y, strict=True)]
    return "M" + "L".join([*there, *reversed(back)]) + "Z"
