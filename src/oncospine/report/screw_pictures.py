"""One small picture per planned screw, in the plane that holds the screw and looks like an axial image."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from oncospine.anatomy import Spine
from oncospine.base import Side
from oncospine.geometry import frame_from, unit
from oncospine.imaging import Scan
from oncospine.lesion import Findings
from oncospine.report.outlines import Outline, mask_outline
from oncospine.report.palette import CANAL, SCREW, TUMOUR
from oncospine.report.sections import axial_section
from oncospine.report.slice_picture import SliceLayout, slice_picture
from oncospine.report.slices import DrawnPicture, displayed
from oncospine.report.windows import Window, window_of
from oncospine.surgery import PlannedScrew, Screw

HALF_WIDTH_MM = 30.0
BEHIND_MM = 26.0
AHEAD_MM = 32.0
"""What a picture holds around the middle of the screw: the vertebra, its canal and what lies in front."""


def screw_pictures(
    scan: Scan, spine: Spine, findings: Findings | None, screws: Iterable[PlannedScrew]
) -> tuple[DrawnPicture, ...]:
    """A picture for every screw that is planned, cranial to caudal, right before left; refused ones have none."""
    window = window_of(scan)
    planned = [screw for screw in screws if screw.is_planned]
    planned.sort(key=lambda screw: (screw.level.order, screw.side is Side.LEFT))
    return tuple(_drawn(scan, spine, findings, screw, window) for screw in planned)


def _drawn(scan: Scan, spine: Spine, findings: Findings | None, planned: PlannedScrew, window: Window) -> DrawnPicture:
    screw = planned.screw()
    vertebra = spine.vertebrae[screw.level]
    across_plane = unit(np.cross(vertebra.frame.right, screw.direction))
    middle = (screw.entry_mm + screw.tip_mm) / 2
    centre = middle + ((vertebra.canal_mm - middle) @ vertebra.frame.right) * vertebra.frame.right
    frame = frame_from(centre, superior=across_plane, anterior=vertebra.frame.anterior)
    section = axial_section(frame, half_width_mm=HALF_WIDTH_MM, behind_mm=BEHIND_MM, ahead_mm=AHEAD_MM)
    outlines = [mask_outline(spine.canal.mask, section, CANAL)]
    if findings is not None:
        outlines.append(mask_outline(findings.tumour, section, TUMOUR))
    corners = section.to_picture(_corners(screw, across_plane))
    outlines.append(Outline(style=SCREW, curves=(np.vstack([corners, corners[:1]]),), closed=True))
    name = f"{displayed(screw.level, spine)} {screw.side}"
    size = f"{screw.diameter_mm:.1f} × {screw.length_mm:.1f} mm"
    layout = SliceLayout(title=f"screw {name}", corner=(name, size), outlines=tuple(outlines))
    return DrawnPicture(
        kind="screw",
        title=f"Screw {name}, {size}",
        caption="in the plane of the screw; the patient's right is on the viewer's left.",
        svg=slice_picture(scan, section, window, layout),
        aspect=section.shape[1] / section.shape[0],
    )


def _corners(screw: Screw, across_plane: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray:
    """Corners (4, 3) of the screw's outline in the plane through its axis."""
    aside = unit(np.cross(screw.direction, across_plane)) * screw.diameter_mm / 2
    return np.array([screw.entry_mm - aside, screw.entry_mm + aside, screw.tip_mm + aside, screw.tip_mm - aside])
