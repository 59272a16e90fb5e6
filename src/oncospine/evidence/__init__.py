"""The literature as a review anyone can run again: records, screening, extraction, pooling, figures.

Names come from their modules when they are first used: the main job reads a finished review and needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oncospine.evidence.brief import ReviewBrief, read_brief, shipped_brief
    from oncospine.evidence.briefed import brief_of
    from oncospine.evidence.commands import (
        dedupe,
        export_records,
        extract,
        flow,
        import_records,
        pool,
        simulate,
        write_templates,
    )
    from oncospine.evidence.counted import StageState, prisma_flow, stage_state
    from oncospine.evidence.decisions import record_decision, resolve, sample_estimate, stop_screening
    from oncospine.evidence.extraction.double_entry import compared_tables
    from oncospine.evidence.extraction.patients import read_cases
    from oncospine.evidence.extraction.series import read_series
    from oncospine.evidence.for_case import CaseEvidence, evidence_for_case, evidence_summary, query_of
    from oncospine.evidence.leiomyosarcoma import WorkedExample, build_leiomyosarcoma_review
    from oncospine.evidence.options import OptionEvidence, option_evidence, options_of_review
    from oncospine.evidence.page import report, write_report
    from oncospine.evidence.patient import Patient
    from oncospine.evidence.printed_curves import RebuiltArm, rebuilt_arms, write_rebuilt
    from oncospine.evidence.prisma import PrismaFlow
    from oncospine.evidence.project import Protocol, Review, new_review
    from oncospine.evidence.review_synthesis import Synthesis, synthesis
    from oncospine.evidence.sessions import ConflictSession, NextRecord, ScreeningSession, screen_next
    from oncospine.evidence.similar import Query, Similar, SimilarPatients, patients_like
    from oncospine.evidence.status import ReviewStatus, review_status
    from oncospine.evidence.validation.rows import ValidationRow, validate

_MODULES = (
    "brief", "patient", "similar", "options", "for_case", "prisma", "project", "extraction.double_entry",
    "extraction.patients", "extraction.series", "counted", "decisions", "sessions", "commands", "printed_curves",
    "review_synthesis", "briefed", "status", "page", "leiomyosarcoma", "validation.rows",
)  # fmt: skip
"""Where a public name is looked for, light modules first."""

__all__ = [
    "CaseEvidence",
    "ConflictSession",
    "NextRecord",
    "OptionEvidence",
    "Patient",
    "PrismaFlow",
    "Protocol",
    "Query",
    "RebuiltArm",
    "Review",
    "ReviewBrief",
    "ReviewStatus",
    "ScreeningSession",
    "Similar",
    "SimilarPatients",
    "StageState",
    "Synthesis",
    "ValidationRow",
    "WorkedExample",
    "brief_of",
    "build_leiomyosarcoma_review",
    "compared_tables",
    "dedupe",
    "evidence_for_case",
    "evidence_summary",
    "export_records",
    "extract",
    "flow",
    "import_records",
    "new_review",
    "option_evidence",
    "options_of_review",
    "patients_like",
    "pool",
    "prisma_flow",
    "query_of",
    "read_brief",
    "read_cases",
    "read_series",
    "rebuilt_arms",
    "record_decision",
    "report",
    "resolve",
    "review_status",
    "sample_estimate",
    "screen_next",
    "shipped_brief",
    "simulate",
    "stage_state",
    "stop_screening",
    "synthesis",
    "validate",
    "write_rebuilt",
    "write_report",
    "write_templates",
]


def __getattr__(name: str) -> Any:
    for module in _MODULES if name in __all__ else ():
        found = vars(import_module(f"{__name__}.{module}")).get(name)
        if found is not None:
            globals()[name] = found
            return found
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
