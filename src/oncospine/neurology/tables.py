"""The data files of this room, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from oncospine.base import read_yaml


@cache
def table(name: str) -> Mapping[str, Any]:
    """The content of `data/<name>.yaml`."""
    return MappingProxyType(read_yaml("oncospine.neurology", "data", f"{name}.yaml"))
