"""`oncospine validate surgery`: screws planned on random intact phantoms, mirrored and with a destroyed pedicle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from oncospine.anatomy import Spine, sided, spine_from_labels
from oncospine.base import Level, Progress, Side, in_processes, silent
from oncospine.geometry import Mask
from oncospine.phantom import make_phantom, mirrored, random_spec
from oncospine.surgery import Gertzbein, PlannedScrew, plan_screws

SHARE_A = 0.98
"""Least share of placed screws that grade A."""

MIRROR_EVERY = 10
"""Every so many phantoms the mirrored patient is planned as well."""

MIRROR_MM = 0.001
"""Entry and tip of the mirrored screw may differ by this: a micrometre, rounding."""

DESTROYED = 0.3
"""Share of a pedicle that is made tumour: three times the least share that is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomScrews:
    """What came of one phantom: grades, reasons of refusals, and what went wrong by name."""

    name: str
    grades: Mapping[str, int]
    refusals: Mapping[str, int]
    not_a: tuple[str, ...]
    medial: tuple[str, ...]
    mirror_mm: float | None
    destroyed_refused: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeryRow:
    """One line of the table; `passes` is None for a figure without a target."""

    quantity: str
    target: str
    ours: str
    passes: bool | None


def validate_surgery(
    count: int = 200, seed: int = 0, *, jobs: int | None = None, progress: Progress = silent
) -> tuple[SurgeryRow, ...]:
    """The table over `count` random phantoms numbered from `seed`, in `jobs` processes (default: one per core)."""
    found: list[PhantomScrews] = []
    for one in in_processes(phantom_screws, range(seed, seed + count), jobs=jobs):
        found.append(one)
        progress(one.name, len(found) / count)
    return validation_rows(found)


def phantom_screws(number: int) -> PhantomScrews:
    """The random phantom of this number without a tumour: every complete level, both sides."""
    phantom = make_phantom(replace(random_spec(number), tumour=None, noise=0.0))
    spine = spine_from_labels([phantom.labels], modality="CT")
    places = [(level, side) for level in complete_levels(spine) for side in Side]
    screws = plan_screws(spine, places)
    mirror = None
    if number % MIRROR_EVERY == 0:
        other = spine_from_labels([mirrored(phantom).labels], modality="CT")
        others = plan_screws(other, [(level, side.other) for level, side in places])
        grid = phantom.scan.grid
        middle = float(grid.to_world((np.asarray(grid.shape) - 1) / 2)[0])
        mirror = _mirror_difference(screws, others, middle_mm=middle)
    return outcome_of_screws(f"phantom {number}", screws, mirror_mm=mirror, destroyed=_refused(spine, number))


def complete_levels(spine: Spine) -> list[Level]:
    """Levels wholly in view that have pedicles."""
    return [level for level, one in spine.vertebrae.items() if one.completeness.is_complete and one.pedicles]


def outcome_of_screws(
    name: str, screws: Sequence[PlannedScrew], *, mirror_mm: float | None = None, destroyed: tuple[int, int] = (0, 0)
) -> PhantomScrews:
    """Counts of one patient's screws."""
    grades: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    not_a, medial = [], []
    for screw in screws:
        if screw.grade is None or screw.margins is None:
            refusals[str(screw.refusal).split(":")[0]] += 1
            continue
        grades[screw.grade.gertzbein.value] += 1
        if screw.grade.gertzbein is not Gertzbein.A:
            width = f"width {screw.pedicle_width_mm:.1f} mm"
            not_a.append(f"{name} {screw.name}: {screw.grade.gertzbein}, {width}, {screw.path}")
        if screw.margins.medial_mm is not None and screw.margins.medial_mm < -screw.grade.uncertainty_mm:
            medial.append(f"{name} {screw.name}: {screw.margins.medial_mm:.1f} mm")
    return PhantomScrews(
        name=name,
        grades=grades,
        refusals=refusals,
        not_a=tuple(not_a),
        medial=tuple(medial),
        mirror_mm=mirror_mm,
        destroyed_refused=destroyed,
    )


