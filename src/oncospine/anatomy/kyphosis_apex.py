"""The apex of the thoracic kyphosis: the body that lies furthest back from the line between the ends of the curve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oncospine.anatomy.vertebra import Vertebra
from oncospine.base import Level, parse_levels
from oncospine.geometry import unit

CURVE = parse_levels("T1-T12")
"""Levels of the thoracic kyphosis."""

LEAST_MM = 5.0
"""A body less far back than this is no apex: a straight thoracic spine, or the error of the frames [D]."""


def kyphosis_apex(vertebrae: Mapping[Level, Vertebra]) -> Level | None:
    """The level at the apex; None where part of T1-T12 is not in view (its apex is not known), or the curve is flat.

    Measured from the body centres in their mean sagittal plane, so that it does not depend on how the patient lies.
    """
    if any(level not in vertebrae for level in CURVE):
        return None
    curve = [vertebrae[level] for level in CURVE]
    centres = np.array([vertebra.frame.origin_mm for vertebra in curve])
    along = unit(centres[0] - centres[-1])
    right = unit(np.sum([vertebra.frame.right for vertebra in curve], axis=0))
    posterior = unit(np.cross(right, along))
    back = (centres - centres[-1]) @ posterior
    furthest = int(back.argmax())
    return CURVE[furthest] if back[furthest] >= LEAST_MM else None
