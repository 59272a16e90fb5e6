"""The data files of this room, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml


@cache
def table(name: str) -> Mapping[str, Any]:
    """The content of `data/<name>.yaml`."""
    text = (files("oncospine.neurology") / "data" / f"{name}.yaml").read_text("utf-8")
    return MappingProxyType(yaml.safe_load(text))
