"""Inputs of the surgery tests: a vertebra whose pedicles are tubes, asymmetric phantoms, the real case."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from oncospine.anatomy import Part, Spine, spine_from_labels
from oncospine.base import Level, Side, parse_levels
from oncospine.geometry import Mask, Volume
from oncospine.imaging import LabelMap, Scan, Structure, StructureKind
from oncospine.lesion import Findings, LevelFinding, PartInvolvement
from oncospine.phantom import (
    BonePiece,
    EpiduralPiece,
    ParavertebralPiece,
    Phantom,
    PhantomSpec,
    TumourSpec,
    make_phantom,
    mirrored,
)
from oncospine.surgery import Margins, PlannedScrew, ScrewPath
from shared_samples import ct_findings, ct_spine, real_findings, real_scan, real_spine

TUMOUR = TumourSpec(
    bone=(
        BonePiece(level=Level.T3, fraction=0.7, centre=(-0.4, -0.4, -0.2)),
        BonePiece(level=Level.T3, part="pedicle left", fraction=0.9),
        BonePiece(level=Level.T4, fraction=0.3, centre=(-0.3, -0.5, 0.4)),
    ),
    epidural=(EpiduralPiece(level=Level.T3, thickness_mm=7.0, length_mm=24.0, clock_deg=340.0, offset_mm=3.0),),
    paravertebral=(ParavertebralPiece(level=Level.T3, side=Side.LEFT),),
)
"""A mass in T3 and T4 on the left, in front of the sac and beside the bodies."""

SPEC = PhantomSpec(levels=parse_levels("T1-T6"), voxel_mm=(1.0, 1.0, 1.25), seed=11, tumour=TUMOUR)


@cache
def phantom() -> Phantom:
    return make_phantom(SPEC)


@cache
def intact() -> Phantom:
    """The same person without the tumour."""
    from dataclasses import replace

    return make_phantom(replace(SPEC, tumour=None, thorax=False))


spine_of, findings_of = ct_spine, ct_findings
"""Of a phantom, as CT sees it."""


@cache
def patient() -> tuple[Spine, Findings, Scan]:
    """Spine, findings and scan of the phantom with the tumour."""
    spine = spine_of(phantom())
    return spine, findings_of(phantom(), spine), phantom().scan


@cache
def other_side() -> tuple[Spine, Findings, Scan]:
    """The mirrored patient."""
    found = mirrored(phantom())
    spine = spine_of(found)
    return spine, findings_of(found, spine), found.scan


@cache
def intact_spine() -> Spine:
    return spine_of(intact())


@cache
def intact_other_side() -> Spine:
    return spine_of(mirrored(intact()))


@cache
def real_case() -> tuple[Spine, Findings, Scan]:
    """The real chest CT with a simulated tumour of T3-T4; skips where the data are absent."""
    return real_spine(), real_findings(), real_scan()


LEFT_TUBE = (2.6, 24.0, 8.0)
RIGHT_TUBE = (3.1, 15.0, 14.0)
"""Pedicles of the tube vertebra: radius (mm), convergence and caudal slope (degrees)."""


@cache
def tube_spine(voxel_mm: tuple[float, float, float] = (0.6, 0.6, 0.6)) -> Spine:
    """One vertebra (T6) with straight round pedicles of known radius and direction, never symmetric.

    Its canal is a round hole of radius `CANAL_RADIUS_MM` through an arch `ARCH_MM` thick.
    """
    reach = np.array([45.0, 50.0, 26.0])
    axes = [np.arange(-extent, extent + step / 2, step) for extent, step in zip(reach, voxel_mm, strict=True)]
    r, a, s = np.meshgrid(*axes, indexing="ij")
    label = np.where(_tube_bone(r, a, s), np.uint8(1), np.uint8(0))
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = -reach
    return spine_from_labels([_one_vertebra(Volume(label, affine))], modality="CT")


CANAL_RADIUS_MM = 9.0
ARCH_MM = 5.0


def _one_vertebra(volume: Volume) -> LabelMap:
    return LabelMap(
        volume=volume,
        structures={1: Structure(kind=StructureKind.VERTEBRA, level=Level.T6)},
        convention="test",
    )


def _tube_bone(r: np.ndarray, a: np.ndarray, s: np.ndarray) -> np.ndarray:
    """True inside the bone; the canal's axis is r = a = 0, along s."""
    body = ((r - 0.5) / 15.0) ** 2 + ((a - 19.0) / 11.5) ** 2 <= 1
    body &= np.abs(s) <= 9.5
    radius = np.hypot(r, a)
    arch = (radius >= CANAL_RADIUS_MM) & (radius <= CANAL_RADIUS_MM + ARCH_MM) & (a < 1.0) & (np.abs(s + 1) <= 9)
    spinous = (np.abs(r) <= 2.5) & (a < -CANAL_RADIUS_MM - 1) & (a > -38) & (np.abs(s + 3) <= 6)
    transverse = (np.abs(r) >= 11) & (np.abs(r) <= 30) & (a < 0) & (a > -7) & (np.abs(s - 1) <= 5)
    bone = body | arch | spinous | transverse
    for side, (tube, convergence, slope) in ((Side.LEFT, LEFT_TUBE), (Side.RIGHT, RIGHT_TUBE)):
        way = tube_direction(side, convergence, slope)
        point = tube_point(side)
        offset = np.stack([r, a, s], axis=-1) - point
        along = offset @ way
        across = np.linalg.norm(offset - along[..., None] * way, axis=-1)
        bone |= (across <= tube) & (along >= -12) & (along <= 14)
    hole = (radius < CANAL_RADIUS_MM) & (a < 6)
    return bone & ~hole


