"""A reported patient: what was stated of him, what was not, and where his tumour lay."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oncospine.base import InputError, Level, parse_levels

REGIONS = ("cervical", "cervicothoracic", "thoracic", "thoracolumbar", "lumbar", "lumbosacral", "sacral", "multilevel")
"""Regions of the spine from head to tail; multilevel stands apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One reported patient. None, empty text or no levels mean not reported: never no."""

    id: str
    study: str
    doi: str
    year: int | None
    histology: str
    group: str
    age_years: float | None
    sex: str
    primary_site: str
    disease_class: str
    levels: tuple[Level, ...]
    levels_text: str
    region: str
    pain: bool | None
    myelopathy: bool | None
    radiculopathy: bool | None
    cord_compression: bool | None
    operated: bool | None
    approach: str
    procedure: str
    resection: str
    fixation: bool | None
    radiotherapy: bool | None
    radiosurgery: bool | None
    chemotherapy: bool | None
    neuro_outcome: str
    local_recurrence: bool | None
    local_recurrence_months: float | None
    progression: bool | None
    progression_months: float | None
    followup_months: float | None
    time_zero: str
    dead: bool | None
    status_basis: str
    disease_status: str
    also_reported_in: str
    place: str
    confidence: str
    origin: str

    @property
    def title_only(self) -> bool:
        return self.confidence == "title_only"

    @property
    def irradiated(self) -> bool | None:
        """Radiotherapy of any kind; None where neither kind is stated."""
        told = [given for given in (self.radiotherapy, self.radiosurgery) if given is not None]
        return any(told) if told else None


def levels_in(text: str) -> tuple[Level, ...]:
    """Levels named in a printed text: "C7-T3; T8-T9", "L4/5", "skull base to C5"; empty where none can be read."""
    found: set[Level] = set()
    for piece in re.split(r"[;,]| and ", text):
        cleaned = re.sub(r"\b(?:D|Th)(?=\d)", "T", piece.strip())
        if re.match(r"(?i)skull base|occiput", cleaned):
            cleaned = re.sub(r"(?i)^(?:skull base|occiput)\s*(?:to|-|–)\s*", "C1-", cleaned)
        cleaned = re.sub(r"\s*(?:to|–|/)\s*", "-", cleaned)
        ends = re.fullmatch(r"([CTLS])(\d+)-(\d+)", cleaned)
        cleaned = f"{ends[1]}{ends[2]}-{ends[1]}{ends[3]}" if ends else cleaned
        try:
            found.update(parse_levels(cleaned))
        except InputError:
            continue
    return tuple(sorted(found, key=lambda level: level.order))


def region_of(levels: tuple[Level, ...], printed: str) -> str:
    """The printed region, or the one the levels lie in."""
    if printed:
        return printed.split(";")[0].strip()
    regions = list(dict.fromkeys(level.region.value for level in levels))
    joined = {
        "cervical thoracic": "cervicothoracic",
        "thoracic lumbar": "thoracolumbar",
        "lumbar sacral": "lumbosacral",
    }
    return joined.get(" ".join(regions), "multilevel" if len(regions) > 1 else regions[0] if regions else "")
