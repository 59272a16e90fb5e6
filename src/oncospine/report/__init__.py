"""Pages from all results: self-contained HTML with pictures made by the program."""

from oncospine.report.build import Results, SecondStudy, report_view
from oncospine.report.comparison_page import ComparisonPage, comparison_page, render_comparison
from oncospine.report.operative_sheet import OperativeSheet, operative_sheet, render_operative_sheet
from oncospine.report.render import render_report
from oncospine.report.view import ReportView

__all__ = [
    "ComparisonPage",
    "OperativeSheet",
    "ReportView",
    "Results",
    "SecondStudy",
    "comparison_page",
    "operative_sheet",
    "render_comparison",
    "render_operative_sheet",
    "render_report",
    "report_view",
]
