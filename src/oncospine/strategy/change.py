"""What would change it: every input is moved, nearest value first, until a rule or the leading option flips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from oncospine.scores import Escc
from oncospine.strategy.engine import Evaluation, evaluation_after, input_used, readers
from oncospine.strategy.fields import FieldSpec, specs_of
from oncospine.strategy.inputs import LevelInputs, PatientInputs
from oncospine.strategy.options import can_move_options, leading_option, option_tables
from oncospine.strategy.recommendation import Change

OTHER_HISTOLOGIES = ("breast_hr", "rcc", "lms", "lymphoma", "chordoma", "haemangioma")
"""One entity per class of the histology table, tried in place of the present one."""

LEVEL_FIELDS = {
    "escc": "escc",
    "sins_bone": "bone",
    "sins_alignment": "alignment",
    "sins_collapse": "collapse",
    "sins_posterolateral": "posterolateral",
}
"""Recorded names of per-level inputs and the field each stands for."""


NOT_MOVED = frozenset({"ais_graded"})
"""What follows from another input, and is moved with that one."""


@dataclass(frozen=True, slots=True)
class Flips:
    """What flips each rule that applies, and what flips the leading option."""

    rules: Mapping[str, tuple[Change, ...]]
    leading: tuple[Change, ...]


def flips(found: Evaluation) -> Flips:
    """The smallest change of each input that flips each applying rule, and the leading option."""
    first = leading_option(found)
    by_rule: dict[str, list[Change]] = {}
    leading: list[Change] = []
    for name in sorted(frozenset().union(*(verdict.reads for verdict in found.verdicts.values()))):
        present = input_used(found.facts, name).value
        waiting = {rule.id for rule in readers(found, name) if found.applies(rule.id)}
        led = True
        for value, changed in _candidates(found.facts.inputs, name):
            after, turned = evaluation_after(found, changed, name)
            for rule_id in sorted(rule_id for rule_id in waiting & turned if not after.applies(rule_id)):
                effect = f"{rule_id} no longer applies"
                row = Change(input=name, present=present, changed=value, effect=effect)
                by_rule.setdefault(rule_id, []).append(row)
                waiting.discard(rule_id)
            now = leading_option(after) if led and can_move_options(turned) else first
            if now != first:
                effect = f"leading option: {_title(now)} instead of {_title(first)}"
                leading.append(Change(input=name, present=present, changed=value, effect=effect, leads=now))
                led = False
    return Flips({key: tuple(rows) for key, rows in by_rule.items()}, tuple(leading))


def _title(option: str | None) -> str:
    return next((table.title for table in option_tables() if table.id == option), "none")


def changed_inputs(inputs: PatientInputs, name: str, value: object) -> PatientInputs:
    """These inputs with one of them, per patient or per level, at another value."""
    if name not in LEVEL_FIELDS:
        return replace(inputs, **{name: value})  # type: ignore[arg-type]  # the field's own kind, from its spec
    field = LEVEL_FIELDS[name]
    levels = inputs.levels or ()
    if name != "escc":
        return replace(inputs, levels=tuple(replace(item, **{field: value}) for item in levels))  # type: ignore[arg-type]
    return replace(inputs, levels=_with_worst(levels, str(value)))


def _with_worst(levels: tuple[LevelInputs, ...], grade: str) -> tuple[LevelInputs, ...]:
    """The worst level takes the grade, the others nothing worse than it."""
    worst = max(levels, key=lambda item: max((Escc(value).order for value in item.escc or ()), default=-1))
    limit = Escc(grade).order
    moved = []
    for item in levels:
        kept = tuple(value for value in item.escc or () if Escc(value).order <= limit) or (grade,)
        moved.append(replace(item, escc=(grade,) if item is worst else kept))
    return tuple(moved)


def _candidates(inputs: PatientInputs, name: str) -> Iterable[tuple[object, PatientInputs]]:
    """Other values of an input, nearest to the present one first."""
    if name in NOT_MOVED:
        return
    if name in LEVEL_FIELDS:
        if not inputs.levels:
            return
        spec = specs_of(LevelInputs)[LEVEL_FIELDS[name]]
        values = inputs.levels[0]
        present = max((Escc(grade).order for item in inputs.levels for grade in item.escc or ()), default=0)
        if name == "escc":
            for grade in sorted(spec.choices, key=lambda item: abs(Escc(item).order - present)):
                if any(item.escc != (grade,) for item in inputs.levels):
                    yield grade, changed_inputs(inputs, name, grade)
            return
        for choice in spec.choices:
            if getattr(values, LEVEL_FIELDS[name]) != choice:
                yield choice, changed_inputs(inputs, name, choice)
        return
    if name == "histology":
        for entity in OTHER_HISTOLOGIES:
            if entity != inputs.histology:
                yield entity, changed_inputs(inputs, name, entity)
        return
    field = specs_of(PatientInputs).get(name)
    for value in _nearest(field, getattr(inputs, name)) if field else ():
        yield value, changed_inputs(inputs, name, value)


def _nearest(spec: FieldSpec, present: object) -> list[object]:
    others = [value for value in spec.candidates if value != present]
    if spec.kind in {"number", "integer"} and isinstance(present, int | float):
        return sorted(others, key=lambda value: abs(float(str(value)) - present))
    if spec.kind == "choice" and present in spec.choices:
        place = spec.choices.index(str(present))
        return sorted(others, key=lambda value: abs(spec.choices.index(str(value)) - place))
    return others
