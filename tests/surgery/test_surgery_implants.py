"""Cage and rods: sizes against known gaps, bends against known angles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surgery_samples import intact, intact_other_side, intact_spine, planned, points_of, refused, with_tumour_where

from oncospine.base import Level, Side, parse_levels
from oncospine.surgery import CageStep, Corpectomy, cross_connector, plan_screws, planned_cage, planned_rods
from oncospine.surgery.rods import head_mm

T34 = Corpectomy(levels=parse_levels("T3-T4"))


def true_gap() -> float:
    """Distance between the lower endplate centre of T2 and the upper of T5, from the phantom's own model."""
    above, below = intact().truth.vertebrae[Level.T2], intact().truth.vertebrae[Level.T5]
    half = [(item.anterior_height_mm + item.posterior_height_mm) / 4 for item in (above, below)]
    top = np.array(above.origin_mm) - half[0] * np.array(above.superior)
    bottom = np.array(below.origin_mm) + half[1] * np.array(below.superior)
    return float(np.linalg.norm(top - bottom))


def test_the_gap_of_a_corpectomy_is_that_of_the_phantom():
    cage = planned_cage(intact_spine(), T34, CageStep())
    assert (cage.above, cage.below) == (Level.T2, Level.T5)
    assert cage.gap_mm == pytest.approx(true_gap(), abs=1.5)
    assert cage.height_mm == np.floor(cage.gap_mm)
    assert 0 < cage.bearing_share < 1
    assert np.linalg.norm(cage.upper_mm - cage.lower_mm) == pytest.approx(cage.height_mm)
    assert cage.refusal is None


def test_the_cage_stands_in_the_midline_of_both_endplates():
    spine = intact_spine()
    cage = planned_cage(spine, T34, CageStep())
    for level, point in ((Level.T2, cage.upper_mm), (Level.T5, cage.lower_mm)):
        assert abs(spine.vertebrae[level].frame.to_local(point)[0]) < 2.5


@pytest.mark.parametrize(("extra", "refused"), [(-3.0, False), (4.9, False), (5.1, True), (30.0, True)])
def test_a_cage_taller_than_gap_and_distraction_is_refused(extra, refused):
    gap = planned_cage(intact_spine(), T34, CageStep()).gap_mm
    cage = planned_cage(intact_spine(), T34, CageStep(height_mm=gap + extra))
    assert (cage.refusal is not None) is refused
    if refused:
        assert "taller than the gap" in cage.refusal
        assert cage.height_mm is None


def test_a_footprint_wider_than_the_endplates_is_refused():
    cage = planned_cage(intact_spine(), T34, CageStep(footprint_mm=30.0))
    assert "wider than the endplates allow" in cage.refusal
    assert planned_cage(intact_spine(), T34, CageStep(footprint_mm=10.0)).footprint_mm == 10.0


def test_an_endplate_on_tumour_is_refused_by_f13():
    spine = intact_spine()
    plate = spine.vertebrae[Level.T5].upper_endplate.plane
    ball = np.linalg.norm(points_of(spine) - plate.point_mm, axis=-1) < 6
    cage = planned_cage(spine, T34, CageStep(), tumour=with_tumour_where(spine, ball))
    assert "T5" in cage.refusal
    assert "F-13" in cage.refusal
    far = np.linalg.norm(points_of(spine) - plate.point_mm - 20 * plate.normal, axis=-1) < 6  # in the middle of the gap
    assert planned_cage(spine, T34, CageStep(), tumour=with_tumour_where(spine, far)).refusal is None


def test_a_gap_that_ends_out_of_view_is_refused():
    cage = planned_cage(intact_spine(), Corpectomy(levels=parse_levels("T5-T6")), CageStep())
    assert cage.refusal == "the endplate of T7 towards the gap is not in view"


def straight(levels: str, bend_deg: float = 0.0):
    """Screws of the left side with heads on a line that bends by an angle in the sagittal plane in its middle."""
    spine = intact_spine()
    axes = spine.vertebrae[Level.T3].frame.axes
    down, forward = -axes[2], axes[1]
    turned = np.cos(np.radians(bend_deg)) * down + np.sin(np.radians(bend_deg)) * forward
    found, place = [], np.array([-15.0, -30.0, 0.0])
    for index, level in enumerate(parse_levels(levels)):
        found.append(planned(level, Side.LEFT, entry_mm=place, tip_mm=place + 30 * forward))
        place = place + 20.0 * (down if index < 1 else turned)
    return spine, found


def test_heads_on_a_line_need_no_bend():
    spine, screws = straight("T2-T4")
    (rod,) = planned_rods(spine, screws)
    assert rod.length_mm == pytest.approx(40 + 10)
    assert [bend.level for bend in rod.bends] == [Level.T3]
    assert rod.bends[0].total_deg == pytest.approx(0.0, abs=1e-4)
    assert rod.bends[0].offset_mm == pytest.approx(0.0, abs=1e-9)
    assert rod.notes == ()


