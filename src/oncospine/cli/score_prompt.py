"""Asking for the inputs of a score one by one: an answer can be skipped, taken back, and is seen in the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oncospine.base import InputError
from oncospine.scores import Score, compute, radelement, score_inputs
from oncospine.scores.inputs import InputSpec, alternatives, input_specs

HELP = "Enter alone: not known. < goes back one question, . ends (the rest is not known). "
HELP_SEVERAL = "The start of a word is enough; several values that remain possible are separated by |."
"""What may be typed besides a value, told once."""

BACK, END = "<", "."

LABEL = "escc"
"""The one scale whose grades are labels: no points stand behind them."""


def asked_inputs(
    name: str, known: Mapping[str, object], *, ask: Callable[[str], str], tell: Callable[[str], None]
) -> dict[str, object]:
    """The inputs of a score: those already known, and an answer to a question for each of the others.

    An answer that cannot be is told and asked again; after each answer the result so far is told.
    """
    found = dict(known)
    result = compute(name, found)
    open_keys = [key for key in score_inputs(name) if key not in known]
    tell(HELP + HELP_SEVERAL)
    place = 0
    while place < len(open_keys):
        key = open_keys[place]
        spec = input_specs()[key]
        answer = ask(f"{place + 1}/{len(open_keys)} {question(spec, result)}").strip()
        if answer == END:
            break
        if answer == BACK:
            place = max(0, place - 1)
            found.pop(open_keys[place], None)
            result = compute(name, found)
            continue
        try:
            told = _completed(spec, answer)
            alternatives(key, told)
            result = compute(name, found | ({key: told} if told else {}))
        except InputError as error:
            tell(str(error))
            continue
        if told:
            found[key] = told
        tell(f"   so far {running(result)}")
        place += 1
    return found


def question(spec: InputSpec, result: Score) -> str:
    """One line: what is asked, and what may be answered, with its points where the table gives each value its own."""
    points = {
        row.value: f" {row.points:+d}" for part in result.components if part.input == spec.id for row in part.options
    }
    if spec.choices:
        told = points if result.id != LABEL and points.keys() >= set(spec.choices) else {}
        may = " / ".join(f"{choice}{told.get(choice, '')}" for choice in spec.choices)
    elif spec.kind == "flag":
        may = "yes / no"
    elif spec.low is not None and spec.high is not None:
        may = f"{spec.low:,.10g} to {spec.high:,.10g}{f' {spec.unit}' if spec.unit else ''}"
    else:
        may = "such as T3" if spec.kind == "level" else "such as lms, breast_hr, rcc"
    return f"{spec.id}: {spec.text} [{may}]"


def running(result: Score) -> str:
    """The result with what is known, on one line."""
    if result.value is not None:
        return f"{result.value}{f', {result.band}' if result.band else ''}"
    if result.range is None:
        return "not determined"
    low, high = result.range
    return f"{low} to {high} of {result.limits[0]}-{result.limits[1]}, {' or '.join(result.bands)}"


def _completed(spec: InputSpec, answer: str) -> str:
    """The answer with each part that starts exactly one choice written out."""
    words = spec.choices or (("yes", "no") if spec.kind == "flag" else ())
    parts = []
    for part in (piece.strip() for piece in answer.split("|")):
        fitting = [word for word in words if part and word.lower().startswith(part.lower())]
        parts.append(fitting[0] if len(fitting) == 1 else part)
    return "|".join(parts)


def coded(score: Score) -> dict[str, object]:
    """SINS in the codes of RadElement; any other score has none and is refused."""
    if score.id != "sins":
        raise InputError(f"--radelement: {score.id} has no RadElement set; only sins has (RDES21)")
    return radelement(score)
