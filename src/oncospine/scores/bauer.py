"""Bauer score, original (1995) and modified (Leithner 2008)."""

from __future__ import annotations

from oncospine.scores.additive import scored
from oncospine.scores.score import Score


def modified_bauer(
    *,
    visceral: object | None = None,
    bone_metastases: object | None = None,
    histology: object | None = None,
) -> Score:
    """Modified Bauer, 0 to 4, higher is better (Eur Spine J 2008;17:1488)."""
    given = {"visceral": visceral, "bone_metastases": bone_metastases, "histology": histology}
    return scored("modified_bauer", given)


def original_bauer(
    *,
    visceral: object | None = None,
    bone_metastases: object | None = None,
    histology: object | None = None,
    pathological_fracture: object | None = None,
) -> Score:
    """Original Bauer, 0 to 5, higher is better."""
    given = {
        "visceral": visceral, "bone_metastases": bone_metastases, "histology": histology,
        "pathological_fracture": pathological_fracture,
    }  # fmt: skip
    return scored("original_bauer", given)
