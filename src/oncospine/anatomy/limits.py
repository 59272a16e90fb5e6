"""Plausible sizes by level, from data/plausibility.csv, and how sizes run along the column, from data/trends.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from oncospine.base import Level, parse_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one quantity from `first` to `last`; infinite where there is none."""

    quantity: str
    first: Level
    last: Level
    warn_low: float
    warn_high: float
    reject_low: float
    reject_high: float
    unit: str

    def holds_at(self, level: Level) -> bool:
        return self.first.order <= level.order <= self.last.order


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A quantity that rises (+1) or falls (-1) caudally between two levels."""

    quantity: str
    first: Level
    last: Level
    direction: int


@cache
def plausibility_limits() -> tuple[Limits, ...]:
    """All rows of data/plausibility.csv (morphometry.md section 13 [D])."""
    return tuple(
        Limits(
            quantity=row["quantity"],
            first=parse_level(row["first"]),
            last=parse_level(row["last"]),
            warn_low=float(row["warn_low"] or "-inf"),
            warn_high=float(row["warn_high"] or "inf"),
            reject_low=float(row["reject_low"] or "-inf"),
            reject_high=float(row["reject_high"] or "inf"),
            unit=row["unit"],
        )
        for row in _rows("plausibility.csv")
    )


@cache
def trends() -> tuple[Trend, ...]:
    """All rows of data/trends.csv."""
    return tuple(
        Trend(
            quantity=row["quantity"],
            first=parse_level(row["first"]),
            last=parse_level(row["last"]),
            direction=int(row["direction"]),
        )
        for row in _rows("trends.csv")
    )


def limits_of(quantity: str) -> tuple[Limits, ...]:
    """The rows of one quantity."""
    return tuple(row for row in plausibility_limits() if row.quantity == quantity)


def limits_at(quantity: str, level: Level) -> Limits | None:
    """The limits of a quantity at a level; None where the table has none."""
    return next((row for row in limits_of(quantity) if row.holds_at(level)), None)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("oncospine.anatomy").joinpath("data", name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
