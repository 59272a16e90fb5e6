"""Work on all cores keeps order and errors; package data is plain data whatever loader reads it."""

import threading

import pytest
import yaml

from oncospine.base import in_threads, parsed_yaml, read_yaml


def test_results_stand_in_the_order_of_the_items_whoever_finishes_first():
    second_done = threading.Event()

    def slow_first(item: int) -> int:
        if item == 0:
            second_done.wait(timeout=5)
        else:
            second_done.set()
        return item * item

    assert in_threads(slow_first, range(7)) == [0, 1, 4, 9, 16, 25, 36]


def test_an_error_in_a_thread_reaches_the_caller():
    def refuse_three(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        in_threads(refuse_three, range(6))


def test_nothing_to_do_is_an_empty_list():
    assert in_threads(str, []) == []


def test_a_data_file_reads_the_same_with_the_plain_loader():
    from importlib.resources import files

    text = files("oncospine.scores").joinpath("data", "sins.yaml").read_text("utf-8")
    assert read_yaml("oncospine.scores", "data", "sins.yaml") == parsed_yaml(text) == yaml.safe_load(text)


def test_yaml_that_builds_objects_is_refused():
    with pytest.raises(yaml.YAMLError):
        parsed_yaml("!!python/object/apply:os.getcwd []")
