"""Extraction: typed tables of patients and series, double entry, appraisal."""

from oncospine.evidence.extraction.appraisal import (
    Appraisal,
    Checklist,
    appraised,
    checklists,
    read_appraisals,
)
from oncospine.evidence.extraction.double_entry import Difference, DoubleEntry, compared_entries, compared_tables
from oncospine.evidence.extraction.patients import CaseTable, Overlap, overlapping_patients, read_cases
from oncospine.evidence.extraction.series import Doubt, SeriesResult, SeriesTable, read_series, series_doubts
from oncospine.evidence.extraction.templates import write_empty_tables
from oncospine.evidence.extraction.typed_table import (
    Column,
    Row,
    TypedTable,
    read_typed_table,
    table_columns,
)
from oncospine.evidence.patient import Patient, levels_in, region_of

__all__ = [
    "Appraisal",
    "CaseTable",
    "Checklist",
    "Column",
    "Difference",
    "DoubleEntry",
    "Doubt",
    "Overlap",
    "Patient",
    "Row",
    "SeriesResult",
    "SeriesTable",
    "TypedTable",
    "appraised",
    "checklists",
    "compared_entries",
    "compared_tables",
    "levels_in",
    "overlapping_patients",
    "read_appraisals",
    "read_cases",
    "read_series",
    "read_typed_table",
    "region_of",
    "series_doubts",
    "table_columns",
    "write_empty_tables",
]
