"""One picture of a scan: pixels, outlines, level names, orientation letters, scale bar, window. SVG around a PNG."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oncospine.geometry import sampled_at
from oncospine.imaging import Scan
from oncospine.report.outlines import Outline
from oncospine.report.png import png_uri
from oncospine.report.sections import Section, letters
from oncospine.report.svg import drawing, element, haloed, line, path_of
from oncospine.report.windows import Window

ZOOM = 1.6
"""Pixels of the drawing per pixel of the section: 4 per millimetre, so that outlines and letters are sharp."""

MOST_PIXELS = 520.0
"""Greatest height of a drawing: a taller section is drawn smaller, so that its text keeps its share of the picture."""

LETTER = 20.0
"""Size of the orientation letters in the drawing."""

NAME = 15.0
"""Size of level names."""

SMALL = 12.0
"""Size of window values and of the scale bar's text."""

EDGE = 8.0
"""Space between text and the edge of the drawing."""

BAR_MM = 20.0
"""Length of the scale bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A level name on a picture, at a point in section pixels; `strong` for the involved levels."""

    text: str
    x: float
    y: float
    strong: bool = False
    anchor: str = "start"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceLayout:
    """What is drawn over the pixels. `corner` are the lines in the upper left corner."""

    title: str
    corner: tuple[str, ...] = ()
    outlines: tuple[Outline, ...] = ()
    names: tuple[Name, ...] = ()


def slice_picture(scan: Scan, section: Section, window: Window, layout: SliceLayout) -> str:
    """SVG document of a section of the scan."""
    zoom = zoom_of(section)
    height, width = section.shape[0] * zoom, section.shape[1] * zoom
    values = sampled_at(scan.volume, section.points_mm, outside=np.nan)
    pixels = window.applied_to(values)
    image = element("image", href=png_uri(pixels), width=width, height=height, preserveAspectRatio="none")
    parts = [image, *(_drawn(outline, zoom) for outline in layout.outlines)]
    parts += [_named(name, height, zoom) for name in layout.names]
    parts += _letters(section, width, height)
    parts += _corner(layout.corner)
    parts.append(_window_text(window, height))
    parts += _scale_bar(section, width, height, zoom)
    return drawing(*parts, width=width, height=height, title=layout.title)


def zoom_of(section: Section) -> float:
    """Pixels of the drawing per pixel of this section."""
    return min(ZOOM, MOST_PIXELS / section.shape[0])


def _drawn(outline: Outline, zoom: float) -> str:
    """An outline over a dark rim, so that it is seen on bone and on air."""
    curves = [((curve + 0.5) * zoom).tolist() for curve in outline.curves]
    data = path_of(curves, closed=outline.closed)
    if not data:
        return ""
    style = outline.style
    rim = element("path", d=data, fill="none", stroke="#000000", stroke_opacity=0.55, stroke_width=style.width + 1.6)
    dash = {"stroke_dasharray": style.dash} if style.dash else {}
    return rim + element("path", d=data, fill="none", stroke=style.colour, stroke_width=style.width, **dash)


def _named(name: Name, height: float, zoom: float) -> str:
    """A level name; kept wholly inside the picture where its body is cut by the edge."""
    fill = "#ffd24a" if name.strong else "#ffffff"
    size = NAME * (1.2 if name.strong else 1.0)
    baseline = (name.y + 0.5) * zoom + size * 0.35
    return haloed(
        name.text,
        (name.x + 0.5) * zoom,
        min(max(baseline, EDGE + size), height - EDGE),
        size=size,
        fill=fill,
        text_anchor=name.anchor,
        font_weight="bold",
    )


def _letters(section: Section, width: float, height: float) -> list[str]:
    """Orientation letters on all four sides."""
    middle = height / 2 + LETTER * 0.35
    places = (
        (letters(-section.across), EDGE, middle, "start"),
        (letters(section.across), width - EDGE, middle, "end"),
        (letters(section.up), width / 2, EDGE + LETTER * 0.75, "middle"),
        (letters(-section.up), width / 2, height - EDGE, "middle"),
    )
    return [
        haloed(text, x, y, size=LETTER, fill="#ffffff", text_anchor=anchor, font_weight="bold")
        for text, x, y, anchor in places
    ]


def _corner(lines: tuple[str, ...]) -> list[str]:
    sizes = [NAME * 1.25, *[SMALL] * len(lines)]
    found, y = [], EDGE
    for text, size in zip(lines, sizes, strict=False):
        y += size
        weight = "bold" if size > SMALL else "normal"
        found.append(haloed(text, EDGE, y, size=size, font_weight=weight))
        y += 3
    return found


def _window_text(window: Window, height: float) -> str:
    return haloed(window.text, EDGE, height - EDGE, size=SMALL)


def _scale_bar(section: Section, width: float, height: float, zoom: float) -> list[str]:
    length = BAR_MM / section.step_mm * zoom
    right, y = width - EDGE, height - EDGE - 3
    return [
        line(right - length, y, right, y, stroke="#000000", stroke_width=5),
        line(right - length, y, right, y, stroke="#ffffff", stroke_width=2.5),
        haloed(f"{BAR_MM:.0f} mm", right - length / 2, y - 6, size=SMALL, text_anchor="middle"),
    ]
