"""All scores by name, computed generically: what `oncospine score NAME --key value` calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from oncospine.base import InputError
from oncospine.scores.additive import ALLOW_UNVERIFIED
from oncospine.scores.bauer import modified_bauer, original_bauer
from oncospine.scores.bollen import bollen
from oncospine.scores.escc import escc
from oncospine.scores.inputs import input_specs, nearest, schema_of
from oncospine.scores.katagiri import katagiri
from oncospine.scores.mizumoto import mizumoto
from oncospine.scores.nesms import nesms
from oncospine.scores.osri import osri
from oncospine.scores.prism import prism
from oncospine.scores.rades import rades_bsc
from oncospine.scores.score import Score
from oncospine.scores.sins import sins
from oncospine.scores.tokuhashi import original_tokuhashi, revised_tokuhashi
from oncospine.scores.tomita import tomita
from oncospine.scores.van_der_linden import van_der_linden

SCORES: Mapping[str, Callable[..., Score]] = MappingProxyType(
    {
        "sins": sins,
        "escc": escc,
        "revised_tokuhashi": revised_tokuhashi,
        "original_tokuhashi": original_tokuhashi,
        "tomita": tomita,
        "modified_bauer": modified_bauer,
        "original_bauer": original_bauer,
        "van_der_linden": van_der_linden,
        "katagiri": katagiri,
        "nesms": nesms,
        "rades_bsc": rades_bsc,
        "prism": prism,
        "mizumoto": mizumoto,
        "osri": osri,
        "bollen": bollen,
    }
)
"""Every score by name."""

UNVERIFIED = frozenset({"original_tokuhashi", "osri", "bollen"})
"""Scores that have to be asked for with `allow_unverified`."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {"tokuhashi": "revised_tokuhashi", "bauer": "modified_bauer", "bilsky": "escc", "rades": "rades_bsc"}
)
"""Other names people type."""


def score_inputs(name: str) -> tuple[str, ...]:
    """Names of the inputs of a score, in order."""
    return tuple(key for key in inspect.signature(_function(name)).parameters if key != ALLOW_UNVERIFIED)


def compute(name: str, inputs: Mapping[str, object]) -> Score:
    """Any score from plain values, texts included ("yes", "3.4", "none|under_50"); empty or None is unknown.

    Raises `InputError` for an unknown score or input (with the nearest name), a value outside its limits, and a
    value between two published classes (`NeedsRoundingError`); `UnverifiedScoreError` for a score that has to be
    asked for.
    """
    function = _function(name)
    known = score_inputs(name)
    given: dict[str, Any] = {}
    for key, value in inputs.items():
        word = key.strip().lower().replace("-", "_")
        if word == ALLOW_UNVERIFIED:
            if _resolved(name) in UNVERIFIED:
                given[word] = value is True or str(value).strip().lower() in {"true", "yes", "1"}
            continue
        if word not in known:
            raise InputError(f"{name}: unknown input '{key}'; {nearest(word, known)}")
        given[word] = value
    return function(**given)


def input_schema(name: str) -> dict[str, Any]:
    """JSON Schema of a score's inputs; every input may be null or left out, which means unknown."""
    properties: dict[str, Any] = {key: schema_of(input_specs()[key]) for key in score_inputs(name)}
    if _resolved(name) in UNVERIFIED:
        properties[ALLOW_UNVERIFIED] = {"type": "boolean", "description": "compute although the table is unverified"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"inputs of {_resolved(name)}",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _resolved(name: str) -> str:
    word = str(name).strip().lower().replace("-", "_").replace(" ", "_")
    return ALIASES.get(word, word)


def _function(name: str) -> Callable[..., Score]:
    found = SCORES.get(_resolved(name))
    if found is None:
        raise InputError(f"unknown score '{name}'; {nearest(_resolved(name), [*SCORES, *ALIASES])}")
    return found
