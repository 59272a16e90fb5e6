"""Duplicates: which records are one publication."""

from oncospine.evidence.duplicates.groups import Deduplicated, ExplainedPair, Group, deduplicated, merged_record
from oncospine.evidence.duplicates.judge import Judgement, Verdict, judge

__all__ = ["Deduplicated", "ExplainedPair", "Group", "Judgement", "Verdict", "deduplicated", "judge", "merged_record"]
