"""The WBB clock of one vertebra, its numbering and layers drawn, as on an axial image seen from the feet. Plain SVG.

The patient's left is on the viewer's right and the front is at the top: sector 1 starts at the foot of the picture and
the numbers run against the hands of a clock. Involvement is told by fill, by a dark border and by a filled number, so
that it is read in grey print and without colour vision.
"""

from __future__ import annotations

from math import cos, radians, sin

from oncospine.lesion import LAYERS, Wbb
from oncospine.report.svg import drawing, element, label, line, number

WIDTH, HEIGHT = 380.0, 428.0
CENTRE = (190.0, 196.0)

RADII = (152.0, 128.0, 102.0, 76.0, 54.0, 32.0)
"""Borders of the layers A, B, C, D, E from outside; inside the last one lies what the dura holds."""

NUMBER_RADIUS = 170.0
NUMBER_SIZE = 13.0

TUMOUR_FILL = "#e8601c"
INK = "#222222"
FAINT = "#9aa0a8"
UNSEEN_FILL = "url(#unseen)"
SECTORS = 12
SECTOR_DEG = 30.0


def wbb_clock(stage: Wbb, *, displayed: str) -> str:
    """SVG of the stage of one vertebra; `displayed` is its name as printed."""
    parts = [_patterns()]
    parts += [_cell(stage, sector, layer) for sector in range(1, SECTORS + 1) for layer in range(5)]
    parts += [_number(stage, sector) for sector in range(1, SECTORS + 1)]
    parts += _midlines()
    parts += _layer_names()
    parts += _orientation(displayed)
    parts += _foot()
    return drawing(*parts, width=WIDTH, height=HEIGHT, title=f"WBB {displayed}")


def place(degrees: float, radius: float) -> tuple[float, float]:
    """Point of the picture at a sector angle: 0 at the foot (posterior), 90 at the viewer's right (patient's left)."""
    return CENTRE[0] + radius * sin(radians(degrees)), CENTRE[1] + radius * cos(radians(degrees))


def _patterns() -> str:
    """Hatching of the layer that is not looked for."""
    stroke = element("path", d="M0 6L6 0", stroke=FAINT, stroke_width=0.8)
    pattern = element("pattern", stroke, id="unseen", width=6.0, height=6.0, patternUnits="userSpaceOnUse")
    return element("defs", pattern)


def _cell(stage: Wbb, sector: int, layer: int) -> str:
    """One layer of one sector."""
    taken = LAYERS[layer] in stage.sector_layers.get(sector, ())
    fill = TUMOUR_FILL if taken else UNSEEN_FILL if LAYERS[layer] == "E" else "#ffffff"
    return element(
        "path",
        d=_wedge((sector - 1) * SECTOR_DEG, RADII[layer], RADII[layer + 1]),
        fill=fill,
        stroke=INK if taken else FAINT,
        stroke_width=1.4 if taken else 0.7,
        class_=f"cell s{sector} {LAYERS[layer]}{' taken' if taken else ''}",
    )


def _wedge(start: float, outer: float, inner: float) -> str:
    """Ring sector from `start` over 30 degrees; angles run against the clock on the picture."""
    a, b = place(start, outer), place(start + SECTOR_DEG, outer)
    c, d = place(start + SECTOR_DEG, inner), place(start, inner)
    there, back = f"A{number(outer)} {number(outer)} 0 0 0 ", f"A{number(inner)} {number(inner)} 0 0 1 "
    return f"M{_xy(a)}{there}{_xy(b)}L{_xy(c)}{back}{_xy(d)}Z"


def _xy(point: tuple[float, float]) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _number(stage: Wbb, sector: int) -> str:
    """Number of a sector: on black where involved, in a broken ring where it is a neighbour of one."""
    x, y = place((sector - 0.5) * SECTOR_DEG, NUMBER_RADIUS)
    involved, beside = sector in stage.sectors, sector in stage.margin
    ring = ""
    if involved:
        ring = element("circle", cx=x, cy=y, r=12.0, fill=INK)
    elif beside:
        ring = element("circle", cx=x, cy=y, r=12.0, fill="none", stroke=INK, stroke_width=1.0, stroke_dasharray="2 2")
    fill, weight = ("#ffffff", "bold") if involved else (INK, "normal")
    text = label(
        str(sector), x, y + NUMBER_SIZE * 0.36, size=NUMBER_SIZE, fill=fill, font_weight=weight, text_anchor="middle"
    )
    return ring + text


def _midlines() -> list[str]:
    """The border from which the numbers start: dark, with an arrow the way they run."""
    top, bottom = place(0.0, RADII[0] + 6), place(0.0, RADII[-1])
    arrow = [place(degrees, RADII[0] + 6) for degrees in (2.0, 14.0)]
    head = [place(10.5, RADII[0] + 9), arrow[1], place(10.5, RADII[0] + 3)]
    radius = number(RADII[0] + 6)
    return [
        line(*bottom, *top, stroke=INK, stroke_width=1.8),
        element(
            "path",
            d=f"M{_xy(arrow[0])}A{radius} {radius} 0 0 0 {_xy(arrow[1])}M{_xy(head[0])}L{_xy(head[1])}L{_xy(head[2])}",
            fill="none",
            stroke=INK,
            stroke_width=1.4,
        ),
    ]


def _layer_names() -> list[str]:
    """Letters of the layers up the border between the sectors 6 and 7."""
    found = []
    for letter, outer, inner in zip(LAYERS, RADII, RADII[1:], strict=False):
        x, y = place(180.0, (outer + inner) / 2)
        found.append(
            label(letter, x, y + 4, size=12, fill=INK, font_weight="bold", text_anchor="middle",
                  stroke="#ffffff", stroke_width=3.5, paint_order="stroke")
        )  # fmt: skip
    return found


def _orientation(displayed: str) -> list[str]:
    """Level, sides and what lies in front and behind, as on the axial images."""
    x, y = CENTRE
    bold: dict[str, str | float] = {"font_weight": "bold", "fill": INK}
    return [
        label(displayed, 8, 22, size=20, **bold),
        label("R", 6, y + 6, size=18, **bold),
        label("L", WIDTH - 6, y + 6, size=18, text_anchor="end", **bold),
        label("A", x, 14, size=15, text_anchor="middle", **bold),
        label("P", x, HEIGHT - 44, size=15, text_anchor="middle", **bold),
    ]


def _foot() -> list[str]:
    """What the letters mean."""
    lines = ("A beside the bone, B its outer half, C its inner half,", "D epidural, E intradural: not looked for")
    return [
        label(text, WIDTH / 2, HEIGHT - 22 + 16 * row, size=13.5, text_anchor="middle", fill=INK)
        for row, text in enumerate(lines)
    ]
