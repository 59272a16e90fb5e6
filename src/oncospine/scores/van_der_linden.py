"""van der Linden score (2005)."""

from __future__ import annotations

from oncospine.scores.additive import scored
from oncospine.scores.score import Score


def van_der_linden(
    *,
    kps: object | None = None,
    histology: object | None = None,
    visceral: object | None = None,
) -> Score:
    """van der Linden, 0 to 6, higher is better (Cancer 2005;103:320)."""
    given = {"kps": kps, "histology": histology, "visceral": visceral}
    return scored("van_der_linden", given)
