"""From one patient's inputs to flags, recommendations and options."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.scores import PatientSins, patient_sins
from oncospine.strategy.change import flips
from oncospine.strategy.checks import Contradiction, checked_inputs, contradictions
from oncospine.strategy.engine import evaluation, not_evaluated, recommendations
from oncospine.strategy.facts import Facts, Reader
from oncospine.strategy.facts_anatomy import lesion_inputs
from oncospine.strategy.inputs import PatientInputs
from oncospine.strategy.lmnop import Lmnop, lmnop
from oncospine.strategy.options import Option, leading_option, options
from oncospine.strategy.prognosis import Prognosis, prognosis
from oncospine.strategy.recommendation import Change, NotEvaluated, Recommendation
from oncospine.strategy.wording import FOOTER

RULES_VERSION = "1"
"""Version of the rule files; part of every result."""

__all__ = ["RULES_VERSION", "Strategy", "assess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What the rules say of one patient. Emergency flags come first and wait for nothing."""

    flags: tuple[Recommendation, ...]
    recommendations: tuple[Recommendation, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    options: tuple[Option, ...]
    leading_option: str | None
    what_would_change_it: tuple[Change, ...]
    lmnop: Lmnop
    sins: PatientSins | None
    prognosis: Prognosis
    contradictions: tuple[Contradiction, ...]
    rules_version: str
    footer: str

    def fired(self) -> tuple[str, ...]:
        """Ids of all rules that fire or branch, in the order of evaluation."""
        return tuple(item.rule_id for item in (*self.flags, *self.recommendations))

    def recommendation(self, rule_id: str) -> Recommendation | None:
        """The recommendation of one rule, if it applies."""
        return next((item for item in (*self.flags, *self.recommendations) if item.rule_id == rule_id), None)


def assess(inputs: PatientInputs) -> Strategy:
    """Flags, recommendations and options for these inputs.

    A rule that lacks an input gives no recommendation and is listed under `not_evaluated`. Where an input can still
    have several values, the rules of every branch are given and say under which value they apply.
    """
    checked_inputs(inputs)
    found = evaluation(Facts(inputs))
    turning = flips(found)
    told = recommendations(found, changes=turning.rules)
    first = leading_option(found)
    return Strategy(
        flags=tuple(item for item in told if item.is_flag),
        recommendations=tuple(item for item in told if not item.is_flag),
        not_evaluated=not_evaluated(found),
        options=options(found, changes={first: turning.leading} if first else {}),
        leading_option=first,
        what_would_change_it=turning.leading,
        lmnop=lmnop(found),
        sins=_sins(found.facts),
        prognosis=prognosis(found.facts),
        contradictions=(*contradictions(inputs), *_stated_totals(found.facts)),
        rules_version=RULES_VERSION,
        footer=FOOTER,
    )


def _sins(facts: Facts) -> PatientSins | None:
    reader = Reader(facts)
    levels = reader.levels()
    if not levels:
        return None
    return patient_sins(lesion_inputs(reader, levels))


def _stated_totals(facts: Facts) -> tuple[Contradiction, ...]:
    """SINS totals stated of a level that its items cannot give."""
    reader = Reader(facts)
    clashes = []
    for item in reader.levels() or ():
        computed = patient_sins(lesion_inputs(reader, (item,))).lesions[0].range
        if item.sins_total is None or computed is None or computed[0] <= item.sins_total <= computed[1]:
            continue
        clashes.append(
            Contradiction(
                inputs=(f"levels.{item.level}.sins_total", f"SINS items of {item.level}"),
                values=(item.sins_total, f"{computed[0]}-{computed[1]}"),
                text=f"the SINS stated of {item.level} lies outside what its items allow; the stated one is used",
            )
        )
    return tuple(clashes)
