"""Does the level of the examination fit the level of the compression; if not, what else has to be imaged.

The vertebra-to-segment map and the comparison belong to the neurology room; what it found is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.base import Level, Segment, described_levels
from oncospine.lesion.escc_estimate import GRADES
from oncospine.lesion.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class MyelopathyMatch:
    """The sensory level against the compressed levels; `image_rest` asks for the rest of the spine to be imaged."""

    compressed: tuple[Level, ...]
    fits: bool | None
    image_rest: bool
    text: str


def compressed_levels(findings: Findings) -> tuple[Level, ...]:
    """Levels at which the cord may be compressed (ESCC 2 or 3 possible), else those with the worst grade above 0."""
    high = [level for level, estimate in findings.escc.items() if set(estimate.possible) & set(GRADES[4:])]
    if high:
        return tuple(high)
    worst = {level: GRADES.index(estimate.possible[-1]) for level, estimate in findings.escc.items()}
    most = max(worst.values(), default=0)
    return tuple(level for level, grade in worst.items() if grade == most > 0)


def myelopathy_match(
    findings: Findings, sensory_level: Segment | None, *, fits: bool | None, imaged: tuple[Level, ...]
) -> MyelopathyMatch:
    """Text for the report: `fits` is neurology's verdict on `sensory_level` against `compressed_levels(findings)`."""
    levels = compressed_levels(findings)
    seen = f"imaged is {described_levels(imaged)}"
    if sensory_level is None:
        text = "no sensory level is entered to compare the compression with"
        return MyelopathyMatch(compressed=levels, fits=None, image_rest=False, text=text)
    if not levels:
        text = (
            f"a sensory level of {sensory_level} without epidural tumour in view is not explained by these images; "
            f"{seen}: imaging of the rest of the spine could be considered"
        )
        return MyelopathyMatch(compressed=levels, fits=False, image_rest=True, text=text)
    where = described_levels(levels)
    if fits:
        text = f"the sensory level {sensory_level} is compatible with the epidural tumour at {where}"
        return MyelopathyMatch(compressed=levels, fits=True, image_rest=False, text=text)
    text = (
        f"the sensory level {sensory_level} does not fit the epidural tumour at {where}; {seen}: "
        "imaging of the rest of the spine could be considered"
    )
    return MyelopathyMatch(compressed=levels, fits=False, image_rest=True, text=text)
