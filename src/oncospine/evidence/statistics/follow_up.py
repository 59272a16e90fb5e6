"""Follow-up times as every estimator of this room takes them: checked once, at the door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oncospine.base import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class NotReached(Enum):
    """A quantile the curve never falls to: a value of its own, neither infinity nor NaN."""

    NOT_REACHED = "not reached"

    def __str__(self) -> str:
        return self.value


NOT_REACHED = NotReached.NOT_REACHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A number with its interval; `low` or `high` is None where no limit exists, and `method` names the interval."""

    value: float
    low: float | None
    high: float | None
    method: str
    std_error: float | None = None


def checked_times(times: ArrayLike, name: str = "times") -> Floats:
    """Follow-up times as a float array; negative, missing or infinite entries are an error that names the row."""
    values = np.asarray(times, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise InputError(f"{name} needs one follow-up time per patient, got an array of shape {values.shape}")
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        raise InputError(
            f"{name}[{bad[0]}] is {values[bad[0]]}: a follow-up time is a number of 0 or more; "
            "leave patients without a follow-up time out of the analysis and report how many they are"
        )
    return values


def checked_events(events: ArrayLike, size: int, name: str = "events") -> Bools:
    """Event indicators as booleans, one per time; only 0/1 or False/True are accepted."""
    return checked_states(events, size, name=name, allowed=(0, 1)).astype(np.bool_)


def checked_states(
    states: ArrayLike, size: int, *, name: str = "states", allowed: tuple[int, ...] | None = None
) -> Ints:
    """States (0 is censored) as integers, one per time."""
    values = np.asarray(states)
    if values.shape != (size,):
        raise InputError(f"{name} has shape {values.shape}, but there are {size} follow-up times")
    numbers = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(numbers) | (numbers != np.floor(numbers)) | (numbers < 0))
    if allowed is not None and not bad.size:
        bad = np.flatnonzero(~np.isin(numbers, allowed))
    if bad.size:
        expected = "a whole number of 0 or more" if allowed is None else " or ".join(map(str, allowed))
        raise InputError(f"{name}[{bad[0]}] is {values[bad[0]]}, expected {expected}")
    return numbers.astype(np.int64)


def checked_groups(groups: ArrayLike, size: int, name: str = "groups") -> NDArray[np.str_]:
    """Group labels as text, one per time."""
    values = np.asarray(groups)
    if values.shape != (size,):
        raise InputError(f"{name} has shape {values.shape}, but there are {size} follow-up times")
    return values.astype(np.str_)
