"""Work given to a second process comes back as if it had been done here, also where that process is slow or dies."""

import gc
import math
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from oncospine.base import InputError, mapped, side_process, started


def own_process(_: object = None) -> int:
    return os.getpid()


def dead_unless_in(first: int) -> str:
    if os.getpid() != first:
        os._exit(1)
    return "done here"


def refused(name: str) -> None:
    raise InputError(f"{name}: no such file")


def printed(word: str) -> str:
    sys.stdout.write(word)
    sys.stdout.flush()
    return word


def same(item):
    return item


@contextmanager
def ready_process(*steps: str):
    """A second process that can import this file, its first step done."""
    with pytest.MonkeyPatch.context() as patch:
        known = os.environ.get("PYTHONPATH")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *([known] if known else [])]))
        with side_process(*steps) as process:
            assert process is not None, "these tests need two cores"
            deadline = time.monotonic() + 60
            while process.submitted(own_process) is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield process


@pytest.fixture(scope="module")
def beside():
    with ready_process("math") as process:
        yield process


def test_the_second_half_is_done_elsewhere_and_the_order_kept(beside):
    found = list(mapped(own_process, range(5), beside))
    assert found[:3] == [os.getpid()] * 3
    assert os.getpid() not in found[3:]
    assert list(mapped(math.sqrt, [1, 4, 9, 16, 25], beside)) == [1, 2, 3, 4, 5]


def test_without_a_second_process_all_is_done_here():
    assert list(mapped(own_process, range(3), None)) == [os.getpid()] * 3
    assert started(own_process, beside=None)() == os.getpid()


def test_an_error_there_is_raised_where_the_result_is_asked_for_and_the_process_goes_on(beside):
    result = started(refused, "scan.nii.gz", beside=beside)
    with pytest.raises(InputError, match=r"scan\.nii\.gz: no such file"):
        result()
    assert started(own_process, beside=beside)() != os.getpid()


def test_what_is_printed_there_does_not_come_between_the_answers(beside):
    assert started(printed, "a word", beside=beside)() == "a word"


def test_large_arrays_and_read_only_views_come_back_unchanged(beside):
    array = np.arange(3_000_000, dtype=np.float32).reshape(100, 100, 300)
    given = MappingProxyType({"array": array})
    back = started(same, given, beside=beside)()
    assert isinstance(back, MappingProxyType)
    assert back["array"].dtype == np.float32
    assert np.array_equal(back["array"], array)


def test_work_is_done_here_while_the_first_step_is_not_done():
    with side_process("tests_that_do_not_exist") as process:
        assert started(own_process, beside=process)() == os.getpid()


def test_a_process_that_dies_costs_nothing_but_time():
    with ready_process("math") as process:
        dying = started(dead_unless_in, os.getpid(), beside=process)
        later = started(own_process, beside=process)
        assert dying() == "done here"
        assert later() == os.getpid()


def test_a_step_may_call_a_function():
    with ready_process("math", "gc:disable") as process:
        assert started(gc.isenabled, beside=process)() is False
        assert gc.isenabled()


def test_files_in_the_working_folder_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    with ready_process("math") as process:
        assert started(own_process, beside=process)() != os.getpid()
