"""Tomita's surgical classification of the tumour's extent, type 1 to 7 (not the Tomita prognostic score)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from oncospine.anatomy import Part
from oncospine.base import Level, Verification
from oncospine.lesion.extent_findings import Tomita
from oncospine.lesion.findings import CompressionProfile, LevelFinding
from oncospine.lesion.wbb import wbb_rule

GROUPS = {**dict.fromkeys((1, 2, 3), "intracompartmental"), **dict.fromkeys((4, 5, 6), "extracompartmental")}

BODY = frozenset({Part.BODY})
PEDICLES = frozenset({Part.PEDICLE_LEFT, Part.PEDICLE_RIGHT})
ARCH = frozenset(Part) - BODY - PEDICLES


def tomita(levels: Mapping[Level, LevelFinding], profile: CompressionProfile) -> Tomita | None:
    """Type of the tumour; None where no bone is involved.

    Notes
    -----
    Tomita K, et al. Spine 1997;22(3):324-333, doi:10.1097/00007632-199702010-00018; the definitions of the single types
    were not re-read in the primary paper. More than three neighbouring vertebrae as type 7, and the epidural thickness
    of 1.5 mm, are readings of this project.
    """
    involved = [found for found in levels.values() if found.involved_parts]
    if not involved:
        return None
    ordered = tuple(sorted((found.level for found in involved), key=lambda level: level.order))
    parts = {part for found in involved for part in found.involved_parts}
    beside = sum(sum(found.paravertebral_ml.values()) for found in levels.values())
    least_mm = wbb_rule("epidural_thickness_mm")
    return tomita_type(
        ordered,
        body=bool(parts & BODY),
        pedicle=bool(parts & PEDICLES),
        arch=bool(parts & ARCH),
        epidural=bool((profile.thickness_mm >= least_mm).any()),
        paravertebral=beside >= wbb_rule("layer_ml"),
    )


def tomita_type(
    levels: tuple[Level, ...], *, body: bool, pedicle: bool, arch: bool, epidural: bool, paravertebral: bool
) -> Tomita:
    """The rule of classifications.md section 4: the highest type wins, the flags are kept."""
    contiguous = all(upper.neighbour(1) is lower for upper, lower in pairwise(levels))
    if not contiguous or len(levels) > 3:
        number, why = 7, "skip lesions" if not contiguous else "more than three neighbouring vertebrae"
    elif len(levels) > 1:
        number, why = 6, f"{len(levels)} neighbouring vertebrae"
    elif paravertebral:
        number, why = 5, "paravertebral extension"
    elif epidural:
        number, why = 4, "epidural extension"
    elif body and arch:
        number, why = 3, "body and arch of one vertebra"
    elif pedicle:
        number, why = 2, "extends into the pedicle"
    else:
        number, why = 1, "one site of one vertebra"
    sites = [name for name, has in zip(SITES, (body, pedicle, arch, epidural, paravertebral), strict=True) if has]
    return Tomita(
        type=number,
        group=GROUPS.get(number, "multiple"),
        reason=why,
        sites=tuple(sites),
        citations=("tomita1997", "tomita2006"),
        verification=Verification.KNOWLEDGE,
    )


SITES = (
    "vertebral body",
    "pedicle",
    "lamina, transverse or spinous process",
    "spinal canal (epidural)",
    "paravertebral",
)
