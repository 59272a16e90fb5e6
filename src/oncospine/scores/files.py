"""Reading data files fast: the C loader of YAML is ten times faster than the plain one."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml


def read_yaml(package: str, *path: str) -> Any:
    """The content of a YAML file inside a package, for example `read_yaml("oncospine.scores", "data", "sins.yaml")`."""
    source = files(package).joinpath(*path)
    return yaml.load(source.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
