"""One page: the usual alternatives and the surgeon's own side by side, with what each stage can reach in 3-D."""

from __future__ import annotations

from dataclasses import dataclass

from oncospine.anatomy import Spine
from oncospine.case import Case, Study
from oncospine.lesion import Findings
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_case import patient_view, study_line
from oncospine.report.from_comparison import comparison_view
from oncospine.report.from_findings import spine_notices
from oncospine.report.reach_views import reach_views
from oncospine.report.render import render_page
from oncospine.report.svg import svg_uri
from oncospine.report.view import CitationView, PatientView
from oncospine.report.view_comparison import ComparisonView
from oncospine.report.view_parts import PictureView
from oncospine.strategy import FOOTER
from oncospine.surgery import Comparison, EvaluatedOperation

TITLE = "Operations compared"
"""Heading of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    """Exactly what the page holds."""

    title: str
    patient: PatientView
    doubts: tuple[str, ...]
    comparison: ComparisonView
    citations: tuple[CitationView, ...]
    footer: str


def comparison_page(
    case: Case, study: Study, spine: Spine, findings: Findings | None, comparison: Comparison
) -> ComparisonPage:
    """The view of the page, pictures included."""
    sources = Bibliography()
    pictures = tuple(_pictures(spine, findings, item.evaluated, study_line(study)) for item in comparison.alternatives)
    view = comparison_view(comparison, sources, pictures)
    return ComparisonPage(
        title=TITLE,
        patient=patient_view(case, study),
        doubts=tuple(f"{notice.grade.word}: {notice.text}" for notice in spine_notices(spine)),
        comparison=view,
        citations=sources.listed(),
        footer=FOOTER,
    )


def render_comparison(page: ComparisonPage) -> str:
    """The page as HTML that needs nothing else."""
    return render_page("comparison.html.j2", page)


def _pictures(spine: Spine, findings: Findings | None, item: EvaluatedOperation, study: str) -> tuple[PictureView, ...]:
    return tuple(
        PictureView(
            kind=one.kind,
            title=one.title,
            caption=one.caption,
            uri=svg_uri(one.svg),
            aspect=one.aspect,
            study=study,
        )
        for one in reach_views(spine, findings, item)
    )
