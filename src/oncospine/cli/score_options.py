"""Free options of `oncospine score`: --key value pairs."""

from __future__ import annotations

from collections.abc import Sequence

from oncospine.base import InputError


def parsed_options(words: Sequence[str]) -> dict[str, object]:
    """`["--kps", "60", "--brain=no"]` as `{"kps": 60, "brain": False}`; other words stay text."""
    found: dict[str, object] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise InputError(f"found '{word}'; inputs of a score are written --key value")
        key, equals, value = word[2:].partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise InputError(f"--{key} needs a value")
            value = rest.pop(0)
        name = key.replace("-", "_")
        if name in found:
            raise InputError(f"--{key} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> object:
    lowered = text.strip().lower()
    if lowered in {"yes", "true"}:
        return True
    if lowered in {"no", "false"}:
        return False
    try:
        number = float(lowered)
    except ValueError:
        return text.strip()
    return int(number) if number.is_integer() and "." not in lowered and "e" not in lowered else number
