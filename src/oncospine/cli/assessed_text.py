"""An assessment as lines of text, in the order a surgeon reads it: flags, examination, scores, options, what lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from oncospine.case import Case
from oncospine.neurology import NeuroStatus, Series
from oncospine.pipeline import Assessed
from oncospine.report.words import input_words
from oncospine.scores import OneOf, PatientSins, Score, escc
from oncospine.strategy import (
    Contradiction,
    Lmnop,
    Option,
    Prognosis,
    Recommendation,
    Standing,
    Status,
    Strategy,
    survival_sentences,
)

INPUTS_ASKED = 8
"""Missing inputs listed, those that most rules wait for first."""

CHANGES_SHOWN = 12
"""Rows of the table of what would change the leading option."""


def assessed_lines(assessed: Assessed) -> list[str]:
    """The whole assessment."""
    strategy = assessed.strategy
    parts = [
        ("Emergency and safety flags", [f"{flag.rule_id}: {flag.text}{_cites(flag)}" for flag in strategy.flags]),
        ("Inputs that contradict each other", [_contradiction(item) for item in strategy.contradictions]),
        ("Entries that were not read", list(assessed.doubts)),
        ("LMNOP", _lmnop(strategy.lmnop)),
        ("Examination", neurology_lines(assessed.neuro)),
        ("Stability and compression", _stability(assessed)),
        ("Survival", [*_survival(strategy.prognosis), *_elsewhere(assessed.case)]),
        ("Options to discuss", _options(strategy.options)),
        ("What would change the leading option", _changes(strategy)),
        ("Rules that apply", [line for item in strategy.recommendations for line in _recommendation(item)]),
        ("Missing, and how many rules wait for it", _asked(strategy)),
    ]
    lines = [line for title, told in parts if told for line in (f"{title.upper()}", *(f"  {text}" for text in told))]
    return [*lines, strategy.footer]


def _lmnop(found: Lmnop) -> list[str]:
    lines = [f"{row.letter} {row.name}: {'; '.join(row.known) or 'nothing known'}" for row in found.rows]
    return [*lines, f"framework without points{_brackets((*found.citations, found.verification.words))}"]


def _contradiction(item: Contradiction) -> str:
    told = ", ".join(
        f"{input_words(name)} {_word(value)}" for name, value in zip(item.inputs, item.values, strict=True)
    )
    return f"{item.text} ({told})"


def neurology_lines(status: NeuroStatus) -> list[str]:
    """Grading of the latest tables, every scale with its change, and what agrees or not."""
    lines = []
    if status.latest is not None:
        grades = status.latest.grades
        lines.append(
            f"ISNCSCI of {status.latest.date}: AIS {grades.ais.listed}, neurological level "
            f"{grades.neurological_level.short}, {grades.complete.listed}"
        )
        for name, side in (("right", grades.right), ("left", grades.left)):
            lines.append(f"  {name}: sensory level {side.sensory_level.short}, motor level {side.motor_level.short}")
    if len(status.possible_ais) > 1 and status.latest is None:
        lines.append(f"AIS not graded: {', '.join(status.possible_ais)} remain from what was entered")
    lines += [_series(item) for item in status.series]
    lines += [f"DOUBT: {item.agreement.text}" for item in status.contradictions]
    lines += [f"DOUBT: {flag}" for flag in (*status.flags, *(flag for item in status.series for flag in item.flags))]
    if status.level is not None:
        lines.append(status.level.text if status.level.fits else f"DOUBT: {status.level.text}")
    return lines


def score_lines(score: Score) -> list[str]:
    """A score with its range, what is missing or still open, and its source."""
    value = "not applicable" if not score.applicable else score.value if score.value is not None else "not determined"
    where = f" ({score.subject})" if score.subject else ""
    lines = [f"{score.name}{where}: {value}"]
    if score.range is not None and score.value is None:
        lines.append(f"  range {score.range[0]} to {score.range[1]} of {score.limits[0]}-{score.limits[1]}")
    if score.bands:
        lines.append(f"  {'band' if score.band else 'bands possible'}: {score.band or ', '.join(score.bands)}")
    if score.missing:
        lines.append(f"  missing: {_named(score.missing)}")
    lines += [f"  still open: {text}" for text in _still_open(score)]
    for other in score.sensitivity:
        lines.append(f"  with {other.changed}: {_span(other.range)} ({' or '.join(other.bands)}), {other.reason}")
    lines += [f"  note: {note}" for note in score.notes]
    lines.append(f"  source: {', '.join(score.citations)} ({score.verification.words})")
    return lines


def _still_open(score: Score) -> list[str]:
    """Items known only as one of several values."""
    return [
        f"{item.name} ({' or '.join(str(value) for value in _values(item.value))})"
        for item in score.components
        if len(_values(item.value)) > 1
    ]


def _values(value: object) -> tuple[object, ...]:
    return value.values if isinstance(value, OneOf) else value if isinstance(value, tuple) else (value,)


def _span(span: tuple[int, int]) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _series(item: Series) -> str:
    value, change = item.latest.value, item.change_since_last
    top = f" of {value.maximum}" if value.maximum is not None else ""
    told = f"{value.name}: {value.shown}{top} on {item.latest.date}"
    if change is not None:
        told += f", {change.word} in {change.days} days"
    if item.recovery_percent is not None:
        told += f", recovery rate {item.recovery_percent:.0f} %"
    return told


def _stability(assessed: Assessed) -> list[str]:
    lines = [] if assessed.strategy.sins is None else _sins(assessed.strategy.sins)
    for item in assessed.inputs.levels or ():
        if item.sins_total is not None:
            lines.append(f"SINS {item.level} as stated: {item.sins_total}, used in place of the computed one")
        if item.escc is not None:
            score = escc(escc_grade=OneOf(item.escc), level=item.level)
            told = "not applicable" if not score.applicable else " or ".join(item.escc)
            estimate = "; CT estimate" if item.escc_from_ct else ""
            lines.append(f"ESCC {item.level}: {told}{estimate}")
    return lines


def _sins(sins: PatientSins) -> list[str]:
    first = sins.patient.subject if sins.patient is not None else None
    lines = [] if sins.patient is None else score_lines(sins.patient)
    for other in sins.lesions:
        if other.subject != first:
            value = "not applicable" if other.range is None else _span(other.range)
            lines.append(f"SINS {other.subject}: {value}")
    return lines


def _survival(prognosis: Prognosis) -> list[str]:
    lines = [f"{item.text}{_brackets(item.citations)}" for item in survival_sentences(prognosis)]
    for score in prognosis.scores:
        value = "not applicable" if not score.applicable else "?" if score.range is None else _span(score.range)
        classes = " or ".join(score.survival_classes)
        lacks = f", missing {_named(score.missing)}" if score.missing else ""
        lines.append(f"{score.name}: {value}" + (f" (class {classes} months)" if classes else "") + lacks)
        lines += [f"  with {other.changed}: {_span(other.range)}, {other.reason}" for other in score.sensitivity]
    for item in prognosis.ensembles:
        if item.percent is not None:
            lines.append(f"pooled at {item.months} months: {item.percent:.0f} % ({item.low:.0f} to {item.high:.0f} %)")
    found = prognosis.histology_survival
    for row in () if found is None else found.rows:
        span = "" if row.low is None else f" ({row.low:g} to {row.high:g})"
        told = f"{row.view}: {row.kind} {row.months:g} months{span}, n={row.n}, {row.what}"
        lines.append(told + _brackets((row.citation,)))
    return lines if found is None else [*lines, f"why they differ: {found.why_they_differ}"]


def _elsewhere(case: Case) -> list[str]:
    """Scores that were worked out elsewhere and typed in."""
    return [
        f"entered: {item.name} {item.value:g}{f' {item.unit}' if item.unit else ''} on {item.date}, by {item.by}, "
        f"from {item.source}"
        for item in case.entered_scores
    ]


def _options(options: Sequence[Option]) -> list[str]:
    """Every option; those that wait for the histology alone, or are for other tumours, on one line each."""
    waiting = [item.title for item in options if item.missing == ("histology",) and not item.reasons]
    others = [f"{item.title} ({item.other_tumours})" for item in options if item.other_tumours]
    apart = {item.id for item in options if item.title in waiting or item.other_tumours}
    lines = [line for option in options if option.id not in apart for line in _option(option)]
    lines += [f"open once the histology is known: {'; '.join(waiting)}"] if waiting else []
    return [*lines, f"for other tumours: {'; '.join(others)}"] if others else lines


def _option(option: Option) -> list[str]:
    first = "leads by oncospine default; " if option.leading else ""
    lines = [f"{option.id} ({first}{option.standing.value.replace('_', ' ')}): {option.title}"]
    if option.standing is Standing.NOT_CHOSEN:
        return [f"{lines[0]}: {'; '.join(option.not_chosen_because)}"]
    if option.standing is Standing.OPEN and not any(item.rule_id for item in option.reasons):
        return [f"{option.id} (open, missing {_named(option.missing)}): {option.title}"]
    lines += [f"  {stage.number}. {stage.approach}: {stage.text}" for stage in option.stages]
    lines += [f"  for: {_branch(item.conditional)}{item.text}{_brackets(item.citations)}" for item in option.reasons]
    lines += [f"  against, or to weigh: {_branch(item.conditional)}{item.text}" for item in option.conflicts]
    return [*lines, f"  missing: {_named(option.missing)}"] if option.missing else lines


def _branch(conditional: bool) -> str:
    return "(for some values of an input) " if conditional else ""


def _changes(strategy: Strategy) -> list[str]:
    rows = strategy.what_would_change_it
    lines = [
        f"{input_words(row.input)}: {_word(row.changed)} instead of {_word(row.present)}: {row.effect}" for row in rows
    ]
    left_out = len(rows) - CHANGES_SHOWN
    return [*lines[:CHANGES_SHOWN], f"and {left_out} more"] if left_out > 0 else lines


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_word(item)}" for key, item in value.items())
    return "/".join(str(item) for item in _values(value))


def _recommendation(item: Recommendation) -> list[str]:
    lines = [f"{item.rule_id}: {item.text}{_cites(item)}"]
    if item.status is Status.BRANCH:
        lines.append(f"  applies if: {'; '.join(item.assumptions)}")
    return [*lines, *(f"  disagrees: {clash.text}" for clash in item.conflicts)]


def _cites(item: Recommendation) -> str:
    return _brackets((*item.citations, item.verification.words))


def _named(inputs: Sequence[str]) -> str:
    """Inputs as a clinician writes them."""
    return ", ".join(input_words(name) for name in inputs)


def _brackets(words: tuple[str, ...]) -> str:
    return f" [{', '.join(words)}]" if words else ""


def _asked(strategy: Strategy) -> list[str]:
    waiting = Counter(name for item in strategy.not_evaluated for name in item.missing)
    ranked = sorted(waiting.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"{input_words(name)}: {count}" for name, count in ranked[:INPUTS_ASKED]]
    left_out = len(ranked) - INPUTS_ASKED
    return [*lines, f"and {left_out} more inputs"] if left_out > 0 else lines
