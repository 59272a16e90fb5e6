"""The registry of citations: every room keeps its own `data/citations.yaml`, here they are one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from oncospine.base.errors import InputError
from oncospine.base.package_data import parsed_yaml
from oncospine.base.quantity import Verification


@dataclass(frozen=True, slots=True)
class Citation:
    """A published source. `verification` concerns the bibliographic entry itself."""

    id: str
    text: str
    doi: str | None
    verification: Verification


@cache
def citations() -> Mapping[str, Citation]:
    """All citations of all rooms by id; raises `InputError` where two rooms disagree on one id."""
    found: dict[str, Citation] = {}
    for room in sorted(files("oncospine").iterdir(), key=lambda item: item.name):
        table = room / "data" / "citations.yaml"
        if not table.is_file():
            continue
        for key, row in (parsed_yaml(table.read_text("utf-8")) or {}).items():
            entry = Citation(key, row["text"], row.get("doi"), Verification(row["verification"]))
            if found.setdefault(key, entry) != entry:
                raise InputError(f"citation '{key}' of room {room.name} differs from the same id in another room")
    return MappingProxyType(found)


def citation(key: str) -> Citation:
    """One citation; an unknown id is an error, because a sentence must not cite what does not exist."""
    found = citations().get(key)
    if found is None:
        raise InputError(f"unknown citation id '{key}'; add it to the room's data/citations.yaml")
    return found
