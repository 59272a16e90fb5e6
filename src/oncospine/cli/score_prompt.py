"""Asking for the inputs of a score one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oncospine.base import InputError
from oncospine.scores import Score, radelement, score_inputs
from oncospine.scores.inputs import InputSpec, alternatives, input_specs

UNKNOWN = "Enter alone: unknown"
"""What an empty answer means, told once."""


def asked_inputs(
    name: str, known: Mapping[str, object], *, ask: Callable[[str], str], tell: Callable[[str], None]
) -> dict[str, object]:
    """The inputs of a score: those already known, and an answer to a question for each of the others.

    An answer that cannot be is told and asked again; several values are separated by "|".
    """
    found = dict(known)
    tell(f"{UNKNOWN}. Several values that remain possible are separated by |.")
    for key in score_inputs(name):
        if key in known:
            continue
        spec = input_specs()[key]
        while True:
            answer = ask(question(spec)).strip()
            try:
                alternatives(key, answer)
            except InputError as error:
                tell(str(error))
                continue
            if answer:
                found[key] = answer
            break
    return found


def question(spec: InputSpec) -> str:
    """One line: what is asked, and what may be answered."""
    if spec.choices:
        may = "/".join(spec.choices)
    elif spec.kind == "flag":
        may = "yes/no"
    elif spec.low is not None and spec.high is not None:
        may = f"{spec.low:g} to {spec.high:g}{f' {spec.unit}' if spec.unit else ''}"
    else:
        may = "such as T3" if spec.kind == "level" else "such as lms, breast_hr, rcc"
    return f"{spec.id}: {spec.text} [{may}]"


def coded(score: Score) -> dict[str, object]:
    """SINS in the codes of RadElement; any other score has none and is refused."""
    if score.id != "sins":
        raise InputError(f"--radelement: {score.id} has no RadElement set; only sins has (RDES21)")
    return radelement(score)
