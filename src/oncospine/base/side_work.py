"""A second process for part of the work: threads only run while numpy computes, not between its many short calls."""

from __future__ import annotations

import copyreg
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

START = "from oncospine.base.side_work import serve; serve()"


class SideProcess:
    """Works through what it is given, one after the other, once the first of its own steps is done.

    A step is a module to import, or "module:function" to call. Functions must stand at the top level of a module;
    arguments and results are copied to and fro.
    """

    def __init__(self, steps: Sequence[str]) -> None:
        # -P: nothing is imported from the folder that the user works in
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._asking = ThreadPoolExecutor(1)
        self._ready, *_ = [self._asking.submit(self._answer, _stepped, (step,)) for step in steps]

    def submitted(self, function: Callable[..., Result], *arguments: Any) -> Future[Result] | None:
        """The result to come; None while the first step is not done, and where the process has died."""
        if not self._ready.done() or self._ready.exception() is not None:
            return None
        return self._asking.submit(self._answer, function, arguments)

    def close(self) -> None:
        """End the process; what it was not yet asked is dropped."""
        self._asking.shutdown(cancel_futures=True)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # it has died with a question unread
                    pipe.close()
        self._process.wait()

    def _answer(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            pickle.dump((function, arguments), self._process.stdin, protocol=5)
            self._process.stdin.flush()
            found, error = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as broken:
            raise SideProcessLost from broken
        if error is not None:
            raise error
        return found


class SideProcessLost(Exception):
    """The process ended before it answered."""


def serve() -> None:
    """The second process: answer what stands on standard input until it ends."""
    # the first process answers an interruption and ends this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        # what anything prints must not come between the answers
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        while True:
            try:
                function, arguments = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(_outcome(function, arguments), answers, protocol=5)
            answers.flush()


def _outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return function(*arguments), None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again where the result is asked for
        return None, error


@contextmanager
def side_process(*steps: str) -> Iterator[SideProcess | None]:
    """A process that takes these steps meanwhile; None on one core, or where no process can be started."""
    process = None
    if (os.cpu_count() or 1) > 1 and sys.executable:
        try:
            process = SideProcess(steps)
        except OSError:
            process = None
    try:
        yield process
    finally:
        if process is not None:
            process.close()


def mapped(function: Callable[[Item], Result], items: Sequence[Item], beside: SideProcess | None) -> Iterator[Result]:
    """`function(item)` of each item in order, the second half of them in the process beside where there is one."""
    here = len(items) if beside is None else (len(items) + 1) // 2
    waiting = [started(function, item, beside=beside) for item in items[here:]]
    yield from map(function, items[:here])
    for result in waiting:
        yield result()


def started(function: Callable[..., Result], *arguments: Any, beside: SideProcess | None) -> Callable[[], Result]:
    """Begin `function(*arguments)` in the process beside; calling what is returned waits for its result.

    Where there is none, or it is not ready or has died, the work is done here, by that call.
    """
    going = None if beside is None else beside.submitted(function, *arguments)

    def result() -> Result:
        if going is not None:
            try:
                return going.result()
            except SideProcessLost:
                pass
        return function(*arguments)

    return result


def _stepped(step: str) -> None:
    name, _, function = step.partition(":")
    module = import_module(name)
    if function:
        getattr(module, function)()


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


# a read-only view has no way of its own to be copied to another process
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))