def tube_direction(side: Side, convergence_deg: float, slope_deg: float) -> np.ndarray:
    across, down = np.tan(np.radians([convergence_deg, slope_deg]))
    way = np.array([-side.sign * across, 1.0, -down])
    return way / np.linalg.norm(way)


def tube_point(side: Side) -> np.ndarray:
    """A point of the axis of a tube, beside the canal."""
    return np.array([side.sign * (13.4 if side is Side.LEFT else 13.2), 3.0, 1.5 if side is Side.LEFT else 0.5])


def planned(level: Level, side: Side, **changes: object) -> PlannedScrew:
    """A planned screw with plausible values, for what only counts screws."""
    entry = np.array([side.sign * 15.0, -20.0, -20.0 * level.order])
    margins = Margins(
        medial_mm=1.0,
        lateral_mm=1.0,
        superior_mm=2.0,
        inferior_mm=2.0,
        body_mm=3.0,
        anterior_mm=6.0,
        canal_mm=1.0,
    )
    values = {
        "path": ScrewPath.INTRAPEDICULAR,
        "entry_mm": entry,
        "tip_mm": entry + np.array([-side.sign * 10.0, 28.0, -2.0]),
        "diameter_mm": 4.5,
        "length_mm": 30.0,
        "margins": margins,
        **changes,
    }
    return PlannedScrew(level=level, side=side, **values)  # type: ignore[arg-type]


def refused(level: Level, side: Side, reason: str = "the pedicle is too thin") -> PlannedScrew:
    return PlannedScrew(level=level, side=side, refusal=reason)


def involvement(level: Level, **fractions: float) -> LevelFinding:
    """A finding of one level from fractions of its parts: `body=0.7, pedicle_left=0.9`."""
    parts = {
        Part(name.replace("_", " ")): PartInvolvement(volume_ml=2.0 * f, fraction=f) for name, f in fractions.items()
    }
    return LevelFinding(
        level=level,
        parts=parts,
        bone_ml=sum(part.volume_ml for part in parts.values()),
        bone_fraction=0.3,
        epidural_ml=1.0,
        paravertebral_ml={},
    )


def with_tumour_where(spine: Spine, inside: np.ndarray) -> Mask:
    """A tumour mask on the spine's grid."""
    return Mask(np.ascontiguousarray(inside), spine.grid.affine)


INDEX_FINDINGS: Mapping[Level, LevelFinding] = {
    Level.T3: involvement(Level.T3, body=0.7, pedicle_left=0.9, pedicle_right=0.6),
    Level.T4: involvement(Level.T4, body=0.6, pedicle_left=0.8),
}
"""The published case: T3 and T4 destroyed."""


SHELL_MM = (9.0, 14.0)
"""Inner and outer radius of the ring of bone of the ideal canal."""

LAMINA_HALF_DEG = 60.0
"""The ideal lamina reaches this far to each side of straight posterior; the rest of the ring is pedicle and body."""


@cache
def ideal_spine() -> Spine:
    """A straight ring of bone around a straight canal: level T6, lamina behind, no process, no sac label."""
    from dataclasses import replace

    from oncospine.geometry import Frame, Polyline

    real = tube_spine()
    step, reach = 0.5, np.array([30.0, 40.0, 12.0])
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = -reach
    axes = [np.arange(-extent, extent + step / 2, step) for extent in reach]
    r, a, _ = np.meshgrid(*axes, indexing="ij")
    radius = np.hypot(r, a)
    ring = (radius >= SHELL_MM[0]) & (radius <= SHELL_MM[1])
    behind = np.degrees(np.arctan2(np.abs(r), -a)) <= LAMINA_HALF_DEG
    parts = np.where(behind & (r < 0), Part.LAMINA_LEFT.code, Part.LAMINA_RIGHT.code)
    parts = np.where(behind, parts, np.where(a > 4, Part.BODY.code, Part.PEDICLE_RIGHT.code))
    arc = np.arange(0.0, 20.5, 1.0)
    frames = tuple(Frame(np.array([0.0, 0.0, 10.0 - along]), np.eye(3)) for along in arc)
    shape = (len(arc), 72)
    canal = replace(
        real.canal,
        centreline=Polyline(np.array([[0.0, 0.0, 10.0], [0.0, 0.0, -10.0]])),
        step_mm=1.0,
        frames=frames,
        arc_mm=arc,
        levels=(Level.T6,) * len(arc),
        radii_mm=np.full(shape, SHELL_MM[0]),
        walled=np.ones(shape, bool),
        mask=Mask(radius < SHELL_MM[0], affine),
    )
    vertebra = replace(real.vertebrae[Level.T6], frame=Frame(np.zeros(3), np.eye(3)), canal_mm=np.zeros(3))
    return replace(
        real,
        grid=canal.mask.grid,
        level_codes=np.where(ring, np.uint8(Level.T6.code), np.uint8(0)),
        part_codes=np.where(ring, parts, 0).astype(np.uint8),
        other_codes=np.zeros(ring.shape, np.uint8),
        other_structures={},
        vertebrae={Level.T6: vertebra},
        canal=canal,
        tubes=(),
    )


def points_of(spine: Spine) -> np.ndarray:
    """World points of all voxels of the spine's grid."""
    return spine.grid.to_world(np.stack(np.meshgrid(*map(np.arange, spine.grid.shape), indexing="ij"), axis=-1))
