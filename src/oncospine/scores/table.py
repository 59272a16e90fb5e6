"""Additive scores as data: the published table of components and bands, loaded and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from oncospine.base import InputError, Verification, read_yaml
from oncospine.scores.histology import histologies
from oncospine.scores.inputs import input_specs
from oncospine.scores.score import Band, Choice, Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentTable:
    """How one component turns its input into points: by choice, by bins, or from the histology table.

    From the table by a column of it, by the group of the primary, or by a list of entities of its own.
    """

    name: str
    input: str
    choices: tuple[Choice, ...]
    bins: tuple[tuple[float, float, int], ...]
    column: str | None
    groups: Mapping[str, int] | None
    ids: Mapping[str, int] | None
    otherwise: int | None
    sensitivity: Mapping[str, Any] | None

    @property
    def all_points(self) -> tuple[int, ...]:
        if self.choices:
            return tuple(sorted({row.points for row in self.choices}))
        if self.bins:
            return tuple(sorted({points for _, _, points in self.bins}))
        named = self.groups or self.ids
        if named is not None:
            rest = () if self.otherwise is None else (self.otherwise,)
            return tuple(sorted({*named.values(), *rest}))
        known = (getattr(entry, str(self.column)) for entry in histologies().values())
        return tuple(sorted({int(points) for points in known if points is not None}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """A published additive score as data; `raw` is the whole file, for what a score has of its own."""

    id: str
    name: str
    unit: str
    limits: tuple[int, int]
    direction: Direction
    verification: Verification
    citations: tuple[str, ...]
    version: str
    era: str | None
    components: tuple[ComponentTable, ...]
    bands: tuple[Band, ...]
    notes: tuple[str, ...]
    inputs: tuple[str, ...]
    for_metastasis: bool
    raw: Mapping[str, Any]

    @property
    def needs_flag(self) -> bool:
        return self.verification is Verification.UNVERIFIED


@cache
def score_table(name: str) -> ScoreTable:
    """The table `name` of `scores/data`, checked once."""
    raw = read_yaml("oncospine.scores", "data", f"{name}.yaml")
    components = tuple(_component_table(row) for row in raw["components"])
    unknown = [row.input for row in components if row.input not in input_specs()]
    inputs = tuple(raw.get("inputs", ())) or tuple(dict.fromkeys(row.input for row in components))
    unknown += [item for item in inputs if item not in input_specs()]
    if unknown:
        raise InputError(f"{name}.yaml names inputs that inputs.yaml does not have: {', '.join(unknown)}")
    return ScoreTable(
        id=raw["id"],
        name=raw["name"],
        unit=raw["unit"],
        limits=(raw["limits"][0], raw["limits"][1]),
        direction=Direction(raw["direction"]),
        verification=Verification(raw["verification"]),
        citations=tuple(raw["citations"]),
        version=str(raw["version"]),
        era=raw.get("era"),
        components=components,
        bands=tuple(_band(row) for row in raw["bands"]),
        notes=tuple(raw.get("notes", ())),
        inputs=inputs,
        for_metastasis=bool(raw.get("for_metastasis", False)),
        raw=raw,
    )


def _component_table(row: Mapping[str, Any]) -> ComponentTable:
    choices = tuple(
        Choice(value={True: "yes", False: "no"}.get(key, str(key)) if isinstance(key, bool) else str(key), points=item)
        for key, item in (row.get("choices") or {}).items()
    )
    return ComponentTable(
        name=row["name"],
        input=row["input"],
        choices=choices,
        bins=tuple((float(low), float(high), int(points)) for low, high, points in row.get("bins", ())),
        column=row.get("histology"),
        groups=row.get("groups"),
        ids=row.get("ids"),
        otherwise=row.get("otherwise"),
        sensitivity=row.get("sensitivity"),
    )


def _band(row: Mapping[str, Any]) -> Band:
    return Band(
        name=str(row["name"]),
        low=row["low"],
        high=row["high"],
        text=row.get("text", ""),
        survival_class=row.get("survival_class"),
        verification=Verification(row.get("verification", "V2")),
    )
