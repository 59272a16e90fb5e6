"""The four standard 3-D views of the spine with tumour, canal, cord and screws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oncospine.anatomy import Spine, TubeKind
from oncospine.geometry import Mask, Point
from oncospine.lesion import Findings
from oncospine.report.palette import BONE, CANAL, CORD, SCREW, TUMOUR, Style
from oncospine.report.png import png_uri
from oncospine.report.ray_picture import VIEWS, Canvas, Scene, Solid, View
from oncospine.report.sections import letters
from oncospine.report.slices import DrawnPicture, displayed
from oncospine.report.surfaces import Surface, mask_surface, rod_surface
from oncospine.report.svg import drawing, element, label

BONE_OPACITY = 0.3
"""Opacity of bone seen face on: tumour and screws stay visible through two layers of it."""

PIXEL_MM = 0.5
"""Size of a pixel of the 3-D pictures."""

MOST_ROWS = 420
"""A long spine is drawn with larger pixels, so that the picture keeps its size."""

ZOOM = 1.5
"""Pixels of the drawing per pixel of the rendering."""

MARGIN_MM = 6.0
"""Space around the spine in the picture."""

NAMES = 34.0
"""Width of the column of level names at the left edge of the drawing."""

TITLE = 24.0
"""Height of the strip above the picture that says where it is seen from."""

LETTER = 19.0
NAME = 14.0
"""Sizes of text."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaft:
    """A screw as it is drawn."""

    entry_mm: Point
    tip_mm: Point
    diameter_mm: float


def rendered_views(spine: Spine, findings: Findings | None, shafts: Sequence[Shaft] = ()) -> tuple[DrawnPicture, ...]:
    """The spine from behind, from the front, from the left and from the right; none without bone to draw."""
    bone = mask_surface(Mask(spine.level_codes > 0, spine.grid.affine))
    if bone is None:
        return ()
    scene = Scene([Solid(surface=bone, rgb=BONE.rgb, opacity=BONE_OPACITY), *_opaque(spine, findings, shafts)])
    return tuple(_drawn(scene, view, spine, findings, bone) for view in VIEWS)


def _opaque(spine: Spine, findings: Findings | None, shafts: Sequence[Shaft]) -> list[Solid]:
    """Tumour, what is left of the canal (or the cord where it is labelled), screws."""
    cord = spine.tube(TubeKind.CORD)
    inside, style = (cord.mask, CORD) if cord is not None else (spine.canal.mask, CANAL)
    free = inside.array if findings is None else inside.array & ~findings.tumour.array
    found: list[tuple[Surface | None, Style]] = [(mask_surface(Mask(free, inside.affine)), style)]
    if findings is not None:
        found.append((mask_surface(findings.tumour), TUMOUR))
    for shaft in shafts:
        found.append((rod_surface(shaft.entry_mm, shaft.tip_mm, diameter_mm=shaft.diameter_mm), SCREW))
    return [Solid(surface=surface, rgb=style.rgb) for surface, style in found if surface is not None]


def _drawn(scene: Scene, view: View, spine: Spine, findings: Findings | None, bone: Surface) -> DrawnPicture:
    aside, heights = bone.vertices_mm @ view.across, bone.vertices_mm[:, 2]
    step = max(PIXEL_MM, float(np.ptp(heights)) / MOST_ROWS)
    middle = np.array([(aside.min() + aside.max()) / 2, (heights.min() + heights.max()) / 2])
    canvas = Canvas(
        centre_mm=middle[0] * view.across + np.array([0.0, 0.0, middle[1]]),
        width=int((np.ptp(aside) + 2 * MARGIN_MM) / step),
        height=int((np.ptp(heights) + 2 * MARGIN_MM) / step),
        step_mm=step,
    )
    width, height = canvas.width * ZOOM, canvas.height * ZOOM
    image = element("image", href=png_uri(scene.seen_from(view, canvas)), width=width, height=height)
    ink = {"fill": "#111111", "font_weight": "bold"}
    middle_y = TITLE + height / 2 + LETTER * 0.35
    parts = [
        element("rect", width=width + NAMES, height=height + TITLE, fill="#ffffff"),
        element("g", image, transform=f"translate({NAMES:g} {TITLE:g})"),
        label(letters(-view.across), NAMES + 4, middle_y, size=LETTER, **ink),
        label(letters(view.across), NAMES + width - 4, middle_y, size=LETTER, text_anchor="end", **ink),
        label(f"{view.letter}: {view.name}", NAMES + 4, TITLE - 8, size=NAME, **ink),
        *_level_names(spine, findings, canvas, height),
    ]
    svg = drawing(*parts, width=width + NAMES, height=height + TITLE, title=f"3-D view {view.name}")
    return DrawnPicture(
        kind="3d",
        title=f"3-D {view.name}",
        caption="bone is translucent.",
        svg=svg,
        aspect=(width + NAMES) / (height + TITLE),
    )


def _level_names(spine: Spine, findings: Findings | None, canvas: Canvas, height: float) -> list[str]:
    """Names at the height of each body, in a column of their own."""
    involved = set(findings.involved_levels) if findings is not None else set()
    found = []
    for level, vertebra in spine.vertebrae.items():
        y = TITLE + height / 2 - (vertebra.frame.origin_mm[2] - canvas.centre_mm[2]) / canvas.step_mm * ZOOM
        fill = "#b3410a" if level in involved else "#111111"
        found.append(label(displayed(level, spine), 2, y + NAME * 0.35, size=NAME, fill=fill, font_weight="bold"))
    return found
