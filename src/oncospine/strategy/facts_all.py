"""Every fact, in one place: importing the modules below registers their facts."""

from oncospine.strategy import facts_anatomy, facts_patient, facts_plan, facts_survival
from oncospine.strategy.facts import FACTS, FIELDS

FACT_MODULES = (facts_anatomy, facts_patient, facts_plan, facts_survival)
"""Modules that define facts."""

__all__ = ["FACTS", "FACT_MODULES", "FIELDS"]
