"""Results of the commands about operations as lines of text."""

from __future__ import annotations

from oncospine.surgery import Comparison, Criterion

WIDEST = 46
"""Characters of a criterion's sentence; what does not fit goes on below."""


def compared_lines(comparison: Comparison) -> list[str]:
    """A row per criterion, a column per alternative, then what each asks and leaves, then which none beats."""
    rows = comparison.alternatives
    lines = [f"{chr(ord('A') + index)}  {row.name}" for index, row in enumerate(rows)]
    letters = {row.name: chr(ord("A") + index) for index, row in enumerate(rows)}
    lines.append(" " * WIDEST + "".join(f"{letter:>8}" for letter in letters.values()) + "  better")
    for item in comparison.criteria:
        cells = "".join(f"{_value(item, row.values[item.id]):>8}" for row in rows)
        first, *more = _wrapped(item.text)
        lines.append(f"{first:<{WIDEST}}{cells}  {item.better}")
        lines += [f"  {line}" for line in more]
    for row in rows:
        beaten = (
            f"; {', '.join(letters[name] for name in row.dominated_by)} is nowhere worse" if row.dominated_by else ""
        )
        lines.append(f"{letters[row.name]}  {'; '.join(row.trade_offs)}{beaten}")
    lines += [f"left out: {name}: {reason}" for name, reason in comparison.left_out.items()]
    free = ", ".join(letters[name] for name in comparison.pareto)
    return [*lines, f"not beaten on every criterion by another: {free}; {comparison.note}"]


def _value(item: Criterion, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.0f} %" if item.unit == "1" else f"{value:.0f}"


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, WIDEST - 2)
