"""Which way a picture is looked at: every side proven with a ball that is bright in the scan."""

import base64
import io
import re
import urllib.parse

import numpy as np
import pytest
from PIL import Image
from report_samples import measured

from oncospine.geometry import Volume, frame_from
from oncospine.imaging import Scan
from oncospine.report.palette import TUMOUR
from oncospine.report.sections import (
    Section,
    axial_section,
    coronal_section,
    letters,
    sagittal_section,
)
from oncospine.report.slice_picture import MOST_PIXELS, SliceLayout, slice_picture
from oncospine.report.windows import Window

WINDOW = Window(title="test", low=0.0, high=100.0, unit="HU")


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ((1, 0, 0), "R"), ((-1, 0, 0), "L"), ((0, 1, 0), "A"), ((0, -1, 0), "P"), ((0, 0, 1), "H"), ((0, 0, -1), "F"),
        ((0, 3, 2), "AH"), ((0, 2, -3), "FA"), ((0.2, 0.9, 0.1), "A"), ((2, 3, 1), "AR"), ((0, 0, 0), "?"),
        ((np.nan, 1, 0), "?"),
    ],
)  # fmt: skip
def test_letters_of_a_direction(direction: tuple[float, float, float], text: str) -> None:
    assert letters(direction) == text


def test_the_second_letter_comes_at_fifteen_degrees() -> None:
    for degrees, text in ((14.0, "A"), (16.0, "AH")):
        angle = np.radians(degrees)
        assert letters((0, np.cos(angle), np.sin(angle))) == text


def sections() -> dict[str, Section]:
    _, spine, _ = measured()
    centre = spine.canal.centreline.at(spine.canal.centreline.length_mm / 2)
    frame = frame_from(centre, superior=(0, -0.4, 1), anterior=(0, 1, 0))
    y, z = (float(centre[1]) - 40, float(centre[1]) + 40), (float(centre[2]) - 30, float(centre[2]) + 30)
    return {
        "axial": axial_section(frame, half_width_mm=40, behind_mm=40, ahead_mm=40),
        "sagittal": sagittal_section(spine.canal, y_mm=y, z_mm=z),
        "coronal": coronal_section(spine, x_mm=(float(centre[0]) - 40, float(centre[0]) + 40), z_mm=z),
    }


@pytest.mark.parametrize("name", ["axial", "sagittal", "coronal"])
def test_a_pixel_lies_where_its_point_is_drawn(name: str) -> None:
    section = sections()[name]
    rows, columns = np.array([0, 3, 50, 100]), np.array([0, 60, 7, 120])
    drawn = section.to_picture(section.points_mm[rows, columns])
    assert drawn == pytest.approx(np.stack([columns, rows], axis=1), abs=1e-6)


EXPECTED = {
    "axial": {"left": "R", "right": "L", "top": "AH", "bottom": "PF"},
    "sagittal": {"left": "A", "right": "P", "top": "H", "bottom": "F"},
    "coronal": {"left": "R", "right": "L", "top": "H", "bottom": "F"},
}
DIRECTION = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}


@pytest.mark.parametrize(
    ("name", "side"), [(name, side) for name in EXPECTED for side in ("left", "right", "top", "bottom")]
)
def test_what_is_bright_on_one_side_of_the_patient_is_bright_there_in_the_picture(name: str, side: str) -> None:
    section = sections()[name]
    middle = section.points_mm[section.shape[0] // 2, section.shape[1] // 2]
    direction = np.array(DIRECTION[EXPECTED[name][side][0]], dtype=float)
    ball = middle + 18 * direction
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = middle - 60
    grid = np.stack(np.meshgrid(*[np.arange(121)] * 3, indexing="ij"), axis=-1) + affine[:3, 3]
    values = np.where(np.linalg.norm(grid - ball, axis=-1) < 9, 100.0, 0.0).astype(np.float32)
    scan = Scan(volume=Volume(values, affine), modality="CT", source="test", content_hash="sha256:0")
    svg = slice_picture(scan, section, WINDOW, SliceLayout(title=name))
    bright = np.argwhere(pixels_of(svg) > 50).mean(axis=0)
    height, width = section.shape
    place = {
        "left": bright[1] < width / 2 - 8,
        "right": bright[1] > width / 2 + 8,
        "top": bright[0] < height / 2 - 8,
        "bottom": bright[0] > height / 2 + 8,
    }
    assert place[side]
    assert letters_of(svg) == EXPECTED[name]


def pixels_of(svg: str) -> np.ndarray:
    found = re.search(r'href="data:image/png;base64,([^"]+)"', svg)
    assert found is not None
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(urllib.parse.unquote(found[1])))))


