"""A page to look at masks that wait for a reader: three planes through each, its outline drawn over the scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oncospine.geometry import Mask, Point
from oncospine.imaging import Scan
from oncospine.report.outlines import mask_outline
from oncospine.report.palette import TUMOUR, Style
from oncospine.report.render import render_page
from oncospine.report.sections import ANTERIOR, PIXEL_MM, RIGHT, SUPERIOR, Section
from oncospine.report.slice_picture import SliceLayout, slice_picture
from oncospine.report.svg import svg_uri
from oncospine.report.view_parts import PictureView
from oncospine.report.windows import window_of

HALF_MM = 40.0
"""A picture reaches this far around the middle of the mask."""

PLANES = (
    ("axial", -RIGHT, ANTERIOR, "seen from the feet, the patient's right on the viewer's left"),
    ("coronal", -RIGHT, SUPERIOR, "the patient's right on the viewer's left"),
    ("sagittal", -ANTERIOR, SUPERIOR, "anterior on the viewer's left"),
)
"""Name, direction to the viewer's right, direction up, words."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskToSee:
    """A mask with the point its pictures go through and what is said of it."""

    title: str
    text: str
    mask: Mask
    centre_mm: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMask:
    """One mask on the page."""

    title: str
    text: str
    pictures: tuple[PictureView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPage:
    """The page: what it is, notes, and each mask."""

    title: str
    pseudonym: str
    study: str
    notes: tuple[str, ...]
    masks: tuple[SeenMask, ...]


def render_masks(
    scan: Scan, masks: Sequence[MaskToSee], *, title: str, pseudonym: str, study: str, notes: Sequence[str] = ()
) -> str:
    """The page as HTML that needs nothing else."""
    seen = tuple(
        SeenMask(title=item.title, text=item.text, pictures=tuple(_picture(scan, item, plane) for plane in PLANES))
        for item in masks
    )
    page = MaskPage(title=title, pseudonym=pseudonym, study=study, notes=tuple(notes), masks=seen)
    return render_page("masks.html.j2", page)


def plane_section(centre_mm: Point, across: Point, up: Point) -> Section:
    """A square plane around a point."""
    steps = np.arange(-HALF_MM, HALF_MM + PIXEL_MM / 2, PIXEL_MM)
    points = centre_mm + steps[None, :, None] * across - steps[:, None, None] * up
    return Section(points_mm=points, origin_mm=points[0, 0], across=across, up=up, step_mm=PIXEL_MM)


MASK = Style(name="mask", colour=TUMOUR.colour, width=TUMOUR.width)


def _picture(scan: Scan, item: MaskToSee, plane: tuple[str, Point, Point, str]) -> PictureView:
    name, across, up, words = plane
    section, window = plane_section(item.centre_mm, across, up), window_of(scan)
    layout = SliceLayout(
        title=f"{name} {item.title}", corner=(name,), outlines=(mask_outline(item.mask, section, MASK),)
    )
    place = ", ".join(f"{value:.1f}" for value in item.centre_mm)
    return PictureView(
        kind="slice",
        title=name.capitalize(),
        caption=f"through {place} (RAS mm), {words}. Window: {window.title}.",
        uri=svg_uri(slice_picture(scan, section, window, layout)),
        study="",
    )


def inner_point(mask: Mask) -> Point:
    """The voxel of the mask nearest to its centroid: pictures through it always meet the mask."""
    points = mask.points_mm()
    middle = points.mean(axis=0)
    return np.asarray(points[int(np.linalg.norm(points - middle, axis=1).argmin())])
