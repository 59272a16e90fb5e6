"""Reach of approaches: exact behind a slit, blocked by what may not be crossed, and monotone."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from surgery_samples import ideal_spine, other_side, patient, points_of, with_tumour_where

from oncospine.base import InputError, Level, Side, parse_levels
from oncospine.geometry import Grid, Mask
from oncospine.imaging import Structure, StructureKind
from oncospine.surgery import Corridor, Laminectomy, approach, approaches, laminectomy_mask, reach_of, stage_colours
from oncospine.surgery.reach import NEAR_MM, OUT_OF_REACH, _dilated, _nearness, directions, reach_rules
from oncospine.surgery.removal import parts_mask

T34 = parse_levels("T3-T4")


def corridor(spine, key: str, side: Side | None = None, *, levels=T34) -> Corridor:
    row = approach(key)
    sides = tuple(Side) if side is None else (side,)
    return Corridor(approach=row, side=side, removed=parts_mask(spine, levels, row.removes, sides))


def nothing(spine) -> Mask:
    return with_tumour_where(spine, np.zeros(spine.grid.shape, bool))


def dorsal(spine) -> Mask:
    """A plate of tumour in the back of the ideal canal."""
    points = points_of(spine)
    radius = np.hypot(points[..., 0], points[..., 1])
    inside = (radius < 8.5) & (points[..., 1] < -5.5) & (np.abs(points[..., 2]) < 3) & (np.abs(points[..., 0]) < 2)
    return with_tumour_where(spine, inside)


def test_tumour_behind_the_sac_is_reached_once_the_lamina_is_gone_and_not_before():
    spine = ideal_spine()
    row = approach("A-LAM")
    closed = reach_of(spine, dorsal(spine), [Corridor(approach=row, side=None, removed=nothing(spine))])
    assert closed.reachable_ml == 0.0
    lamina = laminectomy_mask(spine, Laminectomy(levels=(Level.T6,)))
    opened = reach_of(spine, dorsal(spine), [Corridor(approach=row, side=None, removed=lamina)])
    assert opened.share == 1.0
    assert opened.left.volume_ml == 0.0
    assert not opened.sac_known


def test_tumour_in_front_of_the_sac_is_not_reached_from_behind():
    spine = ideal_spine()
    points = points_of(spine)
    ahead = (np.abs(points[..., 0]) < 2) & (points[..., 1] > 5.5) & (points[..., 1] < 8.5)
    tumour = with_tumour_where(spine, ahead & (np.abs(points[..., 2]) < 3))
    lamina = laminectomy_mask(spine, Laminectomy(levels=(Level.T6,)))
    found = reach_of(spine, tumour, [Corridor(approach=approach("A-LAM"), side=None, removed=lamina)])
    assert found.reachable_ml == 0.0
    body = parts_mask(spine, (Level.T6,), frozenset({"body"}), tuple(Side))
    front = reach_of(spine, tumour, [Corridor(approach=approach("A-MAN"), side=Side.RIGHT, removed=body)])
    assert front.share == 1.0


@pytest.mark.parametrize(("width", "reached"), [(3.0, False), (3.6, False), (4.6, True), (6.0, True)])
def test_a_slit_lets_an_instrument_through_that_is_narrower(width, reached):
    spine = ideal_spine()
    points = points_of(spine)
    wall = (points[..., 1] <= -20) & (points[..., 1] >= -24) & (np.abs(points[..., 0]) > width / 2)
    target = (np.abs(points[..., 0]) < 0.3) & (np.abs(points[..., 1] + 16) < 0.3) & (np.abs(points[..., 2]) < 0.3)
    spine = replace(
        spine,
        level_codes=np.where(wall, np.uint8(Level.T6.code), np.uint8(0)),
        canal=replace(spine.canal, mask=with_tumour_where(spine, (points[..., 1] > 20))),
    )
    tumour = with_tumour_where(spine, target)
    straight = replace(approach("A-LAM"), corridor_deg=(0.0, 0.0), tilt_deg=0.0)
    found = reach_of(spine, tumour, [Corridor(approach=straight, side=None, removed=nothing(spine))])
    assert reach_rules().instrument_diameter_mm == 4.0
    assert (found.share == 1.0) is reached


@pytest.mark.parametrize(
    ("kind", "blocked"),
    [
        (StructureKind.AORTA, True),
        (StructureKind.TRACHEA, True),
        (StructureKind.OESOPHAGUS, True),
        (StructureKind.LUNG, True),
        (StructureKind.RIB, True),
        (StructureKind.DEEP_BACK_MUSCLE, False),
    ],
)
def test_what_may_not_be_crossed_blocks(kind, blocked):
    spine = ideal_spine()
    points = points_of(spine)
    lid = (points[..., 1] < -22) & (points[..., 1] > -26)
    covered = replace(spine, other_codes=lid.astype(np.uint8), other_structures={1: Structure(kind=kind)})
    lamina = laminectomy_mask(spine, Laminectomy(levels=(Level.T6,)))
    found = reach_of(covered, dorsal(spine), [Corridor(approach=approach("A-LAM"), side=None, removed=lamina)])
    assert (found.reachable_ml == 0.0) is blocked


def test_an_approach_passes_the_bone_and_lung_it_may_move():
    spine = ideal_spine()
    points = points_of(spine)
    body = parts_mask(spine, (Level.T6,), frozenset({"body", "pedicle"}), tuple(Side))
    ahead = (points[..., 1] > 15) & (points[..., 1] < 20) & (np.abs(points[..., 0]) < 3)
    tumour = with_tumour_where(spine, ahead & (np.abs(points[..., 2]) < 3))
    beside = points[..., 0] > 24
    for kind, wanted in ((StructureKind.RIB, True), (StructureKind.LUNG, True), (StructureKind.AORTA, False)):
        covered = replace(spine, other_codes=beside.astype(np.uint8), other_structures={1: Structure(kind=kind)})
        straight = replace(approach("A-HTHO"), corridor_deg=(90.0, 90.0), tilt_deg=0.0)
        found = reach_of(covered, tumour, [Corridor(approach=straight, side=Side.RIGHT, removed=body)])
        assert (found.share == 1.0) is wanted


KEYS = (("A-LAM", None), ("A-TP", Side.LEFT), ("A-TP", Side.RIGHT), ("A-TPb", None), ("A-HTHO", Side.RIGHT))


def test_more_corridors_never_reach_less():
    spine, findings, _ = patient()
    coarse = replace(reach_rules(), direction_step_deg=25.0, tilt_step_deg=20.0)
    single = {key: reach_of(spine, findings.tumour, [corridor(spine, *key)], rules=coarse) for key in KEYS}
    assert single["A-LAM", None].share < single["A-TPb", None].share < 1.0
    for one, other in combinations(KEYS, 2):
        both = reach_of(spine, findings.tumour, [corridor(spine, *one), corridor(spine, *other)], rules=coarse)
        union = single[one].reachable.array | single[other].reachable.array
        assert np.array_equal(both.reachable.array, union)


def test_more_bone_gone_never_reaches_less():
    spine, findings, _ = patient()
    row = approach("A-TPb")
    little = Corridor(approach=row, side=None, removed=parts_mask(spine, T34, frozenset({"lamina"}), tuple(Side)))
    much = corridor(spine, "A-TPb")
    one, other = (reach_of(spine, findings.tumour, [item]) for item in (little, much))
    assert not (one.reachable.array & ~other.reachable.array).any()
    assert other.reachable_ml > one.reachable_ml


def test_a_thicker_instrument_never_reaches_more():
    spine, findings, _ = patient()
    use = [corridor(spine, "A-TPb")]
    shares = [
        reach_of(spine, findings.tumour, use, rules=replace(reach_rules(), instrument_diameter_mm=size)).share
        for size in (2.0, 4.0, 8.0)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_the_mirrored_patient_is_reached_from_the_other_side():
    spine, findings, _ = patient()
    mirror, reflected, _ = other_side()
    for side in Side:
        here = reach_of(spine, findings.tumour, [corridor(spine, "A-TP", side)])
        there = reach_of(mirror, reflected.tumour, [corridor(mirror, "A-TP", side.other)])
        assert here.reachable_ml == pytest.approx(there.reachable_ml, rel=0.02)
        assert here.shell.volume_ml == pytest.approx(there.shell.volume_ml, rel=0.02)


def test_the_shell_is_the_tumour_at_the_sac():
    spine, findings, _ = patient()
    found = reach_of(spine, findings.tumour, [corridor(spine, "A-LAM")])
    assert found.sac_known
    assert 0 < found.shell.volume_ml < findings.tumour.volume_ml
    assert not (found.shell.array & ~findings.tumour.array).any()
    assert found.shell_left_ml <= found.shell.volume_ml


def test_colours_name_the_first_stage_that_reaches():
    spine = ideal_spine()
    tumour = dorsal(spine)
    part = Mask(tumour.array & (points_of(spine)[..., 0] < 0), tumour.affine)
    colours = stage_colours({1: part, 2: tumour}, tumour)
    assert set(np.unique(colours)) == {0, 1, 2}
    assert (colours == 1).sum() == part.array.sum()
    assert (stage_colours({}, tumour) == OUT_OF_REACH).sum() == tumour.array.sum()


@pytest.mark.parametrize("key", list(approaches()))
def test_directions_of_an_approach_lie_in_its_range(key):
    row = approaches()[key]
    frame = ideal_spine().vertebrae[Level.T6].frame
    for side in Side if row.sided else (None,):
        use = Corridor(approach=row, side=side, removed=nothing(ideal_spine()))
        found = directions(use, frame, reach_rules())
        assert np.allclose(np.linalg.norm(found, axis=1), 1)
        sign = 1 if side is None else side.sign
        around = np.degrees(np.arctan2(sign * found[:, 0], -found[:, 1])) % 360
        centre = np.mean(row.corridor_deg)
        half = (row.corridor_deg[1] - row.corridor_deg[0]) / 2
        assert (np.abs((around - centre + 180) % 360 - 180) <= half + 1e-6).all()
        assert (np.abs(np.degrees(np.arcsin(found[:, 2]))) <= row.tilt_deg + 1e-6).all()


LEVELS = {
    "A-CLAV": "C7-T4",
    "A-STER": "C3-T4",
    "A-LAM": "C1-S1",
    "A-TP": "C7-L5",
    "A-TPb": "T1-L5",
    "A-CTE": "T1-T12",
    "A-LECA": "T2-L4",
    "A-ACx": "C3-C7",
    "A-SUP": "C7-T2",
    "A-MAN": "C3-T4",
    "A-HTHO": "T2-T5",
    "A-THOr": "T3-T10",
    "A-THOl": "T6-T11",
    "A-TAB": "T10-L2",
    "A-RETRO": "L1-L4",
}


def test_every_approach_has_the_range_of_the_reference():
    assert {key: f"{row.levels[0]}-{row.levels[-1]}" for key, row in approaches().items()} == LEVELS
    for row in approaches().values():
        assert row.beyond(row.levels) == ()
        assert row.tier in {2, 3, 4}
        assert row.is_posterior == (row.position == "prone")
    assert approach("A-SUP").beyond(T34) == T34
    assert approach("A-MAN").beyond(T34) == ()


def test_an_approach_is_found_by_id_and_name():
    assert approach("a-lam") is approach("Posterior laminectomy")
    with pytest.raises(InputError, match="did you mean 'A-CTE'"):
        approach("costotransversectomi")


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.6, 0.7, 2.5), (0.3, 0.9, 0.5)])
@pytest.mark.parametrize("radius_mm", [0.0, 1.0, 2.0, 3.7])
def test_the_width_of_an_instrument_is_that_of_a_distance_transform(spacing, radius_mm):
    rng = np.random.default_rng(4)
    mask = rng.random((23, 19, 17)) > 0.985
    grid = Grid(shape=mask.shape, affine=np.diag([*spacing, 1.0]))
    away = distance_transform_edt(~mask, sampling=spacing)
    clear = np.abs(away - radius_mm) > 1e-4
    assert np.array_equal(_dilated(mask, grid, radius_mm)[clear], (away <= radius_mm)[clear])
    assert clear.mean() > 0.5


@pytest.mark.parametrize("block", [np.s_[0:40, 0:30, 0:20], np.s_[20:38, 5:9, 0:11], np.s_[0:3, 0:3, 0:3]])
def test_what_is_near_is_near_by_a_distance_transform_in_every_block(block):
    mask = np.zeros((40, 30, 20), np.bool_)
    mask[22:25, 12:14, 8:10] = True
    grid = Grid(shape=mask.shape, affine=np.diag([1.0, 0.8, 2.0, 1.0]))
    away = distance_transform_edt(~mask, sampling=grid.spacing_mm)
    found = _nearness(mask, grid)
    for limit_mm in (0.0, 1.9, NEAR_MM):
        assert np.array_equal(found.within(limit_mm, block), away[block] <= limit_mm)
    assert not _nearness(np.zeros_like(mask), grid).within(NEAR_MM, block).any()


def test_distances_are_measured_as_far_as_any_margin_of_the_rules_asks():
    rules = reach_rules()
    radius = rules.instrument_diameter_mm / 2
    assert max(rules.shell_mm, radius + rules.sac_margin_mm, radius + rules.vessel_margin_mm) < NEAR_MM
