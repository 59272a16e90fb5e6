"""Drawing in SVG: a few elements, every text and attribute escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
"""Found on every system, so that a picture looks the same everywhere and loads nothing."""

_DECIMALS = 2
"""Digits kept in coordinates: a hundredth of a pixel."""


def number(value: float) -> str:
    """Shortest text of a coordinate."""
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(name: str, *children: str, **attributes: str | float) -> str:
    """`<name ...>children</name>`; `_` in attribute names stands for `-`, a trailing `_` is dropped."""
    parts = [
        f'{key.rstrip("_").replace("_", "-")}="{escape(value if isinstance(value, str) else number(value))}"'
        for key, value in attributes.items()
    ]
    opening = " ".join([name, *parts])
    return f"<{opening}>{''.join(children)}</{name}>" if children else f"<{opening}/>"


def label(text: str, x: float, y: float, *, size: float, **attributes: str | float) -> str:
    """Text at a point; further attributes as for `element`."""
    return element("text", escape(text, quote=False), x=x, y=y, font_size=size, **attributes)


def haloed(text: str, x: float, y: float, *, size: float, fill: str = "#ffffff", **attributes: str | float) -> str:
    """Text readable on any image: bright with a black rim."""
    rim: dict[str, str | float] = {
        "stroke": "#000000",
        "stroke_width": size * 0.22,
        "stroke_linejoin": "round",
        "paint_order": "stroke",
    }
    return label(text, x, y, size=size, fill=fill, **rim, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def path_of(curves: Iterable[Sequence[Sequence[float]]], *, closed: bool = False) -> str:
    """Path data of polylines of (x, y)."""
    ending = "Z" if closed else ""
    return "".join(
        "M" + "L".join(f"{number(x)} {number(y)}" for x, y in curve) + ending for curve in curves if len(curve) > 1
    )


def drawing(*children: str, width: float, height: float, title: str) -> str:
    """A whole SVG document of `width` x `height` pixels; it scales with its container."""
    return element(
        "svg",
        element("title", escape(title, quote=False)),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        font_family=FONT,
        role="img",
    )


def svg_uri(document: str) -> str:
    """An SVG document as a data URI; only what a URI cannot hold is percent-encoded (smaller than base64)."""
    return "data:image/svg+xml;charset=utf-8," + document.translate(_NOT_IN_URI)


_NOT_IN_URI = str.maketrans({character: f"%{ord(character):02X}" for character in '%#<>"\n\r\t'})
