"""Revised Tokuhashi score (2005), and the original one (1990), which is not verified."""

from __future__ import annotations

from oncospine.scores.additive import scored
from oncospine.scores.score import Score


def revised_tokuhashi(
    *,
    kps: object | None = None,
    extraspinal_bone_foci: object | None = None,
    vertebral_metastases: object | None = None,
    visceral: object | None = None,
    frankel: object | None = None,
    histology: object | None = None,
) -> Score:
    """Revised Tokuhashi, 0 to 15, higher is better (Spine 2005;30:2186). The 0-8 band is pessimistic today."""
    given = {
        "kps": kps,
        "extraspinal_bone_foci": extraspinal_bone_foci,
        "vertebral_metastases": vertebral_metastases,
        "visceral": visceral,
        "frankel": frankel,
        "histology": histology,
    }
    return scored("revised_tokuhashi", given)


def original_tokuhashi(
    *,
    general_condition: object | None = None,
    extraspinal_bone_foci: object | None = None,
    vertebral_metastases: object | None = None,
    visceral: object | None = None,
    palsy: object | None = None,
    histology: object | None = None,
    allow_unverified: bool = False,
) -> Score:
    """Original Tokuhashi, 0 to 12, higher is better; its table was not verified, so it has to be asked for."""
    given = {
        "general_condition": general_condition, "extraspinal_bone_foci": extraspinal_bone_foci,
        "vertebral_metastases": vertebral_metastases, "visceral": visceral, "palsy": palsy, "histology": histology,
        "allow_unverified": allow_unverified,
    }  # fmt: skip
    return scored("original_tokuhashi", given)
