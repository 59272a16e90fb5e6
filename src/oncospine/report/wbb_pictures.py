"""Pictures of the WBB stage: the clock of every level and the sectors laid over the patient's own image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oncospine.anatomy import Spine, Vertebra
from oncospine.base import Level
from oncospine.imaging import Scan
from oncospine.lesion import Findings, Wbb, sector_directions
from oncospine.lesion.phrases import sectors_in_words
from oncospine.lesion.sectors import SECTOR_DEG, SECTORS
from oncospine.report.outlines import Outline, mask_outline
from oncospine.report.palette import TUMOUR, WBB_BORDER
from oncospine.report.sections import Section, axial_section
from oncospine.report.slice_picture import Name, SliceLayout, slice_picture
from oncospine.report.slices import DrawnPicture
from oncospine.report.wbb_clock import HEIGHT, WIDTH, wbb_clock
from oncospine.report.windows import window_of

HALF_WIDTH_MM = 45.0
BEHIND_MM = 50.0
AHEAD_MM = 45.0
"""The picture holds the vertebra and what lies beside it."""

INNER_MM, OUTER_MM, NUMBER_MM = 5.0, 34.0, 37.0
"""Borders of the sectors are drawn between these distances from the canal's centre; the numbers stand beyond."""


def wbb_pictures(
    scan: Scan | None, spine: Spine, findings: Findings, *, displayed: Callable[[Level], str]
) -> tuple[DrawnPicture, ...]:
    """Per level with sectors: the clock and, where its bone is involved and there is a scan, the image with sectors."""
    found = []
    for level, stage in findings.wbb.items():
        found.append(_clock(stage, displayed(level)))
        if scan is not None and level in findings.involved_levels:
            found.append(_overlay(scan, spine.vertebrae[level], findings, stage, displayed(level)))
    return tuple(found)


def _clock(stage: Wbb, name: str) -> DrawnPicture:
    sectors, layers = sectors_in_words(stage.sectors), ", ".join(stage.layers) or "none"
    caption = f"sectors {sectors}, layers {layers}. Midline: {stage.midline}."
    return DrawnPicture(
        kind="wbb", title=f"WBB {name}", caption=caption, svg=wbb_clock(stage, displayed=name), aspect=WIDTH / HEIGHT
    )


def _overlay(scan: Scan, vertebra: Vertebra, findings: Findings, stage: Wbb, name: str) -> DrawnPicture:
    frame = vertebra.frame.moved_to(vertebra.canal_mm)
    section = axial_section(frame, half_width_mm=HALF_WIDTH_MM, behind_mm=BEHIND_MM, ahead_mm=AHEAD_MM)
    window = window_of(scan, "bone")
    layout = SliceLayout(
        title=f"WBB sectors on {name}",
        corner=(name,),
        outlines=(mask_outline(findings.tumour, section, TUMOUR), sector_borders(vertebra, section)),
        names=sector_names(vertebra, stage, section),
    )
    caption = (
        "across this vertebra through the middle of its canal; the sectors hold its whole height. "
        f"[Number] in brackets: sector involved. Window: {window.title}."
    )
    return DrawnPicture(
        kind="wbb",
        title=f"WBB sectors on {name}",
        caption=caption,
        svg=slice_picture(scan, section, window, layout),
        aspect=section.shape[1] / section.shape[0],
    )


def sector_borders(vertebra: Vertebra, section: Section) -> Outline:
    """The twelve borders as lines from the canal outwards."""
    ways = sector_directions(vertebra, np.arange(SECTORS) * SECTOR_DEG)
    ends = [vertebra.canal_mm + np.outer([INNER_MM, OUTER_MM], way) for way in ways]
    return Outline(style=WBB_BORDER, curves=tuple(section.to_picture(line) for line in ends))


def sector_names(vertebra: Vertebra, stage: Wbb, section: Section) -> tuple[Name, ...]:
    """Numbers of the sectors at their middles; those involved stand in brackets."""
    found = []
    ways = sector_directions(vertebra, (np.arange(SECTORS) + 0.5) * SECTOR_DEG)
    for sector, way in enumerate(ways, start=1):
        x, y = section.to_picture(vertebra.canal_mm + NUMBER_MM * way)
        strong = sector in stage.sectors
        text = f"[{sector}]" if strong else str(sector)
        found.append(Name(text=text, x=float(x), y=float(y), strong=strong, anchor="middle"))
    return tuple(found)
