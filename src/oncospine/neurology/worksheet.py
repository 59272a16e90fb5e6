"""The examination as one printable picture: key points on the body, key muscles, and the grading.

Viewed from the front, so that the patient's right is on the left of the picture; both are written on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncospine.base import InputError, Side
from oncospine.neurology.exam import DERMATOMES, KEY_LEVELS, Exam, SideExam
from oncospine.neurology.isncsci import Isncsci, isncsci
from oncospine.neurology.tables import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png", ".pdf")
POINT_COLOURS = {"0": "#b2182b", "1": "#fdae61", "2": "#ffffff", "N": "#cccccc"}
"""Absent, altered, normal, not testable."""

POINTS: dict[str, tuple[float, float]] = {
    "C2": (0.24, 9.45), "C3": (0.12, 8.72), "C4": (0.62, 8.55), "C5": (1.02, 7.05), "C6": (1.42, 5.15),
    "C7": (1.56, 4.88), "C8": (1.70, 4.72), "T1": (0.86, 6.75), "T2": (0.74, 7.66), "T3": (0.32, 8.12),
    "T4": (0.32, 7.83), "T5": (0.32, 7.54), "T6": (0.32, 7.25), "T7": (0.32, 6.96), "T8": (0.32, 6.67),
    "T9": (0.32, 6.38), "T10": (0.32, 6.09), "T11": (0.32, 5.80), "T12": (0.32, 5.51), "L1": (0.44, 5.10),
    "L2": (0.44, 4.45), "L3": (0.30, 3.25), "L4": (0.26, 1.05), "L5": (0.40, 0.52), "S1": (0.84, 0.72),
    "S2": (0.56, 2.85), "S3": (0.62, 4.75), "S4-5": (0.10, 4.85),
}  # fmt: skip
"""Where each key sensory point is drawn, for one side, in units of an eighth of the body; back points are projected."""

OUTLINE = (
    (0.0, 10.0), (0.34, 9.9), (0.44, 9.5), (0.34, 9.0), (0.18, 8.88), (0.2, 8.72), (0.72, 8.6), (0.88, 8.3),
    (1.02, 7.4), (1.28, 6.2), (1.5, 5.3), (1.86, 4.6), (1.66, 4.45), (1.36, 4.9), (1.08, 6.0), (0.84, 6.9),
    (0.7, 7.5), (0.62, 6.6), (0.66, 5.6), (0.78, 4.9), (0.74, 3.6), (0.6, 2.9), (0.64, 2.1), (0.48, 1.0),
    (0.84, 0.5), (0.4, 0.42), (0.24, 0.8), (0.28, 2.0), (0.2, 3.0), (0.12, 4.6), (0.0, 4.75),
)  # fmt: skip
"""Half of the body outline, from the vertex to the crotch."""

COLUMN_GAP = 4.6
"""Distance between the two bodies."""


def worksheet(exam: Exam, path: Path) -> None:
    """Write the examination and its grading to `path` (.svg, .png or .pdf)."""
    from matplotlib import rc_context

    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path.name}: a worksheet is written as {', '.join(FORMATS)}")
    with rc_context({"svg.hashsalt": "oncospine", "svg.fonttype": "none"}):
        figure = worksheet_figure(exam)
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def worksheet_svg(exam: Exam) -> str:
    """The worksheet as the text of an SVG picture, the same bytes for the same examination."""
    from io import StringIO

    from matplotlib import rc_context

    written = StringIO()
    with rc_context({"svg.hashsalt": "oncospine", "svg.fonttype": "none"}):
        worksheet_figure(exam).savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def worksheet_figure(exam: Exam) -> Figure:
    """The worksheet as a matplotlib figure, without touching any global state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.0, 7.6), layout=None)
    axes = figure.add_axes((0.02, 0.02, 0.68, 0.93))
    axes.set_axis_off()
    axes.set_aspect("equal")
    for place, (name, title) in enumerate((("light_touch", "Light touch"), ("pin_prick", "Pin prick"))):
        centre = place * COLUMN_GAP
        _body(axes, centre)
        axes.text(centre, 10.35, title, ha="center", weight="bold")
        axes.text(centre - 1.7, 9.6, "RIGHT", ha="center")
        axes.text(centre + 1.7, 9.6, "LEFT", ha="center")
        for side in Side:
            _points(axes, getattr(exam.side(side), name), centre, side)
    axes.set_xlim(-2.3, COLUMN_GAP + 2.3)
    axes.set_ylim(0.0, 10.8)
    _panel(figure, exam, isncsci(exam))
    return figure


