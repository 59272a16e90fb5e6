"""Histology, rules and options: what published frameworks say of one patient, with sources and what is missing."""

from oncospine.strategy.assess import Strategy, assess
from oncospine.strategy.checks import Contradiction, contradictions
from oncospine.strategy.inputs import LevelInputs, PatientInputs, Source
from oncospine.strategy.listing import rules_table
from oncospine.strategy.lmnop import Lmnop, LmnopRow
from oncospine.strategy.options import Option, Reason, Stage, Standing
from oncospine.strategy.prognosis import HistologySurvival, Prognosis, PublishedSurvival, histology_survival
from oncospine.strategy.prognosis_words import SurvivalSentence, survival_sentences
from oncospine.strategy.recommendation import (
    Change,
    Conflict,
    InputUsed,
    NotChosen,
    NotEvaluated,
    Recommendation,
    Status,
)
from oncospine.strategy.rules import Rule, all_rules, rule_of
from oncospine.strategy.schema import inputs_schema
from oncospine.strategy.wording import BANNED, FOOTER, Strength, faults

__all__ = [
    "BANNED",
    "FOOTER",
    "Change",
    "Conflict",
    "Contradiction",
    "HistologySurvival",
    "InputUsed",
    "LevelInputs",
    "Lmnop",
    "LmnopRow",
    "NotChosen",
    "NotEvaluated",
    "Option",
    "PatientInputs",
    "Prognosis",
    "PublishedSurvival",
    "Reason",
    "Recommendation",
    "Rule",
    "Source",
    "Stage",
    "Standing",
    "Status",
    "Strategy",
    "Strength",
    "SurvivalSentence",
    "all_rules",
    "assess",
    "contradictions",
    "faults",
    "histology_survival",
    "inputs_schema",
    "rule_of",
    "rules_table",
    "survival_sentences",
]
