"""Random phantoms for validation: one number, one patient."""

from __future__ import annotations

import numpy as np

from oncospine.base import Level, Side, parse_levels
from oncospine.phantom.spec import (
    BonePiece,
    EpiduralPiece,
    LesionKind,
    ParavertebralPiece,
    PhantomSpec,
    Posture,
    TumourSpec,
)

VOXELS_MM = ((0.7, 0.7, 1.0), (1.0, 1.0, 1.0), (0.8, 0.8, 1.5), (0.9, 0.9, 2.5), (1.2, 1.2, 1.2))
THORACIC = parse_levels("T1-T12")
FEWEST, MOST = 4, 5
"""How many levels a random phantom shows."""


def random_spec(seed: int, *, tumour: bool = True, thorax: bool = False) -> PhantomSpec:
    """A phantom of T1-T12 drawn from `seed`: levels, person, posture, voxel size and, unless refused, a tumour.

    The tumour lies in one or two inner levels, so that it always has neighbours; any part may be involved, on any side,
    with or without epidural and paravertebral extension, in any direction and grade.
    """
    rng = np.random.default_rng([seed, 505])
    count = int(rng.integers(FEWEST, MOST + 1))
    first = int(rng.integers(0, len(THORACIC) - count + 1))
    levels = THORACIC[first : first + count]
    posture = Posture(
        lean_deg=float(rng.uniform(-20, 40)),
        roll_deg=float(rng.uniform(-12, 12)),
        turn_deg=float(rng.uniform(-15, 15)),
        shift_mm=tuple(rng.uniform(-60, 60, 3).tolist()),
        kyphosis_deg=float(rng.uniform(-6, 10)),
        scoliosis_deg=float(rng.uniform(-12, 12)),
    )
    return PhantomSpec(
        levels=levels,
        voxel_mm=VOXELS_MM[int(rng.integers(len(VOXELS_MM)))],
        seed=seed,
        sex=(None, "female", "male")[int(rng.integers(3))],
        stature_cm=float(rng.uniform(152, 190)),
        asymmetry=float(rng.uniform(0.6, 1.4)),
        posture=posture,
        noise=float(rng.uniform(8, 30)),
        thorax=thorax,
        half_width_mm=48.0,
        tumour=_random_tumour(rng, levels) if tumour else None,
    )


def _random_tumour(rng: np.random.Generator, levels: tuple[Level, ...]) -> TumourSpec:
    inner = levels[1:-1]
    count = int(rng.integers(1, 3))
    first = int(rng.integers(0, len(inner) - count + 1))
    diseased = inner[first : first + count]
    bone = [piece for level in diseased for piece in _random_bone(rng, level)]
    epidural: tuple[EpiduralPiece, ...] = ()
    if rng.random() < 0.8:
        clock = float(rng.normal(0, 45)) if rng.random() < 0.8 else float(rng.normal(180, 30))
        epidural = (
            EpiduralPiece(
                level=diseased[0],
                thickness_mm=float(rng.uniform(1.0, 13.5)),
                length_mm=float(rng.uniform(14, 26) * count),
                clock_deg=clock % 360,
                offset_mm=10.0 * (count - 1) + float(rng.uniform(-3, 3)),
            ),
        )
    beside = tuple(
        ParavertebralPiece(
            level=diseased[int(rng.integers(count))], side=side, half_sizes_mm=tuple(rng.uniform(5, 14, 3).tolist())
        )
        for side in Side
        if rng.random() < 0.35
    )
    kind = (LesionKind.LYTIC, LesionKind.LYTIC, LesionKind.MIXED, LesionKind.BLASTIC)[int(rng.integers(4))]
    return TumourSpec(bone=tuple(bone), epidural=epidural, paravertebral=beside, kind=kind)


def _random_bone(rng: np.random.Generator, level: Level) -> list[BonePiece]:
    centre = rng.uniform(-0.8, 0.8, 3)
    body = BonePiece(level=level, fraction=float(rng.uniform(0.1, 0.95)), centre=tuple(centre.tolist()))
    found = [body] if rng.random() < 0.92 else []
    for part, chance in (("pedicle", 0.4), ("lamina", 0.2), ("articular", 0.15), ("transverse", 0.15)):
        for side in Side:
            if rng.random() < chance:
                found.append(BonePiece(level=level, part=f"{part} {side}", fraction=float(rng.uniform(0.3, 1.0))))
    if rng.random() < 0.15 or not found:
        found.append(BonePiece(level=level, part="spinous", fraction=float(rng.uniform(0.3, 1.0))))
    return found
