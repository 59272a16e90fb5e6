"""The tumour in 3-D, coloured by the stage that can reach it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oncospine.anatomy import Spine
from oncospine.geometry import Mask
from oncospine.lesion import Findings
from oncospine.report.palette import BONE, TUMOUR, Style
from oncospine.report.ray_picture import VIEWS, Solid
from oncospine.report.slices import DrawnPicture
from oncospine.report.surfaces import mask_surface
from oncospine.report.views3d import drawn_views, shown_bone
from oncospine.surgery import OUT_OF_REACH, EvaluatedOperation, stage_colours

STAGES = (
    Style(name="within reach of stage 1", colour="#009e73"),
    Style(name="within reach of stage 2", colour="#0072b2"),
    Style(name="within reach of stage 3", colour="#cc79a7"),
    Style(name="within reach of a later stage", colour="#7a5c00"),
)
"""Colours of what a stage reaches; what none reaches has the colour of the tumour."""

BONE_BEHIND = 0.16
"""Opacity of bone in these pictures: the colours of the tumour come first."""

SEEN_FROM = ("A", "L")
"""Views of the colour map."""


def reach_views(
    spine: Spine,
    findings: Findings | None,
    item: EvaluatedOperation,
    *,
    letters: Sequence[str] = SEEN_FROM,
) -> tuple[DrawnPicture, ...]:
    """The tumour before the operation, coloured; none where no stage takes tumour."""
    reaches = {number: stage.reach.reachable for number, stage in enumerate(item.stages, 1) if stage.reach is not None}
    if not reaches:
        return ()
    first = next(stage.reach for stage in item.stages if stage.reach is not None)
    codes = stage_colours(reaches, first.tumour)
    shown = shown_bone(spine, findings, also=item.operation.levels)
    bone = mask_surface(Mask(shown, spine.grid.affine))
    if bone is None:
        return ()
    solids = [Solid(surface=bone, rgb=BONE.rgb, opacity=BONE_BEHIND)]
    named = []
    for code in np.unique(codes[codes > 0]):
        style = TUMOUR if code == OUT_OF_REACH else STAGES[min(int(code), len(STAGES)) - 1]
        surface = mask_surface(Mask(codes == code, spine.grid.affine))
        if surface is not None:
            solids.append(Solid(surface=surface, rgb=style.rgb))
            named.append(f"{_colour_word(style)}: {'out of reach' if style is TUMOUR else style.name}")
    caption = f"{'; '.join(named)}. An upper limit, by geometry."
    views = [view for view in VIEWS if view.letter in letters]
    return drawn_views(solids, views, spine, findings, words="reach, ", caption=caption)()


def _colour_word(style: Style) -> str:
    words = {TUMOUR.colour: "orange", "#009e73": "green", "#0072b2": "blue", "#cc79a7": "pink", "#7a5c00": "brown"}
    return words[style.colour]
