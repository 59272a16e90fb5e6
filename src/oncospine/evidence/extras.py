"""Libraries of the [evidence] extra, imported when first needed, with advice where they are missing."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from oncospine.base import MissingExtraError


@cache
def needed(module: str) -> Any:
    """The module, or `MissingExtraError` that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module.partition('.')[0]} is not installed; reviews need it: pip install 'oncospine[evidence]'"
        ) from error
