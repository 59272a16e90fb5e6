"""The posterolateral elements that SINS asks for, measured on both sides; the score itself is another room's."""

from __future__ import annotations

from collections.abc import Mapping

from oncospine.anatomy import Part, Spine, sided
from oncospine.base import Level, Region, Side
from oncospine.imaging import StructureKind
from oncospine.lesion.extent_findings import Posterolateral, RibContact
from oncospine.lesion.findings import LevelFinding


def posterolateral(
    levels: Mapping[Level, LevelFinding], ribs: tuple[RibContact, ...], spine: Spine
) -> dict[Level, dict[Side, Posterolateral]]:
    """Measures of every level with tumour in its bone."""
    labelled = any(item.kind is StructureKind.RIB for item in spine.other_structures.values())
    return {
        level: {side: _side(found, side, ribs, labelled=labelled) for side in Side}
        for level, found in levels.items()
        if found.involved_parts
    }


def _side(found: LevelFinding, side: Side, ribs: tuple[RibContact, ...], *, labelled: bool) -> Posterolateral:
    thoracic = found.level.region is Region.THORACIC
    joints = [rib for rib in ribs if rib.side is side and rib.costovertebral and rib.number in _ribs_at(found.level)]
    pedicle, facet = sided("pedicle", side), sided("articular", side)
    return Posterolateral(
        pedicle_fraction=_fraction(found, pedicle),
        pedicle_ml=_volume(found, pedicle),
        facet_fraction=_fraction(found, facet),
        facet_ml=_volume(found, facet),
        costovertebral=bool(joints) if labelled and thoracic else None,
    )


def _ribs_at(level: Level) -> tuple[int, ...]:
    """Ribs whose head meets a thoracic vertebra: its own and, down to T9, the next one."""
    return (level.number, level.number + 1) if level.number < LAST_SHARED_JOINT else (level.number,)


LAST_SHARED_JOINT = 10
"""From T10 on a vertebra meets its own rib only."""


def _fraction(found: LevelFinding, part: Part) -> float:
    return found.parts[part].fraction if part in found.parts else 0.0


def _volume(found: LevelFinding, part: Part) -> float:
    return found.parts[part].volume_ml if part in found.parts else 0.0
