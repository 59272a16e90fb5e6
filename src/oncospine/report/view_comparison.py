"""What a page holds of operations side by side."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.report.view_parts import PictureView, ReasonView, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeView:
    """One alternative: what it does, asks and leaves, and what series report of such ones."""

    name: str
    origin: str
    steps: str
    trade_offs: tuple[str, ...]
    beaten_by: str
    figures: tuple[ReasonView, ...]
    pictures: tuple[PictureView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """The table and chart of all criteria, then each alternative; what was left out and why."""

    table: Table
    chart: PictureView
    free: str
    alternatives: tuple[AlternativeView, ...]
    left_out: tuple[str, ...]
