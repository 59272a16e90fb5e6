"""What every room shares: levels, errors, traceable values, citations, files. Holds no clinical knowledge."""

from oncospine.base.citations import Citation, citation, citations
from oncospine.base.errors import (
    GeometryError,
    InputError,
    MeasurementError,
    MissingExtraError,
    OncospineError,
    SafetyRefusal,
)
from oncospine.base.files import content_hash, write_atomically
from oncospine.base.levels import (
    LEVELS,
    SEGMENTS,
    USUAL_COLUMN,
    Level,
    Region,
    Segment,
    Side,
    described_levels,
    parse_level,
    parse_levels,
    parse_segment,
)
from oncospine.base.package_data import parsed_yaml, read_yaml
from oncospine.base.plain import to_json, to_plain
from oncospine.base.processes import in_processes
from oncospine.base.progress import Progress, silent
from oncospine.base.quantity import How, Quantity, Verification, measured, refused
from oncospine.base.side_work import SideProcess, mapped, side_process, started
from oncospine.base.threads import in_threads

__all__ = [
    "LEVELS",
    "SEGMENTS",
    "USUAL_COLUMN",
    "Citation",
    "GeometryError",
    "How",
    "InputError",
    "Level",
    "MeasurementError",
    "MissingExtraError",
    "OncospineError",
    "Progress",
    "Quantity",
    "Region",
    "SafetyRefusal",
    "Segment",
    "Side",
    "SideProcess",
    "Verification",
    "citation",
    "citations",
    "content_hash",
    "described_levels",
    "in_processes",
    "in_threads",
    "mapped",
    "measured",
    "parse_level",
    "parse_levels",
    "parse_segment",
    "parsed_yaml",
    "read_yaml",
    "refused",
    "side_process",
    "silent",
    "started",
    "to_json",
    "to_plain",
    "write_atomically",
]
