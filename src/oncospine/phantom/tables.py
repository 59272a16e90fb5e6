"""The phantom's tables: one adult's morphometry, how people differ, and what tissues look like."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from oncospine.base import Level, read_yaml

_DATA = files("oncospine.phantom") / "data"
_TEXT_COLUMNS = frozenset({"level", "tag", "citation"})


@cache
def morphometry() -> Mapping[Level, Mapping[str, float]]:
    """Numbers per level, columns as in morphometry.md section 12; the cord columns are 0 below the conus."""
    rows = csv.DictReader((_DATA / "levels.csv").read_text("utf-8").splitlines())
    table: dict[Level, Mapping[str, float]] = {}
    for row in rows:
        numbers = {key: float(text or 0.0) for key, text in row.items() if key not in _TEXT_COLUMNS}
        table[Level(row["level"])] = MappingProxyType(numbers)
    return MappingProxyType(table)


@cache
def variation() -> Mapping[str, Any]:
    """How people and sides differ (`data/variation.yaml`)."""
    return MappingProxyType(read_yaml("oncospine.phantom", "data", "variation.yaml"))


@cache
def materials(column: str) -> Mapping[str, float]:
    """Grey value of every tissue for `column` "ct" or "mr_t2"."""
    table = read_yaml("oncospine.phantom", "data", "materials.yaml")
    return MappingProxyType({name: float(row[column]) for name, row in table.items() if isinstance(row, dict)})
