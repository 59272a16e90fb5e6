"""YAML as a case uses it: plain data, the place of every field, and every problem of the text at once.

The words are those of YAML 1.2, so that nothing turns into something else behind the writer's back: `no` and `on` stay
text, so does a date, a number with a leading zero and 12:30. Anchors, aliases and tags are refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from oncospine.case.problems import FieldPath, Problem, described, field_name

MAX_BYTES = 1_000_000
"""Largest case file: a record is text, not images."""

_MAX_DEPTH = 30
"""Deepest nesting; a case needs seven."""

_PREFIX = "tag:yaml.org,2002:"
_CORE = {f"{_PREFIX}{name}" for name in ("null", "bool", "int", "float", "str", "map", "seq")}
_RULES: tuple[tuple[str, str, list[str]], ...] = (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]*(?:[eE][-+]?[0-9]{1,3})?$", list("-+0123456789")),
)
_PATTERN = {f"{_PREFIX}{name}": re.compile(rule) for name, rule, _ in _RULES}


@dataclass(kw_only=True)
class YamlText:
    """A YAML text as plain data; `places` gives line and column (from 1) of every value, `keys` of every key."""

    file: str
    data: Any = None
    places: dict[FieldPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[FieldPath, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: FieldPath) -> tuple[int, int]:
        """Line and column of the value at `path`, or of the nearest thing around it that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def value(self, path: FieldPath) -> Any:
        """The value at `path`, or the nearest thing around it that is in the file."""
        value = self.data
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                break
        return value

    def problem(self, path: FieldPath, expected: str, *, found: str | None = None) -> Problem:
        """The problem of the field at `path`."""
        line, column = self.place(path)
        told = described(self.value(path)) if found is None else found
        return Problem(file=self.file, line=line, column=column, field=field_name(path), found=told, expected=expected)

    def problem_of_key(self, path: FieldPath, expected: str) -> Problem:
        """The problem of the key that ends `path`."""
        line, column = self.keys.get(path) or self.place(path)
        found = f"the field '{path[-1]}'" if path else ""
        return Problem(file=self.file, line=line, column=column, field=field_name(path), found=found, expected=expected)


