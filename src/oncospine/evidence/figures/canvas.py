"""How every figure is made: quiet axes, text kept as text, the same bytes each time; SVG, PNG and its data."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncospine.base import write_atomically

COLOURS = ("#1b4f72", "#b03a2e", "#1e8449", "#7d3c98", "#b9770e")
"""Dark, distinct in print and for most colour-blind readers."""

GREY = "#5d6d7e"

DOTS_PER_INCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFiles:
    """Paths of one figure: vector, raster and the numbers it was drawn from."""

    svg: Path
    png: Path
    csv: Path


@contextmanager
def figure(width_in: float, height_in: float) -> Iterator[Any]:
    """A matplotlib figure in house style, without touching global settings or a display."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: Any = {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "oncospine",
        "savefig.dpi": DOTS_PER_INCH,
    }
    with mpl.rc_context(settings):
        made = Figure(figsize=(width_in, height_in))
        FigureCanvasAgg(made)
        yield made


def saved(made: Any, folder: Path, name: str, rows: Sequence[Sequence[object]]) -> FigureFiles:
    """Write `name`.svg, .png and .csv (first row is the header) into `folder`; call inside `figure`."""
    files = FigureFiles(svg=folder / f"{name}.svg", png=folder / f"{name}.png", csv=folder / f"{name}.csv")
    for path, metadata in ((files.svg, {"Date": None}), (files.png, {"Software": None})):
        stream = io.BytesIO()
        made.savefig(stream, format=path.suffix[1:], metadata=metadata, bbox_inches="tight", facecolor="white")
        write_atomically(path, stream.getvalue())
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomically(files.csv, text.getvalue())
    return files
