"""Doing the same to many things on all cores: numpy and scipy let other threads run while they compute."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`[function(item) for item in items]` on as many threads as there are cores; order and errors are kept."""
    todo = list(items)
    workers = min(len(todo), os.cpu_count() or 1)
    if workers < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(workers) as executor:
        return list(executor.map(function, todo))
