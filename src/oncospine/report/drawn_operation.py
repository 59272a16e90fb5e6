"""Which option the program's own operation stands for, and what to say where another one ranks first."""

from __future__ import annotations

from collections.abc import Sequence

from oncospine.strategy import Strategy
from oncospine.surgery import ORIGIN, EvaluatedOperation, Operation

AFTER_POSTERIOR = "after the posterior stage"
"""How the proposal's reason begins that says why there is, or is not, a second stage."""

OTHER_FIRST = "Another option ranks first: the ranking weighs rules; what a route reaches here is not among its inputs."


def drawn_operation(strategy: Strategy | None, operations: Sequence[EvaluatedOperation]) -> str:
    """Sentences under the options; empty where the program proposes no operation."""
    own = next((item.operation for item in operations if item.operation.origin == ORIGIN), None)
    if own is None:
        return ""
    why = "; ".join(reason for reason in own.reasons if reason.startswith(AFTER_POSTERIOR))
    told = f"Drawn below: {own.title}, proposed from these images{f' ({why})' if why else ''}."
    first = None if strategy is None else strategy.leading_option
    if first is None or first in _options_of(own):
        return told
    return f"{told} {OTHER_FIRST}"


def _options_of(operation: Operation) -> frozenset[str]:
    """Ids of the options that are carried out in this way."""
    if len(operation.stages) > 1:
        return frozenset({"staged_360"})
    if operation.stages[0].cage is not None:
        return frozenset({"posterior_circumferential_cage"})
    return frozenset({"separation_sbrt", "decompress_fix_rt", "stabilise_cebrt", "stabilise_sbrt"})
