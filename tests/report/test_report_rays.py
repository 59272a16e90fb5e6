"""The 3-D picture against geometry that is known: balls and a cylinder."""

import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import measured

from oncospine.base import Level
from oncospine.geometry import Mask
from oncospine.report.ray_picture import VIEWS, Canvas, Scene, Solid, View
from oncospine.report.surfaces import SURFACE_STEP_MM, Surface, mask_surface, rod_surface
from oncospine.report.views3d import rendered_views

CANVAS = Canvas(centre_mm=np.zeros(3), width=121, height=121, step_mm=0.5)
RED, BLUE, GREY = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.6, 0.6)


def view(letter: str) -> View:
    return next(item for item in VIEWS if item.letter == letter)


def ball(centre: tuple[float, float, float], radius_mm: float, spacing: tuple[float, float, float]) -> Mask:
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -32.0
    counts = [round(64 / step) + 1 for step in spacing]
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in counts], indexing="ij"), axis=-1) * spacing - 32.0
    return Mask(np.linalg.norm(grid - centre, axis=-1) <= radius_mm, affine)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 2.5), (-1.0, 1.0, 1.0)])
def test_the_surface_of_a_ball_encloses_the_ball_with_its_normals_outward(spacing: tuple[float, float, float]) -> None:
    mask = ball((3, -4, 5), 12.0, tuple(abs(step) for step in spacing))  # type: ignore[arg-type]
    if spacing[0] < 0:
        mask = Mask(mask.array, mask.affine @ np.diag([-1.0, 1, 1, 1]))
    surface = mask_surface(mask)
    assert surface is not None
    assert surface.volume_ml == pytest.approx(mask.volume_ml, rel=0.04)
    triangles = surface.vertices_mm[surface.faces]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    outward = triangles.mean(axis=1) - mask.centroid_mm()
    assert (np.einsum("ij,ij->i", normals, outward) > 0).mean() > 0.999


def test_a_mask_that_fills_its_whole_grid_still_closes() -> None:
    surface = mask_surface(Mask(np.ones((12, 12, 12), bool), np.eye(4)))
    assert surface is not None
    assert surface.vertices_mm.min(axis=0) == pytest.approx(-0.5, abs=SURFACE_STEP_MM / 4)
    assert surface.vertices_mm.max(axis=0) == pytest.approx(11.5, abs=SURFACE_STEP_MM / 4)
    assert surface.volume_ml > 0


def test_an_empty_mask_has_no_surface() -> None:
    assert mask_surface(Mask(np.zeros((4, 4, 4), bool), np.eye(4))) is None


def test_a_rod_has_the_volume_of_its_prism() -> None:
    rod = rod_surface(np.array([1.0, 2, 3]), np.array([11.0, -8, 23]), diameter_mm=5.0, around=24)
    length = np.sqrt(100 + 100 + 400)
    assert rod.volume_ml * 1000 == pytest.approx(0.5 * 24 * 2.5**2 * np.sin(2 * np.pi / 24) * length)


def test_the_silhouette_of_a_ball_has_the_radius_of_its_circle_within_half_a_pixel() -> None:
    surface = mask_surface(ball((0, 0, 0), 15.0, (1.0, 1.0, 1.0)))
    assert surface is not None
    pixels = Scene([Solid(surface=surface, rgb=RED)]).seen_from(view("P"), CANVAS)
    covered = (pixels[..., 1] < 250).sum() * CANVAS.step_mm**2
    assert np.sqrt(covered / np.pi) == pytest.approx(15.0, abs=CANVAS.step_mm / 2)


@pytest.mark.parametrize(
    ("letter", "centre", "side"),
    [
        ("P", (-15, 0, 0), "left"), ("P", (15, 0, 0), "right"), ("A", (15, 0, 0), "left"), ("A", (-15, 0, 0), "right"),
        ("L", (0, 15, 0), "left"), ("L", (0, -15, 0), "right"), ("R", (0, -15, 0), "left"), ("R", (0, 15, 0), "right"),
        ("P", (0, 0, 15), "top"), ("A", (0, 0, -15), "bottom"), ("L", (0, 0, 15), "top"), ("R", (0, 0, -15), "bottom"),
    ],
)  # fmt: skip
def test_a_ball_is_seen_on_its_side(letter: str, centre: tuple[float, float, float], side: str) -> None:
    surface = mask_surface(ball(centre, 6.0, (1.0, 1.0, 1.0)))
    assert surface is not None
    pixels = Scene([Solid(surface=surface, rgb=RED)]).seen_from(view(letter), CANVAS)
    row, column = np.argwhere(pixels[..., 1] < 250).mean(axis=0)
    middle = 60.0
    place = {"left": middle - column, "right": column - middle, "top": middle - row, "bottom": row - middle}
    assert place[side] == pytest.approx(15 / CANVAS.step_mm, abs=1.5)


def surface_of(centre: tuple[float, float, float], radius_mm: float) -> Surface:
    found = mask_surface(ball(centre, radius_mm, (1.0, 1.0, 1.0)))
    assert found is not None
    return found


def test_the_nearer_of_two_opaque_balls_hides_the_other_from_each_side() -> None:
    scene = Scene(
        [Solid(surface=surface_of((0, -12, 0), 8.0), rgb=RED), Solid(surface=surface_of((0, 12, 0), 8.0), rgb=BLUE)]
    )
    behind, front = scene.seen_from(view("P"), CANVAS), scene.seen_from(view("A"), CANVAS)
    assert behind[60, 60, 0] > 200 > behind[60, 60, 2]
    assert front[60, 60, 2] > 200 > front[60, 60, 0]


def test_an_opaque_ball_is_seen_through_a_translucent_one() -> None:
    scene = Scene(
        [
            Solid(surface=surface_of((0, 0, 0), 20.0), rgb=GREY, opacity=0.3),
            Solid(surface=surface_of((0, 0, 0), 8.0), rgb=RED),
        ]
    )
    pixels = scene.seen_from(view("L"), CANVAS).astype(int)
    inside, beside = pixels[60, 60], pixels[60, 60 + 28]
    assert inside[0] - inside[1] > 80
    assert abs(beside[0] - beside[1]) < 3
    assert beside[0] < 250
    expected = 0.3 * 0.6 + 0.7 * 1.0
    assert inside[0] / 255 == pytest.approx(expected, abs=0.02)


def test_the_same_scene_gives_the_same_pixels() -> None:
    solids = [Solid(surface=surface_of((3, 4, -5), 12.0), rgb=RED, opacity=0.4)]
    first, second = (Scene(solids).seen_from(view("R"), CANVAS) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_long_spine_is_drawn_around_its_tumour_only() -> None:
    _, spine, findings = measured()
    far = {}
    for level, vertebra in spine.vertebrae.items():
        up = np.array([0.0, 0.0, 300.0 if level is Level.T2 else 0.0])
        far[level] = replace(vertebra, frame=vertebra.frame.moved_to(vertebra.frame.origin_mm + up))
    long = replace(spine, vertebrae=far)
    whole, part = rendered_views(spine, findings)()[0].svg, rendered_views(long, findings)()[0].svg
    assert ">T2<" in whole
    assert ">T2<" not in part
    assert ">T5<" in part
    heights = [float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1]) for svg in (whole, part)]  # type: ignore[index]
    assert heights[1] < heights[0]
