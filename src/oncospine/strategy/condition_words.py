"""Conditions of rules as words: what stands behind "it presupposes that" and "applies where"."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from oncospine.base import read_yaml
from oncospine.strategy.conditions import Condition


def described(condition: Condition) -> str:
    """A condition in words, for "not chosen because"."""
    if isinstance(condition, Mapping):
        return " and ".join(_described_item(key, body) for key, body in condition.items())
    return " and ".join(described(item) for item in condition)


def _described_item(key: str, body: object) -> str:
    if key in {"all", "any"} and isinstance(body, list):
        joint = " and " if key == "all" else " or "
        return "(" + joint.join(described(item) for item in body) + ")"
    if key == "not" and isinstance(body, Mapping) and list(body) == ["unless_known"]:
        return f"{described(body['unless_known'])} as stated"
    if key in {"not", "unless_known"} and isinstance(body, Mapping | list):
        if isinstance(body, Mapping) and len(body) == 1 and isinstance(value := next(iter(body.values())), bool):
            return described(dict.fromkeys(body, not value))
        return f"not {described(body)}"
    if key == "fires":
        return f"rule {' or '.join(body) if isinstance(body, list) else body} applies"
    words = _words().get(key, key.replace("_", " "))
    if isinstance(body, bool):
        return (words if body else f"not {words}") if isinstance(words, str) else words[0 if body else 1]
    name = words if isinstance(words, str) else key.replace("_", " ")
    if isinstance(body, Mapping):
        return " and ".join(f"{name} {operator.replace('_', ' ')} {limit}" for operator, limit in body.items())
    values = body if isinstance(body, list) else [body]
    return f"{name} is {' or '.join(str(item).replace('_', ' ') for item in values)}"


@cache
def _words() -> Mapping[str, str | list[str]]:
    """Words of facts: a pair for those that are true or not, else the name."""
    return dict(read_yaml("oncospine.strategy", "data", "condition_words.yaml"))