@pytest.mark.parametrize("bend", [10.0, -15.0, 30.0])
def test_a_bend_in_the_sagittal_plane_is_measured_and_flagged_when_sharp(bend):
    spine, screws = straight("T2-T4", bend)
    (rod,) = planned_rods(spine, screws)
    (found,) = rod.bends
    assert found.total_deg == pytest.approx(abs(bend), abs=1e-6)
    assert found.sagittal_deg == pytest.approx(bend, abs=1e-6)
    assert found.coronal_deg == pytest.approx(0.0, abs=1e-6)
    assert any("a bend of" in note for note in rod.notes) is (abs(bend) > 20)


def test_a_rod_needs_two_screws_and_skips_refused_ones():
    spine, screws = straight("T2-T4")
    assert planned_rods(spine, screws[:1]) == ()
    lost = [screws[0], refused(Level.T3, Side.LEFT), screws[2]]
    (rod,) = planned_rods(spine, lost)
    assert rod.levels == (Level.T2, Level.T4)
    assert rod.longest_span_mm == pytest.approx(40)


def test_the_head_lies_behind_the_entry_on_the_axis_of_the_screw():
    screw = planned(Level.T3, Side.LEFT)
    solid = screw.screw()
    assert np.linalg.norm(head_mm(screw) - solid.entry_mm) == pytest.approx(7.0)
    assert np.allclose(np.cross(head_mm(screw) - solid.entry_mm, solid.direction), 0)


def test_rods_mirror_with_the_patient():
    places = [(level, side) for level in parse_levels("T2-T5") for side in Side]
    one = planned_rods(intact_spine(), plan_screws(intact_spine(), places))
    other = planned_rods(intact_other_side(), plan_screws(intact_other_side(), places))
    for rod, twin in zip(one, reversed(other), strict=True):
        assert rod.side is twin.side.other
        assert rod.length_mm == pytest.approx(twin.length_mm, abs=0.3)
        for bend, same in zip(rod.bends, twin.bends, strict=True):
            assert bend.sagittal_deg == pytest.approx(same.sagittal_deg, abs=1.0)
            assert bend.coronal_deg == pytest.approx(same.coronal_deg, abs=1.0)


def test_a_rod_over_the_cervicothoracic_junction_says_so():
    spine = intact_spine()
    screws = [planned(level, Side.LEFT) for level in parse_levels("T1-T3")]
    (rod,) = planned_rods(spine, screws)
    assert not any("junction" in note for note in rod.notes)


def test_kyphosis_between_the_endplates_grows_by_as_much_as_one_is_tilted_forwards():
    spine = intact_spine()
    before = planned_cage(spine, T34, CageStep())
    vertebra = spine.vertebrae[Level.T2]
    axes, plate = vertebra.frame.axes, vertebra.lower_endplate
    turn = np.radians(10.0)
    local = axes @ plate.plane.normal
    tilted = np.array(
        [
            local[0],
            local[1] * np.cos(turn) + local[2] * np.sin(turn),
            local[2] * np.cos(turn) - local[1] * np.sin(turn),
        ]
    )
    plane = replace(plate.plane, normal=axes.T @ tilted)
    bent = replace(vertebra, lower_endplate=replace(plate, plane=plane))
    after = planned_cage(replace(spine, vertebrae={**spine.vertebrae, Level.T2: bent}), T34, CageStep())
    assert after.kyphosis_deg == pytest.approx(before.kyphosis_deg + 10.0, abs=1e-6)
    assert before.kyphosis_deg > 0  # the thoracic phantom is kyphotic


def test_kyphosis_does_not_change_when_the_patient_is_mirrored():
    one, other = (planned_cage(spine, T34, CageStep()) for spine in (intact_spine(), intact_other_side()))
    assert one.kyphosis_deg == pytest.approx(other.kyphosis_deg, abs=1e-3)
    assert one.plate_mm == pytest.approx(other.plate_mm, abs=1e-3)


def test_cement_fills_the_gap_to_the_footprint_and_the_plate_is_longer_than_the_gap():
    cage = planned_cage(intact_spine(), T34, CageStep(footprint_mm=12.0))
    assert cage.cement_ml == pytest.approx(np.pi * 36.0 * cage.gap_mm / 1000)
    assert cage.plate_mm > cage.gap_mm


def test_a_cross_connector_stands_in_the_longest_shared_span_and_is_as_wide_as_the_rods_are_apart():
    spine = intact_spine()
    places = [Level.T1, Level.T2, Level.T5, Level.T6]
    rods = planned_rods(spine, [planned(level, side) for level in places for side in Side])
    bar = cross_connector(rods)
    assert (bar.above, bar.below) == (Level.T2, Level.T5)
    heads = {rod.side: dict(zip(rod.levels, rod.heads_mm, strict=True)) for rod in rods}
    left, right = ((heads[side][Level.T2] + heads[side][Level.T5]) / 2 for side in Side)
    assert bar.width_mm == pytest.approx(np.linalg.norm(left - right))
    assert np.allclose(bar.ends_mm, [left, right])


def test_without_a_second_rod_or_a_shared_span_there_is_no_cross_connector():
    spine = intact_spine()
    one = planned_rods(spine, [planned(level, Side.LEFT) for level in (Level.T1, Level.T2)])
    assert cross_connector(one) is None
    apart = [planned(level, Side.LEFT) for level in (Level.T1, Level.T2)]
    apart += [planned(level, Side.RIGHT) for level in (Level.T5, Level.T6)]
    assert cross_connector(planned_rods(spine, apart)) is None
