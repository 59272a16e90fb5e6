"""The literature as a review anyone can run again: records, screening, extraction, pooling, figures."""

from oncospine.evidence.commands import (
    NextRecord,
    ScreeningSession,
    dedupe,
    export_records,
    extract,
    flow,
    import_records,
    pool,
    record_decision,
    resolve,
    screen_next,
    simulate,
    start,
)
from oncospine.evidence.counted import StageState, prisma_flow, stage_state
from oncospine.evidence.extraction import Patient, read_cases, read_series
from oncospine.evidence.leiomyosarcoma import WorkedExample, build_leiomyosarcoma_review
from oncospine.evidence.option_evidence import OptionEvidence, option_evidence
from oncospine.evidence.page import report, write_report
from oncospine.evidence.prisma import PrismaFlow
from oncospine.evidence.project import Protocol, Review, new_review
from oncospine.evidence.review_synthesis import Synthesis, synthesis
from oncospine.evidence.similar import Query, Similar, SimilarPatients, patients_like
from oncospine.evidence.validation import ValidationRow, validate

__all__ = [
    "NextRecord",
    "OptionEvidence",
    "Patient",
    "PrismaFlow",
    "Protocol",
    "Query",
    "Review",
    "ScreeningSession",
    "Similar",
    "SimilarPatients",
    "StageState",
    "Synthesis",
    "ValidationRow",
    "WorkedExample",
    "build_leiomyosarcoma_review",
    "dedupe",
    "export_records",
    "extract",
    "flow",
    "import_records",
    "new_review",
    "option_evidence",
    "patients_like",
    "pool",
    "prisma_flow",
    "read_cases",
    "read_series",
    "record_decision",
    "report",
    "resolve",
    "screen_next",
    "simulate",
    "stage_state",
    "start",
    "synthesis",
    "validate",
    "write_report",
]
