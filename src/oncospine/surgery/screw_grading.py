"""Published grades predicted for a planned screw: Gertzbein-Robbins, Heary, Neo."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine
from oncospine.surgery.bone_field import BoneField
from oncospine.surgery.screw import Gertzbein, Margins, PredictedGrade, Screw, Wall
from oncospine.surgery.screw_measure import WALL_ORDER, half_voxel_mm, screw_surface
from oncospine.surgery.sizes import ScrewRules


def predicted_grade(
    field: BoneField, spine: Spine, screw: Screw, *, margins: Margins, touches: tuple[str, ...], rules: ScrewRules
) -> PredictedGrade:
    """Grades of a screw from its margins; what it touches decides Heary 5."""
    halves = _half_voxels(field, spine, screw)
    known = {wall: margin for wall in Wall if (margin := margins.of(wall)) is not None}
    if not known:
        return PredictedGrade(
            gertzbein=Gertzbein.E,
            at_worst=Gertzbein.E,
            breach_mm=0.0,
            breach_wall=None,
            heary=None,
            neo=None,
            uncertainty_mm=max(halves.values()),
            reason="the screw does not pass through the pedicle",
        )
    breaches = {wall: max(-margin, 0.0) for wall, margin in known.items()}
    counted = {wall: breach if breach > halves[wall] else 0.0 for wall, breach in breaches.items()}
    worst = {wall: max(halves[wall] - margin, 0.0) for wall, margin in known.items()}
    widest = max(breaches, key=lambda wall: breaches[wall])
    largest = max(counted.values())
    return PredictedGrade(
        gertzbein=gertzbein_grade(largest, rules),
        at_worst=gertzbein_grade(max(worst.values()), rules),
        breach_mm=breaches[widest],
        breach_wall=widest if breaches[widest] > 0 else None,
        heary=_heary(screw, counted, margins, max(halves.values()), touches, rules),
        neo=neo_grade(largest, screw.diameter_mm, rules) if screw.level in rules.neo_levels else None,
        uncertainty_mm=max(halves[wall] for wall in known),
        reason=_reason(widest, breaches[widest], halves[widest]),
    )


def gertzbein_grade(breach_mm: float, rules: ScrewRules) -> Gertzbein:
    """Grade of a breach (0 for none); half-open bands, the upper limit belongs to the next grade."""
    if breach_mm <= 0:
        return Gertzbein.A
    for letter, limit in sorted(rules.gertzbein_below_mm.items()):
        if breach_mm < limit:
            return Gertzbein(letter)
    return Gertzbein.E


def neo_grade(breach_mm: float, diameter_mm: float, rules: ScrewRules) -> int:
    """Neo's grade 0-3; grade 1 is also less than half the screw's diameter."""
    if breach_mm <= 0:
        return 0
    for grade, limit in sorted(rules.neo_below_mm.items()):
        if breach_mm < limit and (grade != "1" or breach_mm < diameter_mm / 2):
            return int(grade)
    return 3


def _heary(
    screw: Screw,
    breaches: Mapping[Wall, float],
    margins: Margins,
    half_voxel: float,
    touches: tuple[str, ...],
    rules: ScrewRules,
) -> int | None:
    """Heary's grade; None outside the thoracic spine and for a superior breach alone, which the scale does not name."""
    if screw.level not in rules.heary_levels:
        return None
    if touches:
        return 5
    if breaches.get(Wall.MEDIAL, 0) > 0 or breaches.get(Wall.INFERIOR, 0) > 0:
        return 4
    if min(margins.anterior_mm or 0.0, margins.tip_mm or 0.0) < -half_voxel:
        return 3
    if breaches.get(Wall.LATERAL, 0) > 0:
        return 2
    return None if breaches.get(Wall.SUPERIOR, 0) > 0 else 1


def _half_voxels(field: BoneField, spine: Spine, screw: Screw) -> dict[Wall, float]:
    """Half a voxel towards each wall."""
    samples = screw_surface(field, screw)
    outward: NDArray[np.float64] = samples.outward @ field.frame.axes
    halves = half_voxel_mm(spine, outward)
    quarter_turn = len(outward) // len(WALL_ORDER)
    return {wall: float(halves[index * quarter_turn]) for index, wall in enumerate(WALL_ORDER)}


def _reason(wall: Wall, breach_mm: float, half_mm: float) -> str:
    if breach_mm <= 0:
        return f"inside the pedicle; the nearest voxel border is uncertain by {half_mm:.1f} mm"
    if breach_mm <= half_mm:
        return f"{breach_mm:.1f} mm outside the {wall} wall, within half a voxel ({half_mm:.1f} mm): counted as none"
    return f"{breach_mm:.1f} mm outside the {wall} wall (half a voxel: {half_mm:.1f} mm)"
