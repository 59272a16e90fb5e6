"""The parts of the page on the examination and on prognosis, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import PictureView, ReasonView, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NeurologyView:
    """Examinations graded, their course, and what they agree or disagree with."""

    sentences: tuple[ReasonView, ...]
    tables: tuple[Table, ...]
    worksheet: PictureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrognosisView:
    """The range of survival classes, every score behind it, the ensemble, and the literature on this histology."""

    sentences: tuple[ReasonView, ...]
    tables: tuple[Table, ...]
    published: tuple[ReasonView, ...]
