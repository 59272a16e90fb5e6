"""Surgical approaches as data: where they lead, from which side, what they take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from oncospine.base import InputError, Level, Side, Verification, citation, parse_levels
from oncospine.surgery.operation import PatientPosition
from oncospine.surgery.sizes import room_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """One approach.

    `corridor_deg` is the range of directions an instrument may come from, around the superior axis from posterior (0)
    over the approach's side (90) to anterior (180); `tilt_deg` how far they lean cranially or caudally. `removes` names
    parts of bone taken for access, `sacrifices` says in words what the way costs. The program proposes only what is
    `offered`. `verification` is that of the level range; the corridor is a default of oncospine.
    """

    id: str
    name: str
    levels: tuple[Level, ...]
    position: PatientPosition
    corridor_deg: tuple[float, float]
    tilt_deg: float
    sided: bool
    default_side: Side | None
    removes: frozenset[str]
    tier: int
    reaches: str
    sacrifices: str
    offered: bool
    anterior_support: bool
    citations: tuple[str, ...]
    verification: Verification

    @property
    def is_posterior(self) -> bool:
        return self.position is PatientPosition.PRONE

    @property
    def opens_bone(self) -> bool:
        """True where the way to the spine leads through sternum, clavicle, rib or scapula."""
        return bool(self.removes & {"sternum", "clavicle", "rib", "scapula"})

    def beyond(self, levels: tuple[Level, ...]) -> tuple[Level, ...]:
        """Those of `levels` that lie outside its range."""
        return tuple(level for level in levels if level not in self.levels)


@cache
def approaches() -> Mapping[str, Approach]:
    """All approaches by id."""
    found = {}
    for key, row in room_data("approaches.yaml").items():
        first, last = row["corridor"]["posterior_deg"]
        side = row.get("default_side")
        found[key] = Approach(
            id=key,
            name=row["name"],
            levels=parse_levels(row["levels"]),
            position=PatientPosition(row["position"]),
            corridor_deg=(float(first), float(last)),
            tilt_deg=float(row["corridor"]["tilt_deg"]),
            sided=bool(row["sided"]),
            default_side=None if side is None else Side(side),
            removes=frozenset(row["removes"]),
            tier=int(row["tier"]),
            reaches=row["reaches"],
            sacrifices=row["sacrifices"],
            offered=bool(row.get("offered", True)),
            anterior_support=bool(row["anterior_support"]),
            citations=tuple(citation(cited).id for cited in row["citations"]),
            verification=Verification(row["verification"]),
        )
    return MappingProxyType(found)


def approach(key: str) -> Approach:
    """One approach by id or by its name; otherwise `InputError` with the nearest."""
    import difflib

    table = approaches()
    by_name = {row.name.lower(): row for row in table.values()} | {row.id.lower(): row for row in table.values()}
    found = by_name.get(key.strip().lower())
    if found is None:
        near = difflib.get_close_matches(key.strip().lower(), list(by_name), n=1)
        hint = f"did you mean '{by_name[near[0]].id}'?" if near else f"known are {', '.join(table)}"
        raise InputError(f"unknown approach '{key}'; {hint}")
    return found
