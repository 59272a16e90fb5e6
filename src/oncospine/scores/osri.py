"""Oswestry Spinal Risk Index (Balain 2013); the pathology table is not verified."""

from __future__ import annotations

from oncospine.scores.additive import scored
from oncospine.scores.score import Score


def osri(
    *,
    histology: object | None = None,
    kps: object | None = None,
    allow_unverified: bool = False,
) -> Score:
    """OSRI = PTP + (2 - GC), 1 to 7, higher is worse; has to be asked for, because PTP is not verified."""
    given = {"histology": histology, "kps": kps, "allow_unverified": allow_unverified}
    return scored("osri", given)
