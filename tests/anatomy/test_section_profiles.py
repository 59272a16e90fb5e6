"""Sizes of tubes and canals across the centreline, and the normal values they are judged by."""

import csv
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from anatomy_samples import DATA, spine

from oncospine.anatomy import (
    area_z_scores,
    normal_sizes,
    tube_profile,
)
from oncospine.base import Level
from oncospine.geometry import Grid, Mask


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
