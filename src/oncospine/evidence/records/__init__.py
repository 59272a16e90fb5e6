"""Records of literature: import, export, normal forms."""

from oncospine.evidence.records.formats import FORMATS, Imported, exported, imported_records, recognised_format
from oncospine.evidence.records.normal import Normal, doi_key, normal, pages_key, plain_text, surname_key, title_key
from oncospine.evidence.records.record import Problem, Provenance, Record, record_from_plain, record_to_plain

__all__ = [
    "FORMATS",
    "Imported",
    "Normal",
    "Problem",
    "Provenance",
    "Record",
    "doi_key",
    "exported",
    "imported_records",
    "normal",
    "pages_key",
    "plain_text",
    "recognised_format",
    "record_from_plain",
    "record_to_plain",
    "surname_key",
    "title_key",
]
