"""`oncospine validate anatomy`: what is measured on random phantoms against what is true of them by construction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from oncospine.anatomy import PARTS, Spine, Vertebra, spine_from_labels
from oncospine.base import Progress, Side, in_processes, parse_levels, silent
from oncospine.geometry import angle_deg, resampled_to
from oncospine.phantom import Phantom, PhantomSpec, Posture, VertebraTruth, make_phantom

PIECES = ("C7-T2", "T2-T6", "T8-T11", "T12-L2", "L3-L5")
"""Stretches of the column, one after the other: each random phantom shows one."""

LEANS_DEG = (0.0, 15.0, 30.0, 45.0)
"""How far the phantoms lean forwards, one after the other."""

VOXEL_MM = 1.0
"""The voxel size for which the targets are stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A quantity of the table, the bound on its error, and the share of measurements that has to keep it."""

    quantity: str
    bound: float
    share: float
    unit: str


TARGETS = (
    Target(quantity="frame: superior", bound=3.0, share=1.0, unit="deg"),
    Target(quantity="frame: anterior", bound=3.0, share=1.0, unit="deg"),
    Target(quantity="pedicle width", bound=0.7, share=1.0, unit="mm"),
    Target(quantity="pedicle transverse angle", bound=3.0, share=1.0, unit="deg"),
    Target(quantity="pedicle sagittal angle", bound=3.0, share=1.0, unit="deg"),
    Target(quantity="pedicle height", bound=1.5, share=1.0, unit="mm"),
    Target(quantity="body height, posterior", bound=1.5, share=1.0, unit="mm"),
    Target(quantity="body height, anterior", bound=2.0, share=1.0, unit="mm"),
    Target(quantity="endplate width", bound=2.0, share=0.9, unit="mm"),
    Target(quantity="endplate depth", bound=2.0, share=0.9, unit="mm"),
    Target(quantity="wedge", bound=3.0, share=0.9, unit="deg"),
    Target(quantity="volume", bound=5.0, share=1.0, unit="%"),
)
"""What is asked of each quantity at 1 mm: pedicles and frames by the issue, the rest our own goals [D]."""

LEAST_DICE = {"body": 0.85, "pedicle": 0.7, "transverse": 0.55, "spinous": 0.7, "lamina": 0.6, "articular": 0.55}
"""Least overlap of a part at any level [D]; parts of the phantom run into each other without a border of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyRow:
    """One quantity: the errors as figures, the target, and whether it is reached."""

    quantity: str
    target: str
    count: int
    mean: float
    percentile_90: float
    worst: float
    within: float
    unit: str
    passes: bool

    def described(self) -> str:
        """The row as text."""
        return (
            f"{self.quantity:26} n {self.count:4}  mean {self.mean:6.2f}  90 % {self.percentile_90:5.2f}  "
            f"worst {self.worst:5.2f} {self.unit:4} target {self.target:24} reached by {100 * self.within:.0f} %"
        )


