"""From the view to the page: one HTML document that needs nothing else."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from oncospine.report.view import ReportView

RAMP = ((255, 255, 255), (253, 208, 162), (241, 105, 19), (127, 39, 4))
"""Shades of the level map from none to all: lightness falls all the way, so grey print and any eye can read it."""


def render_report(view: ReportView) -> str:
    """The page as HTML; the same view gives the same text, and every value in it is escaped."""
    return render_page("report.html.j2", view)


def render_page(template: str, view: object) -> str:
    """Any page of this room: a template reads its view and nothing else."""
    return _environment().get_template(template).render(view=view).strip() + "\n"


def compile_templates() -> None:
    """Make the templates ready before the first page is wanted."""
    found = _environment()
    for name in found.list_templates(extensions=["j2"]):
        found.get_template(name)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("oncospine.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["shade"] = shade
    found.filters["css_word"] = css_word
    return found


def shade(value: float) -> str:
    """Colour of a share 0..1 on the ramp, as #rrggbb."""
    place = min(max(value, 0.0), 1.0) * (len(RAMP) - 1)
    index = min(int(place), len(RAMP) - 2)
    part = place - index
    mixed = [round(a + part * (b - a)) for a, b in zip(RAMP[index], RAMP[index + 1], strict=True)]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def css_word(text: str) -> str:
    """What may stand in a CSS string: letters, digits, space, hyphen and underscore; the rest is dropped."""
    return re.sub(r"[^A-Za-z0-9 _-]", "", text)
