"""Files for other programs: the frame they declare, numbers that read back, surfaces where they belong."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from surgery_samples import ideal_spine, patient, planned, points_of, refused, with_tumour_where

from oncospine.base import Level, Side, parse_levels
from oncospine.geometry import Volume
from oncospine.imaging import Structure, StructureKind
from oncospine.surgery import (
    evaluated_on,
    line_test,
    parse_operation,
    plan_meshes,
    prepared,
    screw_plan_csv,
    screw_plan_json,
    slicer_markups,
    write_meshes,
)
from oncospine.surgery.meshes import screw_mesh, stl_bytes, surface_of
from oncospine.surgery.sternum_line import Passage

SCREWS = (
    planned(Level.T1, Side.LEFT, hu_mean=201.25, entry_words="13 mm left, on the lamina", notes=("a", "b, c")),
    refused(Level.T3, Side.LEFT, "57% of the pedicle is tumour (F-14)"),
    planned(Level.T2, Side.RIGHT),
)


def test_the_csv_has_a_row_for_every_pedicle_refused_ones_too():
    rows = list(csv.DictReader(io.StringIO(screw_plan_csv(SCREWS))))
    assert [(row["level"], row["side"], row["planned"]) for row in rows] == [
        ("T1", "left", "yes"),
        ("T3", "left", "no"),
        ("T2", "right", "yes"),
    ]
    assert float(rows[0]["entry_r_mm"]) == pytest.approx(SCREWS[0].entry_mm[0], abs=0.01)
    assert float(rows[0]["tip_s_mm"]) == pytest.approx(SCREWS[0].tip_mm[2], abs=0.01)
    assert rows[0]["notes"] == "a; b, c"
    assert rows[0]["hu_mean"] == "201.25"
    assert rows[1]["entry_r_mm"] == ""
    assert "F-14" in rows[1]["refusal"]


def test_the_json_names_its_frame():
    plain = json.loads(screw_plan_json(SCREWS))
    assert plain["frame"] == "RAS+ mm"
    assert plain["screws"][0]["entry_mm"] == SCREWS[0].entry_mm.tolist()
    assert plain["screws"][1]["refusal"] == SCREWS[1].refusal


def test_markups_are_lines_in_lps_of_planned_screws_only():
    plain = json.loads(slicer_markups(SCREWS))
    assert [item["name"] for item in plain["markups"]] == ["T1 left 4.5 x 30", "T2 right 4.5 x 30"]
    for item, screw in zip(plain["markups"], (SCREWS[0], SCREWS[2]), strict=True):
        assert item["type"] == "Line"
        assert item["coordinateSystem"] == "LPS"
        positions = [point["position"] for point in item["controlPoints"]]
        assert np.allclose(np.array(positions) * [-1, -1, 1], [screw.entry_mm, screw.tip_mm], atol=1e-3)


@pytest.mark.parametrize("radius", [6.0, 9.0])
def test_the_surface_of_a_ball_is_the_ball_where_it_is_and_outwards(radius):
    spine = ideal_spine()
    centre = np.array([3.0, -5.0, 0.5])
    ball = np.linalg.norm(points_of(spine) - centre, axis=-1) <= radius
    mesh = surface_of(with_tumour_where(spine, ball))
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.03)  # the blur takes 0.02 mm off
    assert np.allclose(mesh.centroid, centre, atol=0.1)
    assert surface_of(with_tumour_where(spine, np.zeros_like(ball))) is None


def test_the_surface_of_a_screw_runs_from_entry_to_tip():
    screw = SCREWS[0].screw()
    mesh = screw_mesh(SCREWS[0])
    assert mesh.is_watertight
    along = (mesh.vertices - screw.entry_mm) @ screw.direction
    assert (along.min(), along.max()) == pytest.approx((0.0, screw.length_mm), abs=1e-6)
    assert mesh.volume == pytest.approx(np.pi * 2.25**2 * screw.length_mm, rel=0.02)


def test_an_stl_says_which_frame_it_is_in_and_reads_back():
    import trimesh

    mesh = screw_mesh(SCREWS[0])
    data = stl_bytes(mesh)
    assert b"SPACE=RAS" in data[:80]
    again = trimesh.load(io.BytesIO(data), file_type="stl")
    assert np.allclose(again.bounds, mesh.bounds, atol=1e-3)


@pytest.fixture(scope="module")
def ground():
    return prepared(*patient())


def test_all_surfaces_of_a_plan_are_written_apart_and_together(ground, tmp_path):
    import trimesh

    text = (
        "title: x\nstages:\n  - title: one\n    approach: A-TPb\n    laminectomy: {levels: T3}\n"
        "    corpectomy: {levels: T3-T4}\n    cage: {}\n    resection: {intent: subtotal, levels: T3-T4}\n"
        "    fixation: {levels: T1-T5, skip: [T3, T4]}\n"
    )
    done = evaluated_on(ground, parse_operation(text))
    meshes = plan_meshes(done, ground.spine, ground.tumour)
    screws = {f"screw_{level}_{side}" for level in (*parse_levels("T1-T2"), Level.T5) for side in Side}
    expected = {"bone", "bone_removed", "tumour_left", "tumour_before", "rod_left", "rod_right", "cage"}
    assert set(meshes) == screws | expected
    assert meshes["tumour_left"].volume < meshes["tumour_before"].volume
    bone = np.count_nonzero(ground.spine.level_codes) * ground.spine.grid.voxel_volume_mm3
    assert meshes["bone"].volume + meshes["bone_removed"].volume == pytest.approx(bone, rel=0.08)
    files = write_meshes(tmp_path / "meshes", meshes)
    assert {file.name for file in files} == {f"{name}.stl" for name in meshes} | {"plan.glb"}
    scene = trimesh.load(tmp_path / "meshes" / "plan.glb")
    assert set(scene.geometry) == set(meshes)
    assert scene.metadata.get("frame") == "RAS+ mm"
    assert np.allclose(scene.geometry["screw_T1_left"].bounds, meshes["screw_T1_left"].bounds, atol=1e-2)


def with_sternum(top_mm: float, bottom_mm: float, *, vessel: bool = False):
    """The ideal vertebra with a plate of sternum 35 mm in front, and a vessel before it if wanted."""
    spine = ideal_spine()
    points = points_of(spine)
    high = (points[..., 2] <= top_mm) & (points[..., 2] >= bottom_mm)
    codes = (high & (points[..., 1] > 32) & (points[..., 1] < 36) & (np.abs(points[..., 0]) < 15)).astype(np.uint8)
    structures = {1: Structure(kind=StructureKind.STERNUM)}
    if vessel:
        codes[(np.abs(points[..., 1] - 27) < 2) & (np.abs(points[..., 0]) < 3)] = 2
        structures[2] = Structure(kind=StructureKind.BRACHIOCEPHALIC_VEIN, side=Side.LEFT)
    vertebra = spine.vertebrae[Level.T6]
    plate = vertebra.lower_endplate
    flat = replace(
        plate, plane=replace(plate.plane, point_mm=np.array([0.0, 10.0, 0.0]), normal=np.array([0.0, 0, -1]))
    )
    vertebrae = {Level.T6: replace(vertebra, lower_endplate=flat)}
    return replace(spine, other_codes=codes, other_structures=structures, vertebrae=vertebrae)


@pytest.mark.parametrize(
    ("top", "bottom", "passage", "below"),
    [(-4.0, -10.0, Passage.ABOVE, -4.0), (6.0, -10.0, Passage.THROUGH, 6.0), (9.0, 5.0, Passage.BELOW, 9.0)],
)
def test_the_line_passes_above_through_or_below_the_sternum(top, bottom, passage, below):
    found = line_test(with_sternum(top, bottom), Level.T6)
    assert found.passage is passage
    assert found.below_notch_mm == pytest.approx(below, abs=0.6)
    assert found.vessels == ()
    assert found.citations == ("teng2009",)


def test_vessels_beside_the_line_are_named():
    found = line_test(with_sternum(6.0, -10.0, vessel=True), Level.T6)
    assert found.vessels == ("brachiocephalic vein left",)
    assert "brachiocephalic vein left" in found.text


def test_a_sternum_that_leaves_the_scan_says_nothing_about_what_is_below():
    spine = with_sternum(30.0, 5.0)
    assert line_test(spine, Level.T6).passage is Passage.UNKNOWN
    assert "where the scan ends" in line_test(spine, Level.T6).text


def test_the_line_test_says_what_it_lacks():
    assert "no sternum is labelled" in line_test(ideal_spine(), Level.T6).text
    assert "its lower endplate is not in view" in line_test(with_sternum(6, -10), Level.T9).text


def test_hu_table_of_a_scan_without_ct_is_empty():
    spine, _, scan = patient()
    assert Volume(scan.volume.array, scan.volume.affine).grid.is_same_as(scan.grid)
    assert '"hu_mean": null' in screw_plan_json([planned(Level.T1, Side.LEFT)])
    assert spine.levels[0] is Level.T1
