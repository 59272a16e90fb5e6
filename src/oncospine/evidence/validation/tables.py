"""Columns of the small reference files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oncospine.base import InputError
from oncospine.evidence.extras import needed


def columns(path: Path) -> dict[str, Any]:
    """The columns of a CSV file as arrays, of numbers where all cells are numbers."""
    if not path.is_file():
        raise InputError(f"{path} is missing; it is one of the reference data sets that validation computes from")
    return {name: column.to_numpy() for name, column in needed("pandas").read_csv(path).items()}
