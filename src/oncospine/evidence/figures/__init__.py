"""Figures of a review: flow, forest, survival, incidence, swimmer, recall; SVG, PNG and the numbers beside them."""
