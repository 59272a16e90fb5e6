"""Vertebrae of the model: exact pedicles, closed rings, parts that tile, asymmetry."""

import math

import cc3d
import numpy as np
import pytest

from oncospine.anatomy.parts import PARTS
from oncospine.base import Level, Side, parse_levels
from oncospine.imaging import StructureKind
from oncospine.phantom import PART_CODES, PhantomSpec, make_phantom
from oncospine.phantom.body import BACK_POWER, CONCAVITY_MM, FRONT_POWER, Body
from oncospine.phantom.bone import bone_on, spine_model
from oncospine.phantom.shapes import Lattice, coverage
from oncospine.phantom.truth_canal import level_arcs


@pytest.fixture(scope="module")
def plain():
    """T2-T6 at 1 mm without noise."""
    return make_phantom(PhantomSpec(levels=parse_levels("T2-T6"), seed=11, noise=0.0, thorax=False))


def section_through(model, level, side, step_mm=0.1, reach_mm=14.0):
    """Bone in the plane across the pedicle axis at the isthmus: mask with the isthmus in the middle, and its shape."""
    vertebra = model.vertebrae[level]
    pedicle = vertebra.pedicles[side]
    axis, across = pedicle.axis @ vertebra.frame.axes, pedicle.across @ vertebra.frame.axes
    up = np.cross(axis, across)
    half = round(reach_mm / step_mm)
    affine = np.eye(4)
    affine[:3, :3] = np.stack([across, up, axis], axis=1) * step_mm
    affine[:3, 3] = vertebra.frame.to_world(pedicle.centre) - reach_mm * (across + up)
    lattice = Lattice((2 * half + 1, 2 * half + 1, 1), affine)
    bone = bone_on(model, level, lattice)
    distance = np.full(lattice.shape, 9.0, np.float32)
    distance[bone.box] = bone.distance
    pieces = cc3d.connected_components((distance[:, :, 0] < 0)[:, :, None], connectivity=6)[:, :, 0]
    return pieces == pieces[half, half], pedicle


@pytest.mark.parametrize("seed", [1, 3, 8])
def test_the_isthmus_of_every_pedicle_is_the_ellipse_of_the_truth(seed):
    spec = PhantomSpec(levels=parse_levels("C3-L5"), seed=seed)
    model = spine_model(spec)
    for level in spec.levels:
        for side in Side:
            mask, pedicle = section_through(model, level, side)
            assert mask.sum() * 0.01 == pytest.approx(math.pi / 4 * pedicle.width * pedicle.height, rel=0.01)
            assert mask.any(axis=1).sum() * 0.1 == pytest.approx(pedicle.width, abs=0.15)
            assert mask.any(axis=0).sum() * 0.1 == pytest.approx(pedicle.height, abs=0.15)


@pytest.mark.parametrize("level", parse_levels("C6, T4, T9, L3"))
def test_the_outline_of_an_endplate_is_two_superellipse_halves(level):
    body = Body(spine_model(PhantomSpec(seed=5)).vertebrae[level].shape)
    sizes, step = body.shape.sizes, 0.1
    axis = np.arange(-40, 40, step, dtype=np.float32)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    found = coverage(body.section(x, y, 1.0, waist=0.0), step).sum(dtype=float) * step**2

    def quarter(power):
        return math.gamma(1 + 1 / power) ** 2 / math.gamma(1 + 2 / power)

    half_depth = (sizes["EPDu"] + CONCAVITY_MM) / 2
    width = sizes["EPWu"] / 2 * sum(side.body_half_width_factor for side in body.shape.sides.values())
    expected = width * half_depth * (quarter(FRONT_POWER[level.region]) + quarter(BACK_POWER))
    assert found == pytest.approx(expected, rel=0.004)


def test_truth_gives_the_endplates_heights_and_wedge_of_the_shape(plain):
    model = spine_model(plain.spec)
    for level, truth in plain.truth.vertebrae.items():
        sizes = model.vertebrae[level].shape.sizes
        assert truth.upper_depth_mm == pytest.approx(sizes["EPDu"], abs=1.0)
        assert truth.lower_depth_mm == pytest.approx(sizes["EPDl"], abs=1.0)
        assert truth.anterior_height_mm == pytest.approx(sizes["VBHa"], abs=0.15)
        assert truth.posterior_height_mm == pytest.approx(sizes["VBHp"], abs=0.15)
        mean_depth = (sizes["EPDu"] + sizes["EPDl"]) / 2
        wedge = math.degrees(math.atan((sizes["VBHp"] - sizes["VBHa"]) / mean_depth))
        assert truth.wedge_deg == pytest.approx(wedge, abs=1e-6)


def test_part_codes_are_those_of_the_anatomy_room():
    assert {part.value: part.code for part in PARTS} == dict(PART_CODES)


def test_parts_tile_each_vertebra_and_nothing_else(plain):
    bone = plain.labels.mask(StructureKind.VERTEBRA).array
    assert np.array_equal(plain.parts.array > 0, bone)
    for level in plain.spec.levels:
        mask = plain.labels.mask(StructureKind.VERTEBRA, level).array
        assert set(np.unique(plain.parts.array[mask])) == set(PART_CODES.values())


def test_every_vertebra_is_one_piece_and_its_neighbours_are_others(plain):
    for level in plain.spec.levels:
        mask = plain.labels.mask(StructureKind.VERTEBRA, level).array
        assert cc3d.connected_components(mask.copy(), connectivity=26, return_N=True)[1] == 1


