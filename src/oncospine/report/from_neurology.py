"""Examinations of the case: the grading of the latest ISNCSCI tables, every scale over time, and contradictions."""

from __future__ import annotations

from oncospine.neurology import Graded, NeuroStatus, Series, Trend, worksheet_svg
from oncospine.report.bibliography import Bibliography
from oncospine.report.svg import svg_uri
from oncospine.report.view import Grade, Notice
from oncospine.report.view_parts import PictureView, ReasonView, Source, Table
from oncospine.report.view_reasoning import NeurologyView
from oncospine.report.words import ABSENT, decimal, spoken

WORKSHEET_ASPECT = 11.0 / 7.6
"""Width over height of the worksheet."""


def neurology_view(status: NeuroStatus, sources: Bibliography) -> NeurologyView | None:
    """None where no examination says anything that can be graded or followed."""
    if not status.series and status.latest is None and not status.possible_ais:
        return None
    sentences = [] if status.latest is not None else _ungraded(status.possible_ais)
    sentences += [ReasonView(text=_capital(item.agreement.text), source=Source()) for item in status.agreements]
    if status.level is not None:
        source = sources.source(status.level.citations, verification=status.level.verification)
        sentences.append(ReasonView(text=_capital(status.level.text), source=source))
    tables = [_series_table(status.series, sources)] if status.series else []
    tables += [_graded_table(item) for item in status.graded[-1:]]
    return NeurologyView(
        sentences=tuple(sentences),
        tables=tuple(tables),
        worksheet=None if status.latest is None else _worksheet(status.latest),
    )


def _ungraded(possible: tuple[str, ...]) -> list[ReasonView]:
    if len(possible) < 2:
        return []
    text = f"AIS was not graded: {', '.join(possible[:-1])} or {possible[-1]} remain from what was entered."
    return [ReasonView(text=text, source=Source())]


def neurology_notices(status: NeuroStatus) -> tuple[Notice, ...]:
    """Entries that contradict the examination, two values on one day, a sensory level that does not fit the images."""
    told = [f"Examination of {item.date}: {item.agreement.text}." for item in status.contradictions]
    told += [f"{flag}." for flag in status.flags]
    told += [f"{flag}." for item in status.series for flag in item.flags]
    if status.level is not None and not status.level.fits:
        told.append(f"{status.level.text}: a second lesion, or a level to be named again?")
    return tuple(Notice(grade=Grade.WARNING, text=_capital(text)) for text in told)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _series_table(found: tuple[Series, ...], sources: Bibliography) -> Table:
    cited = sources.refs(key for item in found for key in item.latest.value.citations)
    numbers = ", ".join(f"[{ref.number}]" for ref in cited)
    return Table(
        title="Scales over time",
        headings=("Scale", "Latest", "On", "Since the one before", "Since the first", "Recovery rate"),
        rows=tuple(_series_row(item) for item in found),
        notes=(f"Recovery rate: Hirabayashi, only for the sums that define one. Scales: {numbers}.",)
        if numbers
        else (),
        words=frozenset(range(6)),
    )


def _series_row(item: Series) -> tuple[str, ...]:
    value = item.latest.value
    top = f" of {value.maximum}" if value.maximum is not None else ""
    meaning = f" ({value.text})" if value.text else ""
    return (
        value.name,
        f"{value.shown}{top}{meaning}",
        item.latest.date.isoformat(),
        _change(item.change_since_last),
        _change(item.change_since_first),
        ABSENT if item.recovery_percent is None else decimal(item.recovery_percent, "%", digits=0),
    )


def _change(trend: Trend | None) -> str:
    if trend is None:
        return ABSENT
    steps = f" by {abs(trend.steps):g}" if trend.steps else ""
    return f"{trend.word}{steps} in {trend.days} days"


def _graded_table(item: Graded) -> Table:
    grades = item.grades
    one, two = grades.right, grades.left
    rows = [
        ("sensory level", one.sensory_level.short, two.sensory_level.short),
        ("motor level", one.motor_level.short, two.motor_level.short),
        ("sensory zone of partial preservation", one.sensory_zpp.short, two.sensory_zpp.short),
        ("motor zone of partial preservation", one.motor_zpp.short, two.motor_zpp.short),
        ("light touch", _score(one.light_touch), _score(two.light_touch)),
        ("pin prick", _score(one.pin_prick), _score(two.pin_prick)),
        ("upper extremity motor", _score(one.upper_motor), _score(two.upper_motor)),
        ("lower extremity motor", _score(one.lower_motor), _score(two.lower_motor)),
    ]
    told = (
        f"Neurological level {grades.neurological_level.short}; {grades.complete.listed.replace(',', ' or ')}; "
        f"AIS {grades.ais.listed.replace(',', ' or ')}."
    )
    return Table(
        title=f"ISNCSCI of {item.date}, as the tables give it",
        headings=("", "right", "left"),
        rows=tuple(rows),
        notes=(told, *(f"{note}." for note in grades.notes)),
        words=frozenset(range(3)),
    )


def _score(value: int | None) -> str:
    return "not determinable" if value is None else str(value)


def _worksheet(item: Graded) -> PictureView:
    return PictureView(
        kind="worksheet",
        title="Examination worksheet",
        caption=f"key points and key muscles of {item.date}; the patient's right is on the left",
        uri=svg_uri(worksheet_svg(item.exam)),
        aspect=WORKSHEET_ASPECT,
        study=spoken("examination"),
    )
