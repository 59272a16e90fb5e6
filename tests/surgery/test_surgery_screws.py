"""Planned screws: sizes by the rule, refusals with their reasons, margins that behave, edits graded as they are."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from surgery_samples import (
    LEFT_TUBE,
    intact_spine,
    patient,
    points_of,
    tube_direction,
    tube_point,
    tube_spine,
    with_tumour_where,
)

from oncospine.anatomy import Completeness, sided
from oncospine.base import InputError, Level, Side, parse_levels, to_json
from oncospine.geometry import Mask, Volume
from oncospine.surgery import Screw, ScrewPath, ScrewSite, graded_screw, plan_screw, plan_screws, screw_sites
from oncospine.surgery.screw_site import PEDICLE_SCREW_LEVELS
from oncospine.surgery.sizes import default_catalogue, screw_rules


def both(*levels: Level):
    return [(level, side) for level in levels for side in Side]


def test_every_complete_intact_level_carries_graded_screws():
    spine = intact_spine()
    complete = [level for level in spine.levels if spine.vertebrae[level].completeness.is_complete]
    screws = plan_screws(spine, both(*complete))
    assert len(screws) >= 8
    for screw in screws:
        assert screw.refusal is None
        assert screw.grade.gertzbein == "A"
        assert screw.grade.heary == 1
        assert screw.margins.medial_mm > -screw.grade.uncertainty_mm


def test_diameter_and_length_follow_the_rules():
    rules, catalogue = screw_rules(), default_catalogue()
    for screw in plan_screws(intact_spine(), both(Level.T2, Level.T4)):
        assert screw.diameter_mm in catalogue.diameters_for(screw.level)
        assert min(abs(screw.length_mm - size) for size in catalogue.lengths_mm) < 1e-6
        assert screw.margins.anterior_mm >= rules.tip_to_cortex_mm
        within = [
            size
            for size in catalogue.diameters_for(screw.level)
            if size <= rules.diameter_share * screw.pedicle_width_mm
        ]
        if within:
            assert screw.diameter_mm <= within[-1]
        else:
            assert any("above 80%" in note for note in screw.notes)


@pytest.mark.parametrize("share", [0.12, 0.4, 1.0])
@pytest.mark.parametrize("side", list(Side))
def test_a_destroyed_pedicle_is_refused_every_time(share, side):
    spine = intact_spine()
    for level in (Level.T2, Level.T5):
        pedicle = (spine.level_codes == level.code) & (spine.part_codes == sided("pedicle", side).code)
        voxels = np.argwhere(pedicle)
        taken = np.zeros_like(pedicle)
        taken[tuple(voxels[: int(np.ceil(share * len(voxels)))].T)] = True
        (screw,) = plan_screws(spine, [(level, side)], tumour=with_tumour_where(spine, taken))
        assert screw.entry_mm is None
        assert "F-14" in screw.refusal
        (other,) = plan_screws(spine, [(level, side.other)], tumour=with_tumour_where(spine, taken))
        assert other.is_planned


@pytest.mark.parametrize("side", list(Side))
def test_a_thin_pedicle_is_not_planned_in_out_in_where_tumour_took_its_wall(side):
    spine = intact_spine()
    place = (Level.T5, side)
    (before,) = plan_screws(spine, [place])
    assert before.path is ScrewPath.IN_OUT_IN
    pedicle = np.argwhere((spine.level_codes == Level.T5.code) & (spine.part_codes == sided("pedicle", side).code))
    vertebra = spine.vertebrae[Level.T5]
    middle = vertebra.frame.to_local(vertebra.pedicles[side].isthmus_mm)
    local = vertebra.frame.to_local(spine.grid.to_world(pedicle))
    outside = (np.abs(local[:, 0]) > abs(middle[0]) + 0.6) & (np.abs(local[:, 1] - middle[1]) < 1.0)
    taken = np.zeros(spine.grid.shape, bool)
    taken[tuple(pedicle[outside].T)] = True
    assert 0 < outside.mean() < 0.1
    (after,) = plan_screws(spine, [place], tumour=with_tumour_where(spine, taken))
    assert after.refusal is not None
    assert "F-14" not in after.refusal
    (other,) = plan_screws(spine, [(Level.T5, side.other)], tumour=with_tumour_where(spine, taken))
    assert other.path is ScrewPath.IN_OUT_IN, "the tumour is on the other side"


def test_the_phantoms_tumour_refuses_the_left_pedicle_of_t3_only():
    spine, findings, _ = patient()
    screws = {(s.level, s.side): s for s in plan_screws(spine, both(Level.T2, Level.T3), tumour=findings.tumour)}
    assert "F-14" in screws[Level.T3, Side.LEFT].refusal
    assert screws[Level.T2, Side.LEFT].is_planned
    assert screws[Level.T2, Side.RIGHT].is_planned


def test_levels_that_are_not_there_are_refused_by_name():
    spine = intact_spine()
    (far,) = plan_screws(spine, [(Level.L3, Side.LEFT)])
    assert far.refusal == "L3 is not labelled in this scan"
    (atlas,) = plan_screws(spine, [(Level.C1, Side.LEFT)])
    assert atlas.refusal == "screws are planned from C3 to L5 only"
    fragment = replace(spine, fragments=(Level.T12,))
    (cut,) = plan_screws(fragment, [(Level.T12, Side.LEFT)])
    assert cut.refusal == "only a fragment of T12 is in view"
    with pytest.raises(InputError, match="no screw at L3 left"):
        far.screw()


def test_a_pedicle_cut_by_the_field_of_view_is_refused_with_the_reason_of_the_anatomy():
    spine = intact_spine()
    vertebra = spine.vertebrae[Level.T2]
    cut = replace(
        vertebra,
        pedicles={Side.RIGHT: vertebra.pedicles[Side.RIGHT]},
        notes=("left pedicle: cut by the field of view",),
        completeness=Completeness(cut=("cranial",), body_cut=("cranial",)),
    )
    spine = replace(spine, vertebrae={**spine.vertebrae, Level.T2: cut})
    left, right = plan_screws(spine, both(Level.T2))
    assert left.refusal == "left pedicle: cut by the field of view"
    assert right.is_planned
    assert any("cut by the field of view (cranial); the screw itself is in view" in note for note in right.notes)


def test_a_screw_whose_entry_lies_at_the_border_of_the_scan_is_refused():
    spine = intact_spine()
    (whole,) = plan_screws(spine, [(Level.T3, Side.LEFT)])
    entry = np.rint(spine.grid.to_voxel(whole.entry_mm)).astype(int)
    kept = slice(int(entry[1]) + 1, spine.grid.shape[1])
    shorter = _cropped_behind(spine, kept)
    (screw,) = plan_screws(shorter, [(Level.T3, Side.LEFT)])
    assert screw.refusal.startswith("the screw's path leaves the scan")


def _cropped_behind(spine, kept):
    box = (slice(0, spine.grid.shape[0]), kept, slice(0, spine.grid.shape[2]))
    level = Volume(spine.level_codes, spine.grid.affine).cropped_to(box)
    return replace(
        spine,
        grid=level.grid,
        level_codes=level.array,
        part_codes=spine.part_codes[box],
        other_codes=spine.other_codes[box],
        canal=replace(spine.canal, mask=spine.canal.mask.cropped_to(box)),
        tubes=(),
    )


def test_a_thicker_screw_has_smaller_margins_by_half_the_difference():
    site = screw_sites(intact_spine(), [(Level.T2, Side.LEFT)])[Level.T2, Side.LEFT]
    first = plan_screw(site)
    sizes = (3.5, 4.5, 5.5, 6.5)
    graded = [graded_screw(site, replace(first.screw(), diameter_mm=size)) for size in sizes]
    for wall in ("medial_mm", "lateral_mm", "superior_mm", "inferior_mm", "canal_mm"):
        values = [getattr(screw.margins, wall) for screw in graded]
        assert all(b < a for a, b in pairwise(values))
        assert values[0] - values[1] == pytest.approx(0.5, abs=0.25)
    grades = [screw.grade.gertzbein for screw in graded]
    assert grades == sorted(grades)


@pytest.mark.parametrize("wall", ["medial", "lateral"])
def test_a_screw_moved_through_a_wall_breaches_that_wall_by_as_much(wall):
    spine = tube_spine()
    side = Side.RIGHT
    site = screw_sites(spine, [(Level.T6, side)])[Level.T6, side]
    first = plan_screw(site)
    axes = site.field.frame.axes
    across = axes.T @ np.array([-side.sign if wall == "medial" else side.sign, 0.0, 0.0])
    inside = getattr(first.margins, f"{wall}_mm")
    for breach in (0.8, 1.6):
        shift = (inside + breach) * across / np.cos(np.radians(first.convergence_deg))
        screw = first.screw()
        moved = replace(screw, entry_mm=screw.entry_mm + shift, tip_mm=screw.tip_mm + shift)
        graded = graded_screw(site, moved)
        assert getattr(graded.margins, f"{wall}_mm") == pytest.approx(-breach, abs=0.45)
        assert graded.grade.breach_wall == wall
        assert graded.path is ScrewPath.SURGEON


def test_a_screw_into_the_canal_is_flagged():
    spine = tube_spine()
    site = screw_sites(spine, [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    frame = site.field.frame
    through = Screw(
        level=Level.T6,
        side=Side.LEFT,
        entry_mm=frame.to_world([-9.0, -14.0, 0.0]),
        tip_mm=frame.to_world([-2.0, 14.0, 0.0]),
        diameter_mm=5.0,
    )
    graded = graded_screw(site, through)
    assert graded.margins.canal_mm < -3
    assert any("stand in the canal" in note for note in graded.notes)
    assert graded.grade.gertzbein in {"D", "E"}
    assert graded.grade.breach_wall == "medial"


def test_a_screw_beside_the_vertebra_does_not_pass_the_pedicle():
    site = screw_sites(tube_spine(), [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    frame = site.field.frame
    behind = Screw(
        level=Level.T6,
        side=Side.LEFT,
        entry_mm=frame.to_world([-20.0, -40.0, 0.0]),
        tip_mm=frame.to_world([-20.0, -15.0, 0.0]),
        diameter_mm=5.0,
    )
    graded = graded_screw(site, behind)
    assert graded.grade.gertzbein == "E"
    assert graded.grade.reason == "the screw does not pass through the pedicle"


def test_a_screw_without_length_or_width_is_no_screw():
    with pytest.raises(InputError, match="a screw has a length"):
        Screw(level=Level.T1, side=Side.LEFT, entry_mm=[0, 0, 0], tip_mm=[0, 0, 0], diameter_mm=4.0)
    with pytest.raises(InputError, match="above 0"):
        Screw(level=Level.T1, side=Side.LEFT, entry_mm=[0, 0, 0], tip_mm=[0, 9, 0], diameter_mm=0.0)


def test_hounsfield_units_along_the_screw_are_those_of_the_scan():
    spine, findings, scan = patient()
    flat = replace(scan, volume=Volume(np.full_like(scan.volume.array, 321), scan.volume.affine))
    (screw,) = plan_screws(spine, [(Level.T5, Side.RIGHT)], tumour=findings.tumour, scan=flat)
    assert screw.hu_mean == pytest.approx(321)
    assert screw.hu_lowest == pytest.approx(321)
    (on_mr,) = plan_screws(spine, [(Level.T5, Side.RIGHT)], scan=replace(flat, modality="MR"))
    assert on_mr.hu_mean is None


def test_entry_words_name_side_distance_and_part():
    for screw in plan_screws(intact_spine(), both(Level.T3)):
        assert f"mm {screw.side} of the midline" in screw.entry_words
        assert "transverse process" in screw.entry_words
        lateral = float(screw.entry_words.split(" mm ")[0])
        frame = intact_spine().vertebrae[Level.T3].frame
        assert screw.side.sign * frame.to_local(screw.entry_mm)[0] == pytest.approx(lateral, abs=1.0)


def test_too_thin_a_pedicle_is_refused_or_goes_in_out_in():
    spine = tube_spine()
    site = screw_sites(spine, [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    thick = replace(site, catalogue=replace(site.catalogue, diameters_mm=(5.5,), usual={}))
    found = plan_screw(thick)
    assert found.path is ScrewPath.IN_OUT_IN
    assert any("in-out-in" in note for note in found.notes)
    assert found.margins.medial_mm >= -0.1
    assert found.margins.lateral_mm < 0
    wide = replace(site, catalogue=replace(site.catalogue, diameters_mm=(7.5,), usual={}))
    assert plan_screw(wide).refusal.startswith("the pedicle is too thin")
    long = replace(site, catalogue=replace(site.catalogue, lengths_mm=(80.0,)))
    refusal = plan_screw(long).refusal
    assert re.fullmatch(
        r"only \d+ mm of intact bone along the axis before the cortex: the shortest screw of the catalogue is 80 mm "
        r"and 5 mm are kept free",
        refusal,
    )


def tube_site(tumour: np.ndarray, **catalogue: object) -> ScrewSite:
    """The left tube of radius 2.6 mm with tumour where the mask says, and another catalogue."""
    spine = tube_spine()
    mask = Mask(np.ascontiguousarray(tumour), spine.grid.affine)
    site = screw_sites(spine, [(Level.T6, Side.LEFT)], tumour=mask)[Level.T6, Side.LEFT]
    assert site.field.has_tumour
    assert site.field.destroyed[Side.LEFT] < site.rules.destroyed_pedicle_fraction
    return replace(site, catalogue=replace(site.catalogue, usual={}, **catalogue))


def test_tumour_is_blamed_only_where_it_takes_the_bone_of_the_screw():
    points = points_of(tube_spine())
    spinous = points[..., 1] < -25
    refusal = plan_screw(tube_site(spinous, diameters_mm=(7.5,))).refusal
    assert refusal.startswith("the pedicle is too thin")
    assert "tumour" not in refusal
    point, way = tube_point(Side.LEFT), tube_direction(Side.LEFT, *LEFT_TUBE[1:])
    aside = (points - point) - ((points - point) @ way)[..., None] * way
    medial = (points[..., 1] > 8) & (np.abs(aside[..., 0]) > 1.0)
    refusal = plan_screw(tube_site(medial, diameters_mm=(4.5,))).refusal
    assert refusal.startswith("tumour leaves too little bone: the widest straight corridor is")
    intact = screw_sites(tube_spine(), [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    assert plan_screw(replace(intact, catalogue=replace(intact.catalogue, diameters_mm=(4.5,), usual={}))).is_planned


def test_what_ends_the_bone_ahead_is_named():
    front = points_of(tube_spine())[..., 1] > 24
    refusal = plan_screw(tube_site(front, diameters_mm=(3.5,), lengths_mm=(45.0,))).refusal
    assert "mm of intact bone along the axis before tumour" in refusal
    spinous = points_of(tube_spine())[..., 1] < -25
    refusal = plan_screw(tube_site(spinous, diameters_mm=(3.5,), lengths_mm=(80.0,))).refusal
    assert "before the cortex" in refusal


def test_a_wide_pedicle_without_a_straight_corridor_is_not_called_thin():
    site = screw_sites(tube_spine(), [(Level.T6, Side.LEFT)])[Level.T6, Side.LEFT]
    catalogue = replace(site.catalogue, diameters_mm=(7.5,), usual={})
    pedicle = replace(site.field.vertebra.pedicles[Side.LEFT], width_mm=9.9)
    vertebra = replace(site.field.vertebra, pedicles={**site.field.vertebra.pedicles, Side.LEFT: pedicle})
    wide = replace(site, catalogue=catalogue, field=replace(site.field, vertebra=vertebra))
    refusal = plan_screw(wide).refusal
    assert refusal.startswith("the pedicle is 9.9 mm wide but not straight: the widest straight corridor is")


def test_planning_twice_gives_the_same_bytes():
    places = both(Level.T4)
    assert to_json(plan_screws(intact_spine(), places)) == to_json(plan_screws(intact_spine(), places))


def test_a_tumour_on_another_grid_counts_as_well():
    spine, findings, _ = patient()
    coarse = Mask(np.ascontiguousarray(findings.tumour.array[:, :, ::1]), findings.tumour.affine)
    shifted = coarse.affine.copy()
    shifted[:3, 3] += 0.02
    (screw,) = plan_screws(spine, [(Level.T3, Side.LEFT)], tumour=Mask(coarse.array, shifted))
    assert "F-14" in screw.refusal


def test_pedicle_screw_levels_run_from_c7_to_l5():
    assert parse_levels("C7-L5") == PEDICLE_SCREW_LEVELS
