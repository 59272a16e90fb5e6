"""Dated observations: order, change since the last, best and worst, recovery rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from oncospine.base import InputError
from oncospine.neurology.scales import ScaleValue, recovery_rate
from oncospine.neurology.tables import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One value at one date."""

    date: date
    value: ScaleValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """From one observation to the next: `steps` along the scale, positive where better; None where not settled."""

    since: date
    until: date
    days: int
    steps: float | None
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Observations of one scale, oldest first. `flags` tells of entries out of order."""

    scale: str
    observations: tuple[Observation, ...]
    flags: tuple[str, ...]

    @property
    def latest(self) -> Observation:
        return self.observations[-1]

    @property
    def trends(self) -> tuple[Trend, ...]:
        """Change from each observation to the next."""
        pairs = pairwise(self.observations)
        return tuple(_trend(one, two) for one, two in pairs)

    @property
    def change_since_last(self) -> Trend | None:
        return self.trends[-1] if len(self.observations) > 1 else None

    @property
    def change_since_first(self) -> Trend | None:
        return _trend(self.observations[0], self.latest) if len(self.observations) > 1 else None

    @property
    def recovery_percent(self) -> float | None:
        """Recovery rate from the first to the latest value, for the sums that define one."""
        first, last = self.observations[0].value.value, self.latest.value.value
        if self.scale not in table("conversions")["recovery_rate"]["maximum"]:
            return None
        if not isinstance(first, int) or not isinstance(last, int) or len(self.observations) < 2:
            return None
        return recovery_rate(first, last, scale=self.scale)

    def to_plain(self) -> dict[str, object]:
        """The observations with what follows from them."""
        return {
            "scale": self.scale,
            "observations": self.observations,
            "change_since_last": self.change_since_last,
            "change_since_first": self.change_since_first,
            "recovery_percent": self.recovery_percent,
            "flags": self.flags,
        }


def series(observations: Iterable[Observation]) -> tuple[Series, ...]:
    """One series per scale. Two different values of one scale on one date are refused, with both values."""
    by_scale: dict[str, list[Observation]] = {}
    for item in observations:
        by_scale.setdefault(item.value.scale, []).append(item)
    return tuple(_series(scale, items) for scale, items in by_scale.items())


def _series(scale: str, items: list[Observation]) -> Series:
    flags = [
        f"{scale}: {two.date} ({two.value.value}) was entered after {one.date} ({one.value.value}); sorted by date"
        for one, two in pairwise(items)
        if two.date < one.date
    ]
    ordered = sorted(items, key=lambda item: item.date)
    kept: list[Observation] = []
    for item in ordered:
        if kept and kept[-1].date == item.date:
            if kept[-1].value.value != item.value.value:
                raise InputError(
                    f"{scale}: two values on {item.date}: {kept[-1].value.value} and {item.value.value}; keep one"
                )
            continue
        kept.append(item)
    return Series(scale=scale, observations=tuple(kept), flags=tuple(flags))


def _trend(one: Observation, two: Observation) -> Trend:
    first, last = one.value.order, two.value.order
    steps = None if first is None or last is None else (last - first) * two.value.better
    word = "not comparable" if steps is None else "better" if steps > 0 else "worse" if steps < 0 else "unchanged"
    return Trend(since=one.date, until=two.date, days=(two.date - one.date).days, steps=steps, word=word)
