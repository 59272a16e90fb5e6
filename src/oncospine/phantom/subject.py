"""One person drawn from the table: the sizes of every vertebra C3-L5, left and right told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from oncospine.base import Level, Region, Side
from oncospine.phantom.spec import MODELLED_LEVELS, Collapse, PhantomSpec
from oncospine.phantom.tables import morphometry, variation

BODY_SIZES = ("EPWu", "EPWl", "EPDu", "EPDl", "VBHa", "VBHp", "TPspan", "SPL", "lamH", "lamT", "chord")
CANAL_SIZES = ("SCW", "SCD")
TALLEST_PEDICLE = 0.79
"""Pedicle height in posterior body heights, at most: leaves the foramen open."""

SAC_ROOM_MM = 0.9
"""Epidural space left on each side between the dural sac and the bony canal, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideShape:
    """What differs between the left and the right half of a vertebra."""

    pedicle_width: float
    pedicle_height: float
    transverse_angle_deg: float
    sagittal_angle_deg: float
    transverse_reach: float
    body_half_width_factor: float
    facet_shift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraShape:
    """Sizes of one vertebra in mm and degrees; names as in morphometry.md section 0.2."""

    level: Level
    sizes: Mapping[str, float]
    sides: Mapping[Side, SideShape]
    spinous_deviation_deg: float
    axial_rotation_deg: float

    @property
    def mean_height(self) -> float:
        return (self.sizes["VBHa"] + self.sizes["VBHp"]) / 2

    @property
    def mean_depth(self) -> float:
        return (self.sizes["EPDu"] + self.sizes["EPDl"]) / 2

    @property
    def half_wedge(self) -> float:
        """Half the angle between the endplates, radians; positive is kyphotic."""
        return math.atan((self.sizes["VBHp"] - self.sizes["VBHa"]) / self.mean_depth) / 2

    @property
    def rim_gap(self) -> float:
        """Height of the disc below at the rim; the middle is higher because the endplates are hollow."""
        return self.sizes["dh"] / (1.15 if self.level.region is Region.THORACIC else 1.2)

    @property
    def hollow(self) -> float:
        """Depth of the hollow of each endplate that makes the middle of the disc `dh` high."""
        return (self.sizes["dh"] - self.rim_gap) / 2


def drawn_subject(spec: PhantomSpec) -> dict[Level, VertebraShape]:
    """Shapes of all modelled vertebrae for this spec; deterministic in `spec.seed`."""
    rng = np.random.default_rng([spec.seed, 101])
    draws = _size_draws(rng, spec)
    collapses = {} if spec.tumour is None else {item.level: item for item in spec.tumour.collapses}
    shapes = {}
    for index, level in enumerate(MODELLED_LEVELS):
        sizes = _sized(level, {key: values[index] for key, values in draws.items()}, spec)
        shape = _with_sides(level, sizes, rng, spec)
        shapes[level] = _collapsed(shape, collapses.get(level))
    return shapes


def _size_draws(rng: np.random.Generator, spec: PhantomSpec) -> dict[str, np.ndarray]:
    """Standard scores per quantity and level: one part common to the person, one part of the level."""
    table = variation()
    common = math.sqrt(table["neighbour_correlation"])
    own = math.sqrt(1 - table["neighbour_correlation"])
    names = [*table["sd_percent"], "TPA", "SPA"]
    limit = float(table["clip_sd"])
    found = {}
    for name in names:
        person, levels = rng.standard_normal(), rng.standard_normal(len(MODELLED_LEVELS))
        found[name] = np.clip(common * person + own * levels, -limit, limit) * spec.variation
    return found


def _sized(level: Level, draw: Mapping[str, float], spec: PhantomSpec) -> dict[str, float]:
    table = variation()
    spread = {name: math.exp(percent / 100 * draw[name]) for name, percent in table["sd_percent"].items()}
    sex = table["sex_factor"].get(spec.sex, {"bone": 1.0, "canal": 1.0, "cord": 1.0})
    tall = (spec.stature_cm / 170) ** float(table["stature_exponent"])
    sizes = dict(morphometry()[level])
    for name in BODY_SIZES:
        sizes[name] *= spread["body"] * sex["bone"] * (tall if name in ("VBHa", "VBHp") else 1.0)
    for name in CANAL_SIZES:
        sizes[name] *= spread["canal"] * sex["canal"]
    sizes["PDW"] *= spread["pedicle_width"] * sex["bone"]
    sizes["PDH"] = min(sizes["PDH"] * spread["pedicle_height"] * sex["bone"], TALLEST_PEDICLE * sizes["VBHp"])
    sizes["dh"] *= spread["disc"] * tall
    sizes["TPA"] += table["sd_deg"]["TPA"] * draw["TPA"]
    sizes["SPA"] += table["sd_deg"]["SPA"] * draw["SPA"]
    cord = math.sqrt(spread["cord_area"]) * sex["cord"]
    sizes["cAP"] *= cord
    sizes["cRL"] *= cord
    sizes["sAP"] = min(sizes["sAP"] * spread["canal"] * sex["canal"], sizes["SCD"] - 2 * SAC_ROOM_MM)
    sizes["sRL"] = min(sizes["sRL"] * spread["canal"] * sex["canal"], sizes["SCW"] - 2 * SAC_ROOM_MM)
    return sizes


def _with_sides(level: Level, sizes: dict[str, float], rng: np.random.Generator, spec: PhantomSpec) -> VertebraShape:
    table = variation()["asymmetry"]
    half = {name: float(value) * spec.asymmetry for name, value in table.items()}
    sides = {}
    for side in (Side.LEFT, Side.RIGHT):
        draw = rng.uniform(-1, 1, 7)
        sides[side] = SideShape(
            pedicle_width=sizes["PDW"] * (1 + half["pedicle_width"] * draw[0]),
            pedicle_height=sizes["PDH"] * (1 + half["pedicle_height"] * draw[1]),
            transverse_angle_deg=sizes["TPA"] + half["TPA_deg"] * draw[2],
            sagittal_angle_deg=sizes["SPA"] + half["SPA_deg"] * draw[3],
            transverse_reach=sizes["TPspan"] / 2 * (1 + half["transverse_length"] * draw[4]),
            body_half_width_factor=1 + half["body_half_width"] * draw[5],
            facet_shift=half["facet_mm"] * draw[6],
        )
    deviation, rotation = rng.uniform(-1, 1, 2)
    return VertebraShape(
        level=level,
        sizes=sizes,
        sides=sides,
        spinous_deviation_deg=half["spinous_deviation_deg"] * deviation,
        axial_rotation_deg=half["axial_rotation_deg"] * rotation,
    )


def _collapsed(shape: VertebraShape, collapse: Collapse | None) -> VertebraShape:
    if collapse is None:
        return shape
    sizes = dict(shape.sizes)
    sizes["VBHa"] *= 1 - collapse.anterior_loss
    sizes["VBHp"] *= 1 - collapse.posterior_loss
    return replace(shape, sizes=sizes)
