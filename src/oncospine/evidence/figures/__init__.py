"""Figures of a review: flow, forest, survival, incidence, swimmer, recall; SVG, PNG and the numbers beside them."""

from oncospine.evidence.figures.canvas import FigureFiles
from oncospine.evidence.figures.curves import draw_incidence, draw_recall, draw_survival, printed_median
from oncospine.evidence.figures.flow import draw_flow
from oncospine.evidence.figures.forest import draw_forest
from oncospine.evidence.figures.swimmer import draw_swimmer

__all__ = [
    "FigureFiles",
    "draw_flow",
    "draw_forest",
    "draw_incidence",
    "draw_recall",
    "draw_survival",
    "draw_swimmer",
    "printed_median",
]
