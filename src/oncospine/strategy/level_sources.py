"""Per-level inputs as a rule used them: the value at every involved level, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncospine.base import How, described_levels
from oncospine.scores import OneOf
from oncospine.strategy.facts import Facts
from oncospine.strategy.inputs import NOT_STATED, LevelInputs, Source
from oncospine.strategy.recommendation import InputUsed

LEVEL_INPUTS = ("escc", "sins_bone", "sins_alignment", "sins_collapse", "sins_posterolateral", "levels")
"""Names under which per-level inputs are read."""

DERIVED_FROM = {
    "alignment": ("translation_mm",),
    "collapse": ("height_loss_percent", "body_fraction"),
    "posterolateral": (
        "pedicle_left_fraction", "pedicle_right_fraction", "facet_left_fraction", "facet_right_fraction",
    ),
}  # fmt: skip
"""SINS options that are suggested from measurements where none was entered."""


def level_input_used(facts: Facts, name: str) -> InputUsed:
    """One per-level input as {level: value}, missing where nothing is known at any level."""
    levels = facts.inputs.levels or ()
    if name == "levels":
        told = described_levels([item.level for item in levels]) if levels else None
        return _used(name, told, [("", facts.inputs.sources.get("levels", NOT_STATED))] if told else [])
    field = name.removeprefix("sins_")
    values, origins = {}, []
    for item in levels:
        value, origin = _value_at(facts, item, field)
        values[str(item.level)] = value
        if value is not None:
            origins.append((str(item.level), origin))
    return _used(name, values if origins else None, origins)


def _value_at(facts: Facts, item: LevelInputs, field: str) -> tuple[Any, Source]:
    """The value entered or measured, else the options suggested from measurements."""
    sources = facts.inputs.sources
    entered = getattr(item, field)
    if entered is not None or field not in DERIVED_FROM:
        return entered, _source(sources, item, field)
    known = [name for name in DERIVED_FROM[field] if getattr(item, name) is not None]
    suggested = _suggested(facts, item, field)
    if not known or suggested is None:
        return None, NOT_STATED
    origin = _source(sources, item, known[0])
    words = " and ".join(dict.fromkeys(name.split("_")[0] for name in known))
    return suggested, Source(how=How.DERIVED, text=f"{words} on {origin.text}", kind=origin.kind)


def _suggested(facts: Facts, item: LevelInputs, field: str) -> Any:
    found = facts.known("lesion_options").values or ()
    option = next((getattr(one, field) for one in found if getattr(one, "level", None) is item.level), None)
    return option.values if isinstance(option, OneOf) else option


def _source(sources: Mapping[str, Source], item: LevelInputs, field: str) -> Source:
    found = sources.get(f"levels.{item.level}.{field}") or sources.get(f"levels.{item.level}")
    return found or sources.get("levels", NOT_STATED)


def _used(name: str, value: Any, origins: list[tuple[str, Source]]) -> InputUsed:
    """One source where all levels have the same, otherwise each level with its own."""
    if value is None:
        return InputUsed(name=name, value=None, how=None, source="missing", kind="missing")
    distinct = list(dict.fromkeys(source for _, source in origins))
    if len(distinct) == 1:
        only = distinct[0]
        return InputUsed(name=name, value=value, how=only.how, source=only.text, kind=only.kind)
    text = "; ".join(f"{level}: {source.how.value}, {source.text}" for level, source in origins)
    kinds = {source.kind for source in distinct}
    return InputUsed(name=name, value=value, how=None, source=text, kind=kinds.pop() if len(kinds) == 1 else "mixed")