def read_yaml(text: str, *, file: str) -> YamlText:
    """`text` as data with places; what is wrong with it stands in `problems`."""
    result = YamlText(file=file)
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        result.problems += _syntax_problems(error, text, file)
        return result
    except (yaml.reader.ReaderError, ValueError, OverflowError) as error:
        result.problems.append(_character_problem(error, text, file))
        return result
    finally:
        if loader is not None:
            loader.dispose()
    for mark, found, expected in loader.refused:
        result.problems.append(_at(mark, file, found, expected))
    result.data = _built(root, (), result) if root is not None else None
    return result


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses aliases, anchors and depth. Resolves the words of `_RULES` only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the name and form are PyYAML's)

    def __init__(self, text: str) -> None:
        self.refused: list[tuple[Any, str, str]] = []
        self._depth = 0
        super().__init__(text)

    def compose_node(self, parent: Any, index: Any) -> Any:
        events: Any = self
        event: Any = events.peek_event()
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            events.get_event()
            self.refused.append((mark, f"the alias '*{event.anchor}'", "the content written out"))
            return yaml.ScalarNode(f"{_PREFIX}null", "", mark, mark)
        if getattr(event, "anchor", None) is not None:
            self.refused.append((mark, f"the anchor '&{event.anchor}'", "the content without an anchor"))
            event.anchor = None
        if self._depth >= _MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, f"nested deeper than {_MAX_DEPTH}", mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class CaseDumper(yaml.SafeDumper):
    """Writes text plain or quoted by the same words that the loader reads."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the name and form are PyYAML's)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represented_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text with breaks or characters that plain and single-quoted YAML would fold stands in double quotes."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar(f"{_PREFIX}str", text, style=style)


CaseDumper.add_representer(str, _represented_text)
for _name, _rule, _first in _RULES:
    _Loader.add_implicit_resolver(f"{_PREFIX}{_name}", re.compile(_rule), _first)
    CaseDumper.add_implicit_resolver(f"{_PREFIX}{_name}", re.compile(_rule), _first)


def _built(node: Any, path: FieldPath, result: YamlText) -> Any:
    """Plain data of a node; places and problems go to `result`."""
    mark = node.start_mark
    result.places[path] = (mark.line + 1, mark.column + 1)
    if node.tag not in _CORE:
        problem = result.problem(path, "a value without a tag", found=f"the tag '{node.tag}'")
        result.problems.append(problem)
        return None
    if isinstance(node, yaml.MappingNode):
        return _built_mapping(node, path, result)
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, (*path, index), result) for index, item in enumerate(node.value)]
    return _scalar(node, path, result)


def _built_mapping(node: Any, path: FieldPath, result: YamlText) -> dict[str, Any]:
    """A mapping without the keys that have nothing after them: they are as good as left out."""
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        if not isinstance(key_node, yaml.ScalarNode):
            result.problems.append(_at(mark, result.file, "a list or mapping as a key", "a word before the colon"))
            continue
        key = str(key_node.value)
        own = (*path, key)
        if own in result.keys:
            first = result.keys[own][0]
            expected = f"each field once in its section, but it stands in line {first} already; remove one"
            result.problems.append(_at(mark, result.file, f"the field '{key}' again", expected, name=field_name(own)))
            continue
        result.keys[own] = (mark.line + 1, mark.column + 1)
        value = _built(value_node, own, result)
        if value is not None:
            found[key] = value
    return found


def _scalar(node: Any, path: FieldPath, result: YamlText) -> Any:
    text = str(node.value)
    kind = node.tag.removeprefix(_PREFIX)
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        result.problems.append(result.problem(path, "text of whole characters", found="half a character (surrogate)"))
        return None
    if kind == "str":
        return text
    if not _PATTERN[node.tag].match(text):
        result.problems.append(result.problem(path, "a value without a tag", found=f"'{text}' tagged as {kind}"))
        return None
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else text


def _at(mark: Any, file: str, found: str, expected: str, *, name: str = "") -> Problem:
    return Problem(file=file, line=mark.line + 1, column=mark.column + 1, field=name, found=found, expected=expected)


def _syntax_problems(error: yaml.MarkedYAMLError, text: str, file: str) -> list[Problem]:
    tabs = _tab_problems(text, file) if "\\t" in str(error.problem) else []
    if tabs:
        return tabs
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    lines = text.splitlines()
    found = described(lines[line - 1].strip()) if 0 < line <= len(lines) else "the end of the file"
    words = str(error.problem)
    hint = next((hint for start, hint in _HINTS if start in words), "")
    return [Problem(file=file, line=line, column=column, field="", found=found, expected=f"YAML: {words}{hint}")]


_HINTS = (
    ("mapping values are not allowed", "; put text that holds ': ' in quotes, and check the indentation"),
    ("could not find expected ':'", "; each line is 'field: value', and the colon is missing here or above"),
    ("but found '<block mapping start>'", "; check the indentation of this line against the lines above"),
    ("did not find expected <document start>", "; a case file is one document"),
    ("but found another document", "; a case file is one document, remove '---' in its middle"),
    ("cannot start any token", "; put text that begins with this character in quotes"),
)


def _tab_problems(text: str, file: str) -> list[Problem]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if "\t" in indent and line.strip():
            column = indent.index("\t") + 1
            found.append(
                Problem(
                    file=file, line=number, column=column, field="", found="a tab", expected="spaces for indentation"
                )
            )
    return found


def _character_problem(error: Exception, text: str, file: str) -> Problem:
    position = getattr(error, "position", None)
    before = text[:position] if isinstance(position, int) else ""
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Problem(
        file=file,
        line=line,
        column=column,
        field="",
        found="a character or number that YAML does not allow",
        expected="plain text in UTF-8 without control characters",
    )
