"""Height loss, translation and segmental kyphosis at the involved levels, against the patient's own healthy ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oncospine.anatomy import BodyHeights, Endplate, Spine, Vertebra
from oncospine.base import How, Level, Quantity, refused
from oncospine.lesion.findings import BodyShape

HEIGHT_LOSS_ERROR = 12.5
"""Half-width of the 95 % limits of agreement of percentage height loss on CT, in points (Buckens 2013)."""


def body_shapes(spine: Spine, involved: tuple[Level, ...]) -> dict[Level, BodyShape]:
    """Shape of every involved level; quantities that the scan cannot support are refused with the reason."""
    healthy = {
        level: vertebra.heights
        for level, vertebra in spine.vertebrae.items()
        if level not in involved and vertebra.heights is not None
    }
    return {
        level: BodyShape(
            heights=spine.vertebrae[level].heights,
            height_loss_percent=_height_loss(spine.vertebrae[level], healthy),
            translation_mm=_translation(spine, level),
            segmental_kyphosis_deg=_kyphosis(spine, level),
        )
        for level in involved
    }


def _height_loss(vertebra: Vertebra, healthy: Mapping[Level, BodyHeights]) -> Quantity:
    """Largest loss of anterior, middle or posterior height, each against the same height of the healthy neighbours.

    The same height is compared (not every height with the posterior one), so that the normal wedge and the hollow of
    the endplates are no loss.
    """
    rule = "largest loss of anterior, middle or posterior height against the nearest healthy bodies above and below"
    if vertebra.heights is None:
        return refused("%", f"the body of {vertebra.level} is cut or has no endplates", rule=rule)
    above = [level for level in healthy if level.order < vertebra.level.order]
    below = [level for level in healthy if level.order > vertebra.level.order]
    near = ([max(above, key=lambda level: level.order)] if above else []) + (
        [min(below, key=lambda level: level.order)] if below else []
    )
    if not near:
        return refused("%", "no healthy body in view to compare with", rule=rule)
    orders = np.array([level.order for level in near], dtype=np.float64)
    losses = []
    for name in ("anterior_mm", "middle_mm", "posterior_mm"):
        usual = np.interp(vertebra.level.order, orders, [getattr(healthy[level], name) for level in near])
        losses.append(100 * (1 - getattr(vertebra.heights, name) / usual))
    loss = float(max(losses))
    return Quantity(
        value=loss,
        unit="%",
        how=How.MEASURED,
        low=loss - HEIGHT_LOSS_ERROR,
        high=loss + HEIGHT_LOSS_ERROR,
        reason=f"compared with {', '.join(near)}",
        rule=rule,
        citations=("buckens2013",),
    )


def _translation(spine: Spine, level: Level) -> Quantity:
    """Offset of the posterior wall to the vertebra below (forwards positive), along the lower endplate's plane."""
    rule = "posterior wall against the vertebra below, along its upper endplate"
    below = level.neighbour(1)
    lower = spine.vertebrae.get(below) if below is not None else None
    upper = spine.vertebrae[level]
    if lower is None or upper.lower_endplate is None or lower.upper_endplate is None:
        return refused("mm", "the endplates of this joint are not both in view", rule=rule)
    offset = _posterior_edge(upper, upper.lower_endplate) - _posterior_edge(lower, lower.upper_endplate)
    return Quantity(value=float(offset @ lower.frame.anterior), unit="mm", how=How.MEASURED, rule=rule)


def _posterior_edge(vertebra: Vertebra, endplate: Endplate) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(endplate.plane.point_mm - vertebra.frame.anterior * endplate.depth_mm / 2)


def _kyphosis(spine: Spine, level: Level) -> Quantity:
    """Angle between the upper endplate of the vertebra above and the lower endplate of the one below; kyphosis > 0."""
    rule = "upper endplate of the vertebra above to lower endplate of the one below, in the sagittal plane"
    above = spine.vertebrae.get(level.neighbour(-1) or level)
    below = spine.vertebrae.get(level.neighbour(1) or level)
    if above is None or below is None or above.upper_endplate is None or below.lower_endplate is None:
        return refused("deg", "the neighbours' endplates are not both in view", rule=rule)
    frame = spine.vertebrae[level].frame
    top = above.upper_endplate.plane.normal @ np.column_stack([frame.anterior, frame.superior])
    bottom = -below.lower_endplate.plane.normal @ np.column_stack([frame.anterior, frame.superior])
    angle = np.degrees(np.arctan2(top[0], top[1]) - np.arctan2(bottom[0], bottom[1]))
    return Quantity(value=float(angle), unit="deg", how=How.MEASURED, rule=rule)
