"""Labelling conventions as tables: from another program's numbers to our structures, named or recognised."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

from oncospine.base import InputError, Verification, read_yaml
from oncospine.imaging.foreign_text import printable
from oncospine.imaging.structures import Structure

DATA = files("oncospine.imaging") / "data"
"""Where the tables are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One program's numbering. `source_names` are that program's own names (file names of one-file-per-structure)."""

    name: str
    title: str
    modality: str
    source: str
    verification: Verification
    structures: Mapping[int, Structure]
    source_names: Mapping[int, str]
    notes: tuple[str, ...]
    file_hints: tuple[str, ...]
    only_when_named: bool
    rows_read: frozenset[int]

    def unknown(self, counts: Mapping[int, int]) -> dict[int, int]:
        """The labels of `counts` that this convention does not have, with their voxel counts."""
        return {label: count for label, count in sorted(counts.items()) if label not in self.structures}

    def notes_on(self, labels: frozenset[int]) -> tuple[str, ...]:
        """What a reader of a map with these labels must know, unverified rows included."""
        if self.verification.is_verified or labels <= self.rows_read:
            return self.notes
        doubt = (
            f"convention {self.name}: only rows {', '.join(map(str, sorted(self.rows_read)))} were read in the source; "
            "the others are taken from the preceding version and not verified"
        )
        return (*self.notes, doubt)

    @property
    def number_of(self) -> Mapping[str, int]:
        """Label by the program's own name for it."""
        return {name: label for label, name in self.source_names.items()}


def conventions() -> tuple[str, ...]:
    """Names of all known conventions."""
    return tuple(_table())


