"""Results as plain data: the same result always gives the same bytes."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

DECIMALS = 6
"""Digits kept after the point: a nanometre, far below any voxel, and free of the last bits' noise."""


def to_plain(value: Any) -> Any:
    """`value` as dicts, lists, strings, numbers and None.

    Dataclasses become dicts of their fields, enums their value, arrays lists, tuples and sets lists (sets sorted);
    floats are rounded to `DECIMALS`; NaN and infinity become None. An object may define `to_plain(self)`.
    """
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return _plain_float(float(value))
    if hasattr(value, "to_plain"):
        return to_plain(value.to_plain())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist())
    if isinstance(value, set | frozenset):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return str(value)


def to_json(value: Any) -> str:
    """`to_plain(value)` as indented JSON, keys in the order of the dataclass, with a final newline."""
    return json.dumps(to_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain_float(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    rounded = round(value, DECIMALS)
    return rounded + 0.0  # turns -0.0 into 0.0
