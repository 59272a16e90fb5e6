"""Lateral mass screws: in bone, away from the canal, mirrored with the patient; at C7 where the pedicle is lost."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from oncospine.anatomy import Part, Spine, sided, spine_from_labels
from oncospine.base import Level, Side, citation, parse_levels
from oncospine.geometry import Mask
from oncospine.phantom import Phantom, PhantomSpec, make_phantom, mirrored
from oncospine.surgery import (
    Screw,
    ScrewPath,
    evaluate,
    graded_screw,
    parse_operation,
    plan_screws,
    screw_sites,
)
from oncospine.surgery.bone_field import SOLID, BoneField, bone_field
from oncospine.surgery.lateral_mass import lateral_mass_rules, lateral_mass_screw
from oncospine.surgery.screw_assessment import graded_mass_screw

RULES = lateral_mass_rules()


@cache
def neck() -> tuple[Phantom, Spine]:
    found = make_phantom(PhantomSpec(levels=parse_levels("C4-T1"), voxel_mm=(0.6, 0.6, 0.8), seed=3, thorax=False))
    return found, spine_from_labels([found.labels], modality="CT")


def both(*levels: Level):
    return [(level, side) for level in levels for side in Side]


@pytest.fixture(scope="module")
def screws():
    return plan_screws(neck()[1], both(*parse_levels("C5-C6")))


def test_above_c7_screws_go_into_the_lateral_mass_outwards_and_not_into_the_pedicle(screws):
    assert all(screw.is_planned for screw in screws)
    for screw in screws:
        assert screw.path is ScrewPath.LATERAL_MASS
        assert RULES.lateral_deg[0] <= -screw.convergence_deg + 1e-6 <= RULES.lateral_deg[1] + 1e-3
        assert screw.caudal_deg <= 1e-6
        assert screw.diameter_mm == 3.5
        assert min(abs(screw.length_mm - size) for size in RULES.lengths_mm) < 1e-9
        assert screw.grade is None
        assert any("not graded by the scales for pedicle screws" in note for note in screw.notes)
        assert any("not verified" in note for note in screw.notes)


def test_they_stay_in_bone_and_away_from_the_canal(screws):
    for screw in screws:
        field = bone_field(neck()[1], screw.level)
        solid = screw.screw()
        along = np.linspace(1.0, solid.length_mm, 40)
        points = field.frame.to_local(solid.entry_mm + along[:, None] * solid.direction)
        assert (field.occupancy_at(points) > SOLID).all()
        assert screw.margins.canal_mm >= RULES.canal_margin_mm - 0.4  # the surface is sampled, its axis is judged
        assert screw.margins.anterior_mm >= RULES.short_of_cortex_mm - 0.5
        assert screw.touches == ()


def test_the_limit_of_a_pedicles_width_is_not_said_of_them(screws):
    mine = screws[0]
    site = screw_sites(neck()[1], [(mine.level, mine.side)])[mine.level, mine.side]
    wide = replace(mine.screw(), diameter_mm=7.5)
    assert any("wall fracture is more likely" in note for note in graded_screw(site, wide).notes)
    assert not any("wall fracture is more likely" in note for note in graded_mass_screw(site, wide).notes)


def test_they_mirror_with_the_patient(screws):
    found, spine = neck()
    other = spine_from_labels([mirrored(found).labels], modality="CT")
    flipped = plan_screws(other, [(screw.level, screw.side.other) for screw in screws])
    middle = 2 * float(found.scan.grid.to_world((np.asarray(found.scan.grid.shape) - 1) / 2)[0])
    for one, two in zip(screws, flipped, strict=True):
        assert two.side is one.side.other
        for name in ("entry_mm", "tip_mm"):
            assert np.allclose(getattr(one, name) * [-1, 1, 1] + [middle, 0, 0], getattr(two, name), atol=1e-3)
    assert spine.levels == other.levels


def slab(thickness_mm: float, *, half_width_mm: float = 15.0) -> BoneField:
    """A plate of bone as lateral mass on the right, its faces straight across; the canal far away."""
    real = bone_field(neck()[1], Level.C5)
    step, shape = 0.5, (121, 81, 81)
    first = np.array([-30.0, -30.0, -20.0])
    r, a, s = (first[axis] + step * np.arange(shape[axis]) for axis in range(3))
    inside = (np.abs(r - 15) <= half_width_mm)[:, None, None] & (np.abs(s) <= 15)[None, None, :]
    inside = inside & ((a >= -20) & (a <= -20 + thickness_mm))[None, :, None]
    grid = np.stack(np.meshgrid(r, a, s, indexing="ij"), axis=-1)
    edge = inside ^ (inside & np.roll(inside, 1, 0) & np.roll(inside, -1, 0) & np.roll(inside, 1, 1)
                     & np.roll(inside, -1, 1) & np.roll(inside, 1, 2) & np.roll(inside, -1, 2))  # fmt: skip
    surface = np.vstack([grid[edge], [[0.0, 0.0, 0.0]]])
    faces = np.zeros(len(surface), bool)
    faces[-1] = True
    return replace(
        real,
        first_mm=first,
        step_mm=step,
        parts=np.where(inside, np.uint8(Part.ARTICULAR_RIGHT.code), np.uint8(0)),
        occupancy=inside.astype(np.float32),
        surface_mm=surface,
        faces_canal=faces,
    )


@pytest.mark.parametrize("thickness", [10.0, 12.0, 14.5])
def test_through_a_plate_the_longest_screw_of_all_angles_is_found(thickness):
    found = lateral_mass_screw(slab(thickness), Side.RIGHT)
    out, up = np.tan(np.radians([RULES.lateral_deg[1], RULES.up_deg[1]]))
    path = (thickness + 0.5) * np.sqrt(1 + out**2 + up**2)
    fits = [size for size in RULES.lengths_mm if size <= path - RULES.short_of_cortex_mm]
    assert found.screw.length_mm == pytest.approx(max(fits))
    assert found.ahead_mm >= RULES.short_of_cortex_mm
    assert found.screw.diameter_mm == RULES.diameter_mm


def test_too_thin_and_too_narrow_a_mass_are_refused_with_their_figures():
    thin = lateral_mass_screw(slab(5.0), Side.RIGHT)
    assert thin.screw is None
    assert "mm thick along the best axis: the shortest screw is 10 mm" in thin.refusal
    narrow = lateral_mass_screw(slab(12.0, half_width_mm=1.2), Side.RIGHT)
    assert narrow.screw is None
    assert "lateral mass of C5" in narrow.refusal
    missing = lateral_mass_screw(slab(12.0), Side.LEFT)
    assert "no posterior face of the left lateral mass of C5" in missing.refusal


def tumour_in(level: Level, side: Side, part: str) -> Mask:
    spine = neck()[1]
    where = (spine.level_codes == level.code) & (spine.part_codes == sided(part, side).code)
    return Mask(where, spine.grid.affine)


def test_at_c7_the_pedicle_comes_first_and_the_mass_where_the_pedicle_is_lost():
    spine = neck()[1]
    pedicles = plan_screws(spine, both(Level.C7))
    assert all(screw.path is ScrewPath.INTRAPEDICULAR for screw in pedicles)
    pedicle = tumour_in(Level.C7, Side.LEFT, "pedicle")
    front = spine.grid.to_world(np.argwhere(pedicle.array))[:, 1]
    eaten = np.zeros_like(pedicle.array)
    eaten[tuple(np.argwhere(pedicle.array)[front > np.median(front)].T)] = True
    left, right = plan_screws(spine, both(Level.C7), tumour=Mask(eaten, pedicle.affine))
    assert left.path is ScrewPath.LATERAL_MASS
    assert left.notes[0].startswith("lateral mass screw, because the pedicle takes none: ")
    assert "F-14" in left.notes[0]
    assert right.path is ScrewPath.INTRAPEDICULAR


def test_a_mass_eaten_by_tumour_is_refused():
    spine = neck()[1]
    gone = tumour_in(Level.C5, Side.RIGHT, "articular").array | tumour_in(Level.C5, Side.RIGHT, "lamina").array
    left, right = plan_screws(spine, both(Level.C5), tumour=Mask(gone, spine.grid.affine))
    assert left.is_planned
    assert not right.is_planned
    assert "right lateral mass of C5" in right.refusal


def test_a_surgeons_own_mass_screw_is_measured_where_it_stands():
    spine = neck()[1]
    (mine,) = plan_screws(spine, [(Level.C5, Side.LEFT)])
    site = screw_sites(spine, [(Level.C5, Side.LEFT)])[Level.C5, Side.LEFT]
    deeper = mine.screw().direction * 3.0
    own = Screw(level=Level.C5, side=Side.LEFT, entry_mm=mine.entry_mm, tip_mm=mine.tip_mm + deeper, diameter_mm=3.5)
    graded = graded_mass_screw(site, own)
    assert graded.margins.anterior_mm == pytest.approx(mine.margins.anterior_mm - 3.0, abs=0.11)
    assert graded.path is ScrewPath.SURGEON
    entry, target = own.entry_mm.round(4).tolist(), own.tip_mm.round(4).tolist()
    text = (
        "title: x\nstages:\n  - title: one\n    approach: A-LAM\n    fixation: {levels: C5-C6, screws: "
        f"[{{level: C5, side: left, entry_mm: {entry}, target_mm: {target}, diameter_mm: 3.5}}]}}\n"
    )
    done = evaluate(parse_operation(text), spine, None)
    found = next(screw for screw in done.screws if screw.name == "C5 left")
    assert found.grade is None
    assert found.margins.anterior_mm == pytest.approx(graded.margins.anterior_mm, abs=0.11)
    assert len(done.stages[0].rods) == 2


def test_the_rules_say_where_they_come_from():
    assert not RULES.source.verification.is_verified
    assert all(citation(key) for key in RULES.source.citations)
    assert parse_levels("C3-C7") == RULES.levels