def test_the_bony_ring_is_closed_around_the_sac_at_every_pedicle(plain):
    """In the axial slice through the canal centre of the arch some slice near the pedicles must have a closed hole."""
    for level, truth in plain.truth.vertebrae.items():
        mask = plain.labels.mask(StructureKind.VERTEBRA, level).array
        centre = np.round(plain.scan.grid.to_voxel(truth.canal_centre_mm)).astype(int)
        closed = []
        for k in range(centre[2] - 3, centre[2] + 4):
            holes = cc3d.connected_components((~mask[:, :, k])[:, :, None], connectivity=6)[:, :, 0]
            closed.append(holes[centre[0], centre[1]] != holes[0, 0])
        assert any(closed), level


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_across_the_canal_every_arch_from_c3_to_l2_is_a_closed_ring_as_wide_as_the_canal(seed):
    spec = PhantomSpec(levels=parse_levels("C3-L2"), seed=seed)
    model = spine_model(spec)
    for level in spec.levels:
        vertebra = model.vertebrae[level]
        arc = float(np.mean(level_arcs(model, vertebra)))
        ellipse = math.pi / 4 * vertebra.shape.sizes["SCW"] * vertebra.shape.sizes["SCD"]
        holes = [hole_area(model, level, arc + shift) for shift in (-2, -1, 0, 1, 2)]
        closed = [area for area in holes if area > 0]
        assert closed, level
        assert 1.0 < min(closed) / ellipse < 1.4


def hole_area(model, level, arc_mm, step_mm=0.3, half=100):
    """Area that the vertebra encloses around the centreline in one section across the canal; 0 where it is open."""
    frame = model.neural.curve.frame_at(arc_mm)
    affine = np.eye(4)
    affine[:3, :3] = frame.axes.T * step_mm
    affine[:3, 3] = frame.to_world((-half * step_mm, -half * step_mm, 0.0))
    lattice = Lattice((2 * half + 1, 2 * half + 1, 1), affine)
    bone = bone_on(model, level, lattice)
    free = np.ones(lattice.shape, np.bool_)
    free[bone.box] = bone.distance >= 0
    pieces = cc3d.connected_components(free, connectivity=6)[:, :, 0]
    if pieces[half, half] == pieces[0, 0]:
        return 0.0
    return float((pieces == pieces[half, half]).sum()) * step_mm**2


def test_the_upright_section_area_of_the_canal_is_the_hole_in_the_labels():
    """The ring of an upright vertebra at 0.5 mm encloses the canal's ellipse."""
    spec = PhantomSpec(levels=parse_levels("T6-T8"), seed=3, voxel_mm=(0.5, 0.5, 0.5), noise=0, thorax=False)
    model = spine_model(spec)
    truth = make_phantom(spec)
    t7 = truth.truth.vertebrae[Level.T7]
    inside = truth.neural.array > 0
    lean = np.asarray(truth.truth.canal.superior)[len(truth.truth.canal.arc_mm) // 2]
    k = round(truth.scan.grid.to_voxel(t7.canal_centre_mm)[2])
    area = inside[:, :, k].sum() * 0.25 * lean[2]
    assert area == pytest.approx(t7.canal_area_mm2, rel=0.02)
    assert model.vertebrae[Level.T7].level is Level.T7


def test_superior_facets_lie_in_front_of_the_inferior_facets_of_the_vertebra_above():
    model = spine_model(PhantomSpec(seed=6))
    for upper, lower in zip(parse_levels("T1-T10"), parse_levels("T2-T11"), strict=True):
        above, below = model.vertebrae[upper], model.vertebrae[lower]
        for side in Side:
            name = f"articular {side}"
            plates = [item.solid for item in below.parts if item.part == name]
            superior = below.frame.to_world(plates[0].centre)
            inferior = above.frame.to_world([item.solid for item in above.parts if item.part == name][2].centre)
            apart = below.frame.axes @ (inferior - superior)
            assert apart[1] < -2.0
            assert np.linalg.norm(apart) == pytest.approx(5.0, abs=1e-6)


def test_no_vertebra_equals_its_mirror_image(plain):
    for level in plain.spec.levels:
        pedicles = plain.truth.vertebrae[level].pedicles
        assert abs(pedicles[Side.LEFT].width_mm - pedicles[Side.RIGHT].width_mm) > 1e-3
    bone = plain.parts.array > 0
    bone = bone[:, bone.any((0, 2))]
    centre = np.argwhere(bone)[:, 0].mean()
    shift = round(2 * centre - (bone.shape[0] - 1))
    assert (bone != np.roll(np.flip(bone, 0), shift, 0)).sum() > 0.05 * bone.sum()


def test_the_frame_of_the_truth_points_right_front_and_up(plain):
    for level, truth in plain.truth.vertebrae.items():
        frame = truth.frame
        body = plain.parts.array == PART_CODES["body"]
        body &= plain.labels.mask(StructureKind.VERTEBRA, level).array
        spinous = plain.parts.array == PART_CODES["spinous"]
        spinous &= plain.labels.mask(StructureKind.VERTEBRA, level).array
        grid = plain.scan.grid
        across, ahead, up = frame.to_local(grid.to_world(np.argwhere(body)).mean(0))
        assert max(abs(across), abs(up)) < 0.6
        assert -2.0 < ahead < 0.5  # the flanks of the body lie behind the middle of the endplates
        assert frame.to_local(grid.to_world(np.argwhere(spinous)).mean(0))[1] < -25
        assert truth.pedicles[Side.RIGHT].centre_mm[0] > truth.pedicles[Side.LEFT].centre_mm[0]
        towards_canal = frame.to_local(truth.canal_centre_mm)
        assert abs(towards_canal[0]) < 0.3
