"""Screw sizes and the rules of sizing and grading, read from the room's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from oncospine.base import InputError, Level, Verification, citation, parse_levels, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualSize:
    """Diameters and lengths in usual practice at one level (smallest, largest), in mm."""

    diameter_mm: tuple[float, float]
    length_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrewCatalogue:
    """The sizes a planner may choose from, ascending; `usual` limits the diameter per level where it names it."""

    diameters_mm: tuple[float, ...]
    lengths_mm: tuple[float, ...]
    usual: Mapping[Level, UsualSize]
    note: str

    def diameters_for(self, level: Level) -> tuple[float, ...]:
        """Diameters not larger than usual at this level, ascending."""
        found = self.usual.get(level)
        largest = self.diameters_mm[-1] if found is None else found.diameter_mm[1]
        return tuple(size for size in self.diameters_mm if size <= largest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrewRules:
    """Numbers of `data/screw_rules.yaml`; `sources` gives text, citations and tag of each rule by name."""

    diameter_share: float
    short_of_chord_mm: float
    tip_to_cortex_mm: float
    gertzbein_below_mm: Mapping[str, float]
    heary_levels: tuple[Level, ...]
    neo_levels: tuple[Level, ...]
    neo_below_mm: Mapping[str, float]
    convergence_deg: tuple[float, float]
    slope_deg: tuple[float, float]
    body_share: float
    destroyed_pedicle_fraction: float
    sources: Mapping[str, RuleSource]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """Where a rule comes from."""

    text: str
    citations: tuple[str, ...]
    verification: Verification


def room_data(name: str) -> Any:
    """A YAML file of this room's data folder as plain data."""
    return read_yaml("oncospine.surgery", "data", name)


def source_of(row: Mapping[str, Any]) -> RuleSource:
    """`RuleSource` of a data row; every citation must exist."""
    cited = tuple(citation(key).id for key in row.get("citations", ()))
    return RuleSource(text=str(row["text"]), citations=cited, verification=Verification(row["verification"]))


@cache
def screw_rules() -> ScrewRules:
    """The rules that come with the program."""
    data = room_data("screw_rules.yaml")
    trajectory = data["trajectory"]
    return ScrewRules(
        diameter_share=float(data["diameter_share"]["value"]),
        short_of_chord_mm=float(data["length"]["short_of_chord_mm"]),
        tip_to_cortex_mm=float(data["length"]["tip_to_cortex_mm"]),
        gertzbein_below_mm=MappingProxyType(dict(data["gertzbein"]["below_mm"])),
        heary_levels=parse_levels(data["heary"]["levels"]),
        neo_levels=parse_levels(data["neo"]["levels"]),
        neo_below_mm=MappingProxyType(dict(data["neo"]["below_mm"])),
        convergence_deg=(float(trajectory["convergence_deg"][0]), float(trajectory["convergence_deg"][1])),
        slope_deg=(float(trajectory["slope_deg"][0]), float(trajectory["slope_deg"][1])),
        body_share=float(trajectory["body_share"]),
        destroyed_pedicle_fraction=float(data["destroyed_pedicle_fraction"]["value"]),
        sources=MappingProxyType({name: source_of(row) for name, row in data.items()}),
    )


@cache
def default_catalogue() -> ScrewCatalogue:
    """The generic catalogue that comes with the program."""
    return _catalogue(room_data("screw_catalogue.yaml"), "screw_catalogue.yaml")


def read_catalogue(path: Path) -> ScrewCatalogue:
    """A hospital's own catalogue: a YAML file with `diameters_mm` and `lengths_mm`, and `usual` where wanted."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such screw catalogue; check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the screw catalogue is not readable YAML ({error})") from None
    return _catalogue(data, str(path))


def _catalogue(data: Any, name: str) -> ScrewCatalogue:
    if not isinstance(data, dict):
        raise InputError(f"{name}: a screw catalogue holds diameters_mm and lengths_mm")
    return ScrewCatalogue(
        diameters_mm=_sizes(data, "diameters_mm", name),
        lengths_mm=_sizes(data, "lengths_mm", name),
        usual=_usual_sizes(data.get("usual"), name),
        note=str(data.get("note", "")),
    )


def _usual_sizes(data: Any, name: str) -> Mapping[Level, UsualSize]:
    """Usual sizes by level, from rows of levels, diameter_mm and length_mm; nothing where they are left out."""
    usual: dict[Level, UsualSize] = {}
    try:
        for row in data["rows"] if data is not None else ():
            low, high = (float(size) for size in row["diameter_mm"])
            short, long = (float(size) for size in row["length_mm"])
            size = UsualSize(diameter_mm=(low, high), length_mm=(short, long))
            usual.update(dict.fromkeys(parse_levels(row["levels"]), size))
    except (KeyError, TypeError, ValueError) as error:
        wanted = "{levels: T4-T6, diameter_mm: [4.0, 4.5], length_mm: [30, 35]}"
        raise InputError(f"{name}: 'usual' holds rows such as {wanted} ({error})") from None
    return MappingProxyType(usual)


def _sizes(data: Mapping[str, Any], field: str, name: str) -> tuple[float, ...]:
    found = data.get(field)
    numbers = isinstance(found, list) and all(isinstance(size, int | float) and size > 0 for size in found)
    if not found or not numbers:
        raise InputError(f"{name}: {field} holds a list of sizes in mm such as [4.0, 4.5], found {found!r}")
    return tuple(sorted(float(size) for size in found))