def validation_rows(found: Sequence[PhantomScrews]) -> tuple[SurgeryRow, ...]:
    """Counts of all patients against their targets."""
    grades: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for one in found:
        grades.update(one.grades)
        refusals.update(one.refusals)
    placed, best = grades.total(), grades["A"]
    good = best + grades["B"]
    medial = [line for one in found for line in one.medial]
    mirrors = [one.mirror_mm for one in found if one.mirror_mm is not None]
    refused, destroyed = (sum(one.destroyed_refused[part] for one in found) for part in (0, 1))
    rows = [
        SurgeryRow(
            quantity="screws graded A (Gertzbein-Robbins)",
            target=f">= {SHARE_A:.0%}",
            ours=_share(best, placed),
            passes=placed > 0 and best >= SHARE_A * placed,
        ),
        SurgeryRow(
            quantity="screws graded A or B",
            target="100%",
            ours=_share(good, placed),
            passes=placed > 0 and good == placed,
        ),
        SurgeryRow(
            quantity="medial wall breached beyond half a voxel", target="0", ours=str(len(medial)), passes=not medial
        ),
        SurgeryRow(
            quantity="pedicles refused, intact bone",
            target="",
            ours=_share(refusals.total(), placed + refusals.total())
            + "".join(f"; {reason}: {count}" for reason, count in refusals.most_common()),
            passes=None,
        ),
    ]
    if destroyed:
        rows.append(
            SurgeryRow(
                quantity=f"pedicles with {DESTROYED:.0%} tumour refused",
                target="100%",
                ours=_share(refused, destroyed),
                passes=refused == destroyed,
            )
        )
    if mirrors:
        rows.append(
            SurgeryRow(
                quantity=f"screws of {len(mirrors)} mirrored patients, largest difference",
                target=f"{MIRROR_MM:g} mm",
                ours=f"{max(mirrors):.6f} mm",
                passes=max(mirrors) <= MIRROR_MM,
            )
        )
    named = [line for one in found for line in one.not_a] + medial
    return (*rows, *(SurgeryRow(quantity=line, target="", ours="", passes=None) for line in named))


def _mirror_difference(screws: Sequence[PlannedScrew], others: Sequence[PlannedScrew], *, middle_mm: float) -> float:
    """Largest distance between entries and tips, mirrored in the plane `middle_mm`; infinite where one is refused."""
    worst = 0.0
    flip, shift = np.array([-1.0, 1.0, 1.0]), np.array([2 * middle_mm, 0.0, 0.0])
    for one, other in zip(screws, others, strict=True):
        if one.is_planned != other.is_planned:
            return float("inf")
        if one.entry_mm is None or one.tip_mm is None or other.entry_mm is None or other.tip_mm is None:
            continue
        pairs = ((one.entry_mm, other.entry_mm), (one.tip_mm, other.tip_mm))
        worst = max(worst, *(float(np.abs(a * flip + shift - b).max()) for a, b in pairs))
    return worst


def _refused(spine: Spine, number: int) -> tuple[int, int]:
    """How many pedicles with `DESTROYED` tumour were refused, of how many: one per phantom, sides in turn."""
    levels = complete_levels(spine)
    if not levels:
        return 0, 0
    level, side = levels[number % len(levels)], list(Side)[number % 2]
    pedicle = (spine.level_codes == level.code) & (spine.part_codes == sided("pedicle", side).code)
    voxels = np.argwhere(pedicle)
    if len(voxels) == 0:
        return 0, 0
    taken = voxels[np.argsort(voxels @ [0, 1, 0], kind="stable")][: int(np.ceil(DESTROYED * len(voxels)))]
    tumour = np.zeros(spine.grid.shape, np.bool_)
    tumour[tuple(taken.T)] = True
    (screw,) = plan_screws(spine, [(level, side)], tumour=Mask(tumour, spine.grid.affine))
    return int(not screw.is_planned), 1


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"