def _body(axes: Axes, centre: float) -> None:
    half = [(centre + x, y) for x, y in OUTLINE]
    mirrored = [(centre - x, y) for x, y in reversed(OUTLINE)]
    xs, ys = zip(*half, *mirrored, strict=True)
    axes.fill(xs, ys, facecolor="#f7f3ee", edgecolor="#777777", linewidth=0.8)


def _points(axes: Axes, tokens: tuple[str, ...], centre: float, side: Side) -> None:
    """The patient's right is drawn on the left of the picture."""
    for level, token in zip(DERMATOMES, tokens, strict=True):
        across, up = POINTS[level.value]
        x = centre - side.sign * across
        axes.plot([x], [up], marker="o", markersize=9, markeredgecolor="#333333", color=POINT_COLOURS[token[0]],
                  markeredgewidth=0.5)  # fmt: skip
        axes.text(x, up, token, fontsize=5.5, ha="center", va="center")
        axes.text(x - side.sign * 0.19, up, level.value, fontsize=5, va="center",
                  ha="right" if side is Side.RIGHT else "left", color="#555555")  # fmt: skip


def _panel(figure: Figure, exam: Exam, graded: Isncsci) -> None:
    muscles: dict[str, str] = table("isncsci")["key_muscles"]
    lines = ["Key muscles                right  left"]
    lines += [
        f"{level.value:<3}{muscles[level.value].partition(' (')[0]:<23}{one:>5}{two:>6}"
        for level, one, two in zip(KEY_LEVELS, exam.right.motor, exam.left.motor, strict=True)
    ]
    lines += [
        "",
        f"Voluntary anal contraction  {exam.vac.value}",
        f"Deep anal pressure          {exam.dap.value}",
        f"Lowest non-key muscle       {_non_key(exam.right)} / {_non_key(exam.left)}",
        "",
        "                       right  left",
        *_pairs(graded),
        "",
        f"Neurological level  {_short(graded.neurological_level.listed)}",
        f"Completeness        {graded.complete.listed}",
        f"AIS                 {graded.ais.listed}",
        f"UEMS {_shown(graded.uems)}   LEMS {_shown(graded.lems)}",
        f"LT   {_shown(graded.light_touch)}   PP   {_shown(graded.pin_prick)}",
        "",
        "0 absent  1 altered  2 normal  NT not testable",
        "* lowered by a non-SCI condition",
    ]
    figure.text(0.71, 0.95, "\n".join(lines), family="monospace", fontsize=7.5, va="top")


def _pairs(graded: Isncsci) -> list[str]:
    rows: list[tuple[str, Any, Any]] = [
        ("Sensory level", graded.right.sensory_level, graded.left.sensory_level),
        ("Motor level", graded.right.motor_level, graded.left.motor_level),
        ("Sensory zone (ZPP)", graded.right.sensory_zpp, graded.left.sensory_zpp),
        ("Motor zone (ZPP)", graded.right.motor_zpp, graded.left.motor_zpp),
    ]
    return [f"{name:<22}{one.form:>6}{two.form:>6}" for name, one, two in rows]


def _non_key(side: SideExam) -> str:
    return "none" if side.lowest_non_key is None else side.lowest_non_key.value


def _short(listed: str) -> str:
    values = listed.split(",")
    return listed if len(values) <= 4 else f"{values[0]}..{values[-1]} ({len(values)} possible)"


def _shown(value: int | None) -> str:
    return "ND" if value is None else str(value)
