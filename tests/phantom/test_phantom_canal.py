"""Canal, sac and cord areas against formulas and a polygon count, and what a growing mass does."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncospine.base import Level
from oncospine.phantom import GRADES, EpiduralPiece, PhantomSpec, TumourSpec
from oncospine.phantom.bone import spine_model
from oncospine.phantom.canal import position_of
from oncospine.phantom.column import CURVE_STEP_MM
from oncospine.phantom.shapes import coverage
from oncospine.phantom.truth_canal import escc_truth, section_grades, section_inputs


def model_with(*pieces, seed=4):
    return spine_model(PhantomSpec(seed=seed, tumour=TumourSpec(epidural=pieces)))


def row_of(model, level):
    return round(model.neural.curve.level_arc[level] / CURVE_STEP_MM)


def counted(model, arc_mm, which):
    """Area of a region in one cross-section by summing cells of 0.05 mm."""
    step = 0.05
    axis = np.arange(-15, 15, step, dtype=np.float32)
    u, v = np.meshgrid(axis, axis, indexing="ij")
    neural, at = model.neural, position_of(np.full(u.shape, arc_mm, np.float32))
    sac = np.maximum(neural.sac.distance(u, v, at), -neural.fronts.beyond(u, v, at))
    canal, front = neural.canal.distance(u, v, at), neural.fronts.beyond(u, v, at)
    distance = {
        "canal_mm2": canal,
        "sac_mm2": sac,
        "cord_mm2": np.maximum(neural.cord.distance(u, v, at), sac),
        "epidural_tumour_mm2": np.maximum(canal, front),
    }[which]
    return float(coverage(distance, step).sum(dtype=float)) * step**2


def test_the_canal_of_a_level_is_the_ellipse_of_the_table():
    model = spine_model(PhantomSpec(seed=4))
    for level in (Level.C7, Level.T4, Level.T8):
        sizes = model.vertebrae[level].shape.sizes
        arc = model.neural.curve.level_arc[level]
        area = np.interp(arc, model.neural.curve.arc, model.neural.area["canal_mm2"])
        assert area == pytest.approx(math.pi / 4 * sizes["SCW"] * sizes["SCD"], rel=2e-3)


@pytest.mark.parametrize("thickness", [2.0, 5.0, 8.5])
def test_an_anterior_front_cuts_the_ellipse_segment_of_the_formula(thickness):
    model = model_with(EpiduralPiece(level=Level.T4, thickness_mm=thickness, length_mm=400 / 3, clock_deg=0))
    row = row_of(model, Level.T4)
    half_u, half_v = (1 / math.sqrt(m[row]) for m in (model.neural.canal.m_uu, model.neural.canal.m_vv))
    free = 1 - model.neural.fronts.thickness[0, row] / half_v
    segment = half_u * half_v * (math.acos(free) - free * math.sqrt(1 - free**2))
    assert model.neural.area["epidural_tumour_mm2"][row] == pytest.approx(segment, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(
    clock=st.floats(0, 360),
    thickness=st.floats(1.0, 12.0),
    second=st.floats(0.5, 4.0),
    between=st.floats(60, 300),
    seed=st.integers(0, 30),
)
def test_areas_agree_with_counting_points_for_any_direction_and_two_fronts(clock, thickness, second, between, seed):
    lead = EpiduralPiece(level=Level.T5, thickness_mm=thickness, length_mm=40, clock_deg=clock)
    other = EpiduralPiece(level=Level.T5, thickness_mm=second, length_mm=30, clock_deg=(clock + between) % 360)
    model = model_with(lead, other, seed=seed)
    row = row_of(model, Level.T5)
    for name in ("canal_mm2", "sac_mm2", "epidural_tumour_mm2"):
        assert model.neural.area[name][row] == pytest.approx(counted(model, row * CURVE_STEP_MM, name), abs=0.2)


@pytest.mark.parametrize("thickness", [3.0, 9.0, 11.0, 12.5])
def test_the_cord_area_agrees_with_counting_points(thickness):
    model = model_with(EpiduralPiece(level=Level.T3, thickness_mm=thickness, length_mm=36, clock_deg=25))
    row = row_of(model, Level.T3)
    found = model.neural.area["cord_mm2"][row]
    assert found == pytest.approx(counted(model, row * CURVE_STEP_MM, "cord_mm2"), abs=0.2)


def test_the_cord_gets_thinner_and_wider_but_keeps_its_area_while_the_sac_has_room():
    rest = model_with(EpiduralPiece(level=Level.T3, thickness_mm=1.0, length_mm=36))
    row = row_of(rest, Level.T3)
    area, widths, depths = [], [], []
    for thickness in (9.5, 11.2, 12.2):
        model = model_with(EpiduralPiece(level=Level.T3, thickness_mm=thickness, length_mm=36))
        area.append(model.neural.area["cord_mm2"][row])
        one, none = np.ones(1), np.zeros(1)
        cord = model.neural.cord
        picked = replace(cord, **{name: getattr(cord, name)[[row]] for name in ("m_uu", "m_uv", "m_vv")})
        widths.append(float(picked.support(one, none)[0]))
        depths.append(float(picked.support(none, one)[0]))
    assert area == pytest.approx([rest.neural.area["cord_mm2"][row]] * 3, rel=0.01)
    assert depths == sorted(depths, reverse=True)
    assert widths == sorted(widths)
    assert depths[-1] < 0.85 * depths[0]


def test_a_thicker_mass_never_has_a_lower_grade_and_reaches_every_grade():
    grades = []
    for thickness in np.arange(0.5, 15.5, 0.5):
        model = model_with(EpiduralPiece(level=Level.T4, thickness_mm=float(thickness), length_mm=24))
        grades.append(GRADES.index(escc_truth(model)[Level.T4].grade))
    assert grades == sorted(grades)
    assert set(grades) == set(range(len(GRADES)))


def test_without_tumour_every_section_is_grade_0_and_the_cord_rests():
    inputs = section_inputs(spine_model(PhantomSpec(seed=9)).neural)
    assert (section_grades(inputs) == 0).all()
    assert inputs["sac_mm2"] == pytest.approx(inputs["free_sac_mm2"], rel=1e-3)
    assert inputs["cord_mm2"] == pytest.approx(inputs["free_cord_mm2"], rel=1e-3)


def test_section_coordinates_lead_back_to_the_point():
    curve = spine_model(PhantomSpec(seed=2)).neural.curve
    for arc, u, v in ((150.0, 6.0, -5.0), (203.3, -8.0, 7.0), (260.7, 0.0, 9.0)):
        frame = curve.frame_at(arc)
        point = frame.to_world((u, v, 0.0))
        s, right, front = curve.section_coordinates(tuple(np.full((1, 1, 1), c, np.float32) for c in point))
        assert (float(s[0, 0, 0]), float(right[0, 0, 0]), float(front[0, 0, 0])) == pytest.approx((arc, u, v), abs=0.02)


def test_the_cord_ends_at_the_conus_in_l1():
    neural = spine_model(PhantomSpec(seed=2)).neural
    arcs = neural.curve.arc[neural.area["cord_mm2"] > 0]
    assert arcs.max() == pytest.approx(neural.curve.level_arc[Level.L1], abs=CURVE_STEP_MM)
