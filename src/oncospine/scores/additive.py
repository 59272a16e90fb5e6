"""The one function that evaluates an additive score.

Each component gives the set of points that remain possible. The score is the sum where every component is settled,
otherwise the range between the lowest and the highest sum; a band is given only where both ends fall in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from oncospine.base import How, InputError, Verification
from oncospine.scores.histology import Histology, histologies
from oncospine.scores.inputs import alternatives, nearest
from oncospine.scores.score import (
    Band,
    Component,
    NeedsRoundingError,
    Score,
    Sensitivity,
    UnverifiedScoreError,
)
from oncospine.scores.table import ComponentTable, ScoreTable, score_table

ALLOW_UNVERIFIED = "allow_unverified"
"""Name of the flag without which a score with an unverified table is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A component computed outside the table: the value shown, the points it may have, and what it still lacks."""

    value: object | None
    possible: tuple[int, ...]
    missing: tuple[str, ...] = ()
    note: str | None = None


def read_inputs(table: ScoreTable, given: Mapping[str, object]) -> dict[str, tuple[object, ...] | None]:
    """Every input of the table as the values it may have; an unknown key is an error with the nearest name."""
    for key in given:
        if key not in table.inputs and key != ALLOW_UNVERIFIED:
            raise InputError(f"{table.id}: unknown input '{key}'; {nearest(key, table.inputs)}")
    if table.needs_flag and given.get(ALLOW_UNVERIFIED) is not True:
        raise UnverifiedScoreError(
            f"{table.id}: its table was not verified against the primary paper; "
            f"pass {ALLOW_UNVERIFIED}=true to compute it all the same"
        )
    return {name: alternatives(name, given.get(name)) for name in table.inputs}


def scored(name: str, given: Mapping[str, object]) -> Score:
    """A score that its table describes completely."""
    table = score_table(name)
    return evaluated(table, read_inputs(table, given))


def evaluated(
    table: ScoreTable,
    values: Mapping[str, tuple[object, ...] | None],
    *,
    derived: Mapping[str, Derived] = MappingProxyType({}),
    total_of: Callable[[int], int] = int,
    notes: tuple[str, ...] = (),
) -> Score:
    """The score of these inputs; `derived` supplies components by name, `total_of` turns the sum into the total."""
    entity = _entity(values.get("histology"))
    if entity is not None and table.for_metastasis and not entity.can_metastasise:
        return not_applicable(table, f"{table.name} is for metastases, not for {entity.name}", values=values)
    components: list[Component] = []
    missing: list[str] = []
    for row in table.components:
        supplied = derived.get(row.name)
        known = values.get(row.input)
        if supplied is None and entity is not None and _no_row(row, entity):
            return not_applicable(table, f"{table.name} has no row for {entity.name}", values=values)
        component, lacking = (
            (_from_derived(row, supplied), supplied.missing) if supplied else _from_table(table, row, known)
        )
        components.append(component)
        missing.extend(lacking)
    low = total_of(sum(min(item.possible) for item in components))
    high = total_of(sum(max(item.possible) for item in components))
    return _result(
        table,
        components=tuple(components),
        missing=tuple(dict.fromkeys(missing)),
        ends=(min(low, high), max(low, high)),
        notes=notes,
        sensitivity=_sensitivity(table, components, entity, total_of),
    )


def not_applicable(
    table: ScoreTable, reason: str, *, values: Mapping[str, tuple[object, ...] | None] | None = None
) -> Score:
    """The score says nothing about this patient, and why."""
    return Score(
        id=table.id, name=table.name, unit=table.unit, value=None, band=None, direction=table.direction,
        components=(), missing=tuple(key for key, item in (values or {}).items() if item is None), range=None,
        limits=table.limits, bands=(), notes=(reason, *table.notes), citations=table.citations,
        verification=table.verification, rule_version=table.version, era=table.era, applicable=False,
    )  # fmt: skip


def reachable_bands(table: ScoreTable, ends: tuple[int, int]) -> tuple[Band, ...]:
    """The bands that totals between the two ends can fall into."""
    return tuple(band for band in table.bands if band.low <= ends[1] and band.high >= ends[0])


def _result(
    table: ScoreTable,
    *,
    components: tuple[Component, ...],
    missing: tuple[str, ...],
    ends: tuple[int, int],
    notes: tuple[str, ...],
    sensitivity: tuple[Sensitivity, ...],
) -> Score:
    bands = reachable_bands(table, ends)
    settled = ends[0] == ends[1]
    classes = tuple(dict.fromkeys(band.survival_class for band in bands if band.survival_class))
    doubtful = tuple(
        f"band {band.name}: {Verification(band.verification).words}"
        for band in bands
        if not band.verification.is_verified and band.verification is not table.verification
    )
    return Score(
        id=table.id,
        name=table.name,
        unit=table.unit,
        value=ends[0] if settled else None,
        band=bands[0].name if len(bands) == 1 else None,
        direction=table.direction,
        components=components,
        missing=missing,
        range=ends,
        limits=table.limits,
        bands=tuple(band.name for band in bands),
        notes=(*notes, *table.notes, *doubtful),
        citations=table.citations,
        verification=table.verification,
        rule_version=table.version,
        era=table.era,
        sensitivity=sensitivity,
        survival_classes=classes,
    )


def _from_derived(row: ComponentTable, supplied: Derived) -> Component:
    return Component(
        name=row.name,
        input=row.input,
        value=supplied.value,
        points=supplied.possible[0] if len(supplied.possible) == 1 else None,
        possible=supplied.possible,
        how=None if supplied.value is None else How.DERIVED,
        options=row.choices,
        note=supplied.note,
    )


def _from_table(
    table: ScoreTable, row: ComponentTable, known: tuple[object, ...] | None
) -> tuple[Component, tuple[str, ...]]:
    if known is None:
        component = Component(
            name=row.name, input=row.input, value=None, points=None, possible=row.all_points, how=None,
            options=row.choices,
        )  # fmt: skip
        return component, (row.input,)
    possible = tuple(sorted({points_of(table, row, value) for value in known}))
    component = Component(
        name=row.name,
        input=row.input,
        value=known[0] if len(known) == 1 else known,
        points=possible[0] if len(possible) == 1 else None,
        possible=possible,
        how=How.ENTERED,
        options=row.choices,
        note=_default_note(row, known),
    )
    return component, ()


def points_of(table: ScoreTable, row: ComponentTable, value: object) -> int:
    """Points of one settled value; a number between two published bins is refused."""
    if row.choices:
        text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        return next(choice.points for choice in row.choices if choice.value == text)
    if row.bins:
        number = float(str(value))
        for low, high, points in row.bins:
            if low <= number <= high:
                return points
        shown = ", ".join(f"{low:g}-{high:g}" for low, high, _ in sorted(row.bins))
        raise NeedsRoundingError(
            f"needs_rounding: {row.input} = {number:g} lies between the published classes of {table.name} ({shown}); "
            "enter the value that belongs to the class you mean"
        )
    entity = histologies()[str(value)]
    if row.groups is not None:
        return row.groups.get(entity.group, row.groups["other"])
    if row.ids is not None:
        found = row.ids.get(entity.id, row.otherwise)
        return int(str(found))
    return int(getattr(entity, str(row.column)))


def _no_row(row: ComponentTable, entity: Histology) -> bool:
    """Whether the score has no place for an entity."""
    if row.column is not None:
        return getattr(entity, row.column) is None
    return row.ids is not None and row.otherwise is None and entity.id not in row.ids


def _default_note(row: ComponentTable, known: tuple[object, ...]) -> str | None:
    if row.column is None or len(known) != 1:
        return None
    named = getattr(histologies()[str(known[0])], f"{row.column}_named", None)
    return "oncospine default: the paper does not name this primary" if named is False else None


def _sensitivity(
    table: ScoreTable, components: list[Component], entity: Histology | None, total_of: Callable[[int], int]
) -> tuple[Sensitivity, ...]:
    if entity is None:
        return ()
    found: list[Sensitivity] = []
    for row, item in zip(table.components, components, strict=True):
        for points, reason in _other_points(table.id, row, entity):
            fixed = [other for other in components if other is not item]
            low = total_of(sum(min(other.possible) for other in fixed) + points)
            high = total_of(sum(max(other.possible) for other in fixed) + points)
            bands = tuple(band.name for band in reachable_bands(table, (low, high)))
            text = f"{row.name} placed at {points} points"
            found.append(Sensitivity(changed=text, range=(low, high), bands=bands, reason=reason))
    return tuple(found)


def _other_points(score: str, row: ComponentTable, entity: Histology) -> list[tuple[int, str]]:
    """Other placements of an entity in one component that are worth showing."""
    names = {row.column, score} if row.input == "histology" else {row.column}
    found = [(other.points, other.reason) for other in entity.sensitivity if other.score in names]
    rule = row.sensitivity
    if rule is not None and entity.group == rule["group"] and entity.id not in rule["except"]:
        found.append((rule["points"], rule["reason"]))
    return found


def _entity(known: tuple[object, ...] | None) -> Histology | None:
    return histologies()[str(known[0])] if known is not None and len(known) == 1 else None
