"""What the section on the lesion holds, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import PictureView, Source, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """One classification: measured, as stated by a clinician (which takes precedence), what decided, its source."""

    name: str
    value: str
    stated: str
    text: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionView:
    """The lesion in detail. `match` are the sentences on the examination against the images."""

    impression: str
    match: tuple[str, ...]
    match_source: Source
    stages: tuple[StageLine, ...]
    convention: str
    tables: tuple[Table, ...]
    pictures: tuple[PictureView, ...] = ()
