"""Sizes outside what is plausible: shown, because they mean disease, a wrong name or a failed segmentation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oncospine.anatomy.alignment import Alignment
from oncospine.anatomy.limits import Limits, limits_at, trends
from oncospine.anatomy.profiles import SectionProfile
from oncospine.anatomy.spine import Doubt, Severity, TubeKind
from oncospine.anatomy.vertebra import Vertebra
from oncospine.base import Level, Side

Sizes = Mapping[Level, Mapping[str, float]]
"""Quantities of data/plausibility.csv by level."""

MIDDLE_SHARE = 0.25
"""Canal sizes are read over this share of a level's sections around its middle, where the pedicles wall it in."""


def plausibility_sizes(
    vertebrae: Mapping[Level, Vertebra],
    alignment: Alignment,
    canal: SectionProfile,
    tubes: Mapping[TubeKind, SectionProfile],
) -> Sizes:
    """Every quantity that has limits, at every level where it was measured."""
    sizes: dict[Level, dict[str, float]] = {level: _bone_sizes(vertebra) for level, vertebra in vertebrae.items()}
    for joint in alignment.joints:
        if joint.disc_height_mm is not None:
            sizes[joint.upper]["disc height"] = joint.disc_height_mm
        if joint.kyphosis_deg is not None:
            sizes[joint.upper]["segment kyphosis"] = joint.kyphosis_deg
    for region in alignment.regions:
        if (region.upper, region.lower) == (Level.T1, Level.T12):
            sizes[Level.T1]["whole thoracic kyphosis"] = region.kyphosis_deg
    for level in sizes:
        sizes[level] |= _section_sizes(level, canal, tubes)
    return sizes


def _bone_sizes(vertebra: Vertebra) -> dict[str, float]:
    sizes: dict[str, float] = {}
    plates = [plate for plate in (vertebra.upper_endplate, vertebra.lower_endplate) if plate is not None]
    if plates:
        sizes["endplate width"] = max(plate.width_mm for plate in plates)
        sizes["endplate depth"] = max(plate.depth_mm for plate in plates)
    if vertebra.heights is not None:
        sizes["posterior body height"] = vertebra.heights.posterior_mm
        sizes["anterior over posterior height"] = vertebra.heights.anterior_mm / vertebra.heights.posterior_mm
    for side, pedicle in vertebra.pedicles.items():
        sizes[f"pedicle width {side}"] = pedicle.width_mm
        sizes[f"pedicle height {side}"] = pedicle.height_mm
        sizes[f"transverse pedicle angle {side}"] = pedicle.transverse_deg
    if len(vertebra.pedicles) == 2:
        widths = [vertebra.pedicles[side].width_mm for side in Side]
        sizes["pedicle width asymmetry"] = 100 * abs(widths[0] - widths[1]) / float(np.mean(widths))
    return sizes


def _section_sizes(level: Level, canal: SectionProfile, tubes: Mapping[TubeKind, SectionProfile]) -> dict[str, float]:
    here = np.flatnonzero(canal.at_level(level))
    if here.size == 0:
        return {}
    half = max(int(here.size * MIDDLE_SHARE / 2), 1)
    middle = here[max(here.size // 2 - half, 0) : here.size // 2 + half + 1]
    sizes = {
        "canal depth": float(np.median(canal.ap_mm[middle])),
        "canal width": float(np.median(canal.transverse_mm[middle])),
    }
    wanted = {TubeKind.DURAL_SAC: {"dural sac area": "area_mm2"}}
    wanted[TubeKind.CORD] = {"cord area": "area_mm2", "cord depth": "ap_mm"}
    for kind, fields in wanted.items():
        for name, field in fields.items():
            values = getattr(tubes[kind], field)[middle] if kind in tubes else np.array([np.nan])
            if np.isfinite(values).any():
                sizes[name] = float(np.nanmedian(values))
    return sizes


def plausibility_doubts(sizes: Sizes) -> list[Doubt]:
    """One doubt per level and severity that lists everything outside its limits, and one per trend that is broken."""
    doubts = []
    for level, row in sizes.items():
        texts: dict[Severity, list[str]] = {severity: [] for severity in Severity}
        for name, value in row.items():
            limits = limits_at(_quantity(name), level)
            judged = None if limits is None else _judged(name, value, limits)
            if judged is not None:
                texts[judged[0]].append(judged[1])
        if texts[Severity.WARNING]:
            ending = "compressed, or" if _may_be_compression(level, row) else "not plausible,"
            text = f"{level}: {'; '.join(texts[Severity.WARNING])}: {ending} check segmentation and level"
            doubts.append(Doubt(severity=Severity.WARNING, topic="plausibility", text=text))
        if texts[Severity.NOTE]:
            text = f"{level}: {'; '.join(texts[Severity.NOTE])}"
            doubts.append(Doubt(severity=Severity.NOTE, topic="plausibility", text=text))
    return doubts + _trend_doubts(sizes)


COMPRESSED = frozenset({"dural sac area", "cord area", "cord depth"})
"""What a mass in the canal makes small."""


def _may_be_compression(level: Level, row: Mapping[str, float]) -> bool:
    """True if all that lies outside the limits of plausibility is what a mass in the canal makes too small."""
    for name, value in row.items():
        limits = limits_at(_quantity(name), level)
        if limits is None or limits.reject_low <= value <= limits.reject_high:
            continue
        if name not in COMPRESSED or value > limits.reject_high:
            return False
    return True


def _quantity(name: str) -> str:
    """The name in the table: without the side."""
    return name.removesuffix(f" {Side.LEFT}").removesuffix(f" {Side.RIGHT}")


def _judged(name: str, value: float, limits: Limits) -> tuple[Severity, str] | None:
    digits = 2 if not limits.unit else 1
    said = f"{name} {value:.{digits}f} {limits.unit}".rstrip()
    usual = f"usual {_range(limits.warn_low, limits.warn_high)}"
    if not limits.reject_low <= value <= limits.reject_high:
        return Severity.WARNING, f"{said} ({usual})"
    if not limits.warn_low <= value <= limits.warn_high:
        return Severity.NOTE, f"{said} ({usual})"
    return None


def _range(low: float, high: float) -> str:
    return f"up to {high:g}" if np.isinf(low) else f"{low:g} to {high:g}"


FEWEST_IN_TREND = 4
"""A trend over fewer levels is noise."""


def _trend_doubts(sizes: Sizes) -> list[Doubt]:
    doubts = []
    for trend in trends():
        places, values = [], []
        for level, row in sizes.items():
            found = [value for name, value in row.items() if _quantity(name) == trend.quantity]
            if found and trend.first.order <= level.order <= trend.last.order:
                places.append(level)
                values.append(float(np.mean(found)))
        if len(values) < FEWEST_IN_TREND:
            continue
        slope = float(np.polyfit(np.arange(len(values)), values, 1)[0])
        if slope * trend.direction < 0:
            word = "rise" if trend.direction > 0 else "fall"
            text = (
                f"{trend.quantity} does not {word} from {places[0]} to {places[-1]} as it usually does: "
                "check the names of the levels"
            )
            doubts.append(Doubt(severity=Severity.NOTE, topic="plausibility", text=text))
    return doubts
