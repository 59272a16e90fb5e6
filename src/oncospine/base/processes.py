"""Doing the same to many things in processes of their own: for work of seconds each, such as random phantoms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], *, jobs: int | None = None
) -> Iterator[Result]:
    """`function(item)` for each item, in order, in at most `jobs` processes (default: one per core).

    The function must stand at the top level of a module, and its results be picklable.
    """
    workers = min(jobs or os.cpu_count() or 1, len(items))
    if workers < 2:
        yield from map(function, items)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
        yield from executor.map(function, items)
