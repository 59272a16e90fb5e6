"""Alignment, profiles, compression, plausibility, bone and the level table against formulas and published values."""

import csv
import io
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from anatomy_samples import DATA, Blocks, label_of, phantom, real_spine, spine, thoracic

from oncospine.anatomy import (
    SUBPARTS,
    Part,
    Severity,
    Subpart,
    alignment_of,
    area_z_scores,
    level_rows,
    level_table_csv,
    limits_at,
    maximum_compression,
    metal_near,
    normal_sizes,
    part_densities,
    plausibility_limits,
    reduction_percent,
    spine_from_labels,
    subpart_volumes_ml,
    subparts_of,
    tube_profile,
)
from oncospine.anatomy.alignment import alignment_table, meyerding_index
from oncospine.anatomy.limits import trends
from oncospine.anatomy.plausibility import plausibility_doubts
from oncospine.base import InputError, Level, MeasurementError, Side, citation
from oncospine.geometry import Frame, Grid, Mask, Plane

# --- compression ratios


def test_the_check_values_of_the_reference_come_out():
    assert reduction_percent(6.85, 7.65, 7.02) == pytest.approx(6.612, abs=5e-4)
    assert reduction_percent(10, 13, 13) == pytest.approx(23.08, abs=5e-3)


def test_a_side_without_reference_is_left_out_and_two_are_an_error():
    assert reduction_percent(5, None, 10) == reduction_percent(5, 10, None) == pytest.approx(50)
    with pytest.raises(MeasurementError, match="no healthy section"):
        reduction_percent(5, None, None)


def test_local_widening_is_negative_and_not_clamped():
    assert reduction_percent(12, 10, 10) == pytest.approx(-20)


ARC = np.arange(0.0, 121.0)


def test_references_are_means_over_20_mm_that_start_10_mm_beyond_the_compressed_part():
    sizes = np.full(ARC.size, 99.0)
    sizes[(ARC >= 20) & (ARC <= 40)] = 8.0
    sizes[(ARC >= 80) & (ARC <= 100)] = 6.0
    sizes[(ARC >= 50) & (ARC <= 70)] = 7.0
    sizes[61] = 3.5
    found = maximum_compression(sizes, ARC, compressed_mm=(50, 70))
    assert (found.above, found.below, found.worst, found.worst_arc_mm) == (8.0, 6.0, 3.5, 61.0)
    assert found.percent == pytest.approx(50.0)


def test_one_end_of_the_scan_too_near_uses_the_other():
    sizes = np.full(ARC.size, 8.0)
    sizes[5] = 4.0
    found = maximum_compression(sizes, ARC, compressed_mm=(0, 9))
    assert found.above is None
    assert found.percent == pytest.approx(50.0)


def test_no_healthy_part_or_no_measurement_is_an_error():
    with pytest.raises(MeasurementError, match="no healthy section"):
        maximum_compression(np.full(ARC.size, 8.0), ARC, compressed_mm=(0, 120))
    with pytest.raises(MeasurementError, match="nothing is measured"):
        maximum_compression(np.full(ARC.size, np.nan), ARC, compressed_mm=(50, 60))


def test_normalising_by_healthy_sizes_removes_the_normal_taper():
    healthy = np.linspace(10, 5, ARC.size)
    found = maximum_compression(0.9 * healthy, ARC, compressed_mm=(55, 65), healthy=healthy)
    assert found.percent == pytest.approx(0.0, abs=1e-9)


# --- profiles and normal values


