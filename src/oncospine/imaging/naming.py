"""From the names and codes that people and programs give to segments to the one vocabulary."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from oncospine.base import InputError, Level, Side
from oncospine.imaging.conventions import DATA, convention, conventions
from oncospine.imaging.structures import Structure, StructureKind

_SIDES = {"7771000": Side.LEFT, "24028007": Side.RIGHT}
"""SNOMED CT laterality (conventions.md section 4)."""

_LEVEL = r"(C0?[1-7]|T(?:0?[1-9]|1[0-3])|L0?[1-6]|S[1-5])"
_PATTERNS = (
    (re.compile(rf"^(?:vertebrae?\s)?{_LEVEL}(?:\svertebrae?)?$", re.IGNORECASE), StructureKind.VERTEBRA),
    (
        re.compile(rf"^(?:vb|vertebral\sbody)\s{_LEVEL}$|^{_LEVEL}\svertebral\sbody$", re.IGNORECASE),
        StructureKind.VERTEBRAL_BODY,
    ),
)
"""Names with a level: "T3", "T3 vertebra", "vertebra T3", "VB_T03" (TG-263)."""


def structure_named(text: str) -> Structure | None:
    """The structure that a segment's name says, or None where it says nothing we know; never a guess at a level."""
    cleaned = re.sub(r"[\s_,]+", " ", text).strip()
    lowered = cleaned.lower()
    exact = _by_name().get(lowered)
    if exact is not None:
        return exact
    for pattern, kind in _PATTERNS:
        found = pattern.match(cleaned)
        if found:
            word = next(group for group in found.groups() if group).upper()
            return Structure(kind=kind, level=Level(f"{word[0]}{int(word[1:])}"))
    sided = re.fullmatch(r"(left|right) (.+)|(.+) (left|right)", lowered)
    if sided:
        plain = _by_name().get(sided[2] or sided[3])
        if plain is not None and plain.side is None:
            return replace(plain, side=Side(sided[1] or sided[4]))
    numbered = re.fullmatch(r"(.+?) ?\d+", lowered)
    if numbered:
        plain = _by_name().get(numbered[1])
        if plain is not None and plain.kind is StructureKind.TUMOUR:
            return plain
    return None


def structure_coded(code: str, scheme: str, *, modifier: str = "") -> Structure | None:
    """The structure of a SNOMED CT code with its laterality, or None for a code that is not in our table."""
    found = _by_code().get(code) if scheme in {"SCT", "SNOMED-CT"} else None
    if found is None:
        return None
    side = _SIDES.get(modifier)
    return replace(found, side=side) if side is not None else found


def agreed(named: Structure | None, coded: Structure | None, *, what: str) -> Structure | None:
    """One structure from name and code: the more exact one; two levels or two sides that differ are refused."""
    if named is None or coded is None:
        return named if coded is None else coded
    for field in ("level", "side", "number"):
        one, other = getattr(named, field), getattr(coded, field)
        if one is not None and other is not None and one != other:
            raise InputError(
                f"{what}: its name says {named.name} and its code says {coded.name}. Correct the one that is wrong."
            )
    if named.kind is not coded.kind:
        return named
    return Structure(
        kind=named.kind,
        level=named.level or coded.level,
        side=named.side or coded.side,
        number=named.number if named.number is not None else coded.number,
    )


@cache
def _by_name() -> Mapping[str, Structure]:
    names: dict[str, Structure] = {}
    for name in reversed(conventions()):
        table = convention(name)
        for label, structure in table.structures.items():
            names[re.sub(r"[\s_]+", " ", structure.name).lower()] = structure
            source = table.source_names.get(label)
            if source:
                names[source.replace("_", " ").lower()] = structure
    for row in csv.DictReader((DATA / "aliases.csv").read_text("utf-8").splitlines()):
        names[row["alias"]] = Structure.from_name(row["structure"])
    for kind in StructureKind:
        names.setdefault(kind.value.replace("_", " "), Structure(kind=kind))
    return MappingProxyType(names)


@cache
def _by_code() -> Mapping[str, Structure]:
    rows = csv.DictReader((DATA / "snomed.csv").read_text("utf-8").splitlines())
    return MappingProxyType({row["code"]: Structure.from_name(row["structure"]) for row in rows})
