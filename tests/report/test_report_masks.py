"""The page to look at masks: three planes that meet the mask, the right way round, and nothing from outside."""

import re

import numpy as np
import pytest

from oncospine.geometry import Mask, Volume
from oncospine.imaging import Scan
from oncospine.report.mask_page import HALF_MM, PLANES, MaskToSee, inner_point, plane_section, render_masks

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


def scan() -> Scan:
    rng = np.random.default_rng(3)
    values = rng.normal(40, 10, (60, 50, 30)).astype(np.float32)
    return Scan(volume=Volume(values, AFFINE), modality="CT", source="test", content_hash="sha256:0", notes=())


def ring() -> Mask:
    """A ring around (30, 25, 30): its centroid is not in it."""
    x, y, z = np.indices((60, 50, 30)) - np.array([30, 25, 15])[:, None, None, None]
    radius = np.hypot(x, y)
    return Mask((radius > 6) & (radius < 10) & (np.abs(z) < 4), AFFINE)


@pytest.mark.parametrize(("plane", "left", "top"), [(0, "x", "y"), (1, "x", "z"), (2, "y", "z")])
def test_planes_go_through_the_point_with_right_or_front_on_the_viewers_left(plane, left, top):
    centre = np.array([3.0, -7.0, 11.0])
    _, across, up, _ = PLANES[plane]
    section = plane_section(centre, across, up)
    height, width = section.shape
    assert section.points_mm[height // 2, width // 2] == pytest.approx(centre)
    axis = "xyz".index
    assert section.points_mm[height // 2, 0][axis(left)] == pytest.approx(centre[axis(left)] + HALF_MM)
    assert section.points_mm[0, width // 2][axis(top)] == pytest.approx(centre[axis(top)] + HALF_MM)
    assert section.to_picture(centre) == pytest.approx([width // 2, height // 2])


def test_the_pictures_of_a_ring_go_through_the_ring():
    mask = ring()
    point = inner_point(mask)
    voxel = np.rint(mask.grid.to_voxel(point)).astype(int)
    assert mask.array[tuple(voxel)]
    assert not mask.array[30, 25, 15]


def test_the_page_shows_every_mask_and_needs_nothing_else():
    mask = ring()
    item = MaskToSee(title="Proposal <1>", text="0.50 ml", mask=mask, centre_mm=inner_point(mask))
    page = render_masks(scan(), [item, item], title="Proposals", pseudonym="x<y", study="ct", notes=["a note"])
    assert page.count("<img ") == 6
    assert page.count("data:image/svg+xml") == 6
    assert "Proposal &lt;1&gt;" in page
    assert "x&lt;y" in page
    assert "TO BE CONFIRMED BY A READER" in page
    assert not re.search(r"https?:", page.replace("http://www.w3.org/2000/svg", ""))
    assert page == render_masks(scan(), [item, item], title="Proposals", pseudonym="x<y", study="ct", notes=["a note"])


def test_a_page_without_masks_says_so():
    assert "No region stands out" in render_masks(scan(), [], title="Proposals", pseudonym="x", study="ct")
