"""Dated laboratory values with their units: kept as entered, converted on request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from oncospine.base import InputError, read_yaml
from oncospine.case.dates import Day
from oncospine.case.fields import Checked, Strict, Text, YesNo, expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """One laboratory quantity: canonical unit, factor of every accepted unit to it, span of the believable."""

    name: str
    unit: str
    factors: Mapping[str, float]
    low: float
    high: float


@cache
def analytes() -> Mapping[str, Analyte]:
    """The analytes of data/laboratory.yaml by name."""
    rows = read_yaml("oncospine.case", "data", "laboratory.yaml")
    found = {
        name: Analyte(
            name=name,
            unit=row["unit"],
            factors=MappingProxyType({unit: float(factor) for unit, factor in row["units"].items()}),
            low=float(row["span"][0]),
            high=float(row["span"][1]),
        )
        for name, row in rows.items()
    }
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabValue:
    """A laboratory value as entered."""

    analyte: str
    value: float
    unit: str

    @property
    def canonical(self) -> float:
        """The value in the analyte's canonical unit (g/dL, mg/dL, U/L, /uL)."""
        return self.value * analytes()[self.analyte].factors[self.unit]

    def in_unit(self, unit: str) -> float:
        """The value in another unit of this analyte."""
        factors = analytes()[self.analyte].factors
        if unit not in factors:
            raise InputError(f"unknown unit '{unit}' of {self.analyte}; its units are {', '.join(factors)}")
        return self.canonical / factors[unit]

    def to_plain(self) -> str | float:
        return self.value if self.unit == "1" else f"{self.value!r} {self.unit}"


def _lab_value(value: Any, analyte: Analyte) -> LabValue:
    if analyte.unit == "1":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise expected("a number without a unit, such as 1.1, with a decimal point")
        entered, unit = float(value), "1"
    else:
        match = _VALUE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < _LONGEST else None
        if match is None:
            raise expected(f"a number and its unit ({', '.join(analyte.factors)}), with a decimal point")
        entered, unit = float(match[1]), _unit(match[2], analyte)
    found = LabValue(analyte=analyte.name, value=entered, unit=unit)
    if not analyte.low <= found.canonical <= analyte.high:
        raise expected(
            f"a believable {analyte.name} ({analyte.low:g}..{analyte.high:g} {analyte.unit}, oncospine default); "
            "check the number and its unit"
        )
    return found


def _unit(text: str, analyte: Analyte) -> str:
    """The accepted unit that `text` spells, whatever its case and micro sign."""
    plain = _MICRO.sub("u", text.strip()).lower()
    for unit in analyte.factors:
        if unit.lower() == plain:
            return unit
    raise expected(f"{analyte.name} in {' or '.join(analyte.factors)} (no other unit is guessed)")


_VALUE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,3})?)\s*(\S.*)")
_MICRO = re.compile("[\u00b5\u03bc]")
_LONGEST = 60


def _of(name: str) -> Checked:
    """Validator of the analyte of that name."""
    unitless = name == "inr"
    schema: dict[str, Any] = {"type": "number"} if unitless else {"type": "string", "pattern": r"^[0-9.e+-]+\s*\S+.*$"}
    return Checked(lambda value: _lab_value(value, analytes()[name]), schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabPanel(Strict):
    """Laboratory values of one day, each with its unit: `albumin: 3.8 g/dL`."""

    date: Day
    albumin: Annotated[LabValue, _of("albumin")] | None = None
    crp: Annotated[LabValue, _of("crp")] | None = None
    ldh: Annotated[LabValue, _of("ldh")] | None = None
    platelets: Annotated[LabValue, _of("platelets")] | None = None
    calcium: Annotated[LabValue, _of("calcium")] | None = None
    bilirubin: Annotated[LabValue, _of("bilirubin")] | None = None
    """Total bilirubin."""
    haemoglobin: Annotated[LabValue, _of("haemoglobin")] | None = None
    inr: Annotated[LabValue, _of("inr")] | None = None
    neutropenic: YesNo | None = None
    notes: Text | None = None
