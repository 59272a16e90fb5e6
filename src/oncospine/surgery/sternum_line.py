"""The upper thoracic line test: does a straight way from the front lead over the sternum or through it, past what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from oncospine.anatomy import Endplate, Spine
from oncospine.base import Level, Verification
from oncospine.imaging import StructureKind
from oncospine.surgery.screw_measure import DANGEROUS
from oncospine.surgery.sizes import room_data, source_of

STEP_MM = 1.0
"""Sampling along the line: about a voxel."""

SLAB_MM = 6.0
"""Half-width of the sternum's midline strip in which its upper end is read."""


class Passage(StrEnum):
    """Where the line goes."""

    ABOVE = "above the sternum"
    THROUGH = "through the sternum"
    BELOW = "below the sternum"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTest:
    """Result for the lowest level to be reached.

    `below_notch_mm` is how far below the upper end of the sternum the line meets it, along the superior axis of the
    vertebra (negative: how far it passes above). `vessels` are labelled great vessels beside the line. The label of
    the sternum does not tell manubrium and body apart.
    """

    level: Level
    passage: Passage
    below_notch_mm: float | None
    vessels: tuple[str, ...]
    text: str
    citations: tuple[str, ...]
    verification: Verification


def line_test(spine: Spine, level: Level) -> LineTest:
    """The line parallel to the lower endplate of `level`, from its front forwards."""
    data = room_data("line_test.yaml")
    source = source_of(data["line"])
    plate = spine.vertebrae[level].lower_endplate if level in spine.vertebrae else None
    sternum = _points(spine, frozenset({StructureKind.STERNUM}))
    if plate is None or len(sternum) == 0:
        lack = "its lower endplate is not in view" if plate is None else "no sternum is labelled in this scan"
        return LineTest(
            level=level,
            passage=Passage.UNKNOWN,
            below_notch_mm=None,
            vessels=(),
            text=f"line test of {level} not possible: {lack}",
            citations=source.citations,
            verification=source.verification,
        )
    axes = _axes(spine, level, plate)
    start = plate.plane.point_mm + plate.depth_mm / 2 * axes[1]
    local = (sternum - start) @ axes.T
    midline = local[np.abs(local[:, 0]) <= SLAB_MM]
    local = midline if len(midline) else local
    met = local[np.abs(local[:, 2]) <= STEP_MM * 2]
    top = local[local[:, 2].argmax()]
    passage = Passage.THROUGH if len(met) else Passage.ABOVE if top[2] < 0 else Passage.BELOW
    if passage is Passage.BELOW and _leaves_scan(spine):
        passage = Passage.UNKNOWN
    below = float(top[2])
    reach = float(met[:, 1].min()) if len(met) else float(top[1])
    vessels = _vessels(spine, start, axes, reach, float(data["vessels"]["half_width_mm"]))
    return LineTest(
        level=level,
        passage=passage,
        below_notch_mm=below,
        vessels=vessels,
        text=_text(level, passage, below, vessels),
        citations=source.citations,
        verification=source.verification,
    )


def _axes(spine: Spine, level: Level, plate: Endplate) -> NDArray[np.float64]:
    """Right, forwards along the endplate, and the normal towards cranial, as rows."""
    up = -np.asarray(plate.plane.normal)
    forward = spine.vertebrae[level].frame.anterior
    forward = forward - (forward @ up) * up
    forward /= np.linalg.norm(forward)
    return np.array([np.cross(forward, up), forward, up])


def _points(spine: Spine, kinds: frozenset[StructureKind]) -> NDArray[np.float64]:
    codes = [code for code, item in spine.other_structures.items() if item.kind in kinds]
    return spine.grid.to_world(np.argwhere(np.isin(spine.other_codes, codes)))


def _leaves_scan(spine: Spine) -> bool:
    """True where the sternum reaches a face of the grid, so that its end is not in view."""
    codes = [code for code, item in spine.other_structures.items() if item.kind is StructureKind.STERNUM]
    found = np.isin(spine.other_codes, codes)
    return any(bool(np.take(found, end, axis=axis).any()) for axis in range(3) for end in (0, -1))


def _vessels(
    spine: Spine, start: NDArray[np.float64], axes: NDArray[np.float64], reach: float, half_width: float
) -> tuple[str, ...]:
    """Names of labelled vessels and viscera beside the line between the vertebra and the sternum."""
    found = []
    for code, item in spine.other_structures.items():
        if item.kind not in DANGEROUS:
            continue
        local = (spine.grid.to_world(np.argwhere(spine.other_codes == code)) - start) @ axes.T
        beside = np.hypot(local[:, 0], local[:, 2]) <= half_width
        if (beside & (local[:, 1] > 0) & (local[:, 1] < reach)).any():
            found.append(item.name.replace("_", " "))
    return tuple(found)


def _text(level: Level, passage: Passage, below: float, vessels: tuple[str, ...]) -> str:
    if passage is Passage.UNKNOWN:
        said = f"the line from {level} runs {below:.0f} mm below the upper end of the sternum, where the scan ends"
    elif passage is Passage.ABOVE:
        said = f"the line from {level} passes {-below:.0f} mm above the sternum"
    elif passage is Passage.THROUGH:
        said = f"the line from {level} meets the sternum {below:.0f} mm below its upper end"
    else:
        said = f"the line from {level} passes below the sternum"
    beside = f"; beside it: {', '.join(vessels)}" if vessels else ""
    return f"{said}{beside}"
