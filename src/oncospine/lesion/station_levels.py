"""To which vertebra each station of the canal belongs: the borders are the middles of the discs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from oncospine.anatomy import Spine, Vertebra
from oncospine.base import Level


def station_levels(spine: Spine) -> tuple[Level, ...]:
    """Level of every station; where an endplate is not known, the border of the canal's own levels is kept."""
    levels = spine.levels
    arcs = spine.canal.arc_mm
    borders = []
    for upper, lower in pairwise(levels):
        disc = _disc_middle(spine.vertebrae[upper], spine.vertebrae[lower])
        if disc is not None:
            borders.append(float(spine.canal.centreline.nearest_arc_mm(disc)))
            continue
        below = [arc for arc, name in zip(arcs, spine.canal.levels, strict=True) if name.order >= lower.order]
        borders.append(min(below, default=float(arcs[-1])))
    ordered = np.maximum.accumulate(np.array(borders)) if borders else np.array([])
    return tuple(levels[index] for index in np.searchsorted(ordered, arcs, side="right"))


def _disc_middle(upper: Vertebra, lower: Vertebra) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    if upper.lower_endplate is None or lower.upper_endplate is None:
        return None
    return np.asarray((upper.lower_endplate.plane.point_mm + lower.upper_endplate.plane.point_mm) / 2)
