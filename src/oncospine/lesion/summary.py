"""`Findings` as plain data: the tumour part of findings.json."""

from __future__ import annotations

from typing import Any

from oncospine.lesion.extent_findings import TubeDistance
from oncospine.lesion.findings import CompressionProfile, Findings, LevelFinding
from oncospine.lesion.impression import impression


def findings_summary(findings: Findings) -> dict[str, Any]:
    """Volumes, involvement, compression, ESCC, shapes and density; no voxels."""
    return {
        "impression": impression(findings),
        "volume_ml": findings.volume_ml,
        "compartments_ml": findings.compartment_ml,
        "involved_levels": findings.involved_levels,
        "distribution": findings.distribution,
        "dominant_side": findings.dominant_side,
        "side_reason": findings.side_reason,
        "levels": {level: _level(found) for level, found in findings.levels.items()},
        "worst": findings.worst,
        "escc": findings.escc,
        "below_the_conus": findings.cauda,
        "wbb": findings.wbb,
        "tomita": findings.tomita,
        "pieces": findings.pieces,
        "breaches": findings.breaches,
        "discs": findings.discs,
        "foramina": findings.foramina,
        "ribs": findings.ribs,
        "contacts": findings.contacts,
        "distances": [_distance(item) for item in findings.distances],
        "posterolateral": findings.posterolateral,
        "body_shape": findings.shapes,
        "bone_density": findings.density,
        "compression_profile": _profile(findings.profile),
        "notes": findings.notes,
    }


def _level(found: LevelFinding) -> dict[str, Any]:
    return {
        "involved_parts": found.involved_parts,
        "bone_ml": found.bone_ml,
        "bone_fraction": found.bone_fraction,
        "body_fraction": found.body_fraction,
        "parts": found.parts,
        "epidural_ml": found.epidural_ml,
        "paravertebral_ml": found.paravertebral_ml,
    }


def _distance(found: TubeDistance) -> dict[str, Any]:
    return {
        "tube": found.tube,
        "least_mm": found.least_mm,
        "error_mm": found.error_mm,
        "overlap_ml": found.overlap_ml,
        "within_ml": found.within_ml,
    }


def _profile(profile: CompressionProfile) -> dict[str, Any]:
    return {
        "arc_mm": profile.arc_mm,
        "level": profile.levels,
        "canal_mm2": profile.canal_mm2,
        "tumour_mm2": profile.tumour_mm2,
        "sac_mm2": profile.sac_mm2,
        "cord_mm2": profile.cord_mm2,
        "canal_occupation": profile.canal_occupation,
        "sac_occupation": profile.sac_occupation,
        "circumference_deg": profile.circumference,
        "thickness_mm": profile.thickness_mm,
        "direction_deg": profile.direction_deg,
    }
