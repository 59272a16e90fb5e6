"""The histology table: what each entity means for radiotherapy, bleeding, the scores and follow-up."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from oncospine.base import InputError, read_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPoints:
    """Another placement of the entity in one score that is worth showing beside the default one."""

    score: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histology:
    """One entity of the table (reference 3).

    Points are None where the score is not designed for the entity. `*_named` False marks a placement that is an
    oncospine default, because the paper does not name this primary. `kinds` are the roles the entity can have:
    metastatic, primary, haematological, benign. `vascularity` runs 0 (low) to 3 (markedly hypervascular).
    """

    id: str
    name: str
    group: str
    kinds: tuple[str, ...]
    radiosensitivity: str | None
    noms_class: str | None
    noms_listed: bool
    vascularity: tuple[int, int] | None
    embolisation: str | None
    tomita: int | None
    tomita_named: bool | None
    tokuhashi: int | None
    tokuhashi_named: bool | None
    katagiri: int | None
    katagiri_named: bool | None
    bauer_favourable: bool | None
    bauer_lung: bool | None
    systemic: tuple[str, ...]
    en_bloc: tuple[int, int]
    surveillance: str
    icd_o_3: str | None
    sensitivity: tuple[OtherPoints, ...]
    note: str

    @property
    def bauer_not_lung(self) -> int | None:
        """Point of the Bauer item "primary not lung"; None where the score is not designed for the entity."""
        return None if self.bauer_lung is None else int(not self.bauer_lung)

    @property
    def can_metastasise(self) -> bool:
        """Whether the lesion can be a metastasis or a haematological tumour, as survival scores presuppose."""
        return bool({"metastatic", "haematological"} & set(self.kinds))

    @property
    def is_sarcoma(self) -> bool:
        return self.group == "sarcoma"


@cache
def histologies() -> Mapping[str, Histology]:
    """All entities by id, in the order of the table."""
    raw = read_yaml("oncospine.scores", "data", "histology.yaml")
    return MappingProxyType({key: _entity(key, row) for key, row in raw.items()})


def histology(name: str) -> Histology:
    """The entity of this id or full name; otherwise `InputError` with the nearest names."""
    table = histologies()
    wanted = str(name).strip().lower()
    by_name = {entry.name.lower(): entry for entry in table.values()}
    found = table.get(wanted.replace(" ", "_").replace("-", "_")) or by_name.get(wanted)
    if found is not None:
        return found
    close = difflib.get_close_matches(wanted, [*table, *by_name], n=6, cutoff=0.4)
    within = [key for key, entry in table.items() if wanted and wanted in entry.name.lower()]
    ids = list(dict.fromkeys([*within, *(by_name[item].id if item in by_name else item for item in close)]))
    hint = f"nearest: {', '.join(ids[:6])}" if ids else "write 'unknown' where there is no tissue diagnosis"
    raise InputError(f"unknown histology '{name}'; {hint}")


def _entity(key: str, row: Mapping[str, Any]) -> Histology:
    values = dict(row)
    for name in ("kinds", "systemic", "en_bloc"):
        values[name] = tuple(row[name])
    values["vascularity"] = None if row["vascularity"] is None else tuple(row["vascularity"])
    values["sensitivity"] = tuple(OtherPoints(**item) for item in row["sensitivity"])
    return Histology(id=key, **values)
