"""Tomita prognostic score (2001): not the surgical classification."""

from __future__ import annotations

from oncospine.scores.additive import scored
from oncospine.scores.score import Score


def tomita(
    *,
    histology: object | None = None,
    visceral: object | None = None,
    bone_metastases: object | None = None,
) -> Score:
    """Tomita, 2 to 10, higher is worse (Spine 2001;26:298)."""
    given = {"histology": histology, "visceral": visceral, "bone_metastases": bone_metastases}
    return scored("tomita", given)
