"""Inputs that cannot be, and inputs that contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oncospine.base import InputError, Level
from oncospine.scores import OneOf, histology
from oncospine.scores.inputs import nearest
from oncospine.strategy.fields import FieldSpec, specs_of
from oncospine.strategy.inputs import LevelInputs, PatientInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two inputs that cannot both be right; both values are kept and shown."""

    inputs: tuple[str, ...]
    values: tuple[object, ...]
    text: str


def checked_inputs(inputs: PatientInputs) -> None:
    """Raise `InputError` for the first field whose value cannot be: name, value found, what is expected."""
    for name, spec in specs_of(PatientInputs).items():
        _check(name, spec, getattr(inputs, name))
    seen: set[Level] = set()
    for item in inputs.levels or ():
        if item.level in seen:
            raise InputError(f"levels: {item.level} is given twice; give each involved vertebra once")
        seen.add(item.level)
        for name, spec in specs_of(LevelInputs).items():
            _check(f"levels.{item.level}.{name}", spec, getattr(item, name))


def contradictions(inputs: PatientInputs) -> tuple[Contradiction, ...]:
    """Pairs of inputs that cannot both be right."""
    found = []
    for names, clashes, text in _CLASHES:
        values = tuple(getattr(inputs, name) for name in names)
        if None not in values and clashes(*values):
            found.append(Contradiction(inputs=names, values=values, text=text))
    return tuple(found)


_CLASHES: tuple[tuple[tuple[str, ...], Callable[..., bool], str], ...] = (
    (("frankel", "ambulatory"), lambda f, a: f in "AB" and a != "not_walking", "Frankel A or B, yet walking"),
    (("frankel", "ambulatory"), lambda f, a: f == "E" and a == "not_walking", "Frankel E, yet not walking"),
    (("frankel", "weakness"), lambda f, w: f == "E" and w, "Frankel E, yet weakness"),
    (("frankel", "complete_hours"), lambda f, h: f != "A" and h > 0, "time of complete paraplegia, yet not Frankel A"),
    (("frankel", "ais"), lambda f, a: (f == "A") != (a == "A"), "Frankel and AIS disagree on completeness"),
    (("ais", "ais_graded"), lambda a, g: a not in g, "the AIS entered is none of those that the ISNCSCI tables leave"),
    (
        ("frankel", "ais_graded"),
        lambda f, g: (f == "E" and set(g) <= set("ABC")) or (f == "A" and not set(g) & set("AB")),
        "Frankel as entered and the ISNCSCI tables disagree",
    ),
    (("ecog", "kps"), lambda e, k: (e >= 4 and k >= 80) or (e == 0 and k <= 50), "ECOG and Karnofsky disagree"),
    (("compression_ruled_out", "radiological_threat"), lambda r, t: r and t, "compression ruled out, yet threatened"),
    (
        ("solitary_lesion", "extraspinal_bone_foci"),
        lambda s, n: s and n > 0,
        "the only bone metastasis, yet bone metastases outside the spine",
    ),
    (
        ("solitary_metastasis", "organ_systems"),
        lambda s, n: s and n > 0,
        "the only metastasis in the body, yet organ systems with metastases",
    ),
    (
        ("known_cancer", "tumour_role"),
        lambda c, r: not c and r == "metastasis",
        "no known cancer, yet the lesion is called a metastasis",
    ),
)


def _check(name: str, spec: FieldSpec, value: object) -> None:
    if value is None:
        return
    if spec.kind == "flag" and not isinstance(value, bool):
        raise InputError(f"{name}: expected True, False or None, got {value!r}")
    if spec.kind == "choice" and value not in spec.choices:
        raise InputError(
            f"{name}: '{value}' is not one of {', '.join(spec.choices)}; {nearest(str(value), spec.choices)}"
        )
    if spec.kind in {"number", "integer"}:
        _check_number(name, spec, value)
    if spec.kind == "grades":
        _check_grades(name, spec, value)
    if spec.kind == "option":
        for item in value.values if isinstance(value, OneOf) else (value,):
            if item not in spec.choices:
                raise InputError(f"{name}: '{item}' is not one of {', '.join(spec.choices)}")
    if spec.kind == "levels" and not (isinstance(value, tuple) and all(isinstance(item, Level) for item in value)):
        raise InputError(f"{name}: expected a tuple of vertebral levels, got {value!r}")
    if spec.kind == "histology":
        histology(str(value))


def _check_number(name: str, spec: FieldSpec, value: object) -> None:
    whole = spec.kind == "integer"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise InputError(f"{name}: expected a {'whole ' if whole else ''}number, got {value!r}")
    assert spec.low is not None
    assert spec.high is not None
    if not spec.low <= value <= spec.high:
        unit = f" {spec.unit}" if spec.unit else ""
        raise InputError(
            f"{name}: {value} is outside {spec.low:g} to {spec.high:g}{unit}; check the value and its unit"
        )


def _check_grades(name: str, spec: FieldSpec, value: object) -> None:
    if not isinstance(value, tuple) or not value:
        raise InputError(f"{name}: expected a tuple of grades (None where unknown), got {value!r}")
    unknown = [item for item in value if item not in spec.choices]
    if unknown:
        raise InputError(f"{name}: '{unknown[0]}' is not one of {', '.join(spec.choices)}")
    if list(value) != sorted(value, key=spec.choices.index):
        raise InputError(f"{name}: grades run in the order {', '.join(spec.choices)}; got {value!r}")
