"""One page that holds a review: question, flow, figures, and what may be read from them; no outside parts."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from oncospine.base import citation, write_atomically
from oncospine.evidence.briefed import brief_of
from oncospine.evidence.commands import pool
from oncospine.evidence.counted import stage_state
from oncospine.evidence.figures.canvas import FigureFiles
from oncospine.evidence.figures.curves import printed_median
from oncospine.evidence.options import options_of_review
from oncospine.evidence.project import Review
from oncospine.evidence.review_synthesis import Synthesis
from oncospine.strategy.options import option_tables

CITED = ("prisma2020", "guyot2012", "heinze2001", "murad2018", "iorio2015", "hair2023")
"""Methods named in the report."""


def report(folder: Path) -> Path:
    """Compute the review in `folder`, draw its figures and write results/report.html."""
    result, figures = pool(folder)
    return write_report(Review(folder), result, figures)


def write_report(review: Review, result: Synthesis, figures: Sequence[FigureFiles]) -> Path:
    """Write results/report.html: the same review gives the same bytes. Figures are inside the file."""
    import jinja2

    template = (files("oncospine.evidence") / "data" / "report.html.j2").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    groups = set(review.protocol.histologies.values())
    group = groups.pop() if len(groups) == 1 else ""
    drawn = {item.svg.stem: _inline(item.svg) for item in figures}
    screened = stage_state(review, "screening")
    text = environment.from_string(template).render(
        protocol=review.protocol,
        imports=review.imports,
        duplicates=review.unique,
        agreement=screened.agreement,
        reviewers=screened.reviewers,
        result=result,
        figures=drawn,
        median=printed_median,
        citations=[citation(key) for key in CITED],
        n_patients=len(result.cases.readable),
        options=[item for item in options_of_review(brief_of(review, result), group=group) if item.certainty],
        titles={table.id: table.title for table in option_tables()},
        group=group.replace("_", " "),
    )
    path = review.folder / "results" / "report.html"
    write_atomically(path, text)
    return path


def _inline(path: Path) -> str:
    """An SVG as a data address: embedded, and unable to run anything."""
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
