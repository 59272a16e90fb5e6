"""PNG and SVG as other programs read them."""

import base64
import io
import urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from oncospine.report.png import png_bytes, png_uri
from oncospine.report.svg import drawing, element, label, number, svg_uri


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4), (1, 1), (64, 3, 3)])
def test_another_program_reads_back_the_same_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(pixels)))), pixels)


def test_a_png_uri_holds_the_same_bytes() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    head, _, body = png_uri(pixels).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == png_bytes(pixels)


@pytest.mark.parametrize("pixels", [np.zeros((2, 2)), np.zeros((0, 2), np.uint8), np.zeros(4, np.uint8)])
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 pixels"):
        png_bytes(pixels)


def test_hostile_text_stays_text_in_a_drawing_and_in_its_uri() -> None:
    hostile = "\"></svg><script>alert('x')</script>&% #é"
    document = drawing(label(hostile, 1, 2, size=3, fill=hostile), width=10, height=10, title=hostile)
    decoded = urllib.parse.unquote(svg_uri(document).partition(",")[2])
    assert decoded == document
    root = ET.fromstring(decoded)
    texts = [node.text for node in root.iter() if node.tag.endswith(("text", "title"))]
    assert texts == [hostile, hostile]
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert not set(svg_uri(document)) & set('<>"#\n')


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (10.50, "10.5"), (-3, "-3")])
def test_coordinates_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_an_attribute_with_a_dash_is_written_with_an_underscore() -> None:
    assert element("line", stroke_width=2.0, x1=1) == '<line stroke-width="2" x1="1"/>'