def letters_of(svg: str) -> dict[str, str]:
    """The four orientation letters, by where they stand in the drawing."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    width, height = float(size[1]), float(size[2])
    found = {}
    for attributes, text in re.findall(r"<text ([^>]+)>([^<]+)</text>", svg):
        if re.fullmatch("[RLAPHF?]{1,2}", text) is None:
            continue
        x = float(re.search(r'\bx="([-\d.]+)"', attributes)[1]) / width  # type: ignore[index]
        y = float(re.search(r'\by="([-\d.]+)"', attributes)[1]) / height  # type: ignore[index]
        side = "left" if x < 0.2 else "right" if x > 0.8 else "top" if y < 0.3 else "bottom"
        found[side] = text
    return found


def test_the_sagittal_picture_follows_the_canal_and_the_coronal_one_the_bodies() -> None:
    _, spine, _ = measured()
    section = sections()["sagittal"]
    for arc in (20.0, 35.0, 50.0):
        point = spine.canal.centreline.at(arc)
        x, y = np.rint(section.to_picture(point)).astype(int)
        assert section.points_mm[y, x] == pytest.approx(point, abs=0.6)
    section = sections()["coronal"]
    for vertebra in list(spine.vertebrae.values())[1:3]:
        x, y = np.rint(section.to_picture(vertebra.frame.origin_mm)).astype(int)
        assert section.points_mm[y, x] == pytest.approx(vertebra.frame.origin_mm, abs=0.6)


def test_the_scale_bar_is_twenty_millimetres_long() -> None:
    section = sections()["axial"]
    scan, _, _ = measured()
    svg = slice_picture(scan, section, WINDOW, SliceLayout(title="t"))
    size = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    bar = re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"', svg)[-1]
    assert size is not None
    mm_per_unit = section.shape[1] * section.step_mm / float(size[1])
    assert (float(bar[1]) - float(bar[0])) * mm_per_unit == pytest.approx(20.0, abs=0.05)
    assert "20 mm" in svg
    assert "W 100 L 50" in svg


def test_the_outline_of_the_tumour_lies_on_its_voxels() -> None:
    from oncospine.report.outlines import mask_outline

    _, _, findings = measured()
    section = sections()["coronal"]
    outline = mask_outline(findings.tumour, section, TUMOUR)
    assert outline.curves
    occupied = findings.tumour.grid.to_voxel(section.points_mm)
    for curve in outline.curves:
        columns, rows = np.rint(curve).astype(int).T
        voxels = occupied[rows.clip(0, section.shape[0] - 1), columns.clip(0, section.shape[1] - 1)]
        points = findings.tumour.grid.to_world(voxels)
        distance = np.linalg.norm(points[:, None] - findings.tumour.points_mm()[None], axis=-1).min(axis=1)
        assert distance.max() < 1.5


def test_a_tall_section_is_drawn_smaller_so_that_its_text_stays_readable() -> None:
    scan, spine, _ = measured()
    y = (float(spine.canal.centreline.points_mm[0, 1]) - 40, float(spine.canal.centreline.points_mm[0, 1]) + 40)
    tall = sagittal_section(spine.canal, y_mm=y, z_mm=(-300.0, 300.0))
    svg = slice_picture(scan, tall, WINDOW, SliceLayout(title="t"))
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    assert float(size[2]) == pytest.approx(MOST_PIXELS)
    assert float(size[1]) / float(size[2]) == pytest.approx(tall.shape[1] / tall.shape[0], rel=1e-3)
