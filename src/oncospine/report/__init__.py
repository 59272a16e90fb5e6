"""Pages from all results: self-contained HTML with pictures made by the program."""

from oncospine.report.build import Results, SecondStudy, report_view
from oncospine.report.comparison_page import ComparisonPage, comparison_page, render_comparison
from oncospine.report.render import render_report
from oncospine.report.view import ReportView

__all__ = [
    "ComparisonPage",
    "ReportView",
    "Results",
    "SecondStudy",
    "comparison_page",
    "render_comparison",
    "render_report",
    "report_view",
]