def convention(name: str) -> Convention:
    """The convention of that name; `InputError` with the nearest name otherwise."""
    if name not in _table():
        near = difflib.get_close_matches(name, conventions(), n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(f"unknown label convention '{printable(name)}': {hint}Known: {', '.join(conventions())}")
    return _loaded(name)


def explaining(counts: Mapping[int, int]) -> tuple[str, ...]:
    """Names of the conventions that have every one of these labels."""
    return tuple(name for name, item in _all().items() if name != "mask" and not item.unknown(counts))


def require_known(counts: Mapping[int, int], *, under: Convention, name: str) -> None:
    """Refuse a label map with labels that the convention does not have; the message lists them all."""
    unknown = under.unknown(counts)
    if not unknown:
        return
    listed = ", ".join(f"{label} ({count} voxels)" for label, count in list(unknown.items())[:_LISTED])
    more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
    others = explaining(counts)
    remedy = f"known conventions that have all of them: {', '.join(others)}" if others else "no known convention does"
    raise InputError(
        f"{name}: convention '{under.name}' has no label {listed}{more}; {remedy}. "
        "Name the convention that wrote the file, or remove these labels."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A convention that could have written a label map, how sure that is (0..1) and why."""

    name: str
    confidence: float
    reasons: tuple[str, ...]


CERTAIN = 0.95
"""A guess below this confidence is refused: one wrong in twenty is already too many for a level."""

_LISTED = 20
"""Unknown labels listed one by one in a message."""

_HINT_WEIGHT = 100.0
"""How much likelier a convention is when the file name speaks for it."""

_DISORDER_WEIGHT = 1e-4
"""How much likelier it is when its vertebrae would not stand in anatomical order."""

_SIZE_POWER = 3
"""Labels that count for "a table that has few other labels is the likelier one"."""


def recognise_convention(
    values: Mapping[int, int], *, filename: str = "", heights_mm: Mapping[int, float] | None = None
) -> tuple[Candidate, ...]:
    """Conventions that could have written these labels (voxel counts by label), most likely first.

    `heights_mm` are the cranio-caudal (S) coordinates of the centroids: with them a numbering that would put T3 below
    T4 is ruled out. Conventions that give all present labels the same meaning share one confidence.
    """
    weights: dict[str, float] = {}
    reasons: dict[str, list[str]] = {}
    for name, item in _all().items():
        if item.only_when_named or not values or item.unknown(values):
            continue
        weights[name] = (1 / len(item.structures)) ** min(len(values), _SIZE_POWER)
        reasons[name] = [f"has all {len(values)} labels, of {len(item.structures)}"]
        if any(re.search(hint, filename, re.IGNORECASE) for hint in item.file_hints):
            weights[name] *= _HINT_WEIGHT
            reasons[name].append("the file name speaks for it")
        ordered = _in_order(item, values, heights_mm or {})
        if ordered is not None:
            weights[name] *= 1.0 if ordered else _DISORDER_WEIGHT
            reasons[name].append("vertebrae in anatomical order" if ordered else "vertebrae out of anatomical order")
    total = sum(weights.values())
    found = [
        Candidate(
            name=name,
            confidence=sum(weights[other] for other in weights if _agree(name, other, values)) / total,
            reasons=tuple(reasons[name]),
        )
        for name in weights
    ]
    return tuple(sorted(found, key=lambda item: (-item.confidence, -weights[item.name])))


def chosen_convention(candidates: tuple[Candidate, ...], *, name: str, counts: Mapping[int, int]) -> Convention:
    """The most likely candidate if it is certain enough; otherwise a refusal that lists the candidates."""
    if not candidates:
        labels = ", ".join(str(label) for label in list(counts)[:_LISTED])
        raise InputError(f"{name}: no known convention has its labels ({labels}). Known: {', '.join(conventions())}")
    best = candidates[0]
    if best.confidence >= CERTAIN:
        return convention(best.name)
    ranked = "; ".join(f"{item.name} {item.confidence:.0%} ({', '.join(item.reasons)})" for item in candidates[:5])
    raise InputError(f"{name}: its label convention is ambiguous: {ranked}. Name the convention that wrote it.")


def _agree(one: str, other: str, values: Mapping[int, int]) -> bool:
    first, second = _all()[one].structures, _all()[other].structures
    return all(first[label] == second[label] for label in values)


def _in_order(item: Convention, values: Mapping[int, int], heights_mm: Mapping[int, float]) -> bool | None:
    """True if the levels that this convention gives descend with height; None where that cannot be judged."""
    by_kind: dict[str, list[tuple[int, float]]] = {}
    for label in values:
        structure = item.structures[label]
        if structure.level is not None and label in heights_mm:
            by_kind.setdefault(structure.kind.value, []).append((structure.level.order, heights_mm[label]))
    columns = [sorted(column) for column in by_kind.values() if len(column) > 1]
    if not columns:
        return None
    steps = [lower[1] < upper[1] for column in columns for upper, lower in pairwise(column)]
    return all(steps)


@cache
def _table() -> Mapping[str, dict[str, object]]:
    return MappingProxyType(dict(read_yaml("oncospine.imaging", "data", "conventions.yaml")))


def _all() -> dict[str, Convention]:
    return {name: _loaded(name) for name in _table()}


@cache
def _loaded(name: str) -> Convention:
    row = _table()[name]
    text = (DATA / "conventions" / f"{name}.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    hints, notes, rows_read = (row.get(key) or [] for key in ("file_hints", "notes", "rows_read"))
    assert isinstance(hints, list)
    assert isinstance(notes, list)
    assert isinstance(rows_read, list)
    return Convention(
        name=name,
        title=str(row["title"]),
        modality=str(row["modality"]),
        source=str(row["source"]),
        verification=Verification(str(row["verification"])),
        structures=MappingProxyType({int(item["label"]): Structure.from_name(item["structure"]) for item in rows}),
        source_names=MappingProxyType({int(r["label"]): r["source_name"] for r in rows if r["source_name"]}),
        notes=tuple(str(note) for note in notes),
        file_hints=tuple(str(hint) for hint in hints),
        only_when_named=bool(row.get("only_when_named", False)),
        rows_read=frozenset(int(label) for label in rows_read),
    )
