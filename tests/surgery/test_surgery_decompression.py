"""Bone removal and the canal before and after, against a ring of bone whose areas and arcs are known by formula."""

from __future__ import annotations

import numpy as np
import pytest
from surgery_samples import (
    LAMINA_HALF_DEG,
    SHELL_MM,
    ideal_spine,
    intact_other_side,
    intact_spine,
    patient,
    points_of,
    with_tumour_where,
)

from oncospine.anatomy import Part
from oncospine.base import InputError, Level, Side, parse_levels, to_json
from oncospine.surgery import (
    Corpectomy,
    FacetRemoval,
    LaminaSide,
    Laminectomy,
    canal_space,
    corpectomy_mask,
    decompression,
    laminectomy_mask,
)

INNER, OUTER = SHELL_MM
WHOLE = Laminectomy(levels=(Level.T6,))


def middle(values: np.ndarray) -> float:
    """The value in the middle of the canal, away from its ends."""
    return float(values[len(values) // 2])


def test_before_anything_is_taken_the_canal_is_the_circle():
    space = canal_space(ideal_spine())
    assert middle(space.area_mm2) == pytest.approx(np.pi * INNER**2, rel=0.01)
    assert middle(space.wall_deg) == 360.0
    assert space.roofed.all()


def test_a_laminectomy_opens_the_wall_over_the_lamina_and_gains_its_sector():
    spine = ideal_spine()
    found = decompression(spine, laminectomy_mask(spine, WHOLE))
    assert middle(found.before.wall_deg - found.after.wall_deg) == pytest.approx(2 * LAMINA_HALF_DEG, abs=10)
    gain = np.radians(2 * LAMINA_HALF_DEG) / 2 * (OUTER**2 - INNER**2)
    assert middle(found.after.area_mm2 - found.before.area_mm2) == pytest.approx(gain, rel=0.12)
    level = found.levels[Level.T6]
    assert level.gain_mm2 == pytest.approx(gain, rel=0.15)
    assert (level.wall_before_deg, level.tumour_before_mm2) == (360.0, 0.0)
    assert level.opened_deg == pytest.approx(2 * LAMINA_HALF_DEG, abs=10)
    assert level.roofed_before_mm == pytest.approx(np.ptp(found.before.arc_mm), abs=2)
    assert level.roofed_after_mm == 0.0


def test_half_a_laminectomy_opens_half_and_gains_half():
    spine = ideal_spine()
    whole = decompression(spine, laminectomy_mask(spine, WHOLE))
    left = decompression(spine, laminectomy_mask(spine, Laminectomy(levels=(Level.T6,), side=LaminaSide.LEFT)))
    right = decompression(spine, laminectomy_mask(spine, Laminectomy(levels=(Level.T6,), side=LaminaSide.RIGHT)))
    gains = [middle(found.after.area_mm2 - found.before.area_mm2) for found in (left, right, whole)]
    assert gains[0] + gains[1] == pytest.approx(gains[2], rel=0.05)
    assert gains[0] == pytest.approx(gains[1], rel=0.1)
    opened = [found.levels[Level.T6].opened_deg for found in (left, right, whole)]
    assert opened[0] + opened[1] == pytest.approx(opened[2], abs=10)
    assert opened[0] == pytest.approx(opened[1], abs=5)


def test_where_no_bone_stood_nothing_is_opened():
    spine = intact_spine()
    level = decompression(spine, laminectomy_mask(spine, Laminectomy(levels=(Level.T3,)))).levels[Level.T3]
    assert 60 <= level.opened_deg <= level.wall_before_deg < 360
    assert level.opened_deg < 180, "the front and the foramina are not opened from behind"


def test_bone_removed_is_counted_voxel_for_voxel():
    spine = intact_spine()
    step = Laminectomy(levels=parse_levels("T2-T4"))
    taken = laminectomy_mask(spine, step)
    roof = [part.code for part in (Part.LAMINA_LEFT, Part.LAMINA_RIGHT, Part.SPINOUS)]
    articular = [part.code for part in (Part.ARTICULAR_LEFT, Part.ARTICULAR_RIGHT)]
    of_levels = np.isin(spine.level_codes, [level.code for level in step.levels])
    wanted = of_levels & np.isin(spine.part_codes, roof)
    assert not (wanted & ~taken.array).any()
    more = taken.array & ~wanted
    assert set(np.unique(spine.part_codes[more])) == set(articular)
    for level in step.levels:
        frame = spine.vertebrae[level].frame.moved_to(spine.vertebrae[level].canal_mm)
        here = (spine.level_codes == level.code) & np.isin(spine.part_codes, articular)
        for array, overhangs in ((more & here, True), (here & ~taken.array, False)):
            lateral = np.abs(frame.to_local(spine.grid.to_world(np.argwhere(array)))[:, 0])
            assert (lateral.max() < 13) if overhangs else (lateral.min() > 6)
    found = decompression(spine, taken)
    assert found.bone_removed_ml == pytest.approx(taken.volume_ml)
    assert sum(level.bone_removed_ml for level in found.levels.values()) == pytest.approx(taken.volume_ml)
    assert found.levels[Level.T5].bone_removed_ml == 0.0


def test_facets_add_bone_medial_less_than_full_and_one_side_leaves_the_other():
    spine = intact_spine()
    levels = (Level.T3,)
    none, medial, full = (laminectomy_mask(spine, Laminectomy(levels=levels, facets=item)) for item in FacetRemoval)
    assert none.volume_ml < medial.volume_ml < full.volume_ml
    assert not (none.array & ~medial.array).any()
    assert not (medial.array & ~full.array).any()
    left = laminectomy_mask(spine, Laminectomy(levels=levels, side=LaminaSide.LEFT, facets=FacetRemoval.FULL))
    parts = set(np.unique(spine.part_codes[left.array]))
    assert parts == {Part.LAMINA_LEFT.code, Part.ARTICULAR_LEFT.code}
    assert Part.SPINOUS.code not in parts


def test_a_corpectomy_takes_the_bodies_and_opens_the_front():
    spine = intact_spine()
    taken = corpectomy_mask(spine, Corpectomy(levels=(Level.T3,)))
    assert set(np.unique(spine.part_codes[taken.array])) == {Part.BODY.code}
    assert set(np.unique(spine.level_codes[taken.array])) == {Level.T3.code}
    found = decompression(spine, taken)
    assert found.levels[Level.T3].gain_mm2 > 20
    assert found.levels[Level.T3].opened_deg > 40
    assert found.levels[Level.T3].roofed_after_mm == found.levels[Level.T3].roofed_before_mm


@pytest.mark.parametrize("more", ["T3-T4", "T2-T4", "T2-T5"])
def test_more_levels_never_leave_less_room(more):
    spine, findings, _ = patient()
    little = laminectomy_mask(spine, Laminectomy(levels=(Level.T3,)))
    much = laminectomy_mask(spine, Laminectomy(levels=parse_levels(more)))
    one = decompression(spine, little, tumour_before=findings.tumour).after
    other = decompression(spine, much, tumour_before=findings.tumour).after
    assert (other.room_mm2 >= one.room_mm2 - 1e-6).all()
    assert (other.wall_deg <= one.wall_deg).all()


def test_taking_nothing_changes_nothing():
    spine, findings, _ = patient()
    nothing = with_tumour_where(spine, np.zeros(spine.grid.shape, bool))
    found = decompression(spine, nothing, tumour_before=findings.tumour)
    assert found.bone_removed_ml == 0.0
    assert np.array_equal(found.before.room_mm2, found.after.room_mm2)
    assert all(level.gain_mm2 == 0 for level in found.levels.values())


def test_tumour_in_front_of_the_centre_is_told_apart():
    spine = ideal_spine()
    points = points_of(spine)
    radius = np.hypot(points[..., 0], points[..., 1])
    ahead = (radius < INNER) & (points[..., 1] > 0)
    space = canal_space(spine, tumour=with_tumour_where(spine, ahead))
    half = np.pi * INNER**2 / 2
    assert middle(space.tumour_mm2) == pytest.approx(half, rel=0.05)
    assert middle(space.ventral_tumour_mm2) == pytest.approx(middle(space.tumour_mm2), rel=0.06)
    assert middle(space.room_mm2) == pytest.approx(half, rel=0.06)
    behind = (radius < INNER) & (points[..., 1] < 0)
    space = canal_space(spine, tumour=with_tumour_where(spine, behind))
    assert middle(space.ventral_tumour_mm2) == pytest.approx(0.0, abs=0.06 * half)


def test_the_mirrored_patient_has_the_same_room():
    one, other = intact_spine(), intact_other_side()
    for side in Side:
        here = decompression(one, laminectomy_mask(one, half(side)))
        there = decompression(other, laminectomy_mask(other, half(side.other)))
        for level in (Level.T2, Level.T3, Level.T4):
            assert here.levels[level].room_after_mm2 == pytest.approx(there.levels[level].room_after_mm2, rel=0.01)
            assert here.levels[level].bone_removed_ml == pytest.approx(there.levels[level].bone_removed_ml, rel=1e-9)


def half(side: Side) -> Laminectomy:
    return Laminectomy(levels=parse_levels("T2-T4"), side=LaminaSide(side.value))


def test_levels_out_of_the_scan_are_told():
    spine = intact_spine()
    with pytest.raises(InputError, match=r"laminectomy: T12 is not labelled in this scan \(it shows T1-T6\)"):
        laminectomy_mask(spine, Laminectomy(levels=(Level.T12,)))
    with pytest.raises(InputError, match="corpectomy: L1 is not labelled"):
        corpectomy_mask(spine, Corpectomy(levels=(Level.L1,)))


def test_a_decompression_is_plain_data():
    spine = ideal_spine()
    assert '"room_after_mm2"' in to_json(decompression(spine, laminectomy_mask(spine, WHOLE)))


def test_bone_taken_at_one_level_changes_no_wall_of_the_canal_elsewhere():
    """Only stations whose rays can meet what was taken are looked at; the others stay to the bit."""
    spine = intact_spine()
    before = canal_space(spine)
    after = decompression(spine, laminectomy_mask(spine, Laminectomy(levels=(Level.T3,)))).after
    arcs = np.array([level is Level.T3 for level in before.levels])
    changed = ~(after.first_bone_mm == before.first_bone_mm).all(axis=1)
    assert changed[arcs].any()
    near = np.flatnonzero(arcs)
    reach = (before.arc_mm >= before.arc_mm[near[0]] - 40) & (before.arc_mm <= before.arc_mm[near[-1]] + 40)
    assert not changed[~reach].any()
    np.testing.assert_array_equal(after.radii_mm[~changed], before.radii_mm[~changed])