def test_an_elliptic_tube_has_its_area_diameters_and_eccentricity():
    """Diameters to one voxel (0.5 mm), the error of a binary mask (classifications.md section 9.4)."""
    canal = spine("T3-T5", 1.0, 6).canal
    half_r, half_a = 6.0, 4.0
    around = canal.frames[len(canal.frames) // 2].origin_mm
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = around - 15
    grid = Grid((60, 60, 60), affine)
    points = grid.to_world(np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), -1))
    inside = np.zeros(grid.shape, bool)
    frame = canal.frames[len(canal.frames) // 2]
    local = frame.to_local(points)
    inside[(local[..., 0] / half_r) ** 2 + (local[..., 1] / half_a) ** 2 <= 1] = True
    straight = replace(canal, frames=tuple(frame.moved_to(frame.to_world([0, 0, s])) for s in range(-5, 6)))
    straight = replace(straight, arc_mm=np.arange(11.0), levels=canal.levels[:11])
    found = tube_profile(Mask(inside, grid.affine), straight)
    assert found.area_mm2 == pytest.approx(np.full(11, np.pi * half_r * half_a), rel=0.01)
    assert found.ap_mm == pytest.approx(np.full(11, 2 * half_a), abs=0.5)
    assert found.transverse_mm == pytest.approx(np.full(11, 2 * half_r), abs=0.5)
    assert found.eccentricity == pytest.approx(np.full(11, np.sqrt(1 - (half_a / half_r) ** 2)), abs=0.02)
    assert found.flattening == pytest.approx(np.full(11, half_a / half_r), abs=0.06)


def test_a_canal_of_known_walls_has_known_diameters_and_eccentricity():
    canal = spine("T3-T5", 1.0, 6).canal
    angles = np.radians(np.arange(0, 360, 5))
    radius = 1 / np.sqrt((np.sin(angles) / 9) ** 2 + (np.cos(angles) / 7) ** 2)
    found = replace(canal, radii_mm=np.tile(radius, (len(canal.frames), 1))).profile
    assert found.ap_mm == pytest.approx(np.full(len(canal.frames), 14.0))
    assert found.transverse_mm == pytest.approx(np.full(len(canal.frames), 18.0))
    assert found.area_mm2 == pytest.approx(np.full(len(canal.frames), np.pi * 63), rel=0.005)
    assert found.eccentricity == pytest.approx(np.full(len(canal.frames), np.sqrt(1 - (7 / 9) ** 2)), abs=0.005)


REFERENCE_CORD = {  # morphometry.md section 3.1: area, SD, AP, transverse
    "C3": (70.4, 8.0, 7.4, 12.0),
    "C7": (54.0, 7.1, 6.4, 10.6),
    "T1": (46.0, 5.4, 6.3, 9.2),
    "T2": (42.4, 4.3, 6.1, 8.7),
    "T3": (38.8, 4.6, 5.9, 8.3),
    "T4": (36.3, 4.6, 5.7, 8.0),
    "T5": (35.1, 4.1, 5.6, 7.8),
    "T6": (34.9, 3.9, 5.7, 7.7),
    "T7": (35.6, 4.1, 5.8, 7.7),
    "T8": (37.3, 4.1, 6.1, 7.8),
    "T9": (39.3, 4.7, 6.3, 7.9),
    "T10": (42.5, 5.9, 6.5, 8.2),
}


@pytest.mark.parametrize("level", REFERENCE_CORD)
def test_normal_cords_are_those_of_the_reference(level):
    found, (area, spread, depth, width) = normal_sizes("cord")[Level(level)], REFERENCE_CORD[level]
    assert found.area_mm2 == pytest.approx(area, abs=0.06)
    assert found.area_sd_mm2 == pytest.approx(spread, abs=0.06)
    assert found.ap_mm == pytest.approx(depth, abs=0.06)
    assert found.transverse_mm == pytest.approx(width, abs=0.06)


@pytest.mark.parametrize(
    ("level", "area"), [("C3", 210), ("C5", 208), ("C7", 195), ("T1", 182), ("T2", 161), ("T3", 151), ("T4", 143)]
)
def test_normal_canals_are_those_of_the_reference(level, area):
    assert normal_sizes("canal")[Level(level)].area_mm2 == pytest.approx(area, abs=1.0)


@pytest.mark.shared_data
def test_the_normal_table_is_the_shared_one():
    shared = DATA / "cord_morphometry" / "normal_by_level.csv"
    if not shared.exists():
        pytest.skip(f"shared data absent: {shared.name}")
    ours = files("oncospine.anatomy").joinpath("data/normal_by_level.csv").read_text("utf-8")
    rows = [
        list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
        for text in (ours, shared.read_text("utf-8"))
    ]
    assert len(rows[0]) == len(rows[1])
    for one, other in zip(*[rows[0][1:], rows[1][1:]], strict=True):
        assert one[:2] == other[:2]
        assert [float(v) for v in one[2:]] == pytest.approx([float(v) for v in other[2:]])


def test_z_scores_are_those_of_the_formula_and_end_at_c2_and_t11():
    canal = spine("T3-T5", 1.0, 6).canal
    profile = replace(
        canal.profile,
        levels=(Level.C1, Level.C2, Level.T4, Level.T11, Level.T12),
        arc_mm=np.arange(5.0),
        area_mm2=np.array([70.0, 70.72 - 6.84, 36.3 + 2 * 4.6, 48.8, 46.0]),
    )
    found = area_z_scores(profile, "cord")
    assert np.isnan(found[[0, 4]]).all()
    assert found[1] == pytest.approx(-1.0, abs=0.01)
    assert found[2] == pytest.approx(2.0, abs=0.05)
    assert np.isfinite(found[3])


# --- alignment


def straight_column(levels, *, turn_deg=0.0, axis="kyphosis", slip_mm=0.0, side_slip_mm=0.0):
    """Vertebrae of a phantom re-posed as a circular arc with `turn_deg` between neighbours, 20 mm apart."""
    made = spine("T2-T6")
    source = made.vertebrae[Level.T4]
    column, place = {}, np.zeros(3)
    for index, level in enumerate(levels):
        turn = np.radians(turn_deg * index)
        c, s = np.cos(turn), np.sin(turn)
        if axis == "kyphosis":
            axes = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        else:
            axes = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        if index:
            half = np.radians(turn_deg * (index - 0.5))
            down = -np.array(
                [0, -np.sin(half), np.cos(half)] if axis == "kyphosis" else [-np.sin(half), 0, np.cos(half)]
            )
            place = place + 20 * down
        shifted = place - axes[1] * slip_mm * index - axes[0] * side_slip_mm * index
        upper = replace(source.upper_endplate, plane=Plane(shifted + 8 * axes[2], axes[2]), depth_mm=24.0)
        lower = replace(source.lower_endplate, plane=Plane(shifted - 8 * axes[2], -axes[2]), depth_mm=24.0)
        column[level] = replace(
            source, level=level, frame=Frame(shifted, axes), upper_endplate=upper, lower_endplate=lower
        )
    return column


LEVELS = (Level.T4, Level.T5, Level.T6, Level.T7, Level.T8, Level.T9, Level.T10, Level.T11, Level.T12)


@pytest.mark.parametrize("turn", [-3.0, 0.0, 2.0, 5.0])
def test_a_circular_arc_has_its_angle_everywhere(turn):
    found = alignment_of(straight_column(LEVELS, turn_deg=turn))
    (thoracic,) = [region for region in found.regions if region.name == "thoracic"]
    assert abs(thoracic.kyphosis_deg) == pytest.approx(abs(8 * turn), abs=1e-6)
    for joint in found.joints:
        assert joint.kyphosis_deg == pytest.approx(thoracic.kyphosis_deg / 8, abs=1e-6)
    assert found.curve.cobb_deg == pytest.approx(0, abs=1e-6)


def test_kyphosis_is_positive_when_the_head_is_ahead():
    """Facing forwards (+y): the upper vertebrae of a kyphotic column lean forwards."""
    found = alignment_of(straight_column(LEVELS, turn_deg=-4.0))
    first, last = found.posterior_wall_mm[Level.T4], found.posterior_wall_mm[Level.T12]
    upper, lower = straight_column(LEVELS, turn_deg=-4.0)[Level.T4], straight_column(LEVELS, turn_deg=-4.0)[Level.T12]
    leans_forwards = upper.frame.superior[1] > lower.frame.superior[1]
    assert (found.in_view.kyphosis_deg > 0) == leans_forwards
    assert first[0][2] > last[0][2]


@pytest.mark.parametrize(("turn", "convex"), [(2.0, Side.LEFT), (-2.0, Side.RIGHT)])
def test_a_coronal_arc_is_a_scoliosis_of_its_angle(turn, convex):
    column = straight_column(LEVELS, turn_deg=turn, axis="scoliosis")
    curve = alignment_of(column).curve
    assert curve.cobb_deg == pytest.approx(16.0, abs=1e-6)
    assert curve.is_scoliosis
    assert (curve.upper, curve.lower, curve.apex) == (Level.T4, Level.T12, Level.T8)
    chord = (column[Level.T4].frame.origin_mm + column[Level.T12].frame.origin_mm) / 2
    bulge = column[Level.T8].frame.origin_mm - chord
    across = np.cos(np.radians(4 * turn)) * bulge[0]
    assert curve.convex is (Side.RIGHT if across > 0 else Side.LEFT)
    assert curve.convex is convex


@pytest.mark.parametrize(("cobb", "is_scoliosis"), [(9.9, False), (10.1, True)])
def test_scoliosis_begins_at_ten_degrees(cobb, is_scoliosis):
    curve = alignment_of(straight_column(LEVELS, turn_deg=cobb / 8, axis="scoliosis")).curve
    assert curve.is_scoliosis is is_scoliosis


@pytest.mark.parametrize(
    ("slip", "grade"), [(0.0, None), (2.9, None), (5.0, "I"), (7.0, "II"), (13.0, "III"), (19.0, "IV"), (25.0, "V")]
)
def test_a_forward_slip_has_its_size_and_grade(slip, grade):
    joint = alignment_of(straight_column((Level.L3, Level.L4), slip_mm=slip)).joints[0]
    assert joint.slip.forwards_mm == pytest.approx(slip)
    assert joint.slip.percent == pytest.approx(100 * slip / 24)
    assert joint.slip.grade == grade
    assert joint.disc_height_mm == pytest.approx(4.0)


def test_a_slip_backwards_is_negative_and_one_sideways_is_seen():
    slip = alignment_of(straight_column((Level.L3, Level.L4), slip_mm=-5.0, side_slip_mm=4.0)).joints[0].slip
    assert slip.forwards_mm == pytest.approx(-5.0)
    assert slip.to_right_mm == pytest.approx(4.0)
    assert slip.grade == "I"


@pytest.mark.parametrize(
    ("percent", "index"), [(0, 0), (24.99, 0), (25, 1), (49.99, 1), (50, 2), (74.99, 2), (75, 3), (100, 3), (100.01, 4)]
)
def test_every_boundary_of_meyerding(percent, index):
    assert meyerding_index(percent, alignment_table()["meyerding"]["percent"]) == index


@pytest.mark.parametrize(
    ("levels", "limit"), [((Level.C4, Level.C5), 3.5), ((Level.T4, Level.T5), 2.5), ((Level.L3, Level.L4), 4.5)]
)
def test_every_limit_of_instability(levels, limit):
    for slip, beyond in ((limit - 0.01, False), (limit + 0.01, True), (-limit - 0.01, True)):
        assert alignment_of(straight_column(levels, slip_mm=slip)).joints[0].slip.beyond_limit is beyond


def test_t1_slope_is_against_the_scanner():
    column = straight_column((Level.T1, Level.T2), turn_deg=0)
    assert alignment_of(column).t1_slope_deg == pytest.approx(0)
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    forwards = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    tilted = replace(
        column[Level.T1],
        frame=Frame(np.zeros(3), forwards),
        upper_endplate=replace(column[Level.T1].upper_endplate, plane=Plane(np.zeros(3), forwards[2])),
    )
    assert alignment_of({Level.T1: tilted}).t1_slope_deg == pytest.approx(30)


def test_the_kyphosis_of_a_phantom_is_the_true_one():
    assert spine("T2-T6").alignment.in_view.kyphosis_deg == pytest.approx(phantom("T2-T6").truth.kyphosis_deg, abs=4)


def test_the_supine_note_is_always_there():
    assert any("lying down" in note for note in spine("T2-T6").alignment.notes)


def test_alignment_says_nothing_where_nothing_is_in_view():
    found = alignment_of({})
    assert found.joints == ()
    assert found.regions == ()
    assert found.in_view is None
    assert found.t1_slope_deg is None


def test_citations_of_the_room_exist():
    for key in ("valosek2024", "harrison2002", "fehlings1999", "sct", "meyerding", "white_panjabi"):
        assert citation(key).text


# --- plausibility


REFERENCE_LIMITS = """
endplate width|T1|19|34|15|40
endplate width|T5|20|38|16|44
endplate width|T12|24|50|20|56
endplate depth|T4|14|30|11|34
endplate depth|T8|18|36|14|40
endplate depth|T9|22|42|18|46
posterior body height|T6|12|22|9|26
posterior body height|T7|15|29|11|33
anterior over posterior height|T1|0.80|1.08|0.3|1.3
disc height|T10|1.5|7.5|0.5|11
disc height|L1|3|11|1|15
pedicle width|T3|2.5|9|1.5|12
pedicle width|T8|2.5|9|1.5|12
pedicle width|T2|3.5|13|2|16
pedicle width|T9|3.5|13|2|16
pedicle width|L5|5|22|3|27
pedicle height|T12|6|20|4|25
transverse pedicle angle|T1|15|45|5|55
transverse pedicle angle|T2|0|35|-10|45
transverse pedicle angle|T7|-15|20|-25|30
canal depth|T1|13|23|8|28
canal width|T12|14|26|10|32
dural sac area|T4|95|250|50|320
cord area|T2|24|55|10|90
cord depth|T9|4.3|8.0|2|10
segment kyphosis|T1|-3|12|-15|40
whole thoracic kyphosis|T1|20|65|0|110
"""


@pytest.mark.parametrize("row", [row for row in REFERENCE_LIMITS.splitlines() if row])
def test_every_limit_is_that_of_the_reference_and_holds_at_its_edges(row):
    quantity, level, *numbers = row.split("|")
    found = limits_at(quantity, Level(level))
    low, high, worst_low, worst_high = map(float, numbers)
    assert (found.warn_low, found.warn_high, found.reject_low, found.reject_high) == (low, high, worst_low, worst_high)
    name = f"{quantity} left" if quantity.startswith(("pedicle", "transverse")) else quantity
    step = 1e-6
    for value, severity in (
        (low, None),
        (high, None),
        (low - step, Severity.NOTE),
        (high + step, Severity.NOTE),
        (worst_low - step, Severity.WARNING),
        (worst_high + step, Severity.WARNING),
    ):
        doubts = plausibility_doubts({Level(level): {name: value}})
        assert [doubt.severity for doubt in doubts] == ([] if severity is None else [severity])


@pytest.mark.parametrize(("percent", "severity"), [(25, None), (26, Severity.NOTE), (41, Severity.WARNING)])
def test_pedicles_of_unlike_width_are_said(percent, severity):
    doubts = plausibility_doubts({Level.T5: {"pedicle width asymmetry": float(percent)}})
    assert [doubt.severity for doubt in doubts] == ([] if severity is None else [severity])


def test_outside_the_levels_of_a_row_there_is_no_limit():
    assert limits_at("cord area", Level.T1) is None
    assert limits_at("cord area", Level.T10) is None
    assert plausibility_doubts({Level.T10: {"cord area": 1.0}}) == []


@pytest.mark.parametrize(
    ("sizes", "ending"),
    [
        ({"dural sac area": 20.0}, "compressed, or check segmentation and level"),
        ({"dural sac area": 20.0, "canal width": 2.0}, "not plausible, check segmentation and level"),
        ({"dural sac area": 2000.0}, "not plausible, check segmentation and level"),
    ],
)
def test_a_sac_that_is_only_too_small_may_be_compressed(sizes, ending):
    (doubt,) = [found for found in plausibility_doubts({Level.T3: sizes}) if found.severity is Severity.WARNING]
    assert doubt.text.endswith(ending)


def test_rows_of_one_quantity_do_not_overlap_and_warn_lies_within_reject():
    for row in plausibility_limits():
        assert row.reject_low <= row.warn_low < row.warn_high <= row.reject_high
        for level in Level:
            holding = [r for r in plausibility_limits() if r.quantity == row.quantity and r.holds_at(level)]
            assert len(holding) <= 1


@pytest.mark.parametrize("trend", trends(), ids=lambda trend: trend.quantity)
def test_sizes_that_run_the_wrong_way_are_said(trend):
    levels = [level for level in Level if trend.first.order <= level.order <= trend.last.order][:5]
    name = f"{trend.quantity} left" if "pedicle" in trend.quantity else trend.quantity

    def doubts(direction):
        sizes = {level: {name: 25.0 + 0.2 * direction * index} for index, level in enumerate(levels)}
        return [doubt for doubt in plausibility_doubts(sizes) if "check the names" in doubt.text]

    assert doubts(trend.direction) == []
    assert len(doubts(-trend.direction)) == 1


# --- subparts


def test_subparts_split_the_articular_parts_completely():
    for vertebra in spine("T2-T6").vertebrae.values():
        codes = subparts_of(vertebra).array
        for side, part in ((Side.LEFT, Part.ARTICULAR_LEFT), (Side.RIGHT, Part.ARTICULAR_RIGHT)):
            pieces = [Subpart(f"{which} articular {side}").code for which in ("superior", "inferior")]
            assert (np.isin(codes, pieces) == vertebra.part_mask(part)).all()


def test_superior_processes_lie_above_inferior_ones_and_sides_are_the_patients():
    for vertebra in spine("T2-T6").vertebrae.values():
        found = subparts_of(vertebra)
        middle = {}
        for piece in SUBPARTS:
            voxels = np.argwhere(found.array == piece.code)
            assert len(voxels) > 0
            middle[piece] = vertebra.frame.to_local(found.grid.to_world(voxels)).mean(axis=0)
            assert middle[piece][0] * piece.side.sign > 0
        for side in Side:
            above, below = (middle[Subpart(f"{which} articular {side}")] for which in ("superior", "inferior"))
            assert above[2] - below[2] > 8


def test_the_heads_of_the_ribs_lie_at_the_costal_regions():
    found = spine_from_labels([thoracic().labels], modality="CT")
    checked = 0
    for code, structure in found.other_structures.items():
        level = Level(f"T{structure.number}") if structure.number else None
        if structure.kind.value != "rib" or level not in found.vertebrae:
            continue
        vertebra = found.vertebrae[level]
        rib = found.grid.to_world(np.argwhere(found.other_codes == code))
        regions = subparts_of(vertebra)
        facet = regions.grid.to_world(np.argwhere(regions.array == Subpart(f"costal {structure.side}").code))
        nearest = rib[np.linalg.norm(rib - vertebra.frame.origin_mm, axis=1).argmin()]
        assert np.linalg.norm(facet - nearest, axis=1).min() < 8
        checked += 1
    assert checked >= 4


def test_lumbar_vertebrae_have_no_costal_region():
    volumes = subpart_volumes_ml(spine("T12-L2", seed=4).vertebrae[Level.L2])
    assert volumes[Subpart.COSTAL_LEFT] == volumes[Subpart.COSTAL_RIGHT] == 0
    assert volumes[Subpart.SUPERIOR_ARTICULAR_LEFT] > 0


def test_mirrored_subparts_swap_sides():
    assert Subpart.COSTAL_LEFT.mirrored is Subpart.COSTAL_RIGHT
    assert {piece.mirrored.mirrored for piece in SUBPARTS} == set(SUBPARTS)


# --- bone


def test_each_part_has_its_own_hu_and_bodies_are_sampled_in_their_core():
    found = spine("T2-T6")
    values = np.zeros(found.grid.shape, np.int16)
    for part in Part:
        values[found.part_codes == part.code] = 10 * part.code
    values[found.level_codes == Level.T4.code] += 500
    from scipy.ndimage import binary_erosion

    body = found.part_codes == Part.BODY.code
    values[body & ~binary_erosion(body, iterations=2)] = 3000
    densities = part_densities(values, found)
    for level in found.levels:
        for part in Part:
            expected = 10 * part.code + (500 if level is Level.T4 else 0)
            assert densities[level][part].mean_hu == pytest.approx(expected)
            assert densities[level][part].sd_hu == pytest.approx(0)
            assert densities[level][part].is_core is (part is Part.BODY)


def test_metal_is_found_at_its_level_and_bone_is_not_metal():
    found = spine("T2-T6")
    values = np.where(found.level_codes > 0, 1300, 40).astype(np.int16)
    assert metal_near(values, found) is None
    centre = np.rint(found.grid.to_voxel(found.vertebrae[Level.T5].pedicles[Side.LEFT].isthmus_mm)).astype(int)
    values[tuple(slice(c - 2, c + 3) for c in centre)] = 3000
    metal = metal_near(values, found)
    assert Level.T5 in metal.levels
    assert Level.T2 not in metal.levels
    assert metal.volume_ml == pytest.approx(0.125)
    assert "T5" in metal.text
    values[:] = 40
    values[tuple(centre)] = 3000
    assert metal_near(values, found) is None


def test_a_scan_on_another_grid_is_refused():
    with pytest.raises(InputError, match="resample the scan"):
        part_densities(np.zeros((3, 3, 3), np.int16), spine("T2-T6"))


# --- table


def test_the_table_has_one_row_per_level_with_the_measured_values():
    found = spine("T2-T6")
    rows = level_rows(found)
    assert [row["level"] for row in rows] == [level.value for level in found.levels]
    row, vertebra = rows[2], found.vertebrae[Level.T4]
    assert row["posterior_height_mm"] == vertebra.heights.posterior_mm
    assert row["pedicle_left_width_mm"] == vertebra.pedicles[Side.LEFT].width_mm
    assert row["pedicle_right_transverse_deg"] == vertebra.pedicles[Side.RIGHT].transverse_deg
    assert row["disc_height_below_mm"] == found.alignment.joint_below(Level.T4).disc_height_mm
    assert row["cord_area_mm2"] is None
    assert rows[-1]["disc_height_below_mm"] is None


def test_the_csv_of_the_table_reads_back():
    found = spine("T2-T6")
    rows = list(csv.DictReader(io.StringIO(level_table_csv(found))))
    assert len(rows) == 5
    assert float(rows[0]["canal_ap_mm"]) == pytest.approx(level_rows(found)[0]["canal_ap_mm"], abs=0.05)
    assert rows[0]["cord_area_z"] == ""


@pytest.mark.shared_data
def test_on_the_real_scan_the_cut_vertebra_has_empty_cells():
    row = level_rows(real_spine())[0]
    assert row["level"] == "C7"
    assert row["anterior_height_mm"] is None
    assert "cut" in row["in_view"]


def test_block_vertebrae_have_the_size_of_their_blocks():
    blocks = Blocks((60, 80, 90))
    for index, level in enumerate((Level.T6, Level.T7, Level.T8)):
        blocks.vertebra(label_of(level), (30, 55, 72 - 22 * index))
    found = spine_from_labels([blocks.labels()], modality="CT")
    middle = found.vertebrae[Level.T7]
    assert middle.heights.anterior_mm == pytest.approx(15.0, abs=0.1)
    assert middle.upper_endplate.width_mm == pytest.approx(27.0, abs=0.4)
    assert middle.upper_endplate.depth_mm == pytest.approx(20.0, abs=1.2)
    assert middle.wedge_deg == pytest.approx(0, abs=0.2)
    assert found.alignment.joints[0].disc_height_mm == pytest.approx(7.0, abs=0.1)
    assert found.alignment.joints[0].slip.forwards_mm == pytest.approx(0.0, abs=0.2)
    at = found.canal.profile.at_level(Level.T7)
    area = found.canal.areas_mm2[at]
    assert np.median(area) == pytest.approx(np.pi * 9 * 8, rel=0.08)
