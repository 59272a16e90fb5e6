"""Walls broken, spaces and neighbours met, distances, pieces: shapes whose answer is a formula."""

from dataclasses import replace

import numpy as np
import pytest
from lesion_samples import findings_of, mr_findings_of, other_side, phantom, plain_mask, spine_of

from oncospine.anatomy import TubeKind
from oncospine.base import Level, Side
from oncospine.geometry import Grid, as_affine
from oncospine.lesion import measured_findings
from oncospine.lesion.breach import interface_faces
from oncospine.lesion.contacts import _degrees
from oncospine.lesion.surroundings import Surroundings, distance_to, surroundings


def points_of(source) -> np.ndarray:
    grid = source.tumour.grid
    return grid.to_world(np.indices(grid.shape).reshape(3, -1).T).reshape(*grid.shape, 3)


def ball(centre_mm, radius_mm: float) -> np.ndarray:
    return np.linalg.norm(points_of(phantom()) - centre_mm, axis=-1) <= radius_mm


def measured(mask: np.ndarray):
    return measured_findings(spine_of(phantom()), plain_mask(mask, phantom().tumour))


@pytest.mark.parametrize("normal", [(1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 2, 3), (-2, 1, 0.5)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 2.5)])
def test_the_interface_of_a_flat_wall_has_its_true_area_at_any_tilt(normal, spacing):
    grid = Grid((60, 60, 40), as_affine(np.diag([*spacing, 1.0])))
    direction = np.array(normal, float) / np.linalg.norm(normal)
    points = grid.to_world(np.indices(grid.shape).reshape(3, -1).T).reshape(*grid.shape, 3)
    centre = points.reshape(-1, 3).mean(axis=0)
    along = (points - centre) @ direction
    across = np.linalg.norm(points - centre - along[..., None] * direction, axis=-1)
    compartment = np.where(along <= 0, 1, 3).astype(np.uint8)
    compartment[(across > 14) | (np.abs(along) > 6)] = 0
    faces = interface_faces(compartment, grid)
    vector = faces.area_mm2.sum(axis=0)
    assert np.linalg.norm(vector) == pytest.approx(np.pi * 14**2, rel=0.06)
    assert vector @ direction > 0.99 * np.linalg.norm(vector)


def test_the_phantoms_posterior_and_left_walls_are_broken_and_its_right_one_is_not():
    walls = {(item.level, item.wall) for item in findings_of(phantom()).breaches}
    assert (Level.T3, "posterior wall") in walls
    assert any(level is Level.T3 and "left" in wall for level, wall in walls)
    assert not any("right" in wall for _, wall in walls)
    other = {(item.level, item.wall) for item in findings_of(other_side()).breaches}
    assert any("right" in wall for _, wall in other)


def test_a_tumour_within_bone_breaks_no_wall():
    centre = spine_of(phantom()).vertebrae[Level.T4].frame.to_world([0.0, 2.0, 0.0])
    found = measured(ball(centre, 4.0))
    assert found.breaches == ()
    assert found.discs == ()


def disc_between(upper: Level, lower: Level) -> tuple[np.ndarray, np.ndarray, float]:
    vertebrae = spine_of(phantom()).vertebrae
    top, bottom = vertebrae[upper].lower_endplate.plane, vertebrae[lower].upper_endplate.plane
    return (top.point_mm + bottom.point_mm) / 2, top.normal, abs(float(top.distances_to(bottom.point_mm)))


def test_a_column_through_the_disc_crosses_it_and_a_film_on_one_endplate_does_not():
    middle, normal, height = disc_between(Level.T3, Level.T4)
    points = points_of(phantom()) - middle
    along = points @ normal
    across = np.linalg.norm(points - along[..., None] * normal, axis=-1)
    through = measured((across < 5) & (np.abs(along) < height / 2 + 3))
    assert [(item.above, item.below, item.crosses) for item in through.discs] == [(Level.T3, Level.T4, True)]
    assert through.involved_levels == (Level.T3, Level.T4)
    film = measured((across < 6) & (along < -height / 2 + 1.3) & (along > -height / 2 - 4))
    assert [item.crosses for item in film.discs] in ([], [False])


@pytest.mark.parametrize("side", list(Side))
def test_a_ball_in_a_foramen_is_found_on_its_side(side):
    vertebrae = spine_of(phantom()).vertebrae
    above, below = vertebrae[Level.T3].pedicles[side], vertebrae[Level.T4].pedicles[side]
    centre = (above.isthmus_mm + below.isthmus_mm) / 2
    found = measured(ball(centre, 3.0) & (phantom().parts.array == 0))
    assert [(item.above, item.below, item.side) for item in found.foramina] == [(Level.T3, Level.T4, side)]


def test_two_balls_are_two_pieces_and_skip_levels():
    vertebrae = spine_of(phantom()).vertebrae
    centres = [vertebrae[level].frame.to_world([0.0, 1.0, 0.0]) for level in (Level.T2, Level.T4)]
    one, other = ball(centres[0], 4.0), ball(centres[1], 5.0)
    found = measured(one | other)
    assert [piece.levels for piece in found.pieces] == [(Level.T2,), (Level.T4,)]
    voxel_ml = phantom().tumour.grid.voxel_volume_mm3 / 1000
    assert [piece.volume_ml for piece in found.pieces] == pytest.approx([one.sum() * voxel_ml, other.sum() * voxel_ml])
    assert found.distribution == "skip"
    assert found.tomita.type == 7


