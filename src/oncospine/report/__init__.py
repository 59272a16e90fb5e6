"""One report from all results: a self-contained HTML page with pictures made by the program."""

from oncospine.report.build import Results, SecondStudy, report_view
from oncospine.report.render import render_report
from oncospine.report.view import ReportView

__all__ = ["ReportView", "Results", "SecondStudy", "render_report", "report_view"]
