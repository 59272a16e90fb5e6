"""Operations on all criteria: the table, the chart, what each asks and leaves, what series report."""

from __future__ import annotations

from oncospine.report.bibliography import Bibliography
from oncospine.report.comparison_chart import comparison_chart, criterion_value, letter_of
from oncospine.report.svg import svg_uri
from oncospine.report.view_comparison import AlternativeView, ComparisonView
from oncospine.report.view_parts import PictureView, ReasonView, Table
from oncospine.surgery import Alternative, Comparison


def comparison_view(
    comparison: Comparison, sources: Bibliography, pictures: tuple[tuple[PictureView, ...], ...] = ()
) -> ComparisonView:
    """The comparison as it stands on a page; `pictures` belong to the alternatives in their order."""
    rows = comparison.alternatives
    named = [f"{letter_of(index)} {row.name}" for index, row in enumerate(rows)]
    letters = {row.name: letter_of(index) for index, row in enumerate(rows)}
    free = [letters[name] for name in comparison.pareto]
    dashed = "; one that another beats is dashed" if len(free) < len(rows) else ""
    chart = PictureView(
        kind="comparison",
        title="All criteria at once",
        caption=f"On every axis better is up{dashed}. Where lines cross, one thing is traded for another.",
        uri=svg_uri(comparison_chart(comparison)),
    )
    return ComparisonView(
        table=_table(comparison, named),
        chart=chart,
        free=f"Not beaten on every criterion by another: {', '.join(free)}. {comparison.note.capitalize()}.",
        alternatives=tuple(
            _alternative(name, row, letters, sources, pictures[index] if index < len(pictures) else ())
            for index, (name, row) in enumerate(zip(named, rows, strict=True))
        ),
        left_out=tuple(f"{name}: {reason}" for name, reason in comparison.left_out.items()),
    )


def _table(comparison: Comparison, named: list[str]) -> Table:
    rows = [
        (
            f"{item.text} ({item.better} is better)",
            *(criterion_value(item, row.values[item.id]) for row in comparison.alternatives),
        )
        for item in comparison.criteria
    ]
    letters = {row.name: letter_of(index) for index, row in enumerate(comparison.alternatives)}
    beaten = (
        ", ".join(letters[name] for name in row.dominated_by) or "none of these" for row in comparison.alternatives
    )
    rows.append(("As good or better on every criterion, and better on one", *beaten))
    return Table(title="What is traded for what", headings=("", *named), rows=tuple(rows))


def _alternative(
    name: str,
    row: Alternative,
    letters: dict[str, str],
    sources: Bibliography,
    pictures: tuple[PictureView, ...],
) -> AlternativeView:
    beaten = ", ".join(letters[other] for other in row.dominated_by)
    return AlternativeView(
        name=name,
        origin=row.evaluated.operation.origin,
        steps=row.evaluated.operation.described(),
        trade_offs=row.trade_offs,
        beaten_by=beaten,
        figures=tuple(
            ReasonView(text=item.text, source=sources.source(item.citations, verification=item.verification))
            for item in row.figures
        ),
        pictures=pictures,
    )
