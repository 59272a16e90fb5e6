"""Columns of the small reference files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oncospine.base import InputError


class Table:
    """A CSV file by columns: `numbers(name)` and `texts(name)`."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"{path} is missing; it is one of the reference data sets that validation computes from")
        with path.open(encoding="utf-8", newline="") as stream:
            self._rows = list(csv.DictReader(stream))
        self.path = path

    def numbers(self, name: str) -> NDArray[np.float64]:
        return np.array([float(row[name]) if row[name] else np.nan for row in self._rows])

    def texts(self, name: str) -> NDArray[np.str_]:
        return np.array([row[name] for row in self._rows], dtype=np.str_)

    def matching(self, name: str, value: str) -> NDArray[np.bool_]:
        return np.asarray(self.texts(name) == value)
