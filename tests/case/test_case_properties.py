"""Whatever stands in the file: a case or an `InputError`; and a case written reads back equal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from case_strategies import CASES, TEXTS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_case_reading import example_text

from oncospine.case import Case, CaseError, case_yaml, parse_case
from oncospine.case.yaml_text import read_yaml

TODAY = date(2026, 6, 1)
EXAMPLE = example_text()


def reads_or_refuses(text: str) -> Case | None:
    """Only an InputError may come out, and its places must lie in the text."""
    try:
        return parse_case(text, today=TODAY)
    except CaseError as error:
        places = [(found.line, found.column) for found in error.problems]
    breaks = sum(text.count(mark) for mark in "\n\r\x85\u2028\u2029")
    assert places
    assert all(1 <= line <= breaks + 1 and column >= 1 for line, column in places)
    return None


@given(st.text())
@example("\ud800")
@example('a: "\\ud800"')
@example("%YAML 1" + "9" * 5000 + "\n---\na: b")
@example("pseudonym: " + "9" * 5000)
@example("birth_year: !!int x")
@example("&a [*a, *a]")
@example("? ? ? a")
@example("a: !!binary x")
@example("a: !<> b")
@example("{{[\n")
def test_any_text_is_read_or_refused(text: str):
    reads_or_refuses(text)


STRUCTURE = [
    "pseudonym",
    "exams",
    "studies",
    "date",
    "what",
    ": ",
    ":",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "[",
    "]",
    "{",
    "}",
    ", ",
]
MARKS = [
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "---",
    "...",
    "%YAML 1.1\n",
    "\t",
    "<<",
    "=",
    "\\",
    "\ufeff",
    "\x00",
]
VALUES = ["no", "true", "null", "~", "2013-02-08", "1961", "0123", "1e999", ".inf", "0x1F", "1:30", "T3-T4", "3.8 g/dL"]
PIECES = st.sampled_from([*STRUCTURE, *MARKS, *VALUES])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_yaml_like_text_is_read_or_refused(text: str):
    reads_or_refuses(text)


@given(at=st.integers(0, len(EXAMPLE)), drop=st.integers(0, 12), put=st.text(max_size=4))
def test_any_typing_error_in_the_example_is_read_or_refused(at: int, drop: int, put: str):
    reads_or_refuses(EXAMPLE[:at] + put + EXAMPLE[at + drop :])


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates().map(str)
    | st.sampled_from(["T3", "no"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [found for key, item in items for found in paths_of(item, (*path, key))]


PATHS = paths_of(read_yaml(EXAMPLE, file="x").data)


@given(path=st.sampled_from(PATHS), junk=PLAIN)
def test_any_value_in_any_field_is_read_or_refused(path: tuple[Any, ...], junk: Any):
    tree = read_yaml(EXAMPLE, file="x").data
    if path:
        holder = tree
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = junk
    else:
        tree = junk
    reads_or_refuses(yaml.safe_dump(tree, allow_unicode=True))


@given(
    faults=st.lists(
        st.sampled_from(["frankel: BAD", "BADD: 1", "sphincter: BAD", "ecog: BAD", "date: BAD"]), max_size=6
    ),
    spaces=st.lists(st.sampled_from(["", "# a comment", "   "]), min_size=7, max_size=7),
)
def test_every_problem_stands_where_it_is_in_the_text(faults: list[str], spaces: list[str]):
    lines = ["pseudonym: P-1", "exams:"]
    for index, fault in enumerate(faults):
        head = [] if fault.startswith("date") else ["    date: 2013-02-08"]
        lines += [spaces[index], "  - by: someone", *head, spaces[-1], f"    {fault}"]
    text = "\n".join(lines)
    places = [(number, line.index("BAD") + 1) for number, line in enumerate(lines, start=1) if "BAD" in line]
    if not faults:
        assert parse_case(text, today=TODAY) == Case(pseudonym="P-1")
        return
    with pytest.raises(CaseError) as caught:
        parse_case(text, today=TODAY)
    assert [(found.line, found.column) for found in caught.value.problems] == places


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(CASES)
def test_a_case_written_reads_back_equal_and_is_written_the_same_again(case: Case):
    text = case_yaml(case)
    again = parse_case(text, today=TODAY)
    assert again == case
    assert case_yaml(again) == text


@given(TEXTS)
@example("no")
@example("~")
@example("null")
@example("2013-02-08")
@example("0123")
@example("1e5")
@example("1.5")
@example("true")
@example("a: b #c")
@example("\u2028\x85 x")
@example("0\x85")
@example("two lines\n  and a third\n")
@example("<<")
@example("=")
def test_any_text_stays_what_it_is(text: str):
    assert parse_case(case_yaml(Case(pseudonym="P-1", notes=text)), today=TODAY).notes == text