def test_depth_and_distance_of_a_ball_are_its_radius_and_the_rest():
    centre = spine_of(phantom()).vertebrae[Level.T3].frame.origin_mm
    near = surroundings(ball(centre, 8.0)[slice_of_spine()], spine_of(phantom()))
    voxel = max(phantom().tumour.grid.spacing_mm)
    assert near.depth_mm.max() == pytest.approx(8.0, abs=voxel)
    out = np.linalg.norm(near.grid.to_world(np.indices(near.tumour.shape).reshape(3, -1).T) - centre, axis=1) - 8.0
    far = out.reshape(near.tumour.shape) > 2
    assert np.abs(near.distance_mm - out.reshape(near.tumour.shape))[far].max() < voxel


def slice_of_spine():
    """The block of the scan that the spine's crop is."""
    spine, grid = spine_of(phantom()), phantom().tumour.grid
    first = np.rint(grid.to_voxel(spine.grid.affine[:3, 3])).astype(int)
    return tuple(slice(a, a + n) for a, n in zip(first, spine.grid.shape, strict=True))


def test_distance_to_nothing_is_infinite():
    assert np.isinf(distance_to(np.zeros((3, 3, 3), bool), (1.0, 1.0, 1.0))).all()


@pytest.mark.parametrize("degrees", [90, 180, 270, 360])
def test_a_cuff_around_a_vessel_is_counted_in_degrees(degrees):
    grid = Grid((61, 61, 3), as_affine(np.diag([0.5, 0.5, 1.0, 1.0])))
    x, y, _ = np.moveaxis(grid.to_world(np.indices(grid.shape).reshape(3, -1).T), 1, 0).reshape(3, *grid.shape) - 15
    radius, angle = np.hypot(x, y), np.degrees(np.arctan2(x, y)) % 360
    vessel = radius <= 8
    cuff = (radius > 8) & (radius <= 12) & (angle <= degrees)
    spacing = grid.spacing_mm
    near = Surroundings(
        box=(slice(0, 61), slice(0, 61), slice(0, 3)),
        grid=grid,
        tumour=cuff,
        distance_mm=distance_to(cuff, spacing),
        depth_mm=distance_to(~cuff, spacing),
    )
    reached = min(degrees + 2 * np.degrees(1.5 / 8), 360)  # walls nearer than the contact distance count
    assert _degrees(vessel, near) == pytest.approx(reached, abs=15)


def test_contact_with_the_left_lung_is_found_and_mirrors():
    own = {item.structure: item for item in findings_of(phantom()).contacts}
    other = {item.structure: item for item in findings_of(other_side()).contacts}
    assert own["lung left"].words == "in contact"
    assert other["lung right"].distance_mm == pytest.approx(own["lung left"].distance_mm, abs=1e-6)
    assert own["lung left"].degrees is None


def test_a_ball_on_a_rib_head_meets_the_costovertebral_joint():
    spine = spine_of(phantom())
    ribs = {code: item for code, item in spine.other_structures.items() if item.kind.value == "rib"}
    code, rib = next((code, item) for code, item in ribs.items() if item.number == 4 and item.side is Side.LEFT)
    voxels = np.argwhere(spine.other_codes == code)
    points = spine.grid.to_world(voxels)
    body = spine.vertebrae[Level.T4].frame.origin_mm
    head = points[np.linalg.norm(points - body, axis=1).argmin()]
    at_head = measured(ball(head, 5.0))
    assert (4, Side.LEFT, True) in {(item.number, item.side, item.costovertebral) for item in at_head.ribs}
    if Level.T4 in at_head.posterolateral:
        assert at_head.posterolateral[Level.T4][rib.side].costovertebral is True


def test_distance_to_the_cord_is_the_true_gap_within_its_error():
    found = {item.tube: item for item in mr_findings_of(phantom()).distances}
    cord = found[TubeKind.CORD]
    true = min(gap for gap in phantom().truth.canal.tumour_to_cord_mm if gap is not None)
    assert cord.least_mm == pytest.approx(true, abs=cord.error_mm + 0.3)
    assert cord.within_ml["2 mm"] <= cord.within_ml["3 mm"]
    assert np.isfinite(cord.map_mm.array).sum() == findings_of(phantom()).tumour.array.sum()


def test_moving_the_tumour_away_makes_every_distance_larger():
    mask = phantom().tumour.array == 3
    near = measured(mask)
    shifted = np.roll(mask, -4, axis=0)
    far = measured(shifted)
    sac_near, sac_far = near.distances[0].least_mm, far.distances[0].least_mm
    assert sac_far > sac_near > 0


def test_posterolateral_elements_are_measured_on_the_diseased_side():
    found = findings_of(phantom()).posterolateral[Level.T3]
    assert found[Side.LEFT].pedicle_fraction > 0.5 > found[Side.RIGHT].pedicle_fraction
    assert found[Side.RIGHT].facet_fraction < 0.05
    assert findings_of(other_side()).posterolateral[Level.T3][Side.RIGHT] == replace(found[Side.LEFT])
