"""Deformity at the ends of a construct: an apex, or a slip between the last vertebra and the one beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from oncospine.anatomy import Spine, kyphosis_apex
from oncospine.base import Level


def deformed_ends(spine: Spine, construct: tuple[Level, ...]) -> Mapping[Level, str]:
    """What speaks against ending at the first or the last level of a construct (cranial to caudal), in words."""
    found: dict[Level, str] = {}
    if construct:
        for end, joint in ((construct[0], (construct[0].neighbour(-1), construct[0])),
                           (construct[-1], (construct[-1], construct[-1].neighbour(1)))):  # fmt: skip
            reasons = [*_apex(spine, end), *_slip(spine, joint)]
            if reasons:
                found[end] = " and ".join(reasons)
    return MappingProxyType(found)


def _apex(spine: Spine, end: Level) -> list[str]:
    found = []
    if kyphosis_apex(spine.vertebrae) is end:
        found.append(f"{end} is the apex of the thoracic kyphosis")
    curve = spine.alignment.curve
    if curve is not None and curve.is_scoliosis and curve.apex is end:
        found.append(f"{end} is the apex of a coronal curve of {curve.cobb_deg:.0f} degrees")
    return found


def _slip(spine: Spine, joint: tuple[Level | None, Level | None]) -> list[str]:
    upper, lower = joint
    for one in spine.alignment.joints:
        if (one.upper, one.lower) == (upper, lower) and one.slip is not None and one.slip.beyond_limit:
            return [f"{one.upper} is displaced on {one.lower} beyond the limit of its region"]
    return []
