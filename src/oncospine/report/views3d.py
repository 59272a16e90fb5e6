"""Standard 3-D views: the spine with its tumour, and the spine after an operation with screws, rods and cage."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Spine, TubeKind
from oncospine.base import Level, SideProcess, started
from oncospine.geometry import Mask
from oncospine.lesion import Findings
from oncospine.report.palette import BONE, CAGE, CANAL, CORD, SCREW, TUMOUR, Style
from oncospine.report.png import png_uri
from oncospine.report.ray_picture import VIEWS, Canvas, Scene, Solid, View
from oncospine.report.sections import letters
from oncospine.report.slices import DrawnPicture, displayed, picture_heights
from oncospine.report.surfaces import Surface, mask_surface, rod_surface
from oncospine.report.svg import drawing, element, label
from oncospine.surgery import EvaluatedOperation

BONE_OPACITY = 0.3
"""Opacity of bone seen face on: tumour and screws stay visible through two layers of it."""

PIXEL_MM = 0.5
"""Size of a pixel of the 3-D pictures."""

DRAWN_ROD_MM = 5.0
"""Thickness of a rod in the picture where the operation states none; nothing is measured on it."""

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


Pending = Callable[[], tuple[DrawnPicture, ...]]
"""Pictures that are being drawn: calling it waits for them."""


def rendered_views(spine: Spine, findings: Findings | None, *, beside: SideProcess | None = None) -> Pending:
    """The spine as it is, from behind, from the front, from the left and from the right; none without bone."""
    shown = shown_bone(spine, findings)
    bone = mask_surface(Mask(shown, spine.grid.affine))
    if bone is None:
        return tuple
    tumour = findings.tumour if findings is not None else None
    solids = [Solid(surface=bone, rgb=BONE.rgb, opacity=BONE_OPACITY), *_soft(spine, tumour, shown)]
    return drawn_views(solids, VIEWS, spine, findings, beside=beside)


def operation_views(
    spine: Spine,
    findings: Findings | None,
    item: EvaluatedOperation,
    *,
    views: Sequence[View] = VIEWS,
) -> Pending:
    """The spine after the last stage: bone that stays, tumour out of reach, screws, rods and cage."""
    last = item.stages[-1]
    shown = shown_bone(spine, findings, also=item.operation.levels)
    bone = mask_surface(Mask(shown & ~last.removed_bone.array, spine.grid.affine))
    if bone is None:
        return tuple
    implants = [Solid(surface=surface, rgb=SCREW.rgb) for surface in _screws_and_rods(item)]
    implants += [Solid(surface=surface, rgb=CAGE.rgb) for surface in _cages(item)]
    soft = _soft(spine, last.tumour_left, shown)
    solids = [Solid(surface=bone, rgb=BONE.rgb, opacity=BONE_OPACITY), *soft, *implants]
    return drawn_views(solids, views, spine, findings, words="after the last stage, ")


def shown_bone(spine: Spine, findings: Findings | None, *, also: tuple[Level, ...] = ()) -> NDArray[np.bool_]:
    """Bone in the picture: all of it, or of a long spine whole vertebrae around the tumour and the operation."""
    low, high = picture_heights(spine, findings)
    inside = {level for level, one in spine.vertebrae.items() if low <= one.frame.origin_mm[2] <= high}
    inside |= {level for level in also if level in spine.vertebrae}
    if inside >= set(spine.vertebrae):
        return np.asarray(spine.level_codes > 0)
    return np.isin(spine.level_codes, [level.code for level in inside])


def _soft(spine: Spine, tumour: Mask | None, shown: NDArray[np.bool_]) -> list[Solid]:
    """Tumour, and what is left of the canal beside it (or the cord where it is labelled) as far as bone is shown."""
    cord = spine.tube(TubeKind.CORD)
    inside, style = (cord.mask, CORD) if cord is not None else (spine.canal.mask, CANAL)
    free = inside.array & shown.any(axis=(0, 1))
    if tumour is not None:
        free = free & ~tumour.array
    found: list[tuple[Surface | None, Style]] = [(mask_surface(Mask(free, inside.affine)), style)]
    if tumour is not None:
        found.append((mask_surface(tumour), TUMOUR))
    return [Solid(surface=surface, rgb=style.rgb) for surface, style in found if surface is not None]


def _screws_and_rods(item: EvaluatedOperation) -> list[Surface]:
    planned = [screw.screw() for screw in item.screws if screw.is_planned]
    found = [rod_surface(one.entry_mm, one.tip_mm, diameter_mm=one.diameter_mm) for one in planned]
    for stage in item.stages:
        stated = stage.stage.fixation.rod_diameter_mm if stage.stage.fixation is not None else None
        for rod in stage.rods:
            pairs = itertools.pairwise(rod.heads_mm)
            found += [rod_surface(a, b, diameter_mm=stated or DRAWN_ROD_MM) for a, b in pairs]
    return found


def _cages(item: EvaluatedOperation) -> list[Surface]:
    found = []
    for stage in item.stages:
        cage = stage.cage
        if cage is not None and cage.upper_mm is not None and cage.lower_mm is not None and cage.footprint_mm:
            found.append(rod_surface(cage.upper_mm, cage.lower_mm, diameter_mm=cage.footprint_mm))
    return found


def drawn_views(
    solids: Sequence[Solid],
    views: Sequence[View],
    spine: Spine,
    findings: Findings | None,
    *,
    words: str = "",
    caption: str = "bone is translucent.",
    beside: SideProcess | None = None,
) -> Pending:
    """Solids, bone first, from several sides with the names of levels and sides; `words` stand before a view's name."""
    canvases = [_canvas(solids[0].surface, view) for view in views]
    images = started(_images, tuple(solids), tuple(views), tuple(canvases), beside=beside)

    def finished() -> tuple[DrawnPicture, ...]:
        return tuple(
            _named_view(image, view, canvas, spine, findings, words=words, caption=caption)
            for image, view, canvas in zip(images(), views, canvases, strict=True)
        )

    return finished