def validate_anatomy(
    count: int = 20, seed: int = 0, *, jobs: int | None = None, progress: Progress = silent
) -> tuple[AnatomyRow, ...]:
    """The table over `count` random phantoms of 1 mm numbered from `seed`, in `jobs` processes (default: one per core).

    Stretch and lean of the spine change with the number.
    """
    errors: dict[str, list[float]] = {}
    overlaps: dict[str, list[float]] = {}
    numbers = range(seed, seed + count)
    for number, found in zip(numbers, in_processes(phantom_differences, numbers, jobs=jobs), strict=True):
        for name, value in found.errors:
            errors.setdefault(name, []).append(value)
        for name, value in found.overlaps:
            overlaps.setdefault(name, []).append(value)
        progress(f"phantom {number}", (number - seed + 1) / count)
    rows = [_error_row(target, errors[target.quantity]) for target in TARGETS if target.quantity in errors]
    return (*rows, *(_overlap_row(name, least, overlaps[name]) for name, least in LEAST_DICE.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What one phantom adds to the table: each quantity with its error or overlap."""

    errors: tuple[tuple[str, float], ...]
    overlaps: tuple[tuple[str, float], ...]


def phantom_differences(number: int) -> Differences:
    """The random phantom of this number, measured and compared."""
    phantom = _phantom(number)
    spine = spine_from_labels([phantom.labels], modality="CT")
    return Differences(errors=tuple(_errors(phantom, spine)), overlaps=tuple(_overlaps(phantom, spine)))


def _phantom(number: int) -> Phantom:
    spec = PhantomSpec(
        levels=parse_levels(PIECES[number % len(PIECES)]),
        seed=number,
        voxel_mm=(VOXEL_MM, VOXEL_MM, VOXEL_MM),
        posture=Posture(lean_deg=LEANS_DEG[number // len(PIECES) % len(LEANS_DEG)]),
        thorax=False,
    )
    return make_phantom(spec)


def _errors(phantom: Phantom, spine: Spine) -> Iterator[tuple[str, float]]:
    for level, truth in phantom.truth.vertebrae.items():
        found = spine.vertebrae[level]
        yield "frame: superior", angle_deg(found.frame.superior, truth.superior)
        yield "frame: anterior", angle_deg(found.frame.anterior, truth.anterior)
        yield "volume", 100 * (found.volume_ml * 1000 / truth.volume_mm3 - 1)
        yield from _body_errors(found, truth)
        for side in Side:
            pedicle, known = found.pedicles.get(side), truth.pedicles[side]
            yield "pedicle width", np.inf if pedicle is None else pedicle.width_mm - known.width_mm
            if pedicle is not None:
                yield "pedicle height", pedicle.height_mm - known.height_mm
                yield "pedicle transverse angle", pedicle.transverse_deg - known.transverse_angle_deg
                yield "pedicle sagittal angle", pedicle.sagittal_deg - known.sagittal_angle_deg


def _body_errors(found: Vertebra, truth: VertebraTruth) -> Iterator[tuple[str, float]]:
    if found.heights is not None:
        yield "body height, posterior", found.heights.posterior_mm - truth.posterior_height_mm
        yield "body height, anterior", found.heights.anterior_mm - truth.anterior_height_mm
    if found.wedge_deg is not None:
        yield "wedge", found.wedge_deg - truth.wedge_deg
    for plate, width, depth in (
        (found.upper_endplate, truth.upper_width_mm, truth.upper_depth_mm),
        (found.lower_endplate, truth.lower_width_mm, truth.lower_depth_mm),
    ):
        if plate is not None:
            yield "endplate width", plate.width_mm - width
            yield "endplate depth", plate.depth_mm - depth


def _overlaps(phantom: Phantom, spine: Spine) -> Iterator[tuple[str, float]]:
    truth = np.rint(resampled_to(phantom.parts, spine.grid, order=0))
    for level in spine.levels:
        here = spine.level_codes == level.code
        for part in PARTS:
            ours, known = here & (spine.part_codes == part.code), here & (truth == part.code)
            total = int(ours.sum()) + int(known.sum())
            if known.any():
                yield str(part).split()[0], 2 * int((ours & known).sum()) / total


def _error_row(target: Target, errors: list[float]) -> AnatomyRow:
    sizes = np.abs(errors)
    within = float((sizes <= target.bound).mean())
    whole = "all" if target.share == 1 else f"{100 * target.share:.0f} %"
    return AnatomyRow(
        quantity=target.quantity,
        target=f"{whole} within {target.bound:g} {target.unit}",
        count=len(errors),
        mean=float(np.mean(errors)),
        percentile_90=float(np.percentile(sizes, 90)),
        worst=float(sizes.max()),
        within=within,
        unit=target.unit,
        passes=within >= target.share,
    )


def _overlap_row(name: str, least: float, overlaps: list[float]) -> AnatomyRow:
    within = float((np.array(overlaps) >= least).mean())
    return AnatomyRow(
        quantity=f"part: {name}",
        target=f"Dice at least {least:g}",
        count=len(overlaps),
        mean=float(np.mean(overlaps)),
        percentile_90=float(np.percentile(overlaps, 10)),
        worst=float(np.min(overlaps)),
        within=within,
        unit="Dice",
        passes=within == 1.0,
    )
