"""The axis of a pedicle: the line through the middles of the sections about its neck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oncospine.anatomy.block import SOLID, STEP_MM, Block
from oncospine.anatomy.bone_sections import Section, plane_axes, reach_of, sampled
from oncospine.geometry import angle_deg, unit


def axis_through(block: Block, neck: Section) -> NDArray[np.float64]:
    """Weighted line through the middles of the sections around the neck.

    Each section is read within the neck's own outline, `NARROW_MM` wider. The more bone there is within `WIDE_MM` of
    that outline, the more the section runs into body or arch and the less it counts: for the height of its middle much
    sooner than for its place from side to side, because body and arch spread up and down first.
    """
    axis, offsets = neck.axis, np.arange(-ALONG_MM, ALONG_MM + STEP_MM / 2, STEP_MM)
    rounds = []
    reach = reach_of(neck.weights)
    steps, _, _ = plane_axes(axis, reach)
    wide = np.nonzero(_outline(neck, WIDE_MM))
    beside, above = steps[wide[0]], steps[wide[1]]
    narrow = _outline(neck, NARROW_MM)[wide]
    strip = narrow & (np.abs(beside) <= STRIP_MM)
    for damping in (1.0,) + (DAMPING,) * (ROUNDS - 1):
        _, u, v = plane_axes(axis, reach)
        plane = neck.centre + beside[:, None] * u + above[:, None] * v
        bone = sampled(block, plane + offsets[:, None, None] * axis).astype(np.float64)
        total, middle = bone @ narrow, bone @ strip
        if not total.min() > 0 or not middle.min() > 0:
            break
        spread = bone.sum(axis=1)
        across = bone @ (narrow * beside) / total
        height = (bone @ (narrow * above) / total + bone @ (strip * above) / middle) / 2
        beside_slope = _slope(offsets, across, spread, FULL_BESIDE)
        axis = unit(axis + damping * (beside_slope * u + _slope(offsets, height, spread, FULL_ABOVE) * v))
        rounds.append(axis)
    if rounds:
        axis = unit(np.mean(rounds[-LAST_ROUNDS:], axis=0))
    return axis if angle_deg(axis, neck.axis) <= LARGEST_TURN_DEG else neck.axis


def _slope(
    offsets: NDArray[np.float64], middles: NDArray[np.float64], spread: NDArray[np.float64], full: float
) -> float:
    """Slope of the middles along the axis; a section with `full` times the least bone does not count."""
    weights = np.clip((full - spread / spread.min()) / (full - 1), 0, 1)
    if np.count_nonzero(weights) < FEWEST_SECTIONS:
        return 0.0
    middle = weights @ offsets / weights.sum()
    apart = weights * (offsets - middle)
    return float(apart @ middles / (apart @ offsets))


def _outline(neck: Section, wider_mm: float) -> NDArray[np.bool_]:
    """The neck's section, `wider_mm` wider, shifted so that its centroid is in the middle."""
    wide = ndimage.binary_dilation(neck.weights > SOLID, iterations=round(wider_mm / STEP_MM))
    samples = np.arange(wide.shape[0])
    total = neck.weights.sum()
    centroid = (neck.weights.sum(axis=1) @ samples / total, neck.weights.sum(axis=0) @ samples / total)
    shift = [round(float(wide.shape[0] // 2 - value)) for value in centroid]
    return np.roll(wide, shift, axis=(0, 1))


ALONG_MM = 4.0
"""How far from the neck along the axis sections are looked at."""

LARGEST_TURN_DEG = 30.0
"""A line that turns further than this from the direction of the neck has left the pedicle: the neck's stands [D]."""

ROUNDS = 6
"""The axis moves by less than a degree after the fourth round on phantoms."""

DAMPING = 0.5
"""Share of each turn that is made after the first: with few sections the axis would swing to and fro."""

LAST_ROUNDS = 3
"""Their mean is the axis."""

NARROW_MM = 0.75
"""How much wider than the neck a section is read: room for the flare of the pedicle and for a turned axis [D]."""

WIDE_MM = 4.5
"""How much wider than the neck bone is looked for that is body or arch [D]."""

STRIP_MM = 2.2
"""Half-width of the middle strip whose height counts as much as that of the whole section [D]."""

FULL_BESIDE = 1.8
"""A section with this times the least bone no longer counts from side to side [D]."""

FULL_ABOVE = 1.3
"""A section with this times the least bone no longer counts up and down [D]."""

FEWEST_SECTIONS = 4
"""Fewer sections than this give no line."""