def _images(solids: Sequence[Solid], views: Sequence[View], canvases: Sequence[Canvas]) -> list[str]:
    """The pixels of each view as a data URI."""
    scene = Scene(solids)
    return [png_uri(scene.seen_from(view, canvas)) for view, canvas in zip(views, canvases, strict=True)]


def _canvas(bone: Surface, view: View) -> Canvas:
    aside, heights = bone.vertices_mm @ view.across, bone.vertices_mm[:, 2]
    step = max(PIXEL_MM, float(np.ptp(heights)) / MOST_ROWS)
    middle = np.array([(aside.min() + aside.max()) / 2, (heights.min() + heights.max()) / 2])
    return Canvas(
        centre_mm=middle[0] * view.across + np.array([0.0, 0.0, middle[1]]),
        width=int((np.ptp(aside) + 2 * MARGIN_MM) / step),
        height=int((np.ptp(heights) + 2 * MARGIN_MM) / step),
        step_mm=step,
    )


def _named_view(
    pixels: str, view: View, canvas: Canvas, spine: Spine, findings: Findings | None, *, words: str, caption: str
) -> DrawnPicture:
    width, height = canvas.width * ZOOM, canvas.height * ZOOM
    image = element("image", href=pixels, width=width, height=height)
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
        title=f"3-D {words}{view.name}",
        caption=caption,
        svg=svg,
        aspect=(width + NAMES) / (height + TITLE),
    )


def _level_names(spine: Spine, findings: Findings | None, canvas: Canvas, height: float) -> list[str]:
    """Names at the height of each body, in a column of their own."""
    involved = set(findings.involved_levels) if findings is not None else set()
    found = []
    for level, vertebra in spine.vertebrae.items():
        if abs(vertebra.frame.origin_mm[2] - canvas.centre_mm[2]) > canvas.height * canvas.step_mm / 2:
            continue
        y = TITLE + height / 2 - (vertebra.frame.origin_mm[2] - canvas.centre_mm[2]) / canvas.step_mm * ZOOM
        fill = "#b3410a" if level in involved else "#111111"
        found.append(label(displayed(level, spine), 2, y + NAME * 0.35, size=NAME, fill=fill, font_weight="bold"))
    return found
