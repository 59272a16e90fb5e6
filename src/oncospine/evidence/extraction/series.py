"""Aggregate results of series, and the figures in them that do not add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oncospine.evidence.extraction.typed_table import Row, TypedTable, read_typed_table
from oncospine.evidence.records.record import Problem
from oncospine.evidence.statistics import NotReached

IMPLAUSIBLE_RATIO = 10.0
"""A hazard ratio beyond this (or below its inverse) without an interval suggests sparse data (oncospine default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesResult:
    """One printed figure of one arm of one series."""

    row: str
    series: str
    doi: str
    year: int | None
    core: bool
    population: str
    arm: str
    n_patients: int | None
    metric: str
    time_months: float | None
    events: int | None
    denominator: int | None
    value: float | NotReached | None
    value_text: str
    unit: str
    low: float | None
    high: float | None
    interval_type: str
    comparator: str
    p_text: str
    place: str
    notes: str
    line: int


COLUMNS = {
    "row": "row_id",
    "series": "series_key",
    "low": "interval_low",
    "high": "interval_high",
    "p_text": "p_value",
    "place": "source_location",
}
"""Columns of what is named otherwise in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTable:
    """All results of a table, with the problems found while reading it."""

    table: TypedTable
    results: tuple[SeriesResult, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Figures of one source that do not agree with each other: shown, never repaired."""

    series: str
    rows: tuple[str, ...]
    text: str


def read_series(path: Path) -> SeriesTable:
    """The series table of `path` (CSV)."""
    table = read_typed_table(path, "series", key=("row_id",))
    problems = list(table.problems)
    for row in table.rows:
        events, total = row.number("events"), row.number("denominator")
        if events is not None and total is not None and events > total:
            problems.append(
                Problem(file=path.name, line=row.line, message=f"{events:g} events of {total:g}: impossible")
            )
    return SeriesTable(
        table=table,
        results=tuple(_result(row) for row in table.rows),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _result(row: Row) -> SeriesResult:
    value = row.cells.get("value")
    return row.filled(
        SeriesResult,
        COLUMNS,
        core=row.text("scope") == "core",
        value=value if isinstance(value, float | NotReached) else None,
        value_text=row.raw.get("value", ""),
        line=row.line,
    )


def series_doubts(results: Sequence[SeriesResult]) -> tuple[Doubt, ...]:
    """Counts against percentages, percentages that fit no count, ratios without interval, crude against actuarial."""
    found: list[Doubt] = []
    for result in results:
        found += _count_doubts(result)
        ratio = result.value if result.unit == "ratio" and isinstance(result.value, float) else None
        if ratio is not None and result.low is None and not 1 / IMPLAUSIBLE_RATIO < ratio < IMPLAUSIBLE_RATIO:
            text = f"{result.metric} {ratio:g} without an interval: a ratio of this size suggests sparse data"
            found.append(Doubt(series=result.series, rows=(result.row,), text=text))
    return (*found, *_control_doubts(results))


def _count_doubts(result: SeriesResult) -> list[Doubt]:
    """A percentage must come from some count of some denominator."""
    if result.unit != "percent" or not isinstance(result.value, float):
        return []
    decimals = len(result.value_text.partition(".")[2].rstrip("0"))
    slack = 0.5 * 10**-decimals + 1e-9
    if result.events is not None and result.denominator:
        share = 100 * result.events / result.denominator
        if abs(share - result.value) > slack:
            text = (
                f"{result.metric}: {result.events} of {result.denominator} is {share:.2f} %, "
                f"printed {result.value_text} %"
            )
            return [Doubt(series=result.series, rows=(result.row,), text=text)]
        return []
    n = result.n_patients
    if n is None or result.time_months is not None or _fits(result.value, n, slack):
        return []
    other = next((k for d in range(1, 4) for k in (n + d, n - d) if k > 0 and _fits(result.value, k, slack)), None)
    hint = (
        f"; {round(result.value * other / 100)} of {other} would"
        if other
        else f"; {round(result.value * n / 100)} of {n} is {100 * round(result.value * n / 100) / n:.2f} %"
    )
    text = f"{result.metric}: {result.value_text} % fits no count of the {n} patients{hint}"
    return [Doubt(series=result.series, rows=(result.row,), text=text)]


def _fits(percent: float, n: int, slack: float) -> bool:
    count = percent * n / 100
    return any(abs(100 * k / n - percent) <= slack for k in (math.floor(count), math.ceil(count)))


def _control_doubts(results: Sequence[SeriesResult]) -> list[Doubt]:
    """Local control below what the crude recurrences leave."""
    crude = {
        (result.series, result.arm): result
        for result in results
        if result.metric == "local_recurrence_crude" and result.events is not None and result.denominator
    }
    found = []
    for (series, arm), count in crude.items():
        rows = [
            r for r in results if (r.series, r.arm) == (series, arm) and r.metric.startswith("local_tumour_control")
        ]
        left = 100 * (1 - (count.events or 0) / (count.denominator or 1))
        low = [r for r in rows if isinstance(r.value, float) and r.value < left - 1]
        if low:
            printed = ", ".join(f"{r.value_text} % at {r.time_months:g} months" for r in low)
            text = (
                f"{arm}: {count.events} of {count.denominator} recurred ({left:.0f} % did not), yet local control is "
                f"printed as {printed}; both are shown, the definitions are not"
            )
            found.append(Doubt(series=series, rows=(count.row, *(r.row for r in low)), text=text))
    return found
